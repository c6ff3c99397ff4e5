"""Encrypted model fields.

The column is binary and holds a value sealed by the key ring with `app.model.field:pk` as associated
data: a ciphertext copied to another row or column does not open. So the primary key must exist before
INSERT (UUIDs made in Python), and renaming a model or field needs a data migration that seals anew.

Rows load as `Ciphertext` and are decrypted when the attribute is read. The field object itself holds
no state, so threads can't see each other's values. `values()` and `values_list()` return `Ciphertext`;
open it with `Model._meta.get_field(name).unseal(pk, ciphertext)`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django import forms
from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from config.crypto.keyring import get_keyring

_Set_contra = TypeVar("_Set_contra", contravariant=True)
_Get_co = TypeVar("_Get_co", covariant=True)

if TYPE_CHECKING:
    _Field = models.Field
else:

    class _Field(models.Field):
        """Subscriptable as in the type stubs."""

        def __class_getitem__(cls, types: Any) -> type:
            return cls


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """A sealed column value, as it is in the database."""

    blob: bytes = field(repr=False)


class EncryptedAttribute(DeferredAttribute):
    """Decrypts on first read; takes plaintext, or a Ciphertext made for this very row."""

    field: EncryptedField[Any, Any]

    def __get__(self, instance: models.Model | None, cls: type | None = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is None or not isinstance(value, Ciphertext):
            return value
        plaintext = self.field.unseal(instance.pk, value)
        state = instance.__dict__
        if state.get(self.field.attname) is value:  # else it was assigned to meanwhile
            state[self.field.attname] = plaintext
        return plaintext

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(_Field[_Set_contra, _Get_co]):
    """Base of the encrypted fields; subclasses say how a value becomes bytes and back."""

    descriptor_class = EncryptedAttribute

    def encode(self, value: Any) -> bytes:
        raise NotImplementedError

    def decode(self, data: bytes) -> Any:
        raise NotImplementedError

    def seal(self, pk: Any, value: Any) -> Ciphertext | None:
        """`value` encrypted for the row `pk`: what `QuerySet.update()` accepts. None stays None."""
        if value is None:
            return None
        return Ciphertext(get_keyring().seal(self.encode(value), self._aad(pk)))

    def unseal(self, pk: Any, ciphertext: Ciphertext | None) -> Any:
        """The value of the row `pk`; raises DecryptionError for another row's, or an altered one."""
        if ciphertext is None:
            return None
        return self.decode(get_keyring().unseal(ciphertext.blob, self._aad(pk)))

    def reseal(self, pk: Any, ciphertext: Ciphertext | None) -> Ciphertext | None:
        """The same value sealed by the current key; `ciphertext` itself where it already is."""
        if ciphertext is None:
            return None
        blob = get_keyring().reseal(ciphertext.blob, self._aad(pk))
        return ciphertext if blob is ciphertext.blob else Ciphertext(blob)

    def _aad(self, pk: Any) -> bytes:
        if pk is None:
            raise ValueError(f"{self} can't be encrypted before its row has a primary key.")
        meta = self.model._meta
        return f"{meta.label_lower}.{self.name}:{meta.pk.to_python(pk)}".encode()

    def get_internal_type(self) -> str:
        return "BinaryField"

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Ciphertext | None:
        return None if value is None else Ciphertext(bytes(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Ciphertext | None:  # noqa: FBT001
        state = model_instance.__dict__
        value = state[self.attname] if self.attname in state else getattr(model_instance, self.attname)
        if isinstance(value, Ciphertext):
            # A row saved under a new primary key would keep a value that nothing opens any more.
            self.unseal(model_instance.pk, value)
            return value
        return self.seal(model_instance.pk, value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        if value is None:
            return None
        if not isinstance(value, Ciphertext):
            self._refuse_plaintext()
        return connection.Database.Binary(value.blob)

    def get_placeholder(self, value: Any, _compiler: Any, _connection: Any) -> str:
        if hasattr(value, "resolve_expression"):
            self._refuse_plaintext()
        return "%s"

    def _refuse_plaintext(self) -> NoReturn:
        raise TypeError(
            f"{self} is encrypted and each row needs its own ciphertext. Save instances, or pass "
            f"{self.model.__name__}._meta.get_field({self.name!r}).seal(pk, value) to update(). "
            "Expressions and bulk_update() can't be used."
        )

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self} is encrypted and can only be searched by isnull.")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self} is encrypted and has no transform {lookup_name!r}.")

    def value_to_string(self, _obj: models.Model) -> str:
        raise TypeError(f"{self} is encrypted and can't be dumped as text; back up the database instead.")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        messages = [*super().check(**kwargs)]
        if isinstance(self.model._meta.pk, models.AutoField):
            hint = "Use a UUIDField(default=…) as primary key: ciphertexts are bound to it before INSERT."
            messages.append(
                checks.Error("An encrypted field needs a key made in Python.", hint, self, "crypto.E001")
            )
        if self.unique:
            hint = "Equal values have different ciphertexts. Make a keyed hash unique instead."
            messages.append(checks.Error("An encrypted field can't be unique.", hint, self, "crypto.E002"))
        return messages


class EncryptedTextField(EncryptedField[_Set_contra, _Get_co]):
    """Text of any length. Null stays null and the empty string stays an (encrypted) empty string."""

    if TYPE_CHECKING:
        _pyi_private_set_type: str
        _pyi_private_get_type: str

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise TypeError(f"{self} takes text, not {type(value).__name__}.")
        try:
            return value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{self} got text with lone surrogates, which can't be stored.") from None

    def decode(self, data: bytes) -> str:
        return data.decode()

    def to_python(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else str(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"widget": forms.Textarea, **kwargs})


class EncryptedBytesField(EncryptedField[_Set_contra, _Get_co]):
    """Bytes of any kind, such as a document. Null stays null."""

    if TYPE_CHECKING:
        _pyi_private_set_type: bytes
        _pyi_private_get_type: bytes

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, bytes):
            raise TypeError(f"{self} takes bytes, not {type(value).__name__}.")
        return value

    def decode(self, data: bytes) -> bytes:
        return data


class EncryptedJSONField(EncryptedField[_Set_contra, _Get_co]):
    """Anything JSON can say. Python's None is NULL; a change made in place is saved with the row."""

    empty_strings_allowed = False

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def encode(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()

    def decode(self, data: bytes) -> Any:
        return json.loads(data)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": forms.JSONField, **kwargs})
