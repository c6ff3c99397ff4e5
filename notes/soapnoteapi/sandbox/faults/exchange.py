"""One request under the faults that are armed for it, from its first byte to the last one of its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from notes.soapnoteapi.sandbox.config import account_id
from notes.soapnoteapi.sandbox.errors import invalid
from notes.soapnoteapi.sandbox.faults import answers, connection
from notes.soapnoteapi.sandbox.faults.answers import Answer
from notes.soapnoteapi.sandbox.faults.armory import Armed
from notes.soapnoteapi.sandbox.faults.catalogue import ANSWER, NOTE, REQUEST, WEBHOOK
from notes.soapnoteapi.sandbox.faults.connection import HungUp, Intake
from notes.soapnoteapi.sandbox.faults.endpoints import endpoint_of
from notes.soapnoteapi.sandbox.faults.journal import Entry
from notes.soapnoteapi.sandbox.faults.misbehaviour import Misbehaviour
from notes.soapnoteapi.sandbox.faults.orders import BadOrder, Order, read_header
from notes.soapnoteapi.sandbox.faults.telling import AnswerFaults

HEADER = "HTTP_X_SANDBOX_FAULT"
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Inner = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Exchanges:
    """WSGI around the endpoints of the contract; everything else passes through untouched."""

    def __init__(self, inner: Inner, faults: Misbehaviour) -> None:
        self._inner, self._faults = inner, faults

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        endpoint, note_id = endpoint_of(str(environ.get("PATH_INFO", "")))
        if not endpoint or environ["REQUEST_METHOD"] in ("HEAD", "OPTIONS"):
            return self._inner(environ, start_response)
        return Exchange(self._inner, self._faults, environ, endpoint, note_id).carry_out(start_response)


class Exchange:
    def __init__(
        self, inner: Inner, faults: Misbehaviour, environ: dict[str, Any], endpoint: str, note_id: str
    ) -> None:
        self._inner, self._faults, self._environ = inner, faults, environ
        self._endpoint, self._note_id = endpoint, note_id
        scheme, _, key = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
        self._account = account_id(key.strip()) if scheme.lower() == "bearer" else ""
        length = str(environ.get("CONTENT_LENGTH") or "")
        chunked = str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower() == "chunked"
        self._announced = None if chunked else int(length) if length.isdecimal() else 0
        self._intake = Intake(environ["wsgi.input"], faults.stopping)
        environ["wsgi.input"] = self._intake
        self._struck: list[str] = []
        self._at = faults.clock()

    def carry_out(self, start_response: StartResponse) -> Iterable[bytes]:
        try:
            answer, pieces = self._answered()
        except (HungUp, OSError):  # broken off by us, or by the caller
            self._enter(None, 0, whole=False)
            raise connection.gone() from None
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        return self._leaving(answer.status, pieces)

    def _answered(self) -> tuple[Answer, Iterable[bytes]]:
        try:
            self._orders = [Armed(0, order) for order in read_header(str(self._environ.get(HEADER, "")))]
        except BadOrder as wrong:
            refused = invalid((wrong.field, str(wrong)))
            self._intake.drain(self._announced)
            return self._plain(Answer(refused.status, b"").saying(refused.envelope()))
        self._arm_what_strikes_later()
        answer = self._requested()
        if answer is not None:
            return self._plain(answer)
        answer, stream = self._carried_out()
        if stream is not None:
            return answer, stream
        return self._told(answer)

    def _arm_what_strikes_later(self) -> None:
        """A fault of jobs or webhooks in the header waits for the account's next one."""
        for armed in self._orders:
            if armed.order.fault.strikes not in (REQUEST, ANSWER, NOTE) and not armed.order.fault.endpoints:
                self._faults.armory.arm(replace(armed.order, account=self._account))

    def _requested(self) -> Answer | None:
        """The faults of the request; an answer where one of them decides it."""
        for armed in self._candidates(REQUEST):
            order = armed.order
            if not self._strike(armed):
                continue
            if order.fault.name == "slow-request":
                self._intake.bytes_per_second = order.whole("bytes_per_second")
            elif order.fault.name == "reset":
                self._reset(order)
            else:
                return self._not_answered(order)
        return None

    def _not_answered(self, order: Order) -> Answer | None:
        """An error, or nothing at all, with or without the request carried out first."""
        if order.flag("made"):
            answer, _ = self._carried_out()
            self._note_id = answer.note_id or self._note_id
        elif order.fault.name != "error" or not order.flag("unread"):
            self._intake.drain(self._announced)
        if order.fault.name == "error":
            return answers.error(order)
        if order.fault.name == "time-out":
            connection.stay_silent(self._socket, order.number("seconds"), self._faults.stopping)
        connection.hang_up(self._socket, order.word("how") if "how" in order.parameters else "close")
        raise HungUp

    def _reset(self, order: Order) -> None:
        at = order.whole("at") if self._announced is None else min(order.whole("at"), self._announced)
        self._intake.break_at(at, lambda: connection.hang_up(self._socket, order.word("how")))
        if at == 0:
            self._intake.read(0)

    def _carried_out(self) -> tuple[Answer, Iterable[bytes] | None]:
        """What the endpoint itself answers; a stream is left as it is unless a fault wants its body."""
        said: list[tuple[str, list[tuple[str, str]]]] = []
        pieces = self._inner(self._environ, lambda status, headers: said.append((status, headers)))
        status, headers = said[0]
        answer = Answer(int(status.split(" ", 1)[0]), b"", dict(headers))
        if "Content-Length" not in answer.headers and not self._candidates(ANSWER):
            return answer, pieces
        return replace(answer, body=b"".join(pieces)), None

    def _told(self, answer: Answer) -> tuple[Answer, Iterable[bytes]]:
        self._note_id = answer.note_id or self._note_id
        telling = AnswerFaults(self._faults, self._endpoint, self._account, self._note_id)
        answer = telling.concealed(answer)
        for armed in self._candidates(WEBHOOK):
            if telling.can_be_announced(answer) and self._strike(armed):
                telling.announce_first(armed.order)
        for armed in (*self._candidates(NOTE), *self._candidates(ANSWER)):
            other = telling.told(armed.order, answer)
            if other is not None and self._strike(armed):
                answer = other
                if armed.order.fault.name in ("slow-answer", "half-answer"):
                    return self._broken(armed.order, answer)
        return self._plain(answer)

    def _broken(self, order: Order, answer: Answer) -> tuple[Answer, Iterable[bytes]]:
        answer, _ = self._plain(answer)
        if order.fault.name == "slow-answer":
            pace = order.whole("bytes_per_second")
            return answer, connection.dripping(answer.body, pace, self._faults.stopping)
        return answer, self._half(answer.body[: order.whole("bytes")], order.word("how"))

    def _half(self, beginning: bytes, how: str) -> Iterator[bytes]:
        if beginning:
            yield beginning
        connection.hang_up(self._socket, how)
        raise connection.gone()

    def _plain(self, answer: Answer) -> tuple[Answer, Iterable[bytes]]:
        headers = {key: value for key, value in answer.headers.items() if key != "Content-Length"}
        if answer.status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(answer.body))
        return replace(answer, headers=headers), [answer.body] if answer.body else []

    def _leaving(self, status: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The body on its way out. What was not read of the request is read after that, and the ledger told."""
        sent, whole = 0, False
        try:
            for piece in pieces:
                yield piece
                sent += len(piece)
            whole = True
            self._intake.drain(self._announced)
        finally:
            self._enter(status, sent, whole=whole)

    def _candidates(self, place: str) -> list[Armed]:
        mine = [armed for armed in self._orders if armed.order.fault.strikes == place]
        mine = [armed for armed in mine if armed.order.meets(self._endpoint, self._account)]
        standing = self._faults.armory.standing(place, account=self._account, endpoint=self._endpoint)
        return [*mine, *standing]

    def _strike(self, armed: Armed) -> bool:
        struck = self._faults.armory.strike(
            armed, account=self._account, place=self._endpoint, note_id=self._note_id
        )
        if struck:
            self._struck.append(armed.order.fault.name)
        return struck

    @property
    def _socket(self) -> Any:
        return connection.socket_of(self._environ)

    def _enter(self, status: int | None, sent: int, *, whole: bool) -> None:
        method = str(self._environ["REQUEST_METHOD"])
        self._faults.armory.enter(
            Entry(
                self._at, method, self._endpoint, self._account, self._announced, self._intake.received, status, sent,
                whole, self._note_id, tuple(self._struck),
            )
        )  # fmt: skip
