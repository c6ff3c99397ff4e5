"""Video connections, set up and tested here, and what vendors reported, to look at. Secrets are never shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from consent.admin.base import PracticeAdmin, RecordAdmin, actor_of
from encounters.admin.connection_form import (
    NewConnectionForm,
    connection_form,
    vendor_field_names,
    vendor_of_form,
)
from encounters.models import Call, VendorEvent, VendorRecording, VideoConnection
from encounters.services.video.connections import (
    callback_url,
    video_connection_save,
    video_connection_test,
)


@admin.register(VideoConnection)
class VideoConnectionAdmin(PracticeAdmin):
    """Added in two steps: vendor and name first, then what that vendor needs, with the address to enter there."""

    list_display = ("name", "practice", "vendor", "state", "active", "refused_callbacks")
    list_filter = ("vendor", "state", "active")
    list_select_related = ("practice",)
    ordering = ("name",)
    actions = ("test_connections",)
    change_form_template = "admin/encounters/videoconnection/change_form.html"

    @admin.display(description="callback address to enter at the vendor")
    def callback_address(self, obj: VideoConnection) -> str:
        return callback_url(obj)

    @admin.display(description="previous webhook secret")
    def previous(self, obj: VideoConnection) -> str:
        return "Still accepted" if obj.previous_webhook_secret else "None"

    @admin.display(description="last test")
    def last_test(self, obj: VideoConnection) -> str:
        when = f"{obj.checked_at:%Y-%m-%d %H:%M} UTC: " if obj.checked_at else ""
        return f"{when}{obj.get_state_display()}. {obj.last_error}".strip()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        kwargs["form"] = connection_form(vendor_of_form(obj)) if obj else NewConnectionForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: VideoConnection | None = None) -> tuple[str, ...]:
        if obj is None:
            return NewConnectionForm.Meta.fields
        kind = vendor_of_form(obj)
        forget = ["forget_previous"] if obj.previous_webhook_secret else []
        return (
            "practice", "vendor", "name", "account_ref", *vendor_field_names(kind), "new_webhook_secret", "previous",
            *forget, "callback_address", "host", "media_hosts", "active", "last_test", "refused_callbacks",
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = ("practice", "vendor", "previous", "callback_address", "last_test", "refused_callbacks")
        return fixed if obj else ()

    def save_model(self, request: HttpRequest, obj: VideoConnection, form: Any, change: bool) -> None:  # noqa: FBT001
        own = {field.name for field in VideoConnection._meta.concrete_fields}
        secrets, fields = None, [name for name in form.changed_data if name in own]
        if change:
            options = form.options()
            if options != (obj.options or {}):
                obj.options = options
                fields.append("options")
            secrets = form.secrets()
        video_connection_save(
            connection=obj, actor=actor_of(request), created=not change, fields=fields, secrets=secrets
        )

    def response_add(
        self, request: HttpRequest, obj: VideoConnection, post_url_continue: Any = None
    ) -> HttpResponse:
        messages.info(request, "Now enter the account and its keys, and this callback address at the vendor.")
        return HttpResponseRedirect(reverse("admin:encounters_videoconnection_change", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: VideoConnection) -> HttpResponse:
        if "_test" not in request.POST:
            return super().response_change(request, obj)
        self._test(request, obj)
        return HttpResponseRedirect(request.path)

    @admin.action(description="Test these connections")
    def test_connections(self, request: HttpRequest, queryset: Any) -> None:
        for connection in queryset:
            self._test(request, connection)

    def _test(self, request: HttpRequest, connection: VideoConnection) -> None:
        works, words = video_connection_test(connection=connection, actor=actor_of(request))
        level = messages.SUCCESS if works else messages.ERROR
        messages.add_message(request, level, f"{connection.name}: {words}")


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
