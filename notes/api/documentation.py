"""The schema and its viewer, served from this machine under our own content security policy."""

from __future__ import annotations

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class SchemaView(SpectacularAPIView):
    """The schema is no secret, so that an integrator can read it before the practice makes a key."""

    throttle_classes = ()


# The viewer's stylesheet draws its icons from data: addresses.
@method_decorator(csp_update({"img-src": ["data:"]}), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    template_name = "notes/api_docs.html"
    url_name = "api-schema"
    throttle_classes = ()
