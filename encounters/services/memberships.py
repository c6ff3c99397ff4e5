"""Who belongs to a practice and in what role; the people themselves."""

from __future__ import annotations

from collections.abc import Sequence

from allauth.mfa.models import Authenticator

from consent.audit import Acting, audited, record
from encounters.models import Membership, Practice, Role, User


def membership_save(*, membership: Membership, actor: Acting, created: bool) -> Membership:
    """Store a membership. Administrators, and nobody else by this, get into administration."""
    with audited():
        membership.save()
        _keep_staff_flag(membership.user)
        record(
            "membership.changed",
            actor=actor,
            practice=membership.practice_id,
            target=membership,
            data={
                "user": str(membership.user_id),
                "role": membership.role,
                "active": membership.active,
                "clinical_access": membership.clinical_access,
                "added": created,
            },
        )
    return membership


def user_save(*, user: User, actor: Acting, fields: Sequence[str], created: bool) -> User:
    """Store a person. A new one has no password: they set it by the link that is sent to them."""
    with audited():
        if created:
            user.set_unusable_password()
            user.save(force_insert=True)
        else:
            user.save(update_fields=list(fields))
        for practice in _practices(user):
            record(
                "admin.changed", actor=actor, practice=practice, target=user, data={"fields": list(fields)}
            )
    return user


def second_factor_remove(*, user: User, actor: Acting) -> bool:
    """Forget a person's authenticator and recovery codes, after a lost device; they set up a new one at sign-in."""
    with audited():
        removed, _ = Authenticator.objects.filter(user_id=user.pk).delete()
        if removed:
            for practice in _practices(user):
                record(
                    "account.mfa_removed",
                    actor=actor,
                    practice=practice,
                    target=user,
                    reason="removed by an administrator",
                )
    return bool(removed)


def _practices(user: User) -> Sequence[Practice | None]:
    """The practices in whose trail a change to the person belongs; the deployment's own if there is none."""
    found = Practice.objects.filter(memberships__user_id=user.pk, memberships__active=True)
    return list(found.distinct()) or [None]


def _keep_staff_flag(user: User) -> None:
    administers = Membership.objects.filter(user_id=user.pk, role=Role.ADMIN, active=True).exists()
    staff = administers or user.is_superuser
    if user.is_staff != staff:
        user.is_staff = staff
        User.objects.filter(pk=user.pk).update(is_staff=staff)
