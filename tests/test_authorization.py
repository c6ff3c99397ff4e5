"""Authorization is a matrix, tested whole (DESIGN §6 rule 13): every address that the URL conf knows, for every kind
of caller, against the committed table. An address that is not in the table fails.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from consent.models import AuditHead
from tests import authorization_table as table
from tests.addresses import ALL, MODELS, OWN, WITH_ID, Address, code_of, url_of
from tests.authorization_table import ADMIN_COLUMNS, ADMIN_DOORS, STAFF
from tests.world import (
    NO_CLINICAL_TEXT,
    OURS,
    PEOPLE,
    STRANGERS_TO_THEM,
    STRANGERS_TO_US,
    THEIRS,
    World,
)


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any, db: None) -> None:
    settings.REQUIRE_MFA = True


def observe(scene: World, caller: str, address: Address, method: str) -> str:
    """The code, with ! behind it if the request changed the object that it was about; and nobody reads too much."""
    how = {} if method == "GET" else table.form(address.name, scene.ours.objects)
    subject = scene.ours.objects.get(table.SUBJECTS.get(address.name, ""))
    response, changed = scene.ask_and_compare(caller, method, url_of(scene, address), subject, **how)
    assert_nothing_told(response, caller)
    return code_of(response) + ("!" if changed else "")


def observe_admin(scene: World, caller: str, model: Any, page: str, method: str) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    subject = None
    if page not in {"changelist", "add"}:
        path = admin.site._registry[model].practice_path  # type: ignore[attr-defined]
        rows = model._base_manager.all()
        if model._meta.label == "encounters.User":
            rows = rows.filter(pk=scene.ours.provider.pk)
        elif path:
            rows = rows.filter(**{path: scene.ours.practice.pk})
        subject = rows.order_by("-pk").first()
        assert subject is not None, f"tests/world.py has no {model._meta.label} of our practice"
    url = reverse(name, args=[subject.pk] if subject else [])
    how = (
        {"data": "post=yes", "content_type": "application/x-www-form-urlencoded"} if method == "POST" else {}
    )
    # The end of the chain moves whenever something is noted, a refusal for instance.
    watched = None if model is AuditHead else subject
    response, changed = scene.ask_and_compare(caller, method, url, watched, **how)
    assert_nothing_told(response, caller)
    return code_of(response) + ("!" if changed else "")


def assert_nothing_told(response: Any, caller: str) -> None:
    body = response.getvalue().decode("utf-8", "replace")
    if caller in STRANGERS_TO_THEM:
        assert THEIRS not in body, f"{caller} reads of the other practice"
    if caller in STRANGERS_TO_US:
        assert OURS not in body, f"{caller} reads of our practice"
    if caller in NO_CLINICAL_TEXT:
        assert f"{OURS}-clinical" not in body, f"{caller} reads clinical text"
        assert f"{OURS}-secret" not in body, f"{caller} reads a secret"
    assert f"{OURS}-key" not in body


def test_every_address_is_in_the_table() -> None:
    named = {name for name, _ in table.pages()} | table.admin_addresses()
    assert {str(each) for each in ALL} - named == set(), "add these to tests/authorization_table.py"
    assert named - {str(each) for each in ALL} == set(), "these are gone: take them out"


@pytest.mark.parametrize("address", OWN, ids=str)
def test_matrix(scene: World, address: Address) -> None:
    callers = table.columns(address.name)
    for method in table.methods(address.name):
        found = {caller: observe(scene, caller, address, method) for caller in callers}
        assert found == table.pages().get((address.name, method)), f"{method} {address}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_matrix_of_the_administration(scene: World, model: Any) -> None:
    expected = table.administration()[model._meta.label_lower]
    for caller in STAFF:
        found = [observe_admin(scene, caller, model, page, method) for page, method in ADMIN_COLUMNS]
        assert found == expected[caller], f"{caller}: {ADMIN_COLUMNS}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_administration_is_closed_to_everybody_else(scene: World, model: Any) -> None:
    for caller in (*(set(PEOPLE) - set(STAFF)), "key"):
        found = {observe_admin(scene, caller, model, page, method) for page, method in ADMIN_DOORS}
        assert found <= {"in", "2f", "401"}, f"{caller} gets {found}"


@pytest.mark.parametrize("address", WITH_ID, ids=str)
def test_outsider_gets_404_on_every_address_with_an_id(scene: World, address: Address) -> None:
    """Whatever the method: an address that takes it answers 404, and 405 comes only where nobody could use it."""
    if address.name in table.NOT_FOR_PEOPLE:
        return
    taken = table.pages()
    for caller in ("outsider", "former", "out_admin"):
        if address.name in table.ADMIN_OWN and caller != "out_admin":
            continue
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            theirs = scene.ask(caller, method, url_of(scene, address))
            nobodys = scene.ask(caller, method, url_of(scene, address, random=True))
            usable = taken.get((address.name, method), {}).get("provider") not in {None, "405"}
            assert theirs.status_code == (404 if usable else theirs.status_code)
            assert theirs.status_code in {404, 405}
            assert _told_apart(theirs) == _told_apart(nobodys)


def _told_apart(response: Any) -> tuple[Any, ...]:
    """Everything that could tell two answers apart, but for the clock and tokens."""
    clock = {"RateLimit", "Expires"}
    headers = sorted(
        (name, sorted(value.split("; "))) for name, value in response.items() if name not in clock
    )
    body = re.sub(rb'(name="csrfmiddlewaretoken" value|data-session-left)="\w+"', b"", response.content)
    return response.status_code, body, headers


@pytest.mark.parametrize(
    "name",
    [
        "api-note", "api-transcript", "fhir-document", "fhir-history", "fhir-version", "fhir-bundle", "fhir-binary",
        "fhir-provenance", "fhir-person", "fhir-export-status", "fhir-export-file", "fhir-export-group",
    ],
)  # fmt: skip
def test_other_practices_note_is_byte_for_byte_a_note_that_never_was(scene: World, name: str) -> None:
    address = next(each for each in ALL if each.name == name)
    for caller in ("other_key", "key"):
        of = scene.ours if caller == "other_key" else scene.theirs
        theirs = scene.ask(caller, "GET", url_of(scene, address, of=of))
        nobodys = scene.ask(caller, "GET", url_of(scene, address, random=True))
        assert theirs.status_code == 404
        assert _told_apart(theirs) == _told_apart(nobodys)


@pytest.mark.parametrize("state", ["draft", "signed"])
def test_no_key_reads_a_note_before_it_is_filed(scene: World, state: str) -> None:
    note = scene.ours.objects[state]
    for name in ("api-note", "api-transcript"):
        assert scene.ask("key", "GET", reverse(name, args=[note.pk])).status_code == 404
    assert str(note.pk) not in scene.ask("key", "GET", reverse("api-notes")).content.decode()
