"""Where sealed values are kept: every encrypted column by itself, and what apps register beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from config.crypto.fields import EncryptedField

Reseal = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """A column that holds sealed values, whole or inside other data.

    `reseal(pk, stored)` returns what to store instead, sealed by the current key: `stored` itself where nothing
    is to do. It raises DecryptionError for a value that does not open.
    """

    model: type[models.Model]
    field: str
    reseal: Reseal

    def __str__(self) -> str:
        return f"{self.model._meta.label_lower}.{self.field}"


_registered: dict[tuple[str, str], tuple[str, Reseal]] = {}


def register(label: str, field: str, reseal: Reseal) -> None:
    """Name a column that is no encrypted field and yet holds sealed values; called from `AppConfig.ready`."""
    _registered[label.lower(), field] = (label, reseal)


def sealed_places() -> list[SealedPlace]:
    """Every place, ordered by its name."""
    found = [
        SealedPlace(model, field.name, field.reseal)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedField)
    ]
    found += [
        SealedPlace(apps.get_model(label), field, reseal)
        for (_, field), (label, reseal) in _registered.items()
    ]
    return sorted(found, key=str)
