"""Sign-in events: the audit trail hears of each, and a change of secrets ends the person's other sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import signals as account_signals
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from consent import audit
from encounters.accounts import sessions
from encounters.accounts.practice import home_practice
from encounters.models.access import CARE, memberships_of

if TYPE_CHECKING:
    from encounters.models import User


def _record(action: str, user: User, **data: Any) -> None:
    audit.record(action, actor=user, practice=home_practice(user), target=user, data=data or None)


@receiver(account_signals.user_logged_in)
def signed_in(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Sent when every step of signing in has been passed, the second factor included."""
    sessions.start(request.session)
    practice = home_practice(user)
    # Kept here so that the header of every page costs no query.
    request.session[sessions.PRACTICE_NAME] = practice.name if practice else ""
    request.session[sessions.BOOKS_VISITS] = memberships_of(user, *CARE).exists()
    methods = [_method(record) for record in get_authentication_records(request, user)]
    _record("account.login", user, methods=methods)


@receiver(user_logged_out)
def signed_out(*, user: User | None, **_kwargs: Any) -> None:
    if user is not None:
        _record("account.logout", user)


@receiver(account_signals.authentication_step_completed)
def step_completed(*, request: HttpRequest, user: User, method: str, **details: Any) -> None:
    if method == "mfa":
        sessions.second_factor_given(request.session, user)
    if details.get("reauthenticated"):
        _record("account.reauthenticated", user, method=_method({"method": method, **details}))


@receiver(account_signals.password_changed)
@receiver(account_signals.password_set)
@receiver(account_signals.password_reset)
def password_changed(*, user: User, **_kwargs: Any) -> None:
    """Django ends the other sessions by itself: each carries a digest of the password."""
    _record("account.password_changed", user)


@receiver(mfa_signals.authentication_failed)
def second_factor_refused(*, user: User, **_kwargs: Any) -> None:
    actor = audit.AnonymousActor()
    audit.record(
        "account.mfa_failed",
        actor=actor,
        practice=home_practice(user),
        target=user,
        outcome=audit.Outcome.REFUSED,
    )


@receiver(post_save, sender=Authenticator)
def second_factor_added(*, instance: Authenticator, created: bool, **_kwargs: Any) -> None:
    if not created:
        return
    _record_factor("account.mfa_added", instance)
    request = _own_request(instance)
    if request is not None and instance.type == Authenticator.Type.TOTP:
        # The code that completed the set-up proves that the person holds the factor.
        sessions.second_factor_given(request.session, instance.user)
    _end_other_sessions(instance, request)


@receiver(post_delete, sender=Authenticator)
def second_factor_removed(*, instance: Authenticator, **_kwargs: Any) -> None:
    _record_factor("account.mfa_removed", instance)
    request = _own_request(instance)
    if request is not None and instance.type == Authenticator.Type.TOTP:
        request.session.pop(sessions.SECOND_FACTOR, None)
    _end_other_sessions(instance, request)


def _record_factor(action: str, authenticator: Authenticator) -> None:
    user, request = authenticator.user, context.request
    by_person = request is not None and request.user.is_authenticated
    actor = request.user if by_person else audit.SYSTEM
    data = {"type": str(authenticator.type)}
    audit.record(action, actor=actor, practice=home_practice(user), target=user, data=data)


def _own_request(authenticator: Authenticator) -> HttpRequest | None:
    """The request being served, if in it a person changes their own factor."""
    request: HttpRequest | None = context.request
    own = request is not None and request.user.pk == authenticator.user_id
    return request if own else None


def _end_other_sessions(authenticator: Authenticator, request: HttpRequest | None) -> None:
    found = UserSession.objects.filter(user_id=authenticator.user_id)
    if request is not None:
        found = found.exclude(session_key=request.session.session_key)
    for session in found:
        session.end()


def _method(record: dict[str, Any]) -> str:
    return str(record.get("type") or record.get("method"))
