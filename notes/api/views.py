"""GET /api/v1/notes (the change feed), /api/v1/notes/<uuid> and its versions.

Bodies go out as they were stored at filing: decrypted and joined, never parsed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from consent import audit
from notes.api import parameters, schema
from notes.api.base import NO_STORE, IntegrationView, audit_read, revalidated, unchanged, visible_document
from notes.api.cursors import invalid_cursor, read_cursor, write_cursor
from notes.api.errors import not_found
from notes.models import ChangeCounter, FiledDocument, Integration
from notes.services.integrations import integration_pulled
from notes.services.rendering import stamp

ONE_PRACTICE = ("patient", "encounter", "provider")
PERIOD = ("filed_from", "filed_to")
LOOKUPS = {
    "patient": "patient_id",
    "encounter": "encounter_id",
    "provider": "encounter__provider_id",
    "filed_from": "filed_at__gte",
    "filed_to": "filed_at__lt",
}
# values_list() gives ciphertext, whatever the type stubs say of it.
_BODY: Any = FiledDocument._meta.get_field("body")


class NoteFeedView(IntegrationView):
    scope = Integration.Scope.NOTES_READ
    parameters = ("after", "limit", *LOOKUPS)

    @schema.feed
    def get(self, request: Request) -> HttpResponse:
        query, practice_id = request.query_params, self.integration.practice_id
        limit = parameters.limit(query)
        filters: dict[str, UUID | datetime] = {
            **parameters.uuids(query, ONE_PRACTICE),
            **parameters.moments(query, PERIOD),
        }
        start = read_cursor(practice_id, query["after"], filters) if query.get("after") else 0
        rows = list(
            FiledDocument.objects.pulled_by(self.integration)
            .filter(change_number__gt=start, **{LOOKUPS[name]: value for name, value in filters.items()})
            .order_by("change_number")
            .values_list("pk", "note_id", "change_number", "body", "patient_id")[: limit + 1]
        )
        page = rows[:limit]
        if start and not page:
            refuse_the_future(self.integration, start)
        end = page[-1][2] if page else start
        self._remember(page, None if filters else end)
        return self._answer(page, write_cursor(practice_id, end, filters), has_more=len(rows) > limit)

    @staticmethod
    def _answer(page: list[tuple[Any, ...]], cursor: str, *, has_more: bool) -> HttpResponse:
        bodies = ",".join([_BODY.unseal(row[0], row[3]) for row in page])
        more = "true" if has_more else "false"
        content = f'{{"data":[{bodies}],"next_cursor":"{cursor}","has_more":{more}}}'
        return HttpResponse(content.encode(), content_type="application/json", headers=NO_STORE)

    def _remember(self, page: list[tuple[Any, ...]], end: int | None) -> None:
        """How far this integration is, and one event per page with every id; an empty page discloses nothing."""
        with audit.audited():
            if end is not None:
                integration_pulled(self.integration, end)
            if page:
                audit.record(
                    "api.notes_listed",
                    actor=self.integration,
                    practice=self.integration.practice_id,
                    data={
                        "interaction": "search",
                        "notes": [str(row[1]) for row in page],
                        "patients": sorted({str(row[4]) for row in page}),
                        "changes": [page[0][2], page[-1][2]],
                    },
                )


def refuse_the_future(integration: Integration, start: int) -> None:
    """After a restore from backup a cursor may lie ahead of the feed; waiting there would skip notes."""
    counter = ChangeCounter.objects.filter(pk=integration.practice_id)
    if start > (counter.values_list("value", flat=True).first() or 0):
        raise invalid_cursor()


class StoredNoteView(IntegrationView):
    scope = Integration.Scope.NOTES_READ

    def _body(self, request: Request, note_id: UUID, version: int | None) -> HttpResponse:
        document = visible_document(self.integration, note_id, version)
        etag = f'"{document.body_sha256}"'
        if same := unchanged(request, etag):
            return same
        audit_read(self.integration, note_id, document, data={"interaction": "vread" if version else "read"})
        return HttpResponse(
            document.body.encode(), content_type="application/json", headers=revalidated(etag)
        )


class NoteView(StoredNoteView):
    @schema.note
    def get(self, request: Request, note_id: UUID) -> HttpResponse:
        return self._body(request, note_id, None)


class VersionView(StoredNoteView):
    @schema.version
    def get(self, request: Request, note_id: UUID, version: int) -> HttpResponse:
        return self._body(request, note_id, version)


class VersionsView(IntegrationView):
    scope = Integration.Scope.NOTES_READ

    @schema.versions
    def get(self, request: Request, note_id: UUID) -> HttpResponse:
        found = FiledDocument.objects.pulled_by(self.integration).filter(note_id=note_id).defer("body")
        rows = list(found.order_by("version"))
        audit_read(
            self.integration,
            note_id,
            rows[-1] if rows else None,
            outcome=audit.Outcome.SUCCESS if rows else audit.Outcome.REFUSED,
            reason="" if rows else "not found",
            data={"interaction": "history"},
        )
        if not rows:
            raise not_found()
        return Response({"data": [described(row) for row in rows]}, headers=NO_STORE)


def described(document: FiledDocument) -> dict[str, Any]:
    here = f"/api/v1/notes/{document.note_id}/versions/{document.version}"
    return {
        "version": document.version,
        "change": document.change_number,
        "state": document.state,
        "filed_at": stamp(document.filed_at),
        "etag": f'"{document.body_sha256}"',
        "links": {
            "self": here,
            "text": f"{here}/document.txt",
            "html": f"{here}/document.html",
            "pdf": f"{here}/document.pdf",
            "receipt": f"{here}/receipt",
        },
    }
