"""Forms of the review, sign and addendum pages. Clinical text passes through unstripped but for line ends."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import QueryDict

from notes.content import CODE_KEYS, SECTION_LABELS, SECTIONS, Content, clean_text
from notes.limits import ContentRefused, check_content
from notes.models import Addendum


class ClinicalText(forms.CharField):
    """Text of a note: any language, any length up to the limits, NUL dropped."""

    def __init__(self, *, label: str, rows: int, required: bool = False, help_text: str = "") -> None:
        widget = forms.Textarea(attrs={"rows": rows, "dir": "auto", "autocomplete": "off"})
        super().__init__(label=label, widget=widget, required=required, strip=False, help_text=help_text)

    def to_python(self, value: Any) -> str:
        return clean_text(value)


class ContentForm(forms.Form):
    """The working copy as a form. `version` names what it was made from; `base` holds the hashes of its parts."""

    subjective = ClinicalText(label=SECTION_LABELS["subjective"], rows=8)
    objective = ClinicalText(label=SECTION_LABELS["objective"], rows=6)
    assessment = ClinicalText(label=SECTION_LABELS["assessment"], rows=6)
    plan = ClinicalText(label=SECTION_LABELS["plan"], rows=8)
    patient_summary = ClinicalText(
        label="Patient summary", rows=5, help_text="In plain words, for the patient. Part of what you sign."
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    base = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            check_content(self.content)
        except ContentRefused as refused:
            self.add_error(refused.part if refused.part in self.fields else None, refused.words)
        return cleaned

    @property
    def content(self) -> Content:
        """What was sent, in the shape of notes/content.py, errors or not."""
        data = self.data
        assert isinstance(data, QueryDict)
        return {
            "sections": {name: clean_text(data.get(name)) for name in SECTIONS},
            "billing_codes": posted_codes(data),
            "patient_summary": clean_text(data.get("patient_summary")),
        }

    @property
    def base_hashes(self) -> dict[str, str]:
        try:
            found = json.loads(self.data.get("base") or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def posted_codes(data: QueryDict) -> list[dict[str, str]]:
    """Billing codes from the rows of the review page, without empty rows and those ticked for removal."""
    removed = set(data.getlist("code_remove"))
    columns = [data.getlist(f"code_{key}") for key in CODE_KEYS]
    rows = [
        dict(zip(CODE_KEYS, (clean_text(value).strip() for value in row), strict=True))
        for number, row in enumerate(zip(*columns, strict=False))
        if str(number) not in removed
    ]
    return [row for row in rows if any(row.values())]


class SignForm(forms.Form):
    """What the signer saw: the version, its hash, and the text itself, for showing what changed since."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    content_sha256 = forms.CharField(widget=forms.HiddenInput, min_length=64, max_length=64)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)
    attest = forms.BooleanField(
        required=True, error_messages={"required": "Tick this statement to sign. Nothing was signed yet."}
    )

    def __init__(self, *args: Any, attestation: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attest"].label = attestation


class AddendumForm(forms.Form):
    kind = forms.ChoiceField(
        label="What is it?",
        choices=[(kind.value, kind.label) for kind in Addendum.ADDITIONS],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Reason",
        max_length=300,
        help_text="Why it is added now, such as “result arrived after the visit”.",
    )
    text = ClinicalText(label="Text", rows=8, required=True)
    attest = forms.BooleanField(
        required=True, error_messages={"required": "Tick this statement to sign. Nothing was added yet."}
    )
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, attestation: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attest"].label = attestation


class RetractionForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        max_length=300,
        help_text="Why the note must not be relied on, such as “written for another patient”.",
    )
    attest = forms.BooleanField(
        required=True, error_messages={"required": "Tick this statement to sign. Nothing was changed yet."}
    )
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, attestation: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attest"].label = attestation
