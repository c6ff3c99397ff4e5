"""The door against real sockets: what goes out, what may come back, and what each failure says."""

from __future__ import annotations

import gzip
import io
import re
import socket
import ssl
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.http import (
    Aborted,
    AnswerEncoded,
    AnswerTooLarge,
    BytesReader,
    ConnectFailed,
    ConnectionLost,
    Door,
    FieldPart,
    FilePart,
    Limits,
    SourceFailed,
    TimedOut,
    UnsendableRequest,
    Watch,
    json_body,
    multipart_body,
)

from .wireserver import plain, wire_server

QUICK = Limits(connect=2, read=0.2, write=2, total=5, pulse=0.01)


class CountingReader:
    """A long file that exists only as a length. It has no descriptor and remembers how it was read."""

    def __init__(self, size: int, *, ends_at: int | None = None) -> None:
        self.size, self.position, self.largest = size, 0, 0
        self.ends_at = size if ends_at is None else ends_at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.position = offset if whence == io.SEEK_SET else self.size + offset
        return self.position

    def read(self, size: int, /) -> bytes:
        self.largest = max(self.largest, size)
        count = min(size, self.ends_at - self.position)
        self.position += count
        return b"a" * count


def audio_body(reader: BytesReader):
    return multipart_body(
        [
            FilePart("audio", reader, "visit.webm", "audio/webm"),
            FieldPart("metadata", '{"specialty": "physician"}', "application/json"),
        ]
    )


def door_to(server, **options) -> Door:
    return Door(allowed_origins=[server.origin], limits=QUICK, **options)


def reset(connection: socket.socket, _head: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def take_all(connection: socket.socket, _head: bytes) -> None:
    while connection.recv(1 << 20):
        pass


def test_an_answer_comes_back_with_status_headers_and_body():
    with wire_server(plain(b"no", "404 Not Found", "X-Request-Id: r1")) as server:
        answer = door_to(server).send("GET", f"{server.origin}/v1/note/x")
    assert (answer.status, answer.body, answer.headers["x-request-ID"]) == (404, b"no", "r1")
    assert "no" not in repr(answer)


def test_a_request_asks_for_plain_bytes_and_names_the_product():
    with wire_server(plain(b"")) as server:
        door_to(server, user_agent="Countersign/1").send("GET", server.origin, headers={"Accept": "a/b"})
    head = server.heads[0].lower()
    assert b"accept-encoding: identity\r\n" in head
    assert b"user-agent: countersign/1\r\n" in head
    assert b"accept: a/b\r\n" in head


def test_a_multipart_upload_has_a_length_and_exactly_its_parts():
    with wire_server(plain(b"{}")) as server:
        door_to(server).send("PUT", f"{server.origin}/v1/note/audio", body=audio_body(io.BytesIO(b"RIFF")))
    head, body = server.heads[0], server.bodies[0]
    assert b"Transfer-Encoding" not in head
    boundary = re.search(rb"boundary=(\S+)", head)[1]
    assert body == (
        b"--" + boundary + b'\r\nContent-Disposition: form-data; name="audio"; filename="visit.webm"\r\n'
        b"Content-Type: audio/webm\r\n\r\nRIFF\r\n"
        b"--" + boundary + b'\r\nContent-Disposition: form-data; name="metadata"\r\n'
        b'Content-Type: application/json\r\n\r\n{"specialty": "physician"}\r\n'
        b"--" + boundary + b"--\r\n"
    )


def test_a_long_upload_is_read_in_small_pieces_and_reports_its_progress():
    reader, seen = CountingReader(8 * 1024 * 1024), []
    body = audio_body(reader)
    with wire_server(plain(b"{}")) as server:
        limits = Limits(pulse=0)
        door_to(server).send("PUT", server.origin, body=body, limits=limits, watch=Watch(seen.append))
    assert reader.largest <= 64 * 1024
    assert len(server.bodies[0]) == body.length == max(seen)
    assert seen == sorted(seen)


def test_an_upload_starts_at_the_beginning_wherever_the_reader_stands():
    reader = io.BytesIO(b"0123456789")
    reader.seek(7)
    body = audio_body(reader)
    with wire_server(plain(b"{}")) as server:
        for _ in range(2):
            door_to(server).send("PUT", server.origin, body=body)
    assert all(b"0123456789" in sent for sent in server.bodies)


def test_what_had_left_is_told_when_the_connection_breaks_in_the_middle():
    told = []
    with wire_server(reset, read_all=False) as server, pytest.raises(ConnectionLost):
        body = audio_body(io.BytesIO(bytes(32 * 1024 * 1024)))
        door_to(server).send("PUT", server.origin, body=body, watch=Watch(told.append))
    assert 0 < told[-1] < body.length


def test_an_upload_that_nobody_reads_can_be_withdrawn():
    asked = []

    def withdrawn() -> bool:
        asked.append(True)
        return len(asked) > 3

    body = audio_body(io.BytesIO(bytes(32 * 1024 * 1024)))
    waits = wire_server(lambda _c, _h: server.release.wait(10), read_all=False)
    with waits as server, pytest.raises(Aborted) as caught:
        limits = Limits(write=20, pulse=0.02)
        door_to(server).send("PUT", server.origin, body=body, limits=limits, watch=Watch(None, withdrawn))
    assert caught.value.body_sent == "maybe"


def test_withdrawing_before_the_first_byte_sends_nothing():
    with wire_server(plain(b"{}")) as server, pytest.raises(Aborted) as caught:
        door_to(server).send(
            "PUT", server.origin, body=audio_body(io.BytesIO(b"x")), watch=Watch(None, lambda: True)
        )
    assert caught.value.body_sent == "no"
    assert server.heads == []


def test_withdrawing_in_the_middle_stops_the_upload():
    reader = CountingReader(50 * 1024 * 1024)
    with wire_server(plain(b"{}")) as server, pytest.raises(Aborted) as caught:
        door_to(server).send(
            "PUT",
            server.origin,
            body=audio_body(reader),
            limits=Limits(pulse=0),
            watch=Watch(None, lambda: bool(reader.largest) and reader.position > 5_000_000),
        )
    assert caught.value.body_sent == "maybe"
    assert reader.position < 6_000_000


def test_withdrawing_while_the_answer_is_awaited_stops_the_wait():
    asked = []

    def hold(_connection, _head):
        server.release.wait(10)

    def withdrawn() -> bool:
        asked.append(1)
        return bool(server.bodies)

    with wire_server(hold) as server, pytest.raises(Aborted) as caught:
        door_to(server).send("POST", server.origin, body=json_body({}), watch=Watch(None, withdrawn))
    assert caught.value.body_sent == "yes"


def test_a_reader_that_ends_early_never_completes_the_request():
    with (
        wire_server(take_all, read_all=False) as server,
        pytest.raises(SourceFailed),
    ):
        door_to(server).send("PUT", server.origin, body=audio_body(CountingReader(1000, ends_at=400)))


def test_what_a_reader_raises_is_not_disguised():
    class Broken(io.BytesIO):
        def read(self, *_args):
            raise LookupError("frame 3")

    with (
        wire_server(take_all, read_all=False) as server,
        pytest.raises(LookupError),
    ):
        door_to(server).send("PUT", server.origin, body=audio_body(Broken(b"xx")))


@pytest.mark.parametrize("read_all", [True, False])
def test_a_reset_is_a_lost_connection_that_says_what_was_sent(read_all):
    size = 10 if read_all else 30_000_000
    with wire_server(reset, read_all=read_all) as server, pytest.raises(ConnectionLost) as caught:
        door_to(server).send("PUT", server.origin, body=audio_body(CountingReader(size)))
    assert caught.value.body_sent == ("yes" if read_all else "maybe")


def test_half_an_answer_is_a_lost_connection():
    half = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"noteId"'
    with wire_server(half) as server, pytest.raises(ConnectionLost) as caught:
        door_to(server).send("POST", server.origin, body=json_body({}))
    assert caught.value.body_sent == "yes"


def test_words_that_are_not_http_are_a_lost_connection():
    with wire_server(b"220 mail ready\r\n\r\n") as server, pytest.raises(ConnectionLost):
        door_to(server).send("GET", server.origin)


def test_silence_is_a_time_out():
    with wire_server(lambda _c, _h: server.release.wait(10)) as server, pytest.raises(TimedOut) as caught:
        door_to(server).send("POST", server.origin, body=json_body({}))
    assert caught.value.body_sent == "yes"


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_drip_that_never_pauses_long_still_ends(begun):
    def drip(connection, _head):
        connection.sendall(begun)
        while not server.release.wait(0.01):
            connection.sendall(b"x")

    limits = Limits(read=5, total=0.3, pulse=0.01)
    with wire_server(drip) as server, pytest.raises(TimedOut):
        door_to(server).send("GET", server.origin, limits=limits)


def test_a_peer_that_takes_the_upload_drop_by_drop_still_ends():
    def sip(connection, _head):
        while not server.release.wait(0.01):
            connection.recv(4096)

    limits = Limits(write=5, total=0.3, pulse=0.01)
    with wire_server(sip, read_all=False) as server, pytest.raises(TimedOut) as caught:
        door_to(server).send("PUT", server.origin, body=audio_body(CountingReader(50_000_000)), limits=limits)
    assert caught.value.body_sent == "maybe"


@pytest.mark.parametrize("announce", [True, False])
def test_a_giant_answer_is_cut_off(announce):
    def flood(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        connection.sendall(b"Content-Length: 999999999\r\n\r\n" if announce else b"\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with wire_server(flood) as server, pytest.raises(AnswerTooLarge) as caught:
        door_to(server).send("GET", server.origin, limits=Limits(answer_bytes=100_000))
    assert caught.value.status == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "Deflate", "identity, gzip"])
def test_a_compressed_answer_is_refused_unread(encoding):
    bomb = gzip.compress(b"\0" * 10_000_000)
    answer = plain(bomb, "200 OK", f"Content-Encoding: {encoding}")
    with wire_server(answer) as server, pytest.raises(AnswerEncoded) as caught:
        door_to(server).send("GET", server.origin)
    assert caught.value.status == 200


def test_a_redirect_is_handed_back_and_not_followed():
    with wire_server(plain(b"", "302 Found", "Location: http://169.254.169.254/latest/")) as server:
        answer = door_to(server).send("GET", server.origin)
    assert answer.status == 302
    assert answer.headers["location"].startswith("http://169.254")
    assert len(server.heads) == 1


def test_an_early_refusal_is_read_although_the_upload_was_cut():
    def refuse(connection, _head):
        connection.sendall(plain(b"too large", "413 Payload Too Large"))
        connection.shutdown(socket.SHUT_WR)
        take_all(connection, b"")

    with wire_server(refuse, read_all=False) as server:
        answer = door_to(server).send("PUT", server.origin, body=audio_body(CountingReader(3_000_000)))
    assert (answer.status, answer.body) == (413, b"too large")


def test_nobody_listening_means_nothing_was_sent():
    with wire_server(plain(b"")) as server:
        pass
    with pytest.raises(ConnectFailed) as caught:
        door_to(server).send("POST", server.origin, body=json_body({}))
    assert caught.value.body_sent == "no"


@pytest.mark.parametrize(
    ("name", "value"),
    [("X", "a\r\nY: b"), ("X\r\nY", "a"), ("X", "a\nb"), ("X", ""), ("X", "é"), ("Host", "a"), ("X", "a ")],
)
def test_a_header_cannot_carry_another_one(name, value):
    with pytest.raises(UnsendableRequest) as caught:
        Door().send("GET", "https://example.com/", headers={name: value})
    assert caught.value.body_sent == "no"


def test_a_refused_header_value_is_not_quoted():
    with pytest.raises(UnsendableRequest) as caught:
        Door().send("GET", "https://example.com/", headers={"Authorization": "Bearer canary\r\n"})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("filename", "media_type"),
    [
        ("visit.webm", "audio/webm\r\nX-Injected: 1"),
        ("visit.webm", "audio/webm\n"),
        ("visit.webm", "audio"),
        ('a"; x="', "audio/webm"),
        ("a\r\nb", "audio/webm"),
        ("../../etc/passwd", "audio/webm"),
        ("", "audio/webm"),
    ],
)
def test_a_part_cannot_break_out_of_its_line(filename, media_type):
    with pytest.raises(UnsendableRequest):
        multipart_body([FilePart("audio", io.BytesIO(b""), filename, media_type)])


def test_failures_never_quote_path_query_or_body():
    secret = "patient-jane"  # a canary
    with wire_server(reset) as server, pytest.raises(ConnectionLost) as caught:
        door_to(server).send("POST", f"{server.origin}/{secret}?q={secret}", body=json_body({"n": secret}))
    shown: BaseException | None = caught.value
    while shown is not None and not shown.__suppress_context__:
        assert secret not in f"{shown!r}{shown}"
        shown = shown.__context__


def test_a_download_goes_to_the_sink_and_not_into_memory():
    pieces: list[bytes] = []
    with wire_server(plain(b"a" * 300_000)) as server:
        answer = door_to(server).download(server.origin, pieces.append, max_bytes=300_000)
    assert (answer.status, answer.body) == (200, b"")
    assert b"".join(pieces) == b"a" * 300_000
    assert len(pieces) > 1


def test_a_download_stops_at_its_cap():
    with wire_server(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 300_000) as server, pytest.raises(AnswerTooLarge):
        door_to(server).download(server.origin, lambda piece: None, max_bytes=299_999)


def test_a_refused_download_does_not_reach_the_sink():
    pieces: list[bytes] = []
    with wire_server(plain(b"expired", "410 Gone")) as server:
        answer = door_to(server).download(server.origin, pieces.append, max_bytes=10)
    assert (answer.status, answer.body, pieces) == (410, b"expired", [])


def test_a_download_can_be_withdrawn():
    pieces: list[bytes] = []
    with wire_server(plain(b"a" * 3_000_000)) as server, pytest.raises(Aborted):
        door_to(server).download(
            server.origin,
            pieces.append,
            max_bytes=10_000_000,
            limits=Limits(pulse=0),
            watch=Watch(None, lambda: bool(pieces)),
        )
    assert len(pieces) == 1


def test_the_name_stays_right_when_the_connection_goes_to_the_checked_address(certificate, monkeypatch):
    """TLS name, certificate and Host follow the URL; only the socket follows the resolved address."""
    monkeypatch.setattr("config.http.targets.is_public", lambda address: address == "127.0.0.1")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))
    with wire_server(plain(b"ok"), context=server_side) as server:
        door = Door(limits=QUICK, ssl_context=trust, resolve=lambda host, port: ["127.0.0.1"])
        answer = door.send("GET", f"https://engine.example:{server.port}/")
        with pytest.raises(ConnectFailed):
            door.send("GET", f"https://other.example:{server.port}/")
    assert answer.body == b"ok"
    assert server.server_names[0] == "engine.example"
    assert f"host: engine.example:{server.port}".encode() in server.heads[0].lower()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "engine.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("engine.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path
