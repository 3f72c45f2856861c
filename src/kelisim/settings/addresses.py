"""Addresses of sites, mail servers and databases, read from one line of text; a fault never quotes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

Tls = Literal["implicit", "starttls", "none"]
Network = IPv4Network | IPv6Network
SMTP: dict[str, tuple[Tls, int]] = {
    "smtps": ("implicit", 465),
    "smtp+starttls": ("starttls", 587),
    "smtp": ("none", 25),
}
IMAP: dict[str, tuple[Tls, int]] = {"imaps": ("implicit", 993), "imap": ("none", 143)}


class Listen(NamedTuple):
    """Where the web site and the webhook listen."""

    host: str
    port: int


@dataclass(frozen=True)
class MailHost:
    """A mail server; `tls` "starttls" means that a connection without it is given up."""

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    folder: str = "INBOX"


@dataclass(frozen=True)
class Maildir:
    """A mailbox that is a folder on this machine."""

    path: Path


def is_loopback(host: str | None) -> bool:
    """Whether a host name can only mean this machine; whatever is not certain does not."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def parts_of(text: str, schemes: tuple[str, ...]) -> SplitResult:
    """An address in parts; the sentences of urllib would quote it, password and all, so ours are raised."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in schemes and (parts.hostname or parts.scheme == "maildir") and parts.port != 0
    except ValueError:
        whole = False
    if not whole or any(c.isspace() for c in text):
        raise ValueError("is not an address that begins with " + " or ".join(f"{s}://" for s in schemes))
    return parts


def site(text: str) -> str:
    """A web address without its last slash; plain http only on this machine."""
    parts = parts_of(text, ("https", "http"))
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be a plain address, without user, ? or #")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https:// unless it is this machine")
    return text.rstrip("/")


def database(text: str) -> URL:
    """The address of a store, with the driver that kelisim uses."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("is not a database address") from None
    match url.drivername:
        case "sqlite" | "sqlite+aiosqlite":
            if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
                raise ValueError("must name a file, as in sqlite:////var/lib/kelisim/kelisim.db")
            path = Path(url.database).expanduser().absolute()
            return url.set(drivername="sqlite+aiosqlite", database=str(path))
        case "postgresql" | "postgres" | "postgresql+asyncpg":
            query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
            return url.set(
                drivername="postgresql+asyncpg", query=query
            )  # asyncpg says ssl where libpq says sslmode
    raise ValueError("must begin with sqlite:/// or postgresql://")


def smtp(text: str) -> MailHost:
    """The server that takes our letters."""
    parts = parts_of(text, ("smtps", "smtp+starttls", "smtp"))
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must end with the port")
    return _mail_host(
        parts, {"smtps": ("implicit", 465), "smtp+starttls": ("starttls", 587), "smtp": ("none", 25)}
    )


def imap(text: str) -> MailHost | Maildir:
    """The mailbox that letters to the desk arrive in."""
    parts = parts_of(text, ("imaps", "imap", "maildir"))
    if parts.scheme == "maildir":
        if parts.netloc or not parts.path.startswith("/"):
            raise ValueError("must have three slashes, as in maildir:///var/mail/desk")
        return Maildir(Path(unquote(parts.path)))
    return _mail_host(parts, IMAP)


def _mail_host(parts: SplitResult, ways: Mapping[str, tuple[Tls, int]]) -> MailHost:
    tls, port = ways[parts.scheme]
    host = parts.hostname or ""
    if tls == "none" and not is_loopback(host):
        safe = " or ".join(f"{scheme}://" for scheme, (way, _) in ways.items() if way != "none")
        raise ValueError(f"must begin with {safe}: without TLS it may only be this machine")
    return MailHost(
        host,
        parts.port or port,
        tls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        unquote(parts.path.strip("/")) or "INBOX",
    )


def listen(text: str) -> Listen:
    """A host and a port; IPv6 in brackets."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:\[\]]+)):([0-9]{1,5})", text)
    if match is None or int(match[3]) > 65535:
        raise ValueError("must be host:port, as in 127.0.0.1:8080")
    return Listen(match[1] or match[2], int(match[3]))


def proxies(text: str) -> tuple[Network, ...]:
    """Addresses or networks of the machines that pass requests on to us, separated by commas."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(","))
    except ValueError:
        raise ValueError("must be addresses or networks, as in 127.0.0.1,10.0.0.0/8") from None
