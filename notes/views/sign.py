"""Signing, taking the signature back, and filing: each a deliberate act of a signed-in provider."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from consent.audit import Outcome, record
from consent.transitions import StaleState
from encounters.accounts.reauthentication import Confirmation, confirm_identity, last_confirmation
from notes.content import Content, canonical_bytes, content_hash, is_blank, read_canonical
from notes.forms import SignForm
from notes.models import Note
from notes.selectors.history import content_diff
from notes.selectors.review import text_parts
from notes.services.consent_check import check_consent, consent_correct
from notes.services.drafts import Conflict, NoteFrozen
from notes.services.filing import note_file
from notes.services.signing import (
    ATTESTATION,
    ContentChanged,
    SigningRefused,
    note_sign,
    note_unsign,
    provider_membership,
)
from notes.services.statements import statements_of
from notes.states import NoteState
from notes.views.notes import page, person, visible_note


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Shows exactly what is signed; POST signs it. Who has not confirmed their identity lately does so first."""
    found = visible_note(request, pk)
    if found.state != NoteState.IN_REVIEW:
        return _too_late(request, found)
    if not found.may_sign:  # type: ignore[attr-defined]
        return _refused(request, found, "not_provider")
    confirmation = last_confirmation(request)
    if confirmation is None:
        if request.method == "POST":
            messages.warning(
                request, "Your confirmation ran out. Confirm who you are, then sign. Nothing was signed yet."
            )
        return confirm_identity(request, return_to=reverse("note-sign", args=[found.pk]))
    if request.method == "POST":
        return _sign(request, found, confirmation)
    return _show(request, found)


@login_required
@require_POST
def unsign(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = visible_note(request, pk)
    try:
        note_unsign(note=found, actor=person(request))
    except SigningRefused as refused:
        messages.error(request, refused.words)
    else:
        messages.success(
            request, "Signature taken back. The note can be edited again; nothing of it was filed."
        )
    return redirect("note", pk=found.pk)


@login_required
@require_POST
def correct_consent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put the true consent sentence in the place of what the note says."""
    found = visible_note(request, pk)
    if not found.may_edit:  # type: ignore[attr-defined]
        raise PermissionDenied
    version = request.POST.get("version", "")
    try:
        saved = consent_correct(
            note=found, actor=person(request), version=int(version) if version.isdecimal() else -1
        )
    except NoteFrozen:
        return redirect("note", pk=found.pk)
    if isinstance(saved, Conflict):
        messages.error(
            request, "The note was changed meanwhile, so nothing was replaced. Read it again first."
        )
        return redirect("note", pk=found.pk)
    messages.success(request, "Replaced. What was there before is in the history.")
    return redirect("note", pk=found.pk)


@login_required
@require_POST
def file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """File the signed note to the chart."""
    found = visible_note(request, pk)
    try:
        note_file(note=found, actor=person(request))
    except PermissionDenied as refused:
        record(
            "note.filed",
            actor=person(request),
            target=found,
            outcome=Outcome.REFUSED,
            **found.audit_context(),
        )
        messages.error(request, str(refused) or "Only a provider of this practice can file a note.")
    except StaleState:
        messages.error(
            request, "The note was not filed: it has changed since this page was opened. See below."
        )
    else:
        messages.success(request, "Filed to the chart.")
    return redirect("note", pk=found.pk)


def _sign(request: HttpRequest, found: Note, confirmation: Confirmation) -> HttpResponse:
    form = SignForm(request.POST, attestation=ATTESTATION)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    given = form.cleaned_data
    try:
        note_sign(
            note=found,
            actor=person(request),
            version=given["version"],
            content_sha256=given["content_sha256"],
            attested=given["attest"],
            authenticated_at=confirmation.at,
            authenticated_by=confirmation.method,
        )
    except ContentChanged as changed:
        return _changed(request, found, changed, seen=given["seen"], sha256=given["content_sha256"])
    except SigningRefused as refused:
        return _refused(request, found, refused.code)
    except StaleState:
        return _too_late(request, visible_note(request, found.pk))
    messages.success(request, "Signed.")
    return redirect("note", pk=found.pk)


def _show(
    request: HttpRequest, found: Note, form: SignForm | None = None, *, status: int = 200
) -> HttpResponse:
    content: Content = found.working
    if is_blank(content):
        return _refused(request, found, "empty", status=200)
    if check_consent(found, content).false:
        return _refused(request, found, "consent", status=200)
    # The hidden fields always name what this page shows, also after a missed tick.
    stated = {
        "version": found.version,
        "content_sha256": content_hash(content),
        "seen": canonical_bytes(content).decode(),
    }
    told = form is not None and _same_text(form, stated)
    missed = list(form.errors.get("attest", [])) if form is not None and told else []
    context = page(
        found,
        form=SignForm(initial=stated, attestation=ATTESTATION),
        missed=missed,
        parts=text_parts(content),
        empty_parts=[part["label"] for part in text_parts(content)[:4] if not part["text"].strip()],
        codes=content["billing_codes"],
        statements=statements_of(found.encounter),
        membership=provider_membership(person(request), found),
        another=found.encounter.provider_id != request.user.pk,
    )
    return render(request, "notes/sign.html", context, status=status)


def _same_text(form: SignForm, stated: dict[str, Any]) -> bool:
    return bool(form.data.get("content_sha256") == stated["content_sha256"])


def _changed(
    request: HttpRequest, found: Note, changed: ContentChanged, *, seen: str, sha256: str
) -> HttpResponse:
    """Nothing was signed; show what changed since, where the page that was signed from still says what it was."""
    current = visible_note(request, found.pk)
    before = read_canonical(seen, sha256)
    parts = [part for part in content_diff(before, current.working) if part.changed] if before else []
    _note_refusal(request, current, changed.code)
    return render(
        request, "notes/sign_changed.html", page(current, parts=parts, words=changed.words), status=409
    )


def _refused(request: HttpRequest, found: Note, code: str, *, status: int = 403) -> HttpResponse:
    if request.method == "POST":
        _note_refusal(request, found, code)
    check = check_consent(found, found.working) if code == "consent" else None
    return render(request, "notes/sign_refused.html", page(found, code=code, check=check), status=status)


def _note_refusal(request: HttpRequest, found: Note, code: str) -> None:
    record(
        "note.sign_refused",
        actor=person(request),
        target=found,
        outcome=Outcome.REFUSED,
        data={"code": code},
        **found.audit_context(),
    )


def _too_late(request: HttpRequest, found: Note) -> HttpResponse:
    if request.method != "POST":
        return redirect("note", pk=found.pk)
    _note_refusal(request, found, "signed_already")
    context = {
        "conflict_message": f"The note was signed by {found.signer} meanwhile. It was not signed twice.",
        "return_url": reverse("note", args=[found.pk]),
        "practice": found.practice,
    }
    return render(request, "409.html", context, status=409)
