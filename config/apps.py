from __future__ import annotations

import logging.config

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from config import checks  # noqa: F401, PLC0415

        logging.config.dictConfig(settings.LOGGING)


class CountersignAdmin(AdminConfig):
    default_site = "config.admin.CountersignAdminSite"
