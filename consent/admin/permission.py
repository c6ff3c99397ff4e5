"""Consent policies, consent records and agreements with vendors."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from consent.admin.base import PracticeAdmin, RecordAdmin, actor_of, note_read
from consent.models import BusinessAssociateAgreement, ConsentPolicy, ConsentRecord
from consent.services import agreement_save

DOCUMENT_BYTES = 10 * 1024 * 1024
_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z]{2})?")


class ConsentPolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ConsentPolicy
        fields = "__all__"  # noqa: DJ007 - all of them are the rule

    def clean_jurisdiction(self) -> str:
        given = str(self.cleaned_data["jurisdiction"]).strip().upper()
        if not _JURISDICTION.fullmatch(given):
            raise ValidationError("Write US for the country, or US-CA for a state.")
        return given

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "script" in self.changed_data and "script_version" not in self.changed_data and self._is_used():
            self.add_error(
                "script_version",
                "Patients agreed to the earlier wording under this version. Give the new wording a new version.",
            )
        return cleaned

    def _is_used(self) -> bool:
        return not self.instance._state.adding and ConsentRecord.objects.filter(policy=self.instance).exists()


@admin.register(ConsentPolicy)
class ConsentPolicyAdmin(PracticeAdmin):
    """The rules of the whole deployment: administrators read them, superusers change them."""

    form = ConsentPolicyForm
    practice_path = ""
    audit_action = "consent.policy_changed"
    audited_values = ("jurisdiction", "visit_kind", "parties", "method", "script_version", "source")
    list_display = (
        "jurisdiction",
        "visit_kind",
        "parties",
        "method",
        "script_version",
        "effective_from",
        "last_reviewed",
    )
    list_filter = ("visit_kind", "parties", "method")
    search_fields = ("jurisdiction", "source")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super(PracticeAdmin, self).get_queryset(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser) and self.admits(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)


@admin.register(ConsentRecord)
class ConsentRecordAdmin(RecordAdmin):
    list_display = ("decided_at", "decision", "method", "script_version", "recorded_by")
    list_filter = ("decision", "method")
    list_select_related = ("recorded_by",)
    audited_reads = True


class AgreementForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = BusinessAssociateAgreement
        fields = (
            "practice", "vendor", "executed_on", "effective_at", "expires_at", "practice_signatory",
            "vendor_signatory", "document", "note", "revoked_at",
        )  # fmt: skip
        widgets = {"document": forms.FileInput(attrs={"accept": "application/pdf"})}
        help_texts = {
            "executed_on": "The day on which the last of the two signed.",
            "effective_at": "Nothing is sent to the vendor before this moment.",
            "practice_signatory": "Who signed for the practice.",
            "vendor_signatory": "Who signed for the vendor.",
            "document": "The signed agreement as a PDF of at most 10 MB. It is kept privately, with its SHA-256.",
            "note": "For colleagues. Nothing about patients.",
            "revoked_at": "From this moment nothing more is sent to the vendor.",
        }

    def clean_document(self) -> Any:
        file = self.cleaned_data.get("document")
        if file and "document" in self.changed_data:
            if file.size > DOCUMENT_BYTES:
                raise ValidationError(
                    "The file is larger than 10 MB. Save a smaller PDF and choose it again."
                )
            start = file.read(1024)
            file.seek(0)
            if b"%PDF-" not in start:
                raise ValidationError("This file is not a PDF, whatever its name says. Choose the PDF.")
        return file

    def clean_executed_on(self) -> Any:
        day = self.cleaned_data["executed_on"]
        if day > timezone.localdate():
            raise ValidationError("An agreement cannot have been signed in the future.")
        return day


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("in_force", "In force"),
            ("coming", "Not yet"),
            ("expired", "Expired"),
            ("revoked", "Revoked"),
        ]

    def queryset(self, _request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        revoked, expired = Q(revoked_at__lte=now), Q(expires_at__lte=now)
        chosen = {
            "coming": Q(effective_at__gt=now) & ~revoked,
            "expired": expired & ~revoked,
            "revoked": revoked,
        }
        value = self.value()
        if value == "in_force":
            return queryset.in_force(now)
        return queryset.filter(chosen[value]) if value in chosen else queryset


@admin.register(BusinessAssociateAgreement)
class AgreementAdmin(PracticeAdmin):
    """What was agreed stays as it was recorded; an agreement can be ended, annotated and given its document."""

    form = AgreementForm
    list_display = ("vendor", "practice", "state_in_words", "effective_at", "expires_at", "has_document")
    list_filter = (StateFilter, "vendor")
    list_select_related = ("practice",)
    agreed = ("practice", "vendor", "executed_on", "effective_at", "practice_signatory", "vendor_signatory")

    @admin.display(description="document", boolean=True)
    def has_document(self, obj: BusinessAssociateAgreement) -> bool:
        return bool(obj.document)

    @admin.display(description="document")
    def document_on_file(self, obj: BusinessAssociateAgreement) -> str:
        address = reverse("admin:agreement-document", args=[obj.pk])
        return format_html('<a href="{}">Download the PDF</a> (SHA-256 {})', address, obj.document_sha256)

    @admin.display(description="state")
    def state_in_words(self, obj: BusinessAssociateAgreement) -> str:
        return obj.state_in_words

    def get_fields(
        self, request: HttpRequest, obj: BusinessAssociateAgreement | None = None
    ) -> tuple[str, ...]:
        fields = list(AgreementForm.Meta.fields)
        if obj is None:
            return tuple(name for name in fields if name != "revoked_at")
        if obj.document:
            fields[fields.index("document")] = "document_on_file"
        return ("state_in_words", *fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("state_in_words", "document_on_file", *self.agreed)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        agreement_save(agreement=obj, actor=actor_of(request), created=not change)

    def get_urls(self) -> list[URLPattern]:
        document = self.admin_site.admin_view(self.document_view)
        return [path("<uuid:pk>/document/", document, name="agreement-document"), *super().get_urls()]

    def document_view(self, request: HttpRequest, pk: Any) -> HttpResponseBase:
        agreement = self.get_queryset(request).filter(pk=pk).first() if self.admits(request) else None
        if agreement is None or not agreement.document:
            raise Http404
        note_read(request, agreement)
        return FileResponse(
            agreement.document.open("rb"),
            as_attachment=True,
            filename="agreement.pdf",
            content_type="application/pdf",
        )
