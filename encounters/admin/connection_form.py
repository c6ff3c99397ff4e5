"""The form of a video connection: what each vendor needs, as its adapter lists it. Secrets are never rendered back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator

from consent.admin.secrets import SecretField, SecretTextField, stored_in_words
from encounters.models import VideoConnection
from encounters.services.video.connections import NewVideoSecrets
from encounters.vendors.protocol import AccountField, VideoVendor
from encounters.vendors.registry import vendor_named

MULTILINE = {"private_key"}
MOST_HOSTS = 20


class HostsField(forms.CharField):
    """Host names, one per line, kept as a list."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        hosts = _lines(super().clean(value))
        if len(hosts) > MOST_HOSTS:
            raise ValidationError(f"At most {MOST_HOSTS} hosts.")
        for host in hosts:
            try:
                DomainNameValidator()(host.lstrip("."))
            except ValidationError as error:
                raise ValidationError(
                    f"{host}: enter host names only, without https:// and without a path."
                ) from error
        return hosts

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != _lines(data)


class NewConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """The first step: whose connection it is and which vendor's. The next page asks for what that vendor needs."""

    class Meta:
        model = VideoConnection
        fields = ("practice", "vendor", "name")
        help_texts = {
            "vendor": "What to click at each vendor: encounters/vendors/README.md.",
            "name": "What your team calls it. It says nothing about patients.",
        }


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    new_webhook_secret = SecretField(label="Webhook secret")
    forget_previous = forms.BooleanField(
        label="Forget the previous webhook secret",
        required=False,
        help_text="Once the vendor signs with the new one only. Until then both are accepted.",
    )
    media_hosts = HostsField(
        label="Further hosts of media",
        required=False,
        help_text="One per line. Only where recordings are kept in storage of your own.",
    )

    class Meta:
        model = VideoConnection
        fields = ("name", "account_ref", "host", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = vendor_of_form(self.instance)
        labels = {"account_ref": kind.account_label, "new_webhook_secret": kind.signed_with}
        for name, label in labels.items():
            if name in self.fields:  # somebody who may only look has no fields
                self.fields[name].label = label
        options, credentials = self.instance.options or {}, self.instance.credentials or {}
        self.initial["media_hosts"] = options.get("media_hosts", [])
        self._tell("new_webhook_secret", "webhook_secret", stored=bool(self.instance.webhook_secret))
        for field in kind.fields:
            if field.secret:
                self._tell(f"vendor_{field.name}", "credentials", stored=bool(credentials.get(field.name)))
            else:
                self.initial[f"vendor_{field.name}"] = options.get(field.name, "")

    def _tell(self, name: str, column: str, *, stored: bool) -> None:
        if name in self.fields:
            words = stored_in_words(self.instance, column, action="video_connection.changed", stored=stored)
            self.fields[name].help_text = f"{self.fields[name].help_text} {words}".strip()

    def clean_host(self) -> str:
        """Where the vendor's keys are sent to is changed only together with the keys."""
        host = str(self.cleaned_data["host"]).rstrip("/")
        parts = urlsplit(host)
        if host and parts.scheme != "https" and not settings.DEMO:
            raise ValidationError("Patient data travels over https only.")
        if host and (parts.path or parts.query or parts.username):
            raise ValidationError("Enter the address without a path, as https://api.example.com.")
        return host

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind = vendor_of_form(self.instance)
        keys = [field for field in kind.fields if field.secret]
        moved = "host" in self.changed_data or "account_ref" in self.changed_data
        for field in keys if moved else ():
            stored = (self.instance.credentials or {}).get(field.name)
            if stored and not cleaned.get(f"vendor_{field.name}"):
                self.add_error(f"vendor_{field.name}", "Enter it again for this account and address.")
        return cleaned

    def secrets(self) -> NewVideoSecrets:
        kind = vendor_of_form(self.instance)
        return NewVideoSecrets(
            credentials={
                field.name: self.cleaned_data.get(f"vendor_{field.name}", "")
                for field in kind.fields
                if field.secret
            },
            webhook_secret=self.cleaned_data.get("new_webhook_secret", ""),
            forget_previous=bool(self.cleaned_data.get("forget_previous")),
        )

    def options(self) -> dict[str, Any]:
        """The connection's options as they are to be stored: those of this form over those that it doesn't know."""
        kind = vendor_of_form(self.instance)
        shown = {
            field.name: self.cleaned_data.get(f"vendor_{field.name}", "")
            for field in kind.fields
            if not field.secret
        }
        options = {**(self.instance.options or {}), **shown, "media_hosts": self.cleaned_data["media_hosts"]}
        return {name: value for name, value in options.items() if value not in ("", [])}


def connection_form(kind: type[VideoVendor]) -> type[ConnectionForm]:
    """The form with a field for each thing that the vendor's adapter asks for."""
    fields = {f"vendor_{field.name}": _vendor_field(field) for field in kind.fields}
    return type("ConnectionForm", (ConnectionForm,), fields)


def vendor_field_names(kind: type[VideoVendor]) -> list[str]:
    return [f"vendor_{field.name}" for field in kind.fields]


def _vendor_field(field: AccountField) -> forms.Field:
    if not field.secret:
        return forms.CharField(label=field.label, help_text=field.help, required=False, max_length=300)
    make = SecretTextField if field.name in MULTILINE else SecretField
    return make(label=field.label, help_text=field.help)


def vendor_of_form(connection: VideoConnection) -> type[VideoVendor]:
    return vendor_named(connection.vendor)


def _lines(text: Any) -> list[str]:
    return [line.strip().lower() for line in str(text or "").splitlines() if line.strip()]
