"""A note can't be signed while it says something else about consent than the records do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notes.consent_claims import Said, claims_in, contradicts, roles_named, without
from notes.content import Content
from notes.models import Note
from notes.services.drafts import Conflict, Saved, draft_save
from notes.services.rendering import recording_consent
from notes.services.statements import consent_statement

if TYPE_CHECKING:
    from encounters.models import User


@dataclass(frozen=True)
class ConsentCheck:
    """What a text says of consent: all of it, what of it is false, and the sentence that the records make true."""

    said: list[Said]
    false: list[Said]
    truth: str


def check_consent(note: Note, content: Content) -> ConsentCheck:
    said = claims_in(content)
    if not said:
        return ConsentCheck([], [], "")
    truth = consent_statement(note.encounter)
    # What the records say is never false, whoever of several people it is about.
    true = {each.sentence for each in claims_in({"sections": {"plan": truth}})}
    false = [each for each in said if each.sentence not in true and _contradicted(each, note)]
    return ConsentCheck(said, false, truth)


def _contradicted(said: Said, note: Note) -> bool:
    """Whether the answers of those whom the sentence names, or of everybody, are others than it says."""
    return contradicts(said.claim, recording_consent(note.encounter, roles=roles_named(said.sentence)))


def consent_correct(*, note: Note, actor: User, version: int) -> Saved | Conflict:
    """Put the true sentence in the place of the false ones; what was there stays in the history.

    Raises what `draft_save` raises.
    """
    current = Note.objects.select_related("encounter__practice").get(pk=note.pk)
    check = check_consent(current, current.working)
    content: Content = {**current.working, "sections": dict(current.working["sections"])}
    instead = check.truth
    for part in dict.fromkeys(said.part for said in check.false):
        of_part = [said for said in check.false if said.part == part]
        if part == "patient_summary":
            content["patient_summary"] = without(content["patient_summary"], of_part)
        else:
            content["sections"][part] = without(content["sections"][part], of_part, instead)
            instead = ""
    return draft_save(note=note, actor=actor, base_version=version, content=content, keep_replaced=True)
