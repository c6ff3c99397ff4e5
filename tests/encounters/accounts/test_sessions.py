from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from encounters.accounts import reauthentication
from tests.factories.authenticators import code_now
from tests.factories.people import PASSWORD

POLL = {"HTTP_X_BACKGROUND": "poll"}


def test_session_ends_after_a_quarter_of_an_hour_without_activity(
    signed_in: Client, clock: Any, actions: Any
) -> None:
    clock.shift(15 * 60)

    answer = signed_in.get("/record/?tab=2")

    assert answer["Location"] == "/accounts/login/?next=/record/%3Ftab%3D2&ended=idle"
    assert "without activity" in signed_in.get(answer["Location"]).content.decode()
    assert actions()[-1] == "account.session_expired"


def test_activity_keeps_the_session_and_a_working_day_ends_it(signed_in: Client, clock: Any) -> None:
    for _ in range(12 * 5):
        clock.shift(11 * 60 + 30)
        assert signed_in.get("/record/").status_code == 200
    clock.shift(30 * 60 - 60)
    clock.shift(60)

    assert "ended" in signed_in.get("/record/")["Location"]


def test_absolute_limit_holds_however_busy_the_session(signed_in: Client, clock: Any) -> None:
    for _ in range(71):
        clock.shift(10 * 60)
        assert signed_in.get("/record/").status_code == 200
    clock.shift(10 * 60)

    assert signed_in.get("/record/")["Location"].endswith("&ended=absolute")


def test_polling_is_not_activity_and_learns_nothing_after_the_end(signed_in: Client, clock: Any) -> None:
    for _ in range(14):
        clock.shift(60)
        assert signed_in.get("/record/", **POLL).status_code == 200
    clock.shift(60)

    for _ in range(2):
        answer = signed_in.get("/record/", **POLL)
        assert (answer.status_code, answer.content) == (401, b"")
    assert signed_in.get("/record/").status_code == 302


def test_reading_within_half_a_minute_does_not_write_the_session(
    signed_in: Client, clock: Any, django_assert_max_num_queries: Any
) -> None:
    signed_in.get("/record/")
    with django_assert_max_num_queries(2):
        signed_in.get("/record/")


def test_write_after_the_end_says_that_the_text_is_still_in_the_browser(
    signed_in: Client, clock: Any
) -> None:
    clock.shift(15 * 60)

    answer = signed_in.post("/record/", {"plan": "Rest and fluids"}, HTTP_ACCEPT="text/html")

    assert answer.status_code == 401
    assert "It is still in your browser" in answer.content.decode()
    assert "Rest and fluids" not in answer.content.decode()


def test_write_by_script_after_the_end_gets_a_problem(signed_in: Client, clock: Any) -> None:
    clock.shift(15 * 60)

    answer = signed_in.post("/record/", {"plan": "Rest"}, HTTP_ACCEPT="*/*")

    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["login_url"] == "/accounts/login/"


def test_write_by_somebody_signed_out_elsewhere_is_not_sent_to_an_empty_form(
    client: Client, db: None
) -> None:
    answer = client.post("/record/", {"plan": "Rest"}, HTTP_ACCEPT="text/html")

    assert answer.status_code == 401


def test_page_learns_how_long_the_session_lasts_and_can_renew_it(signed_in: Client, clock: Any) -> None:
    clock.shift(10 * 60)
    looked = signed_in.get("/accounts/session/", **POLL).json()
    renewed = signed_in.post("/accounts/session/").json()

    assert looked["left_seconds"] == 5 * 60
    assert renewed["left_seconds"] == 15 * 60


def test_renewal_after_the_end_is_refused(signed_in: Client, clock: Any) -> None:
    clock.shift(15 * 60)

    assert signed_in.post("/accounts/session/", HTTP_ACCEPT="*/*").status_code == 401


def test_deactivated_person_is_out_on_the_next_request(signed_in: Client, enrolled: Any) -> None:
    enrolled.is_active = False
    enrolled.save()

    assert signed_in.get("/record/").status_code == 302
    assert signed_in.get("/record/", **POLL).status_code == 401


def test_password_change_ends_every_session(
    signed_in: Client, clock: Any, enrolled: Any, sign_in: Any, actions: Any
) -> None:
    other = Client()
    clock.shift(31)
    sign_in(other, enrolled)
    new = "another-long-passphrase"

    signed_in.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )

    assert signed_in.get("/record/").status_code == 302
    assert other.get("/record/").status_code == 302
    assert "account.password_changed" in actions()


def test_signing_in_makes_a_new_session_and_signing_out_ends_it_on_the_server(
    client: Client, clock: Any, enrolled: Any, sign_in: Any, actions: Any
) -> None:
    client.get("/accounts/login/")
    client.session["kept"] = "by the attacker"
    before = client.session.session_key
    sign_in(client, enrolled)
    cookie = client.cookies["session"].value
    assert cookie != before

    answer = client.post("/accounts/logout/")

    assert answer["Clear-Site-Data"] == '"cache"'
    replay = Client()
    replay.cookies["session"] = cookie
    assert replay.get("/record/").status_code == 302
    assert actions()[-1] == "account.logout"


def test_signing_out_is_not_done_by_a_link(signed_in: Client) -> None:
    assert signed_in.get("/accounts/logout/").status_code == 200
    assert signed_in.get("/record/").status_code == 200


def test_other_devices_can_be_signed_out(signed_in: Client, clock: Any, enrolled: Any, sign_in: Any) -> None:
    other = Client()
    clock.shift(31)
    sign_in(other, enrolled)

    assert "Sign out everywhere else" in signed_in.get("/accounts/sessions/").content.decode()
    signed_in.post("/accounts/sessions/")

    assert other.get("/record/").status_code == 302
    assert signed_in.get("/record/").status_code == 200


@pytest.mark.parametrize("method", ["password", "totp"])
def test_confirmation_counts_for_five_minutes(
    signed_in: Client, clock: Any, rf: Any, enrolled: Any, method: str, actions: Any
) -> None:
    def confirmation() -> reauthentication.Confirmation | None:
        request = rf.get("/")
        request.session, request.user = signed_in.session, enrolled
        return reauthentication.last_confirmation(request)

    assert confirmation() is None
    clock.shift(31)
    if method == "password":
        answer = signed_in.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/record/"})
    else:
        answer = signed_in.post("/accounts/2fa/reauthenticate/", {"code": code_now(), "next": "/record/"})

    assert answer["Location"] == "/record/"
    found = confirmation()
    assert found
    assert found.method == method
    assert actions()[-1] == "account.reauthenticated"
    clock.shift(300)
    assert confirmation() is None


def test_wrong_password_does_not_confirm(signed_in: Client) -> None:
    assert signed_in.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code == 200


def test_confirmation_returns_to_the_page_and_keeps_no_form(
    signed_in: Client, clock: Any, rf: Any, enrolled: Any
) -> None:
    request = rf.post("/notes/1/sign/", {"plan": "clinical text"})
    request.session, request.user = signed_in.session, enrolled

    answer = reauthentication.confirm_identity(request, return_to="/notes/1/sign/")

    assert answer["Location"] == "/accounts/reauthenticate/?next=%2Fnotes%2F1%2Fsign%2F"
    assert "clinical text" not in str(dict(request.session))
