"""The post between the desk and everybody else: our letters as the bytes that leave, and what other programs send back."""

from __future__ import annotations

import itertools
from email.message import EmailMessage
from email.policy import SMTP

from tests.doorstep import Doorstep

from kelisim.courier import smtp
from kelisim.courier.outcome import Parcel
from kelisim.desk.letterbox import Handled
from kelisim.mail.mailbox import Raw
from kelisim.mail.visit import Door

_letters = itertools.count(1)


def server(step: Doorstep) -> smtp.Server:
    """The operator's mail server; nobody connects to it."""
    return smtp.Server("localhost", 25, "none", None, None, step.desk.operator.mailbox, "KazGer")


def written(step: Doorstep, parcel: Parcel) -> EmailMessage:
    """A letter of ours as it leaves."""
    return smtp.letter(server(step), parcel)


def bounce(
    step: Doorstep,
    parcel: Parcel,
    *,
    status: str = "5.1.1",
    action: str = "failed",
    failed: str = "",
    to: str = "",
) -> bytes:
    """The report of a mail server about a letter of ours (RFC 3464): to the sender of its envelope, its headers attached."""
    ours = written(step, parcel)
    back = EmailMessage()
    back["Return-Path"] = "<>"
    back["From"] = "Mail Delivery System <MAILER-DAEMON@mx.mail.kz>"
    back["To"] = to or server(step).named(parcel.body["token"])
    back["Subject"] = "Undelivered Mail Returned to Sender"
    back["Message-ID"] = f"<dsn{next(_letters)}@mx.mail.kz>"
    back["Date"] = "Mon, 23 Nov 2026 10:00:00 +0500"
    back["Auto-Submitted"] = "auto-replied"
    failed = failed or parcel.address
    text = (
        f"I'm sorry to have to inform you that your message could not be delivered.\n\n<{failed}>: {status}\n"
    )
    report = f"Reporting-MTA: dns; mx.mail.kz\n\nFinal-Recipient: rfc822; {failed}\nAction: {action}\nStatus: {status}\n"
    headers = "".join(f"{name}: {value}\n" for name, value in ours.items())
    return _report(back, text, report, headers)


def _report(back: EmailMessage, text: str, report: str, headers: str) -> bytes:
    """The parts by hand: the standard library makes none of these types."""
    edge = "=_report"
    head = back.as_bytes(policy=SMTP).rstrip(b"\r\n").decode()
    body = "\n".join([
        "MIME-Version: 1.0", f'Content-Type: multipart/report; report-type=delivery-status; boundary="{edge}"', "",
        f"--{edge}", "Content-Type: text/plain; charset=utf-8", "", text,
        f"--{edge}", "Content-Type: message/delivery-status", "", report,
        f"--{edge}", "Content-Type: text/rfc822-headers", "", headers,
        f"--{edge}--", "",
    ])  # fmt: skip
    return head.encode() + b"\r\n" + body.replace("\n", "\r\n").encode()


async def bring(step: Doorstep, content: bytes) -> Handled:
    """A letter comes to the desk's mailbox, and through the real door."""
    return await Door(step.desk, step.database).serve(Raw("1", content, step.desk.clock.now()))
