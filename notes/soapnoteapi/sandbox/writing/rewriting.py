"""A spoken sentence in the style of a note, by rules that change nobody and nothing; else word for word."""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER
from notes.soapnoteapi.sandbox.writing.contractions import written_out
from notes.soapnoteapi.sandbox.writing.guard import preserves
from notes.soapnoteapi.sandbox.writing.patients import Patient
from notes.soapnoteapi.sandbox.writing.persons import Unsure, about_patient
from notes.soapnoteapi.sandbox.writing.phrases import alternatives, any_of
from notes.soapnoteapi.sandbox.writing.spoken import cleaned, joined
from notes.soapnoteapi.sandbox.writing.subjects import is_guarded

LONGEST = 1000  # characters; more is no sentence
SAID_BY = {PATIENT: "Patient", PROVIDER: "Provider"}
ASKS = re.compile(
    r"\?|\b(?:what|how) about\b|\bdoes (?:that|it)\b|\bis that (?:okay|alright|painful|right|correct)\b|\bsound good\b"
    r"|\bhow (?:severe|bad|long|often|much|many) (?:is|are|do|does|did|have|has|was)\b"
    r"|^(?:(?:and|so|okay|but|now|um|uh|well|then|sure|alright|all right|great|perfect|yeah),? )*"
    r"(?:do|does|did|are|is|was|were|have|has|had|can|could|would|should|will|what|what's|how|how's|where|when did"
    r"|when was|who|why|which|any|am|may)\b(?!-)(?! i think\b)",
    re.IGNORECASE,
)
SAYS = alternatives("says?|said|goes|asked|told \\w+|was like|is like|were like|i'm like")
# Somebody's words are quoted, or people act together: whose "I" or "we" it is, a rule can't know.
QUOTED = re.compile(
    rf"[\"“”]|\b{SAYS}[,:]? (?:\w+[,:]? )?"
    r"(?:i|i'm|i've|i'll|i'd|you|you're|oh|well|hey|no|yes|yeah|okay|why|what|do|don't|are|is|can|let's|we)\b",
    re.IGNORECASE,
)
TOGETHER = any_of(
    r"""
    me and|and me|and i (?:both|are|were|have both)
    (?:wife|husband|mother|father|mom|dad|brother|sister|son|daughter|friend|partner|girlfriend|boyfriend) and (?:i|you)
    """
)
INVERTED = any_of(
    r"""
    (?:do|did|does|am|was|(?<!going to )(?<!gonna )(?<!will )(?<!'ll )have|had|can|could|should|would|will|may|might|are
    were|nor|neither) (?:i|you)
    """
)
COURTESY = any_of(
    r"""
    please
    thank(?:s| you)|see you(?! (?:back|again|in)\b)|you(?:'re| are) welcome|you (?:guys|all|two|both|folks)|let me
    lemme|i bet|ain't
    (?:what|which|how|where|why|who|if|when|because|that) (?:i|we)(?: would|'d) like
    """
)
ALONE = re.compile(r"(?<![\w'-])i(?![\w'-])")
NO_AND_PERSON = re.compile(r"^(no|nope)(?= (?:he|she|it|they|there|the patient|that)\b)", re.IGNORECASE)
CUT_SHORT = re.compile(r"\s*-+$")
STARTS_SENTENCE = re.compile(r"(?:^|(?<=\w\w[.!] ))[a-z]")  # not behind an initial: "H. pylori"


def in_note_style(text: str, *, speaker: str, patient: Patient) -> str:
    """The sentence as a line of the note.

    `speaker` is "patient", "provider" or "" where neither is certain. Where a rule could change who does what,
    or anything that was said, and for allergies and medicines, the words come back as they were: `Patient: "…"`.
    """
    return _restyled(text, speaker, patient) or verbatim(text, speaker=speaker, patient=patient)


def verbatim(text: str, *, speaker: str, patient: Patient) -> str:
    """Word for word and between quotation marks, with who said it as far as that is known."""
    name = SAID_BY.get(speaker, "")
    if speaker == PATIENT and not patient.speaks:
        name = "Informant"
    return quoted(text, by=name)


def quoted(text: str, *, by: str) -> str:
    """The words between quotation marks, with the name of who said them."""
    words = '"' + joined(text).replace('"', "'") + '"'
    return f"{by}: {words}" if by else words


def _restyled(text: str, speaker: str, patient: Patient) -> str:
    """The line; "" where the sentence has to stand as it was said."""
    if len(text) > LONGEST:
        return ""
    said = joined(text)
    kept = cleaned(text)
    if is_guarded(said) or ASKS.search(said) or _is_unsure(kept) or not any(c.isalnum() for c in kept):
        return ""
    try:
        line = _sentence(about_patient(written_out(kept), speaker=speaker, patient=patient))
    except Unsure:
        return ""
    return line if preserves(text, line, speaker=speaker) else ""


def _is_unsure(text: str) -> bool:
    return any(pattern.search(text) for pattern in (QUOTED, TOGETHER, INVERTED, COURTESY))


def _sentence(text: str) -> str:
    text = CUT_SHORT.sub(" …", text.strip(" ,;"))
    text = ALONE.sub("I", NO_AND_PERSON.sub(r"\1,", text))
    text = STARTS_SENTENCE.sub(lambda found: found[0].upper(), text)
    return text if text.endswith((".", "!", "…")) else f"{text}."
