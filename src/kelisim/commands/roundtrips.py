"""Letters to ourselves: whether they come back, what the mail server did to them, and whose word may be believed.

A plain one, one to the plus address, and one that brings its own Authentication-Results (T-LET-02). They are marked as ours
and as automatic, so that a reader that serves beside us leaves them, and they are destroyed again.
"""

from __future__ import annotations

import re
import smtplib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import formatdate

from kelisim.checks import Section
from kelisim.desk import numbers, threads
from kelisim.desk.operator import Operator
from kelisim.desk.visit import Desk
from kelisim.mail import reading
from kelisim.mail.letter import Letter
from kelisim.mail.mailbox import Away, Mailbox, Raw

PAUSE = 0.5  # seconds between looks
PLAIN, PLUS, FORGED = "plain", "plus", "forged"


@dataclass(slots=True)
class Trip:
    """What the letters to ourselves go by."""

    server: Callable[[], AbstractContextManager[smtplib.SMTP]]
    box: Mailbox
    desk: Desk
    patience: float

    @property
    def operator(self) -> Operator:
        return self.desk.operator

    @property
    def domain(self) -> str:
        return self.operator.mailbox.rpartition("@")[2]

    def send(self, what: str, forged: str = "") -> str:
        """Send one; its token. Raises what smtplib raises."""
        token = threads.token(self.desk, numbers.row_id())
        local = self.operator.mailbox.rpartition("@")[0]
        to = f"{local}+{token}@{self.domain}" if what == PLUS else self.operator.mailbox
        message = EmailMessage(policy=policy.SMTP)
        if forged:
            message["Authentication-Results"] = forged.replace("TOKEN", token)
        message["From"] = message["To"] = self.operator.mailbox
        if what == PLUS:
            message.replace_header("To", to)
        message["Subject"] = f"kelisim check: {what} {token}"
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{token}@{self.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if self.desk.url:
            message["List-Unsubscribe"] = f"<{self.desk.url}/o/check>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content("kelisim check --mail: this letter is removed again.\n")
        with self.server() as server:
            server.sendmail(self.operator.mailbox, [to], message.as_bytes())
        return token

    def fetch(self, tokens: dict[str, str]) -> dict[str, Raw]:
        """Wait for letters by their tokens (token: what), take each and destroy it; those that came, by what they are."""
        came: dict[str, Raw] = {}
        others: set[str] = set()
        end = time.monotonic() + self.patience
        while len(came) < len(tokens) and time.monotonic() < end:
            for key in self.box.new():
                if key in others:
                    continue
                raw = self.box.read(key)
                found = next((token for token in tokens if raw is not None and token in _names(raw)), None)
                if raw is None or found is None:
                    others.add(key)
                    continue
                came[tokens[found]] = raw
                self.box.take(key)
            if len(came) < len(tokens):
                self.box.wait(min(PAUSE, max(0.0, end - time.monotonic())))
        return came

    def remove(self, tokens: dict[str, str]) -> int:
        """Destroy our letters among those that were taken; how many are gone."""
        keys = self.box.taken()
        ours = [
            key for key, start in self.box.headers(keys) if any(token.encode() in start for token in tokens)
        ]
        self.box.expunge(ours)
        return len(ours)


def _names(raw: Raw) -> str:
    """Message-ID and subject: some servers change the one."""
    found = BytesHeaderParser().parsebytes(raw.content)
    return f"{found.get('Message-ID', '')} {found.get('Subject', '')}".replace("\r\n ", "").replace("\n ", "")


def take(said: Section, trip: Trip) -> None:
    """Send, wait, read and destroy; what is found goes into the section."""
    tokens: dict[str, str] = {}
    came: dict[str, Raw] = {}
    begun = time.monotonic()
    try:
        if not _sent(said, trip, PLAIN, tokens):
            return
        plus = trip.operator.mail.plus and _sent(said, trip, PLUS, tokens)
        came = trip.fetch(tokens)
        if PLAIN not in came:
            said.faults.append(
                f"one did not come back within {trip.patience:.0f} s: look whether it lies in another folder (spam, a rule), and "
                "whether KELISIM_IMAP is the mailbox of the operator file"
            )
            return
        said.fine.append(f"one came back after {time.monotonic() - begun:.1f} s")
        if plus and PLUS not in came:
            said.faults.append(_NO_PLUS)
        plain = reading.read(came[PLAIN], trip.operator)
        stamps = _stamped_by(came[PLAIN])
        _named(said, plain, next(token for token, what in tokens.items() if what == PLAIN))
        _stamps(said, trip, came[PLAIN], stamps)
        _signed(said, came[PLAIN], listed=bool(trip.desk.url))
        if (authserv := trip.operator.mail.authserv or next(iter(stamps), None)) is not None:
            _forge(said, trip, authserv, plain, tokens, came)
    except Away as fault:
        said.faults.append(f"the mailbox was lost on the way: {fault}")
    finally:
        _clean(said, trip, tokens, len(came))


_NO_PLUS = (
    "one to mailbox+anything does not arrive: switch plus addresses on at the server (Postfix and dovecot: "
    "recipient_delimiter = +), or set [mail] plus = false"
)


def _sent(said: Section, trip: Trip, what: str, tokens: dict[str, str], forged: str = "") -> bool:
    try:
        tokens[trip.send(what, forged)] = what
    except smtplib.SMTPSenderRefused as fault:
        said.faults.append(
            f"the server takes no letter from our mailbox ({fault.smtp_code}): let the account of KELISIM_SMTP send as it"
        )
    except smtplib.SMTPRecipientsRefused as fault:
        code = next(iter(fault.recipients.values()))[0]
        plain = f"the server takes no letter to our mailbox ({code}): is [mailbox] of the operator file one of its own?"
        said.faults.append(_NO_PLUS if what == PLUS else plain)
    except (smtplib.SMTPException, OSError) as fault:
        said.faults.append(f"one could not be sent ({type(fault).__name__}): the server's log says why")
    else:
        return True
    return False


def _named(said: Section, plain: Letter, token: str) -> None:
    if token not in plain.message_id:
        said.faults.append(
            "the server gives our letters another Message-ID: what answers or returns them is known by the plus address alone; "
            "let it keep the one it was given"
        )


def _stamped_by(raw: Raw) -> dict[str, str]:
    """Authentication-Results of a letter by the server that wrote them, the topmost first."""
    found: dict[str, str] = {}
    for value in BytesHeaderParser().parsebytes(raw.content).get_all("Authentication-Results", []):
        text = " ".join(str(value).split())
        name = re.match(r"(?:\([^()]*\)\s*)*([^\s;()]+)", text)
        if name is not None:
            found.setdefault(name[1].lower(), text)
    return found


def _stamps(said: Section, trip: Trip, raw: Raw, stamps: dict[str, str]) -> None:
    """Whom the server's stamps can be believed for (RFC 8601), as the settings stand."""
    mail = trip.operator.mail
    if not stamps:
        said.notes.append(
            "the server stamps no Authentication-Results on letters from inside: without stamps every revocation by letter asks "
            "for a confirmation, and every reply of staff waits until it is confirmed. Let it check DKIM, SPF and DMARC (rspamd, "
            "or OpenDKIM with OpenDMARC), then name it in [mail] authserv"
        )
        return
    if mail.authserv is None:
        said.notes.append(
            f"the server stamps as {next(iter(stamps))}, but [mail] authserv is not set, so nobody is believed: set it if that "
            "name is your server's"
        )
        return
    if mail.authserv.lower() not in stamps:
        said.faults.append(
            f"[mail] authserv is {mail.authserv}, but the server stamps as {', '.join(stamps)}: nobody would be believed"
        )
        return
    ways = [mail.inside] if mail.inside is not None else ["auth", "dkim"]
    known = next((way for way in ways if _inside(trip, raw.content, way)), None)
    if known is None and any(_inside(trip, _without_received(raw.content), way) for way in ways):
        said.faults.append(
            f"the stamp of {mail.authserv} stands below a Received line of a host whose name is not in its domain, and so is not "
            "believed: give the program that puts letters into the mailbox a name there (dovecot: hostname = …)"
        )
    elif known is None and mail.inside is not None:
        said.faults.append(
            f'[mail] inside = "{mail.inside}", but a letter that we submitted bears no such stamp for its sender: replies of staff '
            "would wait until they are confirmed. Let the server stamp who logged in, or set another"
        )
    elif known is None:
        said.notes.append(
            "no stamp says who inside wrote a letter ([mail] inside): replies of staff wait until they are confirmed"
        )
    elif mail.inside is None:
        said.notes.append(
            f'letters from inside could be known by their stamp: set [mail] inside = "{known}"; the server must let nobody submit '
            "under another's address"
        )
    else:
        said.fine.append(f"a letter from inside is known by its stamp ({known})")


def _inside(trip: Trip, content: bytes, way: str) -> bool:
    operator = trip.operator
    tried = operator.model_copy(update={"mail": operator.mail.model_copy(update={"inside": way})})
    return reading.read(Raw("", content, trip.desk.clock.now()), tried).sender.inside


def _without_received(content: bytes) -> bytes:
    head, end, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    return re.sub(rb"(?mi)^Received:.*\n(?:[ \t].*\n)*", b"", head + b"\n") + end[1:] + body


def _signed(said: Section, raw: Raw, *, listed: bool) -> None:
    """DKIM is the mail server's; what mail programs want for one-click unsubscribing is looked at (RFC 8058)."""
    signatures = BytesHeaderParser().parsebytes(raw.content).get_all("DKIM-Signature", [])
    if not signatures:
        said.notes.append(
            "they are not signed (DKIM): others may take our letters for spam. If your server signs only what leaves the house, "
            "look at a letter to another mailbox"
        )
        return
    headers = {
        name.strip().lower()
        for value in signatures
        for part in str(value).split(";")
        if part.strip().startswith("h=")
        for name in part.strip()[2:].split(":")
    }
    if listed and not {"list-unsubscribe", "list-unsubscribe-post"} <= headers:
        said.notes.append(
            "the DKIM signature leaves out List-Unsubscribe or List-Unsubscribe-Post: mail programs then show no button (RFC 8058)"
        )


def _forge(
    said: Section, trip: Trip, authserv: str, plain: Letter, tokens: dict[str, str], came: dict[str, Raw]
) -> None:
    """A letter that brings the server's own name along (T-LET-02)."""
    mailbox = trip.operator.mailbox
    stamp = (
        f"{authserv}; dmarc=pass (TOKEN) header.from={trip.domain}; auth=pass smtp.auth={mailbox}; "
        f"dkim=pass header.d={trip.domain}"
    )
    if not _sent(said, trip, FORGED, tokens, stamp):
        return
    token = next(token for token, what in tokens.items() if what == FORGED)
    came |= trip.fetch({token: FORGED})
    if FORGED not in came:
        said.notes.append("one with forged results did not arrive: the server refuses it, or is slow")
        return
    values = BytesHeaderParser().parsebytes(came[FORGED].content).get_all("Authentication-Results", [])
    if not any(token in "".join(str(value).split()) for value in values):
        said.fine.append("forged Authentication-Results do not survive")
        return
    forged = reading.read(came[FORGED], trip.operator).sender
    believed = (forged.dmarc and not plain.sender.dmarc) or (forged.inside and not plain.sender.inside)
    mend = "let the server remove those that bear its own name from what comes in (RFC 8601, section 5)"
    if believed:
        said.faults.append(f"forged Authentication-Results survive and would be believed: {mend}")
    else:
        said.notes.append(f"forged Authentication-Results survive, below those we believe: {mend}")


def _clean(said: Section, trip: Trip, tokens: dict[str, str], came: int) -> None:
    try:
        left = came - trip.remove(tokens)
    except Away as fault:
        said.faults.append(f"the letters of this check could not be removed: {fault}")
        return
    if left > 0:
        said.faults.append(
            "letters of this check were moved but are not among those we took: does the mailbox keep our mark?"
        )
    if len(tokens) > came:
        said.notes.append(
            "what of this check comes later lies in the mailbox with the subject “kelisim check”: delete it"
        )
