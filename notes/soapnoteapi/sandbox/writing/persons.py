"""The patient's "I" and the provider's "you" made "she", "he" or "the patient", with the verb to match."""

from __future__ import annotations

import re

from notes.soapnoteapi.sandbox.transcript import PATIENT, PROVIDER
from notes.soapnoteapi.sandbox.writing.patients import Patient
from notes.soapnoteapi.sandbox.writing.phrases import any_of, word_set
from notes.soapnoteapi.sandbox.writing.plans import planned, speaks_of_self
from notes.soapnoteapi.sandbox.writing.spoken import EDGES
from notes.soapnoteapi.sandbox.writing.verbs import (
    ALSO_NOUNS,
    BASES,
    MODALS,
    SAME_IN_THE_PAST,
    THIRD,
    is_past,
)


class Unsure(Exception):
    """The sentence can't be turned without a guess."""


FINITE = {"am": "is", "are": "is", "was": "was", "were": "was", "have": "has", "do": "does"}
ADVERBS = word_set(
    "also always never not usually sometimes often rarely really still just only even ever actually probably"
    " currently recently already almost barely hardly mostly mainly generally normally typically occasionally"
    " definitely certainly finally suddenly initially first then now honestly basically kind sort of pretty much"
    " both maybe immediately eventually absolutely totally completely obviously personally regularly constantly"
    " frequently too"
)
# Behind these a verb is an infinitive or somebody else's.
STOPS_LINK = word_set(
    "to i you he she it we they who which that when if because while so can could will would should may might must"
    " did does do let make makes help helps"
)
LINKS = frozenset(["and", "or", "but"])
THIRD_PERSON = any_of("he|him|his|she|her|hers|himself|herself|he's|she's")
SOMEBODY = any_of(
    r"""
    wife|husband|mother|father|mom|dad|brother|sister|son|daughter|friend|partner|girlfriend|boyfriend|aunt|uncle|grand\w+
    cousin|doctor|nurse|therapist|boss|coach|trainer|neighbor|roommate|surgeon|man|woman|guy|lady|girl|boy|kid|baby|child
    """
)
# Behind these pronouns a patient of the other gender can't be meant.
OTHER_GENDER = {
    "female": any_of("he|him|his|he's|himself"),
    "male": any_of("she|her|hers|she's|herself"),
    "": re.compile(r"(?!)"),
}
WE = re.compile(r"\b(?:we|we'\w+|us|our|ours|ourselves|let's)\b", re.IGNORECASE)
SELF = re.compile(r"\b(?:i|i'\w+|me|my|mine|myself)\b", re.IGNORECASE)
YOU = re.compile(r"\b(?:you|you'\w+|your|yours|yourself)\b", re.IGNORECASE)
# Said of "I" these are a provider's, whatever the transcript's label says.
PROVIDERS_ACTS = re.compile(
    r"\b(?:(?:physical |quick )exam\b|prescrib(?:e|ing)|recommend|refer(?:ring)?|order(?:ing)?|examin\w+|palpat\w+"
    r"|auscultat\w+|review(?:ed|ing)?|take a (?:quick |little )?look|listen to|schedule|appreciate)\b",
    re.IGNORECASE,
)

# What takes "you" as its object; a verb behind it stays as it is ("to help you sleep").
TAKES_OBJECT = word_set(
    "for to with of on from about at by give gives giving get gets getting send refer help helps helping make makes"
    " making let lets letting tell told telling ask asked asking want need have put start started bother bothers"
    " bothering bring brings sent gave show keep keeps keeping cause causes hurt hurts set call remind see seen saw"
    " treat into without like allow teach walk wake wakes examine check than between inside behind against after"
)
SEEMS = frozenset(
    ["looks", "look", "sounds", "sound", "seems", "seem", "feels", "feel", "looked", "sounded", "seemed"]
)
BARE_AFTER = word_set("help helps helping make makes making let lets letting have want like need")
EITHER_WAY = frozenset(["see", "seen", "saw", "hear", "watch", "than", "after", "like", "with", "without"])
ENDS_CLAUSE = (".", ",", ";", ":", "!", "…")


def about_patient(text: str, *, speaker: str, patient: Patient) -> str:
    """The sentence about the patient. `text` has its contractions written out. Raises `Unsure`."""
    if speaker == PATIENT:
        myself = SELF.search(text) is not None
        if THIRD_PERSON.search(text) and not SOMEBODY.search(text):
            raise Unsure
        if (
            WE.search(text)
            or YOU.search(text)
            or (myself and (not patient.speaks or PROVIDERS_ACTS.search(text)))
        ):
            raise Unsure
        return Turning(text, patient, subject="i", target="me", owner="my", self_word="myself").text()
    if speaker == PROVIDER:
        if OTHER_GENDER[patient.gender].search(text) and not SOMEBODY.search(text):
            raise Unsure
        if (YOU.search(text) and not patient.speaks) or speaks_of_self(text):
            raise Unsure
        return Turning(
            planned(text), patient, subject="you", target="you", owner="your", self_word="yourself"
        ).text()
    if SELF.search(text) or YOU.search(text) or WE.search(text):
        raise Unsure
    return text


class Turning:
    """One pass over the words of a sentence."""

    def __init__(
        self, text: str, patient: Patient, *, subject: str, target: str, owner: str, self_word: str
    ) -> None:
        self.words = text.split(" ")
        self.plain = [word.strip(EDGES).lower() for word in self.words]
        self.subject, self.target, self.owner, self.self_word = subject, target, owner, self_word
        # With anybody else in the sentence "he" or "her" could be that person.
        self.patient = Patient() if THIRD_PERSON.search(text) or SOMEBODY.search(text) else patient

    def text(self) -> str:
        for at, plain in enumerate(self.plain):
            if plain == self.subject and not self._is_object(at):
                self._put(at, self.patient.subject)
                self._conjugate(at)
            elif plain == self.target:
                self._put(at, self.patient.object)
            elif plain == self.owner:
                self._put(at, self.patient.possessive)
            elif plain == self.self_word:
                if self.subject not in self.plain[:at]:
                    raise Unsure
                self._put(at, self.patient.reflexive)
            elif plain in {"mine", "yours", "yourselves"} and self.owner[0] == plain[0]:
                raise Unsure
        return " ".join(self.words)

    def _put(self, at: int, new: str) -> None:
        word = self.words[at]
        start = word.lower().index(self.plain[at])
        self.words[at] = word[:start] + new + word[start + len(self.plain[at]) :]

    def _ends_clause(self, at: int) -> bool:
        return at + 1 >= len(self.words) or self.words[at].endswith(ENDS_CLAUSE)

    def _is_object(self, at: int) -> bool:
        """Whether this "you" is what something is done to or for; raises `Unsure` where it may be either."""
        if self.target != self.subject:
            return False
        if self._ends_clause(at):
            if not at:
                raise Unsure
            return True
        before = self._before(at)
        if before not in TAKES_OBJECT:
            if self._verb_after(at) is None:
                raise Unsure
            return False
        return self._is_taken(at, before)

    def _before(self, at: int) -> str:
        """The word that may take an object; "" behind "looks like", which takes a sentence."""
        before = self.plain[at - 1] if at else ""
        return "" if before == "like" and at > 1 and self.plain[at - 2] in SEEMS else before

    def _is_taken(self, at: int, before: str) -> bool:
        after = self.plain[at + 1]
        if before in EITHER_WAY and self._verb_after(at) is not None:
            if after in FINITE or after in MODALS:
                return False
            raise Unsure
        if after in {"have", "do"} and before not in BARE_AFTER:
            raise Unsure
        return after not in FINITE or after in {"have", "do"}

    def _verb_after(self, at: int) -> int | None:
        """Where the verb of the subject at `at` is; None where none of the lists knows it."""
        for index in range(at + 1, len(self.words)):
            if (
                self.words[index - 1].endswith(ENDS_CLAUSE)
                and index - 1 > at
                and self.plain[index - 1] not in ADVERBS
            ):
                return None
            plain = self.plain[index]
            if plain in FINITE or plain in MODALS or is_past(plain) or plain in BASES:
                return index
            if plain not in ADVERBS:
                return None
        return None

    def _conjugate(self, at: int) -> None:
        index = self._verb_after(at)
        if index is None:
            raise Unsure
        verb = self.plain[index]
        if verb in FINITE:
            self._put(index, FINITE[verb])
            self._link(index, negated_do=verb == "do")
        elif verb in SAME_IN_THE_PAST and not is_past(verb):
            raise Unsure
        elif is_past(verb) or verb in MODALS:
            return
        else:
            self._put(index, THIRD[verb])
            self._link(index, negated_do=False)

    def _link(self, verb_at: int, *, negated_do: bool) -> None:
        """A second verb of the same subject: "I ache and feel tired" needs "feels" too."""
        if negated_do:
            return
        for index in range(verb_at + 1, len(self.words) - 1):
            plain = self.plain[index]
            if plain in STOPS_LINK or plain == self.subject:
                return
            if plain not in LINKS:
                continue
            second = index + 1
            while second < len(self.words) and self.plain[second] in ADVERBS:
                second += 1
            if second < len(self.words):
                self._conjugate_second(second)

    def _conjugate_second(self, index: int) -> None:
        verb = self.plain[index]
        if verb in {"am", "have", "do"}:
            self._put(index, FINITE[verb])
        elif verb in BASES and verb in SAME_IN_THE_PAST | ALSO_NOUNS:
            raise Unsure
        elif verb in BASES:
            self._put(index, THIRD[verb])
