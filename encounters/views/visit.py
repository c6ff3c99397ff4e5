"""The buttons on an encounter's page. Each answers with a redirect to it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from consent.models import ConsentRecord
from consent.transitions import StaleState
from encounters.forms import CancelForm, ConsentForm, ParticipantForm
from encounters.models import Encounter, Recording
from encounters.models.access import CARE, OVERSIGHT, memberships_of
from encounters.services.encounters import encounter_cancel, encounter_end, encounter_start
from encounters.services.participants import participant_add, participant_answer
from encounters.services.recordings import recording_discard
from encounters.states import RecordingState
from encounters.views.access import care_encounter, signed_in

Move = Callable[[Encounter, HttpRequest], object]


@login_required
@require_POST
def encounter_consent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record what a participant said. A compliance officer may record a withdrawal, and nothing else."""
    user = signed_in(request)
    encounter = get_object_or_404(Encounter.objects.visible_to(user), pk=pk)
    form = ConsentForm(request.POST, encounter=encounter)
    if not form.is_valid():
        messages.error(
            request, "The decision was not recorded. Choose how the participant answered, and try again."
        )
        return redirect("encounter", pk=pk)
    values = form.cleaned_data
    roles = OVERSIGHT if values["decision"] == ConsentRecord.Decision.WITHDRAWN else CARE
    if not memberships_of(user, *roles).filter(practice_id=encounter.practice_id).exists():
        raise PermissionDenied
    made = participant_answer(
        participant=values["participant"],
        decision=values["decision"],
        method=values["method"],
        language=values["language"] or "en",
        actor=user,
    )
    messages.success(request, f"Recorded: {made.get_decision_display().lower()}.")
    return redirect("encounter", pk=pk)


@login_required
@require_POST
def participant_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    encounter = care_encounter(request, pk)
    form = ParticipantForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nobody was added. Choose a role; a name has at most 200 characters.")
        return redirect("encounter", pk=pk)

    def add(visit: Encounter, of: HttpRequest) -> object:
        return participant_add(encounter=visit, actor=signed_in(of), **form.cleaned_data)

    return _do(request, encounter, add, "Added. Ask them for consent before recording goes on.")


@login_required
@require_POST
def encounter_begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    def move(visit: Encounter, of: HttpRequest) -> object:
        return encounter_start(encounter=visit, actor=signed_in(of))

    return _do(request, care_encounter(request, pk), move, "The visit has started.")


@login_required
@require_POST
def encounter_finish(request: HttpRequest, pk: UUID) -> HttpResponse:
    def move(visit: Encounter, of: HttpRequest) -> object:
        return encounter_end(encounter=visit, actor=signed_in(of))

    return _do(request, care_encounter(request, pk), move, "The visit has ended.")


@login_required
@require_POST
def encounter_call_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    form = CancelForm(request.POST)
    reason = form.REASONS[form.cleaned_data["reason"]] if form.is_valid() else "Cancelled by staff"

    def move(visit: Encounter, of: HttpRequest) -> object:
        return encounter_cancel(encounter=visit, actor=signed_in(of), reason=reason)

    return _do(request, care_encounter(request, pk), move, "The visit is cancelled.")


@login_required
@require_POST
def recording_delete(request: HttpRequest, pk: UUID, recording: UUID) -> HttpResponse:
    """Give up an upload that is not finished."""
    encounter = care_encounter(request, pk)
    unfinished = Recording.objects.visible_to(signed_in(request)).filter(encounter=encounter)
    found = get_object_or_404(unfinished, pk=recording)

    def drop(_: Encounter, of: HttpRequest) -> object:
        if found.state != RecordingState.RECEIVING:
            raise StaleState(found, RecordingState.PURGED, found.state)
        return recording_discard(recording=found, actor=signed_in(of))

    return _do(request, encounter, drop, "The upload was deleted.")


def _do(request: HttpRequest, encounter: Encounter, move: Move, done: str) -> HttpResponse:
    try:
        move(encounter, request)
    except StaleState:
        message = "Somebody else changed this visit in the meantime. Nothing was changed now."
        context = {"conflict_message": message, "return_url": reverse("encounter", args=[encounter.pk])}
        return render(request, "409.html", context, status=409)
    messages.success(request, done)
    return redirect("encounter", pk=encounter.pk)
