"""What happens to filed notes in these tests."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from notes.services.retraction import note_retract


def retract(note: Any) -> None:
    note_retract(
        note=note,
        actor=note.signer,
        reason="Written for another patient",
        attested=True,
        authenticated_at=timezone.now(),
        authenticated_by="password",
    )
