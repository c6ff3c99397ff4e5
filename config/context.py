from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """What every page shows: the demo banner and the limits that the idle warning counts down to."""
    return {
        "demo": settings.DEMO,
        "session_idle_seconds": settings.SESSION_IDLE_SECONDS,
    }
