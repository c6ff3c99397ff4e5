"""Webhooks: signed, thin, at least once, kept trying, and never a way into our own network."""

from __future__ import annotations

import datetime as dt
import json

import httpx
import pytest
import time_machine
from django.utils import timezone
from standardwebhooks import Webhook

from consent.audit import SYSTEM
from notes.api import problems
from notes.models import Delivery, WebhookEndpoint
from notes.services.integrations import integration_revoke
from notes.services.webhooks import deliveries
from tests.factories.integrations import Caller, integration
from tests.factories.notes import retract
from tests.notes.api.test_protocol import assert_problem
from tests.notes.filing.test_filing import amend

pytestmark = pytest.mark.django_db
URL = "https://ehr.example.com/hooks/notes"
PATH = "/api/v1/webhook-endpoints"
SCOPES = ("notes:read", "webhooks:manage")


@pytest.fixture
def key(practice) -> str:
    return integration(practice, scopes=SCOPES)[1]


@pytest.fixture
def hook(caller) -> dict:
    return caller.send("POST", PATH, {"url": URL}).json()


def send_due() -> None:
    """What the worker does when it is rung."""
    for pk in list(Delivery.objects.order_by("id").values_list("pk", flat=True)):
        deliveries.deliver(pk)


def test_an_endpoint_is_added_shown_changed_and_removed(caller) -> None:
    made = caller.send("POST", PATH, {"url": URL, "types": ["note.filed", "note.filed"]})
    assert made.status_code == 201
    told = made.json()
    assert told.pop("secret").startswith("whsec_")
    assert (told["url"], told["types"], told["state"]) == (URL, ["note.filed"], "enabled")
    assert caller.get(PATH).json()["data"] == [told]
    here = made["Location"]
    assert caller.get(here).json() == told
    assert caller.send("PATCH", here, {"enabled": False}).json()["state"] == "disabled"
    assert caller.send("PATCH", here, {"enabled": True, "types": ["note.amended"]}).json()["types"] == [
        "note.amended"
    ]
    assert caller.send("DELETE", here).status_code == 204
    assert caller.get(PATH).json()["data"] == []
    assert_problem(caller.get(here), problems.NOT_FOUND)


@pytest.mark.parametrize(
    "url",
    [
        "http://ehr.example.com/hook",
        "https://127.0.0.1/hook",
        "https://10.1.2.3/hook",
        "https://169.254.169.254/latest",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://user:secret@ehr.example.com/hook",
        "ftp://ehr.example.com/",
        "https://ehr.example.com/a b",
        "x",
    ],
)
def test_an_address_inside_or_unreadable_is_refused(caller, url) -> None:
    answer = caller.send("POST", PATH, {"url": url})
    assert_problem(answer, problems.INVALID_BODY)
    assert answer.json()["errors"][0]["pointer"] == "/url"


@pytest.mark.parametrize(
    "body", [{}, {"url": 1}, {"url": ""}, {"url": URL, "types": []}, {"url": URL, "types": ["x"]}, {"url": URL, "a": 1},
             {"url": URL, "types": [[]]}]
)  # fmt: skip
def test_a_bad_body_is_refused(caller, body) -> None:
    assert_problem(caller.send("POST", PATH, body), problems.INVALID_BODY)


def test_there_are_at_most_ten(caller) -> None:
    assert [caller.send("POST", PATH, {"url": URL}).status_code for _ in range(11)] == [201] * 10 + [400]


def test_another_integrations_endpoint_does_not_exist(practice, caller, hook) -> None:
    for other in (Caller(integration(practice, scopes=SCOPES)[1]), Caller(integration_elsewhere())):
        assert other.get(PATH).json()["data"] == []
        here = f"{PATH}/{hook['id']}"
        for answer in (other.get(here), other.send("DELETE", here), other.send("POST", f"{here}/rotate-secret"),
                       other.get(f"{here}/deliveries"), other.send("PATCH", here, {})):  # fmt: skip
            assert_problem(answer, problems.NOT_FOUND)


def integration_elsewhere() -> str:
    from tests.factories.people import PracticeFactory  # noqa: PLC0415

    return integration(PracticeFactory(), scopes=SCOPES)[1]


def test_each_change_is_told_once_signed_and_with_nothing_of_the_patient(
    hook, file_notes, httpx_mock
) -> None:
    httpx_mock.add_response(url=URL, status_code=204, is_reusable=True)
    note = file_notes(1)[0]
    amend(note)
    retract(note)
    send_due()
    send_due()
    requests = httpx_mock.get_requests()
    told = [Webhook(hook["secret"]).verify(request.content, dict(request.headers)) for request in requests]
    assert [event["type"] for event in told] == ["note.filed", "note.amended", "note.entered_in_error"]
    assert told[0]["data"] == {
        "id": str(note.pk), "version": 1, "change": 1, "href": f"/api/v1/notes/{note.pk}/versions/1",
    }  # fmt: skip
    for request, event in zip(requests, told, strict=True):
        assert request.headers["webhook-id"] == event["id"]
        for private in (note.patient.family_name, note.patient.mrn, "knee", "Wrong patient"):
            assert private not in request.content.decode()
    assert {row.state for row in Delivery.objects.all()} == {"delivered"}


def test_types_and_switched_off_endpoints_are_left_out(caller, hook, file_notes) -> None:
    caller.send("PATCH", f"{PATH}/{hook['id']}", {"types": ["note.amended"]})
    note = file_notes(1)[0]
    assert Delivery.objects.count() == 0
    caller.send("PATCH", f"{PATH}/{hook['id']}", {"enabled": False})
    amend(note)
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status_code": 500}, "status 500"),
        ({"status_code": 302, "headers": {"Location": "https://10.0.0.1/"}}, "status 302"),
        ({"status_code": 200, "content": b"x" * 100_000}, None),
    ],
)
def test_what_is_no_2xx_is_tried_again_later(hook, file_notes, httpx_mock, answer, error) -> None:
    httpx_mock.add_response(url=URL, **answer)
    file_notes(1)
    send_due()
    row = Delivery.objects.get()
    if error is None:
        assert row.state == "delivered"
        return
    assert (row.state, row.attempts, row.last_error) == ("pending", 1, error)
    assert timezone.now() < row.next_attempt_at <= timezone.now() + dt.timedelta(seconds=6)
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x")]
)
def test_a_dead_or_slow_receiver_is_tried_again(hook, file_notes, httpx_mock, failure) -> None:
    httpx_mock.add_exception(failure)
    file_notes(1)
    send_due()
    row = Delivery.objects.get()
    assert (row.state, row.last_status) == ("pending", None)
    assert row.last_error in {"ConnectFailed", "TimedOut", "ConnectionLost"}
    assert WebhookEndpoint.objects.get().state == "failing"


def test_a_receiver_that_failed_gets_one_attempt_at_a_time(hook, file_notes, httpx_mock) -> None:
    httpx_mock.add_response(url=URL, status_code=503)
    file_notes(3)
    send_due()
    assert len(httpx_mock.get_requests()) == 1
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    httpx_mock.add_response(url=URL, status_code=200, is_reusable=True)
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=7)):
        send_due()
        send_due()
    assert {row.state for row in Delivery.objects.all()} == {"delivered"}
    assert WebhookEndpoint.objects.get().state == "enabled"


def test_410_switches_it_off_and_enabling_goes_on(caller, hook, file_notes, httpx_mock) -> None:
    httpx_mock.add_response(url=URL, status_code=410)
    file_notes(1)
    send_due()
    here = f"{PATH}/{hook['id']}"
    told = caller.get(here).json()
    assert (told["state"], told["disabled_reason"]) == ("disabled", "answered 410 Gone")
    httpx_mock.add_response(url=URL, status_code=200)
    caller.send("PATCH", here, {"enabled": True})
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=7)):
        send_due()
    assert Delivery.objects.get().state == "delivered"


def test_after_ten_attempts_it_is_given_up_and_switched_off(hook, file_notes, httpx_mock) -> None:
    httpx_mock.add_response(url=URL, status_code=500, is_reusable=True)
    file_notes(1)
    now = timezone.now()
    for _ in range(12):
        with time_machine.travel(now, tick=False):
            send_due()
        now += dt.timedelta(hours=30)
    row = Delivery.objects.get()
    assert (row.state, row.attempts, len(httpx_mock.get_requests())) == ("failed", 10, 10)
    assert WebhookEndpoint.objects.get().state == "disabled"


def test_the_waits_grow_as_the_standard_says(hook, file_notes, httpx_mock) -> None:
    httpx_mock.add_response(url=URL, status_code=500, is_reusable=True)
    file_notes(1)
    now, waits = timezone.now(), []
    for _ in range(9):
        with time_machine.travel(now, tick=False):
            send_due()
        following = Delivery.objects.get().next_attempt_at
        waits.append((following - now).total_seconds())
        now = following
    for wait, least in zip(waits, (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400), strict=True):
        assert least <= wait <= least * 1.2


def test_a_delivery_that_a_dead_worker_held_is_taken_up(hook, file_notes, httpx_mock) -> None:
    file_notes(1)
    Delivery.objects.update(attempts=1, next_attempt_at=timezone.now() + deliveries.LEASE)
    send_due()
    assert httpx_mock.get_requests() == []
    httpx_mock.add_response(url=URL, status_code=200)
    with time_machine.travel(timezone.now() + 2 * deliveries.LEASE):
        assert deliveries.ring_due() == 1
        send_due()
    assert Delivery.objects.get().state == "delivered"


def test_a_name_that_leads_inside_is_never_called(hook, file_notes, monkeypatch) -> None:
    monkeypatch.setattr(
        deliveries, "door", lambda: deliveries.Door(resolve=lambda _host, _port: ["10.0.0.5"])
    )
    file_notes(1)
    send_due()
    assert Delivery.objects.get().last_error == "ForbiddenTarget"


def test_a_revoked_integration_is_told_nothing(ours, hook, file_notes) -> None:
    note = file_notes(1)[0]
    integration_revoke(integration=ours, actor=SYSTEM)
    send_due()
    amend(note)
    assert [row.attempts for row in Delivery.objects.all()] == [0]


def test_during_a_rotation_both_secrets_sign(caller, hook, file_notes, httpx_mock) -> None:
    httpx_mock.add_response(url=URL, status_code=200, is_reusable=True)
    new = caller.send("POST", f"{PATH}/{hook['id']}/rotate-secret").json()
    assert new["secret"] != hook["secret"]
    note = file_notes(1)[0]
    send_due()
    request = httpx_mock.get_requests()[0]
    for secret in (hook["secret"], new["secret"]):
        Webhook(secret).verify(request.content, dict(request.headers))
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25)):
        amend(note)
        send_due()
        request = httpx_mock.get_requests()[1]
        assert len(request.headers["webhook-signature"].split(" ")) == 1
        Webhook(new["secret"]).verify(request.content, dict(request.headers))


def test_events_replay_everything_in_order(caller, file_notes) -> None:
    note = file_notes(1)[0]
    amend(note)
    found, after = [], {}
    while True:
        page = caller.get("/api/v1/events", limit=1, **after).json()
        found += page["data"]
        after = {"after": page["next_cursor"]}
        if not page["has_more"]:
            break
    assert [(event["type"], event["data"]["change"]) for event in found] == [
        ("note.filed", 1),
        ("note.amended", 2),
    ]
    retract(note)
    assert [event["type"] for event in caller.get("/api/v1/events", **after).json()["data"]] == [
        "note.entered_in_error"
    ]
    assert_problem(caller.notes(**after), problems.INVALID_CURSOR)
    assert note.patient.family_name not in json.dumps(found)


def test_an_event_is_sent_again_on_request_under_the_same_id(caller, hook, file_notes, httpx_mock) -> None:
    httpx_mock.add_response(url=URL, status_code=200, is_reusable=True)
    file_notes(1)
    send_due()
    event = caller.get("/api/v1/events").json()["data"][0]
    answer = caller.send("POST", f"/api/v1/events/{event['id']}/redeliver")
    assert (answer.status_code, answer.json()) == (202, {"event": event["id"], "endpoints": 1})
    send_due()
    assert [request.headers["webhook-id"] for request in httpx_mock.get_requests()] == [event["id"]] * 2
    log = caller.get(f"{PATH}/{hook['id']}/deliveries").json()["data"]
    assert [(row["event"], row["state"], row["status"]) for row in log] == [(event["id"], "delivered", 200)]


def test_a_foreign_event_is_a_404(caller, hook, foreign_note) -> None:
    pk = foreign_note.documents.get().pk
    assert_problem(caller.send("POST", f"/api/v1/events/{pk}/redeliver"), problems.NOT_FOUND)
    assert caller.get("/api/v1/events").json()["data"] == []


def test_what_is_rolled_back_is_told_to_nobody(hook, practice, clinician) -> None:
    from django.db import transaction  # noqa: PLC0415

    from notes.services.filing import note_file  # noqa: PLC0415
    from tests.factories.encounters import EncounterFactory  # noqa: PLC0415
    from tests.factories.notes import NoteFactory  # noqa: PLC0415

    note = NoteFactory(encounter=EncounterFactory(practice=practice, provider=clinician), signed=True)
    with transaction.atomic():
        note_file(note=note, actor=clinician)
        transaction.set_rollback(True)
    assert Delivery.objects.count() == 0
