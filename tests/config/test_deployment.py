"""A deployment as README describes it passes Django's own examination and ours."""

from __future__ import annotations

import base64
import secrets
import subprocess
import sys
from pathlib import Path

from config.env import BASE_DIR, inherited


def test_the_deployment_check_of_a_production_environment_is_clean(tmp_path: Path) -> None:
    environment = {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ENCRYPTION_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_BASE_URL": "https://notes.example",
        "ALLOWED_HOSTS": "notes.example",
        "DATABASE_URL": "postgres://app@db.example/app",
        "BROKER_URL": "redis://redis.example:6379/0",
        "AUDIO_STORAGE_URL": f"file://{tmp_path}",
        "EMAIL_URL": "smtp+tls://app:secret@mail.example:587",
        "TRUSTED_PROXIES": "1",
        "DEMO": "false",
        "DEBUG": "false",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=BASE_DIR, env={**inherited(), **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
