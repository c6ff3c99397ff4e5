from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.env import BASE_DIR
from notes.demo.totp import totp_code


class Command(BaseCommand):
    help = "Prints the second-factor code of a demo person, for those who have no authenticator app at hand."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *_args: Any, **options: Any) -> None:
        access = BASE_DIR / ".demo" / "access.json"
        if not access.exists():
            raise CommandError("No demo has been set up yet. Run `make demo`.")
        people = json.loads(access.read_text(encoding="utf-8"))["users"]
        secret = next((row["totp_secret"] for row in people if row["email"] == options["email"]), None)
        if secret is None:
            raise CommandError(
                f"Nobody in the demo has that address. Known: {', '.join(r['email'] for r in people)}."
            )
        self.stdout.write(totp_code(secret))
