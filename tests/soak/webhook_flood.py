"""The engine's webhooks once more, many at once, and forged ones among them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from config.http import Door, HttpFailure, bytes_body
from notes.models import Submission
from notes.soapnoteapi.signatures import sign
from tests.soak.deployment import seen
from tests.soak.ledger import Acknowledged

AT_ONCE = 32
THREADS = 8


@dataclass
class Flood:
    """`hook` as in the demo's access file: url, secret and profile. Remembers what was acknowledged."""

    hook: Mapping[str, str]
    acknowledged: set[Acknowledged] = field(default_factory=set)
    forged_accepted: int = 0

    def strike(self, draw: random.Random) -> None:
        """Known events again, each several times at once, and as many that are signed with another secret."""
        known = Submission.objects.exclude(upstream_note_id="").order_by("-created_at")
        note_ids = seen(lambda: list(known.values_list("upstream_note_id", flat=True)[:5]))
        if not note_ids:
            return
        genuine = [(draw.choice(note_ids), True) for _ in range(AT_ONCE)]
        forged = [(draw.choice(note_ids), False) for _ in range(AT_ONCE // 4)]
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._post, *zip(*genuine, *forged, strict=True)))

    def _post(self, note_id: str, genuine: bool) -> None:
        event = "note.generated"
        body = json.dumps({"event": event, "note_id": note_id, "status": "completed"}).encode()
        secret = self.hook["secret"] if genuine else "whsec_" + "QUFB" * 8
        headers = sign(self.hook["profile"], secret, body, time.time(), f"evt_{note_id}")
        url = self.hook["url"]
        door = Door(allowed_origins=["/".join(url.split("/")[:3])])
        try:
            status = door.send("POST", url, headers=headers, body=bytes_body(body, "application/json")).status
        except HttpFailure:
            return
        if status >= 300:
            return
        if genuine:
            self.acknowledged.add(Acknowledged(note_id, event))
        else:
            self.forged_accepted += 1
