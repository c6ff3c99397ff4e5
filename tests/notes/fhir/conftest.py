from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tests.notes.fhir.checking import Checker


@pytest.fixture(scope="session")
def shared_fhir() -> Path:
    """HL7's US Core package, and samples good and broken, kept beside the repository; absent on some machines."""
    folder = SHARED / "fhir"
    if not folder.is_dir():
        pytest.skip("left out: the folder of FHIR definitions (shared/fhir) is not on this machine")
    return folder


@pytest.fixture(scope="session")
def checker(shared_fhir: Path) -> Iterator[Checker]:
    folder = Path(tempfile.mkdtemp())
    yield Checker(shared_fhir / "hl7.fhir.us.core-8.0.0.tgz", folder)
    shutil.rmtree(folder)
