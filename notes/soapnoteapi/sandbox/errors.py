"""The two ways a request can end badly: refused at once, or accepted and failed later."""

from __future__ import annotations


class ApiError(Exception):
    """A request that is refused, in the vendor's envelope `{"error": {"code", "message", "details"?}}`."""

    def __init__(
        self, status: int, code: str, message: str, details: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

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


def invalid(*details: tuple[str, str]) -> ApiError:
    """400 naming each field at fault as `(field, message)`."""
    return ApiError(
        400,
        "VALIDATION_ERROR",
        "Invalid request.",
        [{"field": field, "message": message} for field, message in details],
    )


def not_found() -> ApiError:
    return ApiError(404, "NOT_FOUND", "There is no such note, or it has expired.")
