"""Why an upload does not go on, in words for the person who sends it."""

from __future__ import annotations

from consent.gate import Decision
from encounters.audio.errors import UnusableAudio


class UploadProblem(Exception):
    """An upload that can't go on as asked.

    `code` is stable, `message` says what happened and what was kept, `remedy` what to do next; `status` is the
    HTTP status that fits. Neither carries anything from inside the file.
    """

    def __init__(self, code: str, message: str, remedy: str = "", *, status: int = 422) -> None:
        super().__init__(code)
        self.code, self.message, self.remedy, self.status = code, message, remedy, status

    def as_data(self) -> dict[str, object]:
        return {"code": self.code, "message": self.message, "remedy": self.remedy}


class GateShut(UploadProblem):
    """The permission gate refused; `decision` carries the reasons."""

    def __init__(self, decision: Decision, *, kept: str) -> None:
        reasons = decision.reasons
        super().__init__(
            "gate_shut",
            " ".join([*(reason.text for reason in reasons), kept]),
            " ".join(dict.fromkeys(reason.remedy for reason in reasons)),
            status=403,
        )
        self.decision = decision

    def as_data(self) -> dict[str, object]:
        return {**super().as_data(), "reasons": self.decision.as_data()}


class WrongOffset(UploadProblem):
    """Bytes were sent for another place than the one where the upload stands; `offset` is the right one."""

    def __init__(self, offset: int) -> None:
        super().__init__(
            "wrong_offset", "The upload stands at another place.", "Go on from the offset given.", status=409
        )
        self.offset = offset

    def as_data(self) -> dict[str, object]:
        return {**super().as_data(), "offset": self.offset}


class Unusable(UploadProblem):
    """What was sent can't become a note. Its bytes are deleted; the reason stays on the recording."""

    def __init__(self, found: UnusableAudio) -> None:
        super().__init__(found.code, found.message, status=413 if found.code == "too_large" else 422)


class UploadOver(UploadProblem):
    """The upload was finished, refused or deleted in the meantime."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__("upload_over", message, remedy, status=410)
