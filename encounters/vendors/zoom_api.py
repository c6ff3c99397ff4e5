"""Zoom's REST API with a Server-to-Server OAuth app's token (developers.zoom.us/docs/internal-apps/s2s-oauth)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from config.http import Body, Response, bytes_body
from encounters.vendors.errors import KeysRefused
from encounters.vendors.http import read_json, refusal, send
from encounters.vendors.protocol import VideoVendor

# "Invalid access token, does not contain scopes".
_SCOPE_MISSING = 4711


class ZoomApi:
    """Calls under one token, asked for at the first. A token lives for an hour, an adapter for one piece of work."""

    def __init__(self, vendor: VideoVendor) -> None:
        self._vendor = vendor
        self._token = ""
        self._scopes: frozenset[str] = frozenset()

    def headers(self) -> dict[str, str]:
        """The credentials, for Zoom's own hosts only. Raises VendorError."""
        if not self._token:
            self._sign_in()
        return {"Authorization": f"Bearer {self._token}"}

    def scopes(self) -> frozenset[str]:
        """What the account's administrator allowed the app. Raises VendorError."""
        self.headers()
        return self._scopes

    def get(self, path: str) -> dict[str, Any]:
        return read_json(self._vendor, self.call("GET", path))

    def call(self, method: str, path: str, *, body: Body | None = None) -> Response:
        """Raises VendorError for any status but 200 to 204."""
        url = f"{self._vendor.account.api}{path}"
        answer = send(self._vendor, method, url, headers=self.headers(), body=body)
        if answer.status == 400 and _code(answer) == _SCOPE_MISSING:
            raise KeysRefused(
                "Zoom's app lacks a permission (scope) for this. Test the connection to see which."
            )
        if answer.status not in range(200, 205):
            raise refusal(self._vendor, answer)
        return answer

    def _sign_in(self) -> None:
        account = self._vendor.account
        query = urlencode({"grant_type": "account_credentials", "account_id": account.ref})
        pair = f"{account.credentials.get('client_id', '')}:{account.credentials.get('client_secret', '')}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        body = bytes_body(b"", "application/x-www-form-urlencoded")
        url = f"{_oauth_origin(account.api)}/oauth/token?{query}"
        answer = send(self._vendor, "POST", url, headers=headers, body=body)
        if answer.status in (400, 401, 403):
            raise KeysRefused(
                "Zoom refused the account ID, client ID and client secret of this connection, or its app is not active."
            )
        if answer.status != 200:
            raise refusal(self._vendor, answer)
        content = read_json(self._vendor, answer)
        self._token = str(content.get("access_token") or "")
        self._scopes = frozenset(str(content.get("scope") or "").split())


def meeting_path(meeting: str) -> str:
    """Where a meeting's recordings are. A UUID can begin with a slash, or hold two, and is encoded twice for that."""
    return f"/v2/meetings/{quote(quote(meeting, safe=''), safe='')}/recordings"


def _oauth_origin(api: str) -> str:
    """Tokens are given out at zoom.us for api.zoom.us, and at zoomgov.com for api.zoomgov.com."""
    return api.replace("https://api.", "https://", 1)


def _code(answer: Response) -> object:
    try:
        content = json.loads(answer.body)
    except ValueError:
        return None
    return content.get("code") if isinstance(content, Mapping) else None
