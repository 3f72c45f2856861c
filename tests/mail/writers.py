"""People who write letters to the desk: what the reader of the mailbox would make of them goes straight to the door."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from typing import Any

from tests.doorstep import Doorstep

from kelisim.courier.outcome import Parcel
from kelisim.desk import identity, letterbox
from kelisim.desk.letterbox import Handled
from kelisim.mail.letter import PERSON, Letter, Part, Sender
from kelisim.mail.mailbox import Raw
from kelisim.mail.visit import Door
from kelisim.mail.visit import identity as told_apart

_letters = itertools.count(1)
AUTOMATIC_KINDS = ("ack", "stop-ack", "confirm")


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody with a mailbox, or who says so."""

    step: Doorstep
    address: str
    authentic: bool = False

    async def writes(self, subject: str, text: str = "", **more: Any) -> Handled:
        """Send a letter to the desk; what became of it."""
        return await take(self.step, letter(self.step, self.address, subject, text, self.authentic, **more))

    async def replies(self, to: Parcel, text: str, subject: str = "", **more: Any) -> Handled:
        """Answer a letter of ours, with its quotation below."""
        quoted = "\n".join(f"> {line}" for line in to.body["text"].splitlines())
        body = f"{text}\n\nOn Tue, 24 Nov 2026 at 11:00, KazGer LLP <info@alit.kz> wrote:\n{quoted}\n"
        named = (f"<{to.body['token']}@alit.kz>",)
        return await self.writes(subject or f"Re: {to.body['subject']}", body, named=named, **more)


def letter(
    step: Doorstep,
    address: str,
    subject: str,
    text: str,
    authentic: bool = False,
    *,
    received: datetime | None = None,
    message_id: str = "",
    named: Sequence[str] = (),
    files: Sequence[Part] = (),
    kind: str = PERSON,
) -> Letter:
    """A letter as the reader understands it."""
    email = identity.email(address)
    return Letter(
        message_id or f"<letter.{next(_letters)}@mail.kz>", Sender(email, dmarc=authentic, every=(email,)), subject, text,
        received or step.desk.clock.now(), kind=kind, named=tuple(named), files=tuple(files),
    )  # fmt: skip


async def take(step: Doorstep, letter: Letter) -> Handled:
    """The door's own work for a letter that was read."""
    door = Door(step.desk, step.database)
    raw = Raw("1", f"Message-ID: {letter.message_id}\n\n{letter.text}".encode(), letter.received_at)
    number = letterbox.key(step.desk, told_apart(letter, raw))
    handled: Handled = await step.database.keep(partial(door._work, raw, letter, number))
    return handled


async def posts(
    step: Doorstep,
    address: str,
    subject: str,
    text: str = "",
    *,
    stamped: bool = False,
    answers: Parcel | None = None,
) -> Handled:
    """The same as bytes in the mailbox; `stamped`: the operator's own server says that DMARC passed."""
    mail = step.desk.operator.mail.model_copy(update={"authserv": "mx.alit.kz"})
    step.desk.operator = step.desk.operator.model_copy(update={"mail": mail})
    made = EmailMessage(policy=SMTP)
    if stamped:
        domain = address.rpartition("@")[2]
        made["Authentication-Results"] = f"mx.alit.kz; dmarc=pass header.from={domain}"
    made["From"] = address
    made["To"] = step.desk.operator.mailbox
    made["Subject"] = subject
    made["Message-ID"] = f"<letter.{next(_letters)}@mail.kz>"
    made["Date"] = format_datetime(step.desk.clock.now())
    if answers is not None:
        made["In-Reply-To"] = f"<{answers.body['token']}@alit.kz>"
        quoted = "\n".join(f"> {line}" for line in answers.body["text"].splitlines())
        text = f"{text}\n\nOn Tue, 24 Nov 2026 at 11:00, KazGer LLP <info@alit.kz> wrote:\n{quoted}\n"
    made.set_content(text)
    return await Door(step.desk, step.database).serve(Raw("1", bytes(made), step.desk.clock.now()))


async def answered(step: Doorstep, address: str = "") -> list[Parcel]:
    """What the desk writes by itself now, to one address or to all."""
    return [
        parcel
        for parcel in await step.courier("email")
        if parcel.message.kind in AUTOMATIC_KINDS and (not address or parcel.address == address)
    ]


_NUMBER = re.compile(r"\b[CSKEB]-[0-9A-Z]{9}\b")
_SECRET = re.compile(r"/l/[\w-]+")


def plain(parcel: Parcel) -> tuple[str, str, str]:
    """Kind, subject and text without what must differ: numbers and secrets."""
    said = [_SECRET.sub("/l/…", _NUMBER.sub("№", parcel.body[part])) for part in ("subject", "text")]
    return parcel.message.kind, said[0], said[1]


def number_of(parcel: Parcel) -> str:
    """The number a letter tells."""
    found = _NUMBER.search(parcel.body["subject"] + parcel.body["text"])
    assert found is not None
    return found[0]


__all__ = ["AUTOMATIC_KINDS", "Writer", "answered", "letter", "number_of", "plain", "posts", "take"]
