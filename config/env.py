"""The only module that reads the process environment.

Every name can also be given as ``NAME_FILE``, the path of a file that holds the value (Docker and Kubernetes
secrets). A ``.env`` file next to manage.py is read when it exists; real environment variables win.
"""

from __future__ import annotations

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")


def inherited() -> dict[str, str]:
    """A copy of the process environment, for a child process that gets some of our own names on top."""
    return dict(os.environ)


def text(name: str, default: str = "") -> str:
    """The value of NAME, else the content of the file named by NAME_FILE, else `default`."""
    file = os.environ.get(f"{name}_FILE")
    if file and not os.environ.get(name):
        return Path(file).read_text(encoding="utf-8").strip()
    return str(env.str(name, default="")) or default


def flag(name: str, *, default: bool = False) -> bool:
    """True for 1, true, yes, on (any case); raises ValueError for a word that is neither yes nor no."""
    value = text(name).strip().lower()
    if value == "":
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"{name} must be true or false.")


def number(name: str, default: int) -> int:
    value = text(name)
    return int(value) if value else default


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, default: str) -> dict[str, object]:
    return dict(env.db_url_config(text(name, default)))


def email(name: str, default: str) -> dict[str, object]:
    return dict(env.email_url_config(text(name, default)))
