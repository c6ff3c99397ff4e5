from __future__ import annotations

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import validate
from rest_framework.settings import api_settings

from notes.api import problems, views
from tests.factories.integrations import Caller, integration

pytestmark = pytest.mark.django_db


def assert_problem(answer, kind: problems.Kind) -> None:
    assert answer.status_code == kind.status
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (told["type"], told["title"], told["status"]) == (kind.uri, kind.title, kind.status)
    assert told["detail"]
    assert told["request_id"] == answer["X-Request-Id"]
    assert told["instance"] == f"urn:countersign:request:{told['request_id']}"


def test_a_caller_may_name_the_request(caller) -> None:
    assert (
        caller.client.get("/api/v1/notes", headers={"X-Request-Id": "pull-000041"})["X-Request-Id"]
        == "pull-000041"
    )


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_the_api_is_read_only(caller, method) -> None:
    answer = getattr(caller.client, method)("/api/v1/notes")
    assert_problem(answer, problems.METHOD_NOT_ALLOWED)
    assert answer["Allow"] == "GET, HEAD"


def test_only_json_is_served(key) -> None:
    assert_problem(Caller(key, Accept="application/xml").notes(), problems.NOT_ACCEPTABLE)
    assert Caller(key, Accept="application/json").notes().status_code == 200


def test_plain_http_is_refused_where_the_address_is_https(settings, caller) -> None:
    settings.HTTPS = True
    answer = caller.notes()
    assert_problem(answer, problems.HTTPS_REQUIRED)
    assert "Location" not in answer
    assert caller.client.get("/api/v1/notes", secure=True).status_code == 200


def test_a_database_that_is_away_is_a_503_and_a_bug_a_500_without_details(caller, monkeypatch) -> None:
    def fails(error: Exception):
        def raising(*_: object) -> None:
            raise error

        return raising

    monkeypatch.setattr(views.parameters, "limit", fails(OperationalError("secret host name")))
    away = caller.notes()
    assert_problem(away, problems.UNAVAILABLE)
    assert away["Retry-After"]
    monkeypatch.setattr(views.parameters, "limit", fails(RuntimeError("clinical text")))
    broken = caller.notes()
    assert_problem(broken, problems.INTERNAL)
    assert b"clinical" not in broken.content + away.content
    assert b"secret" not in broken.content + away.content


@pytest.fixture
def three_a_minute(monkeypatch) -> None:
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "integration", "3/min")


def test_limits_are_told_and_kept_per_integration(practice, key, three_a_minute) -> None:
    caller, other = Caller(key), Caller(integration(practice)[1])
    with time_machine.travel("2026-11-22T12:00:15Z", tick=False):
        for left in (2, 1, 0):
            answer = caller.notes()
            assert answer["RateLimit-Policy"] == '"integration";q=3;w=60'
            assert answer["RateLimit"] == f'"integration";r={left};t=45'
        refused = caller.notes()
        assert_problem(refused, problems.RATE_LIMITED)
        assert refused["Retry-After"] == "45"
        assert refused["RateLimit"] == '"integration";r=0;t=45'
        assert other.notes().status_code == 200
    with time_machine.travel("2026-11-22T12:01:00Z", tick=False):
        assert caller.notes().status_code == 200


def test_the_schema_is_valid_openapi_31_and_names_every_problem() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    validate(schema)
    assert schema["openapi"] == "3.1.0"
    assert {"/api/v1/notes", "/api/v1/notes/{note_id}"} <= set(schema["paths"])
    named = {
        example["value"]["type"]
        for path in schema["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
        for media in answer.get("content", {}).values()
        for example in media.get("examples", {}).values()
        if str(example["value"].get("type", "")).startswith("urn:countersign:problem:")
    }
    assert named == {kind.uri for kind in problems.CATALOGUE if kind is not problems.METHOD_NOT_ALLOWED}


def test_schema_and_viewer_need_no_key_and_no_wider_policy_than_images_as_data() -> None:
    client = Client()
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert "img-src 'self' data:" in policy
    assert b"<style" not in page.content
    assert b"style=" not in page.content
    assert b"http://" not in page.content
    assert b"https://" not in page.content
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
