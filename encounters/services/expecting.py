"""Recordings that somebody else has and that we fetch: expected first, with the custody of the other's copy."""

from __future__ import annotations

from config.ids import uuid7
from consent.audit import Acting, audited, record
from consent.transitions import advance
from encounters.audio.store import new_data_key, wrap_key
from encounters.models import AudioCopy, Encounter, Recording
from encounters.services.permission import ask_gate
from encounters.states import RecordingState

HOLDER = "audio storage"


def recording_expect(*, encounter: Encounter, actor: Acting) -> Recording:
    """A recording of which no byte is here yet. It proves nothing and keeps nothing but its place."""
    with audited():
        made = Recording.objects.create(
            pk=uuid7(),
            encounter=encounter,
            source=Recording.Source.VENDOR,
            state=RecordingState.EXPECTED,
            wrapped_key=b"",
        )
        record("recording.expected", actor=actor, target=made, **made.audit_context())
    return made


def recording_receive(*, recording: Recording, actor: Acting) -> Recording:
    """Begin to take in an expected recording; one that was begun before is returned as it is.

    Raises GateShut, and StaleState for a recording that is past receiving.
    """
    ask_gate(recording.encounter, actor, kept="Nothing was downloaded.")
    recording.refresh_from_db()
    if recording.state == RecordingState.RECEIVING:
        return recording
    with audited():
        AudioCopy.objects.create(recording=recording, place=AudioCopy.Place.OURS, holder=HOLDER)
        return advance(
            recording,
            RecordingState.RECEIVING,
            actor=actor,
            wrapped_key=wrap_key(new_data_key(), recording.pk),
        )
