"""An EHR that follows the change feed by its cursor and keeps what it was given."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from config.http import Door, HttpFailure, Limits

PAGE = 20
EVERY = 2.0


@dataclass(frozen=True)
class Item:
    change: int
    note: str
    version: int
    content: str

    @classmethod
    def of(cls, document: dict[str, Any]) -> Item:
        """`content` is a hash over everything that the entry says."""
        said = json.dumps(document, sort_keys=True).encode()
        return cls(document["change"], document["id"], document["version"], hashlib.sha256(said).hexdigest())


@dataclass
class FeedReader:
    """The cursor moves only with a page that has come whole, as an EHR would keep both in one transaction."""

    access: dict[str, Any]
    items: list[Item] = field(default_factory=list)
    cursor: str = ""

    def __post_init__(self) -> None:
        self._door = Door(
            allowed_origins=[self.access["base_url"]], limits=Limits(answer_bytes=64 * 1024 * 1024)
        )

    def run(self, stopping: threading.Event) -> None:
        while not stopping.wait(EVERY):
            with suppress(HttpFailure):
                self.follow()

    def follow(self) -> None:
        """Read on to the end. Raises HttpFailure when the app is away."""
        while (page := self._page()) is not None:
            self.items += [Item.of(document) for document in page["data"]]
            self.cursor = page["next_cursor"]
            if not page["has_more"]:
                return

    def _page(self) -> dict[str, Any] | None:
        after = f"&after={self.cursor}" if self.cursor else ""
        url = f"{self.access['base_url']}/api/v1/notes?limit={PAGE}{after}"
        headers = {"Authorization": f"Bearer {self.access['integration']['key']}"}
        answer = self._door.send("GET", url, headers=headers)
        return dict(json.loads(answer.body)) if answer.status == 200 else None
