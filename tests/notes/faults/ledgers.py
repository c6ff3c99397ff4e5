"""Holding the product's books against the engine's."""

from __future__ import annotations

import json
from typing import Any

from consent.models import AuditEvent
from notes.models import EngineEvent, Submission

Ledger = dict[str, Any]


def made(ledger: Ledger) -> set[str]:
    """Ids of the notes that the engine made, which is what it charges for."""
    return {job["noteId"] for job in ledger["jobs"] if job["status"] == "completed"}


def named() -> set[str]:
    """Ids of notes that the product knows as its own: accepted, or taken in."""
    pairs = Submission.objects.values_list("upstream_note_id", "completed_note_id")
    return {note_id for pair in pairs for note_id in pair if note_id}


def announced() -> set[str]:
    return set(EngineEvent.objects.values_list("note_id", flat=True))


def unclaimed(ledger: Ledger) -> set[str]:
    """Notes that were made and that the product never heard of by name."""
    return made(ledger) - named() - announced()


def sent_by_the_product(submission: Submission) -> list[dict[str, Any]]:
    """What the audit trail says has left, oldest first: `bytes`, `whole`, and the outcome."""
    found = AuditEvent.objects.filter(action="submission.sent", target_id=str(submission.pk)).order_by("pk")
    return [{**json.loads(event.data), "outcome": event.outcome} for event in found]


def received_by_the_engine(ledger: Ledger) -> list[dict[str, Any]]:
    """The uploads as the engine saw them, oldest first."""
    return [request for request in reversed(ledger["requests"]) if request["endpoint"] == "upload"]


def check_bytes(ledger: Ledger, submission: Submission) -> None:
    """Every byte that arrived is in the audit trail, and what was answered arrived whole."""
    arrived = [request for request in received_by_the_engine(ledger) if request["received"]]
    told = sent_by_the_product(submission)
    assert len(told) >= len(arrived)
    assert sum(entry["bytes"] for entry in told) >= sum(request["received"] for request in arrived)
    for entry in told:
        if entry["outcome"] == "success":
            assert entry["bytes"] in [request["received"] for request in arrived if request["status"]]
