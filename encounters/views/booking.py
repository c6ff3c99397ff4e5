"""A new encounter: who it is with, then the visit. Names are searched by POST, so they reach no URL and no log."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consent.audit import record
from consent.transitions import StaleState
from encounters.forms import PatientForm, PatientSearchForm, VisitForm, visit_initial, visit_values
from encounters.models import Patient, Practice
from encounters.selectors import FOUND_AT_MOST, care_practices, patients_found
from encounters.services.encounters import OPEN, encounter_create, encounter_update
from encounters.services.patients import patient_create
from encounters.views.access import care_encounter, signed_in, zone

METHODS = ["GET", "HEAD", "POST"]


@login_required
@require_http_methods(METHODS)
def encounter_new(request: HttpRequest) -> HttpResponse:
    """`?practice=` when somebody works in several, `?patient=` once the patient is known."""
    practices = list(care_practices(signed_in(request)))
    if not practices:
        raise PermissionDenied
    patient = _patient(request, practices)
    if patient is not None:
        return _book(request, patient)
    practice = _practice(request, practices)
    if practice is None:
        return render(request, "encounters/choose_practice.html", {"practices": practices})
    return _choose_patient(request, practice)


@login_required
@require_http_methods(METHODS)
def encounter_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    encounter = care_encounter(request, pk)
    practice = encounter.practice
    if encounter.status not in OPEN:
        return _too_late(request, pk)
    with timezone.override(zone(practice)):
        form = VisitForm(request.POST or None, practice=practice, initial=visit_values(encounter))
        if form.is_valid():
            try:
                encounter_update(encounter=encounter, actor=signed_in(request), **form.details())
                return redirect("encounter", pk=pk)
            except StaleState:
                return _too_late(request, pk)
            except ValidationError as refused:
                form.add_error(None, refused)
        context = {"form": form, "encounter": encounter, "patient": encounter.patient, "practice": practice}
        return render(request, "encounters/visit.html", context, status=422 if form.errors else 200)


def _book(request: HttpRequest, patient: Patient) -> HttpResponse:
    user, practice = signed_in(request), patient.practice
    with timezone.override(zone(practice)):
        form = VisitForm(
            request.POST or None, practice=practice, initial=visit_initial(practice, patient, user)
        )
        if form.is_valid():
            try:
                made = encounter_create(patient=patient, actor=user, **form.details())
                return redirect("encounter", pk=made.pk)
            except ValidationError as refused:
                form.add_error(None, refused)
        context = {"form": form, "patient": patient, "practice": practice}
        return render(request, "encounters/visit.html", context, status=422 if form.errors else 200)


def _choose_patient(request: HttpRequest, practice: Practice) -> HttpResponse:
    do = request.POST.get("do")
    search = PatientSearchForm(request.POST if do == "search" else None)
    form = PatientForm(request.POST if do == "create" else None)
    found: list[Patient] | None = None
    if search.is_bound and search.is_valid():
        found = patients_found(practice, search.cleaned_data["query"])
        user = signed_in(request)
        record("patient.searched", actor=user, practice=practice, data={"found": len(found)})
    if form.is_bound and form.is_valid():
        patient = _create_patient(request, practice, form)
        if patient is not None:
            return redirect(f"{reverse('encounter-new')}?patient={patient.pk}")
    context = {
        "practice": practice,
        "search": search,
        "found": found,
        "many": found is not None and len(found) == FOUND_AT_MOST,
        "form": form,
    }
    status = 422 if search.errors or form.errors else 200
    return render(request, "encounters/choose_patient.html", context, status=status)


def _create_patient(request: HttpRequest, practice: Practice, form: PatientForm) -> Patient | None:
    try:
        return patient_create(practice=practice, actor=signed_in(request), **form.cleaned_data)
    except ValidationError as refused:
        form.add_error(None, refused)
        return None


def _patient(request: HttpRequest, practices: list[Practice]) -> Patient | None:
    pk = _uuid(request, "patient")
    mine = Patient.objects.filter(practice__in=practices).select_related("practice")
    return get_object_or_404(mine, pk=pk) if pk else None


def _practice(request: HttpRequest, practices: list[Practice]) -> Practice | None:
    pk = _uuid(request, "practice")
    if pk is None:
        return practices[0] if len(practices) == 1 else None
    chosen = [practice for practice in practices if practice.pk == pk]
    if not chosen:
        raise Http404
    return chosen[0]


def _uuid(request: HttpRequest, name: str) -> UUID | None:
    value = request.GET.get(name)
    if value is None:
        return None
    try:
        return UUID(value)
    except ValueError:
        raise Http404 from None


def _too_late(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = "This visit is documented or cancelled, so its details can't be changed any more."
    context = {"conflict_message": message, "return_url": reverse("encounter", args=[pk])}
    return render(request, "409.html", context, status=409)
