"""What administrators change: every write is checked, audited, and gives no secret back."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.contrib.auth.hashers import is_password_usable
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from consent.models import AuditEvent, BusinessAssociateAgreement, ConsentPolicy
from encounters.models import Membership, Patient, Practice, Role, User
from notes.models import EngineAccount, Integration
from tests.admin.conftest import address
from tests.factories.authenticators import enrol
from tests.factories.consent import AgreementFactory, ConsentFactory, PolicyFactory
from tests.factories.encounters import EncounterFactory
from tests.factories.integrations import Caller, integration
from tests.factories.notes import EngineAccountFactory
from tests.factories.people import MembershipFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
SECRETS = ("demo-key", "demo-webhook-secret", "a-new-key", "a-new-secret")


def filled(client: Any, path: str, **changes: Any) -> dict[str, Any]:
    """The form as the page shows it, with changes: what a browser would send."""
    form = client.get(path).context["adminform"].form
    data: dict[str, Any] = {}
    for name in form.fields:
        value = form.get_initial_for_field(form.fields[name], name)
        bound = form[name]
        value = bound.field.prepare_value(value) if hasattr(bound.field, "prepare_value") else value
        if isinstance(value, dt.datetime):
            value = timezone.localtime(value)
            data |= {f"{name}_0": value.strftime("%Y-%m-%d"), f"{name}_1": value.strftime("%H:%M:%S")}
        elif value or value == 0:
            data[name] = value
        if form.fields[name].show_hidden_initial:
            data[f"initial-{name}"] = value
    for name, value in changes.items():
        data[name] = value
    return {name: value for name, value in data.items() if value is not None}


def saved(answer: Any) -> None:
    assert answer.status_code == 302, answer.context["errors"] if answer.context else answer


def latest(action: str) -> AuditEvent:
    found = AuditEvent.objects.filter(action=action).order_by("-id").first()
    assert found is not None
    return found


# Engine accounts


def test_secrets_are_never_rendered_and_blank_keeps_them(boss, practice) -> None:
    account = EngineAccountFactory(practice=practice)
    path = address(EngineAccount, "change", account.pk)
    page = boss.get(path).content.decode()
    assert not any(secret in page for secret in SECRETS)
    assert f"/hooks/soapnoteapi/{account.pk}/" in page
    saved(boss.post(path, filled(boss, path, name="Main account")))
    account.refresh_from_db()
    assert (account.name, account.api_key, account.webhook_secret) == (
        "Main account",
        "demo-key",
        "demo-webhook-secret",
    )


def test_a_new_webhook_secret_makes_the_present_one_the_previous(boss, practice) -> None:
    account = EngineAccountFactory(practice=practice)
    path = address(EngineAccount, "change", account.pk)
    saved(boss.post(path, filled(boss, path, new_webhook_secret="a-new-secret", new_api_key="a-new-key")))
    account = EngineAccount.objects.get()
    assert account.api_key == "a-new-key"
    assert (account.webhook_secret, account.previous_webhook_secret) == (
        "a-new-secret",
        "demo-webhook-secret",
    )
    page = boss.get(path).content.decode()
    assert not any(secret in page for secret in SECRETS)
    assert f"Set on {timezone.now():%Y-%m-%d}" in page
    saved(boss.post(path, filled(boss, path, forget_previous="on")))
    assert EngineAccount.objects.get().previous_webhook_secret == ""
    trail = "".join(AuditEvent.objects.values_list("data", flat=True))
    assert not any(secret in trail for secret in SECRETS)
    assert json.loads(latest("engine_account.changed").data)["fields"] == ["previous_webhook_secret"]


def test_a_key_cannot_be_led_to_another_address(boss, practice, settings) -> None:
    account = EngineAccountFactory(practice=practice)
    path = address(EngineAccount, "change", account.pk)
    answer = boss.post(path, filled(boss, path, base_url="https://thief.example"))
    assert b"Enter the API key for this address" in answer.content
    account.refresh_from_db()
    assert account.base_url == "http://127.0.0.1:8900"


def test_the_sandbox_is_refused_outside_a_demonstration_and_plain_http_and_other_hosts_always(
    boss, practice, settings
) -> None:
    path = address(EngineAccount, "add")
    form = filled(boss, path, practice=str(practice.pk), name="x", new_api_key="k", signature="{}")
    settings.DEMO = False
    assert b"for demonstrations" in boss.post(path, form | {"kind": "sandbox"}).content
    plain = form | {"kind": "soapnoteapi", "base_url": "http://api.soapnoteapi.com"}
    assert b"https only" in boss.post(path, plain).content
    elsewhere = form | {"kind": "soapnoteapi", "base_url": "https://api.soapnoteapi.com.thief.example"}
    assert b"sends recordings to api.soapnoteapi.com only" in boss.post(path, elsewhere).content
    assert not EngineAccount.objects.exists()
    saved(boss.post(path, form | {"kind": "soapnoteapi"}))
    assert EngineAccount.objects.get().api_key == "k"


# Integrations


def test_a_key_is_shown_once_and_works(boss, practice) -> None:
    path = address(Integration, "add")
    form = filled(
        boss, path, practice=str(practice.pk), name="EHR", allowed_networks="127.0.0.0/8\n203.0.113.7"
    )
    answer = boss.post(path, form)
    key = re.search(r"csk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", answer.content.decode())[0]
    assert "no-store" in answer["Cache-Control"]
    assert Caller(key).notes().status_code == 200
    made = Integration.objects.get()
    assert made.allowed_networks == ["127.0.0.0/8", "203.0.113.7/32"]
    secret = key.split("_", 2)[2]
    for page in (
        address(Integration),
        address(Integration, "change", made.pk),
        "/admin/",
        address(Integration, "history", made.pk),
    ):
        body = boss.get(page).content.decode()
        assert secret not in body
        assert made.key_sha256 not in body


def test_an_integration_is_changed_and_revoked(boss, practice) -> None:
    made, key = integration(practice)
    path = address(Integration, "change", made.pk)
    assert (
        b"Did you mean 203.0.113.0/24"
        in boss.post(path, filled(boss, path, allowed_networks="203.0.113.9/24")).content
    )
    saved(boss.post(path, filled(boss, path, name="Renamed")))
    assert Caller(key).notes().status_code == 200
    boss.post(address(Integration), {"action": "revoke", "_selected_action": [str(made.pk)]})
    assert Caller(key).notes().status_code == 401
    assert latest("integration.revoked").target_id == str(made.pk)


# Agreements


def agreement_form(boss: Any, practice: Any, **changes: Any) -> dict[str, Any]:
    given = {
        "practice": str(practice.pk),
        "vendor": "soapnoteapi",
        "executed_on": "2026-01-02",
        "effective_at_0": "2026-01-03",
        "effective_at_1": "00:00:00",
        "practice_signatory": "P",
        "vendor_signatory": "V",
    }
    return filled(boss, address(BusinessAssociateAgreement, "add")) | given | changes


def test_an_agreement_with_its_document(boss, practice) -> None:
    path = address(BusinessAssociateAgreement, "add")
    document = SimpleUploadedFile("Dr Smith and Jane Doe.pdf", PDF, content_type="text/html")
    saved(boss.post(path, agreement_form(boss, practice, document=document)))
    made = BusinessAssociateAgreement.objects.get()
    assert made.document_sha256
    assert "Smith" not in made.document.name
    assert latest("baa.recorded").chain == practice.pk
    page = boss.get(address(BusinessAssociateAgreement, "change", made.pk)).content.decode()
    assert "In force" in page
    download = boss.get(f"{address(BusinessAssociateAgreement)}{made.pk}/document/")
    assert b"".join(download.streaming_content) == PDF
    assert download["Content-Disposition"] == 'attachment; filename="agreement.pdf"'


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"document": SimpleUploadedFile("x.pdf", b"<html>", content_type="application/pdf")}, "not a PDF"),
        ({"document": SimpleUploadedFile("x.pdf", PDF + b" " * (10 * 1024 * 1024))}, "larger than 10 MB"),
        ({"executed_on": "2999-01-01"}, "in the future"),
        ({"expires_at_0": "2025-01-01", "expires_at_1": "00:00:00"}, "expire after it takes effect"),
    ],
)
def test_agreements_that_cannot_be_are_refused_in_words(boss, practice, changes, words) -> None:
    answer = boss.post(address(BusinessAssociateAgreement, "add"), agreement_form(boss, practice, **changes))
    assert words in answer.content.decode()
    assert not BusinessAssociateAgreement.objects.exists()


def test_what_was_agreed_stays_and_an_agreement_can_be_revoked(boss, practice) -> None:
    made = AgreementFactory(practice=practice)
    path = address(BusinessAssociateAgreement, "change", made.pk)
    changes = {"vendor": "zoom", "effective_at_0": "2020-01-01", "effective_at_1": "00:00:00"}
    saved(boss.post(path, filled(boss, path, **changes)))
    made.refresh_from_db()
    assert (made.vendor, made.effective_at.year) != ("zoom", 2020)
    assert made.vendor == "sandbox"
    now = timezone.localtime()
    saved(boss.post(path, filled(boss, path, revoked_at_0=f"{now:%Y-%m-%d}", revoked_at_1=f"{now:%H:%M:%S}")))
    assert latest("baa.revoked").target_id == str(made.pk)
    for state, shown in (("revoked", True), ("in_force", False), ("coming", False), ("expired", False)):
        listed = boss.get(address(BusinessAssociateAgreement), {"state": state}).content.decode()
        assert (str(made.pk) in listed) is shown


def test_another_practices_document_is_a_404(boss, outsider) -> None:
    theirs = AgreementFactory(
        practice=outsider.memberships.get().practice, document=SimpleUploadedFile("x.pdf", PDF)
    )
    assert boss.get(f"{address(BusinessAssociateAgreement)}{theirs.pk}/document/").status_code == 404


def test_a_foreign_practice_cannot_be_chosen(boss, practice, outsider) -> None:
    theirs = outsider.memberships.get().practice
    form = agreement_form(boss, theirs)
    assert boss.post(address(BusinessAssociateAgreement, "add"), form).status_code == 200
    assert not BusinessAssociateAgreement.objects.exists()


# Policies


def test_only_superusers_change_the_deployments_policies(boss, client_of, superuser) -> None:
    policy = PolicyFactory()
    path = address(ConsentPolicy, "change", policy.pk)
    assert boss.post(path, {}).status_code == 403
    client = client_of(superuser)
    assert (
        b"Write US for the country"
        in client.post(path, filled(client, path, jurisdiction="California")).content
    )
    saved(client.post(path, filled(client, path, parties="one")))
    assert json.loads(latest("consent.policy_changed").data)["values"] == {"parties": ["all", "one"]}


def test_a_script_that_patients_agreed_to_changes_under_a_new_version_only(client_of, superuser) -> None:
    policy = PolicyFactory()
    ConsentFactory(participant=EncounterFactory().participants.get(), policy=policy)
    client, path = client_of(superuser), address(ConsentPolicy, "change", policy.pk)
    answer = client.post(path, filled(client, path, script="May we?"))
    assert b"Give the new wording a new version" in answer.content
    saved(client.post(path, filled(client, path, script="May we?", script_version="2")))


# People


def inline(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"memberships-{number}-{name}": value for name, value in row.items()}
    return data


def test_a_new_person_comes_with_a_role_and_without_a_password(boss, practice, mailoutbox) -> None:
    path = address(User, "add")
    person = {"email": "new@clinic.example", "first_name": "N", "last_name": "P", "is_active": "on"}
    assert boss.post(path, person | inline()).status_code == 200
    role = {"practice": str(practice.pk), "role": "provider", "credentials": "MD", "active": "on"}
    saved(boss.post(path, person | inline(role)))
    user = User.objects.get(email="new@clinic.example")
    assert not is_password_usable(user.password)
    assert (user.is_staff, user.memberships.get().role) == (False, Role.PROVIDER)
    assert latest("membership.changed").chain == practice.pk
    boss.post(address(User), {"action": "send_password_link", "_selected_action": [str(user.pk)]})
    assert [mail.to for mail in mailoutbox] == [["new@clinic.example"]]


def test_administrators_get_into_administration_and_former_ones_leave_it(boss, practice, colleague) -> None:
    path = address(Membership, "add")
    form = {"user": str(colleague.pk), "practice": str(practice.pk), "role": "admin", "active": "on"}
    saved(boss.post(path, form))
    colleague.refresh_from_db()
    assert colleague.is_staff
    made = Membership.objects.get(user=colleague, role="admin")
    saved(boss.post(address(Membership, "change", made.pk), {}))
    colleague.refresh_from_db()
    assert not colleague.is_staff


def test_nobody_gives_themselves_everything(boss, administrator) -> None:
    path = address(User, "change", administrator.pk)
    form = filled(boss, path) | inline() | {"is_superuser": "on", "is_staff": "on", "password": "x"}
    boss.post(path, form)
    administrator.refresh_from_db()
    assert not administrator.is_superuser


def test_people_who_also_work_elsewhere_are_not_changed_or_taken_over(
    boss, practice, clinician, mailoutbox
) -> None:
    MembershipFactory(user=clinician)
    enrol(clinician)
    path = address(User, "change", clinician.pk)
    boss.post(path, {"email": "thief@x.example", "first_name": "X", "is_active": ""} | inline())
    before = User.objects.get(pk=clinician.pk)
    assert (before.email, before.is_active) == (clinician.email, True)
    for action in ("send_password_link", "remove_second_factor"):
        boss.post(address(User), {"action": action, "_selected_action": [str(clinician.pk)]})
    assert mailoutbox == []
    assert clinician.authenticator_set.exists()


def test_the_address_of_an_account_in_use_is_its_owners(boss, colleague) -> None:
    path = address(User, "change", colleague.pk)
    User.objects.filter(pk=colleague.pk).update(last_login=timezone.now())
    boss.post(path, {"email": "thief@x.example", "first_name": "New", "is_active": "on"} | inline())
    changed = User.objects.get(pk=colleague.pk)
    assert (changed.email, changed.first_name) == (colleague.email, "New")


def test_a_lost_device_is_forgotten_and_that_is_in_the_trail(boss, colleague, practice) -> None:
    enrol(colleague)
    boss.post(address(User), {"action": "remove_second_factor", "_selected_action": [str(colleague.pk)]})
    assert not colleague.authenticator_set.exists()
    event = latest("account.mfa_removed")
    assert (event.chain, event.target_id, event.reason) == (
        practice.pk,
        str(colleague.pk),
        "removed by an administrator",
    )


# Practices and patients


def test_a_practice_is_changed_with_old_and_new_values_in_the_trail(boss, practice) -> None:
    path = address(Practice, "change", practice.pk)
    saved(boss.post(path, filled(boss, path, release_hold_seconds="60", filing="automatic")))
    told = json.loads(latest("admin.changed").data)
    assert told["values"] == {"release_hold_seconds": [300, 60], "filing": ["manual", "automatic"]}
    assert boss.get(address(Practice, "add")).status_code == 403
    assert boss.get(address(Patient, "add")).status_code == 403
