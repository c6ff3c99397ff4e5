"""How integrations stand: how far each has read, what it said of notes, and which of them need somebody to look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from encounters.models import Role, User
from encounters.models.access import memberships_of
from notes.models import ChangeCounter, FiledDocument, Integration, Note, Receipt, WebhookEndpoint

LAGGING_AFTER = timedelta(hours=1)
WATCHED_BY = (Role.ADMIN, Role.COMPLIANCE)


@dataclass(frozen=True)
class Standing:
    """Change numbers: the newest there is, and the last that the integration has read."""

    head: int
    pulled_through: int

    @property
    def lag(self) -> int:
        return max(0, self.head - self.pulled_through)


@dataclass(frozen=True)
class Trouble:
    """Something about an integration that does not mend itself."""

    integration: Integration
    words: str


def standing(integration: Integration) -> Standing:
    head = ChangeCounter.objects.filter(pk=integration.practice_id).values_list("value", flat=True).first()
    return Standing(head or 0, integration.pulled_through)


def receipts_by_status(integration: Integration) -> dict[str, int]:
    counted = integration.receipts.order_by().values("status").annotate(count=Count("pk"))
    found = {row["status"]: row["count"] for row in counted}
    return {status: found.get(status, 0) for status in Receipt.Status.values}


def receipts_of(*notes: Note) -> list[Receipt]:
    """The last word of each integration on each of these notes, by the latest version that it spoke of."""
    rows = (
        Receipt.objects.filter(document__note__in=notes)
        .select_related("integration", "document")
        .defer("document__body", "error_message")
        .order_by("integration__name", "document__version")
    )
    return list({(row.document.note_id, row.integration_id): row for row in rows}.values())


def troubles_for(user: User) -> list[Trouble]:
    """What administrators and compliance officers of a practice should look at."""
    practices = memberships_of(user, *WATCHED_BY).values("practice_id")
    watched = Integration.objects.filter(practice_id__in=practices, revoked_at__isnull=True)
    return [trouble for integration in watched.select_related("practice") for trouble in _of(integration)]


def troubles_of(integration: Integration) -> list[str]:
    """The same of one integration, in words."""
    return [trouble.words for trouble in _of(integration)]


def _of(integration: Integration) -> Iterable[Trouble]:
    if words := _lagging(integration):
        yield Trouble(integration, words)
    rejected = _rejected(integration)
    if rejected:
        yield Trouble(
            integration, f"rejected {rejected} note{'s' if rejected > 1 else ''} that it has not filed since"
        )
    stopped = WebhookEndpoint.objects.filter(
        integration=integration, deleted_at__isnull=True, disabled_at__isnull=False
    ).exclude(disabled_reason="by its integration")
    for endpoint in stopped:
        yield Trouble(integration, f"its webhook is switched off: {endpoint.disabled_reason}")


def _rejected(integration: Integration) -> int:
    return integration.receipts.filter(status=Receipt.Status.REJECTED).count()


def _lagging(integration: Integration) -> str:
    """Only of an integration that has read the feed before: others come another way, or not yet."""
    if integration.pulled_at is None or not standing(integration).lag:
        return ""
    waiting = FiledDocument.objects.filter(
        practice_id=integration.practice_id,
        change_number__gt=integration.pulled_through,
        filed_at__lte=timezone.now() - LAGGING_AFTER,
    )
    count = waiting.order_by()[:1000].count()
    return f"has not fetched {count} note{'s' if count > 1 else ''} filed over an hour ago" if count else ""
