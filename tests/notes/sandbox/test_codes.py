"""Which billing codes the sandbox suggests, on what ground, and where it keeps silent."""

from __future__ import annotations

import gzip
import tracemalloc
from time import process_time

import pytest

from notes.soapnoteapi.billing import read_billing_codes
from notes.soapnoteapi.sandbox.codes import billing_codes, build, icd10
from notes.soapnoteapi.sandbox.codes.table import PATH, table
from notes.soapnoteapi.sandbox.transcript import Sentence
from notes.soapnoteapi.sandbox.writing.placed import Line
from tests.notes.sandbox.running import Running, answer
from tests.notes.sandbox.spoken_diagnoses import NO_DIAGNOSIS, SPOKEN, UNSEEN


def codes_of(*texts: str, section: str = "assessment", speaker: str = "Doctor", **given: object) -> dict:
    sentences = [Sentence(text, speaker) for text in texts]
    lines = [Line(section, sentence.text, (sentence,)) for sentence in sentences]
    asked = {"specialty": "physician", "seconds": None, **given}
    return billing_codes(sentences, lines, **asked)


def suggested(*texts: str, **given: object) -> list[str]:
    return [entry["code"] for entry in codes_of(*texts, **given)["icd10"]]


def cpt(*texts: str, **given: object) -> list[str]:
    return [entry["code"] for entry in codes_of(*texts, **given)["cpt"]]


def test_common_diagnoses_are_found_under_the_words_that_people_use() -> None:
    found = {said: [match.code for match in icd10.candidates(f"You have {said}.")] for said in SPOKEN}

    assert len(SPOKEN) >= 100
    assert [said for said, code in SPOKEN.items() if code not in found[said][:5]] == []
    assert sum(found[said][0] == code for said, code in SPOKEN.items()) >= 0.95 * len(SPOKEN)


def test_words_that_no_list_of_ours_was_written_for_are_found_or_left_alone() -> None:
    found = {said: [match.code for match in icd10.diagnoses(f"You have {said}.")] for said in UNSEEN}

    wrong = [said for said, codes in found.items() if codes and UNSEEN[said] not in codes]
    assert sum(UNSEEN[said] in codes for said, codes in found.items()) >= 0.7 * len(UNSEEN)
    assert len(wrong) <= 3


@pytest.mark.parametrize("sentence", NO_DIAGNOSIS)
def test_no_code_where_no_diagnosis_is_asserted(sentence: str) -> None:
    assert suggested(sentence) == []
    assert suggested(sentence, section="plan") == []


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("No pneumonia, but you do have acute bronchitis.", ["J20"]),
        ("You have asthma, and I don't think this is pneumonia.", ["J45"]),
        ("This is not gout; this is cellulitis.", ["L03"]),
        ("You have hypertension. Your father had a stroke.", []),
        ("Pneumonia has been ruled out, but there is pleurisy.", ["R09"]),
        ("Your type 2 diabetes is well controlled.", ["E11"]),
    ],
)
def test_a_negation_reaches_as_far_as_its_clause(sentence: str, codes: list[str]) -> None:
    assert suggested(sentence) == codes


def test_a_disease_stands_for_its_symptoms() -> None:
    assert suggested("You have a cough from your acute bronchitis.") == ["J20"]


def test_what_the_patient_says_and_what_stands_outside_assessment_and_plan_is_no_diagnosis() -> None:
    assert suggested("I have asthma.", speaker="Patient") == []
    assert suggested("I had a migraine on Monday.", section="subjective", speaker="") == []
    assert suggested("Continue the inhaler twice a day.", section="plan") == []
    assert suggested("For your asthma, continue the inhaler.", section="plan") == ["J45"]
    assert suggested("So for your second problem, your hypertension.", section="subjective") == ["I10"]


def test_a_suggestion_is_a_category_called_so_with_its_sentence_and_reason() -> None:
    (entry,) = codes_of("So you do have high blood pressure.")["icd10"]

    assert entry["code"] == "I10"
    assert entry["kind"] == "suggestion"
    assert entry["source"] == "So you do have high blood pressure."
    assert entry["reason"] == "“high blood pressure” names this category; release April 2026"
    assert entry["description"] == (
        "Suggestion to check: Essential (primary) hypertension (category). "
        "Rests on: “So you do have high blood pressure.”"
    )


def test_every_suggestion_is_three_characters_long() -> None:
    assert {len(code) for code in suggested(*(f"You have {said}." for said in SPOKEN))} == {3}
    assert {len(code) for code in table().titles} == {3}


def test_a_code_that_was_said_stays_as_it_is_and_takes_the_place_of_its_category() -> None:
    codes = codes_of("You have asthma, J45.40.", "Diagnosis code I10.", "HCPCS A4253 for the strips.")

    assert [(entry["code"], entry["kind"]) for entry in codes["icd10"]] == [
        ("J45.40", "mentioned"),
        ("I10", "mentioned"),
    ]
    assert [entry["code"] for entry in codes["hcpcs"]] == ["A4253"]


def test_the_product_shows_what_a_suggestion_is_and_what_it_rests_on() -> None:
    long = "For your asthma, " + "keep the inhaler with you and use it early, " * 20 + "please."
    codes = codes_of("You have asthma.", long, seconds=1500.0)

    shown = read_billing_codes({"billing_codes": codes})

    assert [(code.system, code.code) for code in shown] == [
        ("ICD-10", "J45"),
        ("CPT", "99213"),
        ("CPT", "99202"),
    ]
    assert all(code.description.startswith("Suggestion to check: ") for code in shown)
    assert all("Rests on: “" in code.description and len(code.description) <= 300 for code in shown)


@pytest.mark.parametrize(
    ("minutes", "new", "established"),
    [
        (9, [], []),
        (10, [], ["99212"]),
        (15, ["99202"], ["99212"]),
        (20, ["99202"], ["99213"]),
        (29, ["99202"], ["99213"]),
        (30, ["99203"], ["99214"]),
        (40, ["99203"], ["99215"]),
        (45, ["99204"], ["99215"]),
        (60, ["99205"], ["99215"]),
    ],
)
def test_an_office_visit_is_by_the_least_time_that_was_reached(
    minutes: int, new: list[str], established: list[str]
) -> None:
    assert cpt("You are a new patient here.", seconds=minutes * 60.0) == new
    assert cpt("It's good to see you again.", seconds=minutes * 60.0) == established


def test_a_visit_whose_kind_was_not_said_gets_both_each_with_its_condition() -> None:
    entries = codes_of("Let us begin.", seconds=24 * 60 + 50.0)["cpt"]

    assert [entry["code"] for entry in entries] == ["99213", "99202"]
    assert "only if an established patient" in entries[0]["description"]
    assert "only if a new patient" in entries[1]["description"]
    assert {entry["source"] for entry in entries} == {"visit of 24 minutes by the recording"}


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("I spent 25 minutes with the patient.", ["99213"]),
        ("I spent thirty five minutes with you today.", ["99214"]),
        ("Total time: 40 minutes.", ["99215"]),
        ("45 minutes were spent face to face.", ["99215"]),
        ("You spent 25 minutes on the treadmill.", []),
        ("Walk for 30 minutes a day.", []),
        ("Did I say that I spent 25 minutes with you?", []),
        ("It hurts for 25 minutes.", []),
    ],
)
def test_time_that_was_stated_counts_and_other_minutes_do_not(sentence: str, codes: list[str]) -> None:
    assert cpt("It's good to see you again.", sentence) == codes


def test_two_different_times_or_none_give_no_code() -> None:
    assert cpt("It's good to see you again.") == []
    assert cpt("I spent 20 minutes with you.", "Total time 40 minutes.", seconds=1800.0) == []


def test_time_that_was_stated_counts_before_the_recording() -> None:
    assert cpt("Nice to see you again.", "Total time 32 minutes.", seconds=900.0) == ["99214"]


@pytest.mark.parametrize(
    ("minutes", "codes"),
    [(15, []), (16, ["90832"]), (37, ["90832"]), (38, ["90834"]), (52, ["90834"]), (53, ["90837"])],
)
@pytest.mark.parametrize("specialty", ["psychotherapist", "social_worker"])
def test_psychotherapy_is_by_the_minutes_with_the_patient(
    specialty: str, minutes: int, codes: list[str]
) -> None:
    assert cpt("Let us begin.", specialty=specialty, seconds=minutes * 60.0) == codes


@pytest.mark.parametrize(
    "specialty", ["physical_therapy", "veterinary", "generic", "registered_nurse", "dentist"]
)
def test_specialties_that_bill_by_other_things_get_no_code_by_time(specialty: str) -> None:
    assert cpt("Total time 40 minutes.", specialty=specialty, seconds=2400.0) == []


def test_a_code_that_was_said_leaves_no_room_for_a_suggestion() -> None:
    assert cpt("CPT code 99214.", seconds=1500.0) == ["99214"]


def test_video_is_told_with_what_payers_want() -> None:
    entry = codes_of("Good to see you again on this video visit.", seconds=1500.0)["cpt"][0]

    assert entry["code"] == "99213"
    assert "modifier 95" in entry["description"]


def test_codes_come_only_when_asked_for_and_icd11_is_told_to_be_missing(sandbox: Running) -> None:
    visit = "Assessment: You have shingles on your left side.\nPlan: Start the valacyclovir today for it."
    plain = answer(sandbox.text(transcript=visit))
    full = answer(sandbox.text(transcript=visit, include_billing_codes=True, include_icd11=True))

    assert not {"billing_codes", "icd11_codes"} & set(plain)
    assert [entry["code"] for entry in full["billing_codes"]["icd10"]] == ["B02"]
    assert full["icd11_codes"] == []
    assert "no ICD-11" in full["icd11_notice"]
    assert all(code.system != "ICD-11" for code in read_billing_codes(full))


def test_markup_and_a_megabyte_of_text_are_only_words() -> None:
    assert suggested("You have <b>asthma</b> & <script>gout()</script>.") == ["J45", "M10"]
    started = process_time()
    assert suggested("You have asthma and hypertension " * 30_000)[:1] == ["J45"]
    assert process_time() - started < 60


def test_the_table_names_its_release_and_source_and_takes_few_megabytes() -> None:
    head = gzip.decompress(PATH.read_bytes()).decode().splitlines()[0]

    assert head == f"{build.RELEASE}\t{build.SOURCE}"
    assert PATH.stat().st_size < 650_000
    table.cache_clear()
    tracemalloc.start()
    table()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 16_000_000


@pytest.mark.slow
def test_the_table_is_made_anew_to_the_byte() -> None:
    assert build.build() == PATH.read_bytes()
