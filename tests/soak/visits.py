"""What the clinic plans: visits of every kind, each recognisable by its words and by its size in bytes."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MARK = "Zqxsoak"  # begins the word that makes a visit's words recognisable wherever they turn up
TYPED_BYTES = 420
DICTATION = (
    "Patient reports a sore throat since {days} days, no fever, no cough. Reference {mark}. "
    "On video the throat is red, no white patches. I think this is a viral pharyngitis. "
    "Take ibuprofen with food and drink a lot of tea. Follow up in {days} days by video if it is not better. "
)


class Kind(StrEnum):
    SPOKEN = "spoken"
    TYPED = "typed"
    SHORTHAND = "shorthand"
    DECLINED = "declined, typed"
    WITHDRAWN = "withdrawn while sending"
    WITHDRAWN_LATE = "withdrawn afterwards"


WEIGHTS = {
    Kind.SPOKEN: 35,
    Kind.TYPED: 25,
    Kind.SHORTHAND: 15,
    Kind.DECLINED: 10,
    Kind.WITHDRAWN: 8,
    Kind.WITHDRAWN_LATE: 7,
}
RECORDED = frozenset({Kind.SPOKEN, Kind.WITHDRAWN, Kind.WITHDRAWN_LATE})


@dataclass
class Visit:
    """`encounter` is the path of its page, once it is booked; `submitted_at` when everything was handed over."""

    number: int
    kind: Kind
    addendum: bool
    encounter: str = ""
    submitted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    gave_up: str = ""

    @property
    def pk(self) -> str:
        return self.encounter.split("/")[2] if self.encounter else ""

    @property
    def mark(self) -> str:
        return f"{MARK}{self.number:05d}"

    @property
    def recorded(self) -> bool:
        return self.kind in RECORDED

    @property
    def dictation(self) -> str:
        """What is typed: no other visit's text has as many bytes, so the engine's ledger tells whose it is."""
        words = DICTATION.format(days=self.number % 9 + 2, mark=self.mark)
        return words + "H" + "m" * (TYPED_BYTES + self.number - len(words) - 2) + "."


@dataclass
class Diary:
    """Every visit that was begun, for all the threads."""

    seed: str
    visits: list[Visit] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._draw = random.Random(f"{self.seed}: visits")

    def begin(self, kind: Kind | None = None) -> Visit:
        with self._lock:
            drawn = self._draw.choices(list(WEIGHTS), weights=list(WEIGHTS.values()))[0]
            visit = Visit(len(self.visits) + 1, kind or drawn, addendum=self._draw.random() < 0.2)
            self.visits.append(visit)
        return visit

    def booked(self) -> list[Visit]:
        return [visit for visit in list(self.visits) if visit.encounter]
