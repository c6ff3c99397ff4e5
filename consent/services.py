"""Writing permission: what a participant decided, and the agreements with vendors."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent import hooks
from consent.audit import Acting, audited, record
from consent.models import BusinessAssociateAgreement, ConsentRecord
from consent.selectors import policy_for

if TYPE_CHECKING:
    from encounters.models import Participant, User

CLOCK_SLACK = timedelta(minutes=2)


def consent_record(
    *,
    participant: Participant,
    decision: str,
    method: str,
    actor: User,
    decided_at: datetime | None = None,
    language: str = "en",
) -> ConsentRecord:
    """Write down a participant's decision. Raises ValidationError for a decision dated in the future.

    The script and its version are those of the policy that applies to the encounter at that moment.
    """
    now = timezone.now()
    moment = decided_at or now
    if moment > now + CLOCK_SLACK:
        raise ValidationError("Consent cannot be dated in the future. Enter when the participant decided.")
    encounter = participant.encounter
    policy = policy_for(encounter)
    with audited():
        made = ConsentRecord.objects.create(
            practice_id=encounter.practice_id,
            encounter=encounter,
            participant=participant,
            decision=decision,
            method=method,
            policy=policy,
            script_version=policy.script_version if policy else "",
            language=language,
            decided_at=min(moment, now),
            recorded_by=actor,
        )
        record(
            f"consent.{decision}",
            actor=actor,
            practice=encounter.practice_id,
            target=made,
            encounter=encounter,
            patient=encounter.patient_id,
            data={"participant": participant.role, "method": method, "script_version": made.script_version},
        )
        if decision == ConsentRecord.Decision.GRANTED:
            hooks.notify("permission.changed", encounter.practice_id)
        else:
            hooks.notify("permission.withdrawn", encounter.pk)
    return made


def agreement_save(
    *, agreement: BusinessAssociateAgreement, actor: Acting, created: bool
) -> BusinessAssociateAgreement:
    """Store an agreement with the hash of its document, and let held work drain."""
    agreement.full_clean()
    # A stored document keeps the hash it was stored with; a new one would hide that the file was changed.
    if agreement.document and not agreement.document._committed:  # type: ignore[attr-defined]
        agreement.document_sha256 = _sha256(agreement)
    with audited():
        agreement.save()
        record(
            "baa.recorded" if created else "baa.revoked" if agreement.revoked_at else "baa.changed",
            actor=actor,
            practice=agreement.practice_id,
            target=agreement,
            data={
                "vendor": agreement.vendor,
                "effective_at": agreement.effective_at.isoformat(),
                "expires_at": agreement.expires_at.isoformat() if agreement.expires_at else None,
                "document_sha256": agreement.document_sha256,
            },
        )
        hooks.notify("permission.changed", agreement.practice_id)
    return agreement


def _sha256(agreement: BusinessAssociateAgreement) -> str:
    hasher = hashlib.sha256()
    for chunk in agreement.document.chunks():
        hasher.update(chunk)
    agreement.document.seek(0)
    return hasher.hexdigest()
