"""Whatever the order in which poll, webhook, a lost answer, a dead worker and a late failure come: one end."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notes.models import EngineEvent, Note, Revision, Submission
from notes.services import attempts, settling
from notes.services.submissions import submission_create_for_recording
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import EngineAccountFactory
from tests.notes.pipeline.conftest import Hands
from tests.notes.pipeline.upstream import SECTIONS, Answer

STEPS = st.lists(
    st.sampled_from(
        [
            "send",
            "poll",
            "announce",
            "announce failed",
            "inbox",
            "finish",
            "engine down",
            "answer lost",
            "worker dies",
        ]
    ),
    max_size=12,
)
GENTLE = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=False,
)


@pytest.fixture
def stage(db, upstream, stored_recording):
    """A fresh submission for each example."""

    def make():
        visit = EncounterFactory(consented=True, agreement=True)
        account = EngineAccountFactory(
            practice=visit.practice,
            base_url=upstream.url,
            api_key="snapi_sk_live_of_a_test",
            signature_profile="t-v1",
        )
        upstream.scripts.clear()
        upstream.usual.clear()
        made = submission_create_for_recording(recording_id=stored_recording(visit).pk)
        return visit, made, Hands(account)

    return make


def known_ids(submission):
    submission.refresh_from_db()
    return submission.upstream_note_id


def play(step, submission, hands, upstream):
    note_id = known_ids(submission)
    if step == "send":
        hands.send(submission)
    elif step == "poll":
        hands.poll(submission)
    elif step == "inbox":
        hands.read_inbox()
    elif step == "engine down":
        upstream.script("upload", Answer(500, {}))
        upstream.script("status", Answer(500, {}))
    elif step == "answer lost":
        upstream.script("upload", Answer(drop=True))
    elif step == "worker dies" and submission.state == "queued":
        attempts.claim(Submission.objects.select_related("account", "encounter").get(pk=submission.pk))
        hands.worker_dies(submission)
        settling.recover(Submission.objects.get(pk=submission.pk))
    elif note_id:
        tell(step, note_id, hands, upstream)


def tell(step, note_id, hands, upstream):
    if step == "finish":
        upstream.finish(note_id)
    elif step.startswith("announce"):
        event = "note.failed" if step.endswith("failed") else "note.generated"
        if not EngineEvent.objects.filter(note_id=note_id, event=event).exists():
            hands.announce(note_id, event=event)


def play_out(submission, hands, upstream):
    """Everything works again: what a worker does until there is nothing left to do."""
    upstream.scripts.clear()
    for _ in range(12):
        submission.refresh_from_db()
        if submission.state == "failed":
            settling.advance(submission, "queued", actor=settling.SYSTEM, attempts=0, upstream_note_id="")
        if submission.state == "queued":
            hands.send(submission)
        if submission.state == "processing":
            upstream.finish(submission.upstream_note_id)
            hands.poll(submission)
        hands.read_inbox()


@GENTLE
@given(steps=STEPS)
def test_any_order_ends_with_one_note_and_one_draft(stage, upstream, steps):
    visit, submission, hands = stage()
    for step in steps:
        play(step, submission, hands, upstream)
    play_out(submission, hands, upstream)
    submission.refresh_from_db()
    assert submission.state == "completed"
    note = Note.objects.get(encounter=visit)
    assert note.working["sections"] == SECTIONS
    assert note.revisions.filter(kind=Revision.Kind.DRAFT).count() == 1


@GENTLE
@given(first=st.permutations(["finish", "announce", "inbox", "poll", "poll", "inbox", "announce failed"]))
def test_two_orders_of_the_same_events_end_alike(stage, upstream, first):
    ends = []
    for order in (first, list(reversed(first))):
        visit, submission, hands = stage()
        hands.send(submission)
        for step in order:
            play(step, submission, hands, upstream)
        play_out(submission, hands, upstream)
        submission.refresh_from_db()
        note = Note.objects.get(encounter=visit)
        kinds = [revision.kind for revision in note.revisions.all()]
        ends.append((submission.state, note.state, note.working, kinds))
    assert ends[0] == ends[1]
    assert ends[0][3] == ["draft"]
