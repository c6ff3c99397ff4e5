"""Accepted recordings that fail, take long, or never come to an end."""

from __future__ import annotations

from notes.soapnoteapi.sandbox.clock import Clock
from notes.soapnoteapi.sandbox.errors import JobFailed
from notes.soapnoteapi.sandbox.faults.armory import Armory
from notes.soapnoteapi.sandbox.faults.catalogue import JOB
from notes.soapnoteapi.sandbox.faults.orders import Order
from notes.soapnoteapi.sandbox.records import Job

MESSAGES = {
    "AUDIO_TOO_SHORT": "The recording is too short.",
    "AUDIO_TOO_LONG": "The recording is too long.",
    "AUDIO_CORRUPTED": "The recording cannot be decoded.",
    "AUDIO_MISSING": "The recording is no longer there.",
    "NO_SPEECH": "No speech was found in the recording.",
    "TRANSCRIPTION_ERROR": "The recording could not be transcribed.",
    "INTERNAL_ERROR": "Something went wrong.",
}


class FaultyJobs:
    def __init__(self, armory: Armory, clock: Clock) -> None:
        self._armory, self._clock = armory, clock

    def begin(self, job: Job) -> None:
        """Called when the job's turn has come; raises `JobFailed` where it is to fail."""
        for armed in self._armory.standing(JOB, account=job.account):
            if self._armory.strike(armed, account=job.account, place=JOB, note_id=job.note_id):
                self._carry_out(armed.order, job)
                return

    def _carry_out(self, order: Order, job: Job) -> None:
        if order.fault.name == "job-fails":
            code = order.word("code")
            raise JobFailed(code, MESSAGES[code])
        lasts = order.fault.name == "job-slow"
        self._armory.conceal(job.note_id, self._clock() + order.number("seconds") if lasts else None)
