from __future__ import annotations

from django.apps import AppConfig


class EncountersApp(AppConfig):
    name = "encounters"
    verbose_name = "People, encounters and recordings"

    def ready(self) -> None:
        from config.crypto import places  # noqa: PLC0415
        from consent import hooks  # noqa: PLC0415
        from encounters import tasks  # noqa: PLC0415
        from encounters.accounts import signals  # noqa: F401, PLC0415
        from encounters.accounts.adapter import reseal_factor  # noqa: PLC0415
        from encounters.audio.store import rewrap_key  # noqa: PLC0415

        places.register("encounters.Recording", "wrapped_key", rewrap_key)
        hooks.listen("permission.changed", tasks.permission_changed)
        hooks.listen("permission.withdrawn", tasks.permission_withdrawn)
        places.register("mfa.Authenticator", "data", reseal_factor)
