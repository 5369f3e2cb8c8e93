"""Which addresses may be connected to: those of the public Internet, and those that the operator named."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

__all__ = ["Network", "fault_of_network", "refusal"]

Network: TypeAlias = IPv4Network | IPv6Network
_Address: TypeAlias = IPv4Address | IPv6Address


def _table(rows: Iterable[tuple[str, str]]) -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(network), meaning) for network, meaning in rows)


# The IANA special-purpose address registries (RFC 6890) and what they leave to other documents. The table is our own
# since `ipaddress` knows them as they were when that Python was made, and takes transition forms for global.
_SPECIAL: Final = _table(
    [
        ("0.0.0.0/8", "this host"),  # RFC 791; connecting to 0.0.0.0 reaches the machine itself
        ("10.0.0.0/8", "private"),  # RFC 1918
        ("100.64.0.0/10", "shared by a carrier"),  # RFC 6598
        ("127.0.0.0/8", "loopback"),  # RFC 1122
        ("169.254.0.0/16", "link-local"),  # RFC 3927
        ("172.16.0.0/12", "private"),  # RFC 1918
        ("192.0.0.0/24", "for protocols"),  # RFC 6890
        ("192.0.2.0/24", "for documentation"),  # RFC 5737
        ("192.88.99.0/24", "a 6to4 relay"),  # RFC 7526
        ("192.168.0.0/16", "private"),  # RFC 1918
        ("198.18.0.0/15", "for benchmarks"),  # RFC 2544
        ("198.51.100.0/24", "for documentation"),  # RFC 5737
        ("203.0.113.0/24", "for documentation"),  # RFC 5737
        ("224.0.0.0/4", "multicast"),  # RFC 5771
        ("240.0.0.0/4", "reserved"),  # RFC 1112; broadcast is the last of them
        ("2001::/23", "for protocols"),  # RFC 2928; Teredo (RFC 4380) and ORCHID (RFC 7343) among them
        ("2001:db8::/32", "for documentation"),  # RFC 3849
        ("2002::/16", "6to4"),  # RFC 3056
        ("3ffe::/16", "reserved"),  # RFC 3701
        ("3fff::/20", "for documentation"),  # RFC 9637
    ]
)
_UNICAST_6: Final = IPv6Network(
    "2000::/3"
)  # all that IANA gives out; what is elsewhere is special (RFC 4291, 2.4)

# Where a cloud answers with credentials, and what is as good as that. Opening a whole network does not open them.
_METADATA: Final = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # nearly everywhere
        "169.254.170.2",  # AWS, credentials of a container
        "169.254.170.23",  # AWS, credentials of a pod
        "169.254.0.23",  # Tencent
        "169.254.42.42",  # Scaleway
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure, in a public network
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # AWS
        "fd00:ec2::23",  # AWS, credentials of a pod
        "fd20:ce::254",  # Google
        "fd00:42::42",  # Scaleway
    )
)
# Nobody has a service there, and 0.0.0.0 and :: are another spelling of loopback: no network opens them.
_NEVER: Final = tuple(ip_network(text) for text in ("0.0.0.0/8", "224.0.0.0/4", "::/128", "ff00::/8"))

_MAPPED: Final = IPv6Network("::ffff:0:0/96")  # RFC 4291, 2.5.5.2
_COMPATIBLE: Final = IPv6Network("::/96")  # RFC 4291, 2.5.5.1
_TRANSLATED: Final = IPv6Network("::ffff:0:0:0/96")  # RFC 2765
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL: Final = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_LOW_32: Final = (12, 13, 14, 15)
_LOCAL_LAYOUTS: Final = ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12), _LOW_32)  # RFC 6052, 2.2
_ISATAP: Final = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")  # RFC 5214, 6.1

_WIDEST: Final = {4: 8, 6: 7}  # 10.0.0.0/8 and fc00::/7 are the largest networks that belong to one owner


def refusal(address: str, networks: Iterable[Network] = ()) -> str | None:
    """Why the address may not be connected to, as words that follow "an address that is"; None when it may.

    A public unicast address may. Another one may when it lies in one of `networks`; but the metadata service of a cloud
    only when one of them is that very address, an IPv6 form of an IPv4 address only when that one may as well, and
    "this host", multicast and addresses with a zone never.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return "not an address"
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return "of one link only"
    return _refusal(parsed, tuple(networks))


def fault_of_network(network: Network) -> str | None:
    """Why the operator may not open the network, one clause; None when that is possible."""
    widest = _WIDEST[network.version]
    if network.prefixlen < widest:
        return f"{network} is wider than /{widest}: name the networks that are needed"
    return None


def _refusal(address: _Address, networks: tuple[Network, ...]) -> str | None:
    if any(address in network for network in _NEVER):
        return "never a service"
    if address in _METADATA:
        return None if ip_network(address) in networks else "a cloud's metadata service"
    if any(address in network for network in networks):
        hidden = (_refusal(each, networks) for each in _embedded(address))
        return next((reason for reason in hidden if reason), None)
    return _special(address)


def _special(address: _Address) -> str | None:
    for network, meaning in _SPECIAL:
        if address in network:
            return meaning
    if isinstance(address, IPv6Address):
        if address not in _UNICAST_6:
            return "not public"
        if address.packed[8:12] in _ISATAP:
            return "ISATAP"
    return None if address.is_global else "not public"  # what newer Pythons know, we take


def _embedded(address: _Address) -> set[IPv4Address]:
    """The IPv4 addresses that a packet to this address may reach in truth."""
    if isinstance(address, IPv4Address):
        return set()
    found: set[IPv4Address] = set()
    if (
        any(address in network for network in (_MAPPED, _COMPATIBLE, _TRANSLATED, _NAT64))
        and int(address) > 1
    ):
        found.add(_pick(address, _LOW_32))
    if address in _NAT64_LOCAL:
        found |= {_pick(address, layout) for layout in _LOCAL_LAYOUTS}
    if address.packed[8:12] in _ISATAP:
        found.add(_pick(address, _LOW_32))
    if address.sixtofour is not None:
        found.add(address.sixtofour)
    if address.teredo is not None:
        found |= set(address.teredo)
    return found


def _pick(address: IPv6Address, octets: tuple[int, ...]) -> IPv4Address:
    return IPv4Address(bytes(address.packed[octet] for octet in octets))
