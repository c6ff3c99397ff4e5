from __future__ import annotations

import threading


class Bell:
    """What a waiting thread listens for. A ring while nobody waits is heard by the next wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rung = False

    def ring(self) -> None:
        with self._changed:
            self._rung = True
            self._changed.notify_all()

    def wait(self, seconds: float | None) -> None:
        """Return at the next ring, or after `seconds` (None: only at a ring)."""
        with self._changed:
            if not self._rung:
                self._changed.wait(seconds)
            self._rung = False
