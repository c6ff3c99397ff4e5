"""PUT /api/v1/notes/<uuid>/versions/<n>/receipt: what became of a version; GET /api/v1/receipts: of all of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, Q
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from consent import audit
from notes.api import parameters, schema
from notes.api.base import NO_STORE, IntegrationView, visible_document
from notes.api.bodies import validated
from notes.api.cursors import read_cursor, write_cursor
from notes.api.errors import not_found
from notes.api.problems import RECEIPT_CONFLICT, Problem
from notes.api.shapes import ReceiptSentSerializer
from notes.api.views import refuse_the_future
from notes.models import FiledDocument, Integration, Receipt
from notes.services.receipts import ReceiptConflict, Said, receipt_put
from notes.services.rendering import stamp

MISSING = "missing"
STATES = [*Receipt.Status.values, MISSING]


class ReceiptView(IntegrationView):
    scope = Integration.Scope.NOTES_ACK
    http_method_names = ["get", "head", "put"]

    @schema.receipt
    def get(self, request: Request, note_id: UUID, version: int) -> Response:
        document = visible_document(self.integration, note_id, version)
        receipt = document.receipts.filter(integration=self.integration).first()
        if receipt is None:
            raise not_found()
        return Response(_told(document, receipt), headers=NO_STORE)

    @schema.receipt_put
    def put(self, request: Request, note_id: UUID, version: int) -> Response:
        given = validated(request, ReceiptSentSerializer)
        document = visible_document(self.integration, note_id, version)
        error = given.get("error") or {}
        said = Said(
            status=given["status"],
            external_id=given.get("external_id", ""),
            at=given.get("at"),
            error_code=error.get("code", ""),
            error_message=error.get("message", ""),
        )
        try:
            receipt, created = receipt_put(integration=self.integration, document=document, said=said)
        except ReceiptConflict as conflict:
            raise _conflict(conflict.receipt) from None
        latest = visible_document(self.integration, note_id)
        answer = {**_told(document, receipt), "latest_version": latest.version}
        return Response(answer, status=201 if created else 200, headers=NO_STORE)


def _conflict(receipt: Receipt) -> Problem:
    words = (
        f"This version is already “{receipt.status}” for you. If that is wrong, file or reject the note's next "
        "version, or ask the practice."
    )
    return Problem(
        RECEIPT_CONFLICT, words, errors=[{"pointer": "/status", "detail": f"Was {receipt.status}."}]
    )


class ReceiptsView(IntegrationView):
    """Every version in the order of the feed, with what this integration said of it; `state` narrows."""

    scope = Integration.Scope.NOTES_ACK
    parameters = ("after", "limit", "state")

    @schema.receipts
    def get(self, request: Request) -> HttpResponse:
        query, practice_id = request.query_params, self.integration.practice_id
        limit, state = parameters.limit(query), parameters.choice(query, "state", STATES)
        bound = {"list": "receipts", "state": state or ""}
        start = read_cursor(practice_id, query["after"], bound) if query.get("after") else 0
        rows = list(self._rows(start, state)[: limit + 1])
        page = rows[:limit]
        if start and not page:
            refuse_the_future(self.integration, start)
        if page:
            audit.record(
                "api.receipts_listed",
                actor=self.integration,
                practice=practice_id,
                data={"changes": [page[0].change_number, page[-1].change_number], "count": len(page)},
            )
        end = page[-1].change_number if page else start
        mine = Receipt.objects.filter(integration=self.integration, document__in=page)
        said = {receipt.document_id: receipt for receipt in mine}
        answer = {
            "data": [_told(row, said.get(row.pk)) for row in page],
            "next_cursor": write_cursor(practice_id, end, bound),
            "has_more": len(rows) > limit,
        }
        return Response(answer, headers=NO_STORE)

    def _rows(self, start: int, state: str | None) -> Any:
        mine = FilteredRelation("receipts", condition=Q(receipts__integration=self.integration))
        rows = FiledDocument.objects.pulled_by(self.integration).annotate(mine=mine).defer("body")
        if state == MISSING:
            rows = rows.filter(mine__isnull=True)
        elif state:
            rows = rows.filter(mine__status=state)
        return rows.filter(change_number__gt=start).order_by("change_number")


def _told(document: FiledDocument, receipt: Receipt | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "note": str(document.note_id),
        "version": document.version,
        "change": document.change_number,
        "status": receipt.status if receipt else MISSING,
    }
    if receipt is None:
        return told
    error = {"code": receipt.error_code, "message": receipt.error_message} if receipt.error_code else None
    return {
        **told,
        "external_id": receipt.external_id,
        "at": stamp(receipt.at),
        "error": error,
        "created_at": stamp(receipt.created_at),
        "updated_at": stamp(receipt.updated_at),
    }
