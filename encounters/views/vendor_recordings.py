"""Recordings at video vendors that need a person: linked to a visit, deleted, or tried again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from consent.transitions import StaleState
from encounters.forms import LinkForm, NobodysForm
from encounters.models import VendorRecording
from encounters.selectors import care_practices
from encounters.services.video.attention import attention_of, linkable
from encounters.services.video.calls import CallTaken
from encounters.services.video.quarantine import quarantine_discard, quarantine_link
from encounters.services.video.retrying import recording_retry
from encounters.views.access import signed_in

CHANGED = "Somebody else, or the vendor, changed this recording in the meantime. Nothing was changed now."


@login_required
@require_safe
def vendor_recordings(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    context = {
        "attention": attention_of(user),
        "care": set(care_practices(user).values_list("pk", flat=True)),
        "reasons": NobodysForm.REASONS.items(),
    }
    return render(request, "encounters/vendor_recordings.html", context)


@login_required
@require_POST
def vendor_recording_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _for_care(request, pk)
    form = LinkForm(request.POST, encounters=linkable(signed_in(request), row))
    if not form.is_valid():
        messages.error(request, "Choose the visit that the recording belongs to.")
        return redirect("vendor-recordings")
    encounter = form.cleaned_data["encounter"]
    try:
        quarantine_link(row=row, encounter=encounter, actor=signed_in(request))
    except CallTaken:
        messages.error(request, "The call of this recording belongs to another visit already.")
        return redirect("vendor-recordings")
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("vendor-recordings")
    messages.success(request, "Linked. It is picked up as soon as everybody has agreed.")
    return redirect("encounter", pk=encounter.pk)


@login_required
@require_POST
def vendor_recording_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _for_care(request, pk)
    form = NobodysForm(request.POST)
    reason = NobodysForm.REASONS[form.cleaned_data["reason"]] if form.is_valid() else "Another reason"
    try:
        quarantine_discard(row=row, actor=signed_in(request), reason=reason)
        messages.success(request, "The vendor is told to delete it. It was not downloaded.")
    except StaleState:
        messages.error(request, CHANGED)
    return redirect("vendor-recordings")


@login_required
@require_POST
def vendor_recording_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = _for_care(request, pk)
    try:
        recording_retry(row=row, actor=signed_in(request))
        messages.success(request, "It is tried again now.")
    except StaleState:
        messages.error(request, CHANGED)
    return redirect("vendor-recordings")


def _for_care(request: HttpRequest, pk: UUID) -> VendorRecording:
    """404 for another practice's, 403 for whoever may only look."""
    user = signed_in(request)
    found = VendorRecording.objects.visible_to(user).select_related("connection", "call__encounter")
    row = get_object_or_404(found, pk=pk)
    if not care_practices(user).filter(pk=row.connection.practice_id).exists():
        raise PermissionDenied
    return row
