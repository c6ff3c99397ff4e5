from __future__ import annotations

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from encounters.models import Membership, Patient, Practice, Role, User

PASSWORD = "correct-horse-battery-staple"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@clinic.example")
    first_name = factory.Sequence(lambda n: f"Given{n}")
    last_name = factory.Sequence(lambda n: f"Family{n}")
    password = factory.django.Password(PASSWORD)


class PracticeFactory(DjangoModelFactory[Practice]):
    class Meta:
        model = Practice

    name = factory.Sequence(lambda n: f"Practice {n}")
    state = "US-CA"
    time_zone = "America/Los_Angeles"


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    practice = factory.SubFactory(PracticeFactory)
    role = Role.PROVIDER


class PatientFactory(DjangoModelFactory[Patient]):
    class Meta:
        model = Patient

    practice = factory.SubFactory(PracticeFactory)
    mrn = factory.Sequence(lambda n: f"MRN{n:06d}")
    given_name = factory.Sequence(lambda n: f"Patientgiven{n}")
    family_name = factory.Sequence(lambda n: f"Patientfamily{n}")
    birth_date = dt.date(1980, 5, 17)
