"""The review page: the note beside what was said, saved as it is typed, and read-only once signed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from consent.audit import record
from encounters.accounts.responses import problem
from encounters.models import Practice
from notes.content import CODE_KEYS, Content, part_hashes
from notes.forms import ContentForm
from notes.limits import ContentRefused
from notes.models import Note, Revision
from notes.selectors.integrations import receipts_of
from notes.selectors.review import addenda_of, standing_content, text_parts, transcript_of
from notes.services.drafts import EDITABLE, Conflict, NoteFrozen, draft_save
from notes.states import FILED_NOTES, NoteState
from notes.views.conflict import conflict_page, frozen_page
from notes.views.notes import clock_time, page, person, visible_note


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read and correct the note. POST saves without script and, with ``then=sign``, goes on to signing."""
    found = visible_note(request, pk)
    if request.method == "POST":
        return _save(request, found)
    record("note.viewed", actor=person(request), target=found, **found.audit_context())
    if found.state in EDITABLE and found.may_edit:  # type: ignore[attr-defined]
        return _editor(request, found, ContentForm(initial=_initial(found)), found.working["billing_codes"])
    return render(request, "notes/note.html", _reading(request, found))


@never_cache
@login_required
@require_POST
def draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Autosave: ``{"version", "content"}`` → 200 ``{"version", "saved_at", "saved_label", "base"}``.

    409 with code ``conflict`` carries the other text, 409 with code ``signed`` means that the note is frozen,
    413 and 400 say what is wrong with the text. Nothing but a 200 has saved anything.
    """
    found = visible_note(request, pk)
    if not found.may_edit:  # type: ignore[attr-defined]
        return problem(403, "Not allowed", "Your role can read this note, not change it.", code="role")
    try:
        sent = json.loads(request.body)
        version, content = int(sent["version"]), sent["content"]
        outcome = draft_save(note=found, actor=person(request), base_version=version, content=content)
    except RequestDataTooBig:
        return problem(
            413, "Too long", "The note is too long to save. Your text is still here.", code="too_long"
        )
    except ContentRefused as refused:
        status = 413 if refused.code == "too_long" else 400
        return problem(status, "Not saved", refused.words, code=refused.code, part=refused.part)
    except (ValueError, KeyError, TypeError, AttributeError):
        return problem(
            400, "Not saved", "The request could not be read. Your text is still here.", code="shape"
        )
    except NoteFrozen as frozen:
        return _signed_meanwhile(frozen.note)
    if isinstance(outcome, Conflict):
        return _conflict_answer(found, outcome)
    found.refresh_from_db(fields=["working"])
    return JsonResponse(
        {
            "version": outcome.version,
            "saved_at": outcome.saved_at.isoformat(),
            "saved_label": clock_time(found, outcome.saved_at),
            "base": part_hashes(found.working),
        }
    )


def _save(request: HttpRequest, found: Note) -> HttpResponse:
    if not found.may_edit:  # type: ignore[attr-defined]
        raise PermissionDenied
    form = ContentForm(request.POST)
    if not form.is_valid():
        return _editor(request, found, form, form.content["billing_codes"], status=422)
    mine = form.content
    try:
        outcome = draft_save(
            note=found, actor=person(request), base_version=form.cleaned_data["version"], content=mine
        )
    except NoteFrozen as frozen:
        return frozen_page(request, visible_note(request, frozen.note.pk), mine)
    if isinstance(outcome, Conflict):
        return conflict_page(request, found, mine=mine, conflict=outcome, base=form.base_hashes)
    if request.POST.get("then") == "sign":
        return redirect("note-sign", pk=found.pk)
    messages.success(request, f"Saved at {clock_time(found, outcome.saved_at)}.")
    return redirect("note", pk=found.pk)


def _initial(found: Note) -> dict[str, Any]:
    content: Content = found.working
    return {
        **content["sections"],
        "patient_summary": content["patient_summary"],
        "version": found.version,
        "base": json.dumps(part_hashes(content)),
    }


def _editor(
    request: HttpRequest, found: Note, form: ContentForm, codes: list[dict[str, str]], *, status: int = 200
) -> HttpResponse:
    context = page(
        found,
        form=form,
        section_fields=[form[name] for name in ("subjective", "objective", "assessment", "plan")],
        codes=[*codes, dict.fromkeys(CODE_KEYS, "")],
        transcript=transcript_of(found),
        untouched=found.edited_by_id is None and _by_engine(found),
        saved_label=clock_time(found, found.edited_at or found.created_at),
    )
    return render(request, "notes/review.html", context, status=status)


def _reading(request: HttpRequest, found: Note) -> dict[str, Any]:
    content = standing_content(found)
    user, now = person(request), timezone.now()
    holding = found.state == NoteState.SIGNED and found.hold_until is not None and found.hold_until > now
    signer = found.signer_id == user.pk
    addenda = addenda_of(found) if found.state in FILED_NOTES else []
    return page(
        found,
        parts=text_parts(content),
        codes=content["billing_codes"],
        transcript=transcript_of(found),
        addenda=addenda,
        receipts=receipts_of(found) if found.state in FILED_NOTES else [],
        versions=len(addenda) + 1,  # each addendum files one
        untouched=found.edited_by_id is None and _by_engine(found),
        holding=holding,
        minutes_left=_minutes_left(found) if holding else 0,
        may_take_back=holding and signer,
        may_file=found.state == NoteState.SIGNED and found.may_sign and (signer or not holding),  # type: ignore[attr-defined]
        may_add=found.state in (NoteState.FILED, NoteState.AMENDED) and found.may_sign,  # type: ignore[attr-defined]
        files_itself=found.practice.filing == Practice.Filing.AUTOMATIC,
    )


def _minutes_left(found: Note) -> int:
    assert found.hold_until is not None
    return max(1, round((found.hold_until - timezone.now()).total_seconds() / 60))


def _by_engine(found: Note) -> bool:
    revision = found.current_revision
    return revision is not None and revision.kind == Revision.Kind.DRAFT


def _conflict_answer(found: Note, conflict: Conflict) -> JsonResponse:
    return problem(
        409,
        "Changed meanwhile",
        f"{conflict.editor} changed this note while you were writing. Your text is still here.",
        code="conflict",
        theirs=conflict.content,
        their_version=conflict.version,
        base=part_hashes(conflict.content),
        editor=conflict.editor,
        saved_at=conflict.saved_at.isoformat() if conflict.saved_at else None,
        saved_label=clock_time(found, conflict.saved_at) if conflict.saved_at else "",
    )


def _signed_meanwhile(found: Note) -> JsonResponse:
    signer = str(found.signer) if found.signer else ""
    words = (
        f"{signer or 'Somebody'} signed this note while you were writing. Your last changes are still here."
    )
    return problem(409, "Signed meanwhile", words, code="signed", editor=signer)
