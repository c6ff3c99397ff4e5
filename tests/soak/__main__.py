from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.deployment import IMPATIENT, become_reader, own_database
from tests.soak.plan import Plan, read

PROGRESS = 30.0


def main() -> int:
    plan = read()
    folder = Path(tempfile.mkdtemp(prefix="countersign-soak-"))
    (folder / "tmp").mkdir()
    with own_database(plan.database) as database:
        environment = {**IMPATIENT, "TMPDIR": str(folder / "tmp")}
        environment |= {"DATABASE_URL": database} if database else {}
        environment |= {"BROKER_URL": plan.broker} if plan.broker else {}
        become_reader(folder, environment)
        held = soak(plan, folder, environment)
    if held:
        shutil.rmtree(folder)
        print("Everything held.")
        return 0
    print(f"Something did not hold. Logs, database and engine ledger: {folder}")
    return 1


def soak(plan: Plan, folder: Path, environment: dict[str, str]) -> bool:
    """Whether everything held."""
    from tests.soak import report  # noqa: PLC0415 - these import models, which need settings
    from tests.soak.building import built  # noqa: PLC0415

    report.opening(plan)
    with built(plan, folder, environment) as (watch, clinician):
        run = watch.run
        run.start()
        told = time.monotonic()
        while run.open and not run.broken:
            if run.struck.wait(1):
                run.struck.clear()
                watch.check()
            if time.monotonic() - told >= PROGRESS:
                told = time.monotonic()
                report.progress(watch)
        report.say("No more visits and faults; waiting until all has settled.")
        watch.settle(clinician)
        run.finish()
        report.summary(watch)
        return not watch.violations and not run.broken


if __name__ == "__main__":
    sys.exit(main())
