"""GET /api/v1/events: every change as the event that webhooks carry, for replay; POST …/redeliver sends one again."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from consent import audit
from notes.api import parameters, schema
from notes.api.base import NO_STORE, IntegrationView
from notes.api.cursors import read_cursor, write_cursor
from notes.api.errors import not_found
from notes.api.views import refuse_the_future
from notes.models import FiledDocument, Integration
from notes.services.webhooks.deliveries import redeliver
from notes.services.webhooks.events import NEEDED, event

BOUND = {"list": "events"}


class EventsView(IntegrationView):
    scope = Integration.Scope.WEBHOOKS_MANAGE
    parameters = ("after", "limit")

    @schema.events
    def get(self, request: Request) -> Response:
        query, practice_id = request.query_params, self.integration.practice_id
        limit = parameters.limit(query)
        start = read_cursor(practice_id, query["after"], BOUND) if query.get("after") else 0
        changes = FiledDocument.objects.pulled_by(self.integration).filter(change_number__gt=start)
        rows = list(changes.only(*NEEDED).order_by("change_number")[: limit + 1])
        page = rows[:limit]
        if start and not page:
            refuse_the_future(self.integration, start)
        if page:
            audit.record(
                "api.events_listed",
                actor=self.integration,
                practice=practice_id,
                data={"changes": [page[0].change_number, page[-1].change_number], "count": len(page)},
            )
        end = page[-1].change_number if page else start
        answer = {
            "data": [event(row) for row in page],
            "next_cursor": write_cursor(practice_id, end, BOUND),
            "has_more": len(rows) > limit,
        }
        return Response(answer, headers=NO_STORE)


class RedeliverView(IntegrationView):
    scope = Integration.Scope.WEBHOOKS_MANAGE
    http_method_names = ["post"]

    @schema.redeliver
    def post(self, request: Request, event_id: UUID) -> Response:
        changes = FiledDocument.objects.pulled_by(self.integration).only(*NEEDED)
        found = changes.filter(pk=event_id).first()
        if found is None:
            raise not_found()
        endpoints = redeliver(integration=self.integration, document=found)
        return Response({"event": str(found.pk), "endpoints": endpoints}, status=202, headers=NO_STORE)
