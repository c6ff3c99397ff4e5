"""How a webhook may be signed, as data.

SOAPNoteAPI states that deliveries are signed with a ``whsec_`` secret; nothing else about it is known here.
These four families cover what comparable services do; ``verify_webhook_signature`` finds the right one, with
its header names, from one test event.

==================  ==============================================  ==================================
profile             headers                                         signed bytes, HMAC-SHA256
==================  ==============================================  ==================================
body-hex            one signature header, hex                       body
header-ts           signature header, timestamp header              ``{ts}.{body}``
t-v1                ``t=<seconds>,v1=<hex>`` in one header          ``{ts}.{body}``
standard-webhooks   ``webhook-id``, ``-timestamp``, ``-signature``  ``{id}.{ts}.{body}``, decoded secret
==================  ==============================================  ==================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

SecretMode = Literal["whole", "after-prefix", "base64", "hex"]
Encoding = Literal["hex", "base64"]
Layout = Literal["plain", "pairs", "list"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "timestamp_unit": ("s", "ms"),
    "secret_mode": ("whole", "after-prefix", "base64", "hex"),
    "encoding": ("hex", "base64"),
    "layout": ("plain", "pairs", "list"),
}
_HEADER = re.compile(r"[A-Za-z0-9_\-]{1,80}")
_SIGNED_FORMAT = re.compile(r"(?:\{ts\}|\{id\}|\{body\}|[A-Za-z0-9.:_\-|]){1,60}")


class ProfileError(ValueError):
    """A profile that cannot be used, or that would not protect anything. The text names the setting."""


@dataclass(frozen=True)
class SignatureProfile:
    """``layout``: where the signature header holds its parts.

    ``plain``: ``<prefix><signature>``. ``pairs``: comma-separated ``key=value``, the timestamp under
    ``timestamp_key``, signatures under ``prefix`` (``v1=``). ``list``: several ``<prefix><signature>``,
    separated by spaces. ``sign`` writes the first of ``signature_headers``; ``verify`` reads any of them.
    ``tolerance``: seconds that a timestamp may lie in the past or the future.
    """

    name: str
    signature_headers: tuple[str, ...]
    layout: Layout = "plain"
    prefix: str = ""
    encoding: Encoding = "hex"
    secret_mode: SecretMode = "whole"  # noqa: S105 - a mode, not a secret
    signed_format: str = "{body}"
    timestamp_header: str = ""
    timestamp_key: str = ""
    timestamp_unit: Literal["s", "ms"] = "s"
    id_header: str = ""
    tolerance: int = 300

    def __post_init__(self) -> None:
        for setting, choices in _CHOICES.items():
            if getattr(self, setting) not in choices:
                raise ProfileError(f"{setting} must be one of {', '.join(choices)}")
        names = [*self.signature_headers, *filter(None, (self.timestamp_header, self.id_header))]
        if not self.signature_headers or not all(_HEADER.fullmatch(name) for name in names):
            raise ProfileError("signature_headers, timestamp_header and id_header must be header names")
        if not _SIGNED_FORMAT.fullmatch(self.signed_format) or self.signed_format.count("{body}") != 1:
            raise ProfileError("signed_format must hold {body} once, and may hold {ts} and {id}")
        if ("{ts}" in self.signed_format) != self.is_timed or ("{id}" in self.signed_format) != bool(
            self.id_header
        ):
            raise ProfileError(
                "signed_format must hold {ts} and {id} exactly when a timestamp and an id are sent"
            )
        if not 1 <= self.tolerance <= 86_400:
            raise ProfileError("tolerance must be between 1 and 86400 seconds")

    @property
    def is_timed(self) -> bool:
        """Whether the signature covers a timestamp; if not, only de-duplication catches replays."""
        return bool(self.timestamp_header or (self.layout == "pairs" and self.timestamp_key))


_SIGNATURE_HEADERS = (
    "X-SOAPNoteAPI-Signature",
    "X-SOAPNote-Signature",
    "X-Webhook-Signature",
    "X-Signature",
)

PROFILES: Mapping[str, SignatureProfile] = {
    profile.name: profile
    for profile in (
        SignatureProfile("body-hex", _SIGNATURE_HEADERS),
        SignatureProfile(
            "header-ts",
            _SIGNATURE_HEADERS,
            signed_format="{ts}.{body}",
            timestamp_header="X-SOAPNoteAPI-Timestamp",
        ),
        SignatureProfile(
            "t-v1",
            _SIGNATURE_HEADERS,
            layout="pairs",
            prefix="v1=",
            signed_format="{ts}.{body}",
            timestamp_key="t",
        ),
        SignatureProfile(
            "standard-webhooks",
            ("webhook-signature", "svix-signature"),
            layout="list",
            prefix="v1,",
            encoding="base64",
            secret_mode="base64",  # noqa: S106 - a mode, not a secret
            signed_format="{id}.{ts}.{body}",
            timestamp_header="webhook-timestamp",
            id_header="webhook-id",
        ),
    )
}


def profile_named(name: str, overrides: Mapping[str, object] | None = None) -> SignatureProfile:
    """The named profile with single settings replaced, as they are stored with an account.

    Raises ``ProfileError`` for an unknown name or setting, a wrong type, or an unsafe combination.
    """
    if name not in PROFILES:
        raise ProfileError(f"signature profile must be one of {', '.join(PROFILES)}")
    known = {setting.name for setting in fields(SignatureProfile)} - {"name"}
    changes: dict[str, object] = {}
    for setting, value in (overrides or {}).items():
        if setting not in known:
            raise ProfileError(f"unknown signature setting {setting!r:.60}")
        changes[setting] = _typed(setting, value)
    return replace(PROFILES[name], **changes)  # type: ignore[arg-type]


def overrides_of(profile: SignatureProfile) -> dict[str, object]:
    """What ``profile_named`` needs besides the name to make this profile again; fit for JSON."""
    base = PROFILES[profile.name]
    names = [setting.name for setting in fields(profile)]
    changed = {
        name: getattr(profile, name) for name in names if getattr(profile, name) != getattr(base, name)
    }
    return {name: list(value) if isinstance(value, tuple) else value for name, value in changed.items()}


def _typed(setting: str, value: object) -> object:
    if setting == "signature_headers":
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list | tuple) and all(isinstance(name, str) for name in listed):
            return tuple(listed)
    elif setting == "tolerance":
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif isinstance(value, str):
        return value
    raise ProfileError(f"{setting} has a value of the wrong type")
