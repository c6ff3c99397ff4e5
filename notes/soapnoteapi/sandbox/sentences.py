"""From segments or typed text to sentences, word for word: nothing is dropped, nothing is reworded."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import unescape
from itertools import accumulate, groupby

from notes.soapnoteapi.sandbox.transcript import Segment, Sentence, Word
from notes.soapnoteapi.sandbox.writing.boundaries import cuts, is_unpunctuated

MAX_WORDS = 60
LONGEST_ABBREVIATION = 16
ENDS = re.compile(r"[.!?…]+[\"”')\]]*(?=\s|$)")
ABBREVIATION = re.compile(r"(?:^|[\s(])(?:dr|mr|mrs|ms|prof|st|vs|approx|e\.g|i\.e|[A-Z])\.$", re.IGNORECASE)
DOTTED = re.compile(r"(?:\w\.){2,}$")
LABEL = re.compile(
    r"\s*(?:\[(?P<bracketed>[A-Za-z][\w .'-]{0,30})\]\s*:?"
    r"|(?P<plain>[A-Z][\w.'/&-]*(?: [A-Z0-9][\w.'/&-]*){0,3}(?:, ?[A-Z][A-Za-z-]*[A-Z]\b){0,3}(?: \([\w ]{2,20}\))?"
    r"|doctor|patient|provider|nurse|a/p)\s*:)"
    r"(?=\s|$)\s*"
)
CLOCK = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
# What tools print beside the words: a caption's number and times, "[00:12] Dr. Lee: …", "Dr. Lee (00:12): …".
CAPTION = re.compile(rf"^(?:WEBVTT.*|(?:\d+[ \t]*\r?\n)?[ \t]*{CLOCK}[ \t]*-->.*)$", re.MULTILINE)
STAMP = re.compile(rf"^[ \t]*(?:\[{CLOCK}\]|\({CLOCK}\))[ \t]*(?:[-–][ \t]+)?", re.MULTILINE)
LABEL_STAMP = re.compile(
    rf"^([A-Z][^:\n]{{0,40}}?)[ \t]*(?:\[{CLOCK}\]|\({CLOCK}\))[ \t]*(?::|$)", re.MULTILINE
)
ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp);", re.IGNORECASE)
SECTION_WORDS = {
    "subjective": r"s|subj|subjective|cc|chief complaint|hpi|history|ros|pmh|psh|meds|medications|allergies",
    "objective": r"o|obj|objective|exam|physical exam|pe|vitals|vs|labs|results|imaging",
    "assessment": r"a|assessment|impression|dx|diagnosis|diagnoses",
    "plan": r"p|plan|a/p|a&p|assessment and plan|rx|follow-up|f/u",
}
SECTION_OF = {word: section for section, words in SECTION_WORDS.items() for word in words.split("|")}
BARE = {"s", "o", "a", "p", *SECTION_WORDS}
INLINE = re.compile(
    r"(?<=[.;!?])\s+(?=(?:S|O|A|P|A/P|[Ss]ubjective|[Oo]bjective|[Aa]ssessment|[Pp]lan)\s*:\s)"
)

# A dialogue pasted as one paragraph: "… today? Patient: My back hurts. Doctor: Since when?"
TURN = re.compile(
    r"(?<=[.;!?…\"”])\s+(?=(?:Doctor|Dr\.?(?: [A-Z]\w+)?|Provider|Physician|Clinician|Therapist|Nurse|Patient|Pt|Client"
    r"|Mother|Father|Mom|Dad|Parent|Guardian|Caregiver|Daughter|Son|Wife|Husband|Interpreter|Speaker \w{1,2})\s*:\s)",
    re.IGNORECASE,
)


def from_text(text: str) -> list[Sentence]:
    """Sentences of a typed transcript or shorthand, with the speaker labels and section headings it carries.

    Headings count only where at least two different sections are named: a lone "A:" may be a speaker.
    """
    lines = [*_lines(text)]
    labels = {label.lower() for label, _ in lines if label}
    use_headings = len({SECTION_OF[label] for label in labels if label in SECTION_OF}) >= 2
    found: list[Sentence] = []
    heading = pending = ""
    for label, content in lines:
        section = SECTION_OF.get(label.lower()) if use_headings else None
        heading = section or heading
        speaker = "" if section and label.lower() in BARE else label or pending
        pending = speaker if not content else ""
        found += [Sentence(part, speaker, heading=heading) for part in split(content)]
    if pending:
        found.append(Sentence(f"{pending}:", heading=heading))
    return found


def from_segments(segments: Iterable[Segment]) -> list[Sentence]:
    """Sentences of a recording. Segments of one speaker are joined first: the recogniser cuts inside sentences."""
    kept = [replace(segment, text=text) for segment in segments if (text := " ".join(segment.text.split()))]
    return [
        sentence
        for speaker, turn in groupby(kept, key=lambda segment: segment.speaker)
        for sentence in _of_one_speaker(list(turn), speaker)
    ]


def _of_one_speaker(segments: list[Segment], speaker: str) -> Iterator[Sentence]:
    words = [word for segment in segments for word in _words(segment)]
    ends = [*accumulate(len(word.text) + 1 for word in words)]
    joined, at = " ".join(word.text for word in words), 0
    for part in split(joined):
        at = joined.index(part, at)
        inside = words[bisect_right(ends, at) : bisect_right(ends, at + len(part) - 1) + 1]
        heard = tuple(inside) if all(segment.words for segment in segments) else ()
        yield Sentence(part, speaker, start=inside[0].start, end=inside[-1].end, words=heard)
        at += len(part)


def split(text: str) -> list[str]:
    """Sentences in order; joined by spaces they are the text again, white space apart."""
    found: list[str] = []
    start = 0
    for match in ENDS.finditer(text):
        before = text[max(start, match.end() - LONGEST_ABBREVIATION) : match.end()]
        after = text[match.end() : match.end() + 2].lstrip()
        if ABBREVIATION.search(before) or (DOTTED.search(before) and after[:1].islower()):
            continue
        found.append(text[start : match.end()])
        start = match.end()
    found.append(text[start:])
    return [piece for part in found if part.strip() for piece in _readable(" ".join(part.split()))]


def _readable(sentence: str) -> Iterator[str]:
    """Speech that came without punctuation in readable pieces."""
    if is_unpunctuated(sentence):
        yield from cuts(sentence)
    else:
        yield from _shorten(sentence)


def _shorten(sentence: str) -> Iterator[str]:
    """Cut speech that came without punctuation into readable pieces, at a comma where there is one."""
    words = sentence.split(" ")
    start = 0
    while len(words) - start > MAX_WORDS:
        window = words[start : start + MAX_WORDS]
        commas = [i for i in range(MAX_WORDS // 2, MAX_WORDS) if window[i].endswith((",", ";"))]
        cut = commas[-1] + 1 if commas else MAX_WORDS
        yield " ".join(window[:cut])
        start += cut
    yield " ".join(words[start:])


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Lines as (label, content), with lines that were only wrapped joined again."""
    label = ""
    held: list[str] = []
    for raw in TURN.sub("\n", INLINE.sub("\n", _spoken(text))).splitlines():
        match, line = LABEL.match(raw), raw.strip()
        if not match and held and line[:1].islower() and not held[-1].endswith((".", "!", "?", ":")):
            held.append(line)
            continue
        if label or held:
            yield label, " ".join(held)
        label = (match["bracketed"] or match["plain"]).strip() if match else ""
        content = raw[match.end() :].strip() if match else line
        held = [content] if content else []
    if label or held:
        yield label, " ".join(held)


def _spoken(text: str) -> str:
    """The text without what a captioning tool or a web page added to it: clock times and character codes."""
    untimed = LABEL_STAMP.sub(r"\1:", STAMP.sub("", CAPTION.sub("", text)))
    return ENTITY.sub(lambda found: unescape(found[0]), untimed)


def _words(segment: Segment) -> Sequence[Word]:
    """The words of a segment; where their times are not known, speech is taken as even within it."""
    if segment.words:
        return segment.words
    pieces = segment.text.split(" ")
    ends = [*accumulate(len(piece) + 1 for piece in pieces)]
    pace = (segment.end - segment.start) / ends[-1]
    return [
        Word(
            round(segment.start + (end - len(piece) - 1) * pace, 2),
            round(segment.start + end * pace, 2),
            piece,
            1.0,
        )
        for piece, end in zip(pieces, ends, strict=True)
    ]
