"""Where requests to vendors may go, and what goes with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config.http import Door, Watch
from encounters.vendors.errors import BadAnswer, BadMedia, KeysRefused, LinkExpired, RateLimited, Unreachable
from encounters.vendors.http import call_api, fetch
from encounters.vendors.protocol import Account, Download
from encounters.vendors.twilio import Twilio
from tests.encounters.vendors.fake import Asked, Reply, Served

KEYS = {"Authorization": "Bearer key", "X-Vendor-Key": "key"}


@pytest.fixture
def replies() -> list[Reply]:
    return []


@pytest.fixture
def api(replies: list[Reply]) -> Iterator[Served]:
    server = Served(lambda _: replies.pop(0))
    yield server
    server.close()


@pytest.fixture
def storage() -> Iterator[Served]:
    def answer(asked: Asked) -> Reply:
        return Reply(302, headers={"Location": "/bytes"}) if asked.path == "/again" else Reply(200, b"bytes")

    server = Served(answer)
    yield server
    server.close()


@pytest.fixture
def vendor(api: Served) -> Twilio:
    return Twilio(
        Account("AC1", api.origin, "https://us.example/"),
        Door(allowed_origins=[api.origin], allowed_hosts=()),
    )


def bring(vendor, url, storage, headers=KEYS):
    taken = bytearray()
    door = Door(allowed_origins=[storage.origin], allowed_hosts=())
    fetch(vendor, Download(url, headers), taken.extend, media_door=door, max_bytes=100, watch=Watch())
    return bytes(taken)


@pytest.mark.parametrize("path", ["/file", "/again"])
def test_credentials_go_to_the_vendor_and_no_further(vendor, api, storage, replies, path):
    replies.append(Reply(302, headers={"Location": f"{storage.origin}{path}"}))
    assert bring(vendor, f"{api.origin}/media", storage) == b"bytes"
    assert api.asked[0].headers["x-vendor-key"] == "key"
    for asked in storage.asked:
        assert not {"authorization", "x-vendor-key"} & set(asked.headers)


def test_a_redirect_to_a_host_that_is_not_listed_is_refused(vendor, api, storage, replies):
    replies.append(Reply(302, headers={"Location": "https://elsewhere.example/file"}))
    with pytest.raises(BadAnswer):
        bring(vendor, f"{api.origin}/media", storage)


def test_a_signed_link_at_the_vendors_api_is_not_fetched_as_media(vendor, api, storage):
    with pytest.raises(BadAnswer):
        bring(vendor, f"{api.origin}/media", storage, headers={})
    assert api.asked == []


def test_redirects_come_to_an_end(vendor, api, replies):
    replies.extend([Reply(302, headers={"Location": f"{api.origin}/media"})] * 4)
    with pytest.raises(BadMedia):
        bring(vendor, f"{api.origin}/media", api)


def test_more_than_allowed_is_refused(vendor, api, storage, replies):
    replies.append(Reply(200, b"x" * 101))
    with pytest.raises(BadAnswer):
        bring(vendor, f"{api.origin}/media", storage)


@pytest.mark.parametrize(
    ("status", "error"), [(401, LinkExpired), (410, LinkExpired), (429, RateLimited), (500, Unreachable)]
)
def test_a_refused_download_says_what_to_do(vendor, api, storage, replies, status, error):
    replies.append(Reply(status, headers={"Retry-After": "7"}))
    with pytest.raises(error) as raised:
        bring(vendor, f"{api.origin}/media", storage)
    assert raised.value.retry_after == (7.0 if status in {429, 500} else None)


def test_the_api_is_asked_without_following_redirects(vendor, api, replies):
    replies.append(Reply(302, headers={"Location": f"{api.origin}/other"}))
    with pytest.raises(BadAnswer):
        call_api(vendor, "GET", "/x", headers=KEYS)
    assert len(api.asked) == 1


def test_refused_keys_are_called_that(vendor, replies):
    replies.append(Reply(403))
    with pytest.raises(KeysRefused):
        call_api(vendor, "GET", "/x", headers=KEYS)
