from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from consent.audit import record
from encounters.models import Patient, User
from notes.selectors.chart import encounters_of, filed_notes_acknowledged


@login_required
@require_safe
def chart(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    patient = get_object_or_404(Patient.objects.visible_to(user).select_related("practice"), pk=pk)
    record("patient.viewed", actor=user, practice=patient.practice_id, target=patient, patient=patient.pk)
    return render(
        request,
        "notes/chart.html",
        {
            "patient": patient,
            "practice": patient.practice,
            "notes": filed_notes_acknowledged(user, patient),
            "encounters": encounters_of(user, patient),
        },
    )
