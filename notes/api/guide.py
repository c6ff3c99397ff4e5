"""The page above the API's reference at /api/docs/: five minutes with curl, and how to sync without losing a note."""

from __future__ import annotations

from functools import cache
from pathlib import Path

CLIENT = Path(__file__).parent.parent / "demo" / "sync.py"

WORDS = """\
Filed notes for EHRs: a change feed in commit order, documents, receipts and signed notifications. The same notes are
served over FHIR R4 at `/fhir/r4/metadata`.

## Five minutes with curl

The demo writes a key to `.demo/access.json`, and four invented notes wait there: a plain one, an amended one, one
that was entered in error, and one whose patient declined to be recorded.

```sh
KEY=csk_…; API=http://127.0.0.1:8000/api/v1
curl -H "Authorization: Bearer $KEY" "$API/me"                               # who am I, what may I do, how far am I
curl -H "Authorization: Bearer $KEY" "$API/notes?limit=2"                    # the first page
curl -H "Authorization: Bearer $KEY" "$API/notes?limit=2&after=NEXT_CURSOR"  # the next one
curl -H "Authorization: Bearer $KEY" "$API/notes/ID/document.pdf" -o note.pdf
curl -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -X PUT \\
     -d '{"status": "filed", "external_id": "DOC-1"}' "$API/notes/ID/versions/1/receipt"
```

Systems that log in as SMART Backend Services use `POST /oauth/token` with a statement signed by a key that they have
registered (RS384 or ES384, inline or by address), or with the client id and the key as its secret. Tokens last five
minutes.

## How to sync without ever losing a note

1. **Keep the cursor, not a time.** Ask `GET /notes` without `after` once; from then on send the last `next_cursor`,
   unchanged. Numbers become visible in their order, so nothing filed meanwhile is skipped or repeated. Cursors do
   not expire. A cursor belongs to its practice and its filters.
2. **Store the page and the cursor together**, in one transaction. If you crash before, the same page comes again; if
   you crash after, the next one does.
3. **Key by `id`, replace by `version`.** An amendment comes as a new version of the same id. `state`
   `entered_in_error` means: take the note out of use and say so in your chart. Earlier versions stay readable.
4. **Acknowledge with a receipt** once the note is in your chart, or say why it is not. Receipts are idempotent; what
   contradicts a final one is refused. The clinician sees "in chart" with your name and time.
   `GET /receipts?state=missing` lists what you have not acknowledged.
5. **Treat webhooks as a doorbell.** They carry ids only, come at least once and may come late. Verify the signature
   over the raw body (Standard Webhooks), then pull the feed. If yours was down, pull anyway, or replay `GET /events`.
6. **Slow down when told.** Each answer says what is left (`RateLimit`); 429 and 503 say how long to wait
   (`Retry-After`). Every problem names what to do, and a request id for questions.
7. **A cursor ahead of the feed is refused** (400 invalid-cursor): that happens after a restore from backup. Pull again
   from the start; versions that you have are recognised by `id` and `version`.

## The same over FHIR

`/fhir/r4/metadata` says what there is; nothing else is claimed. Each filed version is a US Core `DocumentReference`
with the text inside, and XHTML, PDF and a document `Bundle` behind its addresses, which open with the same token.

- **An amendment** is a new DocumentReference that `replaces` the one before, which becomes `superseded`. **A
  retraction** makes every version of the note `entered-in-error`. Both give the older ones a new version, so they come
  again.
- **Keep up by time here:** `_lastUpdated=gt` the latest `meta.lastUpdated` that you have, or `$export` with `_since`
  the `transactionTime` of the export before. These times are taken in the order in which notes become visible and
  never repeat, so neither misses anything. Page by the `next` link only.
- **Who wrote it** is in the `Provenance`: the clinician is author and verifier, the engine the device that assembled
  the draft. `_revinclude=Provenance:target` sends it along.
- **Unknown parameters** of a document search are ignored unless you send `Prefer: handling=strict`; the `self` link
  says which ones counted. A value that can't be read is always refused.

## A client that does all this

```python
{client}```
"""


@cache
def guide() -> str:
    return WORDS.replace("{client}", CLIENT.read_text(encoding="utf-8"))
