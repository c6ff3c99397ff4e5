"""Two people wrote at once: both texts side by side, a choice per section, and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notes.content import SECTIONS, Content, clean_content, clean_text, part_hashes
from notes.diff import merged_text, word_diff
from notes.limits import PART_LABELS, ContentRefused, check_content
from notes.models import Note
from notes.selectors.history import content_diff
from notes.selectors.review import codes_text, standing_content
from notes.services.drafts import Conflict, NoteFrozen, draft_keep, draft_save
from notes.views.notes import page, person, visible_note

MINE, THEIRS, MERGED = "mine", "theirs", "merged"
TEXTS = (*SECTIONS, "patient_summary")


def conflict_page(
    request: HttpRequest,
    note: Note,
    *,
    mine: Content,
    conflict: Conflict,
    base: Mapping[str, str] | None = None,
    chosen: Mapping[str, str] | None = None,
    problem: str = "",
) -> HttpResponse:
    """Both texts, part by part. `mine` is kept in the history before anything is asked."""
    refused = _keep(request, note, mine)
    context = page(
        note,
        conflict=conflict,
        parts=_differing(mine, conflict.content, base or {}, chosen or {}),
        mine_codes=json.dumps(mine["billing_codes"]),
        problem=refused or problem,
    )
    return render(request, "notes/conflict.html", context, status=409)


def _keep(request: HttpRequest, note: Note, mine: Content) -> str:
    """Keep the person's text in the history; why that can't be done, in words, else nothing."""
    try:
        draft_keep(note=note, actor=person(request), content=mine)
    except ContentRefused as refused:
        return refused.words
    return ""


def frozen_page(request: HttpRequest, note: Note, mine: Content) -> HttpResponse:
    """The note was signed meanwhile: what the person wrote, against what was signed, and where it can go."""
    _keep(request, note, mine)
    parts = [part for part in content_diff(standing_content(note), mine) if part.changed]
    return render(request, "notes/signed_meanwhile.html", page(note, parts=parts), status=409)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Save what the person chose per part. Their choice stands on the version they saw; else they choose again."""
    found = visible_note(request, pk)
    if request.method != "POST":
        return redirect("note", pk=found.pk)
    if not found.may_edit:  # type: ignore[attr-defined]
        raise PermissionDenied
    mine = _mine(request.POST, found.working)
    seen = _number(request.POST.get("version"))
    now = Conflict(found.working, found.version, str(found.edited_by or "a new draft"), found.edited_at)
    resolved, undecided = _resolved(request.POST, mine, found.working)
    if seen == found.version and undecided:
        names = ", ".join(PART_LABELS[name] for name in undecided)
        return conflict_page(
            request,
            found,
            mine=mine,
            conflict=now,
            chosen=request.POST.dict(),
            problem=f"Choose a text for: {names}.",
        )
    return _save_resolved(request, found, seen=seen, resolved=resolved if seen == found.version else mine)


def _save_resolved(request: HttpRequest, found: Note, *, seen: int, resolved: Content) -> HttpResponse:
    try:
        check_content(resolved)
        outcome = draft_save(
            note=found, actor=person(request), base_version=seen, content=resolved, keep_replaced=True
        )
    except NoteFrozen as frozen:
        return frozen_page(request, visible_note(request, frozen.note.pk), resolved)
    except ContentRefused as refused:
        now = Conflict(found.working, found.version, str(found.edited_by or "a new draft"), found.edited_at)
        return conflict_page(
            request, found, mine=_mine(request.POST, found.working), conflict=now, problem=refused.words
        )
    if isinstance(outcome, Conflict):
        return conflict_page(request, found, mine=resolved, conflict=outcome)
    messages.success(request, "Saved. Both texts are kept in the history.")
    return redirect("note", pk=found.pk)


def _differing(
    mine: Content, theirs: Content, base: Mapping[str, str], chosen: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The parts whose texts differ, each with a suggestion where only one person changed it."""
    ours, others = part_hashes(mine), part_hashes(theirs)
    parts = []
    for name in (*TEXTS, "billing_codes"):
        if ours[name] == others[name]:
            continue
        my_text, their_text = _text(mine, name), _text(theirs, name)
        suggestion = (
            THEIRS if base.get(name) == ours[name] else MINE if base.get(name) == others[name] else ""
        )
        parts.append(
            {
                "name": name,
                "label": PART_LABELS[name],
                "is_text": name in TEXTS,
                "mine": my_text,
                "pieces": word_diff(their_text, my_text),
                "merged": chosen.get(f"merged_{name}") or merged_text(their_text, my_text),
                "choice": chosen.get(f"choice_{name}", suggestion),
            }
        )
    return parts


def _resolved(data: QueryDict, mine: Content, theirs: Content) -> tuple[Content, list[str]]:
    """The chosen content, and the parts that differ and have no choice yet."""
    content = clean_content(theirs)
    ours, others = part_hashes(mine), part_hashes(theirs)
    undecided = []
    for name in (*TEXTS, "billing_codes"):
        choice = data.get(f"choice_{name}", "")
        if ours[name] != others[name] and choice not in (MINE, THEIRS, MERGED):
            undecided.append(name)
        elif choice == MINE:
            _put(content, name, mine["billing_codes"] if name == "billing_codes" else _text(mine, name))
        elif choice == MERGED:
            _put(content, name, _merged(data, name, mine, theirs))
    return content, undecided


def _merged(data: QueryDict, name: str, mine: Content, theirs: Content) -> Any:
    if name != "billing_codes":
        return clean_text(data.get(f"merged_{name}"))
    return theirs["billing_codes"] + [
        code for code in mine["billing_codes"] if code not in theirs["billing_codes"]
    ]


def _mine(data: QueryDict, theirs: Content) -> Content:
    """The person's own text, which the page carries along for every part that differed."""
    try:
        codes = json.loads(data.get("mine_billing_codes") or "null")
        check_content({"sections": {}, "billing_codes": codes})
    except (ValueError, ContentRefused):
        codes = theirs["billing_codes"]
    content = {**theirs, "sections": {**theirs["sections"]}, "billing_codes": codes}
    for name in TEXTS:
        if f"mine_{name}" in data:
            _put(content, name, data[f"mine_{name}"])
    return clean_content(content)


def _text(content: Content, name: str) -> str:
    if name == "billing_codes":
        return codes_text(content)
    text: str = content["patient_summary"] if name == "patient_summary" else content["sections"][name]
    return text


def _put(content: Content, name: str, value: Any) -> None:
    if name in SECTIONS:
        content["sections"][name] = value
    else:
        content[name] = value


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 10 else -1
