"""The schema and its viewer, served from this machine under our own content security policy."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from notes.api.guide import guide


def add_guide(result: Any, generator: Any, request: Any, public: bool) -> Any:  # noqa: FBT001
    """How to begin and how to sync, above the reference (a post-processing hook)."""
    result["info"]["description"] = guide()
    return result


def close_bodies(result: Any, generator: Any, request: Any, public: bool) -> Any:  # noqa: FBT001
    """Members of a body that nobody knows are refused, and the schema says so (a post-processing hook)."""
    for path in result["paths"].values():
        for operation in path.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                name = media["schema"].get("$ref", "").rpartition("/")[2]
                if name:
                    result["components"]["schemas"][name]["additionalProperties"] = False
    return result


class SchemaView(SpectacularAPIView):
    """The schema is no secret, so that an integrator can read it before the practice makes a key."""

    throttle_classes = ()


# The viewer's stylesheet draws its icons from data: addresses.
@method_decorator(csp_update({"img-src": ["data:"]}), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    template_name = "notes/api_docs.html"
    url_name = "api-schema"
    throttle_classes = ()
