"""Everything that a run needs, put together: the deployment, people who are signed in, and who watches them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from encounters.models import Practice
from tests.processes.site import Site
from tests.soak.clinic import Desk, Reviewer
from tests.soak.deployment import seen
from tests.soak.engine_faults import Arming
from tests.soak.faults import Fault, Hands
from tests.soak.feed import FeedReader
from tests.soak.ledger import EngineAdmin
from tests.soak.measuring import Memory
from tests.soak.people import Administrator, Clinician
from tests.soak.plan import Plan
from tests.soak.recordings import clips
from tests.soak.run import Run
from tests.soak.visits import Diary
from tests.soak.watch import Watch
from tests.soak.webhook_flood import Flood

DESKS = 3


@contextmanager
def built(plan: Plan, folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[Watch, Clinician]]:
    """The run, not yet started, with a clinician who is free to help. Ends every process, whatever happens."""
    clips()  # decoded before anything is measured
    site = Site(folder, environment)
    try:
        site.start()
        access = json.loads(site.stage.access.read_text(encoding="utf-8"))
        # What the clinicians hold in their hands is not the product's to protect, so it lies elsewhere.
        with TemporaryDirectory(prefix="countersign-recordings-") as recordings:
            watch = _watch(plan, folder, site, access, Path(recordings))
            yield watch, Clinician(access, site.provider)
    finally:
        site.stop()


def _watch(plan: Plan, folder: Path, site: Site, access: dict[str, Any], recordings: Path) -> Watch:
    diary, flood = Diary(plan.seed), Flood(access["webhook"])
    engine = EngineAdmin(folder, site.stage.sandbox_url)
    run = Run(
        plan,
        site,
        [Desk(Clinician(access, site.provider), diary, recordings) for _ in range(DESKS)],
        Reviewer(Clinician(access, site.provider), diary),
        FeedReader(access),
        _faults(site, access, flood, engine),
        Memory(lambda: {name: process.pid for name, process in list(site.stage.processes.items())}),
    )
    return Watch(run, folder, engine, flood)


def _faults(site: Site, access: dict[str, Any], flood: Flood, engine: EngineAdmin) -> list[Fault]:
    practice = str(seen(lambda: Practice.objects.values_list("pk", flat=True)[0]))
    hands = Hands(site, Administrator(access), practice)
    flooding = Fault("webhook flood", "webhooks", flood.strike)
    return [*hands.catalogue(), flooding, *Arming(engine).faults()]
