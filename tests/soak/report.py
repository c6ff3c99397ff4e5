"""What a run tells: a line every half minute, and the summary."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from notes.models import Revision
from tests.soak.deployment import seen
from tests.soak.invariants.outcomes import end_of
from tests.soak.measuring import IDLE_SHARE, TOLERANCE
from tests.soak.plan import Plan
from tests.soak.watch import Watch

INVARIANTS = ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "lost", "doubled", "feed", "memory", "idle"]


def say(words: str) -> None:
    print(words, flush=True)


def opening(plan: Plan) -> None:
    again = f"--minutes {plan.minutes:g} --every {plan.every:g} --per-minute {plan.per_minute:g} --seed {plan.seed}"
    say(f"soak: python -m tests.soak {again}")


def progress(watch: Watch) -> None:
    run = watch.run
    minutes, seconds = divmod(int(run.elapsed), 60)
    ready = sum(1 for visit in run.diary.visits if visit.submitted_at)
    memory = "  ".join(
        f"{name} {points[-1][1]:.0f}" for name, points in sorted(run.memory.samples.items()) if points
    )
    say(
        f"{time.strftime('%H:%M:%S')}  {minutes:2}:{seconds:02}  visits {len(run.diary.visits)} begun, {ready} handed "
        f"over, {len(run.reviewer.done)} in the chart  faults {len(run.strikes)}  checks {watch.checks}  "
        f"violations {len(watch.violations)}  MB: {memory or '-'}"
    )


def summary(watch: Watch) -> None:
    run = watch.run
    say("\nVisits by kind and end")
    ends = seen(lambda: Counter((str(visit.kind), end_of(visit)) for visit in run.diary.visits))
    superseded = seen(Revision.objects.filter(kind=Revision.Kind.SUPERSEDED).count)
    table((count, f"{kind}: {end}") for (kind, end), count in sorted(ends.items()))
    say(
        f"  {watch.failed_before} had failed and were tried again at the end; {superseded} second drafts were kept "
        f"aside; {len(run.feed.items)} chart entries came through the feed"
    )
    jobs = len(watch.ledger.known.jobs)
    say(
        f"  the engine made {jobs} jobs; {len(watch.ledger.known.acknowledged)} of its webhooks were acknowledged"
    )
    say("Faults by kind")
    struck = Counter(strike.name for strike in run.strikes)
    table((count, name) for name, count in sorted(struck.items()))
    say(f"Invariants, checked {watch.checks} times")
    broken = Counter(violation.invariant for violation in watch.violations)
    say("  " + "  ".join(f"{name} {broken[name] or 'ok'}" for name in INVARIANTS))
    _resources(watch)
    for violation, at in watch.violations.items():
        say(f"VIOLATION after {at:.0f} s: {violation}")
    for trouble in run.broken:
        say(f"THE SOAK ITSELF BROKE in {trouble}")


def _resources(watch: Watch) -> None:
    say(
        f"Memory in the second half (flat: at most {TOLERANCE:.0%} of the median a minute, "
        f"judged over five minutes or more)"
    )
    for grown in watch.run.memory.growth():
        say(
            f"  {grown.name:<8} peak {grown.peak:6.0f} MB  median {grown.median:6.0f} MB  slope {grown.slope:+6.2f} "
            f"MB/min from {grown.samples} samples"
        )
    shares = "  ".join(f"{name} {share:.1%}" for name, share in sorted(watch.idle.items()))
    say(f"Processor at the end, idle (at most {IDLE_SHARE:.0%} of one in all): {shares}")


def table(rows: Iterable[tuple[int, str]]) -> None:
    for count, name in rows:
        say(f"  {count:4}  {name}")
