from __future__ import annotations

from notes.soapnoteapi.sandbox import sentences


def test_a_dialogue_in_one_paragraph_is_told_apart_by_its_labels() -> None:
    text = "Doctor: What brings you in? Patient: My head hurts. Since Monday. doctor: Any fever? Patient: No."
    assert [(s.speaker, s.text) for s in sentences.from_text(text)] == [
        ("Doctor", "What brings you in?"),
        ("Patient", "My head hurts."),
        ("Patient", "Since Monday."),
        ("doctor", "Any fever?"),
        ("Patient", "No."),
    ]
