from __future__ import annotations

from typing import TYPE_CHECKING

from encounters.models import Practice

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from encounters.models import User


def home_practice(user: User | AnonymousUser | None) -> Practice | None:
    """The practice in whose audit trail a person's sign-ins are kept: the only one they belong to."""
    if user is None or not user.is_authenticated:
        return None
    practices = Practice.objects.filter(memberships__user_id=user.pk, memberships__active=True).distinct()[:2]
    found = list(practices)
    return found[0] if len(found) == 1 else None
