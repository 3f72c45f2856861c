"""The courier's post: plain words and the same in simple HTML, through the operator's own mail server."""

from __future__ import annotations

import asyncio
import re
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import formatdate
from typing import Any, Literal, NamedTuple

import aiosmtplib

from kelisim.courier import page
from kelisim.courier.outcome import GONE, LATER, REFUSED, SENT, UNKNOWN, Outcome, Parcel
from kelisim.desk import files
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.deliveries import Delivery
from kelisim.desk.outbox import Claimed
from kelisim.desk.visit import EMAIL

TIMEOUT = 20


class Server(NamedTuple):
    """The operator's mail server and the address letters come from."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    user: str | None
    password: str | None
    sender: str
    name: str
    plus: bool = True  # letters to user+anything@ arrive too (RFC 5233)
    home: str = ""  # where the desk's own links lead; other addresses in a letter's words are no links

    def named(self, token: str) -> str:
        """The address that only this letter has; without plus, or where it grows too long, the plain one."""
        local, _at, domain = self.sender.rpartition("@")
        return f"{local}+{token}@{domain}" if self.plus and len(local) + len(token) < 64 else self.sender


async def announce(server: Server, broadcast: Broadcast, delivery: Delivery, body: dict[str, Any]) -> Outcome:
    """Hand one letter of a broadcast to the mail server; `body` is what `bodies.letter` made, with its `token`."""
    message = Claimed(
        delivery.id, "broadcast", EMAIL, delivery.subject_id, "", broadcast.number, delivery.locale, delivery.address, {},
        delivery.attempts, delivery.token, broadcast.at, None, broadcast.at,
    )  # fmt: skip
    return await send(server, Parcel(message, delivery.address, body))


async def send(server: Server, parcel: Parcel) -> Outcome:
    """Hand one letter to the mail server (RFC 5321: 5xx is for good, 4xx passes)."""
    client = aiosmtplib.SMTP(
        hostname=server.host, port=server.port, use_tls=server.tls == "implicit",
        start_tls=server.tls == "starttls", timeout=TIMEOUT,
    )  # fmt: skip
    told = False
    try:
        async with client:
            if server.user is not None:
                await client.login(server.user, server.password or "")
            told = True
            # The recipient is named here: what a header seems to say adds nobody (T-LET-05). What comes back to the
            # sender of the envelope names the letter that did not arrive (T-LET-15).
            sender = server.named(parcel.body["token"])
            if parcel.body.get("attached") and parcel.address.isascii():
                # Megabytes take a while to be written out: beside the loop, so that nobody's answer waits for that.
                whole = await asyncio.to_thread(_written, server, parcel)
                await client.sendmail(sender, [parcel.address], whole)
            else:
                await client.send_message(letter(server, parcel), sender=sender, recipients=[parcel.address])
    except aiosmtplib.SMTPRecipientsRefused as fault:
        code, said = max(((one.code, one.message) for one in fault.recipients), default=(550, ""))
        if code < 500:
            return Outcome(LATER, str(code))
        return Outcome(GONE if gone(code, said) else REFUSED, str(code))
    except aiosmtplib.SMTPResponseException as fault:
        return Outcome(REFUSED if fault.code >= 500 and told else LATER, str(fault.code))
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPConnectTimeoutError):
        return Outcome(LATER, "no connection")
    except (aiosmtplib.SMTPException, OSError) as fault:
        return Outcome(UNKNOWN if told else LATER, type(fault).__name__)
    return Outcome(SENT)


# A refused recipient is one who is not there only where the server says so (RFC 3463, 5.1.x: its address is wrong, 7 to 9 are
# about ours). A server that dislikes us, is full or forgot to relay says 5xx to everybody, and everybody is there.
_ENHANCED = re.compile(r"\s*5\.(?P<subject>\d{1,3})\.(?P<detail>\d{1,3})(?!\d)")
_ABOUT_US = re.compile(
    r"(?i)relay|policy|denied|block|black|spam|sender|reputation|banned|authenti|not (?:allowed|permitted)|\b(?:spf|dkim|dmarc)\b"
)


def gone(code: int, said: str) -> bool:
    """Whether a refusal of a recipient means that the mailbox does not exist, by its code and words (RFC 5321, RFC 3463)."""
    status = _ENHANCED.match(said)
    if status is not None and (status["subject"], status["detail"]) != ("1", "0"):
        about_them = status["subject"] == "1" and status["detail"] not in ("7", "8", "9")
        return about_them and code in (550, 551, 553)
    return code == 550 and _ABOUT_US.search(said) is None


def _written(server: Server, parcel: Parcel) -> bytes:
    """The letter as bytes that every server takes."""
    return letter(server, parcel).as_bytes(policy=SMTP.clone(cte_type="7bit"))


class _Whole(UnstructuredHeader, BaseHeader):
    """A header on one line: Python folds an address that is long into encoded words, and those are no address."""

    def fold(self, *, policy: Policy[Any]) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
for whole in ("list-unsubscribe", "message-id", "in-reply-to", "references", "reply-to"):
    _HEADERS.map_to_type(whole, _Whole)
_POLICY = EmailPolicy(header_factory=_HEADERS)


def letter(server: Server, parcel: Parcel) -> EmailMessage:
    """The message: no header of ours holds anybody's words (T-LET-05), and robots are told not to answer (RFC 3834).

    The parcel's body: sender, subject, text; `token` and `thread` (see `desk.threads`); perhaps `answers` (a Message-ID), `auto`
    (auto-generated unless given; empty: a person wrote it), `unsubscribe` (an address), `attached` (name, type, bytes), and of a
    broadcast `html`, `below`, `stop`, `button` and `spoken` (see `desk.bodies`).
    """
    message = EmailMessage(policy=_POLICY)
    name = parcel.body.get("sender", server.name)  # the operator in the letter's own language
    message["From"] = f'"{line(name).translate(_QUOTED)}" <{server.sender}>'
    message["To"] = parcel.address
    message["Subject"] = line(parcel.body["subject"])
    message["Date"] = formatdate()
    domain, token = server.sender.rpartition("@")[2], parcel.body["token"]
    message["Message-ID"] = f"<{token}@{domain}>"
    message["Reply-To"] = server.named(token)
    known = [f"<{thread}@{domain}>"] if (thread := parcel.body.get("thread")) else []
    if (answers := parcel.body.get("answers", "")) and _MESSAGE_ID.fullmatch(answers):
        message["In-Reply-To"] = answers
        known.append(answers)
    if known:
        message["References"] = " ".join(known)
    if auto := parcel.body.get("auto", "auto-generated"):
        message["Auto-Submitted"] = auto
    if unsubscribe := parcel.body.get("unsubscribe"):
        # RFC 8058
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(parcel.body["text"])
    locale, home = parcel.body.get("spoken") or parcel.message.locale, server.home
    title = line(parcel.body["subject"])
    if (own := parcel.body.get("html")) is not None:
        html = page.dressed(
            own, parcel.body["below"], locale, title=title, sender=line(name), home=home, button=parcel.body.get("button"),
            stop=parcel.body.get("stop", ""),
        )  # fmt: skip
    else:
        html = page.page(parcel.body["text"], locale, title=title, sender=line(name), home=home)
    message.add_alternative(html, subtype="html")
    for part, made in parcel.body.get("made", {}).items():
        main, _slash, sub = files.TYPES[part].partition("/")
        name = files.name(parcel.message.number, part)
        message.add_attachment(made, maintype=main, subtype=sub, filename=name)
    for name, kind, content in parcel.body.get("attached", []):
        main, _slash, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=line(name))
    message["Content-Language"] = locale  # last: setting the content clears what is said of it
    return message


# Only what every mail program writes may come back in a header of ours (RFC 5322 dot-atom).
_MESSAGE_ID = re.compile(r"<[\w.!#$%&'*+/=^`{|}~-]{1,200}@[\w.-]{1,200}>", re.ASCII)
_QUOTED = {ord('"'): None, ord("\\"): None}


def line(text: str) -> str:
    """Words that may stand in a header: one line, and nothing that reads as an encoded word (CVE-2024-6923)."""
    seen = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(seen.replace("=?", "= ?").split())
