"""Tokens, logins and exports of integrations: when and for what, never a secret."""

from __future__ import annotations

from django.contrib import admin

from consent.admin.base import RecordAdmin
from notes.models import AccessToken, Export, UsedAssertion


@admin.register(AccessToken)
class AccessTokenAdmin(RecordAdmin):
    practice_path = "integration__practice_id"
    list_display = ("created_at", "integration", "scopes", "expires_at", "revoked_at")
    list_select_related = ("integration",)
    ordering = ("-id",)
    hidden = ("token_sha256",)


@admin.register(UsedAssertion)
class UsedAssertionAdmin(RecordAdmin):
    practice_path = "integration__practice_id"
    list_display = ("id", "integration", "expires_at")
    list_select_related = ("integration",)
    ordering = ("-id",)
    hidden = ("jti_sha256",)


@admin.register(Export)
class ExportAdmin(RecordAdmin):
    list_display = ("created_at", "practice", "integration", "state", "expires_at")
    list_filter = ("state",)
    list_select_related = ("practice", "integration")
    ordering = ("-id",)
