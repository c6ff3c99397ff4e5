"""`manage.py sandbox`: the local stand-in for SOAPNoteAPI, in its own process."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from notes.soapnoteapi.sandbox.config import Account, Config, ConfigError, from_mapping, load
from notes.soapnoteapi.sandbox.server import Server
from notes.soapnoteapi.signature_profiles import PROFILES


class Command(BaseCommand):
    help = (
        "Run the local SOAPNoteAPI sandbox: it transcribes and arranges on this machine. For demonstration "
        "and tests only; it refuses to start unless DEMO is set."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--config", type=Path, help="JSON file with addresses, accounts and secrets")
        parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, help="port to listen on (default 8100; 0 for any free port)")
        parser.add_argument("--state-dir", type=Path, help="where state is kept (default var/sandbox)")
        parser.add_argument(
            "--model-dir", type=Path, help="any faster-whisper model directory, instead of the base model"
        )
        parser.add_argument(
            "--webhook-url", help="webhook address for every key without an account of its own"
        )
        parser.add_argument(
            "--webhook-secret-file", type=Path, help="file that holds the signing secret of --webhook-url"
        )
        parser.add_argument(
            "--profile", choices=PROFILES, default="t-v1", help="signature profile of --webhook-url"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The sandbox is not for real patients and runs only in a demo deployment. Nothing was "
                "started. For a trial on this computer set DEMO=1; for real work use SOAPNoteAPI itself."
            )
        try:
            config = _configured(options)
        except (ConfigError, OSError) as error:
            raise CommandError(str(error)) from error
        Server(config).run()


def _configured(options: dict[str, Any]) -> Config:
    default = from_mapping({"state_dir": str(settings.VAR_DIR / "sandbox")})
    config = load(options["config"]) if options["config"] else default
    given = {
        name: options[name]
        for name in ("host", "port", "state_dir", "model_dir")
        if options[name] is not None
    }
    config = replace(config, **given)
    if config.model_dir is None and settings.SANDBOX_MODEL_DIR:
        config = replace(config, model_dir=Path(settings.SANDBOX_MODEL_DIR))
    if options["webhook_url"]:
        config = replace(config, accounts=(*config.accounts, _account(options)))
    return config


def _account(options: dict[str, Any]) -> Account:
    if not options["webhook_secret_file"]:
        raise ConfigError("--webhook-url needs --webhook-secret-file.")
    secret = options["webhook_secret_file"].read_text(encoding="utf-8").strip()
    return Account("*", options["webhook_url"], secret, options["profile"])
