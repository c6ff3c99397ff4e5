"""Vonage Video: applications of the unified environment, and OpenTok projects.

The call is the session; what is recorded is an archive, a new one every four hours. An archive's link lasts ten minutes
and its file 72 hours, so the API is asked for a new one at each download.

Sources: developer.vonage.com/en/video/guides (archiving, secure-callbacks, session-monitoring), /en/api/video, and
/en/opentok/guides for OpenTok.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from config.http import Door
from encounters.vendors.errors import BadAnswer, NotFound, NothingRecorded, NotReady, NotSupported
from encounters.vendors.protocol import (
    Account,
    AccountField,
    Callback,
    CallRef,
    Download,
    Found,
    Listing,
    Received,
    VideoVendor,
)
from encounters.vendors.vonage_api import (
    api_call,
    archive,
    archive_path,
    archives,
    is_project,
    moment,
    number,
    text,
)
from encounters.vendors.vonage_callbacks import ENDED, GONE, READY, RECORDING, events, found_of
from encounters.vendors.vonage_signature import is_current, verified_object

_OPENTOK = "https://api.opentok.com"


class Vonage(VideoVendor):
    slug = "vonage"
    label = "Vonage Video"
    api = "https://video.api.vonage.com"
    api_hosts = ("video.api.vonage.com", "api.opentok.com")
    media_hosts = (".amazonaws.com",)
    account_label = "Application ID, or OpenTok project ID"
    signed_with = "Signature secret of the callbacks"
    fields = (
        AccountField(
            "private_key", "Private key", "For an application: the whole text of private.key.", required=False
        ),
        AccountField("api_secret", "Project secret", "For an OpenTok project.", required=False),
    )
    starts_recording = True

    def __init__(self, account: Account, door: Door) -> None:
        if is_project(account.ref) and account.api == self.api:
            account = replace(account, api=_OPENTOK)
        super().__init__(account, door)

    def receive(self, callback: Callback, secrets: Sequence[str], now: float) -> Received:
        """What was signed too long ago is answered, so that it is not posted again, and left to polling."""
        content, issued = verified_object(callback, secrets, account=self.account.ref)
        return Received(events(content) if is_current(issued, now) else ())

    def check(self) -> str:
        api_call(self, "GET", "/archive?offset=0&count=1")
        kind = "OpenTok project" if is_project(self.account.ref) else "application"
        return f"The key works: archives of the {kind} can be listed."

    def list_call(self, call: CallRef) -> Listing:
        """Only an archive tells that its session is over: where nobody was left in it."""
        known = [each for each in archives(self, call.session) if text(each, "sessionId") == call.session]
        there = [each for each in known if text(each, "status") not in {*GONE, "failed"}]
        newest = max(known, key=lambda each: number(each.get("createdAt")) or 0.0, default=None)
        over = (
            newest is not None and text(newest, "reason") == ENDED and text(newest, "status") not in RECORDING
        )
        return Listing(
            found=tuple(found_of(each) for each in there),
            ended=True if over else None,
            ended_at=moment(newest.get("updatedAt")) if newest is not None and over else None,
            session=call.session,
        )

    def describe(self, found: Found, call: CallRef) -> Found:
        known = archive(self, found.id)
        status = text(known, "status")
        if status in GONE:
            raise NotFound("Vonage no longer has the recording; it keeps one for 72 hours.")
        _check_made(known, status)
        said = found_of(known)
        return replace(said, started_at=said.started_at or found.started_at)

    def download(self, found: Found) -> Download:
        link = text(archive(self, found.id), "url")
        if not link:
            raise BadAnswer("Vonage named no place to fetch the recording from.")
        return Download(link)

    def discard(self, found: Found, call: CallRef) -> str:
        """Vonage answers 409 for an archive that is not finished."""
        api_call(self, "DELETE", archive_path(found.id), expect=(200, 204))
        return "Vonage confirmed the deletion"

    def start_recording(self, call: CallRef) -> None:
        content = {"sessionId": call.session, "hasAudio": True, "hasVideo": False, "outputMode": "composed"}
        try:
            api_call(self, "POST", "/archive", content)
        except NotFound:
            raise NotReady("Nobody is in the call yet, so Vonage can't record it.") from None

    def stop_recording(self, call: CallRef) -> None:
        """Every archive of the session that is being recorded; one that has just stopped is no error."""
        for each in archives(self, call.session):
            if text(each, "sessionId") == call.session and text(each, "status") in RECORDING:
                path = f"{archive_path(text(each, 'id'))}/stop"
                api_call(self, "POST", path, {}, expect=(200, 404, 409))


def _check_made(known: Mapping[str, Any], status: str) -> None:
    """Raise for an archive that is not, and will not become, one file of sound that can be fetched."""
    if status == "failed":
        raise BadAnswer("Vonage could not make the recording.")
    if known.get("hasAudio") is False:
        raise NothingRecorded("The call was recorded without sound.")
    if text(known, "outputMode") == "individual":
        raise NotSupported(
            "Vonage recorded every participant apart (a ZIP of individual streams), which can't be put together "
            "here. Have calls archived with the output mode composed."
        )
    if known.get("password"):
        raise NotSupported("The archive is encrypted by Vonage's add-on, which can't be opened here.")
    if status == "uploaded" and not text(known, "url"):
        raise NotSupported(
            "Vonage put the recording into your own storage, from where it can't be fetched. Have archives kept "
            "at Vonage, which deletes them after they were picked up."
        )
    if status in READY and number(known.get("size")) == 0:
        raise NothingRecorded("Nobody's voice was recorded in the session.")
