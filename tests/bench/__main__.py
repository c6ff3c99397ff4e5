"""Run every benchmark in turn, or those that are named: `python -m tests.bench [names]`. Nothing is asserted."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.measure import load

NOT_ONE = {"__init__", "__main__", "measure", "peer"}


def main() -> int:
    known = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in NOT_ONE)
    unknown = set(sys.argv[1:]) - set(known)
    if unknown:
        raise SystemExit(
            f"No benchmark is called {', '.join(sorted(unknown))}. There are: {', '.join(known)}."
        )
    failed = []
    for name in sys.argv[1:] or known:
        print(f"\n== {name}: {load()}", flush=True)
        began = time.monotonic()
        if subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode:
            failed.append(name)
        print(f"== {name} took {time.monotonic() - began:.0f} s; {load()}", flush=True)
    if failed:
        print(f"\nCould not be run to the end: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
