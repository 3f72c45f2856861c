"""A mailbox on an IMAP server (RFC 3501, 9051): one connection, IDLE where there is any, and nothing marked as read.

Servers differ: MOVE, UIDPLUS, IDLE and NAMESPACE are used where they are offered, and done without where they are not.
"""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from imaplib import IMAP4
from typing import Any

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError
from imap_tools.utils import encode_folder

from kelisim.mail.mailbox import FLAG, LARGEST, START, Away, Raw, headers_end
from kelisim.settings import MailHost

TIMEOUT = 30.0  # seconds that any answer may take
LOOK = 0.25  # seconds after which a thread that waits looks whether it is wanted
POLL = 10.0  # seconds between looks at a server without IDLE
TOGETHER = 100  # letters in one command

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([ \d]\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
_LEVELS = re.compile(rb'\) (?:"(\\?.)"|NIL) ')
_PERSONAL = re.compile(rb'\(\("((?:\\.|[^"\\])*)" (?:"(\\?.)"|NIL)')  # the first of the personal namespaces
_NEWS = re.compile(rb"\* \d+ EXISTS", re.IGNORECASE)


@dataclass(slots=True)
class ImapBox:
    """One account of a mail server; `host.folder` is read, and another folder is ours."""

    host: MailHost
    timeout: float = TIMEOUT
    poll: float = POLL
    _box: BaseMailBox | None = None
    _able: frozenset[str] = frozenset()
    _ours: str = ""
    _selected: str = ""
    _validity: dict[str, int] = field(
        default_factory=dict
    )  # of each folder; with another one every UID is void
    _below: int = 0  # every letter up to this UID is finished
    _over: set[int] = field(default_factory=set)  # and these above it
    _seen: str = ""  # since when letters were looked at when it was opened last
    _sizes: dict[int, int] = field(default_factory=dict)
    _woken: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        return f"imap {self.host.user}@{self.host.host}:{self.host.port}/{self.host.folder}"

    def open(self, folder: str, state: str, since: datetime) -> None:
        self.close()
        self._woken.clear()
        self._validity.clear()
        try:
            with _away():
                self._begin(folder, json.loads(state) if state else {}, since)
        except Away:
            self.close()
            raise

    def _begin(self, folder: str, known: dict[str, Any], since: datetime) -> None:
        self._box = self._connected()
        self._login(self._box)
        _typ, said = self._client.capability()
        self._able = frozenset(said[0].decode("ascii", "replace").upper().split())
        self._ours = self._folder(folder)
        if self._ours == self.host.folder:
            raise Away("the desk's own folder is the one that is read")
        self._resume(known, since, self._select(self.host.folder))

    def close(self) -> None:
        box, self._box, self._selected = self._box, None, ""
        self._sizes.clear()
        if box is not None:
            with contextlib.suppress(Exception):
                box.client.sock.settimeout(2.0)
                box.client.logout()
            with contextlib.suppress(Exception):
                box.client.shutdown()

    def interrupt(self, *, hard: bool = False) -> None:
        self._woken.set()
        box = self._box
        if hard and box is not None:
            with contextlib.suppress(Exception):
                box.client.sock.shutdown(socket.SHUT_RDWR)

    def state(self) -> str:
        known = {
            "validity": self._validity.get(self.host.folder, 0),
            "below": self._below,
            "over": sorted(self._over),
        }
        return json.dumps({**known, "seen": self._seen})

    # What is new

    def new(self) -> list[str]:
        with _away():
            self._in(self.host.folder)
            self._client.noop()  # a server may keep news back until it is asked for nothing
            self._client.untagged_responses.pop("EXISTS", None)
            # A copy of what could not be removed at once is no news.
            present = self._search(f"UID {self._below + 1}:* NOT (KEYWORD {FLAG} DELETED)")
            present = [
                uid for uid in present if uid > self._below
            ]  # of n:* the server always names the last one
            waiting = [uid for uid in present if uid not in self._over]
            if waiting or present:
                self._below = waiting[0] - 1 if waiting else present[-1]
                self._over = {uid for uid in self._over.intersection(present) if uid > self._below}
            self._measure([uid for uid in waiting if uid not in self._sizes])
        return [self._key(self.host.folder, uid) for uid in waiting]

    def _measure(self, uids: list[int]) -> None:
        for some in _parts(uids):
            for line, _content in self._fetch(some, "(UID RFC822.SIZE)"):
                if (uid := _UID.search(line)) and (size := _SIZE.search(line)):
                    self._sizes[int(uid[1])] = int(size[1])

    def read(self, key: str) -> Raw | None:
        uid = self._uid(self.host.folder, key)
        with _away():
            self._in(self.host.folder)
            if uid is None or self._moved(key):
                return None
            size = self._sizes.pop(uid, 0)
            if size > LARGEST:
                parts = self._fetch([uid], "(UID INTERNALDATE)")
                content = self._start(uid) if parts else b""
            else:
                parts = self._fetch([uid], "(UID INTERNALDATE BODY.PEEK[])")
                content = next((literal for _line, literal in parts if literal is not None), b"")
            at = next((at for line, _literal in parts if (at := _date(line)) is not None), None)
            if content and at is not None:
                return Raw(key, content, at, max(size, len(content)))
        return None

    def wait(self, seconds: float) -> bool:
        with _away():
            self._in(self.host.folder)
            if "EXISTS" in self._client.untagged_responses:
                return True
            if "IDLE" in self._able:
                return self._idle(seconds)
            self._woken.wait(min(seconds, self.poll))
            return False

    def _idle(self, seconds: float) -> bool:
        """RFC 2177. The command is given here, because imap-tools fails when news come before the server's go-ahead."""
        box, client = self._needed, self._client
        until = time.monotonic() + seconds
        tag = client._command("IDLE")
        while client._get_response() is not None:
            if client.tagged_commands[tag]:
                raise Away("IDLE was refused")
        news = "EXISTS" in client.untagged_responses
        while not news and not self._woken.is_set() and (left := until - time.monotonic()) > 0:
            ready = select.select([client.sock], [], [], 0 if _pending(client) else min(LOOK, left))[0]
            lines = _lines(client)
            news = any(_NEWS.match(line) for line in lines)
            if ready and not lines:  # the server has gone, or there is something that only TLS understands
                break
        client.send(b"DONE\r\n")
        box.consume_until_tagged_response(tag)
        return news

    # What becomes of a letter

    def take(self, key: str) -> None:
        uid = self._uid(self.host.folder, key)
        with _away():
            self._in(self.host.folder)
            if uid is None or self._moved(key):
                return
            self._sizes.pop(uid, None)
            self._flag([uid], FLAG)
            if "MOVE" in self._able:
                done = self._ask("MOVE", str(uid), encode_folder(self._ours))
            elif done := self._ask("COPY", str(uid), encode_folder(self._ours)):
                self._flag([uid], r"\Deleted")
                self._remove([uid])
            if not done and self._search(f"UID {uid}"):
                raise Away("a letter cannot be moved")  # our folder has gone, perhaps: it is made anew

    def pass_over(self, key: str) -> None:
        if (uid := self._uid(self.host.folder, key)) is not None:
            self._over.add(uid)
            self._sizes.pop(uid, None)

    def taken(self) -> list[str]:
        with _away():
            self._in(self._ours)
            self._client.noop()
            return [self._key(self._ours, uid) for uid in self._search(f"KEYWORD {FLAG}")]

    def headers(self, keys: Collection[str]) -> list[tuple[str, bytes]]:
        begun: list[tuple[str, bytes]] = []
        with _away():
            self._in(self._ours)
            known = {uid: key for key in keys if (uid := self._uid(self._ours, key)) is not None}
            for some in _parts(list(known)):
                for line, content in self._fetch(some, f"(UID BODY.PEEK[]<0.{START}>)"):
                    if (found := _UID.search(line)) and content is not None and int(found[1]) in known:
                        uid = int(found[1])
                        whole = headers_end(content) or len(content) < START
                        begun.append((known[uid], content if whole else self._start(uid)))
        return begun

    def expunge(self, keys: Collection[str]) -> None:
        with _away():
            self._in(self._ours)
            uids = [uid for key in keys if (uid := self._uid(self._ours, key)) is not None]
            for some in _parts(uids):
                marked = set(some).intersection(self._search(f"UID {_set(some)} KEYWORD {FLAG}"))
                if marked:
                    self._flag(sorted(marked), r"\Deleted")
                    self._remove(sorted(marked))

    def _remove(self, uids: list[int]) -> None:
        """Expunge these and no others: without UIDPLUS only when nobody else has marked any (else later)."""
        if "UIDPLUS" in self._able:
            self._ask("EXPUNGE", _set(uids))
        elif set(self._search("DELETED")) <= set(uids):
            self._client.expunge()

    def _flag(self, uids: list[int], flag: str) -> None:
        self._ask("STORE", _set(uids), "+FLAGS.SILENT", f"({flag})")

    # The wire

    @property
    def _needed(self) -> BaseMailBox:
        if self._box is None:
            raise Away("not connected")
        return self._box

    @property
    def _client(self) -> IMAP4:
        return self._needed.client

    def _connected(self) -> BaseMailBox:
        host = self.host
        if host.tls == "implicit":
            return MailBox(host.host, host.port, self.timeout, ssl_context=ssl.create_default_context())
        return MailBoxUnencrypted(host.host, host.port, self.timeout)

    def _login(self, box: BaseMailBox) -> None:
        user, password = self.host.user or "", self.host.password or ""
        plain = user.isascii() and password.isascii()
        try:
            (box.login if plain else box.login_utf8)(user, password, None)
        except (ImapToolsError, IMAP4.error) as fault:
            if isinstance(fault, IMAP4.abort):
                raise
            raise Away("the login was refused") from None  # what the server says may name the account

    def _folder(self, wanted: str) -> str:
        """The full name of our folder, which is made where it is missing."""
        found = _LEVELS.search(b" ".join(_flat(self._client.list('""', '""')[1])))
        level = found[1].decode("ascii", "replace")[-1] if found and found[1] else "/"
        below = level.join(part for part in wanted.split("/") if part)
        roots = [""]
        if "NAMESPACE" in self._able:
            personal = _PERSONAL.search(b" ".join(_flat(self._client.namespace()[1])))
            roots = [personal[1].decode("ascii", "replace")] if personal else roots
        names = [f"{root}{below}" for root in (*roots, f"INBOX{level}")]
        for name in names:
            if self._exists(name):
                return name
        for name in names:
            with contextlib.suppress(ImapToolsError, IMAP4.error):
                self._needed.folder.create(name)
            if self._exists(name):
                with contextlib.suppress(ImapToolsError, IMAP4.error):
                    self._needed.folder.subscribe(name, True)  # people see it in their programs
                return name
        raise Away("the desk's own folder cannot be made")

    def _exists(self, name: str) -> bool:
        try:
            return self._client.status(encode_folder(name), "(UIDVALIDITY)")[0] == "OK"  # type: ignore[arg-type]
        except IMAP4.abort:
            raise
        except IMAP4.error:
            return False

    def _in(self, folder: str) -> None:
        if self._selected != folder:
            self._select(folder)

    def _select(self, folder: str) -> int:
        """Open a folder; the UID its next letter will have."""
        self._selected = ""
        client = self._client
        client.untagged_responses.clear()
        self._needed.folder.set(folder)
        validity, following = (_number(client.response(code)) for code in ("UIDVALIDITY", "UIDNEXT"))
        if self._validity.setdefault(folder, validity) != validity:
            raise Away("a folder was made anew")  # every UID is void: it is opened from the beginning
        self._selected = folder
        return following

    def _resume(self, known: dict[str, Any], since: datetime, following: int) -> None:
        """Go on where `state` ended, or begin with the letters since a day."""
        self._sizes.clear()
        if known and known["validity"] == self._validity[self.host.folder]:
            self._below, self._over = known["below"], set(known["over"])
        else:
            begin = since
            if known.get("seen"):  # made anew: what came while we were away counts, however long that was
                begin = min(since, datetime.fromisoformat(known["seen"]))
            day = begin.astimezone(UTC).date() - timedelta(days=1)  # the server's zone may be another
            present = self._search("ALL")  # first: what comes from now on is none of the old ones
            found = self._search(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")
            fresh = {uid for uid, at in self._dates(found) if at >= begin}
            self._below = min(fresh, default=following or max(present, default=0) + 1) - 1
            self._over = {uid for uid in present if uid > self._below} - fresh
        self._seen = since.isoformat()

    def _dates(self, uids: list[int]) -> Iterator[tuple[int, datetime]]:
        for some in _parts(uids):
            for line, _content in self._fetch(some, "(UID INTERNALDATE)"):
                if (uid := _UID.search(line)) and (at := _date(line)) is not None:
                    yield int(uid[1]), at

    def _moved(self, key: str) -> bool:
        return key != self._key(self.host.folder, int(key.partition(".")[2]))

    def _key(self, folder: str, uid: int) -> str:
        return f"{self._validity.get(folder, 0)}.{uid}"

    def _uid(self, folder: str, key: str) -> int | None:
        validity, _dot, uid = key.partition(".")
        return int(uid) if int(validity) == self._validity.get(folder) else None

    def _search(self, criteria: str) -> list[int]:
        """UIDs, sorted; ASCII criteria need no charset, and some servers refuse one."""
        return sorted(int(uid) for uid in self._needed.uids(criteria, charset=None))

    def _start(self, uid: int) -> bytes:
        """The beginning of a letter with its whole header block."""
        start = b""
        while not headers_end(start) and len(start) < LARGEST:
            parts = self._fetch([uid], f"(UID BODY.PEEK[]<{len(start)}.{START * 8}>)")
            more = next((content for _line, content in parts if content), b"")
            start += more
            if not more:
                break
        return start

    def _fetch(self, uids: list[int], what: str) -> list[tuple[bytes, bytes | None]]:
        """What the server says of each letter: the line, and the literal in it."""
        typ, said = self._client.uid("FETCH", _set(uids), what)
        if typ != "OK":
            raise Away("a letter was refused")
        found: list[tuple[bytes, bytes | None]] = []
        for one in said:
            if isinstance(one, tuple):
                found.append((one[0], one[1]))
            elif isinstance(one, bytes) and found and found[-1][1] is not None and not _UID.search(one):
                found[-1] = (found[-1][0] + one, found[-1][1])  # what stands behind the literal
            elif isinstance(one, bytes):
                found.append((one, None))
        return found

    def _ask(self, command: str, *arguments: Any) -> bool:
        """A command about letters; False when there was nothing to do it to (NO), as when the letter has gone."""
        typ, _said = self._client.uid(command, *arguments)
        return typ == "OK"


def _flat(said: Iterable[Any]) -> Iterator[bytes]:
    for one in said:
        yield from (part for part in (one if isinstance(one, tuple) else (one,)) if isinstance(part, bytes))


def _number(answer: tuple[str, list[Any]]) -> int:
    said = answer[1][-1] if answer[1] else None
    return int(said) if said else 0


def _parts(uids: list[int]) -> Iterator[list[int]]:
    for begin in range(0, len(uids), TOGETHER):
        yield uids[begin : begin + TOGETHER]


def _set(uids: list[int]) -> str:
    return ",".join(map(str, uids))


def _date(line: bytes) -> datetime | None:
    found = _DATE.search(line)
    if found is None or found[2].decode().title() not in _MONTHS:
        return None
    day, year, hour, minute, second, ahead, behind = (int(found[n]) for n in (1, 3, 4, 5, 6, 8, 9))
    zone = timezone((1 if found[7] == b"+" else -1) * timedelta(hours=ahead, minutes=behind))
    month = _MONTHS.index(found[2].decode().title()) + 1
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)


def _pending(client: IMAP4) -> bool:
    """Whether TLS has opened more than was read."""
    return isinstance(client.sock, ssl.SSLSocket) and client.sock.pending() > 0


def _lines(client: IMAP4) -> list[bytes]:
    """Whole lines that have come, without waiting for one."""
    sock, lines = client.sock, []
    before = sock.gettimeout()
    sock.settimeout(0)
    try:
        while True:
            try:
                lines.append(client._get_line())
            except OSError:  # nothing more now
                return lines
            except IMAP4.abort as fault:
                if "EOF" not in str(fault):
                    raise
                return lines
    finally:
        sock.settimeout(before)


@contextlib.contextmanager
def _away() -> Iterator[None]:
    """Whatever a server or the way to it does is one thing to us; a sentence of theirs might name the account."""
    try:
        yield
    except Away:
        raise
    except TimeoutError:
        raise Away("no answer in time") from None
    except ssl.SSLCertVerificationError:
        raise Away("its certificate is not to be trusted") from None
    except ssl.SSLError:
        raise Away("TLS failed") from None
    except socket.gaierror:
        raise Away("the server's name is not known") from None
    except ConnectionRefusedError:
        raise Away("the connection was refused") from None
    except IMAP4.abort:
        raise Away("the connection broke") from None
    except (
        OSError,
        IMAP4.error,
        ImapToolsError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as fault:
        raise Away(type(fault).__name__) from None
