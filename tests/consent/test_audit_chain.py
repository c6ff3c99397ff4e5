from __future__ import annotations

import contextlib

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from consent import immutability
from consent.audit import SYSTEM, audited, record
from consent.models import AuditEvent, AuditHead
from consent.verification import verify_chains
from tests.factories.people import PracticeFactory

pytestmark = pytest.mark.django_db


def write(count: int, practice: object = None) -> None:
    for number in range(count):
        record("worklist.viewed", actor=SYSTEM, practice=practice, data={"n": number})  # type: ignore[arg-type]


def tamper(sql: str, *values: object) -> None:
    with immutability.lifted(AuditEvent), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_events_of_two_practices_form_two_chains_that_verify() -> None:
    write(3, PracticeFactory())
    write(2, PracticeFactory())
    found = verify_chains()
    assert (found.rows, len(found.heads), found.bad) == (5, 2, None)


def test_an_event_exists_exactly_when_its_change_does() -> None:
    with pytest.raises(RuntimeError), audited():
        record("worklist.viewed", actor=SYSTEM)
        raise RuntimeError
    assert not AuditEvent.objects.exists()


def test_an_inner_change_that_was_undone_leaves_no_event_though_the_outer_one_stands() -> None:
    with audited():
        record("worklist.viewed", actor=SYSTEM)
        with contextlib.suppress(RuntimeError), audited():
            record("patient.created", actor=SYSTEM)
            raise RuntimeError
    assert [event.action for event in AuditEvent.objects.all()] == ["worklist.viewed"]


def test_unlisted_actions_are_refused() -> None:
    with pytest.raises(KeyError):
        record("made.up", actor=SYSTEM)


@pytest.mark.parametrize("column", ["action", "actor_label", "data", "reason", "target_id", "digest", "prev"])
def test_a_changed_row_is_named(column: str) -> None:
    write(5)
    victim = AuditEvent.objects.order_by("id")[2]
    tamper(f"UPDATE consent_auditevent SET {column} = 'x' WHERE id = %s", victim.pk)
    bad = verify_chains().bad
    assert bad is not None
    assert bad.id in {victim.pk, victim.pk + 1}


@pytest.mark.sqlite
def test_a_row_with_bytes_that_are_no_text_is_named() -> None:
    write(5)
    victim = AuditEvent.objects.order_by("id")[2]
    tamper("UPDATE consent_auditevent SET action = CAST(X'ff41' AS TEXT), at = 'x' WHERE id = %s", victim.pk)
    bad = verify_chains().bad
    assert bad is not None
    assert bad.id == victim.pk
    with pytest.raises(CommandError, match=f"row {victim.pk}"):
        call_command("verify_audit")


def test_removed_rows_and_a_cut_tail_are_found() -> None:
    write(5)
    second, last = AuditEvent.objects.order_by("id")[1], AuditEvent.objects.order_by("id")[4]
    tamper("DELETE FROM consent_auditevent WHERE id = %s", last.pk)
    bad = verify_chains().bad
    assert bad is not None
    assert "missing" in bad.problem
    tamper("DELETE FROM consent_auditevent WHERE id = %s", second.pk)
    bad = verify_chains().bad
    assert bad is not None
    assert "should stand" in bad.problem


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consent_auditevent SET action = 'x'",
        "DELETE FROM consent_auditevent",
    ],
)
def test_the_database_refuses_changes(sql: str) -> None:
    write(1)
    with pytest.raises(Error, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_database_refuses_replacement_and_emptying() -> None:
    write(1)
    sql = (
        "INSERT OR REPLACE INTO consent_auditevent SELECT * FROM consent_auditevent"
        if connection.vendor == "sqlite"
        else "TRUNCATE consent_auditevent CASCADE"
    )
    with pytest.raises(Error, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_every_immutable_table_has_its_triggers() -> None:
    assert immutability.missing(connection) == []
    assert len(immutability.immutable_models()) >= 6


def test_a_head_moved_back_is_found() -> None:
    write(3)
    AuditHead.objects.update(seq=2)
    assert verify_chains().bad is not None


@pytest.mark.sqlite
def test_a_replacement_that_clashes_on_another_unique_key_is_refused_without_our_pragma() -> None:
    """As somebody with the sqlite3 tool would try it: another id, the same place in the chain."""
    write(2)
    columns = [field.column for field in AuditEvent._meta.concrete_fields if field.column != "id"]
    sql = (
        f"INSERT OR REPLACE INTO consent_auditevent (id, {', '.join(columns)}) "
        f"SELECT id + 1000, {', '.join(columns)} FROM consent_auditevent"
    )
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers=OFF")
        try:
            with pytest.raises(Error, match="immutable"), transaction.atomic():
                cursor.execute(sql)
        finally:
            cursor.execute("PRAGMA recursive_triggers=ON")
