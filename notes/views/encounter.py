"""The one page of an encounter: consent, recording, progress and note, with the one next step."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from consent.audit import record
from consent.selectors import agreement_in_force
from consent.transitions import StaleState
from encounters.models import Encounter, User
from encounters.models.access import CARE, memberships_of
from encounters.selectors import consent_panel, recording_panel
from encounters.specialties import SPECIALTIES
from notes.models import EngineAccount
from notes.selectors.progress import Progress, progress_of
from notes.selectors.timeline import timeline_of
from notes.services.results import note_start_by_hand
from notes.services.submissions import recording_send_again


def visible_encounter(request: HttpRequest, pk: UUID) -> Encounter:
    """The encounter, if the person may see it; else 404."""
    assert isinstance(request.user, User)
    found = Encounter.objects.visible_to(request.user).select_related("practice", "patient", "provider")
    return get_object_or_404(found, pk=pk)


def gives_care(user: User, encounter: Encounter) -> bool:
    return memberships_of(user, *CARE).filter(practice_id=encounter.practice_id).exists()


@login_required
@require_safe
def encounter(request: HttpRequest, pk: UUID) -> HttpResponse:
    user, found = _user(request), visible_encounter(request, pk)
    care = gives_care(user, found)
    record("encounter.viewed", actor=user, target=found, **found.audit_context())
    account = EngineAccount.objects.filter(practice_id=found.practice_id, active=True).first()
    return render(
        request,
        "notes/encounter.html",
        {
            "encounter": found,
            "practice": found.practice,
            "care": care,
            "progress": (progress := progress_of(found)),
            "seen": _tag(progress),
            "consent": (consent := consent_panel(found)),
            "recording": recording_panel(found, consent.decision),
            "account": account,
            "timeline": timeline_of(found),
            "specialty": SPECIALTIES.get(found.specialty, found.specialty),
            "agreement": agreement_in_force(found.practice_id, account.vendor) if account else None,
        },
    )


@login_required
@require_safe
def encounter_status(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The status panel alone, for polling: 204 while nothing has changed since `seen`."""
    found = visible_encounter(request, pk)
    progress = progress_of(found)
    seen = _tag(progress)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    care = gives_care(_user(request), found)
    context = {"encounter": found, "progress": progress, "seen": seen, "care": care}
    return render(request, "notes/_status.html", context)


@login_required
@require_POST
def try_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send once more what failed, or what a withdrawn refusal had stopped."""
    found = _care_only(request, pk)
    try:
        with suppress(StaleState):  # somebody else was first; the page shows what became of it
            if recording_send_again(encounter=found, actor=_user(request)) is None:
                raise Http404
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("encounter", pk=found.pk)


@login_required
@require_POST
def write_by_hand(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Start an empty note, for a visit that needs no engine or can't have one."""
    found = _care_only(request, pk)
    try:
        started = note_start_by_hand(encounter=found, actor=_user(request))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("encounter", pk=found.pk)
    return redirect("note", pk=started.pk)


def _care_only(request: HttpRequest, pk: UUID) -> Encounter:
    """404 for whoever may not see it, 403 for whoever may only see it."""
    found = visible_encounter(request, pk)
    if not gives_care(_user(request), found):
        raise PermissionDenied
    return found


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _tag(progress: Progress) -> str:
    return hashlib.sha256(progress.version.encode()).hexdigest()[:16]
