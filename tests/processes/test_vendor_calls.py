"""A call ends at each vendor, and the note is in review with no hand on it: web, worker and vendor as processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from encounters.models import AudioCopy, VendorRecording
from notes.models import Note
from tests.fake_vendors import FAKES, play
from tests.processes.engine import Engine
from tests.processes.site import Site, write_wav

pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.xdist_group("processes")]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_wav(tmp_path_factory.mktemp("audio") / "call.wav", 0.5).read_bytes()


@pytest.mark.parametrize("vendor", FAKES)
def test_a_call_ends_and_its_note_is_in_review(
    site: Site, engine: Engine, spoken: bytes, vendor: str
) -> None:
    access = json.loads(Path(site.stage.access).read_text(encoding="utf-8"))
    before = len(engine.accepted)

    encounter = play(vendor, access, site.provider, spoken)

    pk = encounter.split("/")[2]
    assert Note.objects.using(site.alias).get(encounter=pk).state == "in_review"
    assert len(engine.accepted) - before == 1
    (row,) = VendorRecording.objects.using(site.alias).filter(call__encounter=pk)
    assert row.discarded_at is not None
    copy = AudioCopy.objects.using(site.alias).get(recording__encounter=pk, place="vendor")
    assert copy.deleted_at is not None
    page = site.provider.session.get(encounter)
    for step in (
        "Bound a call to an encounter",
        "Vendor’s recording: stored here",
        "Vendor deleted its copy",
    ):
        assert step in page, step


def test_pages_of_other_sites_may_load_the_capture_module(site: Site) -> None:
    for name in ("capture", "mixer", "segments", "server", "store"):
        answer = requests.get(f"{site.stage.base_url}/static/encounters/capture/{name}.js", timeout=10)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*"), name
        assert answer.headers.get("Cross-Origin-Resource-Policy") in {None, "cross-origin"}
