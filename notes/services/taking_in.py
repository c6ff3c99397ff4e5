"""Taking results in, so that one that can't be taken in holds up nothing and is not tried for ever."""

from __future__ import annotations

from uuid import UUID

import structlog
from django.db import OperationalError
from django.db.models import F

from config.connections import leave_connection_usable
from consent.audit import audited
from consent.transitions import StaleState
from notes.models import Submission
from notes.services.results import apply
from notes.services.settling import fail
from notes.soapnoteapi.errors import NotTakenIn
from notes.soapnoteapi.schemas import EngineNote

log = structlog.get_logger(__name__)
MOST_TRIES = 3


def take_in(*, submission_id: UUID, engine_note: EngineNote, source: str) -> None:
    """`results.apply`, with each try counted before it is made: a result may take its worker down with it.

    Raises NotTakenIn when it fails; after the last try the submission has failed, in words, for a person to look at.
    """
    row = Submission.objects.filter(pk=submission_id)
    if not row.filter(result_tries__lt=MOST_TRIES).update(result_tries=F("result_tries") + 1):
        _park(submission_id)
        raise NotTakenIn
    try:
        apply(submission_id=submission_id, engine_note=engine_note, source=source)
    except OperationalError:
        raise
    except Exception:
        leave_connection_usable()
        log.exception("result could not be taken in", submission=str(submission_id))
        if row.filter(result_tries__gte=MOST_TRIES).exists():
            _park(submission_id)
        raise NotTakenIn from None


def _park(submission_id: UUID) -> None:
    try:
        with audited():
            submission = Submission.objects.select_related("encounter").get(pk=submission_id)
            fail(submission, code=NotTakenIn.default_code, words=NotTakenIn.default_human)
    except StaleState:
        log.info("finished by another way meanwhile", submission=str(submission_id))
