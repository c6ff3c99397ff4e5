from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from encounters.models import User
from notes.models import Submission
from notes.services.submissions import submission_create_for_text
from notes.views.encounter import _care_only

MINIMUM = 50
MAXIMUM = 200_000


class TranscriptForm(forms.Form):
    """What was said, typed: the way for a visit that is not recorded."""

    kind = forms.ChoiceField(
        label="What you are typing",
        choices=[
            (Submission.Kind.TEXT, "A transcript: who said what"),
            (Submission.Kind.SHORTHAND, "Shorthand notes"),
        ],
        widget=forms.RadioSelect,
        initial=Submission.Kind.SHORTHAND,
    )
    text = forms.CharField(
        label="Text",
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "true"}),
        help_text=f"At least {MINIMUM} characters. Write it as you would dictate it.",
        strip=True,
    )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if len(text) < MINIMUM:
            raise ValidationError(
                f"The engine needs at least {MINIMUM} characters; this has {len(text)}. Add a few words."
            )
        if len(text) > MAXIMUM:
            raise ValidationError(f"This is longer than {MAXIMUM:,} characters. Shorten it.")
        return text


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def transcript(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _care_only(request, pk)
    form = TranscriptForm(request.POST or None)
    if form.is_valid():
        assert isinstance(request.user, User)
        try:
            submission_create_for_text(
                encounter=found,
                kind=form.cleaned_data["kind"],
                text=form.cleaned_data["text"],
                actor=request.user,
            )
            return redirect("encounter", pk=found.pk)
        except ValidationError as refused:
            form.add_error(None, refused)
    context = {"encounter": found, "practice": found.practice, "form": form}
    return render(request, "notes/transcript.html", context, status=422 if form.errors else 200)
