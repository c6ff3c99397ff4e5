from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from encounters.accounts import sessions
from tests.factories.authenticators import code_now, enrol
from tests.factories.people import PASSWORD

ACTIVATE = "/accounts/2fa/totp/activate/"


def test_person_without_second_factor_is_sent_to_set_it_up(
    client: Client, clinician: Any, sign_in: Any
) -> None:
    sign_in(client, clinician)

    answer = client.get("/record/?page=2")

    assert answer["Location"] == f"{ACTIVATE}?next=%2Frecord%2F%3Fpage%3D2"


def test_setting_it_up_opens_the_records_and_shows_recovery_codes_once(
    client: Client, clock: Any, clinician: Any, sign_in: Any, actions: Any
) -> None:
    sign_in(client, clinician)
    page = client.get(ACTIVATE)
    assert page.status_code == 200
    assert b"<svg" in page.content
    secret = page.context["form"].secret

    answer = client.post(ACTIVATE, {"code": code_now(secret)})

    codes = client.get(answer["Location"])
    assert len(codes.context["unused_codes"]) == 10
    assert client.get(answer["Location"]).context["unused_codes"] == ["****"] * 10
    assert client.get("/record/").status_code == 200
    assert sorted(actions()) == ["account.login", "account.mfa_added", "account.mfa_added"]


def test_set_up_with_a_wrong_code_changes_nothing(
    client: Client, clock: Any, clinician: Any, sign_in: Any
) -> None:
    sign_in(client, clinician)
    client.get(ACTIVATE)

    assert "not valid" in client.post(ACTIVATE, {"code": "000000"}).content.decode()
    assert not Authenticator.objects.exists()


def test_session_that_began_before_the_factor_existed_has_to_give_it(
    client_of: Any, clock: Any, clinician: Any
) -> None:
    client = client_of(clinician)
    enrol(clinician)

    assert client.get("/record/").status_code == 302
    fresh = client_of(clinician)
    asked = fresh.get("/record/")
    assert asked["Location"] == "/accounts/2fa/reauthenticate/?next=%2Frecord%2F"
    fresh.post(asked["Location"], {"code": code_now(), "next": "/record/"})
    assert fresh.get("/record/").status_code == 200


def test_factor_of_one_person_does_not_count_for_the_next_in_the_same_browser(
    client: Client, clock: Any, enrolled: Any, colleague: Any, sign_in: Any
) -> None:
    sign_in(client, enrolled)
    client.post("/accounts/logout/")
    sign_in(client, colleague)

    assert client.get("/record/")["Location"].startswith(ACTIVATE)


def test_factor_counts_only_for_the_person_who_gave_it(clinician: Any, colleague: Any) -> None:
    session = SessionStore()
    sessions.second_factor_given(session, clinician)

    assert sessions.has_second_factor(session, clinician)
    assert not sessions.has_second_factor(session, colleague)


def test_script_is_told_instead_of_redirected(client: Client, clinician: Any, sign_in: Any) -> None:
    sign_in(client, clinician)

    answer = client.get("/record/", HTTP_ACCEPT="application/json")

    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


def test_integrations_are_not_asked(client: Client, db: None) -> None:
    assert client.get("/api/v1/notes").status_code == 200


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/encounters/patient/"])
def test_administration_needs_the_second_factor(
    client: Client, administrator: Any, sign_in: Any, path: str
) -> None:
    sign_in(client, administrator)

    assert client.get(path)["Location"].startswith(ACTIVATE)


def test_password_does_not_open_administration(client: Client, administrator: Any) -> None:
    fields = {"username": administrator.email, "password": PASSWORD, "next": "/admin/"}

    client.post("/admin/login/", fields)

    assert "_auth_user_id" not in client.session
    assert client.get("/admin/login/?next=/admin/")["Location"].startswith("/accounts/login/")


def test_people_without_staff_rights_stay_out_of_administration(signed_in: Client) -> None:
    assert signed_in.get("/admin/login/").status_code == 403


def test_changing_the_factor_needs_a_fresh_confirmation(signed_in: Client, clock: Any) -> None:
    clock.shift(301)

    answer = signed_in.get("/accounts/2fa/totp/deactivate/")

    assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_removing_the_factor_closes_the_records_and_ends_other_sessions(
    signed_in: Client, clock: Any, enrolled: Any, sign_in: Any, actions: Any
) -> None:
    other = Client()
    clock.shift(31)
    sign_in(other, enrolled)
    assert other.get("/record/").status_code == 200

    signed_in.post("/accounts/2fa/totp/deactivate/")

    assert signed_in.get("/record/")["Location"].startswith(ACTIVATE)
    assert other.get("/record/")["Location"].startswith("/accounts/login/")
    assert actions()[-2:] == ["account.mfa_removed"] * 2


def test_factor_removed_by_an_administrator_ends_every_session(signed_in: Client, enrolled: Any) -> None:
    Authenticator.objects.get(user=enrolled, type="totp").delete()

    assert signed_in.get("/record/")["Location"].startswith("/accounts/login/")
