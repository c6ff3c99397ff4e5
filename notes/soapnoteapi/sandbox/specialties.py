from __future__ import annotations

from encounters.specialties import SPECIALTIES

__all__ = ["SPECIALTIES", "listing"]


def listing() -> list[dict[str, object]]:
    """The body of `GET /v1/specialties`; its shape is ours, the vendor's is unpublished."""
    return [{"id": key, "name": name, "templates": ["standard"]} for key, name in SPECIALTIES.items()]
