from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from notes.demo.seed import seed


class Command(BaseCommand):
    help = (
        "Prepares the demo: database, static files, and a practice with its people, agreement, sandbox account and "
        "integration. What is there is kept. Demo only."
    )
    # The tables that some checks look at are made here; each started process runs them.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--access", type=Path, required=True, help="Where the log-ins are written (mode 600)."
        )
        parser.add_argument("--sandbox-url", required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This makes people with known passwords. It runs only where DEMO is set.")
        # One process for the three: loading the code takes longer than each of them.
        call_command("migrate", verbosity=0, skip_checks=True)
        call_command("collectstatic", interactive=False, verbosity=0)
        seed(options["access"], options["sandbox_url"].rstrip("/"))
