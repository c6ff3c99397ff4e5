"""Recording from a telehealth platform's own page: who may, for which encounter, and until when."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.audit import Acting, audited, record
from encounters.models import CaptureGrant, Encounter, Recording
from encounters.services.recordings import recording_begin

LASTS = timedelta(hours=1)
_TOKEN = re.compile(r"cap_[A-Za-z0-9_-]{43}")
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def capture_grant(*, encounter: Encounter, origins: Sequence[str], actor: Acting) -> tuple[CaptureGrant, str]:
    """A grant for pages of `origins`, and its token, which is shown to nobody again."""
    token = f"cap_{secrets.token_urlsafe(32)}"
    with audited():
        made = CaptureGrant.objects.create(
            encounter=encounter,
            token_sha256=_hashed(token),
            origins=list(origins),
            grantee=str(actor.pk),
            grantee_label=actor.audit_label()[:200],
            expires_at=timezone.now() + LASTS,
        )
        record("capture.granted", actor=actor, target=made, **made.audit_context())
    return made, token


def grant_for(token: str) -> CaptureGrant | None:
    """The grant that `token` stands for now."""
    if not _TOKEN.fullmatch(token):
        return None
    found = CaptureGrant.objects.select_related("encounter").filter(
        token_sha256=_hashed(token), expires_at__gt=timezone.now()
    )
    return found.first()


def granted_begin(grant: CaptureGrant) -> Recording:
    """The platform's open capture of the encounter, or a new one. Raises what `recording_begin` raises."""
    return recording_begin(
        encounter=grant.encounter,
        actor=grant,
        declared_bytes=None,
        fingerprint=_fingerprint(grant),
        source=Recording.Source.BROWSER,
    )


def granted_capture(grant: CaptureGrant, recording_id: UUID) -> Recording | None:
    """A capture that the platform began in the grant's encounter."""
    mine = Recording.objects.filter(
        encounter=grant.encounter_id, source=Recording.Source.BROWSER, fingerprint=_fingerprint(grant)
    )
    return mine.select_related("encounter").filter(pk=recording_id).first()


def forget_expired_grants(now: datetime | None = None) -> int:
    """Drop grants that ended a day ago; what was done with them is in the audit trail."""
    moment = now or timezone.now()
    return CaptureGrant.objects.filter(expires_at__lt=moment - timedelta(days=1)).delete()[0]


def clean_origin(given: str) -> str:
    """An origin as browsers write it; plain http on one's own machine only. ValidationError for anything else."""
    text = given.strip().lower()
    try:
        parts = urlsplit(text)
        valid = (
            bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
        )
        local = parts.netloc.rpartition(":")[0] in _LOCAL or parts.netloc in _LOCAL
    except ValueError:
        valid = local = False
    if not valid or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise ValidationError(
            f"{given[:100]}: enter an origin such as https://video.clinic.example, without a path."
        )
    return text


def _fingerprint(grant: CaptureGrant) -> str:
    return hashlib.sha256(f"capture by {grant.grantee}".encode()).hexdigest()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
