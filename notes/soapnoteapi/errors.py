"""What can go wrong between us and SOAPNoteAPI, and what to do about it.

    EngineError
    ├── AccountProblem           account_wide: every job of the account waits for an administrator
    │   ├── KeyRejected          401, or AUTHENTICATION_ERROR
    │   ├── AccessRefused        403, or AUTHORIZATION_ERROR (about one note: not account_wide)
    │   ├── OutOfFunds           402, or a code that speaks of balance, credit, funds or payment
    │   └── AddressProblem       a redirect, a forbidden address: the account is set up wrongly
    ├── InputRefused             400, 405, 422 and every other 4xx
    │   ├── InvalidRequest       found by us before anything was sent
    │   ├── TooLarge             413
    │   └── UnsupportedAudio     415
    ├── NoteNotFound             404: unknown or expired
    ├── NoteFailed               the engine took the recording and could not make a note of it
    ├── NotTakenIn               the note is there, and storing it failed on our side
    ├── Withdrawn                our side stopped the request (consent withdrawn, lease lost)
    ├── BadAnswer                a 2xx that is not what it should be; retryable unless it answered an upload
    └── Unavailable              retryable
        ├── RateLimited          429
        ├── ServiceDown          408, 425, 5xx (500, 502, 504 to an upload: as if the answer was lost)
        ├── Unreachable          no connection: nothing was sent
        └── AnswerLost           time-out or broken connection

``retryable`` is the one bit that decides whether to try again. ``ambiguous`` says that the request may have
been carried out although no answer arrived: a note may exist (and be charged), so look for it before sending
again. The text of an exception is its code and HTTP status, never the engine's message, which may quote
clinical text.
"""

from __future__ import annotations

RECORDING_KEPT = "Everything recorded and typed is kept."
ANOTHER_NOTE = "ANOTHER_NOTE"


class EngineError(Exception):
    """``code``: the engine's own, or ours; ``human``: what to tell a clinician; ``fields``: names of the
    fields that the engine complained about; ``request_id``: for a question to the vendor."""

    retryable = False
    account_wide = False
    default_code = "ENGINE_ERROR"
    default_human = f"The note could not be made. {RECORDING_KEPT} Type the note, or ask an administrator."

    def __init__(
        self,
        code: str = "",
        *,
        http_status: int | None = None,
        retry_after_seconds: float | None = None,
        human: str = "",
        ambiguous: bool = False,
        fields: tuple[str, ...] = (),
        request_id: str = "",
    ) -> None:
        self.code = code or self.default_code
        self.http_status = http_status
        self.retry_after_seconds = retry_after_seconds
        self.human = human or self.default_human
        self.ambiguous = ambiguous
        self.fields = fields
        self.request_id = request_id
        super().__init__(self.code if http_status is None else f"{self.code} (HTTP {http_status})")


class AccountProblem(EngineError):
    """Nothing of this account will work until somebody changes something."""

    account_wide = True
    default_code = "ACCOUNT_PROBLEM"


class KeyRejected(AccountProblem):
    """The API key is missing, wrong or expired."""

    default_code = "AUTHENTICATION_ERROR"
    default_human = (
        "The note service did not accept this practice's key. "
        f"{RECORDING_KEPT} It is sent by itself once an administrator has entered a valid key."
    )


class AccessRefused(AccountProblem):
    """The API key was revoked, or the thing asked for belongs to somebody else."""

    default_code = "AUTHORIZATION_ERROR"
    default_human = (
        "The note service refused access: the practice's key may have been revoked. "
        f"{RECORDING_KEPT} Ask an administrator to check the account."
    )

    def __init__(self, code: str = "", *, account_wide: bool = True, **details: object) -> None:
        super().__init__(code, **details)  # type: ignore[arg-type]
        self.account_wide = account_wide


class OutOfFunds(AccountProblem):
    """The account's balance is used up."""

    default_code = "INSUFFICIENT_BALANCE"
    default_human = (
        "The practice's account at the note service has run out of funds. "
        f"{RECORDING_KEPT} It is sent by itself once the account has been topped up."
    )


class AddressProblem(AccountProblem):
    """The configured address redirects, or may not be called."""

    default_code = "ADDRESS_PROBLEM"
    default_human = (
        "The address of the note service is not set up correctly. "
        f"{RECORDING_KEPT} Ask an administrator to check it."
    )


class InputRefused(EngineError):
    """The engine will not take this request, however often it is sent."""

    default_code = "VALIDATION_ERROR"
    default_human = (
        "The note service did not accept what was sent. "
        f"{RECORDING_KEPT} Check the visit's specialty, template and context, or type the note."
    )


class InvalidRequest(InputRefused):
    """Refused by us: the engine would refuse it too."""

    default_code = "INVALID_REQUEST"


class TooLarge(InputRefused):
    """The recording is larger than the engine takes."""

    default_code = "PAYLOAD_TOO_LARGE"
    default_human = (
        "The recording is larger than the note service accepts. "
        f"{RECORDING_KEPT} Upload a smaller file (mono, 64 kbit/s is enough for speech), or type the note."
    )


class UnsupportedAudio(InputRefused):
    """The engine does not know this kind of file."""

    default_code = "UNSUPPORTED_MEDIA_TYPE"
    default_human = (
        "The note service cannot read this kind of recording. "
        f"{RECORDING_KEPT} Upload it as MP3, M4A, WAV, OGG, WEBM, FLAC or MP4, or type the note."
    )


class NoteNotFound(EngineError):
    """Unknown to the engine, or past its retention."""

    default_code = "NOT_FOUND"
    default_human = (
        "The note service no longer has this note. "
        f"{RECORDING_KEPT} Send the recording again, or type the note."
    )


class NoteFailed(EngineError):
    """The engine worked on the recording and gave up. Made by ``failures.note_failed``."""

    default_code = "NOTE_FAILED"
    default_human = (
        "The note service could not make a note from this recording. "
        f"{RECORDING_KEPT} Listen to the recording, send it again, or type the note."
    )


class NotTakenIn(EngineError):
    """The engine's note is there, and we could not store it. Made by our side, not by the client."""

    retryable = True
    default_code = "RESULT_NOT_TAKEN_IN"
    default_human = (
        "The note arrived and could not be stored here. "
        f"{RECORDING_KEPT} Try again, type the note, or ask an administrator."
    )


class Withdrawn(EngineError):
    """We stopped the request ourselves."""

    default_code = "WITHDRAWN"
    default_human = "Sending was stopped before it was finished. Nothing more leaves this system."


class BadAnswer(EngineError):
    """Not JSON, not an object, or without the fields that make it an answer."""

    retryable = True
    default_code = "BAD_ANSWER"
    default_human = (
        "The note service gave an answer that could not be read. "
        f"{RECORDING_KEPT} If no note appears, send it again or type the note."
    )

    def __init__(self, code: str = "", *, retryable: bool = True, **details: object) -> None:
        super().__init__(code, **details)  # type: ignore[arg-type]
        self.retryable = retryable


class Unavailable(EngineError):
    """It may work later."""

    retryable = True
    default_code = "UNAVAILABLE"
    default_human = (
        f"The note service cannot be used at the moment. {RECORDING_KEPT} It is tried again by itself."
    )


class RateLimited(Unavailable):
    """Too many requests; for a test key this can be the daily limit."""

    default_code = "RATE_LIMIT_EXCEEDED"
    default_human = f"The note service asks us to wait. {RECORDING_KEPT} It is tried again by itself."


class ServiceDown(Unavailable):
    """The service, or something in front of it, is out of order."""

    default_code = "SERVICE_UNAVAILABLE"
    default_human = (
        f"The note service is out of order at the moment. {RECORDING_KEPT} It is tried again by itself."
    )


class Unreachable(Unavailable):
    """No connection could be made."""

    default_code = "UNREACHABLE"
    default_human = f"The note service cannot be reached. {RECORDING_KEPT} It is tried again by itself."


class AnswerLost(Unavailable):
    """Sent, at least in part, and no answer."""

    default_code = "ANSWER_LOST"
    default_human = (
        f"The connection to the note service broke off. {RECORDING_KEPT} "
        "We look for the note first and send again only if there is none."
    )
