from __future__ import annotations

from typing import Any

import pytest

from consent.models import AuditEvent
from notes.content import clean_content, content_hash
from notes.limits import SECTION_BYTES, ContentRefused
from notes.models import Note, Revision
from notes.services.drafts import Conflict, NoteFrozen, Saved, draft_keep, draft_save
from tests.factories.notes import content
from tests.notes.review.pages import with_text

pytestmark = pytest.mark.django_db


def save(note: Note, actor: Any, text: str, *, version: int, **more: Any) -> Saved | Conflict:
    changed = with_text(content(), plan=text)
    return draft_save(note=note, actor=actor, base_version=version, content=changed, **more)


def kept_plans(note: Note) -> list[str]:
    kept = note.revisions.filter(kind=Revision.Kind.SAVED)
    return [revision.content["sections"]["plan"] for revision in kept]


def test_a_save_counts_the_version_up_and_names_the_editor(note: Note, clinician: Any) -> None:
    outcome = save(note, clinician, "Rest.", version=1)
    note.refresh_from_db()
    assert isinstance(outcome, Saved)
    assert (note.version, note.edited_by, note.edited_at) == (2, clinician, outcome.saved_at)
    assert note.working["sections"]["plan"] == "Rest."


def test_the_engine_draft_stays_as_it_was(note: Note, clinician: Any) -> None:
    save(note, clinician, "Rest.", version=1)
    draft = note.revisions.get(number=1)
    assert draft.content == content()
    assert draft.content_sha256 == content_hash(content())


def test_saving_over_a_newer_version_is_a_conflict_that_shows_the_other_text(
    note: Note, clinician: Any, colleague: Any
) -> None:
    save(note, colleague, "Theirs.", version=1)
    outcome = save(note, clinician, "Mine.", version=1)
    note.refresh_from_db()
    assert isinstance(outcome, Conflict)
    assert outcome.content["sections"]["plan"] == "Theirs."
    assert (outcome.version, outcome.editor) == (2, str(colleague))
    assert note.working["sections"]["plan"] == "Theirs."


def test_a_save_whose_answer_was_lost_can_be_repeated(note: Note, clinician: Any) -> None:
    save(note, clinician, "Rest.", version=1)
    again = save(note, clinician, "Rest.", version=1)
    assert isinstance(again, Saved)
    assert again.version == 2


def test_an_unchanged_save_leaves_no_trace(note: Note, clinician: Any) -> None:
    draft_save(note=note, actor=clinician, base_version=1, content=content())
    note.refresh_from_db()
    assert (note.version, note.edited_by) == (1, None)


def test_hand_over_to_another_editor_keeps_what_the_first_had_written(
    note: Note, clinician: Any, assistant: Any
) -> None:
    save(note, assistant, "By the assistant.", version=1)
    save(note, clinician, "By the clinician.", version=2)
    kept = note.revisions.get(kind=Revision.Kind.SAVED)
    assert kept.author == assistant
    assert kept_plans(note) == ["By the assistant."]


def test_one_person_typing_on_makes_no_revisions(note: Note, clinician: Any) -> None:
    for number in range(5):
        save(note, clinician, f"Sentence {number}.", version=number + 1)
    assert note.revisions.count() == 1


def test_what_a_decision_replaces_is_kept(note: Note, clinician: Any) -> None:
    save(note, clinician, "In the first tab.", version=1)
    save(note, clinician, "In the second tab.", version=2, keep_replaced=True)
    assert kept_plans(note) == ["In the first tab."]


def test_text_that_could_not_be_saved_is_kept_once(note: Note, clinician: Any) -> None:
    mine = with_text(content(), plan="Mine.")
    assert draft_keep(note=note, actor=clinician, content=mine) is not None
    assert draft_keep(note=note, actor=clinician, content=mine) is None
    assert kept_plans(note) == ["Mine."]


def test_a_signed_note_takes_no_save(signed_note: Note, colleague: Any) -> None:
    with pytest.raises(NoteFrozen):
        save(signed_note, colleague, "Too late.", version=signed_note.version)
    signed_note.refresh_from_db()
    assert signed_note.working == content()


@pytest.mark.parametrize("part", ["plan", "patient_summary"])
def test_text_beyond_200_kb_is_refused_by_name_and_nothing_is_saved(
    note: Note, clinician: Any, part: str
) -> None:
    long = "ä" * (SECTION_BYTES // 2 + 1)
    given = with_text(content(), plan=long) if part == "plan" else {**content(), "patient_summary": long}
    with pytest.raises(ContentRefused) as refused:
        draft_save(note=note, actor=clinician, base_version=1, content=given)
    note.refresh_from_db()
    assert (refused.value.code, refused.value.part, note.version) == ("too_long", part, 1)


def test_exactly_200_kb_in_every_section_is_saved_and_read_back(note: Note, clinician: Any) -> None:
    full = clean_content({"sections": dict.fromkeys(content()["sections"], "x" * SECTION_BYTES)})
    assert isinstance(draft_save(note=note, actor=clinician, base_version=1, content=full), Saved)
    note.refresh_from_db()
    assert note.working == full


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"sections": "text"},
        {"sections": {"plan": 7}},
        {"sections": {"plan": ["x"]}},
        {"sections": {}, "billing_codes": "M25"},
        {"sections": {}, "billing_codes": ["M25"]},
        {"sections": {}, "billing_codes": [{"code": "x" * 301}]},
        {"sections": {}, "billing_codes": [{"code": "x"}] * 61},
        {"sections": {}, "patient_summary": {"a": 1}},
    ],
)
def test_oddly_shaped_content_is_refused(note: Note, clinician: Any, given: dict[str, Any]) -> None:
    with pytest.raises(ContentRefused):
        draft_save(note=note, actor=clinician, base_version=1, content=given)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "ألم في الركبة \u200f",
        "knee \ud800 pain",
        "a\x00b",
        "line\r\nbreak",
        "👩🏽‍⚕️ ok",
    ],
)
def test_any_text_can_be_saved_hashed_and_read_back(note: Note, clinician: Any, text: str) -> None:
    assert isinstance(save(note, clinician, text, version=1), Saved)
    note.refresh_from_db()
    assert note.working == clean_content(with_text(content(), plan=text))
    assert len(content_hash(note.working)) == 64


def test_saves_and_conflicts_are_audited_without_text(note: Note, clinician: Any, colleague: Any) -> None:
    save(note, colleague, "Metformin 500 mg.", version=1)
    save(note, clinician, "Mine.", version=1)
    events = AuditEvent.objects.filter(target_id=str(note.pk)).order_by("seq")
    assert [(event.action, event.actor_id) for event in events] == [
        ("note.edited", str(colleague.pk)),
        ("note.conflict", str(clinician.pk)),
    ]
    assert not any("Metformin" in event.data for event in events)
