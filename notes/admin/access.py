"""What integrations leave behind: logins, exports, receipts, webhooks and what was sent; never a secret."""

from __future__ import annotations

from django.contrib import admin

from consent.admin.base import RecordAdmin
from notes.models import AccessToken, Delivery, Export, Receipt, UsedAssertion, WebhookEndpoint


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


@admin.register(Receipt)
class ReceiptAdmin(RecordAdmin):
    practice_path = "integration__practice_id"
    list_display = ("updated_at", "integration", "document", "status", "external_id", "error_code")
    list_filter = ("status",)
    list_select_related = ("integration", "document")
    search_fields = ("=document__note__id", "=external_id")
    ordering = ("-id",)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(RecordAdmin):
    practice_path = "integration__practice_id"
    list_display = ("integration", "url", "state", "failing_since", "disabled_reason", "deleted_at")
    list_select_related = ("integration",)
    ordering = ("-id",)


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    practice_path = "endpoint__integration__practice_id"
    list_display = (
        "created_at",
        "endpoint",
        "state",
        "attempts",
        "last_status",
        "last_error",
        "next_attempt_at",
    )
    list_filter = ("state",)
    list_select_related = ("endpoint__integration",)
    ordering = ("-id",)


@admin.register(Export)
class ExportAdmin(RecordAdmin):
    list_display = ("created_at", "practice", "integration", "state", "expires_at")
    list_filter = ("state",)
    list_select_related = ("practice", "integration")
    ordering = ("-id",)
