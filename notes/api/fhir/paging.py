"""Searchset Bundles from ready-made text, and the opaque links from page to page."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.utils import timezone

from config.ids import uuid7
from notes.api.fhir.outcomes import FhirError
from notes.selectors.fhir.address import base_url
from notes.selectors.fhir.criteria import Search
from notes.services.rendering import stamp


def searchset(
    kind: str, search: Search, entries: Iterable[str], *, cursor: str = "", total: int | None = None
) -> str:
    """A page. `cursor` is where the next one begins, if there is one."""
    links = [("self", search.query)]
    if cursor:
        links.append(("next", "&".join(part for part in (search.query, f"_cursor={cursor}") if part)))
    fields = [
        '"resourceType":"Bundle"',
        f'"id":"{uuid7()}"',
        f'"meta":{{"lastUpdated":"{stamp(timezone.now())}"}}',
        '"type":"searchset"',
        *([] if total is None else [f'"total":{total}']),
        f'"link":{json.dumps([_link(kind, name, query) for name, query in links])}',
    ]
    joined = ",".join(entries)
    return "{" + ",".join([*fields, *([f'"entry":[{joined}]'] if joined else [])]) + "}"


def entry(kind: str, key: object, text: str, mode: str = "match") -> str:
    return f'{{"fullUrl":"{base_url()}/{kind}/{key}","resource":{text},"search":{{"mode":"{mode}"}}}}'


def write_cursor(practice_id: UUID, kind: str, position: object, search: Search) -> str:
    signed = _signer(practice_id, kind, search).sign(str(position))
    return base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def read_cursor(practice_id: UUID, kind: str, search: Search) -> str:
    """Where to go on; empty at the beginning. Raises FhirError for a cursor of another search, or made up."""
    if not search.cursor:
        return ""
    try:
        padded = search.cursor + "=" * (-len(search.cursor) % 4)
        signed = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode("ascii")
        return _signer(practice_id, kind, search).unsign(signed)
    except (BadSignature, binascii.Error, ValueError):
        raise invalid_cursor() from None


def invalid_cursor() -> FhirError:
    words = (
        "_cursor: Follow the next link of an earlier answer to the same search, unchanged, or search anew."
    )
    return FhirError(400, words, parameter="_cursor")


def _link(kind: str, name: str, query: str) -> dict[str, str]:
    return {"relation": name, "url": f"{base_url()}/{kind}" + (f"?{query}" if query else "")}


def _signer(practice_id: UUID, kind: str, search: Search) -> Signer:
    return Signer(salt=f"notes.fhir:{practice_id}:{kind}:{search.filters}")
