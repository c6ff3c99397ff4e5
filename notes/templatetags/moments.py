"""Points in time for long lists, where Django's own date filters and time zone tag cost more than the rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
STEPS = (
    (timedelta(days=365), "year"), (timedelta(days=30), "month"), (timedelta(days=7), "week"),
    (timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"),
)  # fmt: skip


@register.filter
def clock(moment: datetime, zone: str) -> SafeString:
    """``{{ moment|clock:"America/Chicago" }}``: a <time> element, the wall clock's time where the practice is."""
    local = moment.astimezone(_zone(zone))
    return mark_safe(f'<time datetime="{local.isoformat()}">{local.day} {local:%b %Y, %H:%M}</time>')  # noqa: S308


@register.filter
def ago(moment: datetime) -> str:
    """``3 days ago``, in the largest unit that fits; ``now`` under a minute and for what lies ahead."""
    passed = timezone.now() - moment
    for length, unit in STEPS:
        if passed >= length:
            count = passed // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "now"


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
