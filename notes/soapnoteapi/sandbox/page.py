"""The page for people: what this is, which jobs ran and which webhooks are owed. No text of any note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256

from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string

from notes.soapnoteapi.sandbox import NOTICE
from notes.soapnoteapi.sandbox.config import ANY_KEY, Account
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.faults.armory import Armory
from notes.soapnoteapi.sandbox.faults.catalogue import CATALOGUE
from notes.soapnoteapi.sandbox.progress import HEARING, Progress
from notes.soapnoteapi.sandbox.records import COMPLETED, FAILED, PENDING, PROCESSING, Attempt, Delivery, Job
from notes.soapnoteapi.sandbox.requests import Response
from notes.soapnoteapi.sandbox.transcript import clock

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SAID = {
    "sent": "The test event is on its way. Its delivery is listed below.",
    "again": "The delivery is being sent again. Its new attempt is listed below.",
}
STATES = {"pending": "Waiting", "delivered": "Delivered", "given_up": "Given up"}
SHOWN_STRIKES = 20
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")


def home(engine: Engine, *, host: str, said: str) -> Response:
    """The whole page; `host` is what the reader's browser calls this server, `said` which message to show."""
    context = {
        **_changing(engine),
        "notice": NOTICE,
        "accounts": [_account_entry(number, account) for number, account in numbered(engine.config.accounts)],
        "address": f"http://{host if HOST.fullmatch(host) else '127.0.0.1:8100'}",
        "message": SAID.get(said, ""),
    }
    return _html(render_to_string("sandbox/home.html", context).encode())


def live(engine: Engine, *, seen: str) -> Response:
    """The changing part of the page, or 304 when it reads the same as what the caller has `seen` (an ETag)."""
    html = render_to_string("sandbox/_live.html", _changing(engine)).encode()
    tag = f'"{sha256(html).hexdigest()[:32]}"'
    return Response(304, headers={"ETag": tag, **HEADERS}) if seen == tag else _html(html, {"ETag": tag})


def asset(name: str, kind: str) -> Response:
    text = render_to_string(f"sandbox/{name}")
    return Response(200, text.encode(), {"Content-Type": f"{kind}; charset=utf-8", **HEADERS})


def numbered(accounts: Iterable[Account]) -> list[tuple[str, Account]]:
    """Accounts by their place in the configuration: the page names no key, not even by its hash."""
    return [(str(number), account) for number, account in enumerate(accounts, 1)]


def _html(body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(200, body, {"Content-Type": "text/html; charset=utf-8", **HEADERS, **(headers or {})})


def _changing(engine: Engine) -> dict[str, object]:
    store = engine.store
    jobs, deliveries = store.recent_jobs(), store.recent_deliveries()
    attempts = store.attempts(deliveries)
    return {
        "jobs": _job_entries(jobs, engine.worker.progress),
        "deliveries": [_delivery_entry(owed, attempts[owed.event_id]) for owed in deliveries],
        "faults": _faults(engine.faults.armory),
        "totals": _totals(store.tallies()),
        "summary": _summary(jobs, deliveries),
        "hooks": bool(engine.config.accounts),
    }


def _job_entries(jobs: list[Job], progress: Progress | None) -> list[dict[str, object]]:
    """Newest first, as `jobs` are; a waiting job tells how many are before it."""
    entries: list[dict[str, object]] = []
    before = sum(job.status == PROCESSING for job in jobs)
    for job in jobs:
        before -= job.status == PROCESSING
        entries.append(
            {
                "note_id": job.note_id,
                "kind": "Recording" if job.kind == "audio" else "Typed text",
                "status": job.status,
                "label": _label(job, progress, before),
                "reason": job.error_message,
                "at": _at(job.created_at),
                "length": clock(job.audio_seconds) if job.audio_seconds else "",
                "took": None if job.finished_at is None else job.finished_at - job.created_at,
                "progress": progress if _is_heard(job, progress) else None,
            }
        )
    return entries


def _label(job: Job, progress: Progress | None, before: int) -> str:
    if job.status == COMPLETED:
        return "Note ready"
    if job.status == FAILED:
        return "Failed"
    if progress is None or progress.note_id != job.note_id:
        return f"Queued, {before} before it" if before else "Queued"
    if progress.stage != HEARING:
        return "Arranging"
    if not progress.seconds:
        return "Hearing"
    return f"Hearing, {clock(progress.heard)} of {clock(progress.seconds)}"


def _is_heard(job: Job, progress: Progress | None) -> bool:
    return progress is not None and progress.note_id == job.note_id and progress.seconds > 0


def _delivery_entry(owed: Delivery, attempts: list[Attempt]) -> dict[str, object]:
    return {
        "event_id": owed.event_id,
        "event": owed.event,
        "note_id": owed.note_id,
        "state": owed.state,
        "label": STATES.get(owed.state, owed.state),
        "attempts": [
            {"number": each.number, "at": _at(each.at), "status": each.http_status} for each in attempts
        ],
        "next_at": _at(owed.next_at) if owed.state == PENDING else None,
    }


def _faults(armory: Armory) -> dict[str, list[dict[str, object]]]:
    """What stands and what struck last, in words."""
    return {
        "armed": [_fault_entry(armed) for armed in armory.armed()],
        "struck": armory.strikes(SHOWN_STRIKES),
    }


def _fault_entry(armed: Mapping[str, object]) -> dict[str, object]:
    fault = CATALOGUE[str(armed["fault"])]
    left = "always" if armed["times"] is None else armed["times"]
    return {**armed, "does": fault.says, "strikes": fault.strikes, "left": left}


def _account_entry(number: str, account: Account) -> dict[str, object]:
    return {
        "number": number,
        "url": account.webhook_url,
        "profile": account.profile,
        "for_all": account.api_key == ANY_KEY,
    }


def _totals(tallies: Mapping[str, int]) -> list[tuple[str, str]]:
    return [
        (name.replace("_", " ").capitalize(), filesizeformat(value) if "bytes" in name else f"{value:,}")
        for name, value in tallies.items()
    ]


def _summary(jobs: list[Job], deliveries: list[Delivery]) -> str:
    working = sum(job.status == PROCESSING for job in jobs)
    waiting = sum(owed.state == PENDING for owed in deliveries)
    return f"Jobs in work: {working}. Deliveries waiting: {waiting}."


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
