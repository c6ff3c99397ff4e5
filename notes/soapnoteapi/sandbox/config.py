"""What the sandbox is started with: one JSON file, because keys and secrets have no place in a process list.

```json
{
  "state_dir": ".demo/sandbox",
  "host": "127.0.0.1",
  "port": 8100,
  "admin_token": "…",
  "model_dir": null,
  "model_cache_dir": null,
  "note_ttl_seconds": 86400,
  "short_clip_seconds": 0,
  "test_key_daily_limit": 0,
  "revoked_keys": [],
  "browser_origins": [],
  "faults": [],
  "accounts": [
    {"api_key": "snapi_sk_test_…", "webhook_url": "http://127.0.0.1:8000/hooks/soapnoteapi/<uuid>/",
     "webhook_secret": "whsec_…", "profile": "t-v1"}
  ]
}
```

Only `state_dir` is required. Any key with the vendor's prefix is accepted; an account tells where that key's
webhooks go. `"api_key": "*"` stands for every key that has no account of its own.

`short_clip_seconds`: a recording that is no longer is answered with 200 and the whole note, not with 202.
`test_key_daily_limit`: POST and PUT requests a day (UTC) for a key of `snapi_sk_test_`; the vendor allows 10, and
0 means any number. `revoked_keys` are answered with 403. `browser_origins`: sites whose pages may call the API
from the browser, as the vendor's MediaRecorder sample does; a key in a page is for trials only. `faults`: ways to
misbehave for as long as it runs, such as `{"fault": "webhook-lost"}` (see `faults/`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from notes.soapnoteapi.sandbox.faults.orders import BadOrder, Order, read_order
from notes.soapnoteapi.signature_profiles import PROFILES
from notes.soapnoteapi.signatures import secret_key

ANY_KEY = "*"


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the field and never its value."""


def account_id(api_key: str) -> str:
    """What is stored and logged in place of an API key."""
    return sha256(api_key.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Account:
    api_key: str = field(repr=False)
    webhook_url: str
    webhook_secret: str = field(repr=False)
    profile: str = "t-v1"

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ConfigError(f"profile must be one of {', '.join(PROFILES)}.")
        if not secret_key(self.webhook_secret, PROFILES[self.profile].secret_mode):
            raise ConfigError(f"webhook_secret cannot be used with the profile {self.profile}.")

    @property
    def id(self) -> str:
        return account_id(self.api_key)


@dataclass(frozen=True)
class Config:
    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 8100
    accounts: tuple[Account, ...] = ()
    admin_token: str = field(default="", repr=False)
    model_dir: Path | None = None
    model_cache_dir: Path | None = None
    note_ttl_seconds: float = 86_400
    short_clip_seconds: float = 0
    test_key_daily_limit: int = 0
    revoked_keys: tuple[str, ...] = field(default=(), repr=False)
    browser_origins: tuple[str, ...] = ()
    faults: tuple[Order, ...] = ()

    def account(self, account: str) -> Account | None:
        """The account behind a stored account id, falling back to the one for every key."""
        by_id = {known.id: known for known in self.accounts}
        return by_id.get(account) or by_id.get(account_id(ANY_KEY))


def load(path: Path) -> Config:
    """Read and check a configuration file; `ConfigError` names what is wrong."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The sandbox configuration cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigError("The sandbox configuration is not valid JSON.") from error
    if not isinstance(data, dict):
        raise ConfigError("The sandbox configuration must be a JSON object.")
    return from_mapping(data)


def from_mapping(data: Mapping[str, object]) -> Config:
    unknown = set(data) - set(Config.__dataclass_fields__)
    if unknown:
        raise ConfigError(f"Unknown sandbox settings: {', '.join(sorted(unknown))}.")
    accounts = data.get("accounts", [])
    if not isinstance(accounts, list):
        raise ConfigError("accounts must be a list.")
    port = _number(data, "port", 8100)
    if port >= 65536:
        raise ConfigError("port must be between 0 and 65535.")
    return Config(
        state_dir=Path(_text(data, "state_dir")),
        host=_text(data, "host", "127.0.0.1"),
        port=int(port),
        accounts=tuple(_account(item, index) for index, item in enumerate(accounts)),
        admin_token=_text(data, "admin_token", ""),
        model_dir=_optional_path(data, "model_dir"),
        model_cache_dir=_optional_path(data, "model_cache_dir"),
        note_ttl_seconds=_number(data, "note_ttl_seconds", 86_400),
        short_clip_seconds=_number(data, "short_clip_seconds", 0),
        test_key_daily_limit=int(_number(data, "test_key_daily_limit", 0)),
        revoked_keys=_texts(data, "revoked_keys"),
        browser_origins=_texts(data, "browser_origins"),
        faults=tuple(_faults(data)),
    )


def _faults(data: Mapping[str, object]) -> Iterator[Order]:
    listed = data.get("faults", [])
    if not isinstance(listed, list):
        raise ConfigError("faults must be a list.")
    for index, item in enumerate(listed):
        try:
            yield read_order(item, times=None)
        except BadOrder as wrong:
            raise ConfigError(f"faults[{index}]: {wrong}") from wrong


def _account(item: object, index: int) -> Account:
    if not isinstance(item, dict):
        raise ConfigError(f"accounts[{index}] must be an object.")
    unknown = set(item) - set(Account.__dataclass_fields__)
    if unknown:
        raise ConfigError(f"accounts[{index}]: unknown settings {', '.join(sorted(map(str, unknown)))}.")
    url = _text(item, "webhook_url")
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"accounts[{index}].webhook_url must be an http or https address.")
    secret = _text(item, "webhook_secret")
    return Account(_text(item, "api_key", ANY_KEY), url, secret, _text(item, "profile", "t-v1"))


def _text(data: Mapping[str, object], name: str, default: str | None = None) -> str:
    value = data.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise ConfigError(f"{name} must be a non-empty string.")
    return value


def _texts(data: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = data.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ConfigError(f"{name} must be a list of non-empty strings.")
    return tuple(value)


def _number(data: Mapping[str, object], name: str, default: float) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ConfigError(f"{name} must be a number, not below 0.")
    return value


def _optional_path(data: Mapping[str, object], name: str) -> Path | None:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{name} must be a path or null.")
    return Path(value) if value else None
