from __future__ import annotations

from django.apps import AppConfig


class NotesApp(AppConfig):
    name = "notes"
    verbose_name = "Notes, engine and integrations"

    def ready(self) -> None:
        from notes import wiring  # noqa: PLC0415

        wiring.connect()
