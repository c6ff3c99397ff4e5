"""GET /api/v1/notes (the change feed) and /api/v1/notes/<uuid>.

Bodies go out as they were stored at filing: decrypted and joined, never parsed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.views import APIView

from consent import audit
from notes.api import parameters, schema
from notes.api.cursors import invalid_cursor, read_cursor, write_cursor
from notes.api.errors import not_found
from notes.api.problems import HTTPS_REQUIRED, Problem
from notes.api.throttling import Allowance
from notes.models import ChangeCounter, FiledDocument, Integration

FILTERS = ("patient", "encounter")
# values_list() gives ciphertext, whatever the type stubs say of it.
_BODY: Any = FiledDocument._meta.get_field("body")


class IntegrationView(APIView):
    """What all API views share: keys, scopes, limits, TLS only."""

    scope: Integration.Scope
    allowance: Allowance | None = None
    http_method_names = ["get", "head"]
    parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if settings.HTTPS and not request.is_secure():
            raise Problem(
                HTTPS_REQUIRED,
                "Use https. If a key was sent, it travelled unprotected: have it revoked and use a new one.",
            )
        super().initial(request, *args, **kwargs)
        parameters.only(request.query_params, self.parameters)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.allowance:
            for name, value in self.allowance.headers().items():
                final.headers[name] = value
        return final

    @property
    def integration(self) -> Integration:
        caller = self.request.auth
        assert isinstance(caller, Integration)
        return caller


class NoteFeedView(IntegrationView):
    scope = Integration.Scope.NOTES_READ
    parameters = ("after", "limit", *FILTERS)

    @schema.feed
    def get(self, request: Request) -> HttpResponse:
        query, practice_id = request.query_params, self.integration.practice_id
        limit, filters = parameters.limit(query), parameters.uuids(query, FILTERS)
        start = read_cursor(practice_id, query["after"], filters) if query.get("after") else 0
        rows = list(
            FiledDocument.objects.pulled_by(self.integration)
            .filter(change_number__gt=start, **{f"{name}_id": value for name, value in filters.items()})
            .order_by("change_number")
            .values_list("pk", "note_id", "change_number", "body")[: limit + 1]
        )
        page = rows[:limit]
        if page:
            self._audit(page)
        elif start:
            self._refuse_the_future(start)
        end = page[-1][2] if page else start
        return self._answer(page, write_cursor(practice_id, end, filters), has_more=len(rows) > limit)

    @staticmethod
    def _answer(page: list[tuple[Any, ...]], cursor: str, *, has_more: bool) -> HttpResponse:
        bodies = ",".join([_BODY.unseal(pk, body) for pk, _, _, body in page])
        more = "true" if has_more else "false"
        content = f'{{"data":[{bodies}],"next_cursor":"{cursor}","has_more":{more}}}'
        return HttpResponse(
            content.encode(), content_type="application/json", headers={"Cache-Control": "private, no-store"}
        )

    def _audit(self, page: list[tuple[Any, ...]]) -> None:
        """One event per page with every id. An empty page disclosed nothing and leaves none."""
        audit.record(
            "api.notes_listed",
            actor=self.integration,
            practice=self.integration.practice_id,
            data={"notes": [str(row[1]) for row in page], "changes": [page[0][2], page[-1][2]]},
        )

    def _refuse_the_future(self, start: int) -> None:
        """After a restore from backup a cursor may lie ahead of the feed; waiting there would skip notes."""
        counter = ChangeCounter.objects.filter(pk=self.integration.practice_id)
        if start > (counter.values_list("value", flat=True).first() or 0):
            raise invalid_cursor()


class NoteView(IntegrationView):
    scope = Integration.Scope.NOTES_READ

    @schema.note
    def get(self, request: Request, note_id: UUID) -> HttpResponse:
        row = (
            FiledDocument.objects.pulled_by(self.integration)
            .filter(note_id=note_id)
            .order_by("-version")
            .values_list("pk", "body", "body_sha256", "encounter_id", "patient_id", "version")
            .first()
        )
        if row is None:
            self._audit(note_id, outcome=audit.Outcome.REFUSED, reason="not found")
            raise not_found()
        pk, body, digest, encounter_id, patient_id, version = row
        headers = {"ETag": f'"{digest}"', "Cache-Control": "private, no-cache"}
        if _matches(request.headers.get("If-None-Match", ""), headers["ETag"]):
            return HttpResponseNotModified(headers=headers)
        self._audit(note_id, encounter=encounter_id, patient=patient_id, version=version)
        return HttpResponse(_BODY.unseal(pk, body).encode(), content_type="application/json", headers=headers)

    def _audit(
        self,
        note_id: UUID,
        *,
        version: int | None = None,
        encounter: UUID | None = None,
        patient: UUID | None = None,
        outcome: str = audit.Outcome.SUCCESS,
        reason: str = "",
    ) -> None:
        audit.record(
            "api.note_read",
            actor=self.integration,
            practice=self.integration.practice_id,
            encounter=encounter,
            patient=patient,
            outcome=outcome,
            reason=reason,
            data={"note": str(note_id), **({"version": version} if version else {})},
        )


def _matches(given: str, etag: str) -> bool:
    """If-None-Match by weak comparison (RFC 9110 §13.1.2)."""
    tags = {tag.removeprefix("W/") for tag in parse_etags(given)} if given else set()
    return etag in tags or "*" in tags
