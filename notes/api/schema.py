"""What the OpenAPI schema says of each address of the API."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from notes.api import examples, problems, shapes
from notes.api.operations import AFTER, PER_PAGE, REVALIDATING, UNCHANGED, open_to_all, operation
from notes.api.serializers import NotePageSerializer, NoteSerializer, TranscriptSerializer

feed = operation(
    "notes_list",
    "Filed notes, in the order they were filed",
    (NotePageSerializer, examples.PAGE),
    description="A change feed. Start without `after`, then send `next_cursor` each time; keep the last one and go on "
    "from it later. Nothing is missed and nothing comes twice, whatever is filed meanwhile. A note that is "
    "amended or entered in error comes again as a new version. A cursor belongs to the filters it was given for.",
    parameters=[
        AFTER,
        PER_PAGE,
        OpenApiParameter("patient", OpenApiTypes.UUID, description="Only notes of this patient."),
        OpenApiParameter("encounter", OpenApiTypes.UUID, description="Only the notes of this encounter."),
        OpenApiParameter("provider", OpenApiTypes.UUID, description="Only notes of this provider's visits."),
        OpenApiParameter("filed_from", OpenApiTypes.DATETIME, description="Filed at this time or later."),
        OpenApiParameter("filed_to", OpenApiTypes.DATETIME, description="Filed before this time."),
    ],
    kinds=[problems.INVALID_CURSOR],
)
note = operation(
    "notes_retrieve",
    "The latest version of a filed note",
    (NoteSerializer, examples.NOTE),
    description="Another practice's note, one that isn't filed yet and one that never was are all the same 404.",
    parameters=REVALIDATING,
    more=UNCHANGED,
    kinds=[problems.NOT_FOUND],
)
versions = operation(
    "notes_versions",
    "All versions of a note, without what they say",
    (shapes.VersionsSerializer, examples.VERSIONS),
    kinds=[problems.NOT_FOUND],
)
version = operation(
    "notes_version",
    "One version of a note",
    (NoteSerializer, examples.NOTE),
    parameters=REVALIDATING,
    more=UNCHANGED,
    kinds=[problems.NOT_FOUND],
)
DOCUMENTS = {
    (200, media_type): OpenApiResponse(OpenApiTypes.BINARY)
    for media_type in ("text/plain", "application/xhtml+xml", "application/pdf")
}
KIND = OpenApiParameter("kind", OpenApiTypes.STR, OpenApiParameter.PATH, enum=["txt", "html", "pdf"])
document = operation(
    "notes_version_document",
    "One version as plain text, XHTML or PDF",
    None,
    description=(
        "Made once when the version was filed: the same bytes for everybody, for good. PDFs show Latin, Greek, "
        "Cyrillic, Arabic, Hebrew, Thai, Devanagari and Georgian; Chinese, Japanese and Korean in the viewer's own "
        "typefaces; any other character as its code point, [U+1F600]. Text and XHTML are complete in every script."
    ),
    parameters=[KIND, *REVALIDATING],
    more={**DOCUMENTS, **UNCHANGED},
    kinds=[problems.NOT_FOUND],
    without=[problems.NOT_ACCEPTABLE],
)
latest_document = operation(
    "notes_document",
    "The latest version as plain text, XHTML or PDF",
    None,
    parameters=[KIND, *REVALIDATING],
    more={**DOCUMENTS, **UNCHANGED},
    kinds=[problems.NOT_FOUND],
    without=[problems.NOT_ACCEPTABLE],
)
transcript = operation(
    "notes_transcript",
    "What was said, as it was transcribed",
    (TranscriptSerializer, None),
    description="The transcript that a filed note was drafted from. It is not part of the chart entry, needs the scope "
    "transcripts:read, and is empty when the engine returned none or the note was written by hand.",
    kinds=[problems.NOT_FOUND],
)
receipt = operation(
    "receipt_retrieve",
    "What you said became of a version",
    (shapes.ReceiptSerializer, examples.RECEIPT),
    kinds=[problems.NOT_FOUND],
)
receipt_put = operation(
    "receipt_put",
    "Say what became of a version",
    (shapes.ReceiptAnswerSerializer, examples.RECEIPT_ANSWER),
    description="Idempotent: the same again is 200. `received` may become `filed` or `rejected`, and `rejected` "
    "may become `filed`; anything else that contradicts what you said is 409. Any version may be acknowledged; "
    "`latest_version` tells whether there is a newer one.",
    statuses=(200, 201),
    kinds=[problems.NOT_FOUND, problems.RECEIPT_CONFLICT],
    body=(shapes.ReceiptSentSerializer, examples.RECEIPT_SENT),
)
receipts = operation(
    "receipts_list",
    "Every version with what you said of it",
    (shapes.ReceiptsSerializer, examples.RECEIPTS),
    description="In the order of the feed. `state=missing`: what you have not acknowledged yet.",
    parameters=[
        AFTER,
        PER_PAGE,
        OpenApiParameter("state", OpenApiTypes.STR, enum=["received", "filed", "rejected", "missing"]),
    ],
    kinds=[problems.INVALID_CURSOR],
)
events = operation(
    "events_list",
    "Changes as the events that webhooks carry",
    (shapes.EventsSerializer, examples.EVENTS),
    description="For replay after an outage. Complete and in order, like the feed, and holds nothing of a patient.",
    parameters=[AFTER, PER_PAGE],
    kinds=[problems.INVALID_CURSOR],
)
redeliver = operation(
    "events_redeliver",
    "Send an event to your webhooks again",
    (shapes.RedeliveredSerializer, {"event": examples.EVENT["id"], "endpoints": 1}),
    statuses=(202,),
    kinds=[problems.NOT_FOUND],
)
endpoints = operation(
    "webhooks_list",
    "Your webhooks",
    (shapes.EndpointsSerializer, {"data": [examples.ENDPOINT]}),
)
endpoint_create = operation(
    "webhooks_create",
    "Add a webhook",
    (shapes.EndpointWithSecretSerializer, examples.ENDPOINT_WITH_SECRET),
    description="Events are POSTed as they come, at least once, signed as Standard Webhooks 1.0 say, tried ten "
    "times over three days. An answer of 2xx is enough; redirects are not followed and 410 switches the webhook off.",
    statuses=(201,),
    body=(shapes.EndpointSentSerializer, examples.ENDPOINT_SENT),
)
endpoint = operation(
    "webhooks_retrieve",
    "A webhook",
    (shapes.EndpointSerializer, examples.ENDPOINT),
    kinds=[problems.NOT_FOUND],
)
endpoint_change = operation(
    "webhooks_change",
    "Change a webhook, or switch it on or off",
    (shapes.EndpointSerializer, examples.ENDPOINT),
    kinds=[problems.NOT_FOUND],
    body=(shapes.EndpointChangedSerializer, {"enabled": True}),
)
endpoint_delete = operation(
    "webhooks_delete",
    "Remove a webhook",
    None,
    more={204: OpenApiResponse(description="Removed.")},
    kinds=[problems.NOT_FOUND],
)
endpoint_rotate = operation(
    "webhooks_rotate_secret",
    "Give a webhook a new secret",
    (
        shapes.EndpointWithSecretSerializer,
        {**examples.ENDPOINT_WITH_SECRET, "old_secret_until": "2026-11-21T12:00:00.000Z"},
    ),
    description="The previous secret signs along for a day, so that nothing is refused meanwhile.",
    kinds=[problems.NOT_FOUND],
)
deliveries = operation(
    "webhooks_deliveries",
    "What was sent to a webhook, newest first",
    (shapes.DeliveriesSerializer, examples.DELIVERIES),
    parameters=[PER_PAGE],
    kinds=[problems.NOT_FOUND],
)
me = operation(
    "me",
    "Which integration this is, and how far it is",
    (shapes.MeSerializer, examples.ME),
)
health = open_to_all(
    operation(
        "health",
        "Whether the service is up",
        (shapes.HealthSerializer, examples.HEALTH),
        description="Needs no key and does not count against a limit.",
        without=[problems.UNAUTHENTICATED, problems.INSUFFICIENT_SCOPE, problems.RATE_LIMITED],
    )
)
