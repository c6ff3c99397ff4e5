"""A machine that reads over FHIR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from tests.factories.integrations import integration

BASE = "/fhir/r4"


class Reader:
    """A system of `practice` that may do what `scopes` say."""

    def __init__(self, practice: Any, *scopes: str) -> None:
        self.integration, key = integration(practice, scopes=scopes or ("system/*.rs",))
        self.client = Client(headers={"Authorization": f"Bearer {key}", "Accept": "application/fhir+json"})

    def get(self, path: str, query: Any = None, **headers: str) -> Any:
        """`path` under the base, or a whole address that a link gave."""
        return self.client.get(self._path(path), query, headers=headers)

    def post(self, path: str, data: Any = None, **how: Any) -> Any:
        """A form, unless `how` says otherwise."""
        text = data if isinstance(data, str) else urlencode(data or {})
        form = {"data": text, "content_type": "application/x-www-form-urlencoded"}
        return self.client.post(self._path(path), **{**form, **how})

    def ids(self, path: str, query: Any = None) -> list[str]:
        """Of what matches, from all pages."""
        return [entry["resource"]["id"] for entry in self.entries(path, query)]

    def entries(self, path: str, query: Any = None) -> Iterator[dict[str, Any]]:
        while path:
            page = self.get(path, query).json()
            assert page["resourceType"] == "Bundle", page
            yield from page.get("entry", [])
            links = {link["relation"]: link["url"] for link in page["link"]}
            path, query = links.get("next", ""), None

    def _path(self, path: str) -> str:
        return path[path.index(BASE) :] if "://" in path else f"{BASE}/{path}"
