from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.crypto.keyring import get_keyring
from consent.audit import SystemActor
from consent.rotation import Rotation, keys_rotate


class Command(BaseCommand):
    help = (
        "Seals everything anew with the first key of ENCRYPTION_KEYS. Put a new key in front, restart web and worker, "
        "run this as the owner of the tables, then remove the old key. May be interrupted and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=200, help="Rows to a transaction (default 200).")

    def handle(self, *_args: Any, **options: Any) -> None:
        loud = int(options["verbosity"]) > 1
        done = keys_rotate(
            actor=SystemActor("rotate_keys"),
            batch=max(1, options["batch"]),
            tell=(lambda place, count: self.stdout.write(f"{place}: {count}")) if loud else None,
        )
        self._report(done)

    def _report(self, done: Rotation) -> None:
        ring = get_keyring()
        for place, count in sorted(done.renewed.items()):
            self.stdout.write(f"{count:>8} {place}")
        if done.unopened:
            for value in done.unopened[:20]:
                self.stderr.write(f"{value.place} {value.pk}: {value.problem}")
            raise CommandError(
                f"{len(done.unopened)} values could not be opened and were left as they are. "
                "Keep the older keys, put right what is named above, then run this again."
            )
        older = sorted(ring.key_ids - {ring.current})
        advice = f" These keys are no longer needed here: {', '.join(older)}." if older else ""
        self.stdout.write(
            f"Everything is sealed with key {ring.current}.{advice}"
            + (" Backups made before now still need them." if older else "")
        )
