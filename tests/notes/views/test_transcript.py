"""Typing what was said, for a visit that is not recorded."""

from __future__ import annotations

from typing import Any

import pytest

from notes.models import Submission
from notes.views.transcript import MAXIMUM, MINIMUM
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import EngineAccountFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(practice: Any, clinician: Any) -> Any:
    EngineAccountFactory(practice=practice)
    return EncounterFactory(practice=practice, provider=clinician, agreement=True)


@pytest.fixture
def send(visit: Any, clinician: Any, client_of: Any) -> Any:
    client = client_of(clinician)
    return lambda text, kind="shorthand": client.post(
        f"/encounters/{visit.pk}/transcript/", {"kind": kind, "text": text}
    )


@pytest.mark.parametrize("kind", ["text", "shorthand"])
def test_typed_words_are_queued_as_they_were_typed(visit: Any, send: Any, kind: str) -> None:
    words = "Müller, 46 y: knee pain ×2 weeks; “stairs” worse.\r\nPlan: ibuprofen 400 mg, food."
    assert send(words, kind).url == f"/encounters/{visit.pk}/"
    made = Submission.objects.get()
    assert (made.kind, made.state) == (kind, "queued")
    assert made.text is not None
    assert made.text.split() == words.split()


def test_the_engines_least_length_is_enough(send: Any) -> None:
    assert send("x" * MINIMUM).status_code == 302


@pytest.mark.parametrize("text", ["", " " * 80, "x" * (MINIMUM - 1), " " + "x" * (MINIMUM - 1) + " " * 9])
def test_too_little_is_refused_and_kept_in_the_form(send: Any, text: str) -> None:
    answer = send(text)
    assert answer.status_code == 422
    assert text.strip() in answer.content.decode()
    assert not Submission.objects.exists()


def test_forty_nine_characters_are_counted_for_the_clinician(send: Any) -> None:
    assert "this has 49" in send("x" * 49).content.decode()


def test_too_much_is_refused_and_kept_in_the_form(send: Any) -> None:
    assert send("word " * (MAXIMUM // 5)).status_code == 302
    Submission.objects.all().delete()
    text = "word " * (MAXIMUM // 5) + "onemore"
    answer = send(text)
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert not Submission.objects.exists()


def test_what_was_typed_is_shown_as_text(send: Any) -> None:
    answer = send("<script>alert(1)</script>")
    assert answer.status_code == 422
    assert b"<script>alert" not in answer.content


def test_a_second_transcript_while_the_first_is_under_way_is_refused_in_words(send: Any) -> None:
    assert send("Knee pain for two weeks, worse on stairs. Rest and ice.").status_code == 302
    answer = send("Knee pain for three weeks, worse on stairs. Rest and ice.")
    assert answer.status_code in {302, 422}
    if answer.status_code == 422:
        assert "three weeks" in answer.content.decode()
    assert Submission.objects.filter(state__in=["queued", "held"]).count() == 1


def test_a_decline_does_not_stop_typing(visit: Any, send: Any) -> None:
    """Nobody agreed to a recording, and none is made."""
    assert not visit.consents.exists()
    send("Knee pain for two weeks, worse on stairs. Rest and ice.")
    assert Submission.objects.get().state == "queued"
