from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


@login_required
def record(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a patient's record")


urlpatterns = [
    path("", record),
    path("record/", record),
    path("api/v1/notes", lambda request: HttpResponse("for integrations")),
    path("accounts/", include("encounters.accounts.urls")),
    path("admin/", admin.site.urls),
]
