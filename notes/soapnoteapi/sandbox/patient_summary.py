"""The plan in plain words, for the patient: what was said about it, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from notes.soapnoteapi.sandbox.plain_words import in_plain_words
from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER, Sentence
from notes.soapnoteapi.sandbox.writing.placed import Line
from notes.soapnoteapi.sandbox.writing.roles import by_label
from notes.soapnoteapi.sandbox.writing.spoken import cleaned

TO_SAY_LITTLE = re.compile(
    r"(?:okay|ok|alright|all right|sounds? good|good|great|perfect|sure|yes|yeah|yep|no|right|i understand"
    r"|thank(?:s| you)(?: so much)?|you['’]re welcome|bye|goodbye|take care|see you"
    r"|that['’]s (?:all|it|good|great|fine)|any questions|hey,? dragon\b.*)[ ,.!]*",
    re.IGNORECASE,
)
ENDS = (".", "!", "…", ":")
# "I'll order an MRI, okay?" states; other questions ask.
TAG = re.compile(r"[ ,]+(?:okay|ok|alright|all right)\s*\?$", re.IGNORECASE)


def patient_summary(lines: Iterable[Line]) -> str:
    """What the clinician said about the plan, questions left out; empty where nothing was said."""
    said = (_told(line.sentence) for line in lines if line.section == "plan")
    return " ".join(dict.fromkeys(filter(None, said)))


def _told(sentence: Sentence) -> str:
    """One sentence as the patient reads it; "" for questions, courtesies and what the patient said."""
    text = TAG.sub("", cleaned(sentence.text)).rstrip("- ")
    role = by_label([sentence])[0].role
    if role == PATIENT or text.endswith("?") or TO_SAY_LITTLE.fullmatch(text) or not text:
        return ""
    plain = in_plain_words(text, by_clinician=role == PROVIDER)
    whole = plain if plain.endswith(ENDS) else f"{plain}."
    return whole[0].upper() + whole[1:]
