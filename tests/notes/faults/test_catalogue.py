"""The whole catalogue of faults against the product: the right end, words to act on, and books that agree."""

from __future__ import annotations

import pytest

from config.http import Limits
from encounters.services.recordings import open_recording
from encounters.states import NextStep
from notes.models import Note
from notes.soapnoteapi.sandbox.faults import catalogue
from tests.notes.faults import ledgers
from tests.notes.faults.cases import AUDIO, CASES, STORIES, Case

IMPATIENT = Limits(connect=20, read=0.5, write=20, total=30)


def test_every_fault_of_the_catalogue_has_an_expectation():
    assert {case.fault for case in CASES} | STORIES == set(catalogue.CATALOGUE)


@pytest.mark.parametrize(
    ("fault", "parameter"),
    [
        (fault.name, parameter.name)
        for fault in catalogue.CATALOGUE.values() if fault.name not in STORIES
        for parameter in fault.parameters if parameter.choices
    ],
)  # fmt: skip
def test_every_choice_of_a_fault_has_an_expectation(fault, parameter):
    (known,) = (found for found in catalogue.CATALOGUE[fault].parameters if found.name == parameter)
    told = {case.parameters.get(parameter, known.default) for case in CASES if case.fault == fault}
    assert told == set(known.choices)


def kept(submission):
    """Whether what was recorded or typed is still there to be sent again."""
    if submission.recording is None:
        return bool(submission.text)
    with open_recording(submission.recording) as plain:
        return len(plain.read()) == submission.recording.bytes


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_ends_as_it_should(case: Case, request, stage):
    submission = request.getfixturevalue("audio" if case.kind == AUDIO else "typed")
    visit = submission.encounter
    if case.fault == "time-out":
        stage.limits = IMPATIENT
    if case.muted:
        stage.arm("webhook-lost")
    stage.arm(**case.order)

    stage.send(submission)
    assert (submission.state, submission.last_error_code) == (case.first, submission.last_error_code)
    if case.first in ("queued", "failed"):
        assert case.words in submission.last_error
        assert "is kept" in submission.last_error
        assert kept(submission)
    if case.warned and case.first == "queued":
        visit.refresh_from_db()
        assert visit.next_step == NextStep.ATTENTION

    stage.run()
    submission.refresh_from_db()
    visit.refresh_from_db()
    assert submission.state == case.end, submission.last_error_code
    if case.end == "completed":
        assert stage.drafts(submission) == ["draft"]
        assert (submission.last_error, submission.attention) == ("", False)
        assert visit.next_step == NextStep.REVIEW
    else:
        assert not Note.objects.exists()
        assert case.words in submission.last_error
        assert kept(submission)
        assert visit.next_step == NextStep.ATTENTION

    ledger = stage.ledger()
    assert [strike["fault"] for strike in ledger["faults"]].count(case.fault) == 1
    assert len(ledgers.made(ledger)) == case.charges
    assert len(ledgers.unclaimed(ledger)) == case.unclaimed
    if case.kind == AUDIO:
        ledgers.check_bytes(ledger, submission)
