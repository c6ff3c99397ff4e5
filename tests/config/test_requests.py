"""Request ids, the caller's address, and what the log keeps of a request."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client, RequestFactory

from config import requests
from config.middleware import client_address
from consent.models import AuditEvent
from tests.factories.people import PatientFactory
from tests.logbook import logbook


def test_a_callers_request_id_is_kept_if_it_is_one() -> None:
    answer = Client().get("/healthz", headers={"X-Request-Id": "trace-0123456789"})
    assert answer["X-Request-Id"] == "trace-0123456789"


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, 'quote"quote', "two words", "line\\nline", "<script>", "Zqx Family 1980"]
)
def test_anything_else_is_replaced_by_an_id_of_ours(given: str) -> None:
    answer = Client().get("/healthz", headers={"X-Request-Id": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-Id"])


def test_ids_differ_and_nothing_of_a_request_is_left_behind() -> None:
    first, second = (Client().get("/healthz")["X-Request-Id"] for _ in range(2))
    assert first != second
    assert requests.current() == requests.Origin()


def test_the_log_has_one_line_with_the_id(db: None) -> None:
    with logbook() as log:
        Client().get("/healthz?name=Zqxfamily", headers={"X-Request-Id": "trace-0123456789"})
    (line,) = [json.loads(each) for each in log.getvalue().splitlines() if '"request"' in each]
    assert (line["request_id"], line["route"], line["status"]) == ("trace-0123456789", "healthz", 200)
    assert "Zqx" not in log.getvalue()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "", "10.0.0.1"),
        (0, "203.0.113.9", "10.0.0.1"),  # nobody may say where they come from
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # the first was written by the caller
        (2, "1.1.1.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),  # it did not pass both proxies
        (1, "", "10.0.0.1"),
    ],
)
def test_the_address_is_believed_as_far_as_our_proxies(
    settings: Any, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.1")
    assert client_address(request) == expected


def test_a_forged_address_of_any_length_harms_nothing(
    settings: Any, practice: Any, clinician: Any, client_of: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    patient = PatientFactory(practice=practice)
    answer = client_of(clinician).get(f"/patients/{patient.pk}/", headers={"X-Forwarded-For": "9" * 5000})
    assert answer.status_code == 200
    assert len(AuditEvent.objects.latest("id").address) <= 45
