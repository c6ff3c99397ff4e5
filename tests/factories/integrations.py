"""Integrations with keys, and a caller that uses one."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from consent.audit import SYSTEM
from notes.models import FiledDocument, IdempotentRequest, Integration, UsedAssertion, WebhookEndpoint
from notes.services.access.tokens import token_issue
from notes.services.exports import export_begin, export_plan
from notes.services.integrations import integration_create
from notes.services.receipts import Said, receipt_put
from notes.services.webhooks.deliveries import redeliver
from notes.services.webhooks.endpoints import endpoint_create


def integration(practice: Any, **fields: Any) -> tuple[Integration, str]:
    """A new integration of the practice and its key; fields as ``integration_create`` takes them."""
    return integration_create(practice=practice, name="EHR", actor=SYSTEM, **fields)


def furnish(made: Integration) -> None:
    """A row of everything that an integration leaves behind."""
    asked = {"types": ["Device"], "filters": [], "since": None, "patients": None, "request": "x"}
    export_plan(export_begin(integration=made, asked=asked).pk)
    token_issue(integration=made, scopes=["notes:read"], how="key")
    UsedAssertion.objects.create(integration=made, jti_sha256="0" * 64, expires_at=timezone.now())
    endpoint_create(
        integration=made, url="https://ehr.example.com/hook", types=WebhookEndpoint.EventType.values
    )
    document = FiledDocument.objects.pulled_by(made).first()
    if document:
        redeliver(integration=made, document=document)
        receipt_put(integration=made, document=document, said=Said("received"))
    IdempotentRequest.objects.create(
        integration=made, key="k", fingerprint="0" * 64, answer="Zqxours-clinical"
    )


class Caller:
    """A machine that holds `key` (or nothing)."""

    def __init__(self, key: str = "", **headers: str) -> None:
        given = {"Authorization": f"Bearer {key}"} if key else {}
        self.client = Client(headers={**given, **headers})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query)

    def notes(self, **query: Any) -> Any:
        return self.get("/api/v1/notes", **query)

    def note(self, note: Any, **headers: str) -> Any:
        return self.client.get(f"/api/v1/notes/{note.pk}", headers=headers)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """`body` as JSON; bytes and text as they are."""
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.generic(method.upper(), path, data, content_type="application/json")

    def pull(self, *, after: str | None = None, **query: Any) -> tuple[list[dict[str, Any]], str]:
        """Everything from `after` to the end, and the last cursor."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.notes(**query, **({"after": after} if after else {})).json()
            found += page["data"]
            after = page["next_cursor"]
            if not page["has_more"]:
                return found, after
