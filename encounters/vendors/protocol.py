"""The interface that every video vendor's adapter implements, and the words it is spoken in.

An adapter is made for one account, asked one thing, and forgotten. It never stores anything, never asks the gate,
never retries: services do. Times are aware datetimes, lengths seconds, sizes bytes, hashes lower-case hex.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from config.http import Door
from encounters.vendors.errors import NotSupported


class EventKind(StrEnum):
    CALL_STARTED = "call_started"
    CALL_ENDED = "call_ended"
    RECORDING_STARTED = "recording_started"
    RECORDING_READY = "recording_ready"
    RECORDING_FAILED = "recording_failed"
    RECORDING_DELETED = "recording_deleted"


@dataclass(frozen=True)
class CallRef:
    """How a vendor names a call.

    ``session`` stands for one occurrence and never for another (room SID, meeting UUID, session id); ``room`` can be
    used again (room name, meeting number). ``encounter`` is set only by a sender that knows our own id.
    """

    session: str = ""
    room: str = ""
    encounter: str = ""


@dataclass(frozen=True)
class Found:
    """A file that the vendor has, or makes, of a call.

    ``id`` is the same in every callback, listing and description: it is what keeps a file from being taken twice.
    ``ready`` is False while the vendor still makes it, or has to be asked to (``prepare``). ``pushed``: it is sent to
    an address of ours instead of being fetched. ``final`` is False where
    more files of the same call may follow. ``locator`` is the adapter's own note of where it is, kept encrypted; no
    token belongs in it, and no signed link where a new one can be asked for.
    """

    id: str
    ready: bool = True
    final: bool = True
    started_at: datetime | None = None
    position: int = 0
    duration: float | None = None
    bytes: int | None = None
    sha256: str = ""
    media_type: str = ""
    pushed: bool = False
    locator: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """What one callback says. ``key`` is equal in each delivery of the same, and in no other's of the account."""

    kind: EventKind
    key: str
    call: CallRef = CallRef()
    found: tuple[Found, ...] = ()
    occurred_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True)
class Callback:
    """A request as it came in. ``url`` is the public address with its query; header names are looked up in any case."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What the vendor wants to hear, where that is more than 204."""

    status: int = 200
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Received:
    """A genuine callback: its events (none for kinds that don't matter to us), and the answer to give."""

    events: tuple[Event, ...] = ()
    answer: Answer | None = None


@dataclass(frozen=True)
class Listing:
    """What the vendor knows of a call. ``ended`` is None where it can't tell."""

    found: tuple[Found, ...] = ()
    ended: bool | None = None
    ended_at: datetime | None = None
    session: str = ""


@dataclass(frozen=True)
class Download:
    """Where a file's bytes are asked for. With ``headers`` (credentials) the address must be at the vendor's API hosts;
    they are never sent on to where it redirects. Without, it must be at its media hosts: a signed link."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class AccountField:
    """Something an administrator enters. A secret one is a key of ``Account.credentials``, another of ``options``."""

    name: str
    label: str
    help: str = ""
    secret: bool = True
    required: bool = True


@dataclass(frozen=True)
class Account:
    """What an adapter may know of a connection. ``api`` is the origin to call, without a slash at its end."""

    ref: str
    api: str
    callback_url: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)


class VideoVendor(ABC):
    """One vendor. Methods that reach the vendor raise ``VendorError``; see errors.py for which says what."""

    slug: ClassVar[str]
    label: ClassVar[str]
    # Where the API is by default, and the hosts that may be called (".example.com": any subdomain).
    api: ClassVar[str]
    api_hosts: ClassVar[tuple[str, ...]]
    # Where media may be fetched from, without credentials.
    media_hosts: ClassVar[tuple[str, ...]] = ()
    account_label: ClassVar[str] = "Account"
    fields: ClassVar[tuple[AccountField, ...]] = ()
    signed_with: ClassVar[str] = "Webhook secret"
    # Whether the vendor is a business associate, so that recording there needs an agreement (45 CFR 164.502(e)).
    business_associate: ClassVar[bool] = True
    starts_recording: ClassVar[bool] = False
    # Whether it runs at an address of its owner's, which is then the connection's host.
    self_hosted: ClassVar[bool] = False

    def __init__(self, account: Account, door: Door) -> None:
        self.account = account
        self.door = door

    @abstractmethod
    def receive(self, callback: Callback, secrets: Sequence[str], now: float) -> Received:
        """Verify the raw callback with any of ``secrets`` (current, previous) and read it.

        ``now`` is Unix time. Every parse error before the signature holds is ``NotGenuine``; after it, ``NotReadable``.
        Uses no network.
        """

    @abstractmethod
    def check(self) -> str:
        """Call the vendor with the account's keys; returns one sentence of what works, raises VendorError."""

    @abstractmethod
    def list_call(self, call: CallRef) -> Listing:
        """Everything that the vendor has of a call: the safety net for callbacks that never come."""

    @abstractmethod
    def describe(self, found: Found, call: CallRef) -> Found:
        """The file as the vendor has it now. NotFound when it is gone."""

    @abstractmethod
    def download(self, found: Found) -> Download:
        """Where to fetch the bytes, asked for right before they are; a new link at each call."""

    @abstractmethod
    def discard(self, found: Found, call: CallRef) -> str:
        """Delete every copy that the vendor has of the file; returns the evidence, in words without ids.

        Gone already counts as deleted. NotReady where the vendor wants to be asked again later.
        """

    @classmethod
    def ref(cls, external_id: str) -> CallRef:
        """What a bound id names: one occurrence, or something that can be used again."""
        return CallRef(session=external_id)

    def prepare(self, found: Found, call: CallRef) -> Found:
        """Have a file made that is not ready, or see how far it is. Asking again changes nothing."""
        return self.describe(found, call)

    def start_recording(self, call: CallRef) -> None:
        raise NotSupported(f"Recording can't be started from here at {self.label}.")

    def stop_recording(self, call: CallRef) -> None:
        raise NotSupported(f"Recording can't be stopped from here at {self.label}.")
