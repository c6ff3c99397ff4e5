"""`POST /v1/visit-summary`: checked, drawn from what was sent, each entry with its sentence and visit."""

from __future__ import annotations

from typing import Any

import pytest

from config.http import bytes_body, json_body
from tests.notes.sandbox.running import Running, answer

EARLIER = {
    "visit_date": "2026-03-02",
    "provider": "Dr. Ito",
    "soap_note": {
        "subjective": "The cough started on Monday.",
        "objective": "Temperature 101.5. Lungs with wheezing. Looks well.",
        "assessment": "Acute bronchitis. Hypertension, well controlled. No pneumonia.",
        "plan": "Rest and fluids. Continue lisinopril 10 mg daily.",
    },
}
LATER = {
    "visit_date": "2026-04-20T09:30:00Z",
    "soap_note": {
        "objective": "Blood pressure 128/76. Lungs are clear.",
        "assessment": "The acute bronchitis has resolved. Type 2 diabetes. Mother had breast cancer.",
        "plan": "Start metformin 500 mg.",
    },
}


def post(sandbox: Running, **data: Any) -> Any:
    return sandbox.send("POST", "/v1/visit-summary", body=json_body(data))


def test_visits_are_drawn_together_latest_first(sandbox: Running) -> None:
    response = post(sandbox, visits=[EARLIER, LATER])

    found = answer(response)
    assert response.status == 200
    assert found["sandbox"] is True
    assert found["summary"] == (
        "2026-04-20: The acute bronchitis has resolved. Type 2 diabetes. Mother had breast cancer."
        " Start metformin 500 mg.\n"
        "2026-03-02 (Dr. Ito): Acute bronchitis. Hypertension, well controlled. No pneumonia. Rest and fluids."
        " Continue lisinopril 10 mg daily."
    )


def test_active_diagnoses_are_those_asserted_and_not_over_each_with_its_sentence(sandbox: Running) -> None:
    active = answer(post(sandbox, visits=[LATER, EARLIER]))["active_diagnoses"]

    assert [(entry["icd10_category"], entry["source"], entry["visit_date"]) for entry in active] == [
        ("E11", "Type 2 diabetes.", "2026-04-20"),
        ("I10", "Hypertension, well controlled.", "2026-03-02"),
    ]
    assert all(entry["description"].startswith("Suggestion to check: ") for entry in active)


def test_key_findings_are_sentences_that_were_sent_and_the_focus_puts_its_own_first(sandbox: Running) -> None:
    visits = [EARLIER, LATER]
    plain = answer(post(sandbox, visits=visits))["key_findings"]
    focused = answer(post(sandbox, visits=visits, focus="wheezing and cough"))["key_findings"]

    assert [entry["text"] for entry in plain] == [
        "Blood pressure 128/76.",
        "Temperature 101.5.",
        "Lungs with wheezing.",
    ]
    assert focused[0] == {
        "text": "Lungs with wheezing.",
        "source": "Lungs with wheezing.",
        "section": "objective",
        "visit_date": "2026-03-02",
    }


def test_a_visit_may_come_as_a_summary_alone(sandbox: Running) -> None:
    found = answer(
        post(sandbox, visits=[{"visit_date": "2026-01-05", "summary": "Seen for gout. Uric acid 9.1."}])
    )

    assert found["summary"] == "2026-01-05: Seen for gout. Uric acid 9.1."
    assert [entry["text"] for entry in found["key_findings"]] == ["Uric acid 9.1."]
    assert [entry["icd10_category"] for entry in found["active_diagnoses"]] == ["M10"]


def test_nothing_is_made_of_visits_that_name_nothing(sandbox: Running) -> None:
    found = answer(
        post(sandbox, visits=[{"visit_date": "2026-01-05", "soap_note": {"plan": "See you in May."}}])
    )

    assert (found["key_findings"], found["active_diagnoses"]) == ([], [])
    assert found["summary"] == "2026-01-05: See you in May."


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "visits"),
        ({"visits": []}, "visits"),
        ({"visits": {}}, "visits"),
        ({"visits": [EARLIER] * 201}, "visits"),
        ({"visits": ["x"]}, "visits[0]"),
        ({"visits": [EARLIER, {"visit_date": "2026-01-05"}]}, "visits[1]"),
        ({"visits": [{**EARLIER, "visit_date": "yesterday"}]}, "visits[0].visit_date"),
        ({"visits": [{**EARLIER, "visit_date": None}]}, "visits[0].visit_date"),
        ({"visits": [{**EARLIER, "provider": 7}]}, "visits[0].provider"),
        ({"visits": [{**EARLIER, "summary": []}]}, "visits[0].summary"),
        ({"visits": [{**EARLIER, "soap_note": "text"}]}, "visits[0].soap_note"),
        (
            {"visits": [{"visit_date": "2026-01-05", "summary": "x", "soap_note": {"plan": 1}}]},
            "visits[0].soap_note.plan",
        ),
        ({"visits": [EARLIER], "focus": 3}, "focus"),
        ({"visits": [EARLIER], "patient_info": {"age": 0}}, "patient_info.age"),
    ],
)
def test_an_invalid_field_is_named(sandbox: Running, data: dict[str, object], field: str) -> None:
    response = post(sandbox, **data)

    error = answer(response)["error"]
    assert (response.status, error["code"]) == (400, "VALIDATION_ERROR")
    assert [detail["field"] for detail in error["details"]] == [field]


def test_it_needs_a_key_the_right_method_and_a_readable_body(sandbox: Running) -> None:
    body = json_body({"visits": [EARLIER]})

    assert sandbox.send("POST", "/v1/visit-summary", key=None, body=body).status == 401
    assert sandbox.send("GET", "/v1/visit-summary").status == 405
    assert sandbox.send("POST", "/v1/visit-summary", body=bytes_body(b"{", "application/json")).status == 400


def test_markup_stays_text_a_megabyte_is_read_and_more_is_refused(sandbox: Running) -> None:
    marked = {"visit_date": "2026-01-05", "summary": "<script>alert(1)</script> Seen for gout."}
    large = {"visit_date": "2026-01-05", "summary": "Seen for gout today. " * 50_000}

    assert "<script>" in answer(post(sandbox, visits=[marked]))["summary"]
    assert post(sandbox, visits=[large]).status == 200
    assert post(sandbox, visits=[large] * 3).status == 413
