"""Taking a filed note out of use: entered in error, with a reason and a signature of its own."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from consent.transitions import StaleState
from encounters.accounts.reauthentication import confirm_identity, last_confirmation
from notes.forms import RetractionForm
from notes.models import Note
from notes.selectors.review import addenda_of, standing_content, text_parts
from notes.services.retraction import ATTESTATION, RETRACTABLE, note_retract
from notes.services.signing import SigningRefused, provider_membership
from notes.views.notes import page, person, visible_note


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def retract(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Identity is confirmed before the page opens. Should that run out meanwhile, the reason stays in the form."""
    found = visible_note(request, pk)
    if not found.may_sign:  # type: ignore[attr-defined]
        raise PermissionDenied("Only a provider of this practice can mark a note as entered in error.")
    if found.state not in RETRACTABLE:
        messages.info(request, "Only a filed note can be marked as entered in error.")
        return redirect("note", pk=found.pk)
    if request.method == "POST":
        return _retract(request, found)
    if last_confirmation(request) is None:
        return confirm_identity(request, return_to=request.path)
    return _show(request, found, RetractionForm(attestation=ATTESTATION))


def _retract(request: HttpRequest, found: Note) -> HttpResponse:
    form = RetractionForm(request.POST, attestation=ATTESTATION)
    confirmation = last_confirmation(request)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    if confirmation is None:
        return _show(request, found, form, status=403, confirm=True)
    given = form.cleaned_data
    try:
        note_retract(
            note=found,
            actor=person(request),
            reason=given["reason"],
            attested=given["attest"],
            authenticated_at=confirmation.at,
            authenticated_by=confirmation.method,
            seen=given["seen"],
        )
    except SigningRefused as refused:
        form.add_error(None, refused.words)
        return _show(request, found, form, status=422)
    except StaleState:
        form.add_error(
            None,
            "Somebody else added to this note since this page was opened. Read it first. Nothing was changed.",
        )
        return _show(request, found, form, status=409)
    messages.success(request, "Marked as entered in error. Everybody who pulls notes is told.")
    return redirect("note", pk=found.pk)


def _show(
    request: HttpRequest, found: Note, form: RetractionForm, *, status: int = 200, confirm: bool = False
) -> HttpResponse:
    context = page(
        found,
        form=form,
        confirm=confirm,
        parts=text_parts(standing_content(found)),
        addenda=addenda_of(found),
        membership=provider_membership(person(request), found),
    )
    return render(request, "notes/retract.html", context, status=status)
