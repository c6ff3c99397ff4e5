"""Encounters, recordings and the whereabouts of audio: to look at only, without what was said."""

from __future__ import annotations

from django.contrib import admin

from consent.admin.base import RecordAdmin, RecordInline
from encounters.models import (
    AudioCopy,
    CaptureGrant,
    Encounter,
    Participant,
    Recording,
    RecordingPart,
    RecordingSlice,
)


class ParticipantInline(RecordInline):
    model = Participant


class RecordingPartInline(RecordInline):
    model = RecordingPart


class AudioCopyInline(RecordInline):
    model = AudioCopy


@admin.register(Encounter)
class EncounterAdmin(RecordAdmin):
    list_display = ("id", "status", "next_step", "scheduled_at", "provider", "modality")
    list_filter = ("status", "next_step", "modality")
    list_select_related = ("provider",)
    search_fields = ("=id",)
    ordering = ("-id",)
    inlines = (ParticipantInline,)
    audited_reads = True


@admin.register(Participant)
class ParticipantAdmin(RecordAdmin):
    practice_path = "encounter__practice_id"
    list_display = ("id", "role", "encounter", "joined_at")
    list_select_related = ("encounter",)
    ordering = ("-id",)
    audited_reads = True


@admin.register(CaptureGrant)
class CaptureGrantAdmin(RecordAdmin):
    practice_path = "encounter__practice_id"
    hidden = ("token_sha256",)
    list_display = ("created_at", "grantee_label", "expires_at")
    ordering = ("-id",)


@admin.register(Recording)
class RecordingAdmin(RecordAdmin):
    practice_path = "encounter__practice_id"
    list_display = ("id", "state", "source", "format", "duration_seconds", "bytes", "problem", "created_at")
    list_filter = ("state", "source")
    search_fields = ("=id",)
    ordering = ("-id",)
    inlines = (RecordingPartInline, AudioCopyInline)
    audited_reads = True


@admin.register(RecordingPart)
class RecordingPartAdmin(RecordAdmin):
    practice_path = "recording__encounter__practice_id"
    list_display = ("id", "recording", "number", "media_type", "bytes", "duration_seconds")
    list_select_related = ("recording",)
    ordering = ("-id",)


@admin.register(RecordingSlice)
class RecordingSliceAdmin(RecordAdmin):
    practice_path = "part__recording__encounter__practice_id"
    list_display = ("id", "part", "number", "bytes")
    list_select_related = ("part",)
    ordering = ("-id",)


@admin.register(AudioCopy)
class AudioCopyAdmin(RecordAdmin):
    practice_path = "recording__encounter__practice_id"
    list_display = ("recording", "place", "holder", "created_at", "delete_by", "deleted_at")
    list_filter = ("place",)
    list_select_related = ("recording",)
    ordering = ("-id",)
