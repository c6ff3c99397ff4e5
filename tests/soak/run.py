"""One run: the threads that work, the one that breaks, and what is looked at meanwhile."""

from __future__ import annotations

import random
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from django.utils import timezone

from tests.processes.site import Site
from tests.soak.clinic import Desk, Reviewer
from tests.soak.engine_faults import ENGINE
from tests.soak.faults import Fault
from tests.soak.feed import FeedReader
from tests.soak.invariants.outcomes import Strike
from tests.soak.measuring import Memory
from tests.soak.plan import Plan
from tests.soak.visits import Diary, Kind


@dataclass
class Run:
    """Starts everything, keeps the times, and stops it again. What went wrong in a thread of ours is `broken`."""

    plan: Plan
    site: Site
    desks: list[Desk]
    reviewer: Reviewer
    feed: FeedReader
    faults: list[Fault]
    memory: Memory
    strikes: list[Strike] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    struck: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    _taken: set[str] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._draw = random.Random(f"{self.plan.seed}: faults")
        self._began = time.monotonic()

    @property
    def diary(self) -> Diary:
        return self.reviewer.diary

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    def start(self) -> None:
        self._began = time.monotonic()
        for number, desk in enumerate(self.desks):
            self._thread(f"desk {number}", partial(self._stream, desk, number))
        self._thread("reviewer", partial(self.reviewer.run, self.over))
        self._thread("EHR", partial(self.feed.run, self.over))
        self._thread("memory", partial(self.memory.run, self.over))
        self._thread("faults", self._strike_all)

    @property
    def open(self) -> bool:
        """Whether visits still come in or faults still strike."""
        return any(thread.is_alive() for thread in self._threads if thread.name.startswith(("desk", "fault")))

    def finish(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(60)

    def _stream(self, desk: Desk, number: int) -> None:
        """Every desk's visits at even distances, the desks one after another. The first ones are one of each kind."""
        between = len(self.desks) * 60 / self.plan.per_minute
        due = between * number / len(self.desks)
        kinds = list(Kind)[number :: len(self.desks)]
        while self._more_visits(due):
            if self.over.wait(max(0.0, due - self.elapsed)):
                return
            desk.play(kinds.pop(0) if kinds else None)
            due += between

    def _more_visits(self, due: float) -> bool:
        if self.plan.visits:
            return len(self.diary.visits) < self.plan.visits
        return max(due, self.elapsed) < self.plan.seconds

    def _strike_all(self) -> None:
        """One fault after another, each in a thread of its own, so that a long one doesn't hold up the next."""
        due = self.plan.every
        for fault in self._planned():
            if self.over.wait(max(0.0, due - self.elapsed)):
                return
            self._thread(
                f"fault: {fault.name}", partial(self._strike, fault, random.Random(self._draw.random()))
            )
            due = max(due + self.plan.every, self.elapsed)

    def _planned(self) -> Iterator[Fault]:
        """The faults that were named; else one at random, of those that touch nothing which is down already."""
        for fault in self._named():
            while fault.of in self._taken and not self.over.wait(0.2):
                pass
            yield self._take(fault)
        while not self.plan.faults and self.elapsed + self.plan.every < self.plan.seconds:
            yield self._take(self._any_free())

    def _named(self) -> list[Fault]:
        known = {fault.name: fault for fault in self.faults}
        if unknown := [name for name in self.plan.faults if name not in known]:
            raise ValueError(f"no such faults: {unknown}; there are: {', '.join(known)}")
        return [known[name] for name in self.plan.faults]

    def _any_free(self) -> Fault:
        """First what is hit, the engine's behaviour as often as all the rest, and then how."""
        free = [fault for fault in self.faults if fault.of not in self._taken]
        things = sorted({fault.of for fault in free})
        weights = [max(1, len(things) - 1) if thing == ENGINE else 1 for thing in things]
        thing = self._draw.choices(things, weights)[0]
        return self._draw.choice([fault for fault in free if fault.of == thing])

    def _take(self, fault: Fault) -> Fault:
        self._taken.add(fault.of)
        return fault

    def _strike(self, fault: Fault, draw: random.Random) -> None:
        strike = Strike(fault.name, fault.explains)
        self.strikes.append(strike)
        try:
            fault.strike(draw)
        finally:
            self._taken.discard(fault.of)
            strike.ended = timezone.now()
            self.struck.set()

    def _thread(self, name: str, work: Callable[[], object]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception:  # noqa: BLE001 - whatever it was, the run has to end and say so
                self.broken.append(f"{name}: {traceback.format_exc()}")

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
