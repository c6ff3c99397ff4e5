"""What a search asks for: filters, how much at a time, and what to send along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Q

from notes.fhir import codes
from notes.models import FhirDocument
from notes.selectors.fhir import values
from notes.selectors.fhir.address import base_url, uuid_of
from notes.selectors.fhir.values import bad_value

COUNT_DEFAULT, COUNT_MAX = 100, 1000
NOTHING = Q(pk__in=[])
INCLUDES = {
    "DocumentReference:patient": "Patient",
    "DocumentReference:subject": "Patient",
    "DocumentReference:encounter": "Encounter",
    "DocumentReference:author": "Practitioner",
    "DocumentReference:authenticator": "Practitioner",
    "DocumentReference:custodian": "Organization",
}
PROVENANCE = "Provenance:target"
UNKNOWN = "This parameter is not known here. Leave it out, or send Prefer: handling=lenient."
# Said of the form of the answer, and read elsewhere.
_FORM = {"_format", "_pretty"}


@dataclass
class Search:
    """`applied` is every parameter that had an effect, as it goes into the links; `strict` refuses unknown ones."""

    where: Q = field(default_factory=Q)
    applied: list[tuple[str, str]] = field(default_factory=list)
    count: int = COUNT_DEFAULT
    total: bool = False
    cursor: str = ""
    include: set[str] = field(default_factory=set)
    provenance: bool = False

    @property
    def query(self) -> str:
        return urlencode(self.applied, safe="/:|,*")

    @property
    def filters(self) -> str:
        """What a cursor is bound to: the same search, whatever the size of its pages."""
        return urlencode(sorted(pair for pair in self.applied if pair[0] not in {"_count", "_total"}))


Filter = Callable[[str, str], Q]


def search(
    pairs: Iterable[tuple[str, str]], filters: dict[str, Filter], *, strict: bool, filters_too: bool = False
) -> Search:
    """Raises BadParameter for a value that can't be read, and for what is unknown where the caller is strict.

    With `filters_too` an unknown parameter is refused anyway unless it begins with an underscore, which filters
    don't: who asks for one patient by something that is not known here must not get them all.
    """
    found = Search()
    for name, value in pairs:
        if name in _FORM:
            continue
        key, _, modifier = name.partition(":")
        if key in filters:
            if modifier and not _same(key, modifier):
                raise bad_value(name, "This modifier is not known here.")
            found.where &= filters[key](key, value)
        elif not _control(found, name, value):
            if strict or (filters_too and not name.startswith("_")):
                raise bad_value(name, UNKNOWN)
            continue
        if name != "_cursor":
            found.applied.append((name, value))
    return found


def _same(key: str, modifier: str) -> bool:
    """A modifier that only repeats what kind of thing is meant."""
    return (key, modifier) in {("patient", "Patient"), ("subject", "Patient"), ("encounter", "Encounter")}


def _control(found: Search, name: str, value: str) -> bool:
    """Whether the parameter governs the answer, which `found` then knows."""
    match name:
        case "_count" | "_total" | "_summary":
            _amount(found, name, value)
        case "_include" | "_revinclude":
            return _along(found, name, value)
        case "_sort":
            return value == "_lastUpdated"
        case "_cursor":
            found.cursor = value
        case _:
            return False
    return True


def _amount(found: Search, name: str, value: str) -> None:
    allowed = {"_total": ("none", "estimate", "accurate"), "_summary": ("count", "false")}
    if name == "_count":
        if not (value.isascii() and value.isdigit() and len(value) <= 9):
            raise bad_value(name, "A whole number.")
        found.count = min(int(value), COUNT_MAX)
    elif value not in allowed[name]:
        raise bad_value(name, f"One of {', '.join(allowed[name])}.")
    elif name == "_total":
        found.total = value != "none"
    elif value == "count":
        found.count = 0


def _along(found: Search, name: str, value: str) -> bool:
    if name == "_revinclude":
        found.provenance = found.provenance or value == PROVENANCE
        return value == PROVENANCE
    kind = INCLUDES.get(":".join(value.split(":")[:2]))
    found.include |= {kind} if kind else set()
    return kind is not None


def _patient(name: str, text: str) -> Q:
    return Q(patient_id__in=_uuids(values.reference_ids(name, text, "Patient", base_url())))


def _encounter(name: str, text: str) -> Q:
    return Q(encounter_id__in=_uuids(values.reference_ids(name, text, "Encounter", base_url())))


def _id(name: str, text: str) -> Q:
    return Q(document_id__in=_uuids(values.reference_ids(name, text, "DocumentReference", base_url())))


def _identifier(name: str, text: str) -> Q:
    named = [
        token.code.removeprefix("urn:uuid:")
        for token in values.tokens(name, text)
        if token.system in (None, codes.URI) and token.code.startswith("urn:uuid:")
    ]
    ids = _uuids(named)
    return Q(document_id__in=ids) | Q(note_id__in=ids)


def _status(name: str, text: str) -> Q:
    system = "http://hl7.org/fhir/document-reference-status"
    known = FhirDocument.Status.values
    asked = values.tokens(name, text)
    if wrong := [token.code for token in asked if token.code not in ("", *known)]:
        raise bad_value(name, f"{wrong[0][:40]} is no status; there are {', '.join(known)}.")
    return Q(status__in=[code for code in known if any(token.means(system, code) for token in asked)])


def _category(name: str, text: str) -> Q:
    found = any(token.means(codes.CATEGORY, codes.CLINICAL_NOTE) for token in values.tokens(name, text))
    return Q() if found else NOTHING


def _type(name: str, text: str) -> Q:
    asked = [token for token in values.tokens(name, text) if token.system in (None, codes.LOINC)]
    if any(not token.code for token in asked):
        return Q()
    return Q(type_code__in=[token.code for token in asked])


def _date(name: str, text: str) -> Q:
    return _any(values.instant("date", values.span(name, part)) for part in values.alternatives(name, text))


def _period(name: str, text: str) -> Q:
    parts = values.alternatives(name, text)
    return _any(values.period("period_start", "period_end", values.span(name, part)) for part in parts)


def _updated(name: str, text: str) -> Q:
    parts = values.alternatives(name, text)
    return _any(values.instant("updated_at", values.span(name, part)) for part in parts)


DOCUMENT_FILTERS: dict[str, Filter] = {
    "_id": _id,
    "_lastUpdated": _updated,
    "patient": _patient,
    "subject": _patient,
    "identifier": _identifier,
    "status": _status,
    "category": _category,
    "type": _type,
    "date": _date,
    "period": _period,
    "encounter": _encounter,
}


def _any(parts: Iterable[Q]) -> Q:
    found = Q()
    for part in parts:
        found |= part
    return found


def _uuids(texts: Iterable[str]) -> list[object]:
    """Those that are ids of ours; nothing else can be found."""
    return [found for text in texts if (found := uuid_of(text))]
