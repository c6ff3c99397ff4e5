"""Nothing lost, nothing doubled: what became of every visit, and whether the EHR has it all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notes.models import FiledDocument, Note, Submission
from notes.states import FILED_NOTES, SubmissionState
from tests.soak.feed import Item
from tests.soak.invariants import Violation
from tests.soak.visits import Kind, Visit


@dataclass
class Strike:
    """A fault that was struck, which reasons of a failed submission it accounts for, and when it was over."""

    name: str
    explains: frozenset[str]
    ended: datetime | None = None

    def accounts_for(self, failed: Submission) -> bool:
        in_time = self.ended is None or self.ended >= failed.created_at
        return in_time and failed.last_error_code in self.explains


def end_of(visit: Visit) -> str:
    """In a word or two, for the summary."""
    if not visit.encounter:
        return "not booked"
    note = Note.objects.filter(encounter=visit.pk).values_list("state", flat=True).first()
    if note:
        return f"note {note}"
    rows = Submission.objects.filter(encounter=visit.pk).order_by("-created_at")
    last = rows.values_list("state", "last_error_code").first()
    if last is None:
        return "nothing sent"
    return f"{last[0]} {last[1]}".strip()


def check_failures(strikes: Sequence[Strike]) -> list[Violation]:
    """A submission that failed did so for a reason that fits a fault that struck while it was under way."""
    found = []
    for row in Submission.objects.filter(state=SubmissionState.FAILED).defer("text", "result"):
        if not any(strike.accounts_for(row) for strike in strikes):
            what = f"failed with {row.last_error_code}, which no fault accounts for"
            found.append(Violation("lost", what, (str(row.pk), str(row.encounter_id))))
    return found


def check_ends(visits: Iterable[Visit]) -> list[Violation]:
    """After settling and one more try of what had failed: every visit has its filed note, or a patient who said no."""
    found = []
    for visit in visits:
        ended = end_of(visit)
        if visit.gave_up or not _right(visit, ended):
            what = f"visit {visit.number} ({visit.kind}) ended as: {ended}. {visit.gave_up}".strip()
            found.append(Violation("lost", what, (visit.pk or "no encounter",)))
    return found


def _right(visit: Visit, ended: str) -> bool:
    if visit.kind == Kind.WITHDRAWN:
        return ended == "nothing sent"
    if visit.kind == Kind.WITHDRAWN_LATE:  # too late, where the draft had come first
        return ended in {"cancelled", "note in_review", "nothing sent"} or ended.startswith("cancelled ")
    filed = "amended" if visit.addendum else "filed"
    return ended == f"note {filed}"


def check_feed(items: Sequence[Item]) -> list[Violation]:
    """The EHR has every chart entry once, in the order of its changes, and word for word."""
    stored: Mapping[int, Item] = {
        row.change_number: Item.of(json.loads(row.body)) for row in FiledDocument.objects.iterator()
    }
    found, changes = [], [item.change for item in items]
    if changes != sorted(set(changes)):
        found.append(Violation("feed", "entries came twice or out of order"))
    missing = sorted(stored.keys() - set(changes))
    found += [Violation("feed", f"change {n} was never delivered", (stored[n].note,)) for n in missing]
    wrong = [item for item in items if stored.get(item.change) != item]
    found += [
        Violation("feed", f"change {item.change} is not what is stored", (item.note,)) for item in wrong
    ]
    filed = Note.objects.filter(state__in=FILED_NOTES).values_list("pk", flat=True)
    unheard = {str(pk) for pk in filed} - {item.note for item in items}
    return found + [Violation("feed", "a filed note is not in the feed", (note,)) for note in sorted(unheard)]
