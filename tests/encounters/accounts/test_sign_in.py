from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client

from consent.models import AuditEvent
from tests.factories.authenticators import SECRET, code_now, enrol, recovery_codes
from tests.factories.people import PASSWORD, UserFactory

LOGIN = "/accounts/login/"


def attempt(client: Client, email: str, password: str = "wrong-password") -> Any:
    return client.post(LOGIN, {"login": email, "password": password})


def test_password_and_code_let_in(
    client: Client, clock: Any, enrolled: Any, sign_in: Any, actions: Any
) -> None:
    answer = sign_in(client, enrolled)

    assert answer["Location"] == "/record/"
    assert client.get("/record/").content == b"a patient's record"
    assert actions() == ["account.login"]
    event = AuditEvent.objects.get(action="account.login")
    assert event.target_id == str(enrolled.pk)
    assert '"password","totp"' in event.data


def test_password_alone_does_not_let_in(client: Client, clock: Any, enrolled: Any) -> None:
    client.post(LOGIN, {"login": enrolled.email, "password": PASSWORD})

    assert client.get("/record/").status_code == 302


def test_totp_code_works_once(client: Client, clock: Any, enrolled: Any, sign_in: Any, actions: Any) -> None:
    code = code_now()
    sign_in(client, enrolled, code=code)
    clock.shift(5)

    second = Client()
    answer = sign_in(second, enrolled, code=code)

    assert answer.status_code == 200
    assert second.get("/record/").status_code == 302
    assert actions() == ["account.login", "account.mfa_failed"]


@pytest.mark.parametrize("shift", [5, 31, 59])
def test_totp_code_used_before_is_refused_in_the_next_periods_too(
    client: Client, clock: Any, enrolled: Any, sign_in: Any, shift: int
) -> None:
    code = code_now(periods=1)
    assert sign_in(client, enrolled, code=code).status_code == 302
    clock.shift(shift)

    assert sign_in(Client(), enrolled, code=code).status_code == 200


@pytest.mark.parametrize("periods", [-1, 1])
def test_totp_code_of_the_neighbouring_period_is_taken(
    client: Client, clock: Any, enrolled: Any, sign_in: Any, periods: int
) -> None:
    assert sign_in(client, enrolled, code=code_now(periods=periods)).status_code == 302


@pytest.mark.parametrize("periods", [-3, -2, 2, 3])
def test_totp_code_of_another_period_is_refused(
    client: Client, clock: Any, enrolled: Any, sign_in: Any, periods: int
) -> None:
    assert sign_in(client, enrolled, code=code_now(periods=periods)).status_code == 200


def test_recovery_code_works_once(client: Client, clock: Any, enrolled: Any, sign_in: Any) -> None:
    code = recovery_codes(enrolled)[0]
    assert sign_in(client, enrolled, code=code).status_code == 302

    assert sign_in(Client(), enrolled, code=code).status_code == 200


def test_secrets_of_the_second_factor_are_sealed_in_the_database(enrolled: Any) -> None:
    stored = {found.type: found.data for found in Authenticator.objects.filter(user=enrolled)}

    assert SECRET not in str(stored)
    assert stored["totp"]["secret"] != stored["recovery_codes"]["seed"]
    assert not re.fullmatch(r"[0-9a-f]+", stored["recovery_codes"]["seed"])


def test_guessing_a_password_is_stopped_and_a_right_one_does_not_help(
    client: Client, clock: Any, enrolled: Any, actions: Any
) -> None:
    for _ in range(5):
        attempt(client, enrolled.email)

    locked = attempt(client, enrolled.email, PASSWORD)

    assert "Too many attempts" in locked.content.decode()
    assert actions() == ["account.login_failed"] * 5 + ["account.locked"]
    clock.shift(301)
    assert attempt(client, enrolled.email, PASSWORD).status_code == 302


def test_guessing_codes_is_stopped(client: Client, clock: Any, enrolled: Any, sign_in: Any) -> None:
    answers = [sign_in(client, enrolled, code="000000") for _ in range(6)]

    assert "Too many attempts" in answers[-1].content.decode()


def test_one_address_cannot_try_many_accounts(client: Client, clock: Any, db: None) -> None:
    answers = [attempt(client, f"somebody{n}@clinic.example") for n in range(11)]

    assert "Too many attempts" in answers[-1].content.decode()


def test_answer_does_not_tell_whether_an_account_exists(client: Client, enrolled: Any) -> None:
    def shown(email: str) -> str:
        page = attempt(client, email).content.decode().replace(email, "")
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)

    assert shown(enrolled.email) == shown("nobody@clinic.example")


def test_unknown_account_costs_a_password_check_too(
    client: Client, db: None, settings: Any, monkeypatch: Any
) -> None:
    hashed = []
    original = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda self, password, salt: hashed.append(1) or original(self, password, salt),
    )
    attempt(client, "nobody@clinic.example")

    assert hashed == [1]


def test_what_was_typed_is_not_kept_in_the_audit_trail(client: Client, db: None) -> None:
    attempt(client, "secret-typed-as-name@clinic.example")

    event = AuditEvent.objects.get()
    assert event.action == "account.login_failed"
    assert "secret-typed-as-name" not in str(vars(event))


@pytest.mark.parametrize("known", [True, False])
def test_password_reset_answers_the_same_and_writes_to_the_address(
    client: Client, enrolled: Any, known: bool
) -> None:
    email = enrolled.email if known else "nobody@clinic.example"

    answer = client.post("/accounts/password/reset/", {"email": email})

    assert answer["Location"] == "/accounts/password/reset/done/"
    assert [message.to for message in mail.outbox] == [[email]]
    assert "sign up" not in mail.outbox[0].body.lower()


def test_password_reset_still_asks_for_the_second_step(
    client: Client, clock: Any, enrolled: Any, sign_in: Any
) -> None:
    client.post("/accounts/password/reset/", {"email": enrolled.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)
    assert link
    form = client.get(link[1])["Location"]
    new = "another-long-passphrase"
    client.post(form, {"password1": new, "password2": new})

    assert client.get("/record/").status_code == 302
    answer = client.post(LOGIN, {"login": enrolled.email, "password": new})
    assert "/2fa/authenticate/" in answer["Location"]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        r"\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(
    client: Client, clock: Any, enrolled: Any, sign_in: Any, target: str
) -> None:
    assert sign_in(client, enrolled, to=target)["Location"] == "/"


def test_there_is_no_sign_up(client: Client, db: None) -> None:
    fields = {"email": "new@clinic.example", "password1": PASSWORD, "password2": PASSWORD}

    page = client.post("/accounts/signup/", fields)

    assert "There is no sign-up here" in page.content.decode()
    assert not UserFactory._meta.model.objects.filter(email="new@clinic.example").exists()


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012"])
def test_weak_password_is_refused(signed_in: Client, password: str) -> None:
    fields = {"oldpassword": PASSWORD, "password1": password, "password2": password}

    assert signed_in.post("/accounts/password/change/", fields).status_code == 200


def test_long_password_of_any_characters_works(client: Client, clock: Any, enrolled: Any) -> None:
    password = "ünïcödé ☃ " * 12
    enrolled.set_password(password)
    enrolled.save()

    answer = client.post(LOGIN, {"login": enrolled.email.upper(), "password": password})

    assert "/2fa/authenticate/" in answer["Location"]


def test_inactive_account_is_not_let_in(client: Client, clock: Any, enrolled: Any, sign_in: Any) -> None:
    enrolled.is_active = False
    enrolled.save()

    sign_in(client, enrolled)

    assert client.get("/record/").status_code == 302


@pytest.mark.parametrize(
    ("who", "offered"), [("clinician", True), ("assistant", True), ("compliance_officer", False)]
)
def test_only_who_may_book_is_offered_a_new_encounter(
    request: Any, settings: Any, client: Client, clock: Any, sign_in: Any, who: str, offered: bool
) -> None:
    settings.ROOT_URLCONF = "config.urls"
    person = request.getfixturevalue(who)
    enrol(person)
    sign_in(client, person, to="/")

    for page in ("/", "/?whose=all"):
        assert ("New encounter" in client.get(page).content.decode()) is offered
