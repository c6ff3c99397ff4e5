"""Suggested billing codes, whose JSON the engine does not document: kept, whatever they look like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from notes.soapnoteapi.reading import line, pick, plain_key, text

MOST_CODES = 200

_SYSTEMS = {
    "icd10": "ICD-10",
    "icd10cm": "ICD-10",
    "icd10pcs": "ICD-10-PCS",
    "icd11": "ICD-11",
    "cpt": "CPT",
    "cpt4": "CPT",
    "hcpcs": "HCPCS",
}
_CODE_KEYS = ("code", "value", "id")
_DESCRIPTION_KEYS = ("description", "display", "name", "label", "title", "text")
_SYSTEM_KEYS = ("system", "code_system", "coding_system", "type", "category")
_LOOKS_LIKE_CODE = re.compile(r"[A-Z0-9][A-Z0-9.\-/&]{1,19}")
_CODE_AND_WORDS = re.compile(r"([A-Z0-9][A-Z0-9.]{2,11})\s*(?:[\-\u2013\u2014:]|\s)\s*(\S.*)", re.DOTALL)


@dataclass(frozen=True)
class BillingCode:
    """A suggestion that needs a clinician's review; never filed by itself.

    ``system`` and ``code`` are empty when the shape was not understood: ``description`` then holds all of it
    as text. ``extra``: whatever else was said about the code (confidence, rationale), label to text.
    """

    system: str
    code: str
    description: str
    extra: Mapping[str, str] = field(default_factory=dict)


def read_billing_codes(payload: Mapping[str, object]) -> tuple[BillingCode, ...]:
    """All codes of a note: under ``billing_codes``, and under keys of its own such as ``icd11_codes``."""
    found = list(_walk(pick(payload, "billing_codes", "billing", "codes"), "", 0))
    for key, value in payload.items():
        system = _system(key)
        if system:
            found += _walk(value, system, 0)
    return tuple(_distinct(found)[:MOST_CODES])


def _distinct(codes: list[BillingCode]) -> list[BillingCode]:
    kept: dict[tuple[str, str, str], BillingCode] = {}
    for code in codes:
        kept.setdefault((code.system, code.code, "" if code.code else code.description), code)
    return list(kept.values())


def _walk(value: object, system: str, depth: int) -> Iterator[BillingCode]:
    if value is None or depth > 4:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _walk(entry, system, depth + 1)
    elif isinstance(value, Mapping):
        yield from _object(value, system, depth)
    else:
        yield from _words(line(value, 2000), system)


def _object(value: Mapping[str, object], system: str, depth: int) -> Iterator[BillingCode]:
    if line(pick(value, *_CODE_KEYS)):
        yield _entry(value, system)
        return
    for key, inner in value.items():
        named = _system(key)
        if named or isinstance(inner, Mapping | list):
            yield from _walk(inner, named or system, depth + 1)
        elif _LOOKS_LIKE_CODE.fullmatch(key) and any(sign.isdigit() for sign in key):
            yield BillingCode(system, key, line(inner, 2000))
        elif text(inner):
            yield BillingCode(system, "", text({key: inner}))


def _entry(value: Mapping[str, object], system: str) -> BillingCode:
    used = {plain_key(name) for name in (*_CODE_KEYS[:1], *_DESCRIPTION_KEYS, *_SYSTEM_KEYS)}
    named = line(pick(value, *_SYSTEM_KEYS), 60)
    described = text(pick(value, *_DESCRIPTION_KEYS))
    code = line(pick(value, *_CODE_KEYS), 60)
    extra = {line(key, 60): text(inner) for key, inner in value.items() if plain_key(key) not in used}
    kept = {key: words for key, words in extra.items() if key and words and words != code}
    return BillingCode(_system(named) or named or system, code, described, kept)


def _words(words: str, system: str) -> Iterator[BillingCode]:
    """A bare string: a code, a code with its description, or just words."""
    split = _CODE_AND_WORDS.fullmatch(words)
    if _LOOKS_LIKE_CODE.fullmatch(words) and any(sign.isdigit() for sign in words):
        yield BillingCode(system, words, "")
    elif split and any(sign.isdigit() for sign in split[1]):
        yield BillingCode(system, split[1], split[2])
    elif words:
        yield BillingCode(system, "", words)


def _system(name: str) -> str:
    """The code system that a key or label names, or ``""``."""
    plain = plain_key(name).removesuffix("codes").removesuffix("code")
    return _SYSTEMS.get(plain, "")
