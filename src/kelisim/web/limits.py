"""How much one place may ask (THREATS.md section 5): requests a minute and connections at a time, counted in memory.

A place is an IPv4 address or the /64 of an IPv6 one, kept as a keyed hash under a key of this process alone.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers, and the proxies whose word about an address is believed."""

    gets: int = 120  # a minute and place
    posts: int = 20
    body: int = 4096  # bytes of a form
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 15.0
    connections: int = 1000
    per_place: int = 20  # connections; a declared proxy brings many people and is not counted as one
    proxies: tuple[Network, ...] = ()

    def is_proxy(self, peer: str) -> bool:
        """Whether this peer is one of the declared proxies."""
        try:
            address = _plain(peer)
        except ValueError:
            return False
        return any(address in network for network in self.proxies)

    def origin(self, peer: str, forwarded: Sequence[str]) -> str:
        """The address a request comes from: the peer's, or what a declared proxy says last (T-WEB-06)."""
        if forwarded and self.is_proxy(peer):
            told = forwarded[-1].rpartition(",")[2].strip()
            try:
                return str(_plain(told))
            except ValueError:
                return peer
        return peer


class Budget:
    """Counts per place and minute; above `most` it says so. The oldest of many places are forgotten."""

    def __init__(self, most: int, places: int = 50_000) -> None:
        self._most, self._places = most, places
        self._key = secrets.token_bytes(16)
        self._counted: OrderedDict[bytes, tuple[float, int]] = OrderedDict()

    def over(self, address: str) -> bool:
        """Count one request from an address; whether its place is above the limit."""
        place, now = self._place(address), time.monotonic()
        began, count = self._counted.get(place, (now, 0))
        if now - began >= MINUTE:
            began, count = now, 0
        self._counted[place] = began, count + 1
        self._counted.move_to_end(place)
        if len(self._counted) > self._places:
            self._counted.popitem(last=False)
        return count + 1 > self._most

    def _place(self, address: str) -> bytes:
        return hashlib.blake2b(place(address).encode(), digest_size=16, key=self._key).digest()


class Connections:
    """Who is connected now."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: Counter[str] = Counter()

    def enter(self, peer: str) -> str | None:
        """The name under which to leave again; nothing when there are too many."""
        known = "" if self._limits.is_proxy(peer) else place(peer)
        many = known != "" and self._open[known] >= self._limits.per_place
        if many or self._open.total() >= self._limits.connections:
            return None
        self._open[known] += 1
        return known

    def leave(self, known: str) -> None:
        """One connection of this name is over."""
        self._open[known] -= 1
        if self._open[known] <= 0:
            del self._open[known]


def place(address: str) -> str:
    """What counts as one place: an IPv4 address, the /64 of an IPv6 address, or the text itself."""
    try:
        known = _plain(address)
    except ValueError:
        return address
    return str(IPv6Network((known, 64), strict=False)) if isinstance(known, IPv6Address) else str(known)


def _plain(address: str) -> IPv4Address | IPv6Address:
    known = ip_address(address.partition("%")[0])
    mapped = known.ipv4_mapped if isinstance(known, IPv6Address) else None
    return mapped or known
