from __future__ import annotations

import getpass
import json
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from notes.models import EngineAccount
from notes.services.capturing import CAPTURE_FOR, capture_begin, capture_take
from notes.soapnoteapi.captures import Capture, CaptureError, read_capture
from notes.soapnoteapi.signature_discovery import discover
from notes.soapnoteapi.signature_profiles import overrides_of


class Command(BaseCommand):
    """Works offline on one saved request, or waits for one. Neither the secret nor the body is ever printed."""

    help = (
        "Find out how SOAPNoteAPI signs its webhooks, from one captured test event. "
        "The secret is taken from --secret-file, from SOAPNOTEAPI_WEBHOOK_SECRET, or asked for; "
        "it is never an argument, because other people on the machine can read those."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "capture",
            nargs="?",
            help='the request as HTTP text or as JSON {"headers": …, "body_base64": …}; - reads from stdin',
        )
        parser.add_argument("--secret-file", type=Path, help="file that holds the whsec_ secret")
        parser.add_argument(
            "--capture",
            dest="account",
            metavar="ACCOUNT",
            help="id of an engine account: wait for the test event that you send from the dashboard, with the "
            "secret that is stored for the account",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            capture, secret = self._given(options)
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from None
        except CaptureError as error:
            raise CommandError(f"The capture cannot be used: {error}.") from None
        if not secret:
            raise CommandError("There is no secret: give the one that the dashboard showed, whsec_ included.")
        profiles = discover(capture.headers, capture.body, [secret])
        if not profiles:
            raise CommandError(
                "No known way of signing fits. Check that the secret is the one of this webhook and that the "
                "body was saved byte for byte: a proxy that rewrites JSON breaks every signature. "
                "Notes still arrive by polling."
            )
        for profile in profiles:
            found = {"signature_profile": profile.name, "signature": overrides_of(profile)}
            self.stdout.write(json.dumps(found, indent=2))
        self.stderr.write("Enter these two settings at the engine account in the admin.")

    def _given(self, options: dict[str, Any]) -> tuple[Capture, str]:
        if options["account"]:
            return self._waited_for(options["account"])
        if not options["capture"]:
            raise CommandError(
                "Give a file with the captured request, or --capture with an engine account's id."
            )
        return read_capture(_read(options["capture"])), _secret(options["secret_file"])

    def _waited_for(self, account_id: str) -> tuple[Capture, str]:
        try:
            account = EngineAccount.objects.filter(pk=account_id).first()
        except ValidationError:
            account = None
        if account is None:
            raise CommandError("There is no engine account with this id.")
        capture_begin(account)
        minutes = int(CAPTURE_FOR.total_seconds() // 60)
        self.stderr.write(
            f"Waiting {minutes} minutes at most: send the test event from the service's dashboard now."
        )
        deadline = time.monotonic() + CAPTURE_FOR.total_seconds()
        while time.monotonic() < deadline:
            if (taken := capture_take(account)) is not None:
                return read_capture(json.dumps(taken).encode()), account.webhook_secret or ""
            time.sleep(1)
        raise CommandError("No test event arrived. Check the webhook's address in the dashboard.")


def _read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def _secret(path: Path | None) -> str:
    if path is not None:
        return path.read_text(encoding="utf-8").strip()
    configured = str(getattr(settings, "SOAPNOTEAPI_WEBHOOK_SECRET", "") or "")
    return configured.strip() or getpass.getpass("Webhook secret (whsec_…): ").strip()
