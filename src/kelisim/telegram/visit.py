"""The door of the chat: every update is one visit, kept whole before anybody hears of it.

The answer leaves after the commit. The same update again is answered with the same screen and does nothing. An update
that keeps failing is parked after five tries, so that it cannot hold back a later STOP (T-CHAT-06).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiogram.types import CallbackQuery, InaccessibleMessage, Message, Update, User
from sqlalchemy import Connection

from kelisim.desk import attachments, numbers, subjects
from kelisim.desk.errors import Refusal
from kelisim.desk.visit import TELEGRAM, Desk, Visit
from kelisim.store.database import Busy, Database, in_trouble
from kelisim.telegram import dialogue, elsewhere, mailboxes, phones, repeats, wire
from kelisim.telegram.flood import Flood, Recent
from kelisim.telegram.press import Press
from kelisim.telegram.screens import VIEWS, Brought, Go
from kelisim.telegram.wire import Call
from kelisim.texts import speaking

log = logging.getLogger("kelisim.telegram")

ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
_STRANGERS = {777000, 1087968824, 136817688}  # Telegram itself, an anonymous administrator, a channel's voice


@dataclass(slots=True)
class Answer:
    """What goes out after the commit: the screen (it may ride in the webhook response) and what goes beside it."""

    screen: Call | None = None
    beside: list[Call] = field(default_factory=list)


@dataclass(slots=True)
class Door:
    """The chat of one bot."""

    desk: Desk
    database: Database
    bot_id: int
    bot_name: str
    flood: Flood = field(default_factory=Flood)
    fetch: Callable[[str], Awaitable[bytes | None]] | None = (
        None  # a file's bytes by its id; nothing when it cannot be had
    )
    _albums: Recent = field(default_factory=Recent)
    _edits: Recent = field(default_factory=Recent)

    @property
    def source(self) -> str:
        """Update ids belong to one bot: another bot's may be the same (T-CHAT-05)."""
        return f"telegram {self.bot_id}"

    async def serve(self, update: Update) -> Answer:
        """Serve an update; raises what its visit raised, and then nothing was kept."""
        event = update.message or update.edited_message or update.callback_query
        if event is None:
            await self._member(update)
            return Answer()
        user = event.from_user
        if isinstance(event, Message) and event.chat.type != "private":
            return self._group(event)
        if user is None or user.is_bot or user.id in _STRANGERS:
            return Answer()
        if (
            isinstance(event, CallbackQuery)
            and event.message is not None
            and event.message.chat.type != "private"
        ):
            return Answer(beside=[wire.answer_press(event.id)])
        quiet = self._quiet(update, event, user)
        if quiet is not None:
            return quiet
        brought = None
        if isinstance(event, Message):
            brought = await self._fetched(event, user)
            if brought is None and self._told(update, event, user):
                return Answer()
        return await self._visit(update, event, user, brought)

    def _told(self, update: Update, message: Message, user: User) -> bool:
        """An album nobody asked for is answered once; where files are asked for, each of it is taken."""
        album = message.media_group_id
        return album is not None and self._albums.again((user.id, album), update.update_id)

    async def _fetched(self, message: Message, user: User) -> Brought | None:
        """The photo or document of a message, where the person's open screen asks for one; fetched before the visit."""
        file = message.document or (message.photo[-1] if message.photo else None)
        if file is None or self.fetch is None or message.forward_origin or message.via_bot:
            return None  # another's paper is not the person's own
        visitor = subjects.visitor(self.desk, TELEGRAM, str(user.id))

        def asked(connection: Connection) -> bool:
            visit = Visit(connection, self.desk, TELEGRAM, "", self.desk.clock.now(), "kk", visitor)
            subjects.recognise(visit)
            return dialogue.takes_files(visit)

        if not await self.database.look(asked):
            return None
        name = (message.document.file_name if message.document else None) or ""
        if (file.file_size or 0) > attachments.LARGEST:
            return Brought(name, b"", attachments.TOO_LARGE)
        content = await self.fetch(file.file_id)
        return Brought(name, content or b"", "" if content else attachments.EMPTY)

    def _quiet(self, update: Update, event: Message | CallbackQuery, user: User) -> Answer | None:
        """What is answered without a visit, or once for many: floods, albums, bursts of edits."""
        if isinstance(event, Message):
            number = update.update_id
            if update.edited_message is not None and self._edits.again((user.id, event.message_id), number):
                return Answer()
            if dialogue.reducing(event.text):
                return None
        else:
            press = Press.unpack(event.data)
            if press is not None and press.code in _REDUCING:
                return None
        if not self.flood.over(user.id) or (isinstance(event, Message) and dialogue.acts(event.text)):
            return None
        answer = Answer(beside=[wire.answer_press(event.id)] if isinstance(event, CallbackQuery) else [])
        if self.flood.tell(user.id):
            with speaking(_client(user)):
                answer.screen = wire.line(user.id, elsewhere.flood())
        return answer

    async def _visit(
        self, update: Update, event: Message | CallbackQuery, user: User, brought: Brought | None = None
    ) -> Answer:
        visitor = subjects.visitor(self.desk, TELEGRAM, str(user.id))
        turn = int.from_bytes(visitor.hash[:8], "big", signed=True)
        refused: Refusal | None = None

        def work(connection: Connection) -> Answer:
            visit = Visit(
                connection,
                self.desk,
                TELEGRAM,
                f"{self.source} {update.update_id}",
                self.desk.clock.now(),
                "kk",
                visitor,
            )
            return self._work(visit, update, event, user, refused, brought)

        try:
            return await self.database.keep(work, turn)
        except Refusal as refusal:  # what the visit did is undone; telling so is a visit of its own
            refused = refusal
            return await self.database.keep(work, turn)

    def _work(
        self,
        visit: Visit,
        update: Update,
        event: Message | CallbackQuery,
        user: User,
        refused: Refusal | None,
        brought: Brought | None,
    ) -> Answer:
        dialogue.greet(visit, user.language_code)
        before = repeats.served(visit, self.source, update.update_id)
        asked = dialogue.asked(visit, event)
        with speaking(visit.locale):
            if before is not None:
                go, visit.locale = before
            else:
                told = Go(refused.screen, refused.ref) if refused is not None else None
                go = told or self._meant(visit, update, event, brought)
                repeats.note(visit, self.source, update.update_id, go)
        with speaking(visit.locale):
            return self._answer(visit, event, user, go, asked)

    def _meant(
        self, visit: Visit, update: Update, event: Message | CallbackQuery, brought: Brought | None
    ) -> Go:
        if isinstance(event, CallbackQuery):
            return dialogue.pressed(visit, event)
        if update.edited_message is not None:
            return Go("edited")
        return dialogue.said(visit, event, brought)

    def _answer(self, visit: Visit, event: Message | CallbackQuery, user: User, go: Go, asked: str) -> Answer:
        screen = dialogue.render(visit, go)
        answer = Answer()
        if isinstance(event, CallbackQuery):
            answer.beside.append(wire.answer_press(event.id))
            press = Press.unpack(event.data)
            message = event.message
            kept = press is not None and press.kept
            if message is None or isinstance(message, InaccessibleMessage) or kept or message.text is None:
                answer.screen = wire.send(visit, user.id, screen)
            else:
                answer.screen = wire.edit(visit, user.id, message.message_id, screen)
        else:
            answer.screen = wire.send(visit, user.id, screen, event.message_id if screen.quotes else 0)
            if asked in mailboxes.CODE_SCREENS and event.text and go.screen not in ("stop", "already"):
                answer.beside.append(wire.delete(user.id, event.message_id))
        if screen.share:
            answer.beside.append(wire.ask_contact(user.id, screen.share))
        elif asked in phones.FLOWS and (visit.subject is None or visit.subject.screen != asked):
            answer.beside.append(wire.put_keyboard_away(user.id))
        return answer

    def _group(self, message: Message) -> Answer:
        """Groups and channels: one sentence, then the bot leaves; nothing is looked up, nothing kept (T-CHAT-13)."""
        if self._edits.again(("group", message.chat.id)):
            return Answer()
        locale = _client(message.from_user) if message.from_user is not None else "kk"
        with speaking(locale):
            said = wire.line(message.chat.id, elsewhere.group(self.bot_name))
        return Answer(said, [{"method": "leaveChat", "chat_id": message.chat.id}])

    async def _member(self, update: Update) -> None:
        """The person blocked the bot, or came back: reachability changes and nothing else (PEERS pain 17)."""
        change = update.my_chat_member
        if change is None or change.chat.type != "private":
            return
        visitor = subjects.visitor(self.desk, TELEGRAM, str(change.from_user.id))
        gone = change.new_chat_member.status == "kicked"

        def work(connection: Connection) -> None:
            evidence = f"{self.source} {update.update_id}"
            visit = Visit(connection, self.desk, TELEGRAM, evidence, self.desk.clock.now(), "kk", visitor)
            if gone:
                subjects.unreachable(visit, TELEGRAM, visitor.hash)
            else:
                subjects.recognise(visit)
                subjects.reached(visit)

        await self.database.keep(work, int.from_bytes(visitor.hash[:8], "big", signed=True))

    async def failed(self, update: Update, fault: Exception) -> Answer | None:
        """Count a failure; after five the update is parked and the person told. Nothing: it is to be tried again.

        Raises the fault itself when the store is in trouble: the update is sound and waits, it is never given up.
        """
        if in_trouble(fault):
            raise fault
        event = update.message or update.edited_message or update.callback_query
        user = event.from_user if event is not None else None
        cause = type(fault).__name__
        reference = numbers.number("F")

        def work(connection: Connection) -> Answer | None:
            visitor = subjects.visitor(self.desk, TELEGRAM, str(user.id) if user is not None else "")
            visit = Visit(connection, self.desk, TELEGRAM, "", self.desk.clock.now(), "kk", visitor)
            dialogue.greet(visit, user.language_code if user is not None else None)
            kind = update.event_type if event is not None else "other"
            if not repeats.failed(visit, self.source, update, kind, cause):
                return None
            repeats.note(visit, self.source, update.update_id, Go("error", reference))
            if event is None or user is None:
                return Answer()
            with speaking(visit.locale):
                return self._answer(visit, event, user, Go("error", reference), "")

        def barely(connection: Connection) -> Answer | None:
            """Even that failed: number and kind alone are counted and parked, and the person gets one line."""
            visitor = subjects.visitor(self.desk, TELEGRAM, "")
            visit = Visit(connection, self.desk, TELEGRAM, "", self.desk.clock.now(), "kk", visitor)
            if not repeats.failed(visit, self.source, update, "other", cause):
                return None
            repeats.note(visit, self.source, update.update_id, Go("error", reference))
            if user is None:
                return Answer()
            with speaking(_client(user)):
                return Answer(wire.line(user.id, VIEWS["error"](visit, reference).text))

        try:
            answer = await self.database.keep(work)
        except Exception as again:  # or one update would hold everybody back for ever (T-CHAT-06)
            if isinstance(again, Busy) or in_trouble(again):
                raise
            answer = await self.database.keep(barely)
        log.error(
            "update %s failed: %s%s", update.update_id, cause, f", parked as {reference}" if answer else ""
        )
        return answer


_REDUCING = {"stop", "wdraw", "revdo"}


def _client(user: User) -> str:
    return user.language_code if user.language_code in ("kk", "ru", "en") else "kk"


__all__ = ["ALLOWED", "Answer", "Busy", "Door"]
