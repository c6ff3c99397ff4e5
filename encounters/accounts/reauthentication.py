"""Confirming identity again before an act that counts, such as signing a note."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import urlencode


@dataclass(frozen=True)
class Confirmation:
    """How and when a person last confirmed who they are; `method` is password, totp or recovery_codes."""

    method: str
    at: datetime


def last_confirmation(request: HttpRequest) -> Confirmation | None:
    """The confirmation that still counts (`ACCOUNT_REAUTHENTICATION_TIMEOUT`). Signing in is none."""
    records = get_authentication_records(request, request.user)
    confirmed = [record for record in records if record.get("reauthenticated")]
    if not confirmed or time.time() - confirmed[-1]["at"] >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return None
    latest = confirmed[-1]
    return Confirmation(
        method=str(latest.get("type") or latest["method"]), at=datetime.fromtimestamp(latest["at"], tz=UTC)
    )


def confirm_identity(request: HttpRequest, *, return_to: str) -> HttpResponseRedirect:
    """Send the person to confirm who they are and back to `return_to`, which must be a page to GET.

    allauth's own decorator keeps a POST's fields in the session meanwhile; ours would hold clinical text.
    """
    methods = get_adapter().get_reauthentication_methods(request.user)
    return HttpResponseRedirect(f"{methods[0]['url']}?{urlencode({'next': return_to})}")
