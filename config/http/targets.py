"""Where a request may go: https, public addresses, or an origin that the operator has named."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Iterable, Sequence
from urllib.parse import urlsplit

from config.http.errors import ConnectFailed, ForbiddenTarget

Origin = tuple[str, str, int]
Resolve = Callable[[str, int], Sequence[str]]

_DEFAULT_PORTS = {"https": 443, "http": 80}
_PLAIN_URL = re.compile(r"[!-\[\]-~]+")  # printable ASCII without space and backslash
_PLAIN_HOST = re.compile(r"[a-z0-9._\-]+|[0-9a-f:.]+")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def origin_of(url: str) -> Origin:
    """``(scheme, host, port)`` in lower case. Credentials in the address and odd characters are refused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ForbiddenTarget("The address cannot be read") from None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        raise ForbiddenTarget("The address is not an http address")
    if "@" in parts.netloc or not _PLAIN_HOST.fullmatch(host) or not _PLAIN_URL.fullmatch(url):
        raise ForbiddenTarget("The address holds credentials or characters that it may not hold")
    return scheme, host, port if port is not None else _DEFAULT_PORTS[scheme]


def system_resolve(host: str, port: int) -> Sequence[str]:
    """Addresses of a host as the machine's resolver gives them, in its order."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectFailed("The host name was not found", host=host) from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, whatever form or tunnel it is written in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id:
            return False
        embedded = _embedded(parsed)
        if embedded is None:
            return parsed in _GLOBAL_UNICAST and parsed.is_global
        parsed = embedded
    return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64)."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class TargetPolicy:
    """Decides before connecting (``check_url``) and again on the resolved addresses (``addresses``).

    ``allowed_origins`` may be plain http and may be private: the sandbox. ``allowed_hosts``, when given,
    narrows everything else to these names; a leading dot stands for any subdomain.
    """

    def __init__(
        self,
        *,
        allowed_origins: Iterable[str] = (),
        allowed_hosts: Collection[str] | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        self._origins = {origin_of(origin) for origin in allowed_origins}
        self._hosts = None if allowed_hosts is None else {host.lower() for host in allowed_hosts}
        self._resolve = resolve

    def check_url(self, url: str) -> Origin:
        """The origin of ``url``, or ``ForbiddenTarget``."""
        origin = origin_of(url)
        scheme, host, _ = origin
        if origin in self._origins:
            return origin
        if scheme != "https":
            raise ForbiddenTarget("Only https addresses may be called", host=host)
        if self._hosts is not None and not self._listed(host, self._hosts):
            raise ForbiddenTarget("The host is not on the list of allowed hosts", host=host)
        if _is_literal(host) and not is_public(host):
            raise ForbiddenTarget("The address is not a public one", host=host)
        return origin

    def addresses(self, origin: Origin) -> Sequence[str]:
        """The addresses to connect to. One that is not public spoils all: a mixed answer is an attack."""
        _, host, port = origin
        found = self._resolve(host, port)
        if not found:
            raise ConnectFailed("The host name was not found", host=host)
        if origin not in self._origins and not all(is_public(address) for address in found):
            raise ForbiddenTarget("The host name leads to an address that is not public", host=host)
        return found

    @staticmethod
    def _listed(host: str, hosts: Collection[str]) -> bool:
        return any(host == entry or (entry.startswith(".") and host.endswith(entry)) for entry in hosts)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
