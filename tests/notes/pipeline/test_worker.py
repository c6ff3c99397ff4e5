"""The worker as it really runs: processes that are killed, and work that is done all the same."""

from __future__ import annotations

import os
import random
import signal
import threading
import time

import pytest

from tests.notes.pipeline.lab import Lab, processes
from tests.notes.pipeline.upstream import Upstream

pytestmark = pytest.mark.slow

SEED = """
from notes.models import EngineAccount, Submission, Note, Revision
from tests.factories.encounters import EncounterFactory
from tests.factories.notes import EngineAccountFactory
from tests.fixtures_audio import upload, wav_bytes
from tests.factories.people import PracticeFactory, UserFactory
UserFactory.reset_sequence(time.time_ns() // 1_000_000)  # every run of this code counts anew
def seed(url, count, seconds=20.0):
    practice = PracticeFactory()
    EngineAccountFactory(practice=practice, base_url=url, api_key="snapi_sk_live_of_a_test", signature_profile="t-v1")
    made = []
    for n in range(count):
        visit = EncounterFactory(practice=practice, consented=True, agreement=(n == 0))
        made.append(str(upload(visit, wav_bytes(seconds=seconds, rate=16000)).encounter_id))
    return made
"""
BEATING = """
from config.models import Heartbeat
deadline = time.monotonic() + 120
while not Heartbeat.objects.filter(name="worker").exists():
    assert time.monotonic() < deadline, "the worker never beat"
    time.sleep(0.1)
"""
WAIT = """
from notes.models import Note, Submission
from encounters.models import Encounter
deadline = time.monotonic() + {within}
while time.monotonic() < deadline and Note.objects.count() < {notes}:
    time.sleep(0.1)
out = {{
    "notes": Note.objects.count(),
    "drafts": [note.revisions.filter(kind="draft").count() for note in Note.objects.all()],
    "states": list(Submission.objects.values_list("state", "last_error_code")),
    "waited": {within} - (deadline - time.monotonic()),
}}
"""


@pytest.fixture
def engine():
    server = Upstream()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["orm", pytest.param("redis", marks=pytest.mark.redis)])
def lab(request, tmp_path):
    env = {"BROKER_URL": "redis://127.0.0.1:6379/9"} if request.param == "redis" else {}
    if env:
        import redis  # noqa: PLC0415

        try:
            redis.Redis.from_url(env["BROKER_URL"], socket_timeout=1).flushdb()
        except redis.RedisError:
            pytest.skip("left out: no Redis server on this machine")
    made = Lab(tmp_path, **env)
    yield made
    made.end()


def finish_soon(engine):
    """The engine completes every job that it accepted, a moment later."""

    def work():
        while True:
            for note_id, word in list(engine.status_words.items()):
                if word == "processing":
                    engine.finish(note_id)
            time.sleep(0.05)

    threading.Thread(target=work, daemon=True).start()


def seed(lab, engine, count=1, seconds=20.0):
    return lab.run(f"{SEED}\nout = seed({engine.url!r}, {count}, {seconds})")


def notes_within(lab, notes, within):
    return lab.run(WAIT.format(notes=notes, within=within))


def assert_one_draft_each(found, count):
    assert found["notes"] == count, found
    assert found["drafts"] == [1] * count, found
    assert {state for state, _ in found["states"]} == {"completed"}, found


def test_a_recording_becomes_a_note_and_a_stop_leaves_nothing_behind(lab, engine):
    finish_soon(engine)
    lab.start_worker()
    lab.run(BEATING)
    group = lab.wait_for_group()
    seed(lab, engine)
    assert_one_draft_each(notes_within(lab, 1, 60), 1)
    assert lab.stop_worker() < 30
    assert not set(group) & set(processes())


def test_killed_idle_workers_stop_a_stock_cluster_and_not_ours(lab, engine):
    finish_soon(engine)
    lab.start_worker()
    lab.run(BEATING)
    group = lab.wait_for_group()
    main = group[0]
    for pid in group[2:]:  # all but main and sentinel: the one that holds the queue's lock is among them
        os.kill(pid, signal.SIGKILL)
    seed(lab, engine)
    assert_one_draft_each(notes_within(lab, 1, 120), 1)
    assert main is not None


def test_a_killed_main_process_is_replaced_and_its_orphans_go(lab, engine):
    finish_soon(engine)
    lab.start_worker()
    lab.run(BEATING)
    group = lab.wait_for_group()
    os.kill(group[0], signal.SIGKILL)
    fresh = lab.wait_for_group(other_than=group[0])
    assert not set(group) & set(processes())
    assert not set(group) & set(fresh)
    seed(lab, engine)
    assert_one_draft_each(notes_within(lab, 1, 60), 1)


def test_a_worker_killed_at_five_random_points_of_a_submission_delivers_exactly_once(lab, engine):
    finish_soon(engine)
    engine.reading = lambda _left: time.sleep(0.01)  # about half a second an upload
    lab.start_worker()
    lab.run(BEATING)
    points = random.Random(os.environ.get("PYTEST_RANDOMLY_SEED"))
    for expected in range(1, 6):
        seed(lab, engine)
        time.sleep(points.uniform(0, 0.8))
        before = lab.main_pid()
        for pid in lab.group():
            os.kill(pid, signal.SIGKILL)
        lab.wait_for_group(other_than=before)
        assert_one_draft_each(notes_within(lab, expected, 120), expected)
