"""Telling the sandbox to misbehave: the call, the header and the settings, and the ledger of what came of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.http import ConnectionLost, HttpFailure, Response, json_body
from notes.soapnoteapi.sandbox.config import Config, ConfigError, account_id, from_mapping
from notes.soapnoteapi.sandbox.faults.catalogue import CATALOGUE
from tests.notes.sandbox.processes import process, write_config
from tests.notes.sandbox.running import (
    ADMIN,
    KEY,
    OTHER_KEY,
    VISIT,
    Client,
    Receiver,
    Running,
    ScriptedEars,
    answer,
    running,
    until,
)

BELOW_HTTP = (
    {"fault": "reset", "at": 65_536},
    {"fault": "reset", "at": 65_536, "how": "close"},
    {"fault": "lost-answer", "made": False},
    {"fault": "half-answer"},
    {"fault": "half-answer", "how": "reset"},
    {"fault": "time-out", "seconds": 0.1, "made": False},
)


def call(client: Client, method: str, query: str = "", **order: object) -> Response:
    body = json_body(order) if order else None
    return client.send(method, f"/sandbox/faults{query}", key=ADMIN, body=body)


def arm(client: Client, **order: object) -> int:
    armed = call(client, "POST", **order)
    assert armed.status == 201, armed.body
    return int(answer(armed)["id"])


def complaint(response: Response) -> str:
    assert response.status == 400
    return str(answer(response)["error"]["details"][0]["message"])


def test_a_fault_strikes_as_often_as_it_was_armed_for(sandbox: Running) -> None:
    arm(sandbox, fault="error", status=503, times=2)
    assert [sandbox.text().status for _ in range(3)] == [503, 503, 200]


def test_a_fault_strikes_only_what_it_was_meant_for(sandbox: Running) -> None:
    arm(sandbox, fault="error", status=402, match={"endpoint": "upload"})
    arm(sandbox, fault="error", status=403, match={"account": account_id(OTHER_KEY)})
    body = json_body({"transcript": VISIT, "specialty": "physician"})
    assert sandbox.text().status == 200
    assert sandbox.send("POST", "/v1/note", key=OTHER_KEY, body=body).status == 403
    assert len(answer(call(sandbox, "GET"))["armed"]) == 1


def test_armed_faults_are_listed_with_what_struck_and_can_be_taken_back(sandbox: Running) -> None:
    first = arm(sandbox, fault="webhook-lost")
    arm(sandbox, fault="error", status=500)
    sandbox.text()
    listed = answer(call(sandbox, "GET"))
    assert [(armed["id"], armed["fault"], armed["times"]) for armed in listed["armed"]] == [
        (first, "webhook-lost", 1)
    ]
    assert [(struck["fault"], struck["place"]) for struck in listed["struck"]] == [("error", "text")]
    assert {fault["fault"] for fault in listed["catalogue"]} == set(CATALOGUE)
    assert sandbox.engine.faults.listing()["armed"] == listed["armed"]
    assert answer(call(sandbox, "DELETE", f"?id={first}"))["disarmed"] == 1
    arm(sandbox, fault="error")
    arm(sandbox, fault="error")
    assert answer(call(sandbox, "DELETE"))["disarmed"] == 2


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"fault": "gremlins"}, "fault must be one of error, slow-request, reset"),
        ({"fault": "reset", "after": 3}, "reset takes at, how."),
        ({"fault": "webhook-lost", "seconds": 3}, "webhook-lost takes no parameters."),
        ({"fault": "reset", "at": -1}, "at must be a whole number, at least 0."),
        ({"fault": "reset", "at": "soon"}, "at must be a whole number"),
        ({"fault": "error", "status": 418}, "status must be one of 400, 401"),
        ({"fault": "time-out", "seconds": 3600}, "at most 600"),
        ({"fault": "error", "times": 0}, "times must be a whole number"),
        ({"fault": "error", "match": {"patient": "x"}}, "match may name endpoint and account."),
        ({"fault": "status-word", "match": {"endpoint": "upload"}}, "status-word can strike at status."),
        ({"fault": "webhook-lost", "match": {"endpoint": "upload"}}, "no endpoint"),
    ],
)
def test_an_order_that_cannot_be_followed_is_refused_and_says_what_is_known(
    sandbox: Running, order: dict[str, Any], said: str
) -> None:
    assert said in complaint(call(sandbox, "POST", **order))


def test_only_the_admin_token_arms(sandbox: Running) -> None:
    for key in (KEY, None):
        for method in ("GET", "POST", "DELETE"):
            refused = sandbox.send(method, "/sandbox/faults", key=key, body=json_body({"fault": "error"}))
            assert refused.status == 401
    assert answer(call(sandbox, "GET"))["armed"] == []


def test_the_header_is_for_its_own_request(sandbox: Running) -> None:
    path = "/v1/specialties"
    named = sandbox.send("GET", path, **{"X-Sandbox-Fault": "error; status=429; retry_after=7"})
    assert (named.status, named.headers["retry-after"]) == (429, "7")
    assert sandbox.send("GET", path).status == 200
    assert "fault must be one of" in complaint(sandbox.send("GET", path, **{"X-Sandbox-Fault": "errr"}))
    assert "status needs a value" in complaint(
        sandbox.send("GET", path, **{"X-Sandbox-Fault": "error; status"})
    )


def test_faults_of_the_settings_stand_for_good(tmp_path: Path) -> None:
    told = {"state_dir": str(tmp_path), "faults": [{"fault": "error", "status": 500}]}
    for _ in range(2):
        with running(from_mapping(told), ScriptedEars()) as sandbox:
            assert [sandbox.text().status for _ in range(3)] == [500] * 3
    with pytest.raises(ConfigError, match=r"faults\[0\]: fault must be one of"):
        from_mapping({"state_dir": "x", "faults": [{"fault": "nonsense"}]})


def test_armed_faults_outlive_the_process(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path / "state", admin_token=ADMIN)
    with running(config, ScriptedEars()) as before:
        arm(before, fault="error", status=500)
    with running(config, ScriptedEars()) as after:
        assert [after.text().status for _ in range(2)] == [500, 200]


def test_the_ledger_has_every_request_with_its_bytes_and_whether_its_answer_left_whole(
    sandbox: Running, tone: Path
) -> None:
    arm(sandbox, fault="reset", at=65_536)
    arm(sandbox, fault="half-answer", bytes=9)
    with pytest.raises(ConnectionLost):
        sandbox.upload(tone)
    with pytest.raises(ConnectionLost):
        sandbox.upload(tone)
    sandbox.finished(answer(sandbox.upload(tone))["noteId"])

    def requests() -> list[dict[str, Any]]:
        entries = answer(sandbox.send("GET", "/sandbox/ledger", key=ADMIN))["requests"]
        return [entry for entry in reversed(entries) if entry["endpoint"] == "upload"]

    until(lambda: len(requests()) == 3)
    broken, half, whole = requests()
    assert (broken["received"], broken["status"], broken["whole"]) == (65_536, None, False)
    assert broken["announced"] == half["received"] == whole["received"]
    assert (half["status"], half["sent"], half["whole"]) == (202, 9, False)
    assert (whole["status"], whole["whole"], whole["faults"]) == (202, True, [])
    assert (broken["faults"], half["faults"]) == (["reset"], ["half-answer"])
    jobs = {job["noteId"] for job in answer(sandbox.send("GET", "/sandbox/ledger", key=ADMIN))["jobs"]}
    assert {half["note_id"], whole["note_id"]} == jobs


def test_the_ledger_has_every_attempt_at_a_delivery(sandbox: Running, receiver: Receiver) -> None:
    arm(sandbox, fault="webhook-lost")
    sandbox.send("POST", "/sandbox/test-event")
    until(lambda: sandbox.engine.store.next_delivery() is None)
    ledger = answer(sandbox.send("GET", "/sandbox/ledger", key=ADMIN))
    (owed,) = ledger["deliveries"]
    assert (owed["state"], [made["http_status"] for made in owed["attempts"]]) == ("given_up", [None])
    assert [struck["fault"] for struck in ledger["faults"]] == ["webhook-lost"]
    assert receiver.received == []


@pytest.mark.slow
def test_what_goes_wrong_below_http_does_so_under_the_real_server_too(
    tmp_path: Path, receiver: Receiver, tone: Path
) -> None:
    with process(write_config(tmp_path, receiver.url)) as started:
        sandbox = Client(started.log("listening")["address"])
        for order in BELOW_HTTP:
            arm(sandbox, **order)
            with pytest.raises(HttpFailure):
                sandbox.upload(tone)
        assert sandbox.text().status == 200
        requests = answer(sandbox.send("GET", "/sandbox/ledger", key=ADMIN))["requests"]
        uploads = [entry for entry in reversed(requests) if entry["endpoint"] == "upload"]
        assert [entry["faults"] for entry in uploads] == [[order["fault"]] for order in BELOW_HTTP]
        assert [entry["received"] for entry in uploads[:2]] == [65_536, 65_536]
        assert not any(entry["whole"] for entry in uploads)
        assert json.loads(sandbox.text().body)["sandbox"] is True
