"""Systems that pull notes. A key is shown once, on the page that answers its making."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from config.http import ForbiddenTarget
from consent.admin.base import PracticeAdmin, actor_of
from notes.models import Integration
from notes.selectors.integrations import receipts_by_status, standing, troubles_of
from notes.services.access.keysets import clean_jwks, door
from notes.services.integrations import (
    clean_networks,
    clean_origins,
    integration_change,
    integration_create,
    integration_revoke,
)


class LinesField(forms.CharField):
    """One thing per line, kept as a list as `tidy` makes it."""

    widget = forms.Textarea

    def __init__(self, *, tidy: Callable[[Iterable[str]], list[str]], **kwargs: Any) -> None:
        self._tidy = tidy
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return self._tidy(str(super().clean(value)).splitlines())

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return list(initial or []) != self._tidy(str(data or "").splitlines())
        except ValidationError:
            return True


class IntegrationForm(forms.ModelForm):  # type: ignore[type-arg]
    scopes = forms.MultipleChoiceField(
        label="may",
        choices=Integration.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Integration.Scope.NOTES_READ],
    )
    allowed_networks = LinesField(
        tidy=clean_networks,
        label="from these networks",
        required=False,
        help_text="One per line, such as 203.0.113.0/24. Empty: from anywhere.",
    )
    capture_origins = LinesField(
        tidy=clean_origins,
        label="sites that may record",
        required=False,
        help_text="For a telehealth platform that records visits in its own pages: one origin per line, such as "
        "https://video.clinic.example.",
    )

    class Meta:
        model = Integration
        fields = (
            "practice", "name", "scopes", "allowed_networks", "capture_origins", "client_jwks", "client_jwks_uri",
            "expires_at",
        )  # fmt: skip
        help_texts = {
            "name": "The system that will use the key. It stands in the audit trail.",
            "client_jwks": "For systems that log in with signed statements (SMART Backend Services): their public "
            'keys, as {"keys": […]}.',
            "client_jwks_uri": "Or where they publish them, over https.",
            "expires_at": "Empty: until it is revoked.",
        }

    def clean_client_jwks(self) -> Any:
        return clean_jwks(self.cleaned_data["client_jwks"])

    def clean_client_jwks_uri(self) -> Any:
        address = self.cleaned_data["client_jwks_uri"]
        if address and self.cleaned_data.get("client_jwks"):
            raise ValidationError("Give the keys themselves or their address, not both.")
        if address:
            try:
                door().check(address)
            except ForbiddenTarget:
                raise ValidationError("Give a public https address.") from None
        return address

    def clean_expires_at(self) -> Any:
        moment = self.cleaned_data["expires_at"]
        if moment and "expires_at" in self.changed_data and moment <= timezone.now():
            raise ValidationError("Choose a later time, or revoke the key instead.")
        return moment


# What an existing integration's page shows beside the form.
SHOWN = (
    "key_prefix", "state_in_words", "last_used_at", "pulled_at", "feed_in_words", "receipts_in_words",
    "troubles_in_words", "revoked_at",
)  # fmt: skip


@admin.register(Integration)
class IntegrationAdmin(PracticeAdmin):
    form = IntegrationForm
    list_display = (
        "name", "practice", "key_prefix", "state_in_words", "last_used_at", "feed_in_words", "expires_at",
    )  # fmt: skip
    list_select_related = ("practice",)
    search_fields = ("name", "=key_prefix")
    actions = ("revoke",)

    @admin.display(description="state")
    def state_in_words(self, obj: Integration) -> str:
        if obj.usable:
            return "In use" if obj.last_used_at else "Not used yet"
        return "Revoked" if obj.revoked_at else "Expired"

    @admin.display(description="change feed")
    def feed_in_words(self, obj: Integration) -> str:
        if obj.pulled_at is None:
            return "Not read yet"
        feed = standing(obj)
        behind = f"{feed.lag} behind" if feed.lag else "up to date"
        return f"Read through change {feed.pulled_through} of {feed.head}: {behind}"

    @admin.display(description="receipts")
    def receipts_in_words(self, obj: Integration) -> str:
        return ", ".join(f"{count} {status}" for status, count in receipts_by_status(obj).items())

    @admin.display(description="needs attention")
    def troubles_in_words(self, obj: Integration) -> str:
        return "; ".join(troubles_of(obj)) or "Nothing"

    def get_fields(self, request: HttpRequest, obj: Integration | None = None) -> tuple[str, ...]:
        fields = IntegrationForm.Meta.fields
        return ("id", *fields, *SHOWN) if obj else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Integration | None = None) -> tuple[str, ...]:
        return ("id", "practice", *SHOWN) if obj else ()

    def save_model(self, request: HttpRequest, obj: Integration, form: Any, change: bool) -> None:  # noqa: FBT001
        if change:
            integration_change(integration=obj, actor=actor_of(request))
            return
        fields = form.cleaned_data
        made, key = integration_create(
            practice=fields["practice"],
            name=fields["name"],
            scopes=fields["scopes"],
            allowed_networks=fields["allowed_networks"],
            capture_origins=fields["capture_origins"],
            expires_at=fields["expires_at"],
            client_jwks=fields["client_jwks"],
            client_jwks_uri=fields["client_jwks_uri"],
            actor=actor_of(request),
        )
        obj.__dict__.update(made.__dict__)
        request._integration_key = key  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Integration, post_url_continue: Any = None
    ) -> HttpResponse:
        """Show the key here and now: it is in no message, session or address, and not in the database."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Copy the key now",
            "opts": self.opts,
            "integration": obj,
            "key": request._integration_key,  # type: ignore[attr-defined]
            "list_url": reverse("admin:notes_integration_changelist"),
        }
        return TemplateResponse(
            request,
            "admin/notes/integration/key.html",
            context,
            headers={"Cache-Control": "no-store, private"},
        )

    @admin.action(description="Revoke the key, now and for good")
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        revoked = sum(integration_revoke(integration=row, actor=actor_of(request)) for row in queryset)
        self.message_user(request, f"{revoked} revoked." if revoked else "Nothing to revoke: done before.")
