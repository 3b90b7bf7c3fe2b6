"""Which addresses may be asked: none of our own network, unless a setting allows it.

A name is resolved once, every address that it has is looked at, and the connection goes to one of
exactly these: a name that changes its mind between the look and the connection gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from api.feed.errors import AddressRefused, DeliveryError
from detect.errors import BadInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], list[str]]

_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")


def parse_networks(text: str | None) -> tuple[Network, ...]:
    """Networks from a list such as "10.1.0.0/16, 192.168.3.7". Raises BadInput."""
    try:
        return tuple(ip_network(part.strip()) for part in (text or "").split(",") if part.strip())
    except ValueError as error:
        raise BadInput(
            f"feed_allow lists networks as CIDR: {error}",
            code="bad_setting",
            mend="Write it as 10.1.0.0/16,192.168.3.7/32.",
        ) from error


def resolve_host(host: str, port: int) -> list[str]:
    """All addresses of a host name, as the system's resolver knows them. Raises DeliveryError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryError(f"the host {host!r} is not known", code="unknown_host") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class AddressGuard:
    """Says which address of a host to connect to."""

    allowed: tuple[Network, ...] = ()
    resolve: Resolve = resolve_host

    def pick(self, host: str, port: int) -> str:
        """An address of this host. Raises AddressRefused where any lies inside."""
        found = [_parsed(text) for text in self.resolve(host.strip("[]"), port)]
        for address in found:
            if not self.permits(address):
                raise AddressRefused(
                    f"{host} is at {address}, which is no public address",
                    mend="Allow its network with the setting feed_allow, if this is meant.",
                )
        if not found:
            raise DeliveryError(f"the host {host!r} has no address", code="unknown_host")
        return str(found[0])

    def permits(self, address: Address) -> bool:
        """Whether this address may be asked."""
        meant = list(_meanings(address))
        if any(one in network for one in meant for network in self.allowed):
            return True
        return all(one.is_global and not one.is_multicast for one in meant)


def _parsed(text: str) -> Address:
    try:
        return ip_address(text.split("%")[0])
    except ValueError as error:
        raise DeliveryError(f"{text!r} is no address", code="unknown_host") from error


def _meanings(address: Address) -> Iterable[Address]:
    """The address, and the IPv4 addresses that an IPv6 one may stand for."""
    yield address
    if not isinstance(address, IPv6Address):
        return
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    yield from (one for one in inner if one is not None)
