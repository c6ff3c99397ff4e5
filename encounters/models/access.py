"""Who may see what: every query for a person starts from ``Model.objects.visible_to(user)``.

An object belongs to a practice; a person reaches it through an active membership in one of the roles that its
model admits. Another practice's object is simply not in the queryset, so it is a 404 like one that never was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from encounters.models.people import User

Row = TypeVar("Row", bound=models.Model)


class Role(models.TextChoices):
    PROVIDER = "provider", "Provider"
    ASSISTANT = "assistant", "Assistant (prepares, never signs)"
    COMPLIANCE = "compliance", "Compliance officer"
    ADMIN = "admin", "Administrator"


CARE = (Role.PROVIDER, Role.ASSISTANT)
OVERSIGHT = (*CARE, Role.COMPLIANCE)


def memberships_of(user: User | AnonymousUser, *roles: str) -> models.QuerySet[Any]:
    """The user's memberships that count now, in these roles; none for anybody who is not an active user."""
    from encounters.models.people import Membership  # noqa: PLC0415 - people.py builds on this module

    if not user.is_authenticated or not user.is_active:
        return Membership.objects.none()
    return Membership.objects.filter(user_id=user.pk, active=True, role__in=roles)


class PracticeScoped(models.QuerySet[Row]):
    """A queryset that knows the way from its model to the practice, and who may see its rows.

    ``clinical`` marks models that carry clinical text: compliance officers see those rows only where their
    membership grants clinical access.
    """

    practice_path: ClassVar[str] = "practice_id"
    roles: ClassVar[tuple[str, ...]] = OVERSIGHT
    clinical: ClassVar[bool] = False

    def visible_to(self, user: User | AnonymousUser) -> Self:
        found = memberships_of(user, *self.roles)
        if self.clinical:
            found = found.exclude(role=Role.COMPLIANCE, clinical_access=False)
        return self.filter(**{f"{self.practice_path}__in": found.values("practice_id")})
