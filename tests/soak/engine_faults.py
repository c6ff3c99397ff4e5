"""The engine misbehaves: one fault of the sandbox's catalogue is armed for a few seconds, then taken back.

Left out are those whose end lies beyond any soak (job-never-ends), those that nobody could tell from the truth
(another's note under our id), and those that would say nothing here (webhook-event: an event that we don't know).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.soak.faults import INTERRUPTED, Fault
from tests.soak.ledger import EngineAdmin

ENGINE = "engine's behaviour"
STANDS = 8.0
NOT_UNDERSTOOD = frozenset(
    {
        "NOT_JSON",
        "NOT_AN_OBJECT",
        "TOO_DEEP",
        "BAD_NOTE_ID",
        "NO_NOTE",
        "NO_NOTE_ID",
        "ANOTHER_NOTE",
        "BAD_ANSWER",
    }
)
UNKNOWN_NOTE = frozenset({"NOT_FOUND", "NOTE_ID_TAKEN", "ANOTHER_NOTE"})
Order = Mapping[str, Any]
UPLOAD = {"endpoint": "upload"}

# Each with the reasons for which a submission may then fail, beside those of any interruption.
ORDERS: tuple[tuple[Order, frozenset[str]], ...] = (
    *(
        ({"fault": "error", "status": status, "times": 2}, frozenset({code}))
        for status, code in ((500, "INTERNAL_ERROR"), (502, "BAD_GATEWAY"), (422, "UNPROCESSABLE_ENTITY"))
    ),
    ({"fault": "error", "status": 503, "retry_after": 3, "body": "html", "times": 2}, frozenset({"HTTP_503"})),
    ({"fault": "error", "status": 504, "made": True, "body": "none"}, frozenset({"HTTP_504"})),
    ({"fault": "error", "status": 429, "retry_after": 4}, frozenset()),
    ({"fault": "error", "status": 401}, frozenset()),
    ({"fault": "error", "status": 402}, frozenset()),
    ({"fault": "error", "status": 413, "unread": True, "match": UPLOAD}, frozenset({"PAYLOAD_TOO_LARGE"})),
    ({"fault": "error", "status": 415, "match": UPLOAD}, frozenset({"UNSUPPORTED_MEDIA_TYPE"})),
    ({"fault": "error", "status": 404, "match": {"endpoint": "note"}, "times": 2}, UNKNOWN_NOTE),
    ({"fault": "slow-request", "bytes_per_second": 100_000, "match": UPLOAD}, frozenset()),
    ({"fault": "reset", "at": 65_536, "match": UPLOAD}, frozenset()),
    ({"fault": "reset", "how": "close"}, frozenset()),
    ({"fault": "lost-answer"}, frozenset()),
    ({"fault": "lost-answer", "made": False, "how": "close"}, frozenset()),
    ({"fault": "time-out", "seconds": 6}, frozenset()),
    ({"fault": "slow-answer", "bytes_per_second": 400}, frozenset()),
    ({"fault": "half-answer"}, NOT_UNDERSTOOD),
    *(
        ({"fault": "garbage", "kind": kind}, NOT_UNDERSTOOD)
        for kind in ("text", "html", "empty", "list", "null", "deep", "cut", "latin-1", "utf-16", "gzip")
    ),
    ({"fault": "status-code", "status": 201}, NOT_UNDERSTOOD),
    ({"fault": "wrong-note-id"}, NOT_UNDERSTOOD | UNKNOWN_NOTE),
    ({"fault": "taken-note-id"}, NOT_UNDERSTOOD | UNKNOWN_NOTE),
    ({"fault": "no-note-id"}, NOT_UNDERSTOOD),
    ({"fault": "renamed-note-id"}, NOT_UNDERSTOOD),
    ({"fault": "note-at-once"}, frozenset()),
    ({"fault": "status-word"}, frozenset()),
    *(
        ({"fault": "odd-field", "field": name, "shape": shape}, NOT_UNDERSTOOD)
        for name, shape in (
            ("billing_codes", "nested"), ("transcript", "dict"), ("sections", "control"), ("sections", "absent"),
            ("patient_summary", "number"), ("lines", "text"), ("created_at", "list"),
        )
    ),
    ({"fault": "somebody-elses-note"}, NOT_UNDERSTOOD | UNKNOWN_NOTE),
    *(
        ({"fault": "job-fails", "code": code}, frozenset({code, "NOTE_FAILED", *said}))
        for code, *said in (
            ("AUDIO_TOO_SHORT",), ("AUDIO_CORRUPTED",), ("TRANSCRIPTION_ERROR", "TRANSCRIPTION_FAILED"),
            ("INTERNAL_ERROR",),
        )
    ),
    ({"fault": "job-slow", "seconds": 15}, frozenset()),
    ({"fault": "webhook-lost"}, frozenset()),
    ({"fault": "webhook-late", "seconds": 15}, frozenset()),
    ({"fault": "webhook-repeated", "copies": 5}, frozenset()),
    ({"fault": "webhook-reordered", "seconds": 15}, frozenset()),
    ({"fault": "webhook-early", "seconds": 10}, frozenset()),
    ({"fault": "webhook-badly-signed"}, frozenset()),
    ({"fault": "webhook-badly-signed", "how": "missing"}, frozenset()),
    ({"fault": "webhook-stale"}, frozenset()),
    ({"fault": "webhook-garbage"}, frozenset()),
    ({"fault": "webhook-unknown-note"}, frozenset()),
    ({"fault": "webhook-contradicted", "when": "before"}, frozenset()),
    ({"fault": "webhook-contradicted"}, frozenset()),
)  # fmt: skip


@dataclass
class Arming:
    """Arms through the engine's admin call; an engine that is away just then has trouble enough."""

    engine: EngineAdmin

    def faults(self) -> list[Fault]:
        return [
            Fault(f"engine: {_name(order)}", ENGINE, self._striker(order), INTERRUPTED | codes)
            for order, codes in ORDERS
        ]

    def _striker(self, order: Order) -> Callable[[random.Random], object]:
        def strike(_: random.Random) -> None:
            deadline = time.monotonic() + STANDS
            while self.engine.ask("POST", "/sandbox/faults", order) is None:
                if time.monotonic() > deadline:
                    return
                time.sleep(0.5)
            time.sleep(STANDS)
            self.disarm()

        return strike

    def disarm(self) -> None:
        """Take back whatever is armed, as soon as the engine can be told so."""
        while self.engine.ask("DELETE", "/sandbox/faults") is None:
            time.sleep(0.5)


def _name(order: Order) -> str:
    details = (f"{name}={value}" for name, value in order.items() if name not in {"fault", "match"})
    return " ".join([str(order["fault"]), *details])
