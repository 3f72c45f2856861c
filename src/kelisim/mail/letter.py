"""A letter as the desk understands it, whatever its charsets, parts and programs were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kelisim.desk.identity import Email

# What sent a letter: a person, or a program that is never answered (RFC 3834).
PERSON, AUTOMATIC, LIST, BOUNCE = "person", "automatic", "list", "bounce"


class TooMuch(Exception):
    """A letter above the limits (size, parts, depth, headers): it is set aside before it is read further (T-LET-18)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a letter says it is from, and how far that may be believed.

    `address` is nothing where From is missing, doubled or in any way unsound (T-LET-04): then nobody is meant. `dmarc`: the
    operator's own server says that the address's domain stands behind it. `inside`: it says that one of the operator's own
    people logged in as this address, as far as `[mail] inside` names such a stamp (T-LET-03). `every` are all addresses that
    stand in any From, for what only takes away.
    """

    address: Email | None
    dmarc: bool = False
    inside: bool = False
    every: tuple[Email, ...] = ()

    @property
    def authentic(self) -> bool:
        """Whether the trusted server vouches for the address."""
        return self.address is not None and (self.dmarc or self.inside)


@dataclass(frozen=True, slots=True)
class Part:
    """A file that came along; `name` is for people alone, the type is told by the content later."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, read.

    `subject` is one line; `text` is all that was written, plain, line ends as \\n, quotations included (an HTML-only letter is
    reduced to text). `sure` is False where a charset had to be guessed. `named` are headers and addresses in which one of our
    own letters may be named (`desk.threads.rows` finds it): In-Reply-To and References first, then To, Cc, Delivered-To,
    X-Original-To and Return-Path. `status` is the SMTP status of a bounce (5.1.1), `returned` what it names of our letters.
    `failed` is the address it failed for. `language` is that of the header, if any. `received_at` is the server's moment, not
    the writer's.
    """

    message_id: str
    sender: Sender
    subject: str
    text: str
    received_at: datetime
    kind: str = PERSON
    sure: bool = True
    html_only: bool = False
    named: tuple[str, ...] = ()
    files: tuple[Part, ...] = ()
    status: str = ""
    returned: tuple[str, ...] = ()
    failed: str = ""
    date: datetime | None = None
