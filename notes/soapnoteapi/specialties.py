"""What may be asked of SOAPNoteAPI as specialty and template. Of the templates only ``standard`` is published."""

from __future__ import annotations

from encounters.specialties import SPECIALTIES

__all__ = ["DEFAULT_TEMPLATE", "SPECIALTIES"]

DEFAULT_TEMPLATE = "standard"
