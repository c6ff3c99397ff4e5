"""The page for people: what this is, which jobs ran and which webhooks are owed. No text of any note."""

from __future__ import annotations

from datetime import UTC, datetime

from django.template.loader import render_to_string

from notes.soapnoteapi.sandbox import NOTICE
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.requests import Response

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def home(engine: Engine, *, sent: bool) -> Response:
    store = engine.store
    jobs = [
        {
            "note_id": job.note_id,
            "kind": job.kind,
            "status": job.status,
            "reason": job.error_message,
            "at": datetime.fromtimestamp(job.created_at, UTC),
            "audio_seconds": job.audio_seconds,
            "took": (job.finished_at or engine.clock()) - job.created_at,
        }
        for job in store.recent_jobs()
    ]
    context = {
        "notice": NOTICE,
        "jobs": jobs,
        "deliveries": store.recent_deliveries(),
        "accounts": engine.config.accounts,
        "sent": sent,
    }
    html = render_to_string("sandbox/home.html", context)
    return Response(200, html.encode(), {"Content-Type": "text/html; charset=utf-8", **HEADERS})


def stylesheet() -> Response:
    css = render_to_string("sandbox/style.css")
    return Response(200, css.encode(), {"Content-Type": "text/css; charset=utf-8", **HEADERS})
