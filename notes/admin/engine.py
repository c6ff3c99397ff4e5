"""Engine accounts, with secrets that can be set but never read, and the inbox of callbacks."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from consent.admin.base import PracticeAdmin, RecordAdmin, actor_of
from consent.admin.secrets import SecretField, stored_in_words
from notes.models import EngineAccount, EngineEvent
from notes.services.engine_accounts import NewSecrets, engine_account_save


class EngineAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    new_api_key = SecretField(label="API key")
    new_webhook_secret = SecretField(label="Webhook secret")
    forget_previous = forms.BooleanField(
        label="Forget the previous webhook secret",
        required=False,
        help_text="Once the engine signs with the new one only. Until then both are accepted.",
    )

    class Meta:
        model = EngineAccount
        fields = (
            "practice", "name", "kind", "mode", "base_url", "signature_profile", "signature", "refetch", "active",
        )  # fmt: skip
        help_texts = {
            "name": "What your team calls this account.",
            "mode": "A test key makes 10 notes a day.",
            "base_url": "Changing it needs the API key again, so that the key can't be led elsewhere.",
            "signature_profile": "How the engine signs its callbacks: manage.py verify_webhook_signature finds out.",
            "signature": "Single settings that differ from the profile, as that command prints them. Usually empty.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account = None if self.instance._state.adding else self.instance
        for name, column in (("new_api_key", "api_key"), ("new_webhook_secret", "webhook_secret")):
            if name in self.fields:
                self.fields[name].help_text = stored_in_words(
                    account,
                    column,
                    action="engine_account.changed",
                    stored=bool(account and getattr(account, column)),
                )

    def clean_base_url(self) -> str:
        return str(self.cleaned_data["base_url"]).rstrip("/")

    def clean_signature(self) -> Any:
        given = self.cleaned_data["signature"] or {}
        if not isinstance(given, dict):
            raise ValidationError("Paste the settings as the command printed them, from { to }.")
        return given

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        url, kind = cleaned.get("base_url", ""), cleaned.get("kind")
        if kind == EngineAccount.Kind.SANDBOX and not settings.DEMO:
            self.add_error("kind", "The sandbox is for demonstrations. This server isn't one.")
        if kind == EngineAccount.Kind.SOAPNOTEAPI and url:
            self._check_destination(urlsplit(url))
        if "base_url" in self.changed_data and not cleaned.get("new_api_key"):
            self.add_error("new_api_key", "Enter the API key for this address.")
        return cleaned

    def _check_destination(self, url: SplitResult) -> None:
        """Where recordings go is for whoever runs the server to say, not for one of its practices."""
        ours = urlsplit(settings.SOAPNOTEAPI_BASE_URL).netloc
        if url.scheme != "https":
            self.add_error("base_url", "Patient data leaves over https only.")
        elif url.netloc.lower() != ours.lower():
            self.add_error(
                "base_url",
                f"This server sends recordings to {ours} only. Another address is set by the person who runs it, "
                "as SOAPNOTEAPI_BASE_URL.",
            )

    def secrets(self) -> NewSecrets:
        return NewSecrets(
            api_key=self.cleaned_data.get("new_api_key", ""),
            webhook_secret=self.cleaned_data.get("new_webhook_secret", ""),
            forget_previous=bool(self.cleaned_data.get("forget_previous")),
        )


@admin.register(EngineAccount)
class EngineAccountAdmin(PracticeAdmin):
    form = EngineAccountForm
    list_display = ("name", "practice", "kind", "mode", "active", "pause", "refused_webhooks")
    list_filter = ("kind", "mode", "active")
    list_select_related = ("practice",)

    @admin.display(description="paused")
    def pause(self, obj: EngineAccount) -> str:
        paused = obj.paused_until and obj.paused_until > timezone.now()
        return f"Until {obj.paused_until:%Y-%m-%d %H:%M} UTC: {obj.paused_reason}" if paused else "No"

    @admin.display(description="callback address to enter at the engine")
    def webhook_url(self, obj: EngineAccount) -> str:
        return f"{settings.PUBLIC_BASE_URL}/hooks/soapnoteapi/{obj.pk}/"

    @admin.display(description="previous webhook secret")
    def previous(self, obj: EngineAccount) -> str:
        return "Still accepted" if obj.previous_webhook_secret else "None"

    def get_fields(self, request: HttpRequest, obj: EngineAccount | None = None) -> tuple[str, ...]:
        fields = [*EngineAccountForm.Meta.fields]
        fields[5:5] = ["new_api_key", "new_webhook_secret"]
        if obj is None:
            return tuple(fields)
        fields[7:7] = [
            "previous",
            *(["forget_previous"] if obj.previous_webhook_secret else []),
            "webhook_url",
        ]
        return (*fields, "pause", "refused_webhooks")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("previous", "webhook_url", "pause", "refused_webhooks", "practice") if obj else ()

    def save_model(self, request: HttpRequest, obj: EngineAccount, form: Any, change: bool) -> None:  # noqa: FBT001
        own = set(EngineAccountForm.Meta.fields)
        engine_account_save(
            account=obj,
            actor=actor_of(request),
            created=not change,
            fields=[name for name in form.changed_data if name in own],
            secrets=form.secrets(),
        )


@admin.register(EngineEvent)
class EngineEventAdmin(RecordAdmin):
    practice_path = "account__practice_id"
    list_display = ("received_at", "account", "event", "note_id", "handled_at", "deliveries")
    list_select_related = ("account",)
    search_fields = ("=note_id",)
    ordering = ("-id",)
