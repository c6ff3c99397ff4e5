"""A signed note as blocks of text, from heading to last signature, and those blocks as plain text.

The blocks are what every form of the chart entry is made of: text, XHTML and PDF say the same in the same order.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notes.content import SECTION_LABELS, SECTIONS, Content
from notes.models import Addendum, Note, Signature
from notes.services.statements import statements_of

SANDBOX_NOTICE = "Drafted by the sandbox engine. For demonstration only, not for clinical use."
STATEMENTS = {"telehealth": "Telehealth", "consent": "Consent to recording"}
ERROR_NOTICE = "ENTERED IN ERROR. Do not rely on this note."


@dataclass(frozen=True)
class Block:
    """A warning has no title, the heading's title is the practice, a signature has none."""

    text: str
    title: str = ""
    warning: bool = False
    signature: bool = False

    def as_text(self) -> str:
        if self.warning:
            return f"*** {self.text} ***"
        return f"{self.title}\n{self.text}" if self.title else self.text


def chart_blocks(
    *, note: Note, content: Content, signature: Signature, addenda: Sequence[Addendum]
) -> list[Block]:
    """Times are the practice's local time with its zone. A warning stands first and last."""
    zone = zoneinfo.ZoneInfo(note.practice.time_zone)
    notices = _notices(note, addenda)
    blocks = [*notices, _heading(note, zone)]
    blocks += [_section(STATEMENTS[name], text) for name, text in statements_of(note.encounter).items()]
    blocks += [_section(SECTION_LABELS[name], content["sections"][name]) for name in SECTIONS]
    if codes := content["billing_codes"]:
        lines = (f"{code['code']} ({code['system']}) {code['description']}".rstrip() for code in codes)
        blocks.append(_section("Billing codes", "\n".join(lines)))
    if summary := content["patient_summary"]:
        blocks.append(_section("Patient summary", summary))
    blocks.append(_signature(signature, zone))
    for addendum in addenda:
        title = f"{addendum.get_kind_display()} {addendum.number} ({addendum.reason})"
        blocks += [_section(title, addendum.text), _signature(addendum.signature, zone)]
    return [*blocks, *notices]


def plain_text(blocks: Sequence[Block]) -> str:
    return "\n\n".join(block.as_text() for block in blocks) + "\n"


def _notices(note: Note, addenda: Sequence[Addendum]) -> list[Block]:
    texts = [SANDBOX_NOTICE] if note.sandbox else []
    if any(addendum.kind == Addendum.Kind.ENTERED_IN_ERROR for addendum in addenda):
        texts.insert(0, ERROR_NOTICE)
    return [Block(text, warning=True) for text in texts]


def _heading(note: Note, zone: zoneinfo.ZoneInfo) -> Block:
    encounter, patient = note.encounter, note.patient
    visit = encounter.started_at or encounter.scheduled_at
    lines = (
        f"Patient: {patient.name}, born {patient.birth_date.isoformat()}, MRN {patient.mrn}",
        f"Visit: {_when(visit, zone)}, {encounter.get_modality_display().lower()}, with {encounter.provider}",
    )
    return Block("\n".join(lines), title=note.practice.name)


def _section(title: str, text: str) -> Block:
    return Block(text or "(nothing recorded)", title=title.upper())


def _signature(signature: Signature, zone: zoneinfo.ZoneInfo) -> Block:
    name = ", ".join(part for part in (signature.printed_name, signature.credentials) if part)
    npi = f" (NPI {signature.npi})" if signature.npi else ""
    return Block(
        f"Electronically signed by {name}{npi}, {_when(signature.signed_at, zone)}\n"
        f"{signature.get_meaning_display()}. {signature.attestation}",
        signature=True,
    )


def _when(moment: datetime, zone: zoneinfo.ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
