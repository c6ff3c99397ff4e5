"""The history page: every revision, who did what, and how any two texts differ."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from consent.audit import record
from notes.models import Note, Revision
from notes.selectors.history import content_diff, events_of, revisions_of, signatures_of
from notes.selectors.review import text_parts
from notes.services.drafts import EDITABLE
from notes.views.notes import page, person, visible_note

WORKING = "working"


@never_cache
@login_required
@require_safe
def history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """``?show=`` names a revision (or "working"), ``?against=`` the one it is compared with; neither: the newest
    against the engine's draft. ``?against=none`` shows the text alone."""
    found = visible_note(request, pk)
    record("note.history_viewed", actor=person(request), target=found, **found.audit_context())
    revisions = revisions_of(found)
    has_working = found.state in EDITABLE
    names = ([WORKING] if has_working else []) + [str(revision.number) for revision in revisions]
    context = page(
        found,
        revisions=revisions,
        has_working=has_working,
        first=_draft_number(revisions),
        signatures=signatures_of(found),
        events=events_of(found),
        **_comparison(request, found, revisions, names),
    )
    return render(request, "notes/history.html", context)


def _comparison(
    request: HttpRequest, found: Note, revisions: list[Revision], names: list[str]
) -> dict[str, Any]:
    if not names:
        return {}
    shown = request.GET.get("show", names[0])
    against = request.GET.get("against", _draft_number(revisions))
    if shown not in names or against not in (*names, "none", ""):
        raise Http404
    content = _content(found, revisions, shown)
    if against in ("none", "", shown):
        return {"shown": shown, "shown_parts": text_parts(content), "shown_codes": content["billing_codes"]}
    diff = content_diff(_content(found, revisions, against), content)
    return {"shown": shown, "against": against, "diff": diff, "differs": any(part.changed for part in diff)}


def _draft_number(revisions: list[Revision]) -> str:
    """The engine's first draft, or the first revision of a note begun by hand."""
    drafts = [revision for revision in revisions if revision.kind == Revision.Kind.DRAFT]
    first = (drafts or revisions)[-1:] if revisions else []
    return str(first[0].number) if first else ""


def _content(found: Note, revisions: list[Revision], name: str) -> Any:
    if name == WORKING:
        return found.working
    return next(revision for revision in revisions if str(revision.number) == name).content
