"""Webhooks on their way from the sandbox's courier into the product's own view, in the test's thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.db import connection, connections
from django.test import Client

PATIENCE = 30.0


@dataclass
class Letter:
    path: str
    body: bytes
    headers: Mapping[str, str]
    answered: Future[int] = field(default_factory=Future)


class Deliveries:
    """`post` is what the courier sends with; `take` hands on what is waiting. `answers`: every status given."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self._waiting: queue.Queue[Letter] = queue.Queue()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        letter = Letter(urlsplit(url).path, body, headers)
        self._waiting.put(letter)
        return letter.answered.result(PATIENCE)

    def take(self) -> bool:
        """Hand on one letter, if one is waiting."""
        try:
            letter = self._waiting.get_nowait()
        except queue.Empty:
            return False
        self._hand_on(letter)
        return True

    @contextmanager
    def taken_meanwhile(self) -> Iterator[None]:
        """One letter is handed on while the test's own thread is busy waiting for an answer."""
        connection.inc_thread_sharing()
        shared = connections["default"]
        taker = threading.Thread(target=self._take_in_thread, args=(shared,), daemon=True)
        taker.start()
        try:
            yield
        finally:
            taker.join(PATIENCE)
            connection.dec_thread_sharing()

    def _take_in_thread(self, shared: object) -> None:
        connections["default"] = shared  # type: ignore[assignment]
        self._hand_on(self._waiting.get(timeout=PATIENCE))

    def _hand_on(self, letter: Letter) -> None:
        answer = Client().generic(
            "POST", letter.path, letter.body, content_type="application/json", headers=dict(letter.headers)
        )
        self.answers.append(answer.status_code)
        letter.answered.set_result(answer.status_code)
