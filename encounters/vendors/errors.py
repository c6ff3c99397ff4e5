"""What can go wrong between us and a video vendor.

    NotGenuine            a callback that is not the vendor's, or not for this account: 401, nothing stored
    NotReadable           a genuine callback that makes no sense: 400
    VendorError           a call to the vendor's API, or a download, without the wished result
    ├── Unreachable       no answer, or a 5xx: try again
    ├── RateLimited       429: try again after ``retry_after``
    ├── KeysRefused       401 or 403 of the API: somebody has to look at the credentials
    ├── NotFound          the vendor does not know it (any more)
    ├── NotReady          the vendor is still at it, or can't do it just now
    ├── NothingRecorded   the call has ended and nothing was recorded in it
    ├── LinkExpired       a signed link no longer works: ask for a new one
    ├── BadMedia          what was served is not the recording: a web page, cut short, other bytes than announced
    ├── BadAnswer         an answer that can't be read, or a refusal that will not change
    └── NotSupported      the vendor can't do this at all, or not with this kind of recording

``words`` are for people. Neither they nor the exception's text hold an id, a link, a name or anything that was said.
"""

from __future__ import annotations


class NotGenuine(Exception):
    """``reason`` is a code for the audit trail; the sender is told nothing.

    ``vendor_at_fault`` where the vendor's own trouble may be why: it is answered 503, so that it posts again.
    """

    def __init__(self, reason: str, *, vendor_at_fault: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.vendor_at_fault = vendor_at_fault


class NotReadable(Exception):
    """The sender is genuine; what it sent can't be understood."""


class VendorError(Exception):
    """``code`` is stable (stored, counted); ``retryable`` says whether the same may work later by itself."""

    code = "vendor_error"
    retryable = False

    def __init__(self, words: str, *, retry_after: float | None = None) -> None:
        super().__init__(self.code)
        self.words = words
        self.retry_after = retry_after


class Unreachable(VendorError):
    code = "unreachable"
    retryable = True


class RateLimited(VendorError):
    code = "rate_limited"
    retryable = True


class KeysRefused(VendorError):
    """Retryable, since an administrator can put it right without touching the recording."""

    code = "keys_refused"
    retryable = True


class NotFound(VendorError):
    code = "not_found"


class NotReady(VendorError):
    code = "not_ready"
    retryable = True


class NothingRecorded(VendorError):
    code = "nothing_recorded"


class LinkExpired(VendorError):
    code = "link_expired"
    retryable = True


class BadMedia(VendorError):
    code = "bad_media"
    retryable = True


class BadAnswer(VendorError):
    code = "bad_answer"


class NotSupported(VendorError):
    code = "not_supported"
