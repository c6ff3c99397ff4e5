from __future__ import annotations

import datetime as dt

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from consent.models import BusinessAssociateAgreement, ConsentPolicy, ConsentRecord
from tests.factories.people import PracticeFactory


class PolicyFactory(DjangoModelFactory[ConsentPolicy]):
    class Meta:
        model = ConsentPolicy

    jurisdiction = "US-CA"
    script = "May we record this visit?"
    script_version = "1"
    effective_from = dt.date(2020, 1, 1)
    source = "Cal. Penal Code § 632"
    last_reviewed = dt.date(2026, 1, 1)


class AgreementFactory(DjangoModelFactory[BusinessAssociateAgreement]):
    class Meta:
        model = BusinessAssociateAgreement

    class Params:
        expired = factory.Trait(
            expires_at=factory.LazyFunction(lambda: timezone.now() - dt.timedelta(minutes=1))
        )

    practice = factory.SubFactory(PracticeFactory)
    vendor = "sandbox"
    executed_on = factory.LazyFunction(lambda: timezone.localdate() - dt.timedelta(days=30))
    effective_at = factory.LazyFunction(lambda: timezone.now() - dt.timedelta(days=30))
    practice_signatory = "P. Signatory"
    vendor_signatory = "V. Signatory"


class ConsentFactory(DjangoModelFactory[ConsentRecord]):
    """Pass ``participant``; the rest follows from it."""

    class Meta:
        model = ConsentRecord

    encounter = factory.SelfAttribute("participant.encounter")
    practice = factory.SelfAttribute("encounter.practice")
    decision = "granted"
    method = "verbal"
    decided_at = factory.LazyFunction(timezone.now)
