"""The sandbox's own endpoints: its page for people, and its ledger for tests."""

from __future__ import annotations

from collections import Counter

from notes.soapnoteapi.sandbox import page
from notes.soapnoteapi.sandbox.access import Access
from notes.soapnoteapi.sandbox.clock import iso
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.errors import invalid, refusal
from notes.soapnoteapi.sandbox.records import Attempt, Delivery, Job
from notes.soapnoteapi.sandbox.requests import Request, Response, answer
from notes.soapnoteapi.sandbox.views import job_state

EVERYTHING = 10_000


class Console:
    def __init__(self, engine: Engine, access: Access) -> None:
        self._engine = engine
        self._access = access

    def home(self, request: Request, _: str) -> Response:
        return page.home(
            self._engine, host=request.header("Host"), said=request.environ.get("QUERY_STRING", "")
        )

    def live(self, request: Request, _: str) -> Response:
        """What changes on the page; 304 while it is as the caller last saw it."""
        return page.live(self._engine, seen=request.header("If-None-Match"))

    def stylesheet(self, _request: Request, _: str) -> Response:
        return page.asset("style.css", "text/css")

    def script(self, _request: Request, _: str) -> Response:
        return page.asset("live.js", "text/javascript")

    def test_event(self, request: Request, _: str) -> Response:
        """Send the test event: with an API key to its account; from the page's form to one account or all."""
        if request.bearer:
            sent = self._engine.send_test_events(self._access.account(request))
            if not sent:
                raise invalid(("webhook", "No webhook is configured for this key"))
            return answer({"event_ids": sent}, 202)
        self._access.require_own_page(request)
        chosen = str(request.form().get("account", ""))
        known = dict(page.numbered(self._engine.config.accounts))
        if chosen and chosen not in known:
            raise invalid(("account", "There is no such account"))
        self._engine.send_test_events(known[chosen].id if chosen else None)
        return Response(303, headers={"Location": "/?sent"})

    def send_again(self, request: Request, event_id: str) -> Response:
        """Make one delivery due now, from the page's button."""
        self._access.require_own_page(request)
        if not self._engine.send_again(event_id):
            raise refusal(404, "There is no such delivery, or its note has expired.")
        return Response(303, headers={"Location": "/?again"})

    def ledger(self, request: Request, _: str) -> Response:
        """What was received, made and delivered, in numbers and ids, so that tests can compare both sides."""
        self._access.require_admin(request)
        store = self._engine.store
        jobs, deliveries = store.recent_jobs(EVERYTHING), store.recent_deliveries(EVERYTHING)
        attempts = store.attempts(deliveries)
        return answer(
            {
                "totals": store.tallies(),
                "jobs_by_status": Counter(job.status for job in jobs),
                "deliveries_by_state": Counter(delivery.state for delivery in deliveries),
                "jobs": [_job_entry(job) for job in jobs],
                "deliveries": [_delivery_entry(owed, attempts[owed.event_id]) for owed in deliveries],
                "requests": self._engine.faults.armory.requests(EVERYTHING),
                "faults": self._engine.faults.armory.strikes(EVERYTHING),
            }
        )


def _job_entry(job: Job) -> dict[str, object]:
    return {
        **job_state(job),
        "account": job.account,
        "kind": job.kind,
        "bytes": job.received_bytes,
        "attempts": job.attempts,
        "audio_seconds": job.audio_seconds,
    }


def _delivery_entry(owed: Delivery, attempts: list[Attempt]) -> dict[str, object]:
    return {
        "event_id": owed.event_id,
        "event": owed.event,
        "noteId": owed.note_id,
        "account": owed.account,
        "state": owed.state,
        "attempts": [{"at": iso(made.at), "http_status": made.http_status} for made in attempts],
        "http_status": owed.last_status,
    }
