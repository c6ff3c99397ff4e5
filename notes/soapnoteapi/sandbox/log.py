"""One JSON line per step on standard error: ids, timings, codes; never text, names or keys."""

from __future__ import annotations

import json
import sys
import time

from notes.soapnoteapi.sandbox.clock import iso


def log(step: str, **fields: str | int | float | bool | None) -> None:
    line = {"at": iso(time.time()), "service": "sandbox", "step": step, **fields}
    sys.stderr.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stderr.flush()
