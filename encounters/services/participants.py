"""Who takes part in a visit, and what each of them says to being recorded."""

from __future__ import annotations

from contextlib import suppress

from consent import hooks
from consent.audit import audited, record
from consent.models import ConsentRecord
from consent.services import consent_record
from consent.transitions import StaleState
from encounters.models import Encounter, Participant, Recording, User
from encounters.services.erasing import recording_reject
from encounters.states import EncounterStatus, RecordingState


def participant_add(*, encounter: Encounter, role: str, actor: User, name: str = "") -> Participant:
    """Somebody joins, and the gate is shut until they agree. Raises StaleState once the visit is documented."""
    with audited():
        current = Encounter.objects.select_for_update(no_key=True).get(pk=encounter.pk)
        if current.status in {EncounterStatus.DOCUMENTED, EncounterStatus.CANCELLED}:
            raise StaleState(current, "joined", current.status)
        made = Participant(encounter=encounter, role=role, name=" ".join(name.split()))
        made.clean_fields()
        made.save(force_insert=True)
        context = encounter.audit_context()
        record("participant.added", actor=actor, target=made, data={"participant": role}, **context)
        hooks.notify("permission.changed", encounter.practice_id)
    return made


def participant_answer(
    *, participant: Participant, decision: str, method: str, actor: User, language: str = "en"
) -> ConsentRecord:
    """Record what a participant said. A no ends the uploads that are under way and deletes their bytes.

    Stored recordings stay sealed and are not sent while the gate is shut; listeners stop what is on its way.
    """
    made = consent_record(
        participant=participant, decision=decision, method=method, actor=actor, language=language
    )
    if decision != ConsentRecord.Decision.GRANTED:
        who = participant.get_role_display().lower()
        words = (
            f"The {who} does not agree to being recorded, so what had been sent was deleted. "
            "Type a transcript or shorthand instead."
        )
        receiving = Recording.objects.filter(
            encounter_id=participant.encounter_id, state=RecordingState.RECEIVING
        )
        for recording in receiving:
            with suppress(StaleState):
                recording_reject(recording=recording, code="no_consent", problem=words, actor=actor)
    return made
