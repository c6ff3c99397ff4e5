"""Practices, people and their roles."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from consent.admin.base import (
    PracticeAdmin,
    RecordAdmin,
    actor_of,
    administered,
    choices_within,
    is_superuser,
)
from encounters.models import Membership, Patient, Practice, User
from encounters.services.memberships import membership_save, second_factor_remove, user_save


@admin.register(Practice)
class PracticeRowAdmin(PracticeAdmin):
    practice_path = "pk"
    list_display = ("name", "state", "time_zone", "filing", "release_hold_seconds")
    audited_values = (
        "name",
        "state",
        "time_zone",
        "npi",
        "release_hold_seconds",
        "filing",
        "send_patient_name",
        "label_ai_drafts",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    fields = ("practice", "role", "credentials", "npi", "specialty", "clinical_access", "active")
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("user", "practice")
        return rows if is_superuser(request) else rows.filter(practice__in=administered(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if not is_superuser(request):
            kwargs["queryset"] = choices_within(db_field.related_model, administered(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_min_num(self, request: HttpRequest, obj: Any = None, **_: Any) -> int:
        """Somebody who belongs to no practice of theirs would be out of an administrator's sight."""
        return 1 if obj is None and not is_superuser(request) else 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_min=True, **kwargs)

    def _admits(self, request: HttpRequest) -> bool:
        return is_superuser(request) or bool(administered(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._admits(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._admits(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._admits(request)


@admin.register(User)
class UserAdmin(PracticeAdmin):
    """People. Nobody sets another's password here: whoever could, could sign in their name."""

    list_display = ("email", "first_name", "last_name", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    inlines = (MembershipInline,)
    actions = ("send_password_link", "remove_second_factor")
    own = ("email", "first_name", "last_name", "is_active")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super(PracticeAdmin, self).get_queryset(request)
        if is_superuser(request):
            return rows
        mine = Membership.objects.filter(practice__in=administered(request))
        return rows.filter(pk__in=mine.values("user_id"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        extra = ("is_staff", "is_superuser") if is_superuser(request) else ()
        return (*self.own, *extra, "last_login", "date_joined") if obj else (*self.own, *extra)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fixed = ("last_login", "date_joined")
        if obj is None or is_superuser(request):
            return fixed
        if not self.in_charge_of(request, obj):
            return (*self.own, *fixed)
        # The link that sets a password goes to this address: once the account is in use, it is its owner's.
        return ("email", *fixed) if obj.last_login else fixed

    @staticmethod
    def in_charge_of(request: HttpRequest, user: User) -> bool:
        """An administrator may change a person who belongs to no practice but theirs, and no superuser."""
        if is_superuser(request):
            return True
        elsewhere = user.memberships.exclude(practice__in=administered(request))
        return not user.is_superuser and not elsewhere.exists()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        user_save(user=obj, actor=actor_of(request), fields=form.changed_data, created=not change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001
        changed = formset.save(commit=False)
        for membership in changed:
            membership_save(
                membership=membership, actor=actor_of(request), created=membership in formset.new_objects
            )

    @admin.action(description="Send a link to set the password")
    def send_password_link(self, request: HttpRequest, queryset: Any) -> None:
        sent = 0
        for user in queryset:
            form = ResetPasswordForm(data={"email": user.email})
            if self.in_charge_of(request, user) and form.is_valid():
                form.save(request)
                sent += 1
        self._tell(request, sent, queryset, ngettext("%d link sent.", "%d links sent.", sent) % sent)

    @admin.action(description="Remove the second factor (lost device)")
    def remove_second_factor(self, request: HttpRequest, queryset: Any) -> None:
        users = [user for user in queryset if self.in_charge_of(request, user)]
        done = [second_factor_remove(user=user, actor=actor_of(request)) for user in users]
        text = "Removed. At the next sign-in the person sets up a new one."
        self._tell(request, len(done), queryset, text)

    def _tell(self, request: HttpRequest, done: int, chosen: Any, text: str) -> None:
        if done:
            self.message_user(request, text)
        if done < len(chosen):
            words = "Some of these people also belong to other practices. Ask the operator of this server."
            self.message_user(request, words, messages.WARNING)


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Membership
        fields = ("user", "practice", "role", "credentials", "npi", "specialty", "clinical_access", "active")
        help_texts = {
            "role": "Providers sign and file, assistants prepare, compliance officers see consent and audit.",
            "active": "Untick to end it. What the person did stays in their name.",
        }


@admin.register(Membership)
class MembershipAdmin(PracticeAdmin):
    form = MembershipForm
    list_display = ("user", "practice", "role", "credentials", "active")
    list_filter = ("role", "active")
    list_select_related = ("user", "practice")
    search_fields = ("user__email", "user__last_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "practice", "role") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001
        membership_save(membership=obj, actor=actor_of(request), created=not change)


@admin.register(Patient)
class PatientAdmin(RecordAdmin):
    list_display = ("mrn", "family_name", "given_name", "birth_date")
    search_fields = ("=id",)  # a search stands in the address, where no name or record number may
    ordering = ("practice", "mrn")
    audited_reads = audited_lists = True
