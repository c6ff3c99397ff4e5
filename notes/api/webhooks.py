"""/api/v1/webhook-endpoints: where to tell an integration of changes, and the log of what it was told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from notes.api import parameters, schema
from notes.api.base import NO_STORE, IntegrationView
from notes.api.bodies import refused_by_service, validated
from notes.api.errors import not_found
from notes.api.shapes import EndpointChangedSerializer, EndpointSentSerializer
from notes.models import Integration, WebhookEndpoint
from notes.services.rendering import stamp
from notes.services.webhooks.endpoints import (
    endpoint_change,
    endpoint_create,
    endpoint_delete,
    endpoint_rotate,
)

TYPES = list(WebhookEndpoint.EventType.values)


class EndpointsView(IntegrationView):
    scope = Integration.Scope.WEBHOOKS_MANAGE
    http_method_names = ["get", "head", "post"]

    @schema.endpoints
    def get(self, request: Request) -> Response:
        return Response({"data": [_told(row) for row in _mine(self.integration)]}, headers=NO_STORE)

    @schema.endpoint_create
    def post(self, request: Request) -> Response:
        given = validated(request, EndpointSentSerializer)
        try:
            made, secret = endpoint_create(
                integration=self.integration, url=given["url"], types=given.get("types", TYPES)
            )
        except ValidationError as wrong:
            raise refused_by_service(wrong) from None
        headers = {**NO_STORE, "Location": f"/api/v1/webhook-endpoints/{made.pk}"}
        return Response({**_told(made), "secret": secret}, status=201, headers=headers)


class EndpointView(IntegrationView):
    scope = Integration.Scope.WEBHOOKS_MANAGE
    http_method_names = ["get", "head", "patch", "delete"]

    @schema.endpoint
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        return Response(_told(_one(self.integration, endpoint_id)), headers=NO_STORE)

    @schema.endpoint_change
    def patch(self, request: Request, endpoint_id: UUID) -> Response:
        given = validated(request, EndpointChangedSerializer)
        try:
            changed = endpoint_change(
                endpoint=_one(self.integration, endpoint_id),
                url=given.get("url"),
                types=given.get("types"),
                enabled=given.get("enabled"),
            )
        except ValidationError as wrong:
            raise refused_by_service(wrong) from None
        return Response(_told(changed), headers=NO_STORE)

    @schema.endpoint_delete
    def delete(self, request: Request, endpoint_id: UUID) -> HttpResponse:
        endpoint_delete(endpoint=_one(self.integration, endpoint_id))
        return HttpResponse(status=204, headers=NO_STORE)


class RotateView(IntegrationView):
    scope = Integration.Scope.WEBHOOKS_MANAGE
    http_method_names = ["post"]

    @schema.endpoint_rotate
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint = _one(self.integration, endpoint_id)
        secret = endpoint_rotate(endpoint=endpoint)
        return Response({**_told(endpoint), "secret": secret}, headers=NO_STORE)


class DeliveriesView(IntegrationView):
    """The log of an endpoint, newest first."""

    scope = Integration.Scope.WEBHOOKS_MANAGE
    parameters = ("limit",)

    @schema.deliveries
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        limit = parameters.limit(request.query_params)
        rows = _one(self.integration, endpoint_id).deliveries.order_by("-id")[:limit]
        return Response({"data": [_delivery(row) for row in rows]}, headers=NO_STORE)


def _mine(integration: Integration) -> QuerySet[WebhookEndpoint]:
    return integration.webhook_endpoints.filter(deleted_at__isnull=True)


def _one(integration: Integration, pk: UUID) -> WebhookEndpoint:
    found = _mine(integration).filter(pk=pk).first()
    if found is None:
        raise not_found()
    return found


def _told(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.pk),
        "url": endpoint.url,
        "types": endpoint.types,
        "state": endpoint.state,
        "disabled_reason": endpoint.disabled_reason or None,
        "created_at": stamp(endpoint.created_at),
        "old_secret_until": stamp(endpoint.rotated_until),
    }


def _delivery(row: Any) -> dict[str, Any]:
    return {
        "event": str(row.document_id),
        "state": row.state,
        "attempts": row.attempts,
        "status": row.last_status,
        "error": row.last_error or None,
        "last_attempt_at": stamp(row.last_attempt_at),
        "next_attempt_at": stamp(row.next_attempt_at),
        "delivered_at": stamp(row.delivered_at),
    }
