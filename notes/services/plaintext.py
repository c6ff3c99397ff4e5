"""A signed note as plain text: what a system shows that can show nothing else, with signature and watermark."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import datetime

from notes.content import SECTION_LABELS, SECTIONS, Content
from notes.models import Addendum, Note, Signature

SANDBOX_NOTICE = "Drafted by the sandbox engine. For demonstration only, not for clinical use."


def plain_text(*, note: Note, content: Content, signature: Signature, addenda: Sequence[Addendum]) -> str:
    """The note from heading to last signature. Times are the practice's local time with its zone."""
    zone = zoneinfo.ZoneInfo(note.practice.time_zone)
    notice = [f"*** {SANDBOX_NOTICE} ***"] if note.sandbox else []
    blocks = [*notice, _heading(note, zone)]
    blocks += [_block(SECTION_LABELS[name], content["sections"][name]) for name in SECTIONS]
    if codes := content["billing_codes"]:
        lines = (f"{code['code']} ({code['system']}) {code['description']}".rstrip() for code in codes)
        blocks.append(_block("Billing codes", "\n".join(lines)))
    if summary := content["patient_summary"]:
        blocks.append(_block("Patient summary", summary))
    blocks.append(_signature(signature, zone))
    for addendum in addenda:
        title = f"{addendum.get_kind_display()} {addendum.number} ({addendum.reason})"
        blocks += [_block(title, addendum.text), _signature(addendum.signature, zone)]
    return "\n\n".join([*blocks, *notice]) + "\n"


def _heading(note: Note, zone: zoneinfo.ZoneInfo) -> str:
    encounter, patient = note.encounter, note.patient
    visit = encounter.started_at or encounter.scheduled_at
    return "\n".join(
        [
            note.practice.name,
            f"Patient: {patient.name}, born {patient.birth_date.isoformat()}, MRN {patient.mrn}",
            f"Visit: {_when(visit, zone)}, {encounter.get_modality_display().lower()}, with {encounter.provider}",
        ]
    )


def _block(title: str, text: str) -> str:
    return f"{title.upper()}\n{text or '(nothing recorded)'}"


def _signature(signature: Signature, zone: zoneinfo.ZoneInfo) -> str:
    name = ", ".join(part for part in (signature.printed_name, signature.credentials) if part)
    npi = f" (NPI {signature.npi})" if signature.npi else ""
    return (
        f"Electronically signed by {name}{npi}, {_when(signature.signed_at, zone)}\n"
        f"{signature.get_meaning_display()}. {signature.attestation}"
    )


def _when(moment: datetime, zone: zoneinfo.ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
