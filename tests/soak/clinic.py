"""The clinic at work: visits come in steadily, and drafts are corrected, signed, filed and added to."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from pathlib import Path

from django.utils import timezone

from config.http import HttpFailure
from notes.demo.session import PageError
from notes.models import Note, Submission
from notes.states import NoteState
from tests.soak.deployment import seen
from tests.soak.people import Clinician, GaveUp, patiently
from tests.soak.recordings import write_clip
from tests.soak.visits import Diary, Kind, Visit


class Desk:
    """One tab that plays visits up to the point where everything was handed over."""

    def __init__(self, clinician: Clinician, diary: Diary, folder: Path) -> None:
        self.clinician, self.diary, self.folder = clinician, diary, folder

    def play(self, kind: Kind | None = None) -> Visit:
        visit = self.diary.begin(kind)
        try:
            visit.encounter = patiently(self.clinician.book)
            self._through(visit)
            visit.submitted_at = timezone.now()
        except GaveUp as why:
            visit.gave_up = str(why)
        return visit

    def _through(self, visit: Visit) -> None:
        if visit.kind == Kind.DECLINED:
            patiently(lambda: self.clinician.answer(visit.encounter, "declined"))
        if visit.recorded:
            patiently(lambda: self.clinician.answer(visit.encounter, "granted"))
            self._record(visit)
        else:
            self._type(visit)

    def _record(self, visit: Visit) -> None:
        audio = write_clip(self.folder, visit.number)
        try:
            if visit.kind == Kind.WITHDRAWN:
                self._withdraw_while_sending(visit, audio)
            else:
                patiently(lambda: self.clinician.send(visit.encounter, audio))
        finally:
            audio.unlink()
        if visit.kind == Kind.WITHDRAWN_LATE:
            time.sleep(random.Random(visit.number).uniform(0, 3))
            self._withdraw(visit)

    def _withdraw_while_sending(self, visit: Visit, audio: Path) -> None:
        half = audio.stat().st_size // 2

        def refuse(offset: int) -> None:
            if offset >= half and not visit.withdrawn_at:
                self._withdraw(visit)

        def send() -> None:
            with suppress(PageError):  # refused from here on, which is how it should be
                self.clinician.send(visit.encounter, audio, between=refuse)
            if not visit.withdrawn_at:
                raise PageError("it has not come so far yet")

        patiently(send)

    def _withdraw(self, visit: Visit) -> None:
        patiently(lambda: self.clinician.answer(visit.encounter, "withdrawn"))
        visit.withdrawn_at = timezone.now()

    def _type(self, visit: Visit) -> None:
        kind = "shorthand" if visit.kind == Kind.SHORTHAND else "text"

        def submit() -> None:
            """Sent again after a lost answer, it is refused because it is there: then it was handed over."""
            try:
                self.clinician.type(visit.encounter, kind, visit.dictation)
            except PageError:
                if not seen(Submission.objects.filter(encounter=visit.pk).exists):
                    raise

        patiently(submit)


class Reviewer:
    """Takes every draft one step further each time around, from where its row says it stands."""

    def __init__(self, clinician: Clinician, diary: Diary) -> None:
        self.clinician, self.diary = clinician, diary
        self.done: set[int] = set()

    def run(self, stopping: threading.Event) -> None:
        while not stopping.wait(0.5):
            self.once()

    def once(self) -> None:
        waiting = {visit.pk: visit for visit in self.diary.booked() if self._ours(visit)}
        rows = Note.objects.filter(encounter__in=list(waiting)).only("state", "version", "encounter")
        notes = seen(lambda: list(rows))
        for note in notes:
            with suppress(PageError, HttpFailure, KeyError):  # the next time around will show how far it came
                self._step(waiting[str(note.encounter_id)], note)

    def _ours(self, visit: Visit) -> bool:
        refused = visit.kind in {Kind.WITHDRAWN, Kind.WITHDRAWN_LATE}
        return visit.number not in self.done and not refused

    def _step(self, visit: Visit, note: Note) -> None:
        page = f"/notes/{note.pk}/"
        if note.state == NoteState.IN_REVIEW:
            if note.version == 1:
                self.clinician.correct(page)
            self.clinician.sign_and_file(page)
        elif note.state == NoteState.SIGNED:
            self.clinician.file(page)
        elif note.state == NoteState.FILED and visit.addendum:
            self.clinician.add(page, f"The swab of {visit.mark} was negative.")
        else:
            self.done.add(visit.number)
