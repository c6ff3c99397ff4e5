"""Answers to requests that can't go on, in the form that the caller can use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def is_background(request: HttpRequest) -> bool:
    """A request that a page makes by itself, which says nothing about a person being there."""
    return request.headers.get("X-Background") == "poll"


def wants_page(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "text/html")
    return "text/html" in accepted and "HX-Request" not in request.headers


def problem(status: int, title: str, detail: str, **extra: Any) -> JsonResponse:
    body = {"title": title, "status": status, "detail": detail, **extra}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def signed_out(request: HttpRequest, *, why: str = "") -> HttpResponse:
    """Tell somebody whose session is over to sign in, without taking what they typed off their screen."""
    if is_background(request):
        return HttpResponse(status=401)
    if not wants_page(request):
        return problem(
            401,
            "Signed out",
            "You have been signed out. This request saved nothing; what you typed is still in the form.",
            login_url=resolve_url(settings.LOGIN_URL),
        )
    if request.method in SAFE_METHODS:
        response = redirect_to_login(request.get_full_path())
        return HttpResponseRedirect(f"{response.url}&ended={why}") if why else response
    return render(request, "account/signed_out.html", {"why": why}, status=401)
