"""Where files with protected content live: a private directory, or S3.

Nothing here needs the app registry, so settings can import it. What is stored as audio is ciphertext
(see config/crypto/stream.py); the storage adds durability and the narrowest file modes.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

PARTIAL_SUFFIX = ".partial"
# S3 objects above this size are spooled to disk when read. They hold ciphertext.
_S3_READ_MEMORY = 16 * 1024 * 1024
_S3_OPTIONS = {"region", "endpoint", "kms"}


class PrivateFileSystemStorage(FileSystemStorage):
    """Files outside every served directory: directories 0700, files 0600, no URL.

    Saving is atomic and durable: the bytes go to a temporary name beside the target, are flushed to the
    device and renamed, and the directory entry is flushed too. Saving a name again replaces it whole.
    """

    def __init__(self, location: str) -> None:
        super().__init__(
            location=location,
            allow_overwrite=True,
            file_permissions_mode=0o600,
            directory_permissions_mode=0o700,
        )

    def url(self, name: str | None) -> str:
        raise ValueError("Private files have no URL.")

    def free_space(self) -> int:
        """Bytes that can still be written here."""
        _make_private_directory(Path(self.location))
        return shutil.disk_usage(self.location).free

    def delete(self, name: str) -> None:
        super().delete(name)
        with suppress(FileNotFoundError):
            _flush_directory(Path(self.path(name)).parent)

    def remove_partials(self, older_than: float) -> int:
        """Delete what writers that were killed left behind more than `older_than` seconds ago; says how many."""
        expired = time.time() - older_than
        removed = 0
        for path in Path(self.location).rglob(f".*{PARTIAL_SUFFIX}"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < expired:
                    path.unlink()
                    removed += 1
        return removed

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        _make_private_directory(target.parent)
        with _durable_replacement(target) as descriptor:
            for chunk in content.chunks():
                _write_all(descriptor, chunk)
        return name.replace("\\", "/")


def audio_storage(url: str) -> dict[str, Any]:
    """The `STORAGES` entry for `file:///path` or `s3://bucket/prefix?region=…&endpoint=…&kms=…`.

    S3 credentials come from the usual AWS environment. `kms` is a key id for server-side encryption,
    a second layer over our own.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        path = unquote(parts.path)
        if parts.netloc not in {"", "localhost"} or not Path(path).is_absolute() or path == "/":
            raise ImproperlyConfigured("AUDIO_STORAGE_URL must be file:///an/absolute/path.")
        return {"BACKEND": "config.storage.PrivateFileSystemStorage", "OPTIONS": {"location": path}}
    if parts.scheme == "s3" and parts.hostname:
        if parts.username or parts.password:
            raise ImproperlyConfigured(
                "AUDIO_STORAGE_URL must not carry credentials; set AWS_ACCESS_KEY_ID and its secret."
            )
        query = dict(parse_qsl(parts.query))
        if unknown := query.keys() - _S3_OPTIONS:
            raise ImproperlyConfigured(
                f"AUDIO_STORAGE_URL has unknown options: {', '.join(sorted(unknown))}."
            )
        return {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": _s3_options(parts.netloc, parts.path, query),
        }
    raise ImproperlyConfigured("AUDIO_STORAGE_URL must begin with file:/// or name a bucket as s3://bucket.")


def _s3_options(bucket: str, path: str, query: dict[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bucket_name": bucket,
        "location": unquote(path).strip("/"),
        "default_acl": None,
        "file_overwrite": True,
        "max_memory_size": _S3_READ_MEMORY,
        "querystring_expire": 60,
    }
    if region := query.get("region"):
        options["region_name"] = region
    if endpoint := query.get("endpoint"):
        options["endpoint_url"] = endpoint
    if key := query.get("kms"):
        options["object_parameters"] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    return options


@contextmanager
def _durable_replacement(target: Path) -> Iterator[int]:
    """A descriptor for the new content of `target`, which takes its place only if the block succeeds."""
    partial = target.with_name(f".{target.name}.{secrets.token_hex(6)}{PARTIAL_SUFFIX}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _flush_directory(target.parent)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _make_private_directory(path: Path) -> None:
    """Create `path` and missing parents, each 0700 and flushed into its parent."""
    if path.is_dir():
        return
    _make_private_directory(path.parent)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    _flush_directory(path.parent)


def _flush_directory(path: Path) -> None:
    if os.name == "nt":  # directories can't be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
