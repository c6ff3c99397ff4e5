from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from notes.demo.session import PageError
from notes.demo.visit import play


class Command(BaseCommand):
    help = "Plays a whole visit against the running demo app, as its provider and its EHR would, over HTTP."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--access", type=Path, required=True, help="The demo's access.json.")
        parser.add_argument("--audio", type=Path, required=True, help="Recording, any of the seven formats.")
        parser.add_argument(
            "--json", action="store_true", help="Print the pulled note as JSON on standard output."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This signs a note without reading it. It runs only where DEMO is set.")
        try:
            pulled = play(access=options["access"], audio=options["audio"])
        except PageError as problem:
            raise CommandError(f"The visit stopped: {str(problem).rstrip(' .')}.") from None
        if options["json"]:
            self.stdout.write(pulled)
