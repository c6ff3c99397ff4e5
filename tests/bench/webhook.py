# ruff: noqa: PLC0415
"""A signed webhook, stored once and acknowledged: CPU a request and requests a second, beside a bare verified insert.

Both run under gunicorn with one process and eight threads on SQLite with synchronous=FULL; eight connections send
distinct, correctly signed events, then every event once more, and forged ones. The worker is not running.

    python -m tests.bench.webhook [--requests 2000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.measure import caveat, cpu_seconds, family, in_turns, load, percentile, set_up
from tests.bench.peer import SECRET, Peer

CONNECTIONS = 8
PADDING = {"patient_summary": "x" * 2_800}  # about 3 kB, as a note is


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    set_up()
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), given.requests, given.rounds)


def _measure(folder: Path, count: int, rounds: int) -> None:
    from notes.demo.stage import Stage
    from notes.soapnoteapi.signatures import sign

    stage = Stage(folder / "site", port=0, engine_url="http://127.0.0.1:9")
    stage.prepare()
    account = json.loads(stage.access.read_text())["webhook"]
    stage.start("web")
    hook = urlsplit(account["url"])
    _await(hook.port or 80)
    pid = stage.processes["web"].pid

    def ours(body: bytes) -> bytes:
        headers = sign(account["profile"], account["secret"], body, time.time(), "event")
        return _request(hook.path, hook.netloc, headers, body)

    with Peer(folder / "peer") as peer:
        address = urlsplit(peer.url)

        def theirs(body: bytes) -> bytes:
            digest = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
            return _request("/hook/", address.netloc, {"X-Signature": digest}, body)

        last: list[bytes] = []

        def first() -> dict[str, float]:
            last[:] = [ours(_event()) for _ in range(count)]
            return _send(hook.port, pid, last, 204)

        def forged() -> dict[str, float]:
            return _send(hook.port, pid, [_spoil(ours(_event())) for _ in range(count // 4)], 401)

        def bare() -> dict[str, float]:
            return _send(address.port, peer.pid, [theirs(_event()) for _ in range(count)], 204)

        _send(hook.port, pid, [ours(_event()) for _ in range(50)], 204)
        _send(address.port, peer.pid, [theirs(_event()) for _ in range(50)], 204)
        ways = {
            "ours": first, "bare verified insert": bare,
            "ours, delivered again": lambda: _send(hook.port, pid, last, 204), "ours, forged": forged,
        }  # fmt: skip
        found = in_turns(rounds, ways)
    stage.stop()
    bare_cpu = found["bare verified insert"]["cpu"]
    print(f"{count} events of 3 kB, {CONNECTIONS} connections, median of {rounds} rounds in turn; {load()}")
    for way, row in found.items():
        print(
            f"{way:22} {row['cpu'] * 1000:5.2f} ms CPU  {row['cpu'] / bare_cpu:4.2f} x bare  {row['rate']:6.0f}/s"
            f"  p50 {row['p50'] * 1000:5.1f} ms  p99 {row['p99'] * 1000:6.1f} ms"
        )
    caveat(
        "throughput on a quiet machine (the sender is one more process on the same cores), PostgreSQL, TLS, and what "
        "the worker does with an event afterwards. CPU a request moves less with load than requests a second."
    )


def _event() -> bytes:
    return json.dumps({"event": "note.generated", "note_id": str(uuid.uuid4()), "data": PADDING}).encode()


def _request(path: str, host: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _spoil(request: bytes) -> bytes:
    return request.replace(b"note.generated", b"note.generateD")


def _send(port: int | None, pid: int, requests: list[bytes], expected: int) -> dict[str, float]:
    """Send all over eight connections; CPU a request of the server's processes, rate and waiting times."""
    waited: list[float] = []
    waiting = iter(requests)
    lock = threading.Lock()
    wrong: list[bytes] = []

    def one() -> None:
        connection: socket.socket | None = None
        while (request := _next(waiting, lock)) is not None:
            began = time.perf_counter()
            connection = connection or socket.create_connection(("127.0.0.1", port or 80), 60)
            connection.sendall(request)
            answer = connection.recv(65536)
            waited.append(time.perf_counter() - began)
            if not answer.startswith(b"HTTP/1.1 %d" % expected):
                wrong.append(answer[:40])
            if b"connection: close" in answer.lower() or not answer:
                connection.close()
                connection = None

    cpu, began = cpu_seconds(*family(pid)), time.perf_counter()
    threads = [threading.Thread(target=one) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - began
    if wrong:
        raise SystemExit(
            f"{len(wrong)} of {len(requests)} were answered otherwise than {expected}: {wrong[0]!r}"
        )
    used = (cpu_seconds(*family(pid)) - cpu) / len(requests)
    return {
        "cpu": used, "rate": len(requests) / wall, "p50": percentile(waited, 0.5), "p99": percentile(waited, 0.99),
    }  # fmt: skip


def _next(waiting: Iterator[bytes], lock: threading.Lock) -> bytes | None:
    with lock:
        return next(waiting, None)


def _await(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as probe:
                probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if probe.recv(1000).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit("The app did not start.")


if __name__ == "__main__":
    main()
