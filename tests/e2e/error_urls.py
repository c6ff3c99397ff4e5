"""Every page that says why something did not work, at an address of its own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import include, path

WITHOUT_CONTEXT = ("400.html", "500.html")
WITH_REQUEST = (
    "403.html",
    "403_csrf.html",
    "404.html",
    "409.html",
    "413.html",
    "429.html",
    "account/signed_out.html",
)


def error_page(request: HttpRequest, template: str) -> HttpResponse:
    if template in WITHOUT_CONTEXT:
        return HttpResponse(render_to_string(template))
    return render(request, template)


urlpatterns = [
    path("error/<path:template>", error_page),
    path("", include("config.urls")),
]
