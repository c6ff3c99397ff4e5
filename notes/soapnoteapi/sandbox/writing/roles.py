"""Who said it, the provider or the patient: by the label, by the channel, or by the words alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER, Sentence
from notes.soapnoteapi.sandbox.writing import voices
from notes.soapnoteapi.sandbox.writing.language import words
from notes.soapnoteapi.sandbox.writing.model import trained
from notes.soapnoteapi.sandbox.writing.placed import Said

ROLES = (PROVIDER, PATIENT)
PROVIDERS = re.compile(
    r"(?:dr\b|doctor|provider|physician|clinician|therapist|nurse|practitioner|np\b|pa\b|md\b|psychologist|psychiatrist"
    r"|counsell?or|dentist|pharmacist|guest.clinician|physiotherapist|(?:physical|occupational|speech) therapist"
    r"|dieti[ct]ian|nutritionist|social worker|hygienist|midwife|podiatrist|chiropractor)",
    re.IGNORECASE,
)
# Behind or before a name: "Priya Nair, RD", "PT Jordan". "PT" alone is the patient.
CREDENTIALS = re.compile(
    r"\b(?:MD|DO|NP|FNP|APRN|PA|PA-C|RN|RD|RDN|PT|DPT|OT|OTR|SLP|LCSW|LMFT|LPC|PhD|PsyD|PharmD|RPh|DDS|DMD|DPM|DC|DVM"
    r"|CNM)\b"
)
INFORMANTS = re.compile(
    r"(?:(?:the )?(?:patient|pt|client)'s |step|grand|foster |guest.)?(?:mother|father|mom|dad|parent|guardian"
    r"|caregiver|carer|daughter|son|wife|husband|spouse|partner|sister|brother|aunt|uncle|family|interpreter)\b"
    r"|.*\((?:mother|father|mom|dad|parent|guardian|caregiver|daughter|son|wife|husband|interpreter)\)",
    re.IGNORECASE,
)
PATIENTS = re.compile(r"(?:patient|pt\.?$|client)", re.IGNORECASE)
SURE = 2.0  # lead of one role over the other for a single sentence
SURE_OF_SPEAKER = 2.0  # the same for all that one speaker says
MIXED_UP = 0.3  # mean lead by which each side has to sound like the other
MIXED_UP_SENTENCES = 10  # of each side, or nobody can tell
TURNS = 2  # of each side make a dialogue
SMALLER_SIDE = 0.1  # of the words, where roles were told by the words alone


def with_roles(sentences: Sequence[Sentence]) -> list[Said]:
    """Every sentence with its role; where the words alone give no dialogue, nobody's."""
    labelled = by_label(sentences)
    if any(one.role for one in labelled) and all(one.role or not one.sentence.speaker for one in labelled):
        return _as_they_talk(labelled)
    texts = [sentence.text for sentence in sentences]
    if any(sentence.speaker for sentence in sentences):
        return _by_speaker(labelled, _leads(texts))
    said = [Said(s, _role(lead, SURE)) for s, lead in zip(sentences, _leads_in_turn(texts), strict=True)]
    return said if is_dialogue(said) else [Said(sentence) for sentence in sentences]


def by_label(sentences: Iterable[Sentence]) -> list[Said]:
    """Every sentence with the role that its label or its channel tells."""
    return [Said(sentence, _named(sentence.speaker)) for sentence in sentences]


def _as_they_talk(labelled: list[Said]) -> list[Said]:
    """The other way round where the labels are plainly mixed up: each side talks at length like the other."""
    sides = {role: [one for one in labelled if one.role == role] for role in ROLES}
    if min(map(len, sides.values())) < MIXED_UP_SENTENCES:
        return labelled
    leads = _leads([one.text for one in labelled])
    talk = {
        role: [lead for one, lead in zip(labelled, leads, strict=True) if one.role == role] for role in ROLES
    }
    mean = {role: sum(found) / len(found) for role, found in talk.items()}
    if mean[PROVIDER] > -MIXED_UP or mean[PATIENT] < MIXED_UP:
        return labelled
    other = {PROVIDER: PATIENT, PATIENT: PROVIDER, "": ""}
    return [Said(one.sentence, other[one.role]) for one in labelled]


def is_dialogue(said: Sequence[Said]) -> bool:
    """Whether both sides speak, more than once each."""
    turns = dict.fromkeys(ROLES, 0)
    spoken = dict.fromkeys(ROLES, 0)
    before = ""
    for one in said:
        if one.role:
            turns[one.role] += one.role != before
            spoken[one.role] += len(one.text.split())
            before = one.role
    return min(turns.values()) >= TURNS and min(spoken.values()) >= SMALLER_SIDE * sum(spoken.values())


def features(texts: Sequence[str], at: int) -> list[str]:
    """Words and pairs of words of a sentence and of its neighbours."""
    spoken = words(texts[at])
    found = ["*", f"n{min(len(spoken), 24) // 3}", *(f"w{word}" for word in dict.fromkeys(spoken))]
    pairs = zip(["^", *spoken], [*spoken, "$"], strict=True)
    found += [f"d{first} {second}" for first, second in dict.fromkeys(pairs)]
    if at:
        before = words(texts[at - 1])
        found += [f"<{word}" for word in dict.fromkeys(before)]
    if at + 1 < len(texts):
        found += [f">{word}" for word in dict.fromkeys(words(texts[at + 1]))]
    return found


def is_informant(label: str) -> bool:
    """Whether the label names somebody who speaks for or beside the patient: "Mother", "Interpreter"."""
    return INFORMANTS.match(label) is not None


def _named(label: str) -> str:
    if PROVIDERS.match(label) or (" " in label and CREDENTIALS.search(label)):
        return PROVIDER
    return PATIENT if PATIENTS.match(label) or is_informant(label) else ""


def _leads(texts: Sequence[str]) -> list[float]:
    """By how much each sentence sounds like the provider's rather than the patient's."""
    model = trained("roles")
    found = []
    for at in range(len(texts)):
        provider, patient = model.scores(features(texts, at))
        found.append(provider - patient)
    return found


def _leads_in_turn(texts: Sequence[str]) -> list[float]:
    """The same where nothing but the words tells who speaks: by plain wordings and by how turns follow each other."""
    own = [lead + voices.wording(text) for text, lead in zip(texts, _leads(texts), strict=True)]
    return voices.in_turn(own, [text.rstrip().endswith("?") for text in texts])


def _role(lead: float, sure: float) -> str:
    if abs(lead) < sure:
        return ""
    return PROVIDER if lead > 0 else PATIENT


def _by_speaker(labelled: Sequence[Said], leads: Sequence[float]) -> list[Said]:
    """Speakers without a telling label, by all that each of them says."""
    total: dict[str, float] = defaultdict(float)
    for one, lead in zip(labelled, leads, strict=True):
        total[one.sentence.speaker] += lead
    roles = {speaker: _role(lead, SURE_OF_SPEAKER) for speaker, lead in total.items() if speaker}
    return [Said(one.sentence, one.role or roles.get(one.sentence.speaker, "")) for one in labelled]
