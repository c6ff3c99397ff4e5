"""What each fault must come to. A fault of the catalogue without a case here fails the suite.

A case is told in two parts: where the submission stands right after the first try, with the words that its clinician
reads, and where it ends when the worker goes on working and the fault is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from notes.soapnoteapi.sandbox.faults import catalogue

AUDIO, TEXT = "audio", "text"
LOST = "look for the note first"
AGAIN = "tried again by itself"
UNREADABLE = "could not be read"
REFUSED = "did not accept what was sent"


@dataclass(frozen=True)
class Case:
    """`charges`: notes that the engine made; `unclaimed`: how many of them the product cannot name;
    `warned`: the visit asks for a person in the meantime."""

    fault: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    kind: str = AUDIO
    endpoint: str = ""
    first: str = "processing"
    words: str = ""
    end: str = "completed"
    charges: int = 1
    unclaimed: int = 0
    warned: bool = False

    @property
    def muted(self) -> bool:
        """Whether webhooks have to be silent, so that the product asks for the state of the job."""
        return self.endpoint == "status" or self.fault == "status-word"

    def __str__(self) -> str:
        told = "-".join(f"{value}" for value in self.parameters.values())
        return "-".join(filter(None, (self.fault, told, self.endpoint or self.kind)))

    @property
    def order(self) -> dict[str, object]:
        match = {"match": {"endpoint": self.endpoint}} if self.endpoint else {}
        return {"fault": self.fault, **self.parameters, **match}


def _error(status: int, **parameters: object) -> Case:
    """An error to an upload that nothing was made of."""
    case: dict[str, object] = {"first": "failed", "words": REFUSED, "end": "failed", "charges": 0}
    if status in (401, 402, 403):
        says = {401: "did not accept this practice's key", 402: "run out of funds", 403: "refused access"}[
            status
        ]
        case = {"first": "queued", "words": says, "warned": True}
    elif status in (408, 425, 429) or status >= 500:
        case = {"first": "queued", "words": AGAIN}
    elif status in (404, 413, 415):
        says = {404: "no longer has this note", 413: "larger than", 415: "cannot read this kind"}[status]
        case["words"] = says
    return Case("error", {"status": status, **parameters}, endpoint="upload", **case)  # type: ignore[arg-type]


ERRORS = [
    *(_error(status) for status in catalogue.ERRORS),
    *(_error(status, body=body) for status in (400, 402, 503) for body in catalogue.BODIES if body != "envelope"),
    _error(413, unread=True),
    *(_error(status, retry_after=90, retry_as=form) for status in (429, 503) for form in ("seconds", "date")),
    # The engine made the note and something before it answered: looked for, not paid for twice.
    *(
        Case("error", {"status": status, "made": True, "body": "html"}, endpoint="upload", first="queued", words=AGAIN)
        for status in (500, 502, 504)
    ),
    # Nothing can be made of this one: refused and charged. The note is announced and belongs to nobody.
    Case("error", {"status": 422, "made": True}, endpoint="upload", first="failed", words=REFUSED, end="failed"),
    *(
        Case("error", {"status": status}, TEXT, first="queued", words=AGAIN)
        for status in (429, 500, 503)
    ),
    Case("error", {"status": 400}, TEXT, first="failed", words=REFUSED, end="failed", charges=0),
    *(Case("error", {"status": status}, endpoint="status") for status in (401, 404, 429, 500, 503)),
    *(Case("error", {"status": status}, endpoint="note") for status in (401, 500, 503)),
]  # fmt: skip

BROKEN = [
    Case("slow-request", {"bytes_per_second": 200_000}),
    *(
        Case("reset", {"at": at, "how": how}, first="queued", words=LOST)
        for at in (0, 65_536, 10_000_000) for how in ("reset", "close")
    ),
    Case("reset", {"at": 10}, TEXT, first="queued", words=LOST),
    *(Case("lost-answer", {"how": how}, first="queued", words=LOST) for how in ("reset", "close")),
    Case("lost-answer", {"made": False}, first="queued", words=LOST),
    Case("lost-answer", {}, TEXT, first="queued", words=LOST, charges=2, unclaimed=1),
    Case("lost-answer", {}, endpoint="status"),
    Case("time-out", {"seconds": 5}, first="queued", words=LOST),
    Case("time-out", {"seconds": 5, "made": False}, first="queued", words=LOST),
    Case("time-out", {"seconds": 5}, endpoint="note"),
    Case("slow-answer", {"bytes_per_second": 2000}),
    *(Case("half-answer", {"how": how}, first="queued", words=LOST) for how in ("reset", "close")),
    Case("half-answer", {"bytes": 0}, first="queued", words=LOST),
    Case("half-answer", {}, TEXT, first="queued", words=LOST, charges=2, unclaimed=1),
    Case("half-answer", {}, endpoint="note"),
]  # fmt: skip

_READ_ALL_THE_SAME = ("utf-16",)
SAID = [
    *(
        Case("garbage", {"kind": kind}, first="failed", words=UNREADABLE)
        for kind in catalogue.GARBAGE if kind not in _READ_ALL_THE_SAME
    ),
    *(Case("garbage", {"kind": kind}) for kind in _READ_ALL_THE_SAME),
    *(
        Case("garbage", {"kind": kind}, TEXT, first="queued", words=UNREADABLE, charges=2, unclaimed=1)
        for kind in ("html", "gzip", "huge")
    ),
    *(Case("garbage", {"kind": kind}, endpoint="status") for kind in ("html", "gzip", "deep", "huge")),
    *(Case("garbage", {"kind": kind}, endpoint="note") for kind in ("html", "list", "cut")),
    *(Case("status-code", {"status": status}) for status in (200, 201, 202)),
    Case("status-code", {"status": 204}, first="failed", words=UNREADABLE),
    # The note is announced under its own name, and taken for nobody's: an account may have other users.
    Case("wrong-note-id", {}, endpoint="upload", end="failed", words="no longer has this note"),
    Case("wrong-note-id", {"note_id": "../../admin"}, endpoint="upload", end="failed", words="no longer has"),
    Case("wrong-note-id", {"note_id": "ünïcode id"}, endpoint="upload", first="failed", words=UNREADABLE),
    Case("wrong-note-id", {}, TEXT, first="completed", unclaimed=1),
    Case("wrong-note-id", {}, endpoint="status"),
    Case("wrong-note-id", {}, endpoint="note"),
    Case("no-note-id", {}, endpoint="upload", first="failed", words=UNREADABLE),
    Case("no-note-id", {}, TEXT, first="queued", words=UNREADABLE, charges=2, unclaimed=1),
    Case("no-note-id", {}, endpoint="note"),
    *(Case("renamed-note-id", {"name": name}, endpoint="upload") for name in ("note_id", "id", "NOTE-ID")),
    Case("renamed-note-id", {"name": "reference"}, endpoint="upload", first="failed", words=UNREADABLE),
    Case("renamed-note-id", {"name": "note_id"}, endpoint="note"),
    Case("note-at-once", {}, first="completed"),
    *(Case("status-word", {"word": word}) for word in ("transcribing", "", "42", "Done!", "COMPLETED")),
]  # fmt: skip

JOBS = [
    *(
        Case("job-fails", {"code": code}, end="failed", charges=0, words=words)
        for code, words in {
            "AUDIO_TOO_SHORT": "too short for a note",
            "AUDIO_TOO_LONG": "longer than",
            "AUDIO_CORRUPTED": "could not read the recording",
            "AUDIO_MISSING": "could not make a note",
            "NO_SPEECH": "could not make out what was said",
            "TRANSCRIPTION_ERROR": "could not make out what was said",
            "INTERNAL_ERROR": "could not make a note",
        }.items()
    ),
    Case("job-slow", {"seconds": 90}),
]  # fmt: skip

WEBHOOKS = [
    Case("webhook-lost"),
    Case("webhook-late", {"seconds": 600}),
    Case("webhook-reordered", {"seconds": 30}),
    Case("webhook-repeated", {"copies": 32}),
    *(Case("webhook-badly-signed", {"how": how}) for how in ("secret", "body", "missing", "nonsense")),
    *(Case("webhook-stale", {"seconds": seconds}) for seconds in (3600, -3600)),
    Case("webhook-event", {"name": "note.archived"}),
    Case("webhook-garbage"),
    Case("webhook-unknown-note"),
    *(Case("webhook-contradicted", {"when": when}) for when in ("before", "after")),
]

CASES = [*ERRORS, *BROKEN, *SAID, *JOBS, *WEBHOOKS]
# Told as stories of their own: they need a second visit, a second account, a second thread or a day.
STORIES = {
    "job-never-ends",
    "taken-note-id",
    "somebody-elses-note",
    "webhook-others-note",
    "webhook-early",
    "odd-field",
}
