"""The audit trail, to search and to read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from consent.actions import ACTIONS
from consent.admin.base import RecordAdmin, actor_of, administered, is_superuser
from consent.audit import record
from consent.models import AuditEvent, AuditHead

PERIODS = {"day": ("Last 24 hours", 1), "week": ("Last 7 days", 7), "month": ("Last 30 days", 30)}


class ActionFilter(admin.SimpleListFilter):
    title = "what happened"
    parameter_name = "what"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return list(ACTIONS.items())

    def queryset(self, _request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(action=self.value()) if self.value() in ACTIONS else queryset


class PeriodFilter(admin.SimpleListFilter):
    title = "when"
    parameter_name = "period"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _days) in PERIODS.items()]

    def queryset(self, _request: HttpRequest, queryset: Any) -> Any:
        chosen = PERIODS.get(self.value() or "")
        return queryset.filter(at__gte=timezone.now() - timedelta(days=chosen[1])) if chosen else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(RecordAdmin):
    practice_path = "chain"
    list_display = ("at", "what", "actor_label", "outcome", "target_type", "address")
    list_filter = (PeriodFilter, "outcome", ActionFilter)
    search_fields = ("actor_label__istartswith", "=actor_id", "=target_id", "=request_id")
    search_help_text = "The beginning of a person's name, or the whole id of a person, object or request."

    @admin.display(description="what happened", ordering="action")
    def what(self, obj: AuditEvent) -> str:
        return ACTIONS.get(obj.action, obj.action)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-id",) if is_superuser(request) else ("-at", "-id")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Reading the trail is in the trail."""
        if self.admits(request):
            for practice_id in administered(request) or (None,):
                record("audit.viewed", actor=actor_of(request), practice=practice_id)
        return super().changelist_view(request, extra_context)


@admin.register(AuditHead)
class AuditHeadAdmin(RecordAdmin):
    practice_path = "chain"
    list_display = ("chain", "seq", "digest")
