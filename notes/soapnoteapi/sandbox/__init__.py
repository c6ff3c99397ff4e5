"""A local stand-in for SOAPNoteAPI that really transcribes and really arranges.

It speaks the vendor's published contract over HTTP, in a process of its own, and shares nothing with the
product's database. Choices that the vendor's public pages leave open are ours and prove nothing about it.

Modules: `config` (what it is started with), `server` (the process), `application` (routes), `views` (the
contract's endpoints), `console` and `page` (its own), `access` (keys), `store` (durable state), `worker`
(audio jobs), `courier` (webhooks), `hearing` (speech to text), `heard` (what that adds to the answer),
`writing` (arranging), `codes`, `note` (the answer's shape), `streaming` (the answer in pieces), `faults`
(misbehaving on demand).
"""

from __future__ import annotations

NOTICE = (
    "Sandbox draft made on this computer by a small speech model and sentence rules; not SOAPNoteAPI's "
    "output. It can omit passages, misspell or confuse medicines, lose a 'no' and attribute words to the "
    "wrong person. Not for clinical use, not for real patients."
)
WATERMARK: dict[str, object] = {"sandbox": True, "notice": NOTICE}
