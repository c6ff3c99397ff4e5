"""Who may go on: sessions end when idle or too old, and nobody reaches a page without a second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from consent import audit
from encounters.accounts import sessions
from encounters.accounts.practice import home_practice
from encounters.accounts.responses import SAFE_METHODS, is_background, problem, signed_out, wants_page

if TYPE_CHECKING:
    from encounters.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]
ACCOUNTS = "/accounts/"
# Callers with keys or signatures of their own; they carry no session.
MACHINES = ("/hooks/", "/api/", "/fhir/", "/oauth/", "/healthz", "/readyz", "/static/")


class SessionLimitsMiddleware:
    """Ends sessions that are idle or too old, and answers a signed-out person's writes without losing them.

    Requests with ``X-Background: poll`` are not activity. ``request.session_left`` tells signed-in people how
    many seconds are left; pages count down from it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.session_left = None  # type: ignore[attr-defined]
        if request.path.startswith(MACHINES):
            return self.get_response(request)
        if request.session.session_key and request.user.is_authenticated:
            why = sessions.ended(request.session)
            if why:
                return self.end(request, why)
            if not is_background(request):
                sessions.touch(request.session)
            if sessions.STARTED in request.session:
                request.session_left = sessions.seconds_left(request.session)  # type: ignore[attr-defined]
        elif self.would_lose_something(request):
            return signed_out(request)
        return self.get_response(request)

    def end(self, request: HttpRequest, why: sessions.Ended) -> HttpResponse:
        user = cast("User", request.user)
        practice = home_practice(user)
        audit.record(
            "account.session_expired", actor=user, practice=practice, target=user, data={"limit": why}
        )
        request.session.flush()
        request.user = AnonymousUser()
        if request.path.startswith(ACCOUNTS):
            return self.get_response(request)
        return signed_out(request, why=why)

    @staticmethod
    def would_lose_something(request: HttpRequest) -> bool:
        """A write by nobody (deactivated, signed out elsewhere), or a poll that waits for a sign-in page."""
        if request.path.startswith(ACCOUNTS):
            return False
        return request.method not in SAFE_METHODS or is_background(request)


class RequireSecondFactorMiddleware:
    """Sends people without a second factor to set one up before any other page, administration included.

    A session counts only if the second factor was given in it: one that began with the password alone has to
    give it now, even when the user has an authenticator.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.REQUIRE_MFA or request.path.startswith((ACCOUNTS, *MACHINES)):
            return self.get_response(request)
        signed_in = request.session.session_key and request.user.is_authenticated
        if signed_in and not sessions.has_second_factor(request.session, request.user):
            return self.ask(request)
        return self.get_response(request)

    @staticmethod
    def ask(request: HttpRequest) -> HttpResponse:
        if is_background(request):
            return HttpResponse(status=401)
        if not wants_page(request):
            return problem(
                403, "Second factor needed", "Finish signing in with your second factor, then try again."
            )
        enrolled = Authenticator.objects.filter(
            user_id=request.user.pk, type=Authenticator.Type.TOTP
        ).exists()
        page = reverse("mfa_reauthenticate" if enrolled else "mfa_activate_totp")
        return HttpResponseRedirect(f"{page}?{urlencode({'next': request.get_full_path()})}")


class RefusalsMiddleware:
    """A signed-in person who is refused a page, or asks for an object that is not theirs to see, is in the trail."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        asked = request.resolver_match
        if asked is None or request.path.startswith(MACHINES) or not request.user.is_authenticated:
            return
        ids = {name: str(value) for name, value in asked.kwargs.items() if isinstance(value, UUID)}
        if isinstance(exception, PermissionDenied):
            why = "role"
        elif isinstance(exception, Http404) and ids:
            why = "not found"
        else:
            return
        audit.record(
            "access.refused",
            actor=request.user,
            practice=home_practice(request.user),
            outcome=audit.Outcome.REFUSED,
            reason=why,
            data={"page": asked.view_name, "method": request.method, **ids},
        )
