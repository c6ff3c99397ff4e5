from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from consent.models import AuditEvent
from notes.content import content_hash, empty_content
from notes.models import Note, Signature
from notes.selectors.verification import verify_note
from notes.services.drafts import draft_save
from notes.states import NoteState
from tests.factories.notes import NoteFactory, content
from tests.notes.review.pages import signing, url, with_text

pytestmark = pytest.mark.django_db


def state_of(note: Note) -> str:
    note.refresh_from_db()
    return note.state


def test_the_page_shows_exactly_what_is_signed_with_nothing_ticked(
    note: Note, clinician: Any, confirmed: Any
) -> None:
    page = confirmed(clinician).get(url("note-sign", note)).content.decode()
    assert content_hash(note.working) in page
    assert all(text in page for text in content()["sections"].values())
    assert f"{clinician}, MD" in page
    assert "checked" not in page


def test_signing_records_when_and_how_the_signer_confirmed_who_they_are(
    note: Note, clinician: Any, confirmed: Any
) -> None:
    answer = confirmed(clinician, seconds_ago=120).post(url("note-sign", note), signing(note))
    signature = Signature.objects.get()
    assert answer.url == url("note", note)
    assert (state_of(note), signature.authenticated_by) == (NoteState.SIGNED, "password")
    assert 119 < (timezone.now() - signature.authenticated_at).total_seconds() < 180


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_recent_confirmation_it_is_asked_for_and_nothing_is_signed(
    note: Note, clinician: Any, client_of: Any, confirmed: Any, method: str
) -> None:
    for client in (client_of(clinician), confirmed(clinician, seconds_ago=301)):
        answer = getattr(client, method)(url("note-sign", note), signing(note))
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/")
        assert f"next=/notes/{note.pk}/sign/" in answer.url.replace("%2F", "/")
    assert not Signature.objects.exists()


def test_text_changed_meanwhile_is_shown_and_nothing_is_signed(
    note: Note, clinician: Any, colleague: Any, confirmed: Any
) -> None:
    sent = signing(note)
    draft_save(note=note, actor=colleague, base_version=1, content=with_text(content(), assessment="Gout."))
    answer = confirmed(clinician).post(url("note-sign", note), sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "<del>Patellofemoral pain</del><ins>Gout</ins>" in page
    assert str(colleague) in page
    assert (state_of(note), Signature.objects.count()) == (NoteState.IN_REVIEW, 0)
    assert AuditEvent.objects.get(action="note.sign_refused").outcome == "refused"


def test_a_made_up_hash_signs_nothing(note: Note, clinician: Any, confirmed: Any) -> None:
    forged = signing(note, content_sha256="f" * 64, seen='{"sections":{}}')
    assert confirmed(clinician).post(url("note-sign", note), forged).status_code == 409
    assert not Signature.objects.exists()


@pytest.mark.parametrize("missing", ["attest", "version", "content_sha256"])
def test_an_incomplete_form_signs_nothing(note: Note, clinician: Any, confirmed: Any, missing: str) -> None:
    sent = signing(note)
    del sent[missing]
    assert confirmed(clinician).post(url("note-sign", note), sent).status_code == 422
    assert not Signature.objects.exists()


def test_a_missed_tick_is_explained_beside_the_box(note: Note, clinician: Any, confirmed: Any) -> None:
    sent = signing(note)
    del sent["attest"]
    page = confirmed(clinician).post(url("note-sign", note), sent).content.decode()
    assert "Tick this statement to sign" in page


def test_an_assistant_is_told_who_signs(note: Note, assistant: Any, confirmed: Any) -> None:
    client = confirmed(assistant)
    page = client.get(url("note-sign", note))
    assert page.status_code == 403
    assert str(note.encounter.provider) in page.content.decode()
    assert client.post(url("note-sign", note), signing(note)).status_code == 403
    assert state_of(note) == NoteState.IN_REVIEW
    assert AuditEvent.objects.filter(action="note.sign_refused", actor_id=str(assistant.pk)).exists()


def test_another_provider_signs_after_a_notice_and_under_their_own_name(
    note: Note, colleague: Any, confirmed: Any
) -> None:
    client = confirmed(colleague)
    assert "You can sign the note as another provider" in client.get(url("note-sign", note)).content.decode()
    client.post(url("note-sign", note), signing(note))
    assert Signature.objects.get().printed_name == str(colleague)


def test_an_empty_note_offers_writing_instead_of_signing(
    encounter: Any, clinician: Any, confirmed: Any
) -> None:
    note = NoteFactory(encounter=encounter, working=empty_content())
    client = confirmed(clinician)
    assert "There is nothing to sign yet" in client.get(url("note-sign", note)).content.decode()
    client.post(url("note-sign", note), signing(note))
    assert not Signature.objects.exists()


def test_an_empty_section_is_pointed_out(encounter: Any, clinician: Any, confirmed: Any) -> None:
    note = NoteFactory(encounter=encounter, working=content(objective="", plan=" "))
    assert "Objective and Plan are empty" in confirmed(clinician).get(url("note-sign", note)).content.decode()


def test_a_second_click_does_not_sign_twice(note: Note, clinician: Any, confirmed: Any) -> None:
    client, sent = confirmed(clinician), signing(note)
    assert client.post(url("note-sign", note), sent).status_code == 302
    assert client.post(url("note-sign", note), sent).status_code == 409
    assert Signature.objects.count() == 1


def test_the_signature_is_taken_back_from_the_note_page(
    signed_note: Note, clinician: Any, client_of: Any
) -> None:
    client = client_of(clinician)
    client.post(url("note-unsign", signed_note))
    assert state_of(signed_note) == NoteState.IN_REVIEW
    assert "<textarea" in client.get(url("note", signed_note)).content.decode()


def test_after_the_hold_the_refusal_says_what_to_do(
    signed_note: Note, clinician: Any, client_of: Any
) -> None:
    client = client_of(clinician)
    with time_machine.travel(signed_note.hold_until + dt.timedelta(seconds=1), tick=False):
        page = client.post(url("note-unsign", signed_note), follow=True).content.decode()
    assert "The time to take the signature back is over" in page
    assert "addendum" in page
    assert state_of(signed_note) == NoteState.SIGNED


@pytest.mark.parametrize("who", ["colleague", "assistant"])
def test_others_can_not_take_it_back(signed_note: Note, who: str, client_of: Any, request: Any) -> None:
    client_of(request.getfixturevalue(who)).post(url("note-unsign", signed_note))
    assert state_of(signed_note) == NoteState.SIGNED


def test_filing_from_the_note_page(signed_note: Note, clinician: Any, client_of: Any) -> None:
    answer = client_of(clinician).post(url("note-file", signed_note), follow=True)
    assert "Filed to the chart." in answer.content.decode()
    assert state_of(signed_note) == NoteState.FILED


@pytest.mark.parametrize("who", ["colleague", "assistant"])
def test_filing_during_the_hold_is_the_signers_alone(
    signed_note: Note, who: str, client_of: Any, request: Any
) -> None:
    client_of(request.getfixturevalue(who)).post(url("note-file", signed_note))
    assert state_of(signed_note) == NoteState.SIGNED


def test_a_note_that_is_not_signed_is_not_filed(note: Note, clinician: Any, client_of: Any) -> None:
    page = client_of(clinician).post(url("note-file", note), follow=True).content.decode()
    assert "was not filed" in page
    assert state_of(note) == NoteState.IN_REVIEW


# Additions


def addition(**changed: Any) -> dict[str, Any]:
    return {"kind": "correction", "reason": "Wrong side", "text": "Right knee.", "attest": "on", **changed}


def test_an_addition_is_signed_and_filed_beside_the_unchanged_note(
    filed_note: Note, colleague: Any, confirmed: Any
) -> None:
    answer = confirmed(colleague).post(url("note-addendum", filed_note), addition())
    added = filed_note.addenda.get()
    assert answer.status_code == 302
    assert (added.number, added.kind, added.text, added.reason) == (
        1,
        "correction",
        "Right knee.",
        "Wrong side",
    )
    assert (added.signature.meaning, added.signature.user) == ("addendum", colleague)
    assert state_of(filed_note) == NoteState.AMENDED
    assert filed_note.current_revision.content == content()
    assert "Right knee." in filed_note.documents.get(version=2).body
    assert verify_note(filed_note) == []


def test_additions_are_numbered(filed_note: Note, clinician: Any, confirmed: Any) -> None:
    client = confirmed(clinician)
    for number in range(3):
        client.post(url("note-addendum", filed_note), addition(text=f"Text {number}."))
    assert [one.number for one in filed_note.addenda.all()] == [1, 2, 3]
    filed_note.refresh_from_db()
    assert verify_note(filed_note) == []


def test_an_addition_sent_twice_is_added_once(filed_note: Note, clinician: Any, confirmed: Any) -> None:
    client = confirmed(clinician)
    page = client.get(url("note-addendum", filed_note)).content.decode()
    assert '<input type="hidden" name="seen" value="0">' in page
    for _ in range(2):
        answer = client.post(url("note-addendum", filed_note), addition(seen="0"))
        assert answer.status_code == 302
    assert filed_note.addenda.count() == 1
    assert filed_note.documents.count() == 2


def test_an_addition_beside_one_that_was_not_seen_is_shown_it_first(
    filed_note: Note, clinician: Any, colleague: Any, confirmed: Any
) -> None:
    confirmed(colleague).post(url("note-addendum", filed_note), addition(text="Theirs.", seen="0"))
    client = confirmed(clinician)
    answer = client.post(url("note-addendum", filed_note), addition(text="Mine, typed with care.", seen="0"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs." in page
    assert "Mine, typed with care." in page
    assert filed_note.addenda.count() == 1
    again = client.post(url("note-addendum", filed_note), addition(text="Mine, typed with care.", seen="1"))
    assert again.status_code == 302
    assert filed_note.addenda.count() == 2


@pytest.mark.parametrize("changed", [{"kind": "rewrite"}, {"reason": " "}, {"text": ""}, {"attest": ""}])
def test_an_incomplete_addition_adds_nothing_and_keeps_the_text(
    filed_note: Note, clinician: Any, confirmed: Any, changed: dict[str, str]
) -> None:
    sent = addition(text="Typed with care.") | changed
    answer = confirmed(clinician).post(url("note-addendum", filed_note), sent)
    assert answer.status_code == 422
    assert sent["text"] in answer.content.decode()
    assert not filed_note.addenda.exists()


def test_a_confirmation_that_ran_out_while_writing_keeps_the_text(
    filed_note: Note, clinician: Any, client_of: Any
) -> None:
    answer = client_of(clinician).post(url("note-addendum", filed_note), addition(text="Typed with care."))
    assert answer.status_code == 403
    assert "Typed with care." in answer.content.decode()
    assert not filed_note.addenda.exists()


def test_an_assistant_adds_nothing(filed_note: Note, assistant: Any, confirmed: Any) -> None:
    assert confirmed(assistant).post(url("note-addendum", filed_note), addition()).status_code == 403
    assert not filed_note.addenda.exists()


@pytest.mark.parametrize("state", ["note", "signed_note"])
def test_only_a_filed_note_takes_an_addition(
    state: str, clinician: Any, confirmed: Any, request: Any
) -> None:
    note = request.getfixturevalue(state)
    confirmed(clinician).post(url("note-addendum", note), addition())
    assert not note.addenda.exists()


# History


def test_the_history_compares_any_version_with_the_engine_draft(
    note: Note, clinician: Any, confirmed: Any
) -> None:
    draft_save(note=note, actor=clinician, base_version=1, content=with_text(content(), assessment="Gout."))
    client = confirmed(clinician)
    client.post(url("note-sign", note), signing(note))
    page = client.get(url("note-history", note), {"show": 2, "against": 1}).content.decode()
    assert "<del>Patellofemoral pain</del><ins>Gout</ins>" in page


def test_the_history_reads_every_kept_version(note: Note, clinician: Any, client_of: Any) -> None:
    client = client_of(clinician)
    page = client.get(url("note-history", note), {"show": 1, "against": "none"}).content.decode()
    assert "Patellofemoral pain." in page
    assert client.get(url("note-history", note), {"show": 9}).status_code == 404
    assert client.get(url("note-history", note), {"show": "x' OR 1"}).status_code == 404


def test_the_history_tells_in_plain_words_who_did_what(note: Note, clinician: Any, confirmed: Any) -> None:
    client = confirmed(clinician)
    client.post(url("note-sign", note), signing(note))
    client.post(url("note-unsign", note))
    page = client.get(url("note-history", note)).content.decode()
    for words in ("Signed a note", "Took back a signature within the hold", "Taken back", "by password"):
        assert words in page, words
