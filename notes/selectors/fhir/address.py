"""Where this server's FHIR side is, and which ids can be ours."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from notes.fhir.filed import BASE


def base_url() -> str:
    return f"{settings.PUBLIC_BASE_URL}/fhir/r4"


def addressed(text: str) -> str:
    """A stored resource with this server's address in it."""
    return text.replace(BASE, base_url())


def uuid_of(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None
