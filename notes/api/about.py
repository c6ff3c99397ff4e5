"""GET /api/v1/me: which integration this key is and how far it has read; /api/v1/health: whether we are up."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from notes.api import schema
from notes.api.base import NO_STORE, IntegrationView
from notes.api.permissions import ANY_KEY
from notes.selectors.integrations import receipts_by_status, standing
from notes.services.rendering import stamp


class MeView(IntegrationView):
    scope = ANY_KEY

    @schema.me
    def get(self, request: Request) -> Response:
        mine = self.integration
        practice, feed = mine.practice, standing(mine)
        answer = {
            "id": str(mine.pk),
            "name": mine.name,
            "practice": {"id": str(practice.pk), "name": practice.name},
            "scopes": mine.scopes if mine.granted is None else mine.granted,
            "allowed_networks": mine.allowed_networks,
            "expires_at": stamp(mine.expires_at),
            "feed": {
                "head": feed.head,
                "pulled_through": feed.pulled_through,
                "lag": feed.lag,
                "pulled_at": stamp(mine.pulled_at),
            },
            "receipts": receipts_by_status(mine),
        }
        return Response(answer, headers=NO_STORE)


class HealthView(IntegrationView):
    """Needs no key and tells nothing but that the database answers."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @schema.health
    def get(self, request: Request) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return Response({"status": "ok", "time": stamp(timezone.now())}, headers=NO_STORE)
