from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import AuditEvent
from encounters.models import Membership
from notes.content import part_hashes
from notes.limits import SECTION_BYTES
from notes.models import Note, Revision
from notes.services.addenda import addendum_add
from notes.services.drafts import draft_save
from tests.factories.notes import NoteFactory, content
from tests.notes.review.pages import autosave, fields, url, with_text

pytestmark = pytest.mark.django_db
TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def plan_of(note: Note) -> str:
    note.refresh_from_db()
    return str(note.working["sections"]["plan"])


# Reading


def test_the_page_shows_the_draft_beside_what_was_said(note: Note, clinician: Any, client_of: Any) -> None:
    page = client_of(clinician).get(url("note", note)).content.decode()
    assert "AI draft, not yet reviewed" in page
    assert "Patellofemoral pain." in page
    assert "My left knee has hurt" in page
    assert 'name="code_code" value="M25.562"' in page


def test_without_a_transcript_the_page_says_so(encounter: Any, clinician: Any, client_of: Any) -> None:
    note = NoteFactory(encounter=encounter, transcript=[])
    assert "There is no transcript" in client_of(clinician).get(url("note", note)).content.decode()


def test_the_sandbox_watermark_is_on_every_page(encounter: Any, clinician: Any, confirmed: Any) -> None:
    client, note = confirmed(clinician), NoteFactory(encounter=encounter, sandbox=True)
    for name in ("note", "note-sign", "note-history"):
        assert "Not for clinical use" in client.get(url(name, note)).content.decode(), name


def test_who_edited_last_is_shown(note: Note, clinician: Any, assistant: Any, client_of: Any) -> None:
    draft_save(note=note, actor=assistant, base_version=1, content=with_text(content(), plan="Rest."))
    page = client_of(clinician).get(url("note", note)).content.decode()
    assert f"Last edited by {assistant}" in page
    assert "AI draft, not yet reviewed" not in page


def test_opening_a_note_is_audited(note: Note, clinician: Any, client_of: Any) -> None:
    client_of(clinician).get(url("note", note))
    event = AuditEvent.objects.get(action="note.viewed")
    assert (event.actor_id, event.target_id) == (str(clinician.pk), str(note.pk))
    assert event.patient_id == note.patient_id


@pytest.mark.parametrize("state", ["note", "signed_note", "filed_note"])
def test_the_page_takes_at_most_8_queries(state: str, clinician: Any, client_of: Any, request: Any) -> None:
    note, client = request.getfixturevalue(state), client_of(clinician)
    client.get(url("note", note))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url("note", note)).status_code == 200
    asked = [one["sql"] for one in queries if not one["sql"].startswith(TRANSACTION_CONTROL)]
    assert len(asked) <= 8, "\n".join(asked)


@pytest.mark.parametrize("name", ["note", "note-sign", "note-history", "note-addendum", "note-merge"])
@pytest.mark.parametrize("who", ["outsider", "compliance_officer", "administrator"])
def test_nobody_without_the_right_reads_any_page_of_a_note(
    note: Note, who: str, name: str, client_of: Any, request: Any
) -> None:
    assert client_of(request.getfixturevalue(who)).get(url(name, note)).status_code == 404


@pytest.mark.parametrize(
    "name", ["note", "note-draft", "note-sign", "note-unsign", "note-file", "note-merge"]
)
@pytest.mark.parametrize("who", ["outsider", "compliance_officer", "administrator"])
def test_nobody_without_the_right_writes_to_a_note(
    note: Note, who: str, name: str, client_of: Any, request: Any
) -> None:
    answer = client_of(request.getfixturevalue(who)).post(
        url(name, note), fields(content(plan="x"), version=1)
    )
    assert answer.status_code == 404
    assert plan_of(note) == content()["sections"]["plan"]


def test_a_compliance_officer_with_clinical_access_reads_and_cannot_write(
    note: Note, compliance_officer: Any, client_of: Any
) -> None:
    Membership.objects.filter(user=compliance_officer).update(clinical_access=True)
    client = client_of(compliance_officer)
    page = client.get(url("note", note)).content.decode()
    assert "Patellofemoral pain." in page
    assert "<textarea" not in page
    assert autosave(client, note, content(plan="x"), version=1).status_code == 403
    assert client.post(url("note", note), fields(content(plan="x"), version=1)).status_code == 403
    assert client.post(url("note-merge", note), {}).status_code == 403
    assert plan_of(note) == content()["sections"]["plan"]


def test_somebody_who_is_not_signed_in_reads_nothing(note: Note, client: Any) -> None:
    assert client.get(url("note", note)).status_code == 302
    assert autosave(client, note, content(), version=1).status_code == 401


# Autosave


def test_autosave_answers_with_the_new_version(note: Note, clinician: Any, client_of: Any) -> None:
    answer = autosave(client_of(clinician), note, with_text(content(), plan="Rest."), version=1)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert set(answer.json()) == {"version", "saved_at", "saved_label", "base"}
    assert plan_of(note) == "Rest."


def test_autosave_over_somebody_elses_text_gives_it_back(
    note: Note, clinician: Any, colleague: Any, client_of: Any
) -> None:
    autosave(client_of(colleague), note, with_text(content(), plan="Theirs."), version=1)
    answer = autosave(client_of(clinician), note, with_text(content(), plan="Mine."), version=1)
    told = answer.json()
    assert (answer.status_code, told["code"], told["their_version"]) == (409, "conflict", 2)
    assert (told["theirs"]["sections"]["plan"], told["editor"]) == ("Theirs.", str(colleague))
    assert plan_of(note) == "Theirs."


def test_autosave_into_a_signed_note_says_who_signed(
    signed_note: Note, colleague: Any, client_of: Any
) -> None:
    answer = autosave(client_of(colleague), signed_note, content(plan="x"), version=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "signed")
    assert answer.json()["editor"] == str(signed_note.signer)


def test_autosave_of_too_much_text_names_the_section(note: Note, clinician: Any, client_of: Any) -> None:
    answer = autosave(
        client_of(clinician), note, with_text(content(), plan="x" * (SECTION_BYTES + 1)), version=1
    )
    assert (answer.status_code, answer.json()["part"]) == (413, "plan")
    assert "Plan is too long" in answer.json()["detail"]


def test_autosave_of_more_than_the_server_reads_is_refused_in_words(
    note: Note, clinician: Any, client_of: Any
) -> None:
    answer = autosave(client_of(clinician), note, with_text(content(), plan="x" * 6_000_000), version=1)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_long")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        '{"version": 1}',
        '{"version": "x", "content": {}}',
        '{"version": 1, "content": 5}',
    ],
)
def test_autosave_that_makes_no_sense_changes_nothing(
    note: Note, clinician: Any, client_of: Any, body: str
) -> None:
    answer = client_of(clinician).post(url("note-draft", note), body, content_type="application/json")
    assert answer.status_code == 400
    assert plan_of(note) == content()["sections"]["plan"]


# Without script


def test_the_save_button_saves(note: Note, clinician: Any, client_of: Any) -> None:
    sent = fields(with_text(content(), plan="Rest.\r\nIce."), version=1)
    assert client_of(clinician).post(url("note", note), sent).status_code == 302
    assert plan_of(note) == "Rest.\nIce."


def test_review_and_sign_saves_first(note: Note, clinician: Any, client_of: Any) -> None:
    answer = client_of(clinician).post(
        url("note", note), fields(content(plan="Rest."), version=1, then="sign")
    )
    assert answer.url == url("note-sign", note)
    assert plan_of(note) == "Rest."


def test_a_ticked_code_is_removed_and_a_new_one_added(note: Note, clinician: Any, client_of: Any) -> None:
    sent = fields(content(), version=1, code_remove=["0"])
    sent |= {
        "code_system": ["ICD-10-CM", ""],
        "code_code": ["M25.562", " M22.2X2 "],
        "code_description": ["a", ""],
    }
    client_of(clinician).post(url("note", note), sent)
    note.refresh_from_db()
    assert note.working["billing_codes"] == [{"system": "", "code": "M22.2X2", "description": ""}]


def test_too_long_text_comes_back_in_the_form_with_the_reason(
    note: Note, clinician: Any, client_of: Any
) -> None:
    long = "Long text. " * 20_000
    answer = client_of(clinician).post(url("note", note), fields(content(plan=long), version=1))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Plan is too long" in page
    assert long.rstrip() in page
    assert plan_of(note) == content()["sections"]["plan"]


def test_a_conflict_shows_both_texts_and_keeps_mine_in_the_history(
    note: Note, clinician: Any, colleague: Any, client_of: Any
) -> None:
    client_of(colleague).post(url("note", note), fields(content(plan="Refer to physiotherapy."), version=1))
    answer = client_of(clinician).post(url("note", note), fields(content(plan="Rest for a week."), version=1))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "physiotherapy" in page
    assert "Rest for a week." in page
    assert note.revisions.get(kind=Revision.Kind.SAVED).content["sections"]["plan"] == "Rest for a week."
    assert plan_of(note) == "Refer to physiotherapy."


@pytest.mark.parametrize(
    ("choice", "stands"), [("mine", "Mine."), ("theirs", "Theirs."), ("merged", "Both, edited.")]
)
def test_the_choice_in_a_conflict_stands_and_both_texts_stay_readable(
    note: Note, clinician: Any, colleague: Any, client_of: Any, choice: str, stands: str
) -> None:
    client_of(colleague).post(url("note", note), fields(content(plan="Theirs."), version=1))
    client = client_of(clinician)
    client.post(url("note", note), fields(content(plan="Mine."), version=1))
    chosen = {"version": 2, "mine_plan": "Mine.", "choice_plan": choice, "merged_plan": "Both, edited."}
    assert client.post(url("note-merge", note), chosen).status_code == 302
    assert plan_of(note) == stands
    everywhere = {one.content["sections"]["plan"] for one in note.revisions.all()} | {plan_of(note)}
    assert {"Mine.", "Theirs."} <= everywhere


def test_what_only_one_person_changed_is_chosen_beforehand(
    note: Note, clinician: Any, colleague: Any, client_of: Any
) -> None:
    client_of(colleague).post(url("note", note), fields(content(objective="Slight swelling."), version=1))
    mine = fields(content(plan="Rest."), version=1) | {"base": json.dumps(part_hashes(content()))}
    answer = client_of(clinician).post(url("note", note), mine)
    assert {part["name"]: part["choice"] for part in answer.context["parts"]} == {
        "objective": "theirs",
        "plan": "mine",
    }


def test_a_conflict_without_a_choice_is_asked_again_with_both_texts(
    note: Note, clinician: Any, colleague: Any, client_of: Any
) -> None:
    client_of(colleague).post(url("note", note), fields(content(plan="Theirs."), version=1))
    answer = client_of(clinician).post(
        url("note-merge", note), {"version": 2, "mine_plan": "Mine.", "merged_plan": "Edited already."}
    )
    page = answer.content.decode()
    assert "Choose a text for: Plan." in page
    assert "Edited already." in page
    assert plan_of(note) == "Theirs."


def test_a_third_edit_while_choosing_starts_the_choice_anew(
    note: Note, clinician: Any, colleague: Any, client_of: Any
) -> None:
    other = client_of(colleague)
    other.post(url("note", note), fields(content(plan="Theirs."), version=1))
    other.post(url("note", note), fields(content(plan="Theirs, again."), version=2))
    answer = client_of(clinician).post(
        url("note-merge", note), {"version": 2, "mine_plan": "Mine.", "choice_plan": "mine"}
    )
    assert answer.status_code == 409
    assert "Theirs, again." in answer.content.decode().replace("</mark>", "").replace(
        '<mark class="only-theirs">', ""
    )
    assert plan_of(note) == "Theirs, again."


def test_codes_of_both_can_be_kept(note: Note, clinician: Any, colleague: Any, client_of: Any) -> None:
    theirs = {**content(), "billing_codes": [{"system": "CPT", "code": "99213", "description": ""}]}
    client_of(colleague).post(url("note", note), fields(theirs, version=1))
    mine = [{"system": "CPT", "code": "99214", "description": ""}]
    chosen = {"version": 2, "mine_billing_codes": json.dumps(mine), "choice_billing_codes": "merged"}
    client_of(clinician).post(url("note-merge", note), chosen)
    note.refresh_from_db()
    assert [code["code"] for code in note.working["billing_codes"]] == ["99213", "99214"]


def test_words_for_a_note_signed_meanwhile_are_shown_and_kept(
    signed_note: Note, assistant: Any, client_of: Any
) -> None:
    answer = client_of(assistant).post(
        url("note", signed_note), fields(content(plan="Late words."), version=1)
    )
    assert answer.status_code == 409
    assert "Late" in answer.content.decode()
    assert signed_note.revisions.get(kind=Revision.Kind.SAVED).content["sections"]["plan"] == "Late words."
    assert plan_of(signed_note) == content()["sections"]["plan"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "</textarea><b>x</b>", "ألم <img src=x onerror=1>"]
)
def test_markup_in_text_is_shown_as_text(encounter: Any, clinician: Any, confirmed: Any, text: str) -> None:
    lines = [{"speaker": text, "start": 0, "end": 1, "text": text}]
    note = NoteFactory(encounter=encounter, working=content(plan=text), transcript=lines)
    client = confirmed(clinician)
    for name in ("note", "note-sign", "note-history"):
        assert text not in client.get(url(name, note)).content.decode(), name


# Signed and filed


def test_a_signed_note_is_shown_as_signed_and_not_as_it_stands_elsewhere(
    signed_note: Note, clinician: Any, client_of: Any
) -> None:
    page = client_of(clinician).get(url("note", signed_note)).content.decode()
    assert "<textarea" not in page
    assert f"{clinician}, MD" in page
    assert "Reviewed, corrected and approved as author" in page
    assert "Take back signature" in page
    assert "File to chart" in page
    signed = signed_note.signed_at.astimezone(ZoneInfo("America/Los_Angeles"))
    assert signed.strftime("%H:%M:%S") in page


def test_a_colleague_sees_neither_take_back_nor_filing_during_the_hold(
    signed_note: Note, colleague: Any, client_of: Any
) -> None:
    page = client_of(colleague).get(url("note", signed_note)).content.decode()
    assert "Take back signature" not in page
    assert "File to chart" not in page


def test_addenda_stand_below_the_unchanged_original(filed_note: Note, colleague: Any, client_of: Any) -> None:
    addendum_add(
        note=filed_note,
        actor=colleague,
        kind="correction",
        text="Right knee.",
        reason="Wrong side",
        attested=True,
        authenticated_at=filed_note.signed_at,
        authenticated_by="totp",
    )
    page = client_of(colleague).get(url("note", filed_note)).content.decode()
    assert page.index(content()["sections"]["plan"]) < page.index("Right knee.")
    assert f"{colleague}, NP" in page
    assert "Wrong side" in page


def test_a_text_over_the_limit_is_shown_again_with_the_reason_not_lost(
    note: Note, clinician: Any, colleague: Any, client_of: Any
) -> None:
    client_of(colleague).post(url("note", note), fields(content(plan="Theirs."), version=1))
    long = "Very long. " * 20_000
    answer = client_of(clinician).post(url("note-merge", note), {"version": 2, "mine_plan": long})
    assert answer.status_code == 409
    assert long.strip() in answer.content.decode()
    assert answer.context["problem"]
