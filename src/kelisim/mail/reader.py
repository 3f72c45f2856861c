"""The reader of the mailbox: one among all replicas (by lease), one letter after another, each a visit of the desk.

A letter is moved only after its visit was kept. A kill between the two does nothing twice: the letter is read again and found
to be seen. Letters of our folder whose rows are gone (their request or their person was destroyed) are expunged.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import failures, letterbox, numbers, subjects
from kelisim.desk.letterbox import Handled
from kelisim.desk.visit import Desk, Visit
from kelisim.mail.mailbox import Away, Mailbox, Raw
from kelisim.mail.thread import Thread
from kelisim.store import leases
from kelisim.store.database import Busy, Database, in_trouble
from kelisim.store.models import Fact

log = logging.getLogger("kelisim.mail")

T = TypeVar("T")

NAME = "mailbox"  # of the lease
LEASE = timedelta(seconds=30)
RENEW = 8.0  # seconds; two renewals may fail before the lease ends
MARGIN = timedelta(seconds=5)  # nothing is touched in the last seconds of a lease
TIDY = 60.0  # seconds between looks at our folder
FETCH = 200  # letters of our folder whose headers are fetched between two looks for new letters
SAVE = 50  # letters after which it is written down what was passed over; at the end of a round it is anyway
FIRST, LONGEST = 1.0, 60.0  # seconds between tries
STUBBORN = 3  # tries after which a letter keeps those behind it waiting no more
PATIENCE = 1.0  # seconds that a call may take to end once the reader is stopped

_F = Fact.__table__.c
_fact = upsert(Fact)
_KEEP = _fact.on_conflict_do_update(index_elements=["name"], set_={"value": _fact.excluded.value})
_KNOWN = select(_F.value).where(_F.name == bindparam("called"))


class Serving(Protocol):
    """What a letter is handed to: `mail.visit.Door`."""

    async def serve(self, raw: Raw) -> Handled:
        """Kept when it returns; raises when the letter must come again."""


@dataclass(frozen=True, slots=True)
class Again:
    """A letter that could not be served: how often, when it comes again, and whether the store was at fault."""

    tries: int
    due: float
    trouble: bool


@dataclass(slots=True)
class Reader:
    """Reads while the lease is its own. `pace` scales every pause: tests set it small.

    `alone`: nobody else can serve this store (the lock of a SQLite file), so a lease that stands is of a process that was
    killed.
    """

    desk: Desk
    database: Database
    mailbox: Mailbox
    door: Serving
    pace: float = 1.0
    alone: bool = False
    _thread: Thread | None = None
    _token: str = field(default_factory=numbers.token)
    _until: datetime | None = None  # our lease
    _saved: str = ""
    _again: dict[str, Again] = field(default_factory=dict)
    _marks: dict[str, bytes] = field(default_factory=dict)
    _tidy: float = float("-inf")  # when our folder was looked through last
    _whole: bool = False  # whether the connection has lasted for a round

    async def run(self) -> None:
        """Until cancelled; then the connection is closed and the lease given back, within two seconds."""
        pause, told = FIRST, ""
        try:
            while True:
                try:
                    if await self._ours():
                        await self._session()
                    told = ""
                    await asyncio.sleep(RENEW / 4 * self.pace)  # another reads
                    continue
                except Away as fault:
                    if self._whole or str(fault) != told:
                        log.warning("the mailbox is away: %s", fault)
                    told = str(fault)
                    await self._note(partial(failures.unread, cause=told))
                except Exception as fault:  # the store is away, or it is a bug of ours: the reading goes on
                    log.error("the reader of the mailbox: %s", type(fault).__name__, exc_info=fault)
                pause = FIRST if self._whole else pause
                self._whole = False
                await asyncio.sleep(pause * self.pace)
                pause = min(pause * 2, LONGEST)
        finally:
            await asyncio.shield(self._leave())

    async def _session(self) -> None:
        """One connection, until it breaks or the lease is another's."""
        self._whole = False
        renewing = asyncio.create_task(self._keep_lease())
        try:
            await self.open()
            log.info("the mailbox is connected")
            while self._mine():
                due = await self.round()
                if not self._whole:
                    self._whole = True
                    await self._note(failures.readable)
                await self._do(partial(self.mailbox.wait, due))
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing
            await self._close()

    async def open(self) -> None:
        """Connect, and go on where this or another reader ended."""
        mail = self.desk.operator.mail
        self._saved = await self.database.look(self._state)
        since = self.desk.clock.now() - timedelta(days=mail.first_days)
        self._again.clear()
        await self._do(partial(self.mailbox.open, mail.folder, self._saved, since))

    async def round(self) -> float:
        """Deal with what is new and look through our folder when it is time; seconds until something is due."""
        taken = left = 0
        loop = asyncio.get_running_loop()
        for key in await self._do(self.mailbox.new):
            before = self._again.get(key)
            if before is not None and loop.time() < before.due:
                if before.trouble and before.tries < STUBBORN:
                    break  # the store is in trouble, and whoever wrote first is served first
                continue
            raw = await self._do(partial(self.mailbox.read, key))
            if raw is None or not self._mine():
                continue
            try:
                handled = await self.door.serve(raw)
            except Exception as fault:
                if self._failed(key, fault):
                    break
                continue
            self._again.pop(key, None)
            if not self._mine():
                break
            await self._do(partial(self.mailbox.take if handled.ours else self.mailbox.pass_over, key))
            taken, left = taken + handled.ours, left + (not handled.ours)
            if left % SAVE == SAVE - 1:
                await self._save()
        await self._save()
        if taken or left:
            log.info("letters taken: %s, left: %s", taken, left)
        whole = await self._tidied()
        soon = [max(0.0, again.due - loop.time()) for again in self._again.values()]
        return min([TIDY, *soon, *([] if whole else [0.0])])

    def _failed(self, key: str, fault: Exception) -> bool:
        """Note when a letter comes again; whether those behind it wait for it."""
        trouble = isinstance(fault, Busy) or in_trouble(fault)
        before = self._again.get(key)
        tries = before.tries + 1 if before is not None else 1
        log.warning("a letter waits: %s, try %s", type(fault).__name__, tries)
        others = any(again.trouble for known, again in self._again.items() if known != key)
        pause = min(FIRST * 2 ** (tries - 1), LONGEST) * self.pace
        self._again[key] = Again(tries, asyncio.get_running_loop().time() + pause, trouble)
        return trouble and (tries < STUBBORN or others)

    # Our folder

    async def _tidied(self) -> bool:
        """Expunge what the desk destroyed, every minute; False when there is more to look at."""
        loop = asyncio.get_running_loop()
        if (
            not self.desk.operator.mail.expunge
            or loop.time() - self._tidy < TIDY * self.pace
            or not self._mine()
        ):
            return True
        keys = await self._do(self.mailbox.taken)
        for key in self._marks.keys() - set(keys):
            del self._marks[key]
        unknown = [key for key in keys if key not in self._marks]
        for key, start in await self._do(partial(self.mailbox.headers, unknown[:FETCH])):
            self._marks[key] = letterbox.mark(self.desk, letterbox.headers(start))
        if len(unknown) > FETCH:
            return False
        self._tidy = loop.time()
        standing = await self.database.look(
            lambda connection: letterbox.standing(self._visit(connection), self._marks.values())
        )
        gone = [key for key, mark in self._marks.items() if mark not in standing]
        if gone and self._mine():
            await self._do(partial(self.mailbox.expunge, gone))
            log.info("letters expunged: %s", len(gone))
        return True

    # What is known after a restart

    def _place(self) -> str:
        """The fact's name: of this mailbox, by a hash that says nothing."""
        digest = hmac.digest(self.desk.receipt_key, b"mailbox " + self.mailbox.name.encode(), "sha256")
        return f"mailbox {digest.hex()[:16]}"

    def _state(self, connection: Connection) -> str:
        row = connection.execute(_KNOWN, {"called": self._place()}).first()
        return str(row.value) if row is not None else ""

    async def _save(self) -> None:
        state = self.mailbox.state()
        if state != self._saved:
            values = {"name": self._place(), "value": state}
            await self.database.keep(lambda connection: connection.execute(_KEEP, values))
            self._saved = state

    async def _note(self, work: Callable[[Visit], None]) -> None:
        """Write down how the mailbox does; the store may be away as well."""
        try:
            await self.database.keep(lambda connection: work(self._visit(connection)))
        except Exception as fault:
            log.warning("the state of the mailbox was not noted: %s", type(fault).__name__)

    def _visit(self, connection: Connection) -> Visit:
        return subjects.own_visit(self.desk, connection, "letter")

    # The lease

    async def _ours(self) -> bool:
        """Take or renew the lease; whether it is ours."""
        at = self.desk.clock.now()
        over = at + 2 * LEASE if self.alone else at
        held = await self.database.keep(
            lambda connection: leases.take(connection, NAME, self._token, at + LEASE, over)
        )
        self._until = at + LEASE if held else None
        return held

    def _mine(self) -> bool:
        """Whether the lease lasts; a process that was paused wakes up with an old one, and touches nothing."""
        return self._until is not None and self.desk.clock.now() < self._until - MARGIN

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(RENEW)
            try:
                held = await self._ours()
            except (
                Exception
            ) as fault:  # the store is away: the lease ends, unless the next renewal comes through
                log.warning("the lease of the mailbox: %s", type(fault).__name__)
                continue
            if not held:
                log.warning("another reads the mailbox now")
                self.mailbox.interrupt()
                return

    # The thread

    async def _do(self, call: Callable[[], T]) -> T:
        if self._thread is None:
            self._thread = Thread("kelisim-mailbox")
        return await self._thread.run(call)

    async def _close(self) -> None:
        """Let go of the connection, whatever the thread is waiting for."""
        self.mailbox.interrupt()
        closing = asyncio.ensure_future(self._do(self.mailbox.close))
        done, _late = await asyncio.wait([closing], timeout=PATIENCE)
        if not done:
            self.mailbox.interrupt(hard=True)
            await asyncio.wait([closing], timeout=PATIENCE / 2)
            closing.cancel()

    async def _leave(self) -> None:
        if self._thread is not None:
            self._thread.end()
        try:
            await self.database.keep(lambda connection: leases.let_go(connection, NAME, self._token))
        except Exception as fault:  # the store is away, or closing: the lease ends by itself
            log.warning("the lease of the mailbox was not given back: %s", type(fault).__name__)
