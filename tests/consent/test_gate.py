"""Nothing is recorded without everybody's consent, and nothing leaves without an agreement in force."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from consent.gate import may_record, may_transmit
from consent.models import BusinessAssociateAgreement, ConsentPolicy
from consent.selectors import policy_for
from tests.factories.consent import AgreementFactory, ConsentFactory, PolicyFactory
from tests.factories.encounters import EncounterFactory, ParticipantFactory
from tests.factories.people import PracticeFactory

pytestmark = pytest.mark.django_db
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


@pytest.fixture
def visit() -> Any:
    """The patient is in California, the provider in Nevada."""
    return EncounterFactory(patient_location="US-CA", provider_location="US-NV")


@pytest.fixture
def agreed(visit: Any) -> Any:
    for participant in visit.participants.all():
        ConsentFactory(participant=participant)
    return visit


def codes(decision: Any) -> list[str]:
    return [reason.code for reason in decision.reasons]


# Who has to agree


def test_nobody_was_asked(visit: Any) -> None:
    assert codes(may_record(visit)) == ["consent_missing"]


def test_everybody_agreed(agreed: Any) -> None:
    assert may_record(agreed).allowed


def test_somebody_who_joins_late_shuts_the_gate_until_they_agree(agreed: Any) -> None:
    interpreter = ParticipantFactory(encounter=agreed, role="interpreter")
    decision = may_record(agreed)
    assert codes(decision) == ["consent_missing"]
    assert "interpreter" in decision.reasons[0].text
    ConsentFactory(participant=interpreter)
    assert may_record(agreed).allowed


@pytest.mark.parametrize(
    ("decision", "code"), [("declined", "consent_declined"), ("withdrawn", "consent_withdrawn")]
)
def test_the_last_word_of_a_participant_counts(agreed: Any, decision: str, code: str) -> None:
    patient = agreed.participants.get()
    ConsentFactory(participant=patient, decision=decision)
    assert codes(may_record(agreed)) == [code]
    ConsentFactory(participant=patient)
    assert may_record(agreed).allowed


def test_another_visits_consent_does_not_count(visit: Any) -> None:
    earlier = EncounterFactory(practice=visit.practice, patient=visit.patient, consented=True)
    assert may_record(earlier).allowed
    assert not may_record(visit).allowed


def test_a_visit_without_its_patient_is_not_recorded() -> None:
    empty = EncounterFactory(patient_present=False)
    ConsentFactory(participant=ParticipantFactory(encounter=empty, role="staff"))
    assert codes(may_record(empty)) == ["no_patient"]


def test_a_cancelled_visit_is_not_recorded_and_not_sent(agreed: Any) -> None:
    AgreementFactory(practice=agreed.practice)
    agreed.status = "cancelled"
    assert codes(may_record(agreed)) == ["cancelled"]
    for content in ("audio", "text"):
        assert codes(may_transmit(agreed, "sandbox", content=content)) == ["cancelled"]  # type: ignore[arg-type]


def test_one_party_rules_still_ask_everybody(visit: Any) -> None:
    PolicyFactory(jurisdiction="US-CA", parties="one")
    PolicyFactory(jurisdiction="US-NV", parties="one")
    assert codes(may_record(visit)) == ["consent_missing"]


# Which policy applies


def test_without_any_rule_everybody_says_yes_aloud(agreed: Any) -> None:
    ConsentPolicy.objects.all().delete()
    assert policy_for(agreed) is None
    assert may_record(agreed).allowed


@pytest.mark.parametrize("strict", ["US-CA", "US-NV"])
def test_the_stricter_of_both_places_applies(agreed: Any, strict: str) -> None:
    for place in ("US-CA", "US-NV"):
        PolicyFactory(jurisdiction=place, parties="all" if place == strict else "one")
    found = policy_for(agreed)
    assert found is not None
    assert found.jurisdiction == strict


@pytest.mark.parametrize(("ca", "nv"), [("written", "verbal"), ("verbal", "written")])
def test_the_stronger_method_of_both_places_is_needed(agreed: Any, ca: str, nv: str) -> None:
    """Also where the rule with the stronger method asks fewer parties."""
    PolicyFactory(jurisdiction="US-CA", parties="one", method=ca)
    PolicyFactory(jurisdiction="US-NV", parties="all", method=nv)
    assert codes(may_record(agreed)) == ["consent_method"]
    ConsentFactory(participant=agreed.participants.get(), method="written")
    assert may_record(agreed).allowed


@pytest.mark.parametrize(
    ("needed", "given", "enough"),
    [
        ("verbal", "verbal", True), ("verbal", "tap", True), ("verbal", "written", True),
        ("tap", "verbal", False), ("tap", "tap", True), ("tap", "written", True),
        ("written", "verbal", False), ("written", "tap", False), ("written", "written", True),
    ],
)  # fmt: skip
def test_a_stronger_method_satisfies_a_weaker_rule(visit: Any, needed: str, given: str, enough: bool) -> None:
    PolicyFactory(jurisdiction="US-CA", method=needed)
    ConsentFactory(participant=visit.participants.get(), method=given)
    assert may_record(visit).allowed is enough


def test_a_states_own_rule_comes_before_the_countrys(visit: Any) -> None:
    PolicyFactory(jurisdiction="US", script_version="country", method="written")
    PolicyFactory(jurisdiction="US-CA", script_version="state")
    visit.provider_location = "US-CA"
    assert policy_for(visit).script_version == "state"  # type: ignore[union-attr]


def test_a_rule_for_the_kind_of_visit_comes_before_the_general_one(visit: Any) -> None:
    PolicyFactory(jurisdiction="US-CA", script_version="any")
    PolicyFactory(jurisdiction="US-CA", visit_kind="minor", script_version="minor", method="written")
    assert policy_for(visit).script_version == "any"  # type: ignore[union-attr]
    visit.visit_kind = "minor"
    assert policy_for(visit).script_version == "minor"  # type: ignore[union-attr]


def test_rules_count_from_their_first_day_to_their_last(visit: Any) -> None:
    today = timezone.localdate()
    PolicyFactory(script_version="was", effective_from=today - 9 * DAY, effective_to=today - DAY)
    PolicyFactory(script_version="is", effective_from=today - DAY + DAY, effective_to=today)
    PolicyFactory(script_version="will be", effective_from=today + DAY)
    versions = {
        day: policy_for(visit, on=day).script_version  # type: ignore[union-attr]
        for day in (today - DAY, today, today + DAY)
    }
    assert list(versions.values()) == ["was", "is", "will be"]


# What may leave


def test_without_an_agreement_nothing_leaves(agreed: Any) -> None:
    assert codes(may_transmit(agreed, "sandbox")) == ["baa_missing"]
    assert codes(may_transmit(agreed, "sandbox", content="text")) == ["baa_missing"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"expires_at": -MINUTE}, "expired"),
        ({"revoked_at": -MINUTE}, "revoked"),
        ({"effective_at": MINUTE}, "takes effect"),
    ],
)
def test_an_agreement_out_of_force_opens_nothing(
    agreed: Any, fields: dict[str, dt.timedelta], words: str
) -> None:
    now = timezone.now()
    AgreementFactory(practice=agreed.practice, **{name: now + shift for name, shift in fields.items()})
    decision = may_transmit(agreed, "sandbox")
    assert codes(decision) == ["baa_missing"]
    assert words in decision.reasons[0].text


def test_an_agreement_counts_to_its_last_minute(agreed: Any) -> None:
    now = timezone.now()
    AgreementFactory(practice=agreed.practice, expires_at=now + MINUTE, revoked_at=now + MINUTE)
    assert may_transmit(agreed, "sandbox").allowed


def test_one_of_two_overlapping_agreements_is_enough(agreed: Any) -> None:
    now = timezone.now()
    AgreementFactory(practice=agreed.practice, expires_at=now - MINUTE)
    AgreementFactory(practice=agreed.practice, effective_at=now - DAY, revoked_at=now - MINUTE)
    AgreementFactory(practice=agreed.practice, effective_at=now - 2 * DAY, expires_at=now + DAY)
    assert may_transmit(agreed, "sandbox").allowed


def test_an_agreement_opens_the_gate_for_its_vendor_and_practice_only(agreed: Any) -> None:
    AgreementFactory(practice=agreed.practice, vendor="soapnoteapi")
    AgreementFactory(vendor="sandbox")
    assert may_transmit(agreed, "soapnoteapi").allowed
    assert codes(may_transmit(agreed, "sandbox")) == ["baa_missing"]


def test_typed_words_need_no_consent_to_recording(visit: Any) -> None:
    AgreementFactory(practice=visit.practice)
    assert may_transmit(visit, "sandbox", content="text").allowed
    assert codes(may_transmit(visit, "sandbox")) == ["consent_missing"]


def test_every_reason_says_what_to_do_and_names_no_patient(visit: Any) -> None:
    visit.patient.family_name = "Zqxfamily"
    ParticipantFactory(encounter=visit, role="family", name="Zqxname")
    decision = may_transmit(visit, "sandbox")
    assert codes(decision) == ["consent_missing", "consent_missing", "baa_missing"]
    assert all(reason["text"] and reason["remedy"] for reason in decision.as_data())
    assert "Zqx" not in str(decision.as_data())


def test_the_database_keeps_an_agreements_dates_in_order() -> None:
    from django.core.exceptions import ValidationError  # noqa: PLC0415

    now = timezone.now()
    agreement = AgreementFactory.build(
        practice=EncounterFactory().practice, effective_at=now, expires_at=now - DAY
    )
    with pytest.raises(ValidationError, match="after it takes effect"):
        agreement.full_clean()
    assert not BusinessAssociateAgreement.objects.exists()


def test_the_day_an_agreement_ended_is_the_practices_day() -> None:
    practice = PracticeFactory(time_zone="America/Los_Angeles")
    ended = dt.datetime(2025, 7, 2, 3, 30, tzinfo=dt.UTC)
    agreement = AgreementFactory(practice=practice, expires_at=ended, effective_at=ended - 9 * DAY)
    assert agreement.state_in_words == "Expired 2025-07-01"
