"""The page without a browser: what it polls, what its forms may do, and who may send them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from config.http import bytes_body
from notes.soapnoteapi.sandbox.config import Config
from tests.notes.sandbox.raw import Connection
from tests.notes.sandbox.running import (
    Receiver,
    Running,
    ScriptedEars,
    account,
    answer,
    failed,
    running,
    until,
)


def press(
    sandbox: Running, path: str, fields: str = "", *, host: str = "", origin: str = ""
) -> tuple[int, str]:
    """Send a form as a browser does; status and where it leads. `host`: what the browser believes it talks to."""
    host = host or sandbox.base_url.removeprefix("http://")
    body = fields.encode()
    with Connection(sandbox.base_url) as connection:
        connection.send_bytes(
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin or 'http://' + host}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        status, headers, _ = connection.answer("POST")
    return status, headers.get("location", "")


def test_what_the_page_polls_says_nothing_while_nothing_changed(sandbox: Running) -> None:
    first = sandbox.send("GET", "/sandbox/live", key=None)
    same = sandbox.send("GET", "/sandbox/live", key=None, **{"If-None-Match": first.headers["etag"]})
    note_id = answer(sandbox.text())["noteId"]
    other = sandbox.send("GET", "/sandbox/live", key=None, **{"If-None-Match": first.headers["etag"]})

    assert (same.status, same.body) == (304, b"")
    assert other.status == 200
    assert note_id in other.body.decode()
    assert "<html" not in other.body.decode()


def test_each_attempt_is_shown_with_its_time_and_answer_and_the_next_try(
    config: Config, receiver: Receiver
) -> None:
    refusing = Receiver((503, 204))
    now = [1_700_000_000.0]
    with running(
        replace(config, accounts=(account(refusing),)), ScriptedEars(), clock=lambda: now[0]
    ) as sandbox:
        sandbox.send("POST", "/sandbox/test-event")
        refusing.wait_for(1)
        until(lambda: sandbox.engine.store.recent_deliveries()[0].attempts == 1)
        waiting = sandbox.send("GET", "/", key=None).body.decode()
        (event,) = sandbox.engine.store.recent_deliveries()
        pressed = press(sandbox, f"/sandbox/deliveries/{event.event_id}/again")
        refusing.wait_for(2)
        until(lambda: sandbox.engine.store.recent_deliveries()[0].state == "delivered")
        done = sandbox.send("GET", "/", key=None).body.decode()
    refusing.close()

    assert "22:13:20</time> 503" in waiting
    assert "next try 22:13:25" in waiting
    assert pressed == (303, "/?again")
    assert "22:13:20</time> 204" in done
    assert "next try" not in done


def test_a_delivery_that_nobody_answered_is_said_to_have_none(config: Config, tone: Path) -> None:
    gone = Receiver()
    gone.close()
    with running(replace(config, accounts=(account(gone),)), ScriptedEars()) as sandbox:
        sandbox.upload(tone)
        until(lambda: any(owed.attempts for owed in sandbox.engine.store.recent_deliveries()))
        assert "</time> no answer" in sandbox.send("GET", "/", key=None).body.decode()


def test_a_test_event_goes_to_the_chosen_account_or_to_all(config: Config, receiver: Receiver) -> None:
    second = Receiver()
    several = replace(config, accounts=(account(receiver), account(second, key="*")))
    with running(several, ScriptedEars()) as sandbox:
        assert press(sandbox, "/sandbox/test-event", "account=2") == (303, "/?sent")
        second.wait_for(1)
        assert receiver.received == []
        assert press(sandbox, "/sandbox/test-event") == (303, "/?sent")
        second.wait_for(2)
        receiver.wait_for(1)
        assert press(sandbox, "/sandbox/test-event", "account=3")[0] == 400
        assert press(sandbox, "/sandbox/test-event", "account=" + "1" * 5000)[0] == 413
    second.close()


@pytest.mark.parametrize("path", ["/sandbox/test-event", "/sandbox/deliveries/evt_1/again"])
def test_no_other_site_can_send_the_pages_forms_not_even_under_our_address(
    sandbox: Running, path: str
) -> None:
    elsewhere = press(sandbox, path, origin="https://elsewhere.example")
    rebound = press(sandbox, path, host="elsewhere.example")

    assert (elsewhere[0], rebound[0]) == (401, 401)
    assert sandbox.engine.store.recent_deliveries() == []


@pytest.mark.parametrize("host", ["localhost:8100", "127.0.0.1", "[::1]:8100", "192.168.1.5:8100"])
def test_the_forms_work_under_every_address_of_this_machine(sandbox: Running, host: str) -> None:
    assert press(sandbox, "/sandbox/deliveries/evt_unknown/again", host=host)[0] == 404


def test_a_made_up_host_name_does_not_reach_the_page(sandbox: Running) -> None:
    with Connection(sandbox.base_url) as connection:
        connection.send_bytes(b'GET / HTTP/1.1\r\nHost: "><script>alert(1)</script>\r\n\r\n')
        _, _, html = connection.answer("GET")

    assert b"alert(1)" not in html
    assert b"http://127.0.0.1:8100/v1/note" in html


def test_why_a_job_failed_is_shown(config: Config, tone: Path) -> None:
    with running(config, ScriptedEars(failed("AUDIO_TOO_SHORT"))) as sandbox:
        sandbox.finished(answer(sandbox.upload(tone))["noteId"])
        assert "The recording cannot be used." in sandbox.send("GET", "/", key=None).body.decode()


def test_armed_faults_are_on_the_page_with_what_they_do(sandbox: Running) -> None:
    order = json.dumps({"fault": "webhook-late", "seconds": 90, "times": 3}).encode()
    armed = sandbox.send(
        "POST", "/sandbox/faults", key="admin-token", body=bytes_body(order, "application/json")
    )

    html = sandbox.send("GET", "/", key=None).body.decode()

    assert armed.status == 201
    assert "webhook-late" in html
    assert "seconds 90" in html


def test_the_scripts_policy_lets_nothing_in_from_elsewhere(sandbox: Running) -> None:
    page = sandbox.send("GET", "/", key=None)
    script = sandbox.send("GET", "/sandbox/live.js", key=None)

    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
