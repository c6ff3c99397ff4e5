from __future__ import annotations

from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from notes.content import Content, clean_content, content_hash
from notes.models import Addendum, EngineAccount, Note, Revision, Submission
from notes.services.revisions import revision_make
from tests.factories.encounters import EncounterFactory
from tests.factories.people import PracticeFactory

TRANSCRIPT = [
    {"speaker": "Clinician", "start": 0.0, "end": 3.2, "text": "What brings you in today?"},
    {
        "speaker": "Patient",
        "start": 3.4,
        "end": 9.8,
        "text": "My left knee has hurt for two weeks, mostly on stairs.",
    },
    {
        "speaker": "Clinician",
        "start": 10.1,
        "end": 14.0,
        "text": "Take ibuprofen 400 mg twice a day, with food.",
    },
]


def content(**sections: str) -> Content:
    """A note's content as plain data; sections may be given by name."""
    return clean_content(
        {
            "sections": {
                "subjective": "Left knee pain for two weeks, worse on stairs.",
                "objective": "No swelling seen on video.",
                "assessment": "Patellofemoral pain.",
                "plan": "Ibuprofen 400 mg twice a day with food. Return in three weeks.",
                **sections,
            },
            "billing_codes": [{"system": "ICD-10-CM", "code": "M25.562", "description": "Pain in left knee"}],
            "patient_summary": "Your knee hurts because the kneecap is irritated. Take ibuprofen with food.",
        }
    )


class EngineAccountFactory(DjangoModelFactory[EngineAccount]):
    class Meta:
        model = EngineAccount

    practice = factory.SubFactory(PracticeFactory)
    name = "Sandbox"
    kind = EngineAccount.Kind.SANDBOX
    base_url = "http://127.0.0.1:8900"
    api_key = "demo-key"
    webhook_secret = "demo-webhook-secret"
    signature_profile = EngineAccount.Profile.HEADER_TS


class SubmissionFactory(DjangoModelFactory[Submission]):
    """A typed transcript waiting to be sent. Pass ``recording`` and ``kind="audio", text=None`` for audio."""

    class Meta:
        model = Submission

    class Params:
        processing = factory.Trait(
            state="processing",
            upstream_note_id=factory.Sequence(lambda n: f"note-{n}"),
            sent_at=factory.LazyFunction(timezone.now),
            accepted_at=factory.LazyFunction(timezone.now),
        )
        completed = factory.Trait(
            state="completed",
            upstream_note_id=factory.Sequence(lambda n: f"note-{n}"),
            sent_at=factory.LazyFunction(timezone.now),
            accepted_at=factory.LazyFunction(timezone.now),
            completed_at=factory.LazyFunction(timezone.now),
        )

    encounter = factory.SubFactory(EncounterFactory, consented=True, agreement=True)
    account = factory.LazyAttribute(
        lambda o: (
            EngineAccount.objects.filter(practice=o.encounter.practice, active=True).first()
            or EngineAccountFactory(practice=o.encounter.practice)
        )
    )
    kind = "text"
    text = "Patient: my left knee has hurt for two weeks. Clinician: take ibuprofen with food."
    state = "queued"


class NoteFactory(DjangoModelFactory[Note]):
    """A draft in review with its first revision. ``signed=True`` has the provider of the visit sign it,
    ``filed=True`` also files it; both through the services, so that every row is a real one."""

    class Meta:
        model = Note
        skip_postgeneration_save = True

    encounter = factory.SubFactory(EncounterFactory, consented=True, agreement=True)
    practice = factory.SelfAttribute("encounter.practice")
    patient = factory.SelfAttribute("encounter.patient")
    working = factory.LazyFunction(content)
    transcript = factory.LazyFunction(lambda: [dict(line) for line in TRANSCRIPT])

    @factory.post_generation
    def draft(obj: Note, create: bool, extracted: object, **_: object) -> None:  # noqa: N805
        if create and extracted is not False:
            made_by = SubmissionFactory(encounter=obj.encounter, completed=True)
            obj.current_revision = revision_make(
                note=obj,
                kind=Revision.Kind.DRAFT,
                content=obj.working,
                author=None,
                author_label="SOAPNoteAPI",
                submission=made_by,
            )
            obj.save(update_fields=["current_revision"])

    @factory.post_generation
    def signed(obj: Note, create: bool, extracted: object, **_: object) -> None:  # noqa: N805
        if create and extracted:
            sign(obj)

    @factory.post_generation
    def filed(obj: Note, create: bool, extracted: object, **_: object) -> None:  # noqa: N805
        if create and extracted:
            from notes.services.filing import note_file  # noqa: PLC0415

            if obj.signature_id is None:
                sign(obj)
            note_file(note=obj, actor=obj.encounter.provider)
            obj.refresh_from_db()


def sign(note: Note, *, by: Any = None) -> Note:
    """Sign the working copy as it stands, as the visit's provider unless told otherwise."""
    from notes.services.signing import note_sign  # noqa: PLC0415

    note.refresh_from_db()
    note_sign(
        note=note,
        actor=by or note.encounter.provider,
        version=note.version,
        content_sha256=content_hash(note.working),
        attested=True,
        authenticated_at=timezone.now(),
        authenticated_by="password",
    )
    return note


def retract(note: Note, *, by: Any = None, **given: Any) -> Addendum:
    """Mark the note as entered in error, as its signer unless told otherwise."""
    from notes.services.retraction import note_retract  # noqa: PLC0415

    asked = {
        "reason": "Wrong patient",
        "attested": True,
        "authenticated_at": timezone.now(),
        "authenticated_by": "password",
        **given,
    }
    return note_retract(note=note, actor=by or note.signer, **asked)
