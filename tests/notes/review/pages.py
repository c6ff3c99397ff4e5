"""What the pages of a note are sent, as a browser would send it."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from django.urls import reverse

from notes.content import SECTIONS, canonical_bytes, content_hash, part_hashes
from notes.models import Note


def url(name: str, note: Note) -> str:
    return reverse(name, args=[note.pk])


def fields(content: dict[str, Any], *, version: int, **more: Any) -> dict[str, Any]:
    """The review form filled with `content`."""
    codes = content["billing_codes"]
    return {
        **content["sections"],
        "patient_summary": content["patient_summary"],
        "version": version,
        "base": json.dumps(part_hashes(content)),
        **{f"code_{key}": [code[key] for code in codes] for key in ("system", "code", "description")},
        **more,
    }


def autosave(client: Client, note: Note, content: dict[str, Any], *, version: int) -> Any:
    return client.post(
        url("note-draft", note),
        json.dumps({"version": version, "content": content}),
        content_type="application/json",
        headers={"accept": "application/json"},
    )


def signing(note: Note, **changed: Any) -> dict[str, Any]:
    """The sign form as the page shows it now, ticked."""
    note.refresh_from_db()
    return {
        "version": note.version,
        "content_sha256": content_hash(note.working),
        "seen": canonical_bytes(note.working).decode(),
        "attest": "on",
        **changed,
    }


def with_text(content: dict[str, Any], **sections: str) -> dict[str, Any]:
    assert set(sections) <= set(SECTIONS)
    return {**content, "sections": {**content["sections"], **sections}}
