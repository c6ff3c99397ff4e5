"""Keeps a django-q2 cluster alive, which does not do so itself.

A killed idle worker stops a stock cluster for ever, a killed main process leaves orphans behind, and a stop may hang
(upstream issues #23, #312 and #346). So the cluster runs as one process group; a beat
task must pass through it every few seconds; when none does, the whole group is killed and started anew. Work that
this interrupts is found again by its rows.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import FrameType

import structlog
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from config.connections import leave_connection_usable
from config.doorbell import ring
from config.models import Heartbeat

log = structlog.get_logger(__name__)
TICK = 0.5
LONGEST_PAUSE = 30.0
START_UP = 60.0  # a busy machine may take long until the first beat
_PR_SET_PDEATHSIG = 1


@dataclass
class Supervisor:
    """``command`` starts the cluster; ``beat`` is the task whose passing proves that it works. All times in seconds."""

    command: Sequence[str]
    beat: str
    interval: float
    stale_after: float
    grace: float
    clock: Callable[[], float] = time.monotonic
    restarts: int = 0
    _group: subprocess.Popen[bytes] | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _seen: datetime | None = None
    _alive_at: float = 0.0
    _rung_at: float = float("-inf")
    _answered: bool = True
    _working: bool = False
    _pause: float = 1.0

    def run(self) -> None:
        """Until SIGTERM or SIGINT; then the cluster is asked to stop once, and killed after the grace time."""
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, self._asked_to_stop)
        self._start()
        while not self._stop.wait(TICK):
            self.tick()
        self._finish()

    def tick(self) -> None:
        """One look: restart a group that died or fell silent, else ring the next beat when the last one passed."""
        close_old_connections()
        group = self._group
        if group is None or group.poll() is not None:
            self._restart("its main process ended")
        elif self._silent():
            self._restart("no beat passed through it")
        elif self._beat_due():
            self._ring()

    def _start(self) -> None:
        self._group = subprocess.Popen(  # noqa: S603 - our own command
            self.command,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - the supervisor has one thread
        )
        self._alive_at = self.clock()
        self._rung_at, self._answered, self._working = float("-inf"), True, False
        log.info("worker started", group=self._group.pid)

    def _restart(self, why: str) -> None:
        log.warning("worker restarted", reason=why, pause=self._pause)
        self._kill()
        self.restarts += 1
        if self._stop.wait(self._pause):
            return
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
        self._start()

    def _silent(self) -> bool:
        """Whether the group has gone without a beat for too long. An unreachable database proves nothing."""
        try:
            beat_at = Heartbeat.objects.filter(name="worker").values_list("beat_at", flat=True).first()
        except DatabaseError:
            leave_connection_usable()
            self._alive_at = self.clock()
            return False
        if beat_at != self._seen:
            if self._rung_at > float("-inf"):
                self._answered, self._working, self._pause = True, True, 1.0
            self._seen, self._alive_at = beat_at, self.clock()
        limit = self.stale_after if self._working else max(self.stale_after, START_UP)
        return self.clock() - self._alive_at > limit

    def _beat_due(self) -> bool:
        """One beat at a time, so that they don't pile up behind long work; a lost one is rung again."""
        since = self.clock() - self._rung_at
        return since >= (self.interval if self._answered else max(self.interval, self.stale_after / 3))

    def _ring(self) -> None:
        self._rung_at, self._answered = self.clock(), False
        ring(self.beat)

    def _asked_to_stop(self, _signum: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _finish(self) -> None:
        group = self._group
        if group is not None and group.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(
                    group.pid, signal.SIGTERM
                )  # once, and only to the parent: its children have handlers, too
            with suppress(subprocess.TimeoutExpired):
                group.wait(self.grace)
        self._kill()
        log.info("worker stopped", at=timezone.now().isoformat())

    def _kill(self) -> None:
        """End the whole group, orphans of a dead main process included."""
        group = self._group
        if group is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group.pid, signal.SIGKILL)
        group.wait()
        self._group = None


def _end_with_parent() -> None:
    """If the supervisor itself is killed, the cluster is asked to stop (Linux; elsewhere it lives on)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
