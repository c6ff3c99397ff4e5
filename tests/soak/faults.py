"""What goes wrong, one thing at a time, and how it is put right again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from consent.models import BusinessAssociateAgreement
from tests.processes.site import Site
from tests.processes.tree import descendants
from tests.soak.deployment import seen
from tests.soak.people import Administrator, patiently

PROCESSES = ("web", "worker", "sandbox")
# Reasons for which a submission may fail after anything that keeps the engine's answer, or the worker, from it.
INTERRUPTED = frozenset(
    {"WORKER_DIED", "UNREACHABLE", "ANSWER_LOST", "TIMED_OUT", "TRANSCRIPTION_ERROR", "RESULT_NOT_TAKEN_IN"}
)


@dataclass(frozen=True)
class Fault:
    """`strike` returns when all is well again. `of` names what it takes: two faults of one thing don't overlap."""

    name: str
    of: str
    strike: Callable[[random.Random], object]
    explains: frozenset[str] = INTERRUPTED


@dataclass
class Hands:
    """What the faults are done with. A process that is down is started again by whoever took it down."""

    site: Site
    administrator: Administrator
    practice: str

    def catalogue(self) -> list[Fault]:
        killed = [Fault(f"{name} killed", name, self._killer(name)) for name in PROCESSES]
        stopped = [Fault(f"{name} stopped", name, self._stopper(name)) for name in PROCESSES]
        return [
            *killed,
            *stopped,
            Fault("one process of the worker killed", "worker", self._kill_one("worker")),
            Fault("one process of the web killed", "web", self._kill_one("web")),
            Fault("engine gone for 20 s", "sandbox", self._engine_gone),
            Fault("agreement ended and renewed", "agreement", self._agreement_lapses),
            *self._servers(),
        ]

    def _servers(self) -> list[Fault]:
        """What a restart of a server does to us, where the deployment runs on one."""
        found = []
        if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
            found.append(Fault("database connections cut", "database", self._cut_connections))
        if settings.USES_REDIS:
            found.append(Fault("broker emptied", "broker", self._empty_broker))
        return found

    def _cut_connections(self, _: random.Random) -> None:
        def cut() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        seen(cut)

    def _empty_broker(self, _: random.Random) -> None:
        import redis  # noqa: PLC0415

        redis.Redis.from_url(settings.BROKER_URL, socket_timeout=5).delete("django_q:countersign:q")

    def _killer(self, name: str) -> Callable[[random.Random], object]:
        def kill(draw: random.Random) -> None:
            with self._without(name):
                time.sleep(draw.uniform(0.5, 3))

        return kill

    def _engine_gone(self, _: random.Random) -> None:
        with self._without("sandbox"):
            time.sleep(20)

    @contextmanager
    def _without(self, name: str) -> Iterator[None]:
        self.site.kill(name)
        try:
            yield
        finally:
            self.site.stage.start(name)

    def _stopper(self, name: str) -> Callable[[random.Random], object]:
        def stop(draw: random.Random) -> None:
            with stopped(self.site.stage.processes[name].pid):
                time.sleep(draw.uniform(2, 8))

        return stop

    def _kill_one(self, name: str) -> Callable[[random.Random], object]:
        """A child at random; its parent or the supervisor has to see to it."""

        def kill(draw: random.Random) -> None:
            children = descendants(self.site.stage.processes[name].pid)
            if children:
                with suppress(ProcessLookupError):
                    os.kill(draw.choice(sorted(children)), signal.SIGKILL)

        return kill

    def _agreement_lapses(self, draw: random.Random) -> None:
        rows = BusinessAssociateAgreement.objects.in_force().filter(practice=self.practice, vendor="sandbox")
        agreement = str(seen(lambda: rows.values_list("pk", flat=True)[0]))
        how = draw.choice(["revoked_at", "expires_at"])
        patiently(self.administrator.sign_in)
        patiently(lambda: self.administrator.end_agreement(agreement, how=how))
        time.sleep(draw.uniform(4, 8))
        patiently(lambda: self.administrator.record_agreement(self.practice))


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """SIGSTOP for a process and all that it started, SIGCONT at the end."""
    pids = [pid, *descendants(pid)]
    _signal(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(pids, signal.SIGCONT)


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
