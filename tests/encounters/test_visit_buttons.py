from __future__ import annotations

import pytest

from consent.models import ConsentRecord
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory


@pytest.fixture
def visit(practice, clinician):
    return EncounterFactory(
        practice=practice, provider=clinician, status="scheduled", started_at=None, ended_at=None
    )


def answer(client, visit, decision, **more):
    form = {"participant": visit.participants.get().pk, "decision": decision, "method": "verbal", **more}
    return client.post(f"/encounters/{visit.pk}/consent/", form)


@pytest.mark.parametrize("decision", ["granted", "declined", "withdrawn"])
def test_an_assistant_records_what_a_participant_said(client_of, assistant, visit, decision):
    assert answer(client_of(assistant), visit, decision, language="es").url == f"/encounters/{visit.pk}/"
    made = ConsentRecord.objects.get()
    assert (made.decision, made.method, made.language, made.recorded_by) == (
        decision,
        "verbal",
        "es",
        assistant,
    )
    assert made.script_version


def test_compliance_records_a_withdrawal_and_nothing_else(client_of, compliance_officer, visit):
    client = client_of(compliance_officer)
    assert answer(client, visit, "granted").status_code == 403
    assert answer(client, visit, "withdrawn").status_code == 302
    for name in ("start/", "end/", "cancel/", "participants/", "edit/", "upload/", "upload/slices/"):
        assert client.post(f"/encounters/{visit.pk}/{name}").status_code == 403


@pytest.mark.parametrize(
    "change", [{"decision": "perhaps"}, {"method": "guess"}, {"participant": "not-an-id"}]
)
def test_an_unclear_answer_records_nothing(client_of, clinician, visit, change):
    answered = answer(client_of(clinician), visit, **{"decision": "granted", **change})
    assert answered.status_code == 302 and not ConsentRecord.objects.exists()


def test_a_participant_of_another_visit_can_not_answer_here(client_of, clinician, practice, visit):
    other = EncounterFactory(practice=practice)
    answer(client_of(clinician), visit, "granted", participant=other.participants.get().pk)
    assert not ConsentRecord.objects.exists()


def test_a_visit_goes_from_start_to_end(client_of, clinician, visit):
    client = client_of(clinician)
    for name, status in (("start", "in_progress"), ("end", "ended")):
        assert client.post(f"/encounters/{visit.pk}/{name}/").status_code == 302
        visit.refresh_from_db()
        assert visit.status == status
    stale = client.post(f"/encounters/{visit.pk}/start/")
    assert stale.status_code == 409 and "Nothing was changed" in stale.content.decode()


def test_a_visit_is_cancelled_for_a_reason_from_the_list(client_of, clinician, visit):
    client_of(clinician).post(f"/encounters/{visit.pk}/cancel/", {"reason": "no_show"})
    visit.refresh_from_db()
    assert visit.status == "cancelled"


def test_somebody_is_added(client_of, clinician, visit):
    client_of(clinician).post(
        f"/encounters/{visit.pk}/participants/", {"role": "guardian", "name": "R. Rivera"}
    )
    assert visit.participants.filter(role="guardian", name="R. Rivera").exists()


@pytest.mark.parametrize("name", ["start", "end", "cancel", "consent", "participants"])
def test_buttons_answer_to_post_only(client_of, clinician, visit, name):
    assert client_of(clinician).get(f"/encounters/{visit.pk}/{name}/").status_code == 405


def test_somebody_who_is_not_signed_in_changes_nothing(client, visit):
    ConsentFactory(participant=visit.participants.get())
    for name in ("start/", "upload/", "upload/slices/", "consent/"):
        assert client.post(f"/encounters/{visit.pk}/{name}").status_code in {302, 401}
    assert client.get(f"/encounters/{visit.pk}/upload/").status_code == 302
    visit.refresh_from_db()
    assert visit.status == "scheduled"


def test_an_encounter_page_shows_the_panels_to_those_who_may_act(
    client_of, clinician, compliance_officer, visit
):
    mine = client_of(clinician).get(f"/encounters/{visit.pk}/").content.decode()
    theirs = client_of(compliance_officer).get(f"/encounters/{visit.pk}/").content.decode()
    assert "Read aloud before recording" in mine and "Agreed</button>" in mine
    assert "Read aloud before recording" in theirs and "Agreed</button>" not in theirs
