"""Addresses that a service sends a recording to: they name one file of one connection, and end after a week."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing

from encounters.models import VideoConnection

GOOD_FOR = timedelta(days=7)


def upload_address(connection: VideoConnection, vendor_id: str) -> str:
    token = signing.dumps(vendor_id, salt=_salt(connection))
    return f"{settings.PUBLIC_BASE_URL}/hooks/recordings/{connection.pk}/files/{token}"


def file_named_by(connection: VideoConnection, token: str) -> str:
    """The vendor's id of the file; raises django.core.signing.BadSignature for what isn't such an address."""
    return str(signing.loads(token, salt=_salt(connection), max_age=GOOD_FOR))


def _salt(connection: VideoConnection) -> str:
    return f"recording-push:{connection.pk}"
