"""What a telehealth platform does here: make patients and encounters, and say which call belongs to which encounter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from consent import audit
from consent.gate import may_record
from encounters.models import Call, Encounter, Patient, User, VideoConnection
from encounters.selectors import providers_of
from encounters.services.capture_grants import capture_grant, clean_origin
from encounters.services.encounters import encounter_create
from encounters.services.patients import patient_create
from encounters.services.video.calls import CallTaken, call_bind
from encounters.services.video.connections import callback_url
from notes.api import platform_schema as schema
from notes.api.base import IntegrationView
from notes.api.bodies import answered_once, refused_by_service, validated
from notes.api.platform_serializers import NewCall, NewCaptureToken, NewEncounter, NewPatient
from notes.api.problems import CONFLICT, Problem
from notes.models import Integration
from notes.services.idempotency import Answer
from notes.services.rendering import stamp

DETAILS = ("given_name", "family_name", "birth_date", "gender")


class PlatformView(IntegrationView):
    scope = Integration.Scope.ENCOUNTERS_WRITE
    http_method_names = ["post"]


class PatientsView(PlatformView):
    @schema.patient_create
    def post(self, request: Request) -> HttpResponse:
        values = validated(request, NewPatient)
        return answered_once(request, self.integration, lambda: self._patient(values))

    def _patient(self, values: dict[str, Any]) -> Answer:
        practice = self.integration.practice
        known = Patient.objects.filter(practice=practice, mrn=" ".join(values["mrn"].split())).first()
        if known is None:
            return 201, _patient(patient_create(practice=practice, actor=self.integration, **values))
        others = [name for name in DETAILS if name in values and getattr(known, name) != values[name]]
        if others:
            raise Problem(
                CONFLICT,
                "A patient with this medical record number has other details. Check the number; details are "
                "changed in the practice.",
                errors=[{"pointer": f"/{name}", "detail": "Differs from the record."} for name in others],
            )
        audit.record(
            "api.patient_matched",
            actor=self.integration,
            practice=practice.pk,
            target=known,
            patient=known.pk,
        )
        return 200, _patient(known)


class EncountersView(PlatformView):
    @schema.encounter_create
    def post(self, request: Request) -> HttpResponse:
        values = validated(request, NewEncounter)
        return answered_once(request, self.integration, lambda: self._encounter(values))

    def _encounter(self, values: dict[str, Any]) -> Answer:
        practice = self.integration.practice
        patient = Patient.objects.filter(practice=practice, pk=values.pop("patient")).first()
        if patient is None:
            raise _names_nothing("patient", "No patient of this practice has this id.")
        provider = self._provider(str(values.pop("provider")))
        for place in ("patient_location", "provider_location"):
            values.setdefault(place, practice.state)
        made = encounter_create(patient=patient, actor=self.integration, provider=provider, **values)
        return 201, _encounter(made)

    def _provider(self, given: str) -> User:
        """Named by our id, or by the e-mail address that they sign in with."""
        providers = providers_of(self.integration.practice_id)
        own_id = _uuid(given)
        if own_id is not None:
            provider = providers.filter(pk=own_id).first()
        else:
            provider = providers.filter(email__iexact=given).first()
        if provider is None:
            raise _names_nothing("provider", "No active provider of this practice has this id or address.")
        return provider


class EncounterView(IntegrationView):
    scope = Integration.Scope.ENCOUNTERS_WRITE

    @schema.encounter
    def get(self, _request: Request, encounter_id: UUID) -> HttpResponse:
        found = _encounter_of(self.integration, encounter_id)
        audit.record("api.encounter_read", actor=self.integration, target=found, **found.audit_context())
        return JsonResponse(_encounter(found), headers={"Cache-Control": "no-store, private"})


class CallsView(PlatformView):
    @schema.call_bind
    def post(self, request: Request, encounter_id: UUID) -> HttpResponse:
        encounter = _encounter_of(self.integration, encounter_id)
        values = validated(request, NewCall)
        return answered_once(request, self.integration, lambda: self._call(encounter, values))

    def _call(self, encounter: Encounter, values: dict[str, Any]) -> Answer:
        mine = VideoConnection.objects.filter(practice_id=self.integration.practice_id, active=True)
        connection = mine.filter(pk=values["connection"]).first()
        if connection is None:
            words = "No active video connection of this practice has this id. Administration lists them."
            raise _names_nothing("connection", words)
        external_id = values["external_id"]
        before = Call.objects.filter(connection=connection, external_id=external_id).exists()
        try:
            call = call_bind(
                encounter=encounter,
                connection=connection,
                external_id=external_id,
                actor=self.integration,
                origin=Call.Origin.PLATFORM,
            )
        except CallTaken:
            raise Problem(
                CONFLICT,
                "This room, session or meeting belongs to another encounter. Use one for each visit.",
            ) from None
        return (200 if before else 201), _call(call)


class CaptureTokensView(PlatformView):
    @schema.capture_token
    def post(self, request: Request, encounter_id: UUID) -> HttpResponse:
        encounter = _encounter_of(self.integration, encounter_id)
        try:
            origin = clean_origin(validated(request, NewCaptureToken)["origin"])
        except ValidationError as refused:
            raise refused_by_service(ValidationError({"origin": refused.messages})) from None
        if origin not in self.integration.capture_origins:
            raise _names_nothing("origin", "Administration does not list this site for your integration.")
        grant, token = capture_grant(encounter=encounter, origins=[origin], actor=self.integration)
        content = {
            "token": token,
            "expires_at": stamp(grant.expires_at),
            "module": f"{settings.PUBLIC_BASE_URL}{settings.STATIC_URL}encounters/capture/capture.js",
        }
        return JsonResponse(content, status=201, headers={"Cache-Control": "no-store, private"})


def _names_nothing(field: str, words: str) -> Problem:
    """A reference to something that isn't there: the body is well formed, and contradicts what is."""
    return Problem(CONFLICT, "Nothing was stored.", errors=[{"pointer": f"/{field}", "detail": words}])


def _encounter_of(integration: Integration, encounter_id: UUID) -> Encounter:
    mine = Encounter.objects.filter(practice_id=integration.practice_id).select_related("provider")
    return get_object_or_404(mine, pk=encounter_id)


def _patient(patient: Patient) -> dict[str, Any]:
    return {
        "id": str(patient.pk),
        "mrn": patient.mrn,
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "birth_date": patient.birth_date.isoformat(),
        "gender": patient.gender,
    }


def _encounter(encounter: Encounter) -> dict[str, Any]:
    decision = may_record(encounter)
    return {
        "id": str(encounter.pk),
        "status": encounter.status,
        "patient": str(encounter.patient_id),
        "provider": {"id": str(encounter.provider_id), "name": str(encounter.provider)},
        "scheduled_at": stamp(encounter.scheduled_at),
        "started_at": stamp(encounter.started_at),
        "ended_at": stamp(encounter.ended_at),
        "modality": encounter.modality,
        "visit_kind": encounter.visit_kind,
        "may_record": {"allowed": decision.allowed, "reasons": decision.as_data()},
        "links": {
            "self": f"/api/v1/encounters/{encounter.pk}",
            "page": f"/encounters/{encounter.pk}/",
            "capture": f"/encounters/{encounter.pk}/capture/",
        },
    }


def _call(call: Call) -> dict[str, Any]:
    return {
        "id": str(call.pk),
        "encounter": str(call.encounter_id),
        "connection": str(call.connection_id),
        "vendor": call.connection.vendor,
        "external_id": call.external_id,
        "callback_url": callback_url(call.connection),
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
