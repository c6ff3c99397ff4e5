"""Where the door lets a request go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.http import ConnectFailed, Door, ForbiddenTarget
from config.http.targets import TargetPolicy, is_public, origin_of

from .wireserver import plain, wire_server

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "2002:7f00:1::1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "",
    "localhost",
    "127.1",
]
PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_and_special_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public_in_every_notation(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///x",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://user:pw@example.com/",
        "https://example.com@evil.example/",
        "https://example.com\\@evil.example/",
        "https://exa mple.com/",
        "https://example.com\r\n/",
        "https://exämple.com/",
        "https://example.com:99999/",
        "https://[::1/",
        "//example.com/",
        "",
    ],
)
def test_addresses_that_no_policy_allows(url):
    with pytest.raises(ForbiddenTarget):
        Door().send("GET", url)


@pytest.mark.parametrize("found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["::ffff:192.168.0.1"]])
def test_a_public_name_that_leads_inside_is_refused(found):
    with pytest.raises(ForbiddenTarget) as caught:
        Door(resolve=lambda host, port: found).send("GET", "https://recordings.example/x?token=canary")
    assert "canary" not in str(caught.value)
    assert caught.value.body_sent == "no"


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1", "localhost"])
def test_loopback_in_disguise_is_refused(host):
    with pytest.raises(ForbiddenTarget):
        Door().send("GET", f"https://{host}/")


def test_the_address_is_looked_up_once_per_request():
    """Between a check and a second look-up an attacker's name server could change its answer."""
    answers = iter([["127.0.0.1"], ["8.8.8.8"]])
    with pytest.raises(ForbiddenTarget):
        Door(resolve=lambda host, port: next(answers)).send("GET", "https://rebind.example/")
    assert next(answers) == ["8.8.8.8"]


def test_a_redirect_target_is_judged_anew():
    location = "Location: https://metadata.example/"
    with wire_server(plain(b"", "307 Temporary Redirect", location)) as server:
        door = Door(
            allowed_origins=[server.origin],
            resolve=lambda host, port: ["127.0.0.1" if host == "127.0.0.1" else "169.254.169.254"],
        )
        answer = door.send("GET", server.origin)
        with pytest.raises(ForbiddenTarget):
            door.send("GET", answer.headers["location"])


def test_an_allowed_origin_is_that_scheme_host_and_port_only():
    policy = TargetPolicy(allowed_origins=["http://127.0.0.1:8642/ignored"])
    assert policy.check_url("http://127.0.0.1:8642/v1/note") == ("http", "127.0.0.1", 8642)
    for url in ("http://127.0.0.1:8643/", "https://127.0.0.1:8642/", "http://127.0.0.2:8642/"):
        with pytest.raises(ForbiddenTarget):
            policy.check_url(url)


def test_a_host_list_narrows_what_may_be_called():
    policy = TargetPolicy(allowed_hosts=["api.example.com", ".twilio.com"])
    policy.check_url("https://API.example.com/")
    policy.check_url("https://video.twilio.com/")
    for host in ("example.com", "twilio.com", "eviltwilio.com", "api.example.com.evil.test"):
        with pytest.raises(ForbiddenTarget):
            policy.check_url(f"https://{host}/")


def test_an_address_that_two_parsers_read_differently_is_refused(monkeypatch):
    """The policy judged one host; the library would have called another."""
    monkeypatch.setattr(TargetPolicy, "check_url", lambda self, url: ("https", "judged.example", 443))
    with pytest.raises(ForbiddenTarget):
        Door(resolve=lambda host, port: ["8.8.8.8"]).send("GET", "https://called.example/")


def test_an_unknown_name_is_a_failed_connection():
    with pytest.raises(ConnectFailed):
        Door(resolve=lambda host, port: []).send("GET", "https://nowhere.example/")


@given(st.text(max_size=60) | st.text("htps:/@[]#?\\.0127x%", max_size=40))
def test_no_text_makes_the_policy_fail_in_another_way(url):
    try:
        scheme, host, port = origin_of(url)
    except ForbiddenTarget:
        return
    assert scheme in ("http", "https")
    assert host
    assert 0 <= port < 65536
