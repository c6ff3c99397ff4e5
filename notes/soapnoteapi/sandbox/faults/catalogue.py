"""Every way in which the sandbox can be told to misbehave. `GET /sandbox/faults` prints this list.

A fault strikes in one of five places:

- request: while a request is read, or before anything is made of it
- answer: what is sent back, whatever it is about
- note: the note inside an answer (`GET /v1/note/{id}`, `POST /v1/note`)
- job: a recording that was accepted, when its turn comes
- webhook: a delivery, when it is due
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notes.soapnoteapi.sandbox.errors import CODES
from notes.soapnoteapi.sandbox.faults.parameters import Parameter

REQUEST, ANSWER, NOTE, JOB, WEBHOOK = "request", "answer", "note", "job", "webhook"
ENDPOINTS = ("upload", "text", "status", "note", "specialties", "summary", "stream")
MAKING = ("upload", "text")
LONGEST = 600.0

ERRORS: Mapping[int, str] = {
    **CODES,
    408: "REQUEST_TIMEOUT",
    409: "CONFLICT",
    422: "UNPROCESSABLE_ENTITY",
    425: "TOO_EARLY",
    502: "BAD_GATEWAY",
    504: "GATEWAY_TIMEOUT",
}
BODIES = ("envelope", "flat", "html", "none")
GARBAGE = (
    "text", "html", "empty", "list", "string", "number", "null", "deep", "huge", "cut", "latin-1", "utf-16", "gzip",
)  # fmt: skip
FIELDS = (
    "billing_codes", "transcript", "patient_summary", "error", "lines", "sections", "status", "created_at",
    "expires_at",
)  # fmt: skip
SHAPES = ("absent", "null", "text", "number", "flag", "list", "dict", "nested", "control")
JOB_FAILURES = (
    "AUDIO_TOO_SHORT", "AUDIO_TOO_LONG", "AUDIO_CORRUPTED", "AUDIO_MISSING", "NO_SPEECH", "TRANSCRIPTION_ERROR",
    "INTERNAL_ERROR",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """`endpoints`: where it can strike; empty for jobs and webhooks."""

    name: str
    strikes: str
    says: str
    parameters: tuple[Parameter, ...] = ()
    endpoints: tuple[str, ...] = ()

    def described(self) -> dict[str, object]:
        return {
            "fault": self.name,
            "strikes": self.strikes,
            "does": self.says,
            "endpoints": list(self.endpoints),
            "parameters": [parameter.described() for parameter in self.parameters],
        }


HOW = Parameter("how", "reset", "TCP reset, or an orderly close", choices=("reset", "close"))
MADE = Parameter(
    "made", default=False, says="carry the request out first, so that a note is made and charged"
)
MADE_YES = Parameter("made", default=True, says=MADE.says)
PACE = Parameter("bytes_per_second", 1024, "how fast", least=1)


def _seconds(default: float, says: str) -> Parameter:
    return Parameter("seconds", default, says, most=LONGEST)


_REQUESTS = (
    Fault(
        "error", REQUEST, "Answer with an error.",
        (
            Parameter("status", 500, "HTTP status", choices=tuple(ERRORS)),
            Parameter("code", "", "code in the body; empty for the usual one of the status"),
            Parameter("body", "envelope", "shape of the body", choices=BODIES),
            Parameter("retry_after", 0, "seconds for the header Retry-After; 0 sends none", most=86_400),
            Parameter("retry_as", "seconds", "form of that header", choices=("seconds", "date")),
            Parameter("unread", default=False, says="answer before the body of the request is read"),
            MADE,
        ),
        ENDPOINTS,
    ),
    Fault("slow-request", REQUEST, "Read the body of the request slowly.", (PACE,), MAKING),
    Fault(
        "reset", REQUEST, "Break the connection off while the body of the request arrives.",
        (Parameter("at", 0, "after so many bytes of the body"), HOW), MAKING,
    ),
    Fault(
        "lost-answer", REQUEST, "Take the whole request, then break the connection off without an answer.",
        (MADE_YES, HOW), ENDPOINTS,
    ),
    Fault(
        "time-out", REQUEST, "Take the whole request and stay silent, until the caller leaves.",
        (_seconds(60.0, "at most so long"), MADE_YES), ENDPOINTS,
    ),
)  # fmt: skip
_ANSWERS = (
    Fault("slow-answer", ANSWER, "Send the body of the answer slowly.", (PACE,), ENDPOINTS),
    Fault(
        "half-answer", ANSWER, "Announce the whole body, send its beginning, and break the connection off.",
        (Parameter("bytes", 20, "how much is sent"), HOW), ENDPOINTS,
    ),
    Fault(
        "garbage", ANSWER, "Send something else under the same status.",
        (Parameter("kind", "text", "what is sent", choices=GARBAGE),), ENDPOINTS,
    ),
    Fault(
        "status-code", ANSWER, "Send the same body under another success status.",
        (Parameter("status", 200, "HTTP status", choices=(200, 201, 202, 204)),), ENDPOINTS,
    ),
    Fault(
        "wrong-note-id", ANSWER, "Name a note that does not exist.",
        (Parameter("note_id", "", "the id; empty for a fresh one"),), (*MAKING, "status", "note"),
    ),
    Fault("taken-note-id", ANSWER, "Name a note that the account got for another request.", (), MAKING),
    Fault("no-note-id", ANSWER, "Leave the note's id out.", (), (*MAKING, "status", "note")),
    Fault(
        "renamed-note-id", ANSWER, "Give the note's id under another name.",
        (Parameter("name", "note_id", "the name"),), (*MAKING, "status", "note"),
    ),
    Fault(
        "note-at-once", ANSWER, "Answer an upload with 200 and the finished note.",
        (_seconds(30.0, "wait at most so long for the note; then answer as usual"),), ("upload",),
    ),
    Fault(
        "status-word", ANSWER, "Say another word for the state of a job.",
        (Parameter("word", "transcribing", "the word"),), ("status",),
    ),
)  # fmt: skip
_NOTES = (
    Fault(
        "odd-field", NOTE, "Give a field of the note in another shape.",
        (
            Parameter("field", "billing_codes", "the field; sections stands for all four", choices=FIELDS),
            Parameter("shape", "text", "its shape", choices=SHAPES),
        ),
        ("note", "text"),
    ),
    Fault(
        "somebody-elses-note", NOTE, "Answer with the note of another request.",
        (Parameter("named", "theirs", "under whose id", choices=("theirs", "ours")),), ("note", "text"),
    ),
)  # fmt: skip
_JOBS = (
    Fault(
        "job-fails", JOB, "Fail the job.",
        (Parameter("code", "TRANSCRIPTION_ERROR", "the failure", choices=JOB_FAILURES),),
    ),
    Fault(
        "job-slow", JOB, "Say for longer that the job is being processed.",
        (_seconds(60.0, "so much longer"),),
    ),
    Fault("job-never-ends", JOB, "Say for ever that the job is being processed, and send no webhook."),
)  # fmt: skip
_WEBHOOKS = (
    Fault("webhook-lost", WEBHOOK, "Never send it."),
    Fault("webhook-late", WEBHOOK, "Send it later.", (_seconds(60.0, "so much later"),)),
    Fault(
        "webhook-repeated", WEBHOOK, "Send it several times at once.",
        (Parameter("copies", 2, "how many times in all", least=2, most=100),),
    ),
    Fault(
        "webhook-reordered", WEBHOOK, "Send it after the event that follows.",
        (_seconds(60.0, "wait at most so long for that event"),),
    ),
    Fault(
        "webhook-early", WEBHOOK, "Send it before the upload is answered.",
        (_seconds(30.0, "hold the upload's answer back at most so long"),), ("upload",),
    ),
    Fault(
        "webhook-badly-signed", WEBHOOK, "Send it with a signature that does not hold.",
        (Parameter("how", "secret", "what is wrong", choices=("secret", "body", "missing", "nonsense")),),
    ),
    Fault(
        "webhook-stale", WEBHOOK, "Sign it as if it were old.",
        (Parameter("seconds", 3600.0, "so old; negative for a time to come", least=-86_400 * 30, most=86_400 * 30),),
    ),
    Fault(
        "webhook-event", WEBHOOK, "Give it another event name.",
        (Parameter("name", "note.archived", "the name"),),
    ),
    Fault("webhook-garbage", WEBHOOK, "Send something that is not JSON, correctly signed."),
    Fault("webhook-unknown-note", WEBHOOK, "Name a note that does not exist, beside the right event."),
    Fault("webhook-others-note", WEBHOOK, "Name a note of another account, beside the right event."),
    Fault(
        "webhook-contradicted", WEBHOOK, "Send note.failed for a finished note as well.",
        (Parameter("when", "after", "before or after the right event", choices=("before", "after")),),
    ),
)  # fmt: skip

CATALOGUE: Mapping[str, Fault] = {
    fault.name: fault for fault in (*_REQUESTS, *_ANSWERS, *_NOTES, *_JOBS, *_WEBHOOKS)
}
