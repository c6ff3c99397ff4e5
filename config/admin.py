"""The admin site. Its log-in is the product's own: Django's would take the password alone, whatever second factor
is set."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class CountersignAdminSite(admin.AdminSite):
    site_header = "Countersign administration"
    site_title = "Countersign administration"
    index_title = "Practices, permission and integrations"
    apps_shown = ("consent", "encounters", "notes")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only our own pages: those of packages show secrets, run code or leave no audit event."""
        found: list[Any] = (
            [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else [*model_or_iterable]
        )
        ours = [model for model in found if model._meta.app_label in self.apps_shown]
        super().register(ours, admin_class, **options)

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response

    def password_change(  # type: ignore[override]
        self, _request: HttpRequest, _extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Django's own page would leave no audit event."""
        return redirect("account_change_password")
