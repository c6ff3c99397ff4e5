"""Two people at one note at the same moment, each on a connection of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from consent.transitions import StaleState
from notes.content import content_hash
from notes.models import Note, Signature
from notes.selectors.verification import verify_note
from notes.services.drafts import Conflict, NoteFrozen, Saved, draft_save
from notes.services.filing import note_file
from notes.services.signing import SigningRefused, note_sign, note_unsign
from notes.states import NoteState
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import NoteFactory, content

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 10


@pytest.fixture(autouse=True)
def _on_postgresql(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("left out: the race needs PostgreSQL")


@pytest.fixture
def new_note(practice: Any, clinician: Any) -> Callable[..., Note]:
    def made(**traits: Any) -> Note:
        return NoteFactory(encounter=EncounterFactory(practice=practice, provider=clinician), **traits)

    return made


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Start them together; each answers with its result or the exception it raised."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return work()
        except Exception as raised:  # noqa: BLE001 - the test looks at what was raised
            return raised
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def signer(note: Note, actor: Any) -> Callable[[], Any]:
    def sign() -> Signature:
        return note_sign(
            note=Note.objects.get(pk=note.pk),
            actor=actor,
            version=1,
            content_sha256=content_hash(content()),
            attested=True,
            authenticated_at=timezone.now(),
            authenticated_by="totp",
        )

    return sign


def saver(note: Note, actor: Any, plan: str) -> Callable[[], Any]:
    return lambda: draft_save(note=note, actor=actor, base_version=1, content=content(plan=plan))


def test_eight_clicks_make_one_signature(new_note: Any, clinician: Any, colleague: Any) -> None:
    note = new_note()
    answers = at_once(*[signer(note, who) for who in (clinician, colleague) * 4])
    assert sum(isinstance(answer, Signature) for answer in answers) == 1
    assert all(isinstance(answer, Signature | StaleState) for answer in answers), answers
    note.refresh_from_db()
    assert (note.signatures.count(), verify_note(note)) == (1, [])


def test_control_signing_without_the_guard_makes_two(new_note: Any, clinician: Any, colleague: Any) -> None:
    """Looking first and writing then, as a plain service would, lets both through."""
    note, looked = new_note(), Barrier(2)

    def naive() -> bool:
        free = Note.objects.get(pk=note.pk).state == NoteState.IN_REVIEW
        looked.wait(timeout=30)
        return free

    assert at_once(naive, naive) == [True, True]


def test_saving_while_somebody_signs_changes_nothing_that_was_signed(
    new_note: Any, clinician: Any, colleague: Any
) -> None:
    for _ in range(ROUNDS):
        note = new_note()
        signed, saved = at_once(signer(note, clinician), saver(note, colleague, "Changed."))
        note.refresh_from_db()
        if isinstance(signed, Signature):
            assert isinstance(saved, NoteFrozen), saved
            assert note.working == note.current_revision.content == content()
            assert verify_note(note) == []
        else:
            assert isinstance(signed, SigningRefused), signed
            assert isinstance(saved, Saved), saved
            assert note.state == NoteState.IN_REVIEW


def test_of_two_saves_at_once_one_is_told(new_note: Any, clinician: Any, colleague: Any) -> None:
    for _ in range(ROUNDS):
        note = new_note()
        answers = at_once(saver(note, clinician, "Mine."), saver(note, colleague, "Theirs."))
        assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Saved"], answers
        note.refresh_from_db()
        told = next(answer for answer in answers if isinstance(answer, Conflict))
        assert (told.content, told.version) == (note.working, 2)


def test_of_two_who_take_over_at_once_one_is_told_and_the_replaced_text_is_kept_once(
    new_note: Any, clinician: Any, colleague: Any, assistant: Any
) -> None:
    for _ in range(ROUNDS):
        note = new_note()
        assert isinstance(saver(note, assistant, "First.")(), Saved)
        answers = at_once(
            *[
                lambda who=who, note=note: draft_save(
                    note=note, actor=who, base_version=2, content=content(plan=f"By {who.pk}.")
                )
                for who in (clinician, colleague)
            ]
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Saved"], answers
        assert [revision.kind for revision in note.revisions.all()].count("saved") == 1


def test_control_saving_without_the_version_loses_a_text(new_note: Any) -> None:
    note, read = new_note(), Barrier(2)

    def naive(plan: str) -> Callable[[], str]:
        def save() -> str:
            mine = Note.objects.get(pk=note.pk)
            read.wait(timeout=30)
            mine.working = content(plan=plan)
            mine.save(update_fields=["working"])
            return plan

        return save

    believed = at_once(naive("Mine."), naive("Theirs."))
    note.refresh_from_db()
    assert believed == ["Mine.", "Theirs."]
    assert note.working["sections"]["plan"] in believed


def test_taking_back_and_filing_at_the_same_moment_has_one_winner(new_note: Any, clinician: Any) -> None:
    for _ in range(ROUNDS):
        note = new_note(signed=True)
        back, filed = at_once(
            lambda note=note: note_unsign(note=Note.objects.get(pk=note.pk), actor=clinician),
            lambda note=note: note_file(note=Note.objects.get(pk=note.pk), actor=clinician),
        )
        note.refresh_from_db()
        if isinstance(back, Note):
            assert isinstance(filed, StaleState | PermissionError), filed
            assert (note.state, note.documents.count()) == (NoteState.IN_REVIEW, 0)
        else:
            assert isinstance(back, SigningRefused), back
            assert (note.state, note.documents.count()) == (NoteState.FILED, 1)


def test_a_signature_taken_back_as_the_hold_ends_is_back_or_stands(new_note: Any, clinician: Any) -> None:
    for milliseconds in range(0, 50, 5):
        note = new_note(signed=True)
        end = timezone.now() + dt.timedelta(milliseconds=milliseconds)
        Note.objects.filter(pk=note.pk).update(hold_until=end)
        (back,) = at_once(lambda note=note: note_unsign(note=Note.objects.get(pk=note.pk), actor=clinician))
        note.refresh_from_db()
        assert note.state == (NoteState.IN_REVIEW if isinstance(back, Note) else NoteState.SIGNED)
        assert verify_note(note) == []
