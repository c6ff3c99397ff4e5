"""Reading what others send us."""

from __future__ import annotations

from django.http import HttpRequest


class TooLarge(Exception):
    """More bytes than any message of this kind has."""


def raw_body(request: HttpRequest, cap: int) -> bytes:
    """The raw body, never more than `cap` bytes, whatever length the sender claims. Raises TooLarge."""
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isdecimal() and int(announced) > cap:
        raise TooLarge
    if not announced and request.META.get("wsgi.input_terminated"):
        body: bytes = request.META["wsgi.input"].read(cap + 1)  # chunked: Django itself would read nothing
    else:
        body = request.read(cap + 1)
    if len(body) > cap:
        raise TooLarge
    return body
