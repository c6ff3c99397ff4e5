"""How well and how fast the sandbox hears: word errors, sections, speakers, seconds a minute of audio, peak memory.

Hears the recordings beside the repository (`../shared/audio`) in this process and prints, for each, the word error
rate against its text (small letters, no punctuation, numbers as digits), what it cost and what was warned about; for
the consultation also how much of the visit stands in the right section of the note, and who was taken for whom.

What the figures can't tell: the consultation is one synthetic voice without echo, noise or interruptions, and reads
clean sentences. Real visits are clearly worse (the literature has 13 to 25 % for models of this size and larger).
The real speech is read aloud from books, twenty seconds of it. Neither says anything about accents.

    python -m tests.bench.sandbox_hearing [--model-cache FOLDER]
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from notes.soapnoteapi.sandbox.hearing.ears import WhisperEars
from notes.soapnoteapi.sandbox.note import from_recording
from notes.soapnoteapi.sandbox.options import NoteOptions
from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER, Transcript

AUDIO = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "audio"
VISIT = AUDIO / "consultation"
RECORDINGS = (
    "demo_consultation_stereo_live.webm",
    "demo_consultation_mono_live.webm",
    "mediarecorder_chrome147_timeslice_20s.webm",
)
SPEAKERS = {"D": PROVIDER, "P": PATIENT}
# What a reader looks for in each section of the note of the consultation.
FACTS = {
    "subjective": "cough; sore throat; five days; at night; mucus; fever of 100.8; since wednesday; chest pain; "
    "ibuprofen for the throat; allergic to penicillin; rash; quit; six years",
    "objective": "throat is a little red; white patches; breathing comfortably; full sentences; 132 over 84; "
    "clinic yesterday was negative; covid test was negative",
    "assessment": "viral upper respiratory infection; acute bronchitis",
    "plan": "drink plenty of fluids; honey and warm tea; 100 milligrams three times a day; stop the ibuprofen; "
    "instead; 10 milligrams a day; urgent care; follow up in two weeks",
}
UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {word: value for value, word in enumerate(UNITS.split())} | {
    word: 10 * value for value, word in enumerate(TENS.split(), 2)
}


@dataclass(frozen=True)
class Heard:
    transcript: Transcript
    wall: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache = Path(tempfile.gettempdir()) / "countersign-speech-model"
    parser.add_argument("--model-cache", type=Path, default=cache)
    given = parser.parse_args()
    if not AUDIO.is_dir():
        print("Left out: the folder of recordings (shared/audio) is not on this machine.")
        return
    ears = WhisperEars(None, given.model_cache)
    ears.prepare()
    print(f"{'recording':44} {'WER %':>6} {'words':>6} {'s/min':>6} {'CPU s/min':>9}  warnings")
    said = (VISIT / "demo_consultation.txt").read_text()
    for name in RECORDINGS:
        heard = hear(ears, VISIT / name)
        report(name, said, heard, whole="20s" not in name)
        if "20s" not in name:
            report_note(heard.transcript)
    for path in sorted((AUDIO / "speech").glob("sense*.txt")):  # the others have no text of what is said
        recording = next(found for found in path.parent.glob(f"{path.stem}*") if found.suffix != ".txt")
        if (heard_clip := hear_if_long_enough(ears, recording)) is not None:
            report(recording.name, path.read_text(), heard_clip)
    print(f"peak memory of the whole process: {peak_megabytes():.0f} MB")
    print(__doc__.split("\n\n")[2])


def hear(ears: WhisperEars, path: Path) -> Heard:
    wall, cpu = time.monotonic(), time.process_time()
    transcript = ears.hear(path)
    return Heard(transcript, time.monotonic() - wall, time.process_time() - cpu)


def hear_if_long_enough(ears: WhisperEars, path: Path) -> Heard | None:
    try:
        return hear(ears, path)
    except Exception as error:  # noqa: BLE001 - a clip under five seconds is refused, and that is told
        print(f"{path.name:44} not heard: {getattr(error, 'message', type(error).__name__)}")
        return None


def report(name: str, said: str, heard: Heard, *, whole: bool = True) -> None:
    reference, words = normalised(said), normalised(heard.transcript.text)
    if not whole:  # the recording ends somewhere in the text
        reference = min(
            (reference[:n] for n in range(1, len(reference))), key=lambda part: errors(part, words)
        )
    minutes = heard.transcript.seconds / 60
    print(
        f"{name[:44]:44} {100 * errors(reference, words) / len(reference):6.1f} {len(reference):6}"
        f" {heard.wall / minutes:6.2f} {heard.cpu / minutes:9.2f}  {len(heard.transcript.warnings)}"
    )


def report_note(transcript: Transcript) -> None:
    """Facts in their section, in another one, or nowhere; and the share of words with the right speaker."""
    note = from_recording(transcript, NoteOptions("physician"))
    texts = {section: " ".join(normalised(str(note[section]))) for section in FACTS}
    placed: dict[str, list[str]] = {"right section": [], "another": [], "nowhere": []}
    for section, facts in FACTS.items():
        for fact in facts.split("; "):
            plain = " ".join(normalised(fact))
            anywhere = any(plain in text for text in texts.values())
            placed[
                "right section" if plain in texts[section] else "another" if anywhere else "nowhere"
            ].append(fact)
    total = sum(map(len, placed.values()))
    print(f"    facts in the right section: {len(placed['right section'])} of {total}")
    for place in ("another", "nowhere"):
        print(f"    {place}: {'; '.join(placed[place]) or 'none'}")
    if any(segment.speaker for segment in transcript.segments):
        print(f"    words with the right speaker: {100 * right_speaker(transcript):.0f} %")


def right_speaker(transcript: Transcript) -> float:
    turns = json.loads((VISIT / "demo_consultation.json").read_text())
    spoken = {
        who: normalised(" ".join(text for letter, text in turns if SPEAKERS[letter] == who))
        for who in SPEAKERS.values()
    }
    heard = {
        who: normalised(" ".join(part.text for part in transcript.segments if part.speaker == who))
        for who in SPEAKERS.values()
    }
    kept = sum(len(spoken[who]) - min(len(spoken[who]), errors(spoken[who], heard[who])) for who in spoken)
    return kept / sum(map(len, spoken.values()))


def normalised(text: str) -> list[str]:
    """Words in small letters without punctuation, and numbers as digits: "one hundred point eight" is 100.8."""
    found: list[str] = []
    number: int | None = None
    for word in re.findall(r"[a-z']+|\d+(?:\.\d+)?", text.lower()):
        if word in NUMBERS:
            number = (number or 0) + NUMBERS[word]
            continue
        if word == "hundred" and number is not None:
            number *= 100
            continue
        if number is not None:
            found.append(str(number))
            number = None
        found.append({"ok": "okay", "mucous": "mucus"}.get(word, word))
    if number is not None:
        found.append(str(number))
    return re.sub(r"\b(\d+) point (\d+)\b", r"\1.\2", " ".join(found)).split()


def errors(reference: list[str], heard: list[str]) -> int:
    """Words substituted, left out or added (Levenshtein)."""
    before = list(range(len(heard) + 1))
    for row, word in enumerate(reference, 1):
        current = [row]
        for column, other in enumerate(heard, 1):
            current.append(min(before[column] + 1, current[-1] + 1, before[column - 1] + (word != other)))
        before = current
    return before[-1]


def peak_megabytes() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
