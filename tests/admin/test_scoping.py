"""Who gets into administration, what they see there, and what nobody can do."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.admin.base import RecordAdmin
from consent.audit import SYSTEM, record
from consent.models import AuditEvent, AuditHead, ConsentPolicy
from encounters.models import Membership, Patient, Practice, Role, User
from notes.models import Note
from tests.admin.conftest import ADDED, CLINICAL, SPOKEN, address, pages
from tests.factories.encounters import EncounterFactory
from tests.factories.people import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
GLOBAL = {ConsentPolicy}


def rows_of(model: Any, practice: Any) -> Any:
    """The rows of a model that belong to a practice, by the administration's own path."""
    if model is User:
        return User.objects.filter(memberships__practice=practice)
    path = admin.site._registry[model].practice_path  # type: ignore[attr-defined]
    return model._default_manager.filter(**{path: practice.pk})


def test_every_model_of_ours_has_a_page_and_no_package_has_one() -> None:
    ours = {
        model
        for label in ("consent", "encounters", "notes")
        for model in apps.get_app_config(label).get_models()
    }
    assert set(pages()) == ours


def test_an_administrator_opens_every_list_and_row_of_their_practice(boss, practice, furnished) -> None:
    for model in pages():
        listed = boss.get(address(model))
        assert listed.status_code == 200, model
        rows = ConsentPolicy.objects.all() if model in GLOBAL else rows_of(model, practice)
        if row := rows.first():
            assert boss.get(address(model, "change", row.pk)).status_code == 200, model
            assert boss.get(address(model, "history", row.pk)).status_code == 200, model


def test_nothing_of_another_practice_is_on_any_page(boss, practice, furnished, foreign) -> None:
    theirs = foreign.practice
    for model in pages():
        for path in (address(model), f"{address(model)}?q=foreig", *_add_pages(boss, model)):
            page = boss.get(path).content.decode()
            assert "FOREIGN" not in page, path
            assert str(theirs.pk) not in page, path
        if model in GLOBAL:
            continue
        row = rows_of(model, theirs).first()
        assert row is not None or model.__name__ in {
            "RecordingPart",
            "RecordingSlice",
            "AudioCopy",
            "EngineEvent",
        }, model
        if row:
            for page in ("change", "history", "delete"):
                assert boss.get(address(model, page, row.pk)).status_code in {403, 404}, (model, page)
            assert boss.post(address(model, "change", row.pk), {}).status_code in {403, 404}, model


def _add_pages(client: Client, model: Any) -> list[str]:
    add = address(model, "add")
    return [add] if client.get(add).status_code == 200 else []


def test_a_row_that_never_was_is_a_404_too(boss, furnished) -> None:
    for model in pages():
        for key in ("0193b0c1-0000-7000-8000-000000000001", "garbage"):
            assert boss.get(address(model, "change", key)).status_code == 404


@pytest.mark.parametrize("who", ["clinician", "assistant", "compliance_officer", "outsider"])
def test_other_roles_do_not_get_in_even_with_the_staff_mark(
    request, client_of, practice, furnished, who
) -> None:
    person = request.getfixturevalue(who)
    assert client_of(person).get("/admin/").status_code in {302, 403}
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client = client_of(person)
    for model in pages():
        assert client.get(address(model)).status_code == 403, model
        if model not in GLOBAL and (row := rows_of(model, practice).first()):
            assert client.get(address(model, "change", row.pk)).status_code in {403, 404}


def test_former_administrators_and_inactive_people_do_not_get_in(boss, administrator, furnished) -> None:
    Membership.objects.filter(user=administrator).update(active=False)
    assert boss.get(address(Note)).status_code == 403
    Membership.objects.filter(user=administrator).update(active=True)
    User.objects.filter(pk=administrator.pk).update(is_active=False)
    assert boss.get(address(Note)).status_code == 302


def test_a_superuser_sees_all_practices_and_still_no_clinical_text(
    client_of, superuser, furnished, foreign
) -> None:
    client = client_of(superuser)
    for model in pages():
        listed = client.get(address(model))
        assert listed.status_code == 200
        bodies = [listed.content.decode()]
        bodies += [
            client.get(address(model, "change", row.pk)).content.decode() for row in model.objects.all()[:40]
        ]
        for body in bodies:
            for text in (CLINICAL, SPOKEN, ADDED, "Said after the call"):
                assert text not in body, model
    assert "FOREIGN" in client.get(address(Practice)).content.decode()


def test_nobody_deletes_anything(client_of, superuser, furnished) -> None:
    client = client_of(superuser)
    for model in pages():
        row = model.objects.first()
        before = model.objects.count()
        if row is None:
            continue
        assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403, model
        chosen = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
        client.post(address(model), chosen)
        assert model.objects.count() >= before, model


def test_records_are_not_changed_or_added_even_by_superusers(client_of, superuser, furnished) -> None:
    client = client_of(superuser)
    records = [model for model in pages() if isinstance(admin.site._registry[model], RecordAdmin)]
    assert len(records) >= 17
    for model in records:
        row = model.objects.first()
        assert client.post(address(model, "add"), {}).status_code == 403, model
        if row is None or model in {AuditHead, AuditEvent}:
            continue
        before = model.objects.filter(pk=row.pk).values().get()
        form = dict.fromkeys(before, "0")
        assert client.post(address(model, "change", row.pk), form).status_code == 403, model
        assert str(model.objects.filter(pk=row.pk).values().get()) == str(before)


def test_a_list_costs_the_same_queries_however_long(boss, practice, clinician, furnished) -> None:
    def queries(model: Any) -> int:
        boss.get(address(model))
        with CaptureQueriesContext(connection) as seen:
            boss.get(address(model))
        return len(seen)

    before = {model: queries(model) for model in pages()}
    for _ in range(3):
        visit = EncounterFactory(practice=practice)
        MembershipFactory(practice=practice, role=Role.ASSISTANT)
        record("encounter.viewed", actor=SYSTEM, practice=practice, encounter=visit)
    after = {model: queries(model) for model in pages()}
    # Plans are the same; an audit list writes its own event each time.
    assert {model: count - before[model] for model, count in after.items() if count != before[model]} == {}


def test_opening_a_patient_and_reading_the_trail_is_in_the_trail(boss, administrator, furnished) -> None:
    boss.get(address(Patient))
    boss.get(address(Patient, "change", furnished.patient_id))
    boss.get(address(AuditEvent))
    mine = AuditEvent.objects.filter(actor_id=str(administrator.pk))
    assert mine.filter(action="admin.viewed", target_id=str(furnished.patient_id)).count() == 1
    assert mine.filter(action="admin.viewed", target_id="").count() == 1
    assert mine.filter(action="audit.viewed", chain=furnished.practice_id).count() == 1


def test_the_trail_is_searched_by_action_person_and_time(boss, practice, furnished, administrator) -> None:
    def found(**query: str) -> str:
        return boss.get(address(AuditEvent), query).content.decode()

    assert "Filed a note to the chart" in found(what="note.filed", period="day")
    assert 'class="field-what">Filed a note' not in found(what="baa.recorded")
    assert f'class="field-actor_label">{furnished.signer}' in found(q=str(furnished.signer)[:4])
    assert 'class="field-actor_label"' not in found(q="Nobody of that name")


def test_pages_run_under_the_strict_policy(boss, furnished) -> None:
    page = boss.get(address(Note))
    assert "unsafe" not in page["Content-Security-Policy"]
    assert b"style=" not in page.content
    assert b"<style" not in page.content


def test_a_second_administrator_of_nothing_sees_nothing(client_of, furnished) -> None:
    lost = UserFactory(is_staff=True)
    assert client_of(lost).get(address(Note)).status_code == 403
