"""Video connections, calls and what vendors reported: to look at only. Secrets are never shown."""

from __future__ import annotations

from django.contrib import admin

from consent.admin.base import RecordAdmin
from encounters.models import Call, VendorEvent, VendorRecording, VideoConnection


@admin.register(VideoConnection)
class VideoConnectionAdmin(RecordAdmin):
    list_display = ("name", "practice", "vendor", "state", "active", "refused_callbacks")
    list_filter = ("vendor", "state", "active")
    list_select_related = ("practice",)
    ordering = ("name",)


@admin.register(Call)
class CallAdmin(RecordAdmin):
    practice_path = "encounter__practice_id"
    list_display = ("id", "connection", "origin", "started_at", "ended_at", "poll_at")
    list_filter = ("origin",)
    list_select_related = ("connection",)
    ordering = ("-id",)
    audited_reads = True


@admin.register(VendorEvent)
class VendorEventAdmin(RecordAdmin):
    practice_path = "connection__practice_id"
    list_display = ("received_at", "connection", "kind", "handled_at", "deliveries")
    list_filter = ("kind",)
    list_select_related = ("connection",)
    ordering = ("-id",)


@admin.register(VendorRecording)
class VendorRecordingAdmin(RecordAdmin):
    practice_path = "connection__practice_id"
    list_display = ("id", "connection", "state", "call", "last_error", "found_at", "discarded_at")
    list_filter = ("state",)
    list_select_related = ("connection", "call")
    search_fields = ("=id",)
    ordering = ("-id",)
    audited_reads = True
