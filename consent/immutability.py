"""Rows that nobody may change: the database itself refuses UPDATE, DELETE, REPLACE, upsert and TRUNCATE.

Models opt in with ``immutable = True``. Triggers are (re-)created after every migrate, because a SQLite table
rebuild drops them silently, and a system check reports any that is missing.

The table's owner can drop a trigger. That is what the audit chain is for: it detects what this refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

FUNCTION = "countersign_refuse_change"
OPERATIONS = ("update", "delete")


def immutable_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "immutable", False)]


def trigger_names(model: type[models.Model], vendor: str) -> list[str]:
    table = model._meta.db_table
    extra = "truncate" if vendor == "postgresql" else "replace"
    return [f"{table}_no_{operation}" for operation in (*OPERATIONS, extra)]


def _sqlite_statements(model: type[models.Model]) -> list[str]:
    table = model._meta.db_table
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} rows are immutable'); END"
    statements = [
        f'CREATE TRIGGER IF NOT EXISTS "{table}_no_{operation}" BEFORE {operation.upper()} ON "{table}" {refuse}'
        for operation in OPERATIONS
    ]
    # INSERT OR REPLACE deletes the rows it clashes with, without firing the delete trigger.
    clash = " OR ".join(
        "(" + " AND ".join(f'"{column}" = NEW."{column}"' for column in key) + ")"
        for key in _unique_keys(model)
    )
    found = f'SELECT 1 FROM "{table}" WHERE {clash}'  # noqa: S608 - names of our own models
    statements.append(
        f'CREATE TRIGGER IF NOT EXISTS "{table}_no_replace" BEFORE INSERT ON "{table}" WHEN EXISTS ({found}) {refuse}'
    )
    return statements


def _unique_keys(model: type[models.Model]) -> list[list[str]]:
    """The columns of everything in the table that is unique, the primary key among them."""
    meta = model._meta
    single = [[str(field.column)] for field in meta.concrete_fields if field.unique]
    several = [
        [str(meta.get_field(name).column) for name in constraint.fields]  # type: ignore[union-attr]
        for constraint in meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields
    ]
    return single + several


def _postgresql_statements(table: str) -> list[str]:
    statements = [
        (
            f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
        )
    ]
    for name, event, level in (
        (f"{table}_no_update", "UPDATE", "ROW"),
        (f"{table}_no_delete", "DELETE", "ROW"),
        (f"{table}_no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        statements += [
            f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH {level} EXECUTE FUNCTION {FUNCTION}()',
            # A superuser with session_replication_role=replica gets past an ordinary trigger.
            f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"',
        ]
    return statements


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def install(model: type[models.Model], connection: BaseDatabaseWrapper) -> None:
    if connection.vendor == "sqlite":
        _execute(connection, _sqlite_statements(model))
    elif connection.vendor == "postgresql":
        _execute(connection, _postgresql_statements(model._meta.db_table))


def remove(model: type[models.Model], connection: BaseDatabaseWrapper) -> None:
    table = model._meta.db_table
    on_table = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    names = trigger_names(model, connection.vendor)
    _execute(connection, [f'DROP TRIGGER IF EXISTS "{name}"{on_table}' for name in names])


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that should be there and are not, for tables that exist."""
    tables = set(connection.introspection.table_names())
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    )
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        present = {row[0] for row in cursor.fetchall()}
    wanted = [
        name
        for model in immutable_models()
        if model._meta.db_table in tables
        for name in trigger_names(model, connection.vendor)
    ]
    return [name for name in wanted if name not in present]


def install_after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    for model in immutable_models():
        if model._meta.app_label == sender.label and model._meta.db_table in tables:
            install(model, connection)


@contextmanager
def lifted(*which: type[models.Model], using: str = "default") -> Iterator[None]:
    """Run one transaction with the triggers of these models away: key rotation and audited retention purges only.

    Dropping and re-creating happen in the same transaction, so nobody else ever sees the table unguarded.
    """
    connection = connections[using]
    with transaction.atomic(using=using):
        _check_deferred(connection)
        for model in which:
            remove(model, connection)
        yield
        _check_deferred(connection)
        for model in which:
            install(model, connection)


def _check_deferred(connection: BaseDatabaseWrapper) -> None:
    """PostgreSQL alters no table that foreign keys are still to be checked for at the end of the transaction."""
    if connection.vendor == "postgresql":
        connection.check_constraints()
