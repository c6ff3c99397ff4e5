"""I4: the audit chains hold."""

from __future__ import annotations

from consent.verification import verify_chains
from tests.soak.invariants import Violation


def check() -> list[Violation]:
    bad = verify_chains().bad
    return [Violation("I4", f"audit row {bad.id} {bad.problem}", (bad.chain, str(bad.seq)))] if bad else []
