"""What must hold after every fault. Each module takes what was observed and names every violation with its ids."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """`invariant` is I1 to I7, lost, doubled, feed, memory or idle; `ids` is what to look for in the database."""

    invariant: str
    what: str
    ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}" + (f" [{', '.join(self.ids)}]" if self.ids else "")
