from __future__ import annotations

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from config.crypto.keyring import DecryptionError, KeyRing, get_keyring, key_id_of, seal, unseal

from .conftest import encoded_key

RING = KeyRing.parse([f"k1:{encoded_key(1)}"])


@given(plaintext=st.binary(max_size=300), aad=st.binary(max_size=40))
def test_what_is_sealed_unseals_with_the_same_associated_data(plaintext, aad):
    assert RING.unseal(RING.seal(plaintext, aad), aad) == plaintext


@given(plaintext=st.binary(max_size=100), data=st.data())
def test_any_altered_byte_is_refused(plaintext, data):
    blob = bytearray(RING.seal(plaintext, b"row"))
    position = data.draw(st.integers(0, len(blob) - 1))
    blob[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DecryptionError):
        RING.unseal(bytes(blob), b"row")


@given(plaintext=st.binary(max_size=100), cut=st.integers(1, 140))
def test_a_shortened_value_is_refused(plaintext, cut):
    blob = RING.seal(plaintext, b"row")
    with pytest.raises(DecryptionError):
        RING.unseal(blob[: max(0, len(blob) - cut)], b"row")


@given(junk=st.binary(max_size=200))
def test_junk_is_refused(junk):
    with pytest.raises(DecryptionError):
        RING.unseal(junk, b"")


def test_another_place_is_refused_without_saying_what_the_value_holds():
    blob = RING.seal(b"penicillin allergy", b"row 1")
    with pytest.raises(DecryptionError, match="'k1'") as refusal:
        RING.unseal(blob, b"row 2")
    assert "penicillin" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_equal_values_have_different_ciphertexts():
    assert len({RING.seal(b"same", b"") for _ in range(1000)}) == 1000


def test_the_first_key_seals_and_the_others_still_unseal():
    old = KeyRing.parse([f"old:{encoded_key(2)}"])
    rotated = KeyRing.parse([f"new:{encoded_key(1)}", f"old:{encoded_key(2)}"])
    assert rotated.unseal(old.seal(b"x", b""), b"") == b"x"
    assert key_id_of(rotated.seal(b"x", b"")) == "new"
    assert key_id_of(old.seal(b"x", b"")) == "old"


def test_the_key_id_is_authenticated_too():
    ring = KeyRing.parse([f"one:{encoded_key(1)}", f"two:{encoded_key(1)}"])
    with pytest.raises(DecryptionError):
        ring.unseal(ring.seal(b"x", b"").replace(b"one", b"two"), b"")


def test_a_missing_key_is_named():
    with pytest.raises(DecryptionError, match=r"'gone', which is not in ENCRYPTION_KEYS"):
        RING.unseal(KeyRing.parse([f"gone:{encoded_key(3)}"]).seal(b"x", b""), b"")


def test_a_wrong_key_under_the_same_id_is_an_error_and_not_garbage():
    other = KeyRing.parse([f"k1:{encoded_key(9)}"])
    with pytest.raises(DecryptionError, match="'k1'"):
        other.unseal(RING.seal(b"x", b""), b"")


@pytest.mark.parametrize(
    ("items", "complaint"),
    [
        ([], "is empty"),
        (["nokey"], "item 1"),
        ([f"Upper:{encoded_key(1)}"], "item 1"),
        ([f"seventeen-letters:{encoded_key(1)}"], "item 1"),
        ([f"a:{encoded_key(1)}", "b:" + base64.b64encode(b"short").decode()], "item 2 .'b'."),
        (["a:not base64!"], "item 1 .'a'."),
        ([f"a:{encoded_key(1)}", f"a:{encoded_key(2)}"], "'a' twice"),
    ],
)
def test_a_bad_ring_is_refused_without_repeating_its_keys(items, complaint):
    with pytest.raises(ImproperlyConfigured, match=complaint) as refusal:
        KeyRing.parse(items)
    assert encoded_key(1) not in str(refusal.value)


def test_the_ring_does_not_show_its_keys():
    assert repr(RING) == "<KeyRing current='k1' ids=['k1']>"


def test_the_ring_of_the_process_follows_the_settings(settings, two_keys):
    blob = seal(b"x", b"")
    assert key_id_of(blob) == "new"
    settings.ENCRYPTION_KEYS = list(reversed(two_keys))
    assert get_keyring().current == "old"
    assert unseal(blob, b"") == b"x"
