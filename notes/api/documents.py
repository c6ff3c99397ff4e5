"""The readable forms of a note, as they were made when it was filed: …/document.txt, .html and .pdf."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from notes.api import schema
from notes.api.base import AnyMediaType, IntegrationView, audit_read, revalidated, unchanged, visible_document
from notes.api.errors import not_found
from notes.models import Integration

# Ending of the address → format of the rendering, media type.
KINDS = {
    "txt": ("text", "text/plain; charset=utf-8"),
    "html": ("xhtml", "application/xhtml+xml; charset=utf-8"),
    "pdf": ("pdf", "application/pdf"),
}


class FormView(IntegrationView):
    scope = Integration.Scope.NOTES_READ
    content_negotiation_class = AnyMediaType

    def form(self, request: Request, note_id: UUID, version: int | None, kind: str) -> HttpResponse:
        document = visible_document(self.integration, note_id, version)
        name, media_type = KINDS[kind]
        rendering = document.renderings.filter(format=name).first()
        if rendering is None:
            raise not_found()
        etag = f'"{rendering.sha256}"'
        if same := unchanged(request, etag):
            return same
        audit_read(
            self.integration,
            note_id,
            document,
            action="api.document_read",
            data={"interaction": "vread" if version else "read", "format": name},
        )
        headers = {
            **revalidated(etag),
            "Content-Disposition": f'inline; filename="note-{document.note_id}-{document.version}.{kind}"',
        }
        return HttpResponse(rendering.body, content_type=media_type, headers=headers)


class DocumentView(FormView):
    @schema.document
    def get(self, request: Request, note_id: UUID, version: int, kind: str) -> HttpResponse:
        return self.form(request, note_id, version, kind)


class LatestDocumentView(FormView):
    @schema.latest_document
    def get(self, request: Request, note_id: UUID, kind: str) -> HttpResponse:
        return self.form(request, note_id, None, kind)
