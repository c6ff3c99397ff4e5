"""The note of `POST /v1/stream/note` as server-sent events, a line of a section at a time.

The vendor's public pages show two shapes, `{"content"}` and `{"section", "content"}`, and nothing about ids, errors or
silence. Ours: `data: {"section", "content", "noteId", "sandbox"}`, with the sandbox's notice in the first;
comments as heartbeats while there is nothing to say; `event: error` with the usual envelope in place of what is
missing; `data: [DONE]` only after a whole note. Everything else that was asked for is in `GET /v1/note/{noteId}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from notes.soapnoteapi.sandbox import NOTICE
from notes.soapnoteapi.sandbox.errors import ApiError, refusal
from notes.soapnoteapi.sandbox.log import log
from notes.soapnoteapi.sandbox.writing.placed import SECTIONS

HEARTBEAT = 10.0
DONE = b"data: [DONE]\n\n"


def note_events(make: Callable[[], Mapping[str, object]], *, heartbeat: float = HEARTBEAT) -> Iterator[bytes]:
    """The events of the note that `make` returns, which works meanwhile in a thread of its own.

    A caller who hangs up is noticed at the next event; the note that was begun is kept, as any other is.
    """
    maker = ThreadPoolExecutor(1, thread_name_prefix="sandbox-stream")
    making = maker.submit(make)
    maker.shutdown(wait=False)
    yield b": arranging\n\n"
    while not _is_made(making, heartbeat):
        yield b": still arranging\n\n"
    try:
        note = making.result()
    except Exception as error:  # noqa: BLE001 - the status line is sent: the stream itself must say what happened
        yield _failed(error)
        return
    yield from _sections(note)
    yield DONE


def _is_made(making: Future[Mapping[str, object]], seconds: float) -> bool:
    try:
        making.exception(seconds)
    except TimeoutError:
        return False
    return True


def _sections(note: Mapping[str, object]) -> Iterator[bytes]:
    head: dict[str, object] = {"notice": NOTICE}
    for section in SECTIONS:
        for content in str(note[section]).splitlines(keepends=True) or [""]:
            data = {"section": section, "content": content, "noteId": note["noteId"], "sandbox": True, **head}
            yield _event(data)
            head = {}


def _failed(error: Exception) -> bytes:
    if not isinstance(error, ApiError):
        log("stream_error", kind=type(error).__name__)
        error = refusal(500, "The sandbox could not finish this note.")
    return b"event: error\n" + _event(error.envelope())


def _event(data: Mapping[str, object]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
