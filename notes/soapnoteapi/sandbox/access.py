"""Who may ask what: API keys, the admin token, and the sandbox's own page."""

from __future__ import annotations

import hmac
import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from notes.soapnoteapi.sandbox.config import account_id
from notes.soapnoteapi.sandbox.database import DAY
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.errors import refusal
from notes.soapnoteapi.sandbox.requests import Request

KEY = re.compile(r"snapi_sk_(?:test|live)_[!-~]+")
TEST_PREFIX = "snapi_sk_test_"


class Access:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def account(self, request: Request) -> str:
        """The account of the request's key. Any key of the vendor's form has one."""
        key = request.bearer
        if not KEY.fullmatch(key):
            raise refusal(401, "The API key is missing or invalid.")
        if key in self._engine.config.revoked_keys:
            raise refusal(403, "The API key was revoked.")
        return account_id(key)

    def spending_account(self, request: Request) -> str:
        """The same for a request that makes something: it counts towards a test key's day."""
        account = self.account(request)
        limit = self._engine.config.test_key_daily_limit
        if limit and request.bearer.startswith(TEST_PREFIX):
            now = self._engine.clock()
            if self._engine.store.use_quota(account, now) > limit:
                message = f"A test key makes {limit} requests a day; the day ends at midnight UTC."
                raise refusal(429, message, retry_after=int(DAY - now % DAY) + 1)
        return account

    def require_admin(self, request: Request) -> None:
        expected = self._engine.config.admin_token
        if not expected or not hmac.compare_digest(request.bearer.encode(), expected.encode()):
            raise refusal(401, "The sandbox's admin token is missing or invalid.")

    def require_own_page(self, request: Request) -> None:
        """A form of ours, as the browser says; another site's form is refused.

        The host must be an address or a name that nobody else can point at this machine, because a site that
        rebinds its own name to it would be the same origin to the browser.
        """
        host = request.header("Host")
        if urlsplit(request.header("Origin")).netloc != host or not self._is_ours(host):
            raise refusal(401, "Send an API key, or use the form on the sandbox's page.")

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in {"localhost", self._engine.config.host} or bool(ip_address(name))
        except ValueError:
            return False
