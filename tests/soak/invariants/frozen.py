"""I7: what was signed, filed, agreed or recorded for good never changes, byte for byte."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models

from notes.content import content_hash
from notes.digests import hash_of, signature_digest
from notes.models import Addendum, FiledDocument, Revision, Signature
from tests.soak.invariants import Violation


@dataclass
class Frozen:
    """Remembers every frozen row as it was first seen, and that its contents fit its hashes."""

    _seen: dict[tuple[str, str], str] = field(default_factory=dict)

    def check(self) -> list[Violation]:
        found = []
        present: set[tuple[str, str]] = set()
        fresh: dict[str, list[str]] = {}
        for model in frozen_models():
            for pk, digest in _raw_rows(model):
                key = (model._meta.label, pk)
                present.add(key)
                if key not in self._seen:
                    fresh.setdefault(model._meta.label, []).append(pk)
                elif self._seen[key] != digest:
                    found.append(Violation("I7", f"a {model._meta.verbose_name} was changed", (pk,)))
                self._seen.setdefault(key, digest)
        gone = self._seen.keys() - present
        found += [Violation("I7", f"a row of {label} is gone", (pk,)) for label, pk in sorted(gone)]
        return found + _unfitting(fresh)


def frozen_models() -> list[type[models.Model]]:
    """The tables that refuse changes, except the audit trail, which proves itself."""
    return [
        model
        for model in apps.get_models()
        if getattr(model, "immutable", False) and model._meta.label != "consent.AuditEvent"
    ]


def _raw_rows(model: type[models.Model]) -> list[tuple[str, str]]:
    table = connection.ops.quote_name(model._meta.db_table)
    key = connection.ops.quote_name(model._meta.pk.column)  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key}, t.* FROM {table} AS t")
        return [(str(row[0]), hashlib.sha256(repr(row).encode()).hexdigest()) for row in cursor.fetchall()]


def _unfitting(fresh: dict[str, list[str]]) -> list[Violation]:
    """New rows whose text, opened, is not the text that their hash names."""

    def rows(model: Any) -> Any:
        wanted = fresh.get(model._meta.label, [])
        return model._default_manager.filter(pk__in=wanted).iterator()

    checked = (
        *((row, content_hash(row.content) == row.content_sha256) for row in rows(Revision)),
        *((row, _sha256(row.body) == row.body_sha256) for row in rows(FiledDocument)),
        *((row, hash_of(row) == row.signature.content_sha256) for row in rows(Addendum)),
        *((row, _signature_fits(row)) for row in rows(Signature)),
    )
    what = "the {} does not fit its hash"
    return [
        Violation("I7", what.format(row._meta.verbose_name), (str(row.pk),))
        for row, fits in checked
        if not fits
    ]


def _signature_fits(signature: Signature) -> bool:
    if signature_digest(signature, signature.note) != signature.digest:
        return False
    revision = signature.revision
    return revision is None or revision.content_sha256 == signature.content_sha256


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
