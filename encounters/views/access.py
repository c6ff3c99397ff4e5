"""Who may open what: another practice's encounter is a 404; a colleague without the right role is told so."""

from __future__ import annotations

import zoneinfo
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from encounters.models import Encounter, Practice, User
from encounters.models.access import CARE, memberships_of


def signed_in(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def care_encounter(request: HttpRequest, pk: UUID) -> Encounter:
    """An encounter that the person may change. 404 if it is not theirs to see, 403 if only to see."""
    user = signed_in(request)
    found = Encounter.objects.visible_to(user).select_related("practice", "patient", "provider")
    encounter = get_object_or_404(found, pk=pk)
    if not memberships_of(user, *CARE).filter(practice_id=encounter.practice_id).exists():
        raise PermissionDenied
    return encounter


def zone(practice: Practice) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(practice.time_zone)
