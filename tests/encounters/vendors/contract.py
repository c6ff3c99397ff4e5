"""What holds for every video vendor, from the callback to the deletion of the vendor's copy.

A vendor's test module subclasses ``VendorContract`` and gives it the fixture ``fake``; each test then runs against that
fake over real HTTP, through the product's own address, services and door.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from consent.models import AuditEvent
from encounters.models import AudioCopy, Call, Recording, VendorEvent, VendorRecording
from encounters.services.recordings import open_recording
from encounters.services.video import downloading
from encounters.services.video.calls import CallTaken, call_bind
from encounters.services.video.connections import callback_url, video_connection_test
from encounters.services.video.quarantine import quarantine_discard, quarantine_link
from encounters.services.video.sweeping import permission_changed, permission_withdrawn
from notes.models import Submission
from tests.encounters.vendors.fake import FakeVendor, SignedCallback
from tests.encounters.vendors.working import later, work, work_until
from tests.factories.consent import AgreementFactory, ConsentFactory
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import EngineAccountFactory
from tests.factories.video import VideoConnectionFactory
from tests.fixtures_audio import wav_bytes


class VendorContract:
    """Subclasses define the fixture ``fake`` (a FakeVendor, closed afterwards)."""

    unsigned_answer = 401

    @pytest.fixture(autouse=True)
    def _public(self, settings: Any) -> None:
        settings.PUBLIC_BASE_URL = "https://notes.example.org"

    @pytest.fixture
    def connection(self, fake: FakeVendor, practice: Any) -> Any:
        fields = fake.connection()
        options = {**fields.pop("options", {}), "media_origins": [fake.media_server.origin]}
        host = fields.pop("host", fake.api_server.origin)
        return VideoConnectionFactory(
            practice=practice, vendor=fake.slug, host=host, options=options, **fields
        )

    @pytest.fixture
    def visit(self, practice: Any) -> Any:
        return EncounterFactory(practice=practice, consented=True, status="in_progress", ended_at=None)

    @pytest.fixture
    def audio(self) -> bytes:
        return wav_bytes(seconds=7.0)

    # Driving

    def bind(self, visit: Any, connection: Any, external_id: str) -> Call:
        return call_bind(
            encounter=visit,
            connection=connection,
            external_id=external_id,
            actor=visit.provider,
            origin=Call.Origin.SERVER,
        )

    def post(self, connection: Any, callback: SignedCallback) -> Any:
        headers = dict(callback.headers)
        kind = headers.pop("Content-Type", "application/json")
        path = callback_url(connection).removeprefix("https://notes.example.org")
        return Client().post(path, callback.body, content_type=kind, headers=headers)

    def deliver(self, fake: FakeVendor, connection: Any, call: str) -> None:
        """Everything the vendor has to say by now; also what was said before, since vendors repeat themselves."""
        for callback in fake.callbacks(call, callback_url(connection)):
            assert self.post(connection, callback).status_code < 300

    def finish(self, fake: FakeVendor, connection: Any, call: str) -> None:
        """Callbacks and work in turns, until nothing is left at the vendor."""

        def over() -> bool:
            self.deliver(fake, connection, call)
            rows = VendorRecording.objects.filter(connection=connection)
            return rows.exists() and not rows.filter(discarded_at=None).exists()

        work_until(over)

    # The way it should go

    def test_a_finished_call_becomes_a_stored_recording_and_a_submission(
        self, fake, connection, visit, audio, django_capture_on_commit_callbacks
    ):
        EngineAccountFactory(practice=visit.practice)
        AgreementFactory(practice=visit.practice)
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        with django_capture_on_commit_callbacks(execute=True):
            self.finish(fake, connection, call)
        recording = Recording.objects.get(encounter=visit)
        assert recording.state == "stored"
        with open_recording(recording) as reader:
            assert reader.read() == audio
        assert recording.sha256 == hashlib.sha256(audio).hexdigest()
        assert Submission.objects.get(encounter=visit).recording == recording
        visit.refresh_from_db()
        assert visit.status == "ended"
        connection.refresh_from_db()
        assert connection.state == "working"

    def test_the_vendors_copy_is_deleted_with_proof_in_the_ledger(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        assert fake.copies(call) > 0
        self.finish(fake, connection, call)
        assert fake.copies(call) == 0
        copy = AudioCopy.objects.get(recording__encounter=visit, place="vendor")
        assert copy.deleted_at is not None
        assert copy.evidence
        assert AuditEvent.objects.filter(action="vendor_copy.deleted", encounter_id=visit.pk).exists()

    def test_twice_and_out_of_order_end_in_the_same_place(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        said = fake.callbacks(call, callback_url(connection))
        for callback in [*reversed(said), *said, *said]:
            assert self.post(connection, callback).status_code < 300
        assert VendorEvent.objects.filter(connection=connection).count() <= len(said)
        self.finish(fake, connection, call)
        self.deliver(fake, connection, call)
        work()
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_a_callback_before_our_own_row_is_not_lost(self, fake, connection, visit, audio):
        call = fake.new_call()
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work()
        assert not Recording.objects.filter(encounter=visit).exists()
        self.bind(visit, connection, call)
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_without_any_callback_polling_finds_it(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        later()
        work_until(lambda: fake.copies(call) == 0)
        assert Recording.objects.get(encounter=visit).state == "stored"
        assert not VendorEvent.objects.exists()

    def test_the_connection_test_says_what_works_and_what_does_not(self, fake, connection, administrator):
        good, words = video_connection_test(connection=connection, actor=administrator)
        assert good, words
        fake.faults.add("keys_refused")
        good, words = video_connection_test(connection=connection, actor=administrator)
        assert not good
        connection.refresh_from_db()
        assert (connection.state, connection.last_error) == ("trouble", words)

    # Strangers

    def test_a_forged_callback_is_refused_counted_and_not_stored(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        for callback in fake.callbacks(call, callback_url(connection)):
            assert self.post(connection, fake.forged(callback)).status_code == 401
            unsigned = SignedCallback(callback.body, {})
            assert self.post(connection, unsigned).status_code == self.unsigned_answer
            changed = SignedCallback(callback.body + b" ", callback.headers)
            assert self.post(connection, changed).status_code == 401
        assert not VendorEvent.objects.exists()
        connection.refresh_from_db()
        assert connection.refused_callbacks > 0
        assert AuditEvent.objects.filter(action="vendor.callback_refused").count() == 1

    def test_without_a_secret_everything_is_refused(self, fake, connection, visit, audio):
        call = fake.new_call()
        fake.end_call(call, [audio])
        connection.webhook_secret = ""
        connection.save()
        for callback in fake.callbacks(call, callback_url(connection)):
            assert self.post(connection, callback).status_code == 401

    def test_the_previous_secret_still_verifies(self, fake, connection, visit, audio):
        call = fake.new_call()
        fake.end_call(call, [audio])
        connection.previous_webhook_secret, connection.webhook_secret = (
            connection.webhook_secret,
            self.other_secret(),
        )
        connection.save()
        self.deliver(fake, connection, call)
        assert VendorEvent.objects.exists()

    def other_secret(self) -> str:
        """Another secret of the vendor's shape."""
        return "another secret"

    def test_an_endless_body_is_not_read(self, fake, connection):
        huge = SignedCallback(b"x" * 300_000, {})
        assert self.post(connection, huge).status_code == 413

    def test_an_inactive_connection_is_a_404(self, fake, connection):
        connection.active = False
        connection.save()
        assert self.post(connection, SignedCallback(b"", {})).status_code == 404

    # Whose is it

    def test_what_nobody_bound_waits_for_a_person_and_is_not_downloaded(self, fake, connection, visit, audio):
        call = fake.new_call()
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work()
        row = VendorRecording.objects.quarantined().get()
        assert fake.media_server.asked == []
        quarantine_link(row=row, encounter=visit, actor=visit.provider)
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_nobodys_recording_is_deleted_at_the_vendor_without_a_download(
        self, fake, connection, visit, audio
    ):
        call = fake.new_call()
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work()
        row = VendorRecording.objects.quarantined().get()
        quarantine_discard(row=row, actor=visit.provider, reason="A test call")
        work_until(lambda: fake.copies(call) == 0)
        assert fake.media_server.asked == []

    def test_a_call_belongs_to_one_encounter(self, fake, connection, visit):
        call = fake.new_call()
        assert self.bind(visit, connection, call) == self.bind(visit, connection, call)
        other = EncounterFactory(practice=visit.practice, consented=True)
        with pytest.raises(CallTaken):
            self.bind(other, connection, call)

    # Permission

    @pytest.mark.parametrize("decision", ["declined", "withdrawn"])
    def test_against_the_gate_nothing_is_downloaded_and_the_vendors_copy_goes(
        self, fake, connection, visit, audio, decision
    ):
        ConsentFactory(participant=visit.participants.get(), decision=decision)
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.finish(fake, connection, call)
        assert fake.copies(call) == 0
        assert fake.media_server.asked == []
        recording = Recording.objects.get(encounter=visit)
        assert recording.state == "rejected"
        assert "delete its copy" in recording.problem
        assert AuditEvent.objects.filter(action="gate.refused", encounter_id=visit.pk).exists()

    def test_without_an_answer_it_waits_and_comes_once_consent_is_there(
        self, fake, connection, practice, audio
    ):
        visit = EncounterFactory(practice=practice, status="in_progress", ended_at=None)
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work()
        assert VendorRecording.objects.get().state == "held"
        assert fake.media_server.asked == []
        assert fake.copies(call) > 0
        ConsentFactory(participant=visit.participants.get())
        permission_changed(practice.pk)
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_nobody_answering_for_a_week_counts_as_no(self, fake, connection, practice, audio):
        visit = EncounterFactory(practice=practice, status="in_progress", ended_at=None)
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        work()
        VendorRecording.objects.update(found_at=timezone.now() - timedelta(days=8))
        later()
        work_until(lambda: fake.copies(call) == 0)
        assert Recording.objects.get(encounter=visit).state == "rejected"

    def test_consent_withdrawn_in_the_middle_of_the_download_ends_it(
        self, fake, connection, visit, audio, monkeypatch
    ):
        real = downloading.fetch

        def withdrawn_meanwhile(*args: Any, **kwargs: Any) -> Any:
            answer = real(*args, **kwargs)
            ConsentFactory(participant=visit.participants.get(), decision="withdrawn")
            permission_withdrawn(visit.pk)
            return answer

        monkeypatch.setattr(downloading, "fetch", withdrawn_meanwhile)
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.finish(fake, connection, call)
        recording = Recording.objects.get(encounter=visit)
        assert recording.state == "rejected"
        assert not recording.parts.filter(slices__isnull=False).exists()
        assert fake.copies(call) == 0

    # Trouble

    @pytest.mark.parametrize(
        "fault", ["link_expired", "media_html", "media_truncated", "media_short", "down"]
    )
    def test_trouble_that_passes_costs_time_only(self, fake, connection, visit, audio, fault):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.deliver(fake, connection, call)
        fake.faults.add(fault)
        work()
        fake.faults.discard("down")
        self.finish(fake, connection, call)
        recording = Recording.objects.get(encounter=visit)
        assert recording.state == "stored"
        with open_recording(recording) as reader:
            assert reader.read() == audio

    def test_a_link_to_a_private_address_is_not_followed(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        fake.faults.add("redirect_private")
        self.deliver(fake, connection, call)
        for _ in range(4):
            work()
            self.deliver(fake, connection, call)
            later()
        row = VendorRecording.objects.get()
        assert (row.state, row.last_error_code) == ("failed", "bad_answer")
        assert Recording.objects.get(encounter=visit).state == "failed"

    def test_credentials_never_reach_the_media_storage(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        self.finish(fake, connection, call)
        assert fake.media_server.asked
        for asked in fake.media_server.asked:
            assert not {"authorization", "x-opentok-auth", "cookie"} & set(asked.headers)

    def test_a_deletion_that_fails_is_tried_until_it_works(self, fake, connection, visit, audio):
        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        fake.faults.add("delete_refused")
        self.deliver(fake, connection, call)
        work_until(lambda: VendorRecording.objects.filter(state="stored", last_error_code__gt="").exists())
        assert AudioCopy.objects.get(place="vendor").deleted_at is None
        fake.faults.discard("delete_refused")
        self.finish(fake, connection, call)
        assert AudioCopy.objects.get(place="vendor").deleted_at is not None

    def test_a_dead_worker_costs_its_lease_only(self, fake, connection, visit, audio, monkeypatch):
        class Killed(BaseException):
            pass

        def dies(**_: Any) -> None:
            raise Killed

        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        with monkeypatch.context() as patched:
            patched.setattr(downloading, "recording_finish", dies)
            with pytest.raises(Killed):
                self.finish(fake, connection, call)
        row = VendorRecording.objects.get()
        assert row.state == "downloading"
        work()
        row.refresh_from_db()
        assert row.state == "downloading", "the dead worker's lease still holds"
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def test_a_worker_that_lost_its_lease_leaves_the_recording_to_the_other(
        self, fake, connection, visit, audio, monkeypatch
    ):
        real = downloading.fetch

        def taken_over(*args: Any, **kwargs: Any) -> Any:
            answer = real(*args, **kwargs)
            VendorRecording.objects.update(lease=uuid4(), lease_until=timezone.now() + timedelta(minutes=1))
            return answer

        call = fake.new_call()
        self.bind(visit, connection, call)
        fake.end_call(call, [audio])
        with monkeypatch.context() as patched:
            patched.setattr(downloading, "fetch", taken_over)
            work_until(lambda: self._delivered_and_downloading(fake, connection, call))
        assert Recording.objects.get(encounter=visit).bytes == 0
        later()
        self.finish(fake, connection, call)
        assert Recording.objects.get(encounter=visit).state == "stored"

    def _delivered_and_downloading(self, fake: FakeVendor, connection: Any, call: str) -> bool:
        self.deliver(fake, connection, call)
        return VendorRecording.objects.filter(state="downloading").exists()
