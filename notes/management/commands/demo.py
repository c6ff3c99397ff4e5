from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.env import BASE_DIR
from notes.demo.stage import Stage, StageError

SHIPPED = BASE_DIR / "notes" / "demo" / "consultation.ogg"


class Command(BaseCommand):
    help = (
        "Sets up a practice, starts the app with its worker and the sandbox engine, and plays a whole visit: "
        "recording, transcript, draft, edit, signature, filing, pull. Then stays up for you to try."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="Use a throw-away database and stop after the visit."
        )
        parser.add_argument("--audio", type=Path, default=SHIPPED, help="Recording of the visit to play.")
        parser.add_argument(
            "--json", action="store_true", help="Print the pulled note as JSON on standard output."
        )
        parser.add_argument(
            "--port", type=int, default=8000, help="Port of the app (a free one if it is taken)."
        )
        parser.add_argument("--fresh", action="store_true", help="Begin with an empty demo.")

    def handle(self, *_args: Any, **options: Any) -> None:
        audio: Path = options["audio"]
        if not audio.is_file():
            raise CommandError(f"There is no file {audio}.")
        try:
            if options["once"]:
                with tempfile.TemporaryDirectory(prefix="countersign-") as folder:
                    self._play(Stage(Path(folder), port=0), audio, options)
            else:
                self._play(
                    Stage(BASE_DIR / ".demo", port=options["port"], fresh=options["fresh"]), audio, options
                )
        except StageError as problem:
            raise CommandError(str(problem)) from None

    def _play(self, stage: Stage, audio: Path, options: dict[str, Any]) -> None:
        with stage.running():
            pulled = stage.play_visit(audio)
            if options["json"] or options["once"]:
                self.stdout.write(pulled)
            if not options["once"]:
                stage.invite()
                stage.wait()
