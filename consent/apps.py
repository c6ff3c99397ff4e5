from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConsentApp(AppConfig):
    name = "consent"
    verbose_name = "Permission and proof"

    def ready(self) -> None:
        from consent import checks, immutability  # noqa: F401, PLC0415

        post_migrate.connect(immutability.install_after_migrate, dispatch_uid="consent.immutability")
