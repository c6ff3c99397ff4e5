"""Receipts: an integration says what became of a version. Said again it changes nothing; taken back it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from consent.audit import audited, record
from notes.models import FiledDocument, Integration, Receipt

Status = Receipt.Status
# A version that was rejected may be filed after all, once what was wrong is mended. "filed" is the end.
NEXT: dict[str, frozenset[str]] = {
    Status.RECEIVED: frozenset({Status.RECEIVED, Status.FILED, Status.REJECTED}),
    Status.REJECTED: frozenset({Status.FILED}),
    Status.FILED: frozenset(),
}


@dataclass(frozen=True)
class Said:
    """What an integration says. `at` may be missing: then it is now, and does not count in comparing."""

    status: str
    external_id: str = ""
    at: datetime | None = None
    error_code: str = ""
    error_message: str = ""

    def same_as(self, receipt: Receipt) -> bool:
        return (
            self.status == receipt.status
            and self.external_id == receipt.external_id
            and self.error_code == receipt.error_code
            and self.error_message == receipt.error_message
            and self.at in (None, receipt.at)
        )


class ReceiptConflict(Exception):
    """What was said before can't be taken back."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.status)
        self.receipt = receipt


def receipt_put(*, integration: Integration, document: FiledDocument, said: Said) -> tuple[Receipt, bool]:
    """Store what `integration` says of `document`; the receipt, and whether it is its first. Raises ReceiptConflict."""
    with audited():
        receipt, created = _found_or_made(integration, document, said)
        if created:
            _note(receipt, document, said)
        elif not said.same_as(receipt):
            _change(receipt, document, said)
    return receipt, created


def _found_or_made(integration: Integration, document: FiledDocument, said: Said) -> tuple[Receipt, bool]:
    mine = Receipt.objects.select_for_update().filter(integration=integration, document=document)
    if found := mine.first():
        return found, False
    try:
        with transaction.atomic():
            return Receipt.objects.create(integration=integration, document=document, **_fields(said)), True
    except IntegrityError:  # the same integration said it at the same moment
        return mine.get(), False


def _change(receipt: Receipt, document: FiledDocument, said: Said) -> None:
    if said.status not in NEXT[receipt.status]:
        raise ReceiptConflict(receipt)
    for name, value in _fields(said).items():
        setattr(receipt, name, value)
    receipt.save()
    _note(receipt, document, said)


def _fields(said: Said) -> dict[str, object]:
    return {
        "status": said.status,
        "external_id": said.external_id,
        "at": said.at or timezone.now(),
        "error_code": said.error_code,
        "error_message": said.error_message,
    }


def _note(receipt: Receipt, document: FiledDocument, said: Said) -> None:
    record(
        "integration.acknowledged",
        actor=receipt.integration,
        target=receipt,
        data={
            "note": str(document.note_id),
            "version": document.version,
            "status": said.status,
            "error": said.error_code,
        },
        **document.audit_context(),
    )
