"""Twilio's signature: HMAC-SHA1 over the address as called and the sorted form fields (twilio.com/docs/usage/security).

There is no timestamp in it, so a replay is genuine; it finds its event already stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from encounters.vendors.errors import NotGenuine
from encounters.vendors.protocol import Callback

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100


def verified_fields(callback: Callback, secrets: Sequence[str], *, account: str) -> Mapping[str, str]:
    """The form's fields, of a repeated one the last; raises NotGenuine."""
    headers = {name.lower(): value for name, value in callback.headers.items()}
    if "x-twilio-webhooks-signature-settings" in headers:
        raise NotGenuine("other_algorithm")
    given = headers.get("x-twilio-signature", "")
    if not given:
        raise NotGenuine("no_signature")
    pairs = _pairs(headers.get("content-type", ""), callback.body)
    if not any(is_signed(callback.url, pairs, secret, given) for secret in secrets if secret):
        raise NotGenuine("wrong_signature")
    fields = dict(pairs)
    if fields.get("AccountSid", "") != account:
        raise NotGenuine("wrong_account")
    return fields


def is_signed(url: str, pairs: Iterable[tuple[str, str]], secret: str, given: str) -> bool:
    """Whether ``given`` is the signature; some of Twilio's stacks sign the default port, some don't."""
    claimed = given.encode("utf-8", "replace")
    return any(hmac.compare_digest(signature(each, pairs, secret), claimed) for each in _spellings(url))


def signature(url: str, pairs: Iterable[tuple[str, str]], secret: str) -> bytes:
    """The signature of a form post. A field given twice with the same value counts once."""
    text = url + "".join(f"{name}{value}" for name, value in sorted(set(pairs)))
    mac = hmac.new(secret.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha1)
    return base64.b64encode(mac.digest())


def _pairs(content_type: str, body: bytes) -> list[tuple[str, str]]:
    if content_type.split(";", maxsplit=1)[0].strip().lower() != _FORM:
        raise NotGenuine("not_a_form")
    try:
        return parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise NotGenuine("not_a_form") from None


def _spellings(url: str) -> set[str]:
    """The address with and without its default port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotGenuine("bad_address") from None
    default = {"https": 443, "http": 80}.get(parts.scheme)
    if default is None or port not in (None, default):
        return {url}
    bare = parts.netloc.removesuffix(f":{default}")
    return {parts._replace(netloc=netloc).geturl() for netloc in (bare, f"{bare}:{default}")} | {url}
