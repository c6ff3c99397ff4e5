"""The two ways a request can end badly: refused at once, or accepted and failed later."""

from __future__ import annotations

from collections.abc import Mapping

# 400 to 405 except 402 are the vendor's; the others are ours, because its list of codes is not public.
CODES: Mapping[int, str] = {
    400: "VALIDATION_ERROR",
    401: "AUTHENTICATION_ERROR",
    402: "INSUFFICIENT_BALANCE",
    403: "AUTHORIZATION_ERROR",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


class ApiError(Exception):
    """A request that is refused, in the vendor's envelope `{"error": {"code", "message", "details"?}}`.

    `retry_after`: seconds for the header of that name, where trying again can help.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: list[dict[str, str]] | None = None,
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.retry_after = retry_after

    def envelope(self) -> dict[str, object]:
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return {"error": error}


class JobFailed(Exception):
    """An accepted recording that cannot become a note. The message is for people, without clinical text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def refusal(status: int, message: str, *, retry_after: int | None = None) -> ApiError:
    """An error with the code that belongs to its status."""
    return ApiError(status, CODES[status], message, retry_after=retry_after)


def invalid(*details: tuple[str, str]) -> ApiError:
    """400 naming each field at fault as `(field, message)`."""
    named = [{"field": field, "message": message} for field, message in details]
    return ApiError(400, CODES[400], "Invalid request.", named)


def not_found() -> ApiError:
    return refusal(404, "There is no such note, or it has expired.")
