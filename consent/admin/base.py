"""What every administration page shares: practice scoping, no deletion, no clinical text, an audit event per write.

Staff see the practices in which they hold an active administrator membership, superusers all of them. The stock
per-model permissions don't count here. Another practice's row is a 404, like one that never was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse

from config.crypto.fields import EncryptedField
from consent.audit import Acting, audited, record

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    BasePaginator = Paginator[Any]
else:
    ModelAdmin = admin.ModelAdmin
    BasePaginator = Paginator

COUNTED = 10_000
Rows = models.QuerySet[Any]


def administered(request: HttpRequest) -> frozenset[UUID]:
    """Practices that the signed-in person administers; asked for once per request."""
    found: frozenset[UUID] | None = getattr(request, "_administered", None)
    if found is None:
        user: Any = request.user
        found = frozenset(
            user.memberships.filter(active=True, role="admin").values_list("practice_id", flat=True)
            if user.is_active and user.is_staff
            else ()
        )
        request._administered = found  # type: ignore[attr-defined]
    return found


def is_superuser(request: HttpRequest) -> bool:
    user = request.user
    return bool(user.is_active and user.is_staff and user.is_superuser)


def actor_of(request: HttpRequest) -> Acting:
    return cast("Acting", request.user)


class CappedPaginator(BasePaginator):
    """Counts at most COUNTED rows, so that a list of a million opens as fast as one of fifty."""

    @cached_property
    def count(self) -> int:
        rows = cast("Rows", self.object_list)
        return rows.order_by()[:COUNTED].count()


class PracticeAdmin(ModelAdmin):
    """Base of all administration pages. `practice_path` leads from the model to the practice's id."""

    practice_path: str = "practice_id"
    superusers_only = False
    audit_action = "admin.changed"
    # Fields whose old and new values may stand in the audit trail. Of others only the name does.
    audited_values: tuple[str, ...] = ()
    audited_reads = False  # of single rows
    audited_lists = False
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    actions_on_bottom = False

    def get_queryset(self, request: HttpRequest) -> Rows:
        rows: Rows = super().get_queryset(request)
        if is_superuser(request):
            return rows
        return rows.filter(**{f"{self.practice_path}__in": administered(request)})

    def admits(self, request: HttpRequest) -> bool:
        return is_superuser(request) or (not self.superusers_only and bool(administered(request)))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admits(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admits(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admits(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admits(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing here is deleted: it proves something, or something that does refers to it."""
        return False

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        if not is_superuser(request):
            kwargs["queryset"] = choices_within(db_field.related_model, administered(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Store what the form changed and nothing else, with its audit event."""
        names = {field.name for field in obj._meta.concrete_fields}
        with audited():
            if change:
                obj.save(update_fields=[name for name in form.changed_data if name in names])
            else:
                obj.save(force_insert=True)
            record(
                self.audit_action,
                actor=actor_of(request),
                practice=practice_of(obj, self.practice_path),
                target=obj,
                data={"added": not change, "fields": form.changed_data, **self._values(form)},
            )

    def _values(self, form: Any) -> dict[str, Any]:
        shown = [name for name in form.changed_data if name in self.audited_values]
        values = {name: [form.initial.get(name), form.cleaned_data.get(name)] for name in shown}
        return {"values": values} if values else {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if self.audited_reads and request.method == "GET":
            obj = self.get_object(request, object_id)
            if obj is not None:
                note_read(request, obj)
        return super().change_view(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.audited_lists and self.admits(request):
            for practice in administered(request) or (None,):
                record(
                    "admin.viewed",
                    actor=actor_of(request),
                    practice=practice,
                    data={"list": self.opts.label_lower},
                )
        return super().changelist_view(request, extra_context)

    def _get_obj_does_not_exist_redirect(
        self, _request: HttpRequest, _opts: Any, _object_id: str
    ) -> HttpResponse:
        raise Http404


class RecordAdmin(PracticeAdmin):
    """Rows to look at only. Shows every column but encrypted, binary and `hidden` ones."""

    hidden: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return shown_fields(self.model, self.hidden)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return shown_fields(self.model, self.hidden)


class RecordInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows of a record to look at only."""

    extra = 0
    can_delete = False
    hidden: tuple[str, ...] = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request) or bool(administered(request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(name for name in shown_fields(self.model, self.hidden) if name != "id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj)


def shown_fields(model: type[models.Model], hidden: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        field.name
        for field in model._meta.concrete_fields
        if not isinstance(field, EncryptedField | models.BinaryField) and field.name not in hidden
    )


def choices_within(model: Any, practices: frozenset[UUID]) -> Rows:
    """What a person may choose as the target of a reference: rows of their own practices, else nothing."""
    rows: Rows = model._default_manager.all()
    label = model._meta.label
    if label == "encounters.Practice":
        return rows.filter(pk__in=practices)
    if label == "encounters.User":
        return rows.filter(memberships__practice__in=practices).distinct()
    if any(field.name == "practice" for field in model._meta.concrete_fields):
        return rows.filter(practice__in=practices)
    return rows.none()


def practice_of(obj: Any, path: str) -> UUID | None:
    """The id at the end of a path such as `encounter__practice_id`; None for a model that belongs to no practice."""
    for name in filter(None, path.split("__")):
        obj = getattr(obj, name)
    return cast("UUID", obj) if path else None


def note_read(request: HttpRequest, obj: Any) -> None:
    """Audit that somebody opened a row that speaks of a patient."""
    context: Mapping[str, Any] = obj.audit_context() if hasattr(obj, "audit_context") else {}
    if not context and hasattr(obj, "practice_id"):
        context = {"practice": obj.practice_id}
    record("admin.viewed", actor=actor_of(request), target=obj, **context)
