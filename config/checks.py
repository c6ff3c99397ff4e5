"""System checks that name what is missing before patients are near it."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004


@register(Tags.security)
def secrets_are_set(**_: Any) -> list[CheckMessage]:
    if settings.DEMO or settings.DEBUG:
        return []
    found: list[CheckMessage] = []
    if settings.SECRET_KEY == settings.INSECURE_KEY:
        found.append(Warning("SECRET_KEY is the development key.", hint="Set SECRET_KEY.", id="config.W001"))
    if any(key.startswith("dev:") for key in settings.ENCRYPTION_KEYS):
        hint = "Set ENCRYPTION_KEYS to id:base64 of 32 random bytes, and keep a copy outside this machine."
        found.append(
            Warning("Clinical text is encrypted with the development key.", hint=hint, id="config.W002")
        )
    return found


@register(Tags.security)
def debug_stays_local(**_: Any) -> list[CheckMessage]:
    local = {"127.0.0.1", "localhost", "[::1]", "testserver"}
    if settings.DEBUG and not set(settings.ALLOWED_HOSTS) <= local:
        return [Error("DEBUG is on for a public host.", hint="Set DEBUG=false.", id="config.E001")]
    return []


@register(Tags.database)
def sqlite_has_the_wal_fix(**_: Any) -> list[CheckMessage]:
    if "sqlite" in settings.DATABASES["default"]["ENGINE"] and sqlite3.sqlite_version_info < (3, 51, 3):
        text = f"SQLite {sqlite3.sqlite_version} can corrupt a WAL database that several processes write."
        return [Warning(text, hint="Install pysqlite3, or use PostgreSQL.", id="config.W003")]
    return []


@register(Tags.security, deploy=True)
def production_parts(**_: Any) -> list[CheckMessage]:
    """What a production deployment should have and a laptop need not."""
    found: list[CheckMessage] = []
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        found.append(
            Warning("The database is SQLite.", hint="Set DATABASE_URL to PostgreSQL.", id="config.W004")
        )
    if not settings.HTTPS:
        found.append(Warning("PUBLIC_BASE_URL is not https.", hint="Serve over TLS.", id="config.W005"))
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        hint = "Set EMAIL_URL. Until then links that reset passwords stand in the log, and nobody gets them."
        found.append(Warning("Mail is written to the log.", hint=hint, id="config.W006"))
    if urlsplit(settings.PUBLIC_BASE_URL).hostname not in {
        host.strip("[]") for host in settings.ALLOWED_HOSTS
    }:
        hint = "Add its host to ALLOWED_HOSTS."
        found.append(Warning("The app refuses the host of PUBLIC_BASE_URL.", hint=hint, id="config.W007"))
    if settings.DEMO:
        found.append(
            Error("DEMO is on: the sandbox engine is allowed.", hint="Unset DEMO.", id="config.E002")
        )
    return found
