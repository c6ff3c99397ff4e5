"""Any order of saving, signing, taking back and late drafts: no words lost, and signed is what was on screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.transitions import StaleState
from notes.content import Content, content_hash
from notes.models import Note, Revision
from notes.selectors.verification import verify_note
from notes.services.drafts import Conflict, NoteFrozen, draft_keep, draft_save
from notes.services.revisions import revision_make
from notes.services.signing import SigningRefused, note_sign, note_unsign
from notes.states import NoteState
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import NoteFactory, content

pytestmark = pytest.mark.django_db
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["type", "write", "open and write", "open and sign", "sign", "unsign", "late draft"]),
        st.sampled_from([0, 1]),
    ),
    min_size=4,
    max_size=16,
)


@dataclass
class Screen:
    """What one person has in front of them, and the last text they sent."""

    user: Any
    version: int
    text: Content
    sent: list[Content] = field(default_factory=list)


class Desk:
    """One note and two people at it."""

    def __init__(self, practice: Any, people: list[Any]) -> None:
        encounter = EncounterFactory(practice=practice, provider=people[0])
        self.note = NoteFactory(encounter=encounter)
        self.screens = [Screen(person, 1, content()) for person in people]
        self.words = 0

    def do(self, step: str, screen: Screen) -> None:
        self.note.refresh_from_db()
        getattr(self, step.replace(" ", "_"))(screen)
        self.note.refresh_from_db()

    def open(self, screen: Screen) -> None:
        screen.version, screen.text = self.note.version, self.note.working

    def type(self, screen: Screen) -> None:
        self.words += 1
        sections = {**screen.text["sections"], "plan": f"{screen.text['sections']['plan']} w{self.words}"}
        screen.text = {**screen.text, "sections": sections}

    def write(self, screen: Screen) -> None:
        self.type(screen)
        self.save(screen)

    def open_and_write(self, screen: Screen) -> None:
        self.open(screen)
        self.write(screen)

    def open_and_sign(self, screen: Screen) -> None:
        self.open(screen)
        self.sign(screen)

    def save(self, screen: Screen) -> None:
        screen.sent.append(screen.text)
        given = {"note": self.note, "actor": screen.user, "content": screen.text}
        try:
            outcome = draft_save(base_version=screen.version, **given)
        except NoteFrozen:
            draft_keep(**given)
            return
        if isinstance(outcome, Conflict):
            draft_keep(**given)
            screen.version, screen.text = outcome.version, outcome.content
        else:
            screen.version = outcome.version

    def sign(self, screen: Screen) -> None:
        seen = content_hash(screen.text)
        try:
            note_sign(
                note=self.note,
                actor=screen.user,
                version=screen.version,
                content_sha256=seen,
                attested=True,
                authenticated_at=timezone.now(),
                authenticated_by="totp",
            )
        except (SigningRefused, StaleState):
            return
        assert self.note.current_revision.content == screen.text

    def unsign(self, screen: Screen) -> None:
        try:
            note_unsign(note=self.note, actor=screen.user)
        except SigningRefused:
            return

    def late_draft(self, _: Screen) -> None:
        late = content(plan=f"Late draft {self.note.revisions.count()}.")
        revision_make(note=self.note, kind=Revision.Kind.SUPERSEDED, content=late, author=None)

    def check(self) -> None:
        note = Note.objects.get(pk=self.note.pk)
        readable = [note.working, *(one.content for one in note.revisions.all())]
        for screen in self.screens:
            assert not screen.sent or screen.sent[-1] in readable, "the last text somebody sent is gone"
        assert note.revisions.get(number=1).content == content()
        assert verify_note(note) == []
        if note.state == NoteState.SIGNED:
            assert note.current_revision.content == note.working


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_no_words_are_lost(
    practice: Any, clinician: Any, colleague: Any, steps: Any
) -> None:
    with transaction.atomic():
        desk = Desk(practice, [clinician, colleague])
        for step, who in steps:
            desk.do(step, desk.screens[who])
            desk.check()
        transaction.set_rollback(True)
