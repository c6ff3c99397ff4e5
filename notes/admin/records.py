"""Submissions, notes and chart entries: states, times and hashes, never what a note says."""

from __future__ import annotations

from django.contrib import admin

from consent.admin.base import RecordAdmin
from notes.models import (
    Addendum,
    ChangeCounter,
    FhirDocument,
    FiledDocument,
    IdempotentRequest,
    Note,
    Rendering,
    Revision,
    Signature,
    Submission,
)


@admin.register(Submission)
class SubmissionAdmin(RecordAdmin):
    practice_path = "encounter__practice_id"
    list_display = ("id", "state", "kind", "attempts", "polls", "last_error", "next_attempt_at", "created_at")
    list_filter = ("state", "kind")
    search_fields = ("=id", "=upstream_note_id")
    ordering = ("-id",)
    audited_reads = True


@admin.register(Note)
class NoteAdmin(RecordAdmin):
    list_display = ("id", "state", "sandbox", "signer", "signed_at", "filed_at")
    list_filter = ("state", "sandbox")
    list_select_related = ("signer",)
    search_fields = ("=id",)
    ordering = ("-id",)
    audited_reads = True


@admin.register(Revision)
class RevisionAdmin(RecordAdmin):
    practice_path = "note__practice_id"
    list_display = ("id", "note", "number", "kind", "author_label", "created_at")
    list_select_related = ("note",)
    search_fields = ("=note__id",)
    ordering = ("-id",)


@admin.register(Signature)
class SignatureAdmin(RecordAdmin):
    practice_path = "note__practice_id"
    list_display = ("signed_at", "printed_name", "credentials", "meaning", "note")
    list_select_related = ("note",)
    search_fields = ("=note__id",)
    ordering = ("-id",)


@admin.register(Addendum)
class AddendumAdmin(RecordAdmin):
    practice_path = "note__practice_id"
    list_display = ("created_at", "kind", "number", "note")
    list_select_related = ("note",)
    ordering = ("-id",)
    hidden = ("reason",)  # free words about a patient


@admin.register(FiledDocument)
class FiledDocumentAdmin(RecordAdmin):
    list_display = ("change_number", "practice", "note", "version", "state", "filed_at", "filed_by")
    list_filter = ("state",)
    list_select_related = ("practice", "note", "filed_by")
    search_fields = ("=note__id",)
    ordering = ("-id",)
    audited_reads = True


@admin.register(Rendering)
class RenderingAdmin(RecordAdmin):
    practice_path = "document__practice_id"
    list_display = ("id", "document", "format", "size")
    list_filter = ("format",)
    search_fields = ("=document__id",)
    ordering = ("-id",)


@admin.register(FhirDocument)
class FhirDocumentAdmin(RecordAdmin):
    list_display = ("position", "practice", "document", "version", "status", "updated_at")
    list_filter = ("status",)
    list_select_related = ("practice",)
    search_fields = ("=document__id", "=note__id")
    ordering = ("-id",)


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(RecordAdmin):
    practice_path = "integration__practice_id"
    list_display = ("created_at", "integration", "status")
    list_select_related = ("integration",)
    ordering = ("-id",)


@admin.register(ChangeCounter)
class ChangeCounterAdmin(RecordAdmin):
    list_display = ("practice", "value")
    list_select_related = ("practice",)
