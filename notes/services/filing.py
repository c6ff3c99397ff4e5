"""Filing: a signed note becomes a chart entry, gets its change number and is seen outside for the first time.

Filing is a provider's own act, or happens by itself when the release hold ends, as the practice chooses. The signer
may file during the hold, which ends it; until it has ended nobody else may, since it is the signer's time to take
the signature back.

Locks are always taken in the order note, encounter, change counter, audit head, so that concurrent filers wait for
each other and never in a circle. The counter is taken when everything else is done: from there on filers of one
practice go one by one until commit, and numbers become visible in their order.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import structlog
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.utils import timezone

from config.ids import uuid7
from consent.audit import Acting, SystemActor, audited, record
from consent.transitions import StaleState, advance
from encounters.models import Encounter, Practice, Role, User
from encounters.models.access import memberships_of
from encounters.states import EncounterStatus
from notes.models import ChangeCounter, FiledDocument, Note, Rendering
from notes.services.documents import Filing, renderings
from notes.services.fhir import fhir_publish
from notes.services.rendering import blocks_of, body, payload, signed_addenda
from notes.services.webhooks.deliveries import queue
from notes.services.worklist import refresh_next_step
from notes.states import NoteState

log = structlog.get_logger(__name__)
HOLD_ENDED = SystemActor(name="release hold")
BATCH = 100
STATES = {
    NoteState.AMENDED: FiledDocument.State.AMENDED,
    NoteState.ENTERED_IN_ERROR: FiledDocument.State.ENTERED_IN_ERROR,
}


def note_file(*, note: Note, actor: Acting) -> FiledDocument:
    """File a signed note to the chart as version 1.

    Raises PermissionDenied when `actor` is no provider of the practice, or not the signer while the hold lasts;
    StaleState when the note is not signed (any more), or was signed anew since `note` was read.
    """
    now = timezone.now()
    _require_provider(note, actor)
    if isinstance(actor, User) and actor.pk != note.signer_id and note.hold_until and note.hold_until > now:
        raise PermissionDenied("Only the signer can file this note before its release hold ends.")
    return _file(note, actor, now, where=Q(signature_id=note.signature_id))


def file_due_notes(*, now: datetime | None = None, limit: int = BATCH) -> int:
    """File notes whose release hold ended, in practices that file automatically; returns how many.

    Each has a transaction of its own. One that somebody filed, took back or signed anew meanwhile is left alone,
    and one that can't be filed doesn't keep the others waiting.
    """
    moment = now or timezone.now()
    due = Note.objects.filter(
        state=NoteState.SIGNED, hold_until__lte=moment, practice__filing=Practice.Filing.AUTOMATIC
    ).order_by("hold_until")
    filed = 0
    for pk in list(
        due.values_list("pk", flat=True)
    ):  # all of them: those that fail must not fill every batch
        if filed >= limit:
            break
        note = Note.objects.get(pk=pk)
        where = Q(signature_id=note.signature_id, hold_until__lte=moment)
        try:
            _file(note, HOLD_ENDED, timezone.now(), where=where)
        except StaleState:
            continue
        except Exception:  # the note stays signed and is tried again; the others go on
            log.warning("automatic filing failed", note=str(note.pk), exc_info=True)
            continue
        filed += 1
    return filed


def document_file_amendment(*, note: Note, actor: Acting) -> FiledDocument:
    """File the next version of a filed note, with all its addenda, in place of the last one.

    Call it in the transaction that adds the addendum. Raises StaleState unless the note is filed or amended.
    """
    return _file_next(note, actor, NoteState.AMENDED)


def document_file_retraction(*, note: Note, actor: Acting) -> FiledDocument:
    """File the last version of a note: it was entered in error and is not to be relied on.

    Call it in the transaction that adds the addendum saying so. Raises StaleState unless the note is filed or amended.
    """
    return _file_next(note, actor, NoteState.ENTERED_IN_ERROR)


def _file_next(note: Note, actor: Acting, state: NoteState) -> FiledDocument:
    _require_provider(note, actor)
    now = timezone.now()
    with audited():
        advance(note, state, actor=actor)
        last = FiledDocument.objects.filter(note=note).order_by("-version").first()
        assert last is not None, "a filed note has a document"
        return _publish(note, actor, now, version=last.version + 1, state=STATES[state], replaces=last)


def _file(note: Note, actor: Acting, now: datetime, *, where: Q) -> FiledDocument:
    with audited():
        advance(note, NoteState.FILED, actor=actor, where=where, filed_at=now, hold_until=None)
        _document_encounter(note.encounter, actor)
        refresh_next_step(note.encounter_id)
        return _publish(note, actor, now, version=1, state=FiledDocument.State.FILED, replaces=None)


def _document_encounter(encounter: Encounter, actor: Acting) -> None:
    """The visit is documented; one that nobody marked as ended has ended by now."""
    if encounter.status in {EncounterStatus.SCHEDULED, EncounterStatus.IN_PROGRESS}:
        advance(encounter, EncounterStatus.ENDED, actor=actor, reason="its note was filed")
    if encounter.status == EncounterStatus.ENDED:
        advance(encounter, EncounterStatus.DOCUMENTED, actor=actor)


def _publish(
    note: Note, actor: Acting, now: datetime, *, version: int, state: str, replaces: FiledDocument | None
) -> FiledDocument:
    """Store version `version` under the practice's next change number. Last in the transaction."""
    loaded = Note.objects.select_related(
        "encounter__provider", "patient", "practice", "signature", "current_revision"
    ).get(pk=note.pk)
    rendered = payload(note=loaded, version=version, state=state, filed_at=now, replaces=replaces)
    blocks = blocks_of(loaded, signed_addenda(loaded))
    filing = Filing(uuid7(), loaded, rendered, blocks, now, replaces)
    forms = Rendering.objects.bulk_create(renderings(filing))
    queue(filing.document_id, loaded.practice_id, state, now)
    document = _store(filing, actor)
    fhir_publish(document, filing, forms)
    record(
        "note.filed",
        actor=actor,
        target=document,
        data={
            "note": str(note.pk),
            "version": version,
            "change": document.change_number,
            "sha256": document.body_sha256,
        },
        **document.audit_context(),
    )
    return document


def _store(filing: Filing, actor: Acting) -> FiledDocument:
    """The entry itself. Its renderings are there already: foreign keys are checked at commit."""
    note, rendered = filing.note, filing.payload
    change = _next_change(note)
    text = body(rendered, change=change)
    return FiledDocument.objects.create(
        pk=filing.document_id,
        practice_id=note.practice_id,
        note=note,
        encounter_id=note.encounter_id,
        patient_id=note.patient_id,
        version=rendered["version"],
        change_number=change,
        state=rendered["state"],
        body=text,
        body_sha256=hashlib.sha256(text.encode()).hexdigest(),
        replaces=filing.replaces,
        filed_at=filing.filed_at,
        filed_by=actor if isinstance(actor, User) else None,
    )


def _next_change(note: Note) -> int:
    """The practice's next change number; its row stays locked until commit."""
    counter = ChangeCounter.objects.filter(pk=note.practice_id)
    if not counter.update(value=F("value") + 1):
        ChangeCounter.objects.bulk_create(
            [ChangeCounter(practice_id=note.practice_id)], ignore_conflicts=True
        )
        counter.update(value=F("value") + 1)
    return counter.values_list("value", flat=True).get()


def _require_provider(note: Note, actor: Acting) -> None:
    if (
        isinstance(actor, User)
        and not memberships_of(actor, Role.PROVIDER).filter(practice=note.practice_id).exists()
    ):
        raise PermissionDenied("Only a provider of this practice can file a note.")
