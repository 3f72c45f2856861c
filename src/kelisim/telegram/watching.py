"""The author's screen that shows how far a broadcast is: edited every few seconds while it runs, then the end with its picture.

One loop among all replicas, by lease. What takes long at a million people (a count, the numbers of a running one, a report) is
read here beside the writing, never in a visit, and the slower it is the more seldom.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from aiogram import Bot
from aiogram import methods as api
from aiogram.exceptions import AiogramError, TelegramBadRequest, TelegramForbiddenError
from aiogram.types import BufferedInputFile, Message
from sqlalchemy import Connection

from kelisim.desk import audiences, charts, deliveries, drafts, numbers, reports, staff, subjects, watches
from kelisim.desk.broadcasts import APPROVING, CANCELLED, DRAFT, MISSED, OVER, SCHEDULED, Broadcast, Stale
from kelisim.desk.visit import TELEGRAM, Desk, Visit
from kelisim.limiter import PATIENT
from kelisim.store import leases
from kelisim.store.database import Database
from kelisim.telegram import counting, progress, wire
from kelisim.telegram.bot import forget_chat, introduce_to
from kelisim.telegram.screens import VIEWS
from kelisim.texts import speaking

log = logging.getLogger("kelisim.telegram")
T = TypeVar("T")

NAME = "watcher"
LEASE, RENEW = timedelta(seconds=30), 10.0
TICK = 1.0  # seconds between looks
LOOK = 60.0  # seconds between looks at who of the staff may
EVERY = 3.0  # seconds between two edits of one screen
SPARING = 20  # as many times as long as the numbers took to be read is waited for the next
LATELY, COMPARED = 15.0, 1.5  # seconds over which the pace is measured, and at least
CAPTION = 1000  # characters under a picture


@dataclass(slots=True)
class Seen:
    """What was shown of one broadcast: when it is due again, the last words, and how many were over at which moments."""

    due: float = 0.0
    words: str = ""
    over: list[tuple[float, int]] = field(default_factory=list)

    def pace(self, now: float, over: int) -> float | None:
        """Messages a second lately; nothing before there are two looks to compare."""
        self.over = [(at, n) for at, n in self.over if at > now - LATELY] + [(now, over)]
        (first, then), (last, n) = self.over[0], self.over[-1]
        return (n - then) / (last - first) if last - first >= COMPARED else None


@dataclass(slots=True)
class Watcher:
    """Looks every second at what is watched and shows what has changed."""

    desk: Desk
    database: Database
    bot: Bot
    mark: str = field(default_factory=numbers.token)
    _seen: dict[int, Seen] = field(default_factory=dict)
    _renewed: float = -RENEW
    _introduced: set[int] = field(default_factory=set)
    _look_at: float = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        PATIENT.set(True)  # nobody waits for the next step of a bar: a broadcast keeps no room for it
        try:
            while True:
                try:
                    await self._introduce()
                    await self.round()
                except Exception as fault:  # the store is away, or a screen cannot be shown: look again
                    log.error("watching broadcasts: %s", type(fault).__name__)
                await asyncio.sleep(TICK)
        finally:
            with contextlib.suppress(Exception):
                await self.database.keep(lambda connection: leases.let_go(connection, NAME, self.mark))

    async def _introduce(self) -> None:
        """/broadcast stands among the commands of those who may, once they have opened the chat; of nobody else."""
        now = asyncio.get_running_loop().time()
        if now < self._look_at:
            return
        self._look_at = now + LOOK
        chats = {person.telegram for person in self.desk.operator.staff if person.telegram}
        for chat in chats ^ self._introduced:
            try:
                await (introduce_to(self.bot, chat) if chat in chats else forget_chat(self.bot, chat))
            except AiogramError:  # nobody has begun that chat yet, or the Bot API is away
                continue
            self._introduced ^= {chat}

    async def round(self) -> int:
        """Show what is due; how many screens were written. A chat that is none of the staff's any more is followed no more."""
        staff_chats = {person.telegram for person in self.desk.operator.staff if person.telegram}
        watched = await self.database.look(self._watched)
        for broadcast in [b for b, chat, _message in watched if chat not in staff_chats]:
            await self._forget(broadcast)
        watched = [each for each in watched if each[1] in staff_chats]
        self._seen = {
            row: seen for row, seen in self._seen.items() if any(b.id == row for b, _c, _m in watched)
        }
        if not watched or not await self._leads():
            return 0
        shown = 0
        for broadcast, chat, message in watched:
            try:
                shown += await self._show(broadcast, chat, message)
            except Stale:
                continue
            except AiogramError as fault:
                log.warning("the screen of broadcast %s: %s", broadcast.number, type(fault).__name__)
        return shown

    async def _leads(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._renewed < RENEW:
            return True
        at = self.desk.clock.now()
        mine = await self.database.keep(
            lambda connection: leases.take(connection, NAME, self.mark, at + LEASE, at)
        )
        if mine:
            self._renewed = now
        return mine

    def _watched(self, connection: Connection) -> list[tuple[Broadcast, int, int]]:
        visit = subjects.own_visit(self.desk, connection)
        found = []
        for broadcast in watches.under_watch(visit):
            if (place := watches.screen(visit, broadcast)) is not None:
                found.append((broadcast, *place))
        return found

    async def _show(self, broadcast: Broadcast, chat: int, message: int) -> int:
        if broadcast.state == DRAFT:
            return await self._count(broadcast, chat, message)
        if broadcast.state == APPROVING or (broadcast.state == SCHEDULED and self._waits(broadcast)):
            return 0
        if broadcast.state in OVER:
            return await self._over(broadcast, chat, message)
        return await self._progress(broadcast, chat, message)

    def _waits(self, broadcast: Broadcast) -> bool:
        return broadcast.start_at is not None and broadcast.start_at > self.desk.clock.now()

    async def _count(self, broadcast: Broadcast, chat: int, message: int) -> int:
        """A count that was asked for and is too large for a visit."""
        count = await self._read(chat, lambda visit: audiences.count(visit, broadcast))

        def keep(visit: Visit) -> dict[str, Any]:
            watches.end(visit, broadcast)
            drafts.counted(visit, broadcast, count.told())
            return wire.content(visit, VIEWS[counting.COUNT](visit, broadcast.number))

        try:
            told = await self.database.keep(lambda connection: self._spoken(connection, chat, keep))
        except Stale:  # the words changed meanwhile: whoever changed them counts anew
            await self._forget(broadcast)
            return 0
        await self._put(chat, message, told)
        return 1

    async def _progress(self, broadcast: Broadcast, chat: int, message: int) -> int:
        loop = asyncio.get_running_loop()
        seen = self._seen.setdefault(broadcast.id, Seen())
        if message and loop.time() < seen.due:
            return 0
        began = loop.time()
        report = await self._read(chat, lambda visit: reports.numbers(visit, broadcast))
        took = loop.time() - began
        pace = seen.pace(loop.time(), report.over)

        def draw(visit: Visit) -> dict[str, Any]:
            return wire.content(visit, progress.bar(visit, broadcast, report, pace))

        told = await self._read(chat, draw)
        seen.due = loop.time() + max(EVERY, SPARING * took)
        if told["text"] == seen.words and message:
            return 0
        put = await self._put(chat, message, told)
        seen.words = told["text"]
        if put is None:
            await self._forget(broadcast)
        elif put != message:
            await self._kept(chat, lambda visit: watches.begin(visit, broadcast, chat, put))
        return 1

    async def _over(self, broadcast: Broadcast, chat: int, message: int) -> int:
        """The end: the screen shows the report, and a message with the picture says that it is over."""
        if broadcast.state == CANCELLED and await self._read(
            chat, lambda visit: self._left(visit, broadcast)
        ):
            return 0  # what waited is being dropped
        if broadcast.begun_at is None and broadcast.state == CANCELLED:
            await self._forget(broadcast)  # whoever stopped it was told, and there is nothing to report
            return 0
        report = await self._read(chat, lambda visit: reports.of(visit, broadcast))
        whole = await self._read(chat, lambda v: wire.content(v, progress.whole(v, broadcast, report)))
        if message:
            await self._put(chat, abs(message), whole)
        if message >= 0:
            with contextlib.suppress(TelegramForbiddenError, TelegramBadRequest):  # it takes nothing any more
                await self._announce(broadcast, chat, report)
        await self._forget(broadcast)
        return 1

    def _left(self, visit: Visit, broadcast: Broadcast) -> bool:
        return any(deliveries.left(visit, broadcast, channel) for channel in broadcast.channels)

    async def _announce(self, broadcast: Broadcast, chat: int, report: reports.Report) -> None:
        told = await self._read(chat, lambda v: wire.content(v, progress.caption(v, broadcast, report)))
        picture = None
        if charts.able() and broadcast.state != MISSED and report.made:
            facts = await self._read(chat, lambda visit: charts.facts(visit, report))
            picture = await asyncio.to_thread(charts.draw, facts)
        if picture is None or len(told["text"]) > CAPTION:
            await self.bot(api.SendMessage(chat_id=chat, **told))
            return
        photo = BufferedInputFile(picture, f"{broadcast.number}.png")
        await self.bot(
            api.SendPhoto(
                chat_id=chat, photo=photo, caption=told["text"], reply_markup=told.get("reply_markup")
            )
        )

    async def _put(self, chat: int, message: int, told: dict[str, Any]) -> int | None:
        """Show it in the place of `message` (0: anew); where it stands now, or nothing when the chat takes nothing."""
        if message:
            try:
                await self.bot(api.EditMessageText(chat_id=chat, message_id=message, **told))
                return message
            except TelegramForbiddenError:
                return None
            except TelegramBadRequest as fault:
                if "not modified" in fault.message:
                    return message
        try:
            sent: Message = await self.bot(api.SendMessage(chat_id=chat, **told))
        except (TelegramForbiddenError, TelegramBadRequest):
            return None
        return sent.message_id

    async def _read(self, chat: int, look: Callable[[Visit], T]) -> T:
        """Read beside the writing, in the language of whoever has this chat."""
        return await self.database.look(lambda connection: self._spoken(connection, chat, look))

    async def _kept(self, chat: int, work: Callable[[Visit], None]) -> None:
        await self.database.keep(lambda connection: self._spoken(connection, chat, work))

    async def _forget(self, broadcast: Broadcast) -> None:
        await self.database.keep(
            lambda connection: watches.end(subjects.own_visit(self.desk, connection), broadcast)
        )

    def _spoken(self, connection: Connection, chat: int, work: Callable[[Visit], T]) -> T:
        visitor = subjects.visitor(self.desk, TELEGRAM, str(chat))
        visit = Visit(connection, self.desk, "courier", "", self.desk.clock.now(), "kk", visitor)
        known, person = subjects.recognise(visit), staff.writer(visit)
        if known is not None:
            visit.locale = known.locale
        elif person is not None:
            visit.locale = person.locale
        with speaking(visit.locale):
            return work(visit)
