"""How long, how often, from which seed, and which faults: what a run can be repeated with."""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """`faults` names what is struck, in this order and then no more; empty: drawn at random until the time is over.
    `visits` ends the stream after so many, whatever the time."""

    minutes: float
    every: float
    per_minute: float
    seed: str
    faults: tuple[str, ...] = ()
    visits: int = 0
    database: str = ""
    broker: str = ""

    @property
    def seconds(self) -> float:
        return self.minutes * 60


def read(arguments: list[str] | None = None) -> Plan:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description="Visits and faults, then what held."
    )
    parser.add_argument("--minutes", type=float, default=15, help="how long visits come and faults strike")
    parser.add_argument("--every", type=float, default=10, help="seconds from one fault to the next")
    parser.add_argument("--per-minute", type=float, default=20, help="visits that begin in a minute")
    parser.add_argument("--seed", default="", help="of an earlier run, to draw the same visits and faults")
    parser.add_argument(
        "--faults", default="", help="names, separated by commas: strike these, one after another"
    )
    parser.add_argument("--visits", type=int, default=0, help="end after so many visits")
    parser.add_argument(
        "--database", default="", help="a PostgreSQL server, postgres://…; a database is made there"
    )
    parser.add_argument("--broker", default="", help="redis://… instead of the broker in the database")
    given = parser.parse_args(arguments)
    if given.minutes <= 0 or given.every <= 0 or given.per_minute <= 0:
        parser.error("minutes, every and per-minute must be above 0")
    seed = given.seed or str(random.SystemRandom().randrange(10**6))
    names = tuple(name.strip() for name in given.faults.split(",") if name.strip())
    return Plan(
        given.minutes, given.every, given.per_minute, seed, names, given.visits, given.database, given.broker
    )
