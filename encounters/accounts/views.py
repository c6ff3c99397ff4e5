from __future__ import annotations

from allauth.account.views import LogoutView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from encounters.accounts import sessions
from encounters.accounts.responses import signed_out


@never_cache
@require_http_methods(["GET", "POST"])
def session_state(request: HttpRequest) -> HttpResponse:
    """How long the session lasts, and the token that forms need. POST means that a person is here."""
    if not request.user.is_authenticated:
        return signed_out(request)
    if request.method == "POST":
        sessions.touch(request.session, now_exactly=True)
    return JsonResponse(
        {"left_seconds": sessions.seconds_left(request.session), "csrf_token": get_token(request)}
    )


class SignOutView(LogoutView):  # type: ignore[misc]
    def post(self, *args: object, **kwargs: object) -> HttpResponse:
        """Sign out and have the browser drop cached pages. Its storage stays: a recording may wait there."""
        response: HttpResponse = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache"'
        return response


sign_out = SignOutView.as_view()
