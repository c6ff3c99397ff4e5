from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """The last sign of life of a background process, shown by /readyz. Written by the work it vouches for."""

    name = models.CharField(primary_key=True, max_length=40)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
