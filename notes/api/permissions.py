from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from consent import audit
from notes.api.problems import INSUFFICIENT_SCOPE, Problem
from notes.models import Integration

if TYPE_CHECKING:
    # REST framework imports this class while its views module is only half loaded.
    from rest_framework.views import APIView


ANY_KEY = "any"  # the scope of a view that every usable key may call


class HasScope(BasePermission):
    """The view's `scope` is among the integration's. A view that names none is closed to everybody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        integration = request.auth
        if not isinstance(integration, Integration):
            return False
        scope = getattr(view, "scope", None)
        if scope == ANY_KEY:
            return True
        if scope is None or not integration.may(scope):
            _refuse(integration, str(scope))
        return True


def _refuse(integration: Integration, scope: str) -> None:
    audit.record(
        "integration.refused",
        actor=integration,
        practice=integration.practice_id,
        target=integration,
        outcome=audit.Outcome.REFUSED,
        reason="scope",
        data={"scope": scope},
    )
    challenge = f'Bearer realm="countersign", error="insufficient_scope", scope="{scope}"'
    raise Problem(
        INSUFFICIENT_SCOPE,
        f"Ask the practice to give the integration the scope {scope}.",
        headers={"WWW-Authenticate": challenge},
    )
