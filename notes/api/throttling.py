"""How many requests an integration may make a minute, told on every answer (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    # REST framework imports this class while its views module is only half loaded.
    from rest_framework.views import APIView

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class Allowance:
    """What is left in the running window: `resets_in` whole seconds until the next one."""

    quota: int
    window: int
    remaining: int
    resets_in: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"integration";q={self.quota};w={self.window}',
            "RateLimit": f'"integration";r={self.remaining};t={self.resets_in}',
        }


class IntegrationRateThrottle(BaseThrottle):
    """A fixed window per integration, wherever it calls from, counted in the shared cache.

    The count is exact on Redis; on the database cache two requests at the same instant may count as one.
    """

    allowance: Allowance | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        integration = request.auth
        if integration is None:
            return True
        quota, window = parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES["integration"]))
        now = time.time()
        used = count(f"api-rate:{integration.pk}:{int(now // window)}", window)
        resets_in = max(1, round(window - now % window))
        self.allowance = Allowance(quota, window, max(0, quota - used), resets_in)
        view.allowance = self.allowance  # type: ignore[attr-defined]
        return used <= quota

    def wait(self) -> float | None:
        return float(self.allowance.resets_in) if self.allowance else None


def parse_rate(rate: str) -> tuple[int, int]:
    """`"1200/min"` as (1200, 60)."""
    number, _, period = rate.partition("/")
    return int(number), PERIODS[period[0]]


def count(key: str, window: int) -> int:
    if cache.add(key, 1, window * 2):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # evicted in between
        cache.set(key, 1, window * 2)
        return 1
