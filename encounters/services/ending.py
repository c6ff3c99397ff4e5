from __future__ import annotations

from contextlib import suppress

from django.utils import timezone

from consent.audit import Acting
from consent.transitions import StaleState, advance
from encounters.models import Encounter
from encounters.states import EncounterStatus


def visit_over(*, encounter: Encounter, actor: Acting, reason: str) -> None:
    """Mark a visit as ended that must be over, because its recording or transcript is here. Quiet if it is already."""
    encounter.refresh_from_db()
    if encounter.status in {EncounterStatus.SCHEDULED, EncounterStatus.IN_PROGRESS}:
        with suppress(StaleState):
            advance(encounter, EncounterStatus.ENDED, actor=actor, reason=reason, ended_at=timezone.now())
