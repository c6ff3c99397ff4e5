# ruff: noqa: DJ008
from __future__ import annotations

import pickle
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.db.models import Case, F, Value, When

from config.crypto.fields import Ciphertext, EncryptedJSONField, EncryptedTextField
from config.crypto.keyring import DecryptionError, key_id_of


class Sheet(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.CharField(max_length=20, default="", blank=True)
    body = EncryptedTextField(blank=True)
    remark = EncryptedTextField(null=True, blank=True)
    data = EncryptedJSONField(null=True, blank=True, default=dict)

    class Meta:
        app_label = "crypto_tests"


@pytest.fixture(scope="module")
def sheet_table(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Sheet)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Sheet)


@pytest.fixture
def sheets(sheet_table, db, two_keys):
    return Sheet.objects


def stored(sheet: Sheet, column: str = "body") -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM crypto_tests_sheet WHERE id = %s",
            [Sheet._meta.pk.get_db_prep_value(sheet.pk, connection)],
        )
        value = cursor.fetchone()[0]
    return None if value is None else bytes(value)


def raw_update(sheet: Sheet, blob: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crypto_tests_sheet SET body = %s WHERE id = %s",
            [connection.Database.Binary(blob), Sheet._meta.pk.get_db_prep_value(sheet.pk, connection)],
        )


def test_values_come_back_and_the_column_holds_only_ciphertext(sheets):
    sheet = sheets.create(body="Metformin 500 mg täglich", remark="ok", data={"dose": [1, None, "½"]})
    loaded = sheets.get(pk=sheet.pk)
    assert (loaded.body, loaded.remark, loaded.data) == (sheet.body, "ok", {"dose": [1, None, "½"]})
    assert b"Metformin" not in stored(sheet)
    assert key_id_of(stored(sheet)) == "new"


def test_null_stays_null_and_empty_stays_empty(sheets):
    sheet = sheets.create(body="", remark=None, data=None)
    loaded = sheets.get(pk=sheet.pk)
    assert (loaded.body, loaded.remark, loaded.data) == ("", None, None)
    assert stored(sheet) is not None
    assert stored(sheet, "remark") is None
    assert sheets.get(remark__isnull=True, data__isnull=True, body__isnull=False) == sheet


def test_a_row_loads_as_ciphertext_and_opens_on_reading(sheets):
    loaded = sheets.get(pk=sheets.create(body="plain").pk)
    assert isinstance(loaded.__dict__["body"], Ciphertext)
    assert loaded.body == "plain"
    assert loaded.__dict__["body"] == "plain"


def test_saving_an_unread_value_keeps_its_bytes(sheets):
    sheet = sheets.create(body="plain")
    before = stored(sheet)
    loaded = sheets.get(pk=sheet.pk)
    loaded.title = "other"
    loaded.save()
    assert stored(sheet) == before


def test_assigned_and_changed_in_place_values_are_saved(sheets):
    sheet = sheets.create(body="one", data={"a": 1})
    loaded = sheets.get(pk=sheet.pk)
    loaded.body = "two"
    loaded.data["b"] = 2
    loaded.save(update_fields=["body", "data"])
    sheet.refresh_from_db()
    assert (sheet.body, sheet.data) == ("two", {"a": 1, "b": 2})


def test_deferred_fields_load_when_read(sheets, django_assert_num_queries):
    pk = sheets.create(body="later", title="t").pk
    for queryset in (sheets.only("title"), sheets.defer("body")):
        sheet = queryset.get(pk=pk)
        assert "body" in sheet.get_deferred_fields()
        with django_assert_num_queries(1):
            assert sheet.body == "later"
    unread = sheets.defer("body").get(pk=pk)
    unread.title = "changed"
    unread.save()
    assert sheets.get(pk=pk).body == "later"


def test_bulk_create_seals_each_row(sheets):
    made = sheets.bulk_create([Sheet(body=f"row {n}") for n in range(3)])
    assert [sheets.get(pk=sheet.pk).body for sheet in made] == ["row 0", "row 1", "row 2"]


def test_get_or_create_and_update_or_create_work_with_defaults(sheets):
    pk = uuid.uuid4()
    sheets.get_or_create(pk=pk, defaults={"body": "first"})
    sheets.update_or_create(pk=pk, defaults={"body": "second"})
    assert sheets.get(pk=pk).body == "second"


@pytest.mark.parametrize(
    "value", ["plain", b"bytes", Value("plain"), F("remark"), Case(When(pk=None, then=Value("x")))]
)
def test_update_refuses_whatever_is_not_ciphertext(sheets, value):
    sheet = sheets.create(body="kept", remark="r")
    expected = r"Sheet\._meta\.get_field\('body'\)\.seal\(pk, value\)"
    with pytest.raises(TypeError, match=expected), transaction.atomic():
        sheets.filter(pk=sheet.pk).update(body=value)
    assert sheets.get(pk=sheet.pk).body == "kept"


def test_update_takes_a_value_sealed_for_the_row(sheets):
    sheet = sheets.create(body="one", remark="r")
    field = Sheet._meta.get_field("body")
    sheets.filter(pk=sheet.pk).update(body=field.seal(str(sheet.pk).upper(), "two"), remark=None)
    loaded = sheets.get(pk=sheet.pk)
    assert (loaded.body, loaded.remark) == ("two", None)


def test_bulk_update_is_refused(sheets):
    sheet = sheets.create(body="one")
    sheet.body = "two"
    with pytest.raises(TypeError, match=r"bulk_update\(\) can't be used"):
        sheets.bulk_update([sheet], ["body"])


def test_values_gives_ciphertext_that_the_field_opens(sheets):
    sheet = sheets.create(body="plain")
    ciphertext = sheets.values_list("body", flat=True).get(pk=sheet.pk)
    assert repr(ciphertext) == "Ciphertext()"
    assert Sheet._meta.get_field("body").unseal(sheet.pk, ciphertext) == "plain"


def test_a_ciphertext_moved_to_another_row_does_not_open(sheets):
    source, target = sheets.create(body="for source"), sheets.create(body="for target")
    raw_update(target, stored(source))
    with pytest.raises(DecryptionError):
        _ = sheets.get(pk=target.pk).body


def test_a_ciphertext_moved_to_another_column_does_not_open(sheets):
    sheet = sheets.create(body="b", remark="r")
    raw_update(sheet, stored(sheet, "remark"))
    with pytest.raises(DecryptionError):
        _ = sheets.get(pk=sheet.pk).body


def test_an_altered_value_raises_and_is_never_returned(sheets):
    sheet = sheets.create(body="b")
    blob = bytearray(stored(sheet))
    blob[-1] ^= 1
    raw_update(sheet, bytes(blob))
    with pytest.raises(DecryptionError):
        sheet.refresh_from_db()


def test_saving_a_row_under_another_key_never_stores_what_nothing_opens(sheets):
    loaded = sheets.get(pk=sheets.create(body="b").pk)
    loaded.pk = uuid.uuid4()
    with pytest.raises(DecryptionError):
        loaded.save(force_insert=True)


def test_old_rows_open_after_rotation_and_are_resealed_when_saved(sheets, settings, two_keys):
    sheet = sheets.create(body="b")
    settings.ENCRYPTION_KEYS = list(reversed(two_keys))
    loaded = sheets.get(pk=sheet.pk)
    assert loaded.body == "b"
    loaded.save()
    assert key_id_of(stored(sheet)) == "old"


def test_a_key_that_is_gone_is_named(sheets, settings, two_keys):
    sheet = sheets.create(body="b")
    settings.ENCRYPTION_KEYS = two_keys[1:]
    with pytest.raises(DecryptionError, match="'new'"):
        _ = sheets.get(pk=sheet.pk).body


@pytest.mark.parametrize(
    "lookup", ["body", "body__exact", "body__contains", "body__in", "data__dose", "body__length"]
)
def test_searching_an_encrypted_field_is_refused(lookup):
    with pytest.raises(FieldError):
        Sheet.objects.filter(**{lookup: "x"})


@pytest.mark.parametrize(
    ("values", "error"), [({"body": 5}, TypeError), ({"body": "\ud800 secret"}, ValueError)]
)
def test_what_is_not_text_is_refused_without_being_repeated(two_keys, values, error):
    with pytest.raises(error) as refusal:
        Sheet._meta.get_field("body").pre_save(Sheet(**values), add=True)
    assert "secret" not in str(refusal.value)


def test_a_row_without_a_key_of_its_own_is_refused(two_keys):
    with pytest.raises(ValueError, match="primary key"):
        Sheet._meta.get_field("body").pre_save(Sheet(pk=None, body="x"), add=True)


def test_ciphertext_survives_pickling_into_a_cache():
    assert pickle.loads(pickle.dumps(Ciphertext(b"x"))) == Ciphertext(b"x")


def test_migrations_see_ordinary_fields():
    for name, options in (
        ("body", {"blank": True}),
        ("data", {"null": True, "blank": True, "default": dict}),
    ):
        field = Sheet._meta.get_field(name)
        path, args, kwargs = field.deconstruct()[1:]
        assert (path, args, kwargs) == (f"config.crypto.fields.{type(field).__name__}", [], options)
        assert type(field)(**kwargs).deconstruct()[1:] == (path, args, kwargs)
    assert "EncryptedTextField(blank=True)" in MigrationWriter.serialize(Sheet._meta.get_field("body"))[0]
    assert Sheet._meta.get_field("body").clone().get_internal_type() == "BinaryField"


def test_forms_edit_the_plaintext():
    form_class = forms.modelform_factory(Sheet, fields=["body", "data"])
    form = form_class(instance=Sheet(body="text", data={"a": 1}))
    assert isinstance(form.fields["body"].widget, forms.Textarea)
    assert "text</textarea>" in str(form["body"])
    assert isinstance(form.fields["data"], forms.JSONField)
    bound = form_class({"body": "new", "data": "[1]"}, instance=Sheet())
    assert bound.is_valid()
    assert (bound.instance.body, bound.instance.data) == ("new", [1])


def test_validation_treats_a_required_text_as_any_text_field():
    class Letter(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        body = EncryptedTextField()

        class Meta:
            app_label = "crypto_tests_validation"

    with pytest.raises(ValidationError):
        Letter(body="").full_clean(validate_unique=False)
    Letter(body="x").full_clean(validate_unique=False)
    assert Letter().body == ""


def test_checks_refuse_keys_made_by_the_database_and_unique_columns():
    class Numbered(models.Model):
        id = models.AutoField(primary_key=True)
        body = EncryptedTextField(unique=True)

        class Meta:
            app_label = "crypto_tests_checks"

    assert {message.id for message in Numbered._meta.get_field("body").check()} == {
        "crypto.E001",
        "crypto.E002",
    }
    assert Sheet._meta.get_field("body").check() == []


def test_dumping_as_text_is_refused(two_keys):
    field = Sheet._meta.get_field("body")
    with pytest.raises(TypeError, match="back up the database"):
        field.value_to_string(Sheet(body="x"))


def test_readers_never_see_ciphertext_while_others_validate_and_save(two_keys):
    """The race of a known package, which keeps a flag on the field that all threads share."""
    field = Sheet._meta.get_field("body")
    pk = uuid.uuid4()
    sealed = field.seal(pk, "plain")
    done = threading.Event()

    def load() -> Sheet:
        return Sheet.from_db(
            "default", ["id", "title", "body", "remark", "data"], [pk, "", sealed, None, None]
        )

    def validate_and_save() -> None:
        while not done.is_set():
            sheet = load()
            sheet.body = "changed"
            sheet.full_clean(validate_unique=False)
            assert field.unseal(pk, field.pre_save(sheet, add=False)) == "changed"

    def read() -> set[str]:
        return {load().body for _ in range(2000)}

    with ThreadPoolExecutor(5) as pool:
        writers = [pool.submit(validate_and_save) for _ in range(2)]
        seen = [reader.result() for reader in [pool.submit(read) for _ in range(3)]]
        done.set()
        assert [writer.result() for writer in writers] == [None, None]
    assert seen == [{"plain"}] * 3
