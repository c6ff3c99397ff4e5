from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent.verification import verify_chains


class Command(BaseCommand):
    help = "Proves the audit trail offline and names the first bad row."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--heads",
            action="store_true",
            help="Print the end of every chain as JSON. Keep it elsewhere: a later run must still contain it.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        found = verify_chains()
        if found.bad:
            where = f"row {found.bad.id}" if found.bad.id is not None else "a row"
            raise CommandError(
                f"Audit trail broken: {where} (chain {found.bad.chain or 'unknown'}, number {found.bad.seq}) "
                f"{found.bad.problem}. {found.rows} rows before it hold."
            )
        if options["heads"]:
            self.stdout.write(json.dumps(found.heads, indent=2, sort_keys=True))
        else:
            self.stdout.write(f"Audit trail holds: {found.rows} events in {len(found.heads)} chains.")
