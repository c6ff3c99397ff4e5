"""Telling the sandbox to misbehave: which fault, how, how often, and towards whom.

The same order in its three forms:

- admin call, a JSON object: `{"fault": "reset", "at": 65536, "times": 1, "match": {"endpoint": "upload"}}`
- settings: a list of such objects under `faults`
- header `X-Sandbox-Fault: reset; at=65536`, several separated by commas: for that request alone
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from notes.soapnoteapi.sandbox.faults.catalogue import CATALOGUE, ENDPOINTS, Fault
from notes.soapnoteapi.sandbox.faults.parameters import Value

MOST_TIMES = 1_000_000


class BadOrder(ValueError):
    """The order cannot be followed. `field` is at fault; the text says what is wanted."""

    def __init__(self, name: str, says: str) -> None:
        super().__init__(says)
        self.field = name


@dataclass(frozen=True)
class Order:
    """`times` None: for as long as it stands. Empty `endpoint` and `account`: any."""

    fault: Fault
    parameters: Mapping[str, Value] = field(default_factory=dict)
    times: int | None = 1
    endpoint: str = ""
    account: str = ""

    def number(self, name: str) -> float:
        return float(self.parameters[name])

    def whole(self, name: str) -> int:
        return int(self.parameters[name])

    def word(self, name: str) -> str:
        return str(self.parameters[name])

    def flag(self, name: str) -> bool:
        return bool(self.parameters[name])

    def meets(self, endpoint: str, account: str) -> bool:
        """Whether a request or delivery is one that this order is about."""
        if self.account and self.account != account:
            return False
        return endpoint == self.endpoint if self.endpoint else endpoint in ("", *self.fault.endpoints)


def read_order(data: object, *, times: int | None = 1) -> Order:
    """An order from JSON; `times` is what it gets when it does not say. Raises `BadOrder`."""
    if not isinstance(data, dict):
        raise BadOrder("fault", "A fault must be a JSON object.")
    given = dict(data)
    fault = _fault(given.pop("fault", None))
    count = _times(given.pop("times", times))
    match = given.pop("match", None) or {}
    if not isinstance(match, dict) or not set(match) <= {"endpoint", "account"}:
        raise BadOrder("match", "match may name endpoint and account.")
    endpoint = match.get("endpoint", "")
    if endpoint and endpoint not in (fault.endpoints or ENDPOINTS):
        raise BadOrder("match", f"{fault.name} can strike at {_listed(fault.endpoints) or 'no endpoint'}.")
    if endpoint and not fault.endpoints:
        raise BadOrder("match", f"{fault.name} strikes at no endpoint.")
    return Order(fault, _parameters(fault, given), count, str(endpoint), str(match.get("account", "")))


def read_header(value: str) -> Iterator[Order]:
    """The orders of a header; each is for one strike."""
    for part in filter(None, (piece.strip() for piece in value.split(","))):
        name, *pairs = (piece.strip() for piece in part.split(";"))
        given: dict[str, object] = {}
        for pair in filter(None, pairs):
            key, equals, text = pair.partition("=")
            if not equals:
                raise BadOrder(key, f"{key} needs a value: {key}=…")
            given[key.strip()] = text.strip()
        fault = _fault(name)
        yield Order(fault, _parameters(fault, given))


def _fault(name: object) -> Fault:
    if not isinstance(name, str) or name not in CATALOGUE:
        raise BadOrder("fault", f"fault must be one of {_listed(CATALOGUE)}.")
    return CATALOGUE[name]


def _times(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_TIMES:
        raise BadOrder("times", f"times must be a whole number from 1 to {MOST_TIMES}, or null for always.")
    return value


def _parameters(fault: Fault, given: Mapping[str, object]) -> dict[str, Value]:
    known = {parameter.name: parameter for parameter in fault.parameters}
    for name in given:
        if name not in known:
            raise BadOrder(str(name), f"{fault.name} takes {_listed(known) or 'no parameters'}.")
    try:
        return {
            name: parameter.read(given[name]) if name in given else parameter.default
            for name, parameter in known.items()
        }
    except ValueError as error:
        raise BadOrder(str(error).partition(" ")[0], f"{error}.") from None


def _listed(names: object) -> str:
    return ", ".join(names) if isinstance(names, tuple | Mapping) else ""
