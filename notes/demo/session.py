"""A person at the web pages, by HTTP alone: cookies, forms and redirects, as a browser without script would."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urljoin, urlsplit

from config.http import Body, Door, Limits, Response, bytes_body, form_body

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class PageError(Exception):
    """The app answered otherwise than a visit goes. Says where, not what was on the page."""


class Session:
    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.door = Door(allowed_origins=[base_url], limits=Limits())
        self.cookies: dict[str, str] = {}
        self.token = ""

    def get(self, path: str) -> str:
        return self._page(*self._follow("GET", path, None))

    def post(self, path: str, fields: Mapping[str, str] | list[tuple[str, str]]) -> tuple[str, str]:
        """Send a form; returns the path that it led to and the page there. Raises PageError for a refusal."""
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        answer, path = self._follow("POST", path, form_body([("csrfmiddlewaretoken", self.token), *pairs]))
        return path, self._page(answer, path)

    def call(self, method: str, path: str, body: Body | None = None, **headers: str) -> Response:
        """One request as script on the page would make it."""
        return self._send(method, path, body, {"X-CSRFToken": self.token, **headers})

    def call_json(self, method: str, path: str, data: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.call(method, path, bytes_body(json.dumps(data).encode(), "application/json"))
        if answer.status >= 400:
            raise PageError(f"{method} {_shape(path)} was answered with {answer.status}")
        return dict(json.loads(answer.body or b"{}"))

    def _follow(self, method: str, path: str, body: Body | None) -> tuple[Response, str]:
        for _ in range(6):
            answer = self._send(method, path, body, {})
            if answer.status not in (301, 302, 303):
                return answer, path
            target = urlsplit(urljoin(self.base_url + path, answer.headers["location"]))
            method, path, body = "GET", target.path + (f"?{target.query}" if target.query else ""), None
        raise PageError(f"{_shape(path)} redirects without end")

    def _send(self, method: str, path: str, body: Body | None, headers: Mapping[str, str]) -> Response:
        sent = {"Referer": self.base_url + "/", "Origin": self.base_url, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.door.send(method, self.base_url + path, headers=sent, body=body)
        for value in answer.headers.each("set-cookie"):
            for morsel in SimpleCookie(value).values():
                self.cookies[morsel.key] = morsel.value
        return answer

    def _page(self, answer: Response, path: str) -> str:
        if answer.status >= 400:
            raise PageError(f"{_shape(path)} was answered with {answer.status}")
        page = answer.body.decode()
        if found := CSRF.search(page):
            self.token = found[1]
        return page


def _shape(path: str) -> str:
    """The path without ids, for messages."""
    return re.sub(r"[0-9a-f-]{36}", "…", path.partition("?")[0])
