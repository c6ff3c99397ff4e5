"""Registers this app's listeners with the one upward hook (consent/hooks.py)."""

from __future__ import annotations

from consent import hooks
from notes import tasks


def connect() -> None:
    hooks.listen("recording.ready", tasks.recording_ready)
    hooks.listen("recording.over", tasks.recording_over)
    hooks.listen("permission.changed", tasks.permission_changed)
    hooks.listen("permission.withdrawn", tasks.permission_withdrawn)
