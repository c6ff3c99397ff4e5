"""The product, and addresses that fail while they hold what nobody else may read."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import SuspiciousOperation
from django.db import connection
from django.http import HttpRequest
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.views import APIView

PHI = "Zqxphi of Zqxfamily"


def fails(_request: HttpRequest) -> NoReturn:
    name = PHI
    raise RuntimeError(f"could not handle {name}")


def asks_nonsense(_request: HttpRequest) -> NoReturn:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table WHERE name = %s", [PHI])
    raise AssertionError


def suspects(_request: HttpRequest) -> NoReturn:
    raise SuspiciousOperation(PHI)


class FailingAPI(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, _request: Request) -> NoReturn:
        raise ValueError(PHI)


urlpatterns = [
    path("fails/", fails),
    path("asks-nonsense/", asks_nonsense),
    path("suspects/", suspects),
    path("api/fails", FailingAPI.as_view()),
    path("", include("config.urls")),
]
