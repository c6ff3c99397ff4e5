"""Which adapter speaks to which vendor."""

from __future__ import annotations

from encounters.vendors.daily import Daily
from encounters.vendors.protocol import VideoVendor
from encounters.vendors.twilio import Twilio
from encounters.vendors.vonage import Vonage
from encounters.vendors.webrtc import WebRtc
from encounters.vendors.zoom import Zoom

VENDORS: dict[str, type[VideoVendor]] = {
    vendor.slug: vendor for vendor in (Twilio, Daily, Vonage, Zoom, WebRtc)
}


class UnknownVendor(KeyError):
    """No adapter of that name is part of this product."""


def vendor_named(slug: str) -> type[VideoVendor]:
    """The adapter's class; raises UnknownVendor."""
    try:
        return VENDORS[slug]
    except KeyError:
        raise UnknownVendor(slug) from None
