"""Keeps the HTTP service from being made to talk to its own network: outgoing connections are judged where they are made.

Python raises the audit event ``socket.connect`` with the address that is about to be used, after every name has been resolved and every
redirect followed. Refusing there leaves no gap for rebinding names, encoded addresses or an SDK's own ideas.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, Final

_NAT64: Final = 0x0064FF9B << 64
"""64:ff9b::/96, without its last 32 bits, which are the IPv4 address."""
_CONNECTING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
"""connect_ex raises socket.connect as well."""


class ForbiddenAddress(OSError):
    """A connection to an address that is not on the public internet was refused before it was made."""


def is_public(address: str) -> bool:
    """Whether an IP address, in any notation of :mod:`ipaddress`, is one of the public internet. Names are not: they are refused."""
    import ipaddress

    try:
        ip: Any = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if ip.version == 6:
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip.sixtofour is not None:
            ip = ip.sixtofour
        elif ip.teredo is not None:
            return False
        elif int(ip) >> 32 == _NAT64:
            ip = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
        elif int(ip) >> 125 != 1:
            return False  # whatever lies outside 2000::/3 is no address of the internet, today's lists notwithstanding
    if any(ip in network for network in _special()):
        return False
    return bool(ip.is_global and not ip.is_multicast and not ip.is_reserved)


@cache
def _special() -> tuple[Any, ...]:
    """Networks that Python 3.11 takes for public ones; IANA's lists of special addresses do not."""
    import ipaddress

    return tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")))


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event not in _CONNECTING:
        return
    address = args[1]
    if address is None:
        return  # on a socket that is connected, and was judged then
    host = address[0] if isinstance(address, tuple) and address else "a local socket"
    if not is_public(str(host)):
        raise ForbiddenAddress(f"this service does not connect to {host}")


def install() -> None:
    """Refuse private addresses for the rest of this process. It cannot be undone: that is what an audit hook is for."""
    sys.addaudithook(_hook)


def refused(error: BaseException | None) -> bool:
    """Whether a refusal of ours is behind an SDK's exception."""
    visited: set[int] = set()
    pending = [error]
    while pending:
        each = pending.pop()
        if each is None or id(each) in visited:
            continue
        if isinstance(each, ForbiddenAddress):
            return True
        visited.add(id(each))
        pending += [each.__cause__, each.__context__, *(arg for arg in each.args if isinstance(arg, BaseException))]
        wrapped = (getattr(each, name, None) for name in ("reason", "inner_exception"))  # urllib3's, Azure's
        pending += [inner for inner in wrapped if isinstance(inner, BaseException)]
    return False
