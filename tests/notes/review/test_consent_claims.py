"""A note can't say something else about consent than the records do; what it says is found without a model."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from notes.consent_claims import Claim, claims_in, contradicts, without
from notes.content import content_hash, empty_content
from notes.models import FiledDocument
from notes.services.signing import SigningRefused, note_sign
from tests.factories.consent import ConsentFactory
from tests.factories.encounters import EncounterFactory, ParticipantFactory
from tests.factories.notes import NoteFactory, content
from tests.notes.review.pages import signing, url

A, D, B = Claim.AFFIRMS, Claim.DENIES, Claim.BOTH


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("Verbal consent was obtained.", A),
        ("Patient consented to recording of the visit.", A),
        ("The patient agrees to be recorded today.", A),
        ("Informed consent was obtained for use of an AI scribe.", A),
        ("With permission, the visit was recorded.", A),
        ("She gave her verbal permission for ambient recording.", A),
        ("The patient is okay with being recorded.", A),
        ("Patient was advised of the recording and consents.", A),
        ("The patient declined to be recorded.", D),
        ("Patient refused the AI scribe.", D),
        ("Consent for recording was not given.", D),
        ("The patient did not consent to recording.", D),
        ("No consent for recording was obtained.", D),
        ("Patient agreed to recording at first and withdrew consent at minute 7.", B),
        ("Consent obtained for the knee injection.", None),
        ("Informed consent for the procedure was signed.", None),
        ("Patient declined the flu vaccine.", None),
        ("Blood pressure was recorded as 120/80.", None),
        ("She refuses to take metformin.", None),
        ("Patient agreed to the plan.", None),
        ("Permission for release of records was given to her daughter.", None),
        ("Records from the ER were reviewed.", None),
        ("Patient is comfortable with surgery.", None),
        ("No aids.", None),
        ("Verbal consent was obtained via Doxy.me.", A),
        ("Consent for recording was obtained at 3.15 pm.", A),
        ("Patient verbally agreed to AI documentation.", A),
        ("Pt is agreeable to use of AI scribe.", A),
        ("Patient was informed that the visit is recorded and had no objection.", A),
        ("Patient allowed the visit to be recorded.", A),
        ("Patient didn't object to recording.", A),
        ("Patient never refused to be recorded.", A),
        ("Consent to record was obtained; she refuses metformin.", A),
        ("Consent to record was obtained, and patient declined flu vaccine.", A),
        ("Patient initially declined but later consented to recording.", B),
        ("Patient was not comfortable with being recorded.", D),
        ("Patient did not want to be recorded.", D),
        ("The patient was not asked for consent to recording.", D),
        ("The visit was not recorded.", None),
        ("Temperature was not recorded.", None),
        ("Patient declined Holter recording.", None),
        ("Patient agreed to record blood glucose twice daily.", None),
        ("She refuses to keep a headache record.", None),
        ("Patient reports sex was without consent.", None),
        ("She gave permission to leave a voicemail.", None),
        ("Consent for telehealth visit obtained.", None),
    ],
)
def test_what_a_sentence_claims(sentence: str, claim: Claim | None) -> None:
    found = claims_in({"sections": {"subjective": f"Knee pain. {sentence} Worse on stairs."}})
    assert [(said.sentence, said.claim) for said in found] == ([(sentence, claim)] if claim else [])


@pytest.mark.parametrize(
    ("recorded", "false"),
    [("granted", {D, B}), ("declined", {A, B}), ("withdrawn", {A}), ("not_asked", {A, D, B})],
)
def test_what_contradicts_the_records(recorded: str, false: set[Claim]) -> None:
    assert {claim for claim in Claim if contradicts(claim, recorded)} == false


@given(st.text(max_size=300))
def test_no_text_breaks_the_search_and_sentences_stand_where_they_are_said_to(text: str) -> None:
    noise = {"sections": {"plan": f"{text}\nVerbal consent was obtained.\n{text}"}}
    for said in claims_in(noise):
        assert noise["sections"]["plan"][said.start : said.start + len(said.sentence)] == said.sentence


def test_false_sentences_are_taken_out_and_the_rest_stays() -> None:
    text = "Knee pain. Verbal consent was obtained. Worse on stairs.\n\nPatient consented to recording.\nNo fever."
    said = claims_in({"sections": {"subjective": text}})
    assert without(text, said, "She said no.") == "Knee pain. She said no. Worse on stairs.\n\nNo fever."


pages = pytest.mark.django_db
SAID = "Knee pain. Verbal consent was obtained. Worse on stairs."


def drafted(practice: Any, clinician: Any, decision: str | None, text: str = SAID, **how: Any) -> Any:
    visit = EncounterFactory(practice=practice, provider=clinician, **how)
    if decision:
        person = visit.participants.first() or ParticipantFactory(encounter=visit)
        ConsentFactory(encounter=visit, participant=person, decision=decision)
    return NoteFactory(encounter=visit, working=content(subjective=text))


@pages
@pytest.mark.parametrize("decision", ["declined", "withdrawn", None])
def test_consent_that_nobody_gave_can_not_be_signed(confirmed, practice, clinician, decision) -> None:
    note = drafted(practice, clinician, decision)
    client = confirmed(clinician)
    shown = client.get(url("note-sign", note)).content.decode()
    assert "The note contradicts the consent records" in shown
    assert "Verbal consent was obtained." in shown
    assert {"declined": "declined the recording", "withdrawn": "withdrew consent", None: "was not asked"}[
        decision
    ] in shown
    assert client.post(url("note-sign", note), signing(note)).status_code == 403
    note.refresh_from_db()
    assert note.state == "in_review"


@pages
def test_a_decline_is_not_denied_by_the_service_either(practice, clinician) -> None:
    note = drafted(practice, clinician, "declined")
    with pytest.raises(SigningRefused, match="consent"):
        note_sign(
            note=note,
            actor=clinician,
            version=note.version,
            content_sha256=content_hash(note.working),
            attested=True,
            authenticated_at=timezone.now(),
            authenticated_by="password",
        )


@pages
def test_the_true_sentence_takes_the_place_of_the_false_one(confirmed, practice, clinician) -> None:
    note = drafted(practice, clinician, "declined")
    client = confirmed(clinician)
    answer = client.post(url("note-consent", note), {"version": note.version})
    assert answer.status_code == 302
    note.refresh_from_db()
    text = note.working["sections"]["subjective"]
    assert text.startswith("Knee pain. The patient declined the recording (verbal")
    assert text.endswith("Worse on stairs.")
    kept = [revision.content["sections"]["subjective"] for revision in note.revisions.all()]
    assert SAID in kept
    assert client.post(url("note-sign", note), signing(note)).status_code == 302
    note.refresh_from_db()
    assert note.state == "signed"


@pages
@pytest.mark.parametrize(
    "answers", [[None], ["granted", "declined"], ["granted", None], ["declined", "granted"]]
)
def test_the_offered_sentence_itself_can_be_signed(confirmed, practice, clinician, answers) -> None:
    visit = EncounterFactory(practice=practice, provider=clinician)
    for role, decision in zip(["patient", "interpreter"], answers, strict=False):
        person = visit.participants.filter(role=role).first() or ParticipantFactory(
            encounter=visit, role=role
        )
        if decision:
            ConsentFactory(participant=person, decision=decision)
    note = NoteFactory(encounter=visit, working=content(subjective=SAID))
    client = confirmed(clinician)
    client.post(url("note-consent", note), {"version": note.version})
    note.refresh_from_db()
    assert client.post(url("note-sign", note), signing(note)).status_code == 302


@pages
@pytest.mark.parametrize(
    ("text", "status"), [("Patient agreed to the recording.", 302), ("Patient declined the recording.", 403)]
)
def test_who_is_named_is_judged_by_their_own_answer(confirmed, practice, clinician, text, status) -> None:
    visit = EncounterFactory(practice=practice, provider=clinician, consented=True)
    ConsentFactory(participant=ParticipantFactory(encounter=visit, role="interpreter"), decision="declined")
    note = NoteFactory(encounter=visit, working=content(subjective=text))
    assert confirmed(clinician).post(url("note-sign", note), signing(note)).status_code == status


@pages
def test_a_note_that_moved_on_is_not_corrected_blindly(client_of, practice, clinician) -> None:
    note = drafted(practice, clinician, "declined")
    answer = client_of(clinician).post(url("note-consent", note), {"version": note.version - 1}, follow=True)
    assert "changed meanwhile" in answer.content.decode()
    note.refresh_from_db()
    assert "Verbal consent" in note.working["sections"]["subjective"]


@pages
def test_a_true_sentence_is_signed_and_the_records_own_is_filed(confirmed, practice, clinician) -> None:
    note = drafted(practice, clinician, "granted", patient_location="US-NV", provider_location="US-CA")
    client = confirmed(clinician)
    page = client.get(url("note-sign", note)).content.decode()
    assert "the patient in Nevada, the provider in California" in page
    client.post(url("note-sign", note), signing(note))
    client.post(url("note-file", note))
    filed = FiledDocument.objects.get(note=note)
    for words in ("TELEHEALTH", "CONSENT TO RECORDING", "The patient agreed to the recording (verbal"):
        assert words in filed.body
    assert '"statements":{"telehealth":"Telehealth visit by video' in filed.body


@pages
def test_an_empty_note_says_nothing() -> None:
    assert claims_in(empty_content()) == []


@pages
def test_strangers_correct_nothing(client_of, practice, clinician, outsider) -> None:
    note = drafted(practice, clinician, "declined")
    assert client_of(outsider).post(url("note-consent", note), {"version": 1}).status_code == 404
