"""Rotation reaches every sealed value there is, and an old key is not needed any more afterwards."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from config.crypto.fields import EncryptedField
from config.crypto.keyring import DecryptionError
from config.crypto.places import SealedPlace, sealed_places
from consent.audit import SYSTEM
from consent.immutability import missing
from consent.models import AuditEvent
from consent.rotation import keys_rotate
from consent.verification import verify_chains
from encounters.audio.store import new_data_key, unwrap_key, wrap_key
from notes.models import EngineAccount, Revision
from tests.factories.authenticators import SECRET, code_now, enrol, recovery_codes
from tests.factories.encounters import RecordingFactory
from tests.factories.people import UserFactory
from tests.world import side

pytestmark = pytest.mark.django_db

NEW = "new:" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def stored() -> Any:
    """A practice with one of everything that is sealed, each under the old key."""
    return side("Zqxrotate")


def plain(place: SealedPlace) -> dict[Any, Any]:
    """Every value of an encrypted column, opened."""
    field = place.model._meta.get_field(place.field)
    assert isinstance(field, EncryptedField)
    rows = place.model._base_manager.values_list("pk", place.field)
    return {pk: field.unseal(pk, stored) for pk, stored in rows}


def columns() -> list[SealedPlace]:
    return [p for p in sealed_places() if isinstance(p.model._meta.get_field(p.field), EncryptedField)]


def with_new_key_in_front(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, *configured.ENCRYPTION_KEYS]


def test_every_sealed_column_opens_with_the_new_key_alone(settings: Any, stored: Any) -> None:
    before = {str(place): plain(place) for place in columns()}
    assert len(before) > 10
    with_new_key_in_front(settings)
    call_command("rotate_keys", batch=2)
    settings.ENCRYPTION_KEYS = [NEW]
    assert {str(place): plain(place) for place in columns()} == before


def test_recording_keys_and_second_factors_are_among_what_is_rotated(settings: Any) -> None:
    recording, destroyed = RecordingFactory(), RecordingFactory(wrapped_key=b"")
    key = new_data_key()
    type(recording).objects.filter(pk=recording.pk).update(wrapped_key=wrap_key(key, recording.pk))
    user = UserFactory()
    enrol(user)
    codes = recovery_codes(user)
    with_new_key_in_front(settings)
    keys_rotate(actor=SYSTEM)
    settings.ENCRYPTION_KEYS = [NEW]
    recording.refresh_from_db()
    destroyed.refresh_from_db()
    assert unwrap_key(recording.wrapped_key, recording.pk) == key
    assert bytes(destroyed.wrapped_key) == b""
    totp = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).wrap()
    assert totp.validate_code(code_now(SECRET))
    assert (
        Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()
        == codes
    )


def test_the_guard_of_immutable_rows_is_back_afterwards(settings: Any, stored: Any) -> None:
    with_new_key_in_front(settings)
    keys_rotate(actor=SYSTEM)
    assert missing(connection) == []
    with pytest.raises(Error), transaction.atomic():
        Revision.objects.update(kind="draft")


def test_a_second_run_finds_nothing_to_do(settings: Any, stored: Any) -> None:
    with_new_key_in_front(settings)
    assert sum(keys_rotate(actor=SYSTEM).renewed.values()) > 10
    events = AuditEvent.objects.count()
    assert keys_rotate(actor=SYSTEM).renewed == {}
    assert AuditEvent.objects.count() == events


def test_an_interrupted_run_is_finished_by_the_next_and_both_are_recorded(settings: Any, stored: Any) -> None:
    class Interrupted(Exception):
        pass

    def stop(_place: str, _count: int) -> None:
        raise Interrupted

    with_new_key_in_front(settings)
    with pytest.raises(Interrupted):
        keys_rotate(actor=SYSTEM, batch=1, tell=stop)
    assert AuditEvent.objects.filter(action="keys.rotated").count() == 1
    done = keys_rotate(actor=SYSTEM)
    assert done.renewed and not done.unopened
    settings.ENCRYPTION_KEYS = [NEW]
    assert all(plain(place) is not None for place in columns())
    assert verify_chains().bad is None


def test_the_event_says_which_column_and_how_many_and_holds_no_content(settings: Any, stored: Any) -> None:
    with_new_key_in_front(settings)
    keys_rotate(actor=SYSTEM)
    said = "".join(AuditEvent.objects.filter(action="keys.rotated").values_list("data", flat=True))
    assert '"place":"notes.revision.content"' in said
    assert '"key":"new"' in said
    assert "Zqxrotate" not in said


def test_a_value_that_no_key_opens_is_named_and_keeps_the_old_keys_in_service(
    settings: Any, stored: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = EngineAccount._meta.get_field("api_key"), stored.objects["account"]
    foreign = first.seal("0190a0a0-0000-7000-8000-000000000000", "moved")
    EngineAccount.objects.filter(pk=second.pk).update(api_key=foreign)
    with_new_key_in_front(settings)
    with pytest.raises(CommandError, match="1 values could not be opened"):
        call_command("rotate_keys")
    assert str(second.pk) in capsys.readouterr().err
    settings.ENCRYPTION_KEYS = [NEW]
    assert all(plain(p) is not None for p in columns() if p.field != "api_key")
    with pytest.raises(DecryptionError):
        plain(next(p for p in columns() if p.field == "api_key"))
