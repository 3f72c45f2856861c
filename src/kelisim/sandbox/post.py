"""The post office: every letter sent to it is kept and shown, none goes any further."""

import asyncio
import email
import email.policy
import itertools
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, localtime, make_msgid
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from kelisim.sandbox.errors import Wrong

DESK = "info@alit.kz"  # the desk's mailbox; its domain is where staff have theirs


@dataclass
class Letter:
    """A letter as it came: its envelope and its bytes."""

    number: int
    at: float
    sender: str
    recipients: list[str]
    content: bytes
    parsed: EmailMessage = field(repr=False)

    def part(self, kind: str) -> str | None:
        """The plain or html body."""
        part = self.parsed.get_body((kind,))
        if part is None:
            return None
        try:
            return str(part.get_content())
        except (LookupError, UnicodeDecodeError):
            return (part.get_payload(decode=True) or b"").decode("utf-8", "replace")  # type: ignore[union-attr]

    def attachments(self) -> list[EmailMessage]:
        """The files that came along."""
        return [part for part in self.parsed.iter_attachments() if isinstance(part, EmailMessage)]

    def shown(self) -> dict[str, Any]:
        """The letter for the page and the driver."""
        return {
            "number": self.number,
            "at": self.at,
            "envelope": {"from": self.sender, "to": self.recipients},
            "subject": str(self.parsed.get("Subject", "")),
            "from": str(self.parsed.get("From", "")),
            "to": str(self.parsed.get("To", "")),
            "reply_to": str(self.parsed.get("Reply-To", "")),
            "message_id": str(self.parsed.get("Message-ID", "")),
            "headers": {name: str(value) for name, value in self.parsed.items()},
            "text": self.part("plain"),
            "html": self.part("html"),
            "attachments": [
                {
                    "name": part.get_filename() or "",
                    "kind": part.get_content_type(),
                    "bytes": len(part.get_payload(decode=True) or b""),
                }
                for part in self.attachments()
            ],
        }


class PostOffice:
    """An SMTP server in our own loop, with control over what it refuses."""

    def __init__(
        self, most: int, moved: Callable[[str], None], maildir: Path | None = None, desk: str = DESK
    ) -> None:
        self.letters: deque[Letter] = deque(maxlen=most)
        self.moved = moved
        self.maildir = maildir
        self.desk = desk
        self.numbers = itertools.count(1)
        self.rules: dict[str, str] = {}
        """Recipient (lower case) or * → the SMTP answer it gets instead of 250."""
        self.server: asyncio.Server | None = None
        self.port = 0

    async def open(self, port: int) -> None:
        """Listen on a loopback port (0: any free one)."""
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, hostname="localhost", ident="sandbox", loop=loop),
            "127.0.0.1",
            port,
            family=socket.AF_INET,
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Nobody answers any more."""
        if self.server is not None:
            self.server.close()
            self.server = None

    async def down(self, is_down: bool) -> None:
        """Close the office, or open it again behind the same port."""
        if is_down:
            await self.close()
        elif self.server is None:
            await self.open(self.port)

    def reset(self) -> None:
        """No letters, no rules."""
        self.letters.clear()
        self.rules.clear()
        self.moved("letters")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """aiosmtpd asks for each recipient."""
        if answer := self.rules.get(address.lower()) or self.rules.get("*"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """aiosmtpd hands over the letter."""
        if answer := self.rules.get("data"):
            return answer
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        letter = Letter(
            next(self.numbers),
            time.time(),
            envelope.mail_from or "",
            list(envelope.rcpt_tos),
            content,
            parsed,
        )
        self.letters.append(letter)
        self.moved("letters")
        return "250 OK: kept"

    def find(self, number: int) -> Letter:
        """A letter by number."""
        for letter in self.letters:
            if letter.number == number:
                return letter
        raise Wrong(404, f"there is no letter {number}")

    def write(self, asked: dict[str, Any]) -> str:
        """A letter into the desk's Maildir: an answer (`answers` = number, perhaps `quoted`) or new; its Message-ID.

        It bears the stamp that the operator's own mail server would give it, unless it is `spoofed`: then nothing vouches for
        whom it says it is from.
        """
        if self.maildir is None:
            raise Wrong(409, "the sandbox was started without --maildir")
        letter = EmailMessage(policy=email.policy.SMTP.clone(utf8=True))
        if number := asked.get("answers"):
            first = self.find(int(number)).parsed
            asked = {
                "from": str(first.get("To", "")),
                "to": str(first.get("Reply-To") or first.get("From", "")),
                "subject": "Re: " + str(first.get("Subject", "")).removeprefix("Re: "),
                **asked,
            }
            if asked.get("quoted"):
                asked["text"] = str(asked.get("text", "")) + quotation(self.find(int(number)))
            if message_id := first.get("Message-ID"):
                letter["In-Reply-To"] = letter["References"] = str(message_id)
        asked.setdefault("to", self.desk)
        if not asked.get("spoofed"):
            letter["Authentication-Results"] = self.stamp(str(asked.get("from", "")))
        for name in ("from", "to"):
            pairs = getaddresses([str(asked.get(name, ""))])
            if not pairs or "@" not in pairs[0][1]:
                raise Wrong(400, f"a letter needs {name}")
            letter[name.title()] = [Address(shown, addr_spec=address) for shown, address in pairs]
        letter["Subject"] = " ".join(str(asked.get("subject", "")).split())
        letter["Date"] = format_datetime(localtime())
        letter["Message-ID"] = make_msgid(domain="sandbox.local")
        letter.set_content(str(asked.get("text", "")))
        self.deliver(letter.as_bytes())
        return str(letter["Message-ID"])

    def stamp(self, sender: str) -> str:
        """What the operator's mail server says of a letter (RFC 8601): its own people logged in, of others the domain is."""
        address = getaddresses([sender])[0][1].lower() if sender else ""
        domain, ours = address.rpartition("@")[2], self.desk.rpartition("@")[2]
        said = f"auth=pass smtp.auth={address}" if domain == ours else f"dmarc=pass header.from={domain}"
        return f"mx.{ours}; {said}"

    def deliver(self, content: bytes) -> None:
        """Any bytes at all, as a new letter in the Maildir."""
        if self.maildir is None:
            raise Wrong(409, "the sandbox was started without --maildir")
        for folder in ("tmp", "new", "cur"):
            (self.maildir / folder).mkdir(parents=True, exist_ok=True)
        name = f"{time.time():.6f}.{os.getpid()}_{next(self.numbers)}.sandbox"
        (self.maildir / "tmp" / name).write_bytes(content)
        (self.maildir / "tmp" / name).rename(self.maildir / "new" / name)


def quotation(letter: Letter) -> str:
    """The letter that is answered, as a mail program puts it under the answer."""
    lines = (letter.part("plain") or "").rstrip().splitlines()
    said = f"On {letter.parsed.get('Date', '')}, {letter.parsed.get('From', '')} wrote:"
    return "\n\n" + "\n".join([said, *(f"> {line}".rstrip() for line in lines)]) + "\n"
