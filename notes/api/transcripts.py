"""GET /api/v1/notes/<uuid>/transcript: what was said, for integrations that the practice trusts with it.

The transcript is no part of the chart entry. It has a scope of its own, and only a filed note's is served.
"""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from consent import audit
from notes.api import schema
from notes.api.base import IntegrationView
from notes.api.errors import not_found
from notes.models import FiledDocument, Integration, Note


class TranscriptView(IntegrationView):
    scope = Integration.Scope.TRANSCRIPTS_READ

    @schema.transcript
    def get(self, request: Request, note_id: UUID) -> Response:
        filed = FiledDocument.objects.pulled_by(self.integration).filter(note_id=note_id).values("note_id")
        found = Note.objects.filter(pk__in=filed).defer("working").first()
        audit.record(
            "api.transcript_read",
            actor=self.integration,
            practice=self.integration.practice_id,
            target=found,
            encounter=found.encounter_id if found else None,
            patient=found.patient_id if found else None,
            outcome=audit.Outcome.SUCCESS if found else audit.Outcome.REFUSED,
            reason="" if found else "not found",
        )
        if found is None:
            raise not_found()
        answer = {"id": str(found.pk), "sandbox": found.sandbox, "transcript": found.transcript}
        return Response(answer, headers={"Cache-Control": "private, no-store"})
