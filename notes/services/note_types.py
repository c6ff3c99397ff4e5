"""What kind of note it is, as LOINC has it: a progress note, unless the template that was chosen says otherwise."""

from __future__ import annotations

import re

_LOINC = "http://loinc.org"
PROGRESS = {"system": _LOINC, "code": "11506-3", "display": "Progress note"}
# By a word in the template's id, which the practice gave it.
_BY_WORD = {
    "consult": ("11488-4", "Consult note"),
    "consultation": ("11488-4", "Consult note"),
    "hp": ("34117-2", "History and physical note"),
    "history": ("34117-2", "History and physical note"),
    "procedure": ("28570-0", "Procedure note"),
    "discharge": ("18842-5", "Discharge summary"),
}


def note_type(template: str) -> dict[str, str]:
    """The coding for a note that was made with `template`."""
    for word in re.split("[-_]", template.lower()):
        if word in _BY_WORD:
            code, display = _BY_WORD[word]
            return {"system": _LOINC, "code": code, "display": display}
    return dict(PROGRESS)
