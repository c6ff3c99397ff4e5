"""Which fault changes which answer, and into what."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from notes.soapnoteapi.sandbox import note as notes
from notes.soapnoteapi.sandbox.faults import answers
from notes.soapnoteapi.sandbox.faults.answers import SECTIONS, Answer
from notes.soapnoteapi.sandbox.faults.misbehaviour import Misbehaviour
from notes.soapnoteapi.sandbox.faults.orders import Order
from notes.soapnoteapi.sandbox.records import COMPLETED, PROCESSING, Job

Change = Callable[[Order, Answer], Answer]

ANY_BODY: Mapping[str, Change] = {
    "garbage": answers.garbage,
    "status-code": answers.status_code,
    "slow-answer": lambda _, answer: answer,
    "half-answer": lambda _, answer: answer,
}
IN_ANY_STATE: Mapping[str, Change] = {
    "status-word": answers.status_word,
    "wrong-note-id": answers.wrong_note_id,
    "no-note-id": answers.no_note_id,
    "renamed-note-id": answers.renamed_note_id,
}


class AnswerFaults:
    def __init__(self, faults: Misbehaviour, endpoint: str, account: str, note_id: str) -> None:
        self._faults, self._endpoint, self._account, self._note_id = faults, endpoint, account, note_id

    def concealed(self, answer: Answer) -> Answer:
        """The state of a job whose end is kept secret."""
        if self._endpoint not in ("status", "note") or answer.status != 200:
            return answer
        concealed, _ = self._faults.armory.concealed(self._note_id)
        return answer.saying({"noteId": self._note_id, "status": PROCESSING}) if concealed else answer

    def can_be_announced(self, answer: Answer) -> bool:
        return self._endpoint == "upload" and answer.status == 202

    def announce_first(self, order: Order) -> None:
        """Wait for the job to end and its webhook to be sent."""
        self._faults.await_announcement(self._note_id, order.number("seconds"))

    def told(self, order: Order, answer: Answer) -> Answer | None:
        """The answer that the fault makes of this one; None where it can change nothing."""
        name, data = order.fault.name, answer.data
        if not 200 <= answer.status < 300:
            return None
        if name in ANY_BODY:
            return ANY_BODY[name](order, answer) if answer.body else None
        if name == "note-at-once":
            return self._at_once(order, answer)
        if data is None or not answer.note_id:
            return None
        if name in IN_ANY_STATE:
            return IN_ANY_STATE[name](order, answer)
        if name == "taken-note-id":
            taken = self._another(lambda job: job.account == self._account)
            return answers.named(answer, taken.note_id) if taken else None
        return self._told_of_note(order, answer) if any(data.get(name) for name in SECTIONS) else None

    def _told_of_note(self, order: Order, answer: Answer) -> Answer | None:
        if order.fault.name == "odd-field":
            return answers.odd_field(order, answer)
        return self._others_note(order, answer)

    def _at_once(self, order: Order, answer: Answer) -> Answer | None:
        if answer.status != 202:
            return None
        job = self._faults.await_end(self._note_id, order.number("seconds"))
        if job is None or job.status != COMPLETED:
            return None
        return Answer(200, b"", answer.headers).saying(_public(job))

    def _others_note(self, order: Order, answer: Answer) -> Answer | None:
        other = self._another(lambda job: job.status == COMPLETED)
        if other is None:
            return None
        theirs = answer.saying(_public(other))
        return theirs if order.word("named") == "theirs" else answers.named(theirs, self._note_id)

    def _another(self, fits: Callable[[Job], bool]) -> Job | None:
        jobs = (job for job in self._faults.recent_jobs() if job.note_id != self._note_id)
        return next(filter(fits, jobs), None)


def _public(job: Job) -> dict[str, object]:
    return notes.public(job.note, wants_transcript=bool(job.options.get("include_transcript")))
