"""What is said instead of the right answer: an answer goes in, another comes out."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate

from notes.soapnoteapi.sandbox.faults.catalogue import ERRORS
from notes.soapnoteapi.sandbox.faults.orders import Order

HTML = b"<!doctype html><html><head><title>Error</title></head><body><h1>Please try again</h1></body></html>"
HUGE = 9 * 1024 * 1024
DEPTH = 5_000
SECTIONS = ("subjective", "objective", "assessment", "plan")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, object] | None:
        """The JSON object in it, if that is what it holds."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def saying(self, data: object) -> Answer:
        return replace(self, body=json.dumps(data, ensure_ascii=False).encode())

    @property
    def note_id(self) -> str:
        return str((self.data or {}).get("noteId") or "")


def error(order: Order) -> Answer:
    """The error that the order describes."""
    status, shape = order.whole("status"), order.word("body")
    code = order.word("code") or ERRORS[status]
    headers = {"Content-Type": "application/json"}
    if seconds := order.number("retry_after"):
        as_date = order.word("retry_as") == "date"
        headers["Retry-After"] = formatdate(time.time() + seconds, usegmt=True) if as_date else f"{seconds:g}"
    if shape == "html":
        return Answer(status, HTML, {**headers, "Content-Type": "text/html; charset=utf-8"})
    if shape == "none":
        return Answer(status, b"", headers)
    message = "This error was asked for."
    flat = {"status": "error", "error_code": code, "message": message}
    envelope = {"error": {"code": code, "message": message}}
    return Answer(status, b"", headers).saying(flat if shape == "flat" else envelope)


def garbage(order: Order, answer: Answer) -> Answer:
    kind = order.word("kind")
    headers = dict(answer.headers)
    if kind == "html":
        headers["Content-Type"] = "text/html; charset=utf-8"
    if kind == "gzip":
        headers["Content-Encoding"] = "gzip"
    bodies = {
        "text": b"OK",
        "html": HTML,
        "empty": b"",
        "list": b"[1, 2, 3]",
        "string": b'"completed"',
        "number": b"1e400",
        "null": b"null",
        "deep": b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
        "cut": answer.body[: len(answer.body) // 2],
        "latin-1": b'{"noteId": "caf\xe9", "plan": "\xff\xfe"}',
        "utf-16": answer.body.decode(errors="replace").encode("utf-16"),
    }
    if kind == "gzip":
        return Answer(answer.status, gzip.compress(answer.body), headers)
    body = b'{"padding": "' + b"x" * HUGE + b'"}' if kind == "huge" else bodies[kind]
    return Answer(answer.status, body, headers)


def status_code(order: Order, answer: Answer) -> Answer:
    status = order.whole("status")
    return replace(answer, status=status, body=b"" if status == 204 else answer.body)


def status_word(order: Order, answer: Answer) -> Answer:
    return answer.saying({**(answer.data or {}), "status": order.word("word")})


def wrong_note_id(order: Order, answer: Answer) -> Answer:
    return named(answer, order.word("note_id") or str(uuid.uuid4()))


def no_note_id(_order: Order, answer: Answer) -> Answer:
    kept = {key: value for key, value in (answer.data or {}).items() if key not in ("noteId", "status_url")}
    return answer.saying(kept)


def renamed_note_id(order: Order, answer: Answer) -> Answer:
    data = answer.data or {}
    return answer.saying(
        {order.word("name") if key == "noteId" else key: value for key, value in data.items()}
    )


def named(answer: Answer, note_id: str) -> Answer:
    data = {**(answer.data or {}), "noteId": note_id}
    if "status_url" in data:
        data["status_url"] = f"/v1/audio/status/{note_id}"
    return answer.saying(data)


def odd_field(order: Order, answer: Answer) -> Answer:
    data, shape = dict(answer.data or {}), order.word("shape")
    names = SECTIONS if order.word("field") == "sections" else (order.word("field"),)
    for name in names:
        present = data.pop(name, None)
        if shape != "absent":
            data[name] = _shaped(present, shape)
    return answer.saying(data)


def _shaped(value: object, shape: str) -> object:
    words = value if isinstance(value, str) and value else "Rest and ice."
    shapes: dict[str, object] = {
        "null": None,
        "text": words,
        "number": -1.5e300,
        "flag": True,
        "list": [words, {"text": words}, None, 7],
        "dict": {"text": words, "confidence": 0.5, "codes": {"icd10": ["M25.561"]}},
        "nested": {"value": {"items": [[{"content": [words]}]]}},
        "control": f"{words}\u0000\u0007\r\n\u202e",
    }
    return shapes[shape]
