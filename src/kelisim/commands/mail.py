"""`kelisim check --mail`: the mailbox tried for real, and each finding in plain words with what mends it.

Three letters go to our own mailbox and are removed again: a plain one, one to its plus address, and one that brings its own
Authentication-Results (T-LET-02). They are marked as ours and as automatic, so a reader that serves beside us leaves them.
No password, no address and no word of anybody's letter is printed.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from functools import partial
from imaplib import IMAP4, IMAP4_SSL

from imap_tools.utils import encode_folder

from kelisim import opening
from kelisim.checks import Section
from kelisim.commands import roundtrips
from kelisim.desk.operator import OperatorFaults
from kelisim.desk.visit import Desk
from kelisim.mail.imap import ImapBox
from kelisim.mail.mailbox import FLAG, LARGEST, Away, Mailbox
from kelisim.mail.maildir import MaildirBox
from kelisim.settings import Maildir, MailHost, NotConfigured, Settings

PATIENCE = 60.0  # seconds in which a letter to ourselves comes back
TIMEOUT = 20.0


def run(settings: Settings, patience: float = PATIENCE) -> list[Section]:
    """The sections SMTP, mailbox, and the letters to ourselves; nothing of it needs the store."""
    smtp, mailbox, trip = (
        Section("mail server (KELISIM_SMTP)"),
        Section("mailbox (KELISIM_IMAP)"),
        Section("letters to ourselves"),
    )
    found = [smtp, mailbox, trip]
    try:
        desk = opening.open_desk(settings)
    except (opening.CannotServe, NotConfigured, OperatorFaults):
        trip.notes.append("not looked at until the rest is right")
        return found[2:]
    sends = settings.smtp is not None and _takes_letters(smtp, settings.smtp)
    box = _opened(mailbox, settings.imap, desk) if settings.imap is not None else None
    if settings.smtp is None:
        smtp.notes.append("is not set: letters and codes wait")
    if settings.imap is None:
        mailbox.notes.append("is not set: letters are not read; staff answer by `kelisim case`")
    if box is None or not sends or settings.smtp is None:
        trip.notes.append("not tried until letters can be sent and read")
        if box is not None:
            box.close()
        return found
    try:
        roundtrips.take(trip, roundtrips.Trip(partial(_server, settings.smtp), box, desk, patience))
    finally:
        box.close()
    return found


# The mail server


@contextlib.contextmanager
def _server(host: MailHost) -> Iterator[smtplib.SMTP]:
    """A conversation with the mail server, logged in; raises what smtplib, ssl and the socket raise."""
    tls = ssl.create_default_context()
    if host.tls == "implicit":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host.host, host.port, timeout=TIMEOUT, context=tls)
    else:
        server = smtplib.SMTP(host.host, host.port, timeout=TIMEOUT)
    with server:
        if host.tls == "starttls":
            server.starttls(context=tls)
        server.ehlo_or_helo_if_needed()
        if host.user is not None:
            server.login(host.user, host.password or "")
        yield server


def _takes_letters(said: Section, host: MailHost) -> bool:
    try:
        with _server(host) as server:
            size = server.esmtp_features.get("size", "")
            if size.isdecimal() and 0 < int(size) < LARGEST:
                said.notes.append(
                    f"takes letters of {int(size) / 2**20:.0f} MB at most, while the file of somebody's data in three forms may "
                    f"have {LARGEST >> 20} MB: raise the limit (Postfix: message_size_limit)"
                )
    except smtplib.SMTPAuthenticationError as fault:
        said.faults.append(
            f"user or password is refused ({fault.smtp_code}): many providers want a password for programs, made in "
            "the settings of the account; %-signs stand for letters a URL cannot hold"
        )
    except smtplib.SMTPNotSupportedError:
        said.faults.append(_no_extension(host))
    except smtplib.SMTPConnectError as fault:
        said.faults.append(f"turns us away at once ({fault.smtp_code}): may this machine send there?")
    except smtplib.SMTPException as fault:
        said.faults.append(
            f"ends the conversation ({type(fault).__name__}): {_wrong_port('smtps', 465, 'smtp+starttls', 587)}"
        )
    except OSError as fault:
        said.faults.append(_unreached(fault, host, _wrong_port("smtps", 465, "smtp+starttls", 587)))
    else:
        said.fine.append(
            "answers" + (", with TLS" if host.tls != "none" else "") + (", and knows us" if host.user else "")
        )
        return True
    return False


def _no_extension(host: MailHost) -> str:
    if host.tls == "starttls":
        return "offers no STARTTLS, or no login after it: take smtps:// with port 465, or switch it on at the server"
    return "offers no login: leave user and password out, or switch SASL on at the server"


def _wrong_port(first: str, port: int, second: str, other: int) -> str:
    return f"{first}:// is for port {port}, {second}:// for {other}"


def _unreached(fault: OSError, host: MailHost, hint: str) -> str:
    """Why a server was not reached; the name of its machine stands in the setting and is not repeated."""
    match fault:
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not accepted ({fault.verify_message}): name the host as the certificate does, or have it "
                "renewed; a certificate of your own goes into the trust store of this machine"
            )
        case ssl.SSLError():
            return f"speaks no TLS on port {host.port}: {hint}"
        case socket.gaierror():
            return "DNS knows no machine of that name: is it spelt right?"
        case ConnectionRefusedError():
            return f"nobody answers on port {host.port}: does the server run, is the port right? {hint}"
        case TimeoutError():
            return f"no answer from port {host.port} within {TIMEOUT:.0f} s: a firewall may stand between"
    return f"the connection breaks on port {host.port} ({type(fault).__name__}): {hint}"


# The mailbox


def _opened(said: Section, place: MailHost | Maildir, desk: Desk) -> Mailbox | None:
    """The mailbox as the reader opens it, or nothing and why."""
    if isinstance(place, MailHost) and not _logs_in(said, place):
        return None
    box: Mailbox = ImapBox(place) if isinstance(place, MailHost) else MaildirBox(place.path)
    folder = desk.operator.mail.folder
    try:
        box.open(folder, "", desk.clock.now())
    except Away as fault:
        said.faults.append(
            f'{fault}: our own folder ([mail] folder = "{folder}") must be there or be made; give the account the right to '
            "make folders, or make it by hand"
        )
        return None
    said.fine.append("can be read, and our own folder is there")
    return box


def _logs_in(said: Section, host: MailHost) -> bool:
    """What the server says while the folder is opened, looked at more closely than the reader does."""
    hint = _wrong_port("imaps", 993, "imap", 143)
    try:
        if host.tls == "implicit":
            client: IMAP4 = IMAP4_SSL(
                host.host, host.port, timeout=TIMEOUT, ssl_context=ssl.create_default_context()
            )
        else:
            client = IMAP4(host.host, host.port, timeout=TIMEOUT)
    except OSError as fault:
        said.faults.append(_unreached(fault, host, hint))
        return False
    except IMAP4.error:
        said.faults.append(f"speaks no IMAP on port {host.port}: {hint}")
        return False
    with contextlib.suppress(OSError, IMAP4.error), client:  # logging out may fail, that is all
        try:
            client.login(host.user or "", host.password or "")
        except (IMAP4.error, UnicodeEncodeError):
            said.faults.append(
                "user or password is refused: IMAP must be allowed in the settings of the account, and many providers want a "
                "password for programs"
            )
            return False
        return _folder_fits(said, client, host.folder)
    said.faults.append("the connection breaks after the login: does the server let in so many at once?")
    return False


def _folder_fits(said: Section, client: IMAP4, folder: str) -> bool:
    try:
        known = client.select(encode_folder(folder))[0] == "OK"  # type: ignore[arg-type]
    except IMAP4.readonly:
        said.faults.append(
            "the folder can only be read: letters we take are marked and moved, so the account must own it"
        )
        return False
    except IMAP4.error:
        known = False
    if not known:
        said.faults.append(
            f"there is no folder “{folder}”: the path of KELISIM_IMAP names it (INBOX unless given; parts with “/” or “.” as "
            "your server has them)"
        )
        return False
    flags = b" ".join(each for each in client.response("PERMANENTFLAGS")[1] if isinstance(each, bytes))
    if (
        flags
        and rb"\*" not in flags
        and FLAG.encode().lower() not in flags.lower().replace(b"(", b" ").replace(b")", b" ").split()
    ):
        said.faults.append(
            f"keeps no marks of ours (PERMANENTFLAGS without \\*): letters we took could not be told from others. Allow "
            f"keywords at the server, or make the keyword “{FLAG}” known there"
        )
        return False
    said_now = client.capability()[1][0]  # what it can do for us is known after the login only
    able = set(said_now.decode("ascii", "replace").upper().split())
    if "IDLE" not in able:
        said.notes.append("has no IDLE: new letters are seen after ten seconds, not at once")
    if "UIDPLUS" not in able:
        said.notes.append(
            "has no UIDPLUS: letters are destroyed only while nobody else has marked some for deletion"
        )
    return True
