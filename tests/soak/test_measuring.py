"""A trend is told from a replacement and from noise."""

from __future__ import annotations

import os

from tests.soak.measuring import age, busy, grown, resident
from tests.soak.recordings import write_clip
from tests.soak.visits import Diary, Kind, Visit


def minutes(*values: float) -> list[tuple[float, float]]:
    return [(number * 2.0, value) for number, value in enumerate(values)]


def test_memory_that_grows_is_not_flat() -> None:
    assert not grown("web", minutes(*(100 + number * 0.2 for number in range(400)))).flat


def test_memory_that_stays_or_settles_early_is_flat() -> None:
    assert grown("web", minutes(*([50.0] * 20 + [100.0, 101.0] * 200))).flat


def test_a_process_that_was_replaced_is_no_trend() -> None:
    values = [100.0] * 300 + [60.0] * 10 + [100.0] * 90
    assert abs(grown("worker", minutes(*values)).slope) < 0.1


def test_our_own_process_can_be_measured() -> None:
    assert resident(os.getpid()) > 1_000_000
    assert age(os.getpid()) > 0
    assert busy({"us": os.getpid()}, 0.1)["us"] < 1.5


def test_a_seed_draws_the_same_visits_again() -> None:
    first, second = Diary("7"), Diary("7")
    assert [first.begin().kind for _ in range(30)] == [second.begin().kind for _ in range(30)]


def test_no_two_visits_have_the_same_size(tmp_path) -> None:
    visits = [Visit(number, Kind.TYPED, addendum=False) for number in range(1, 400)]
    typed = {len(visit.dictation.encode()) for visit in visits}
    spoken = {write_clip(tmp_path, visit.number).stat().st_size for visit in visits[:120]}
    assert len(typed) == 399
    assert len(spoken) == 120
    assert not typed & spoken
