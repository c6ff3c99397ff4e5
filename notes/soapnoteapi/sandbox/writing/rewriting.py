"""A spoken sentence in the style of a note, by rules that change nobody and nothing; else word for word."""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER
from notes.soapnoteapi.sandbox.writing.contractions import written_out
from notes.soapnoteapi.sandbox.writing.guard import preserves
from notes.soapnoteapi.sandbox.writing.patients import Patient
from notes.soapnoteapi.sandbox.writing.persons import Unsure, about_patient
from notes.soapnoteapi.sandbox.writing.spoken import cleaned, joined
from notes.soapnoteapi.sandbox.writing.subjects import is_guarded

STARTS_SENTENCE = re.compile(r"(?:^|(?<=[.!] ))[a-z]")
ALONE = re.compile(r"(?<![\w'-])i(?![\w'-])")
NO_AND_PERSON = re.compile(r"^(no|nope)(?= (?:he|she|it|they|there|the patient|that)\b)", re.IGNORECASE)
CUT_SHORT = re.compile(r"\s*-+$")
LONGEST = 1000  # characters; more is no sentence
SAID_BY = {PATIENT: "Patient", PROVIDER: "Provider"}
ASKS = re.compile(
    r"\?|^(?:(?:and|so|okay|but|now|um|uh|well|then),? )*(?:do|does|did|are|is|was|were|have|has|had|can|could|would|should"
    r"|will|what|what's|how|how's|where|when did|when was|who|why|which|any|am|may)\b(?!-)(?! i think\b)",
    re.IGNORECASE,
)
# Somebody's words are quoted, or people act together: whose "I" or "we" it is, a rule can't know.
UNSURE = re.compile(
    r"[\"“”]|\b(?:says?|said|goes|asked|told \w+|was like|is like|were like|i'm like)[,:]? (?:\w+[,:]? )?(?:i|i'm|i've|i'll|i'd|you|you're"
    r"|oh|well|hey|no|yes|yeah|okay|why|what|do|don't|are|is|can|let's|we)\b"
    r"|\b(?:me and|and me|and i (?:both|are|were|have both))\b"
    r"|\b(?:wife|husband|mother|father|mom|dad|brother|sister|son|daughter|friend|partner|girlfriend|boyfriend) and (?:i|myself|you)\b"
    r"|\b(?:do|did|does|am|was|(?<!going to )(?<!gonna )(?<!will )(?<!'ll )have|had|can|could|should|would|will|may|might|are|were|nor|neither) (?:i|you)\b"
    r"|\bthank(?:s| you)\b|\bsee you\b(?! (?:back|again|in))|\byou(?:'re| are) welcome\b|\byou (?:guys|all|two|both|folks)\b"
    r"|\b(?:what|which|how|where|why|who|if|when|because|that) (?:i|we)(?: would|'d) like\b|\bain't\b|\blet me\b|\blemme\b|\bi bet\b",
    re.IGNORECASE,
)


def in_note_style(text: str, *, speaker: str, patient: Patient) -> str:
    """The sentence as a line of the note.

    `speaker` is "patient", "provider" or "" where neither is certain. Where a rule could change who does what,
    or anything that was said, and for allergies and medicines, the words come back as they were: `Patient: "…"`.
    """
    if len(text) > LONGEST or is_guarded(joined(text)) or ASKS.search(joined(text)):
        return verbatim(text, speaker=speaker, patient=patient)
    spoken = written_out(cleaned(text))
    if not any(c.isalnum() for c in spoken) or UNSURE.search(cleaned(text)) or UNSURE.search(spoken):
        return verbatim(text, speaker=speaker, patient=patient)
    try:
        line = _sentence(about_patient(spoken, speaker=speaker, patient=patient))
    except Unsure:
        return verbatim(text, speaker=speaker, patient=patient)
    return (
        line if preserves(text, line, speaker=speaker) else verbatim(text, speaker=speaker, patient=patient)
    )


def verbatim(text: str, *, speaker: str, patient: Patient) -> str:
    """Word for word and between quotation marks, with who said it as far as that is known."""
    name = SAID_BY.get(speaker, "")
    if speaker == PATIENT and not patient.speaks:
        name = "Informant"
    quoted = f'"{joined(text).replace(chr(34), chr(39))}"'
    return f"{name}: {quoted}" if name else quoted


def _sentence(text: str) -> str:
    text = CUT_SHORT.sub(" …", text.strip(" ,;"))
    text = ALONE.sub("I", NO_AND_PERSON.sub(r"\1,", text))
    text = STARTS_SENTENCE.sub(lambda found: found[0].upper(), text)
    return text if text.endswith((".", "!", "…")) else f"{text}."
