"""The desk without the wire: people whose updates go straight to the door, and what it answers.

Real store, real desk, real door; only Telegram and the post are a list of calls. For stories over HTTP use the sandbox.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiogram.types import Update
from sqlalchemy import Connection, text

from kelisim import opening, texts
from kelisim.caretaker.rounds import Caretaker
from kelisim.courier.loop import Courier
from kelisim.courier.outcome import SENT, Outcome, Parcel
from kelisim.desk import operator as operators
from kelisim.desk import subjects
from kelisim.desk.documents import Shelf
from kelisim.desk.operator import Operator
from kelisim.desk.visit import EMAIL, TELEGRAM, Desk, Visit
from kelisim.store.database import Database, open_database
from kelisim.store.sealed import Vault
from kelisim.telegram import unasked
from kelisim.telegram.flood import Flood
from kelisim.telegram.visit import Answer, Door

BOT = 1000000000
KEY, LOOKUP = bytes(range(32)), bytes(range(32, 64))
_updates = itertools.count(1)
_messages = itertools.count(100)
NUMBER = re.compile(r"\b[CSKEB]-[0-9A-Z]{9}\b")


@dataclass(slots=True)
class Said:
    """What a person sees after an act: the screen's text and buttons, and every call that was made."""

    text: str
    buttons: dict[str, str]
    calls: list[dict[str, Any]]

    @property
    def number(self) -> str:
        """The number on a confirmation."""
        found = NUMBER.search(self.text)
        assert found is not None, self.text
        return found[0]

    @property
    def methods(self) -> list[str]:
        """The names of the calls, the screen first."""
        return [call["method"] for call in self.calls]


@dataclass(slots=True)
class Person:
    """Someone at their chat."""

    step: Doorstep
    id: int
    first_name: str
    client: str
    shown: dict[str, str] = field(default_factory=dict)
    message: int = 0
    said: Said = field(default_factory=lambda: Said("", {}, []))

    def user(self) -> dict[str, Any]:
        """The Bot API's User."""
        return {"id": self.id, "is_bot": False, "first_name": self.first_name, "language_code": self.client}

    def written(self, **content: Any) -> dict[str, Any]:
        """The Bot API's Message from this person."""
        chat = {"id": self.id, "type": "private", "first_name": self.first_name}
        return {
            "message_id": next(_messages),
            "date": 1_800_000_000,
            "chat": chat,
            "from": self.user(),
            **content,
        }

    async def say(self, words: str, **content: Any) -> Said:
        """Write a message."""
        return await self.send({"message": self.written(text=words, **content)})

    async def bring(self, **content: Any) -> Said:
        """Send anything that is not text: sticker={…}, contact={…}."""
        return await self.send({"message": self.written(**content)})

    async def press(self, label: str | None = None, *, data: str | None = None) -> Said:
        """Press a button of the last screen by its label, or send any callback data."""
        if data is None:
            assert label is not None
            found = next((key for key in self.shown if key == label or key.endswith(f" {label}")), None)
            assert found is not None, f"no «{label}» among {list(self.shown)} on:\n{self.said.text}"
            data = self.shown[found]
        chat = {"id": self.id, "type": "private", "first_name": self.first_name}
        bot = {"id": BOT, "is_bot": True, "first_name": "kelisim"}
        message = {"message_id": self.message, "date": 1_800_000_000, "chat": chat, "from": bot, "text": "…"}
        query = {
            "id": str(next(_updates)),
            "from": self.user(),
            "chat_instance": "1",
            "data": data,
            "message": message,
        }
        return await self.send({"callback_query": query})

    async def send(self, update: dict[str, Any], update_id: int | None = None) -> Said:
        """Send any update and look at the answer."""
        answer = await self.step.feed(update, update_id)
        calls = ([answer.screen] if answer.screen else []) + answer.beside
        buttons: dict[str, str] = {}
        if answer.screen:
            keyboard = answer.screen.get("reply_markup", {}).get("inline_keyboard", [])
            buttons = {b["text"]: b.get("callback_data", b.get("url", "")) for row in keyboard for b in row}
            self.message = answer.screen.get("message_id", next(_messages))
            self.shown = buttons
        self.said = Said(answer.screen["text"] if answer.screen else "", buttons, calls)
        return self.said

    async def registers(self, locale: str = "en") -> Person:
        """From the first word to the menu, in a language."""
        labels = {"kk": ("18 жасқа толғанмын", "Келісемін", "Мәзір"), "ru": ("Мне есть 18 лет", "Даю согласие", "Меню"),
                  "en": ("I am 18 or over", "I agree", "Menu")}[locale]  # fmt: skip
        await self.say("/start")
        for label in (texts.NAMES[locale], *labels):
            await self.press(label)
        return self

    async def gives_email(
        self, address: str, name: str = "Nurlanova Aigul", purpose: str = "informing-email"
    ) -> Said:
        """Give a consent that needs a name and a proved mailbox (English labels)."""
        await self.say("/consent")
        await self.press(
            {"informing-email": "Information: e-mail", "promotion-email": "Promotion: e-mail"}[purpose]
        )
        said = await self.press("I agree")
        if "surname" in said.text:
            await self.say(name)
            said = await self.press("Yes, correct")
        if "e-mail" in said.text and "Recorded" not in said.text and "Cancel" in said.buttons:
            await self.say(address)
            said = await self.say(await self.step.code(address))
        if "Without a phone" in said.buttons:
            said = await self.press("Without a phone")
        return said


@dataclass(slots=True)
class Doorstep:
    """A desk, its store and its door, with the courier and the caretaker on call."""

    desk: Desk
    database: Database
    door: Door
    url: str
    sent: list[Parcel] = field(default_factory=list)

    def person(self, key: str = "aigul") -> Person:
        """Aigul (kk), Dias (ru), Saule (en), or a stranger by number."""
        people = {
            "aigul": (5001, "Айгүл", "kk"),
            "dias": (5002, "Диас", "ru"),
            "saule": (5003, "Saule", "en"),
        }
        number, name, client = people.get(key) or (int(key), f"Person {key}", "en")
        return Person(self, number, name, client)

    async def feed(self, update: dict[str, Any], update_id: int | None = None) -> Answer:
        """One update, as the Bot API would bring it."""
        number = next(_updates) if update_id is None else update_id
        return await self.door.serve(Update.model_validate({"update_id": number, **update}))

    async def courier(self, channel: str | None = None, outcome: Outcome | None = None) -> list[Parcel]:
        """Deliver everything that is due; what was handed over (`outcome`: what the wire answers, sent by default)."""
        handed: list[Parcel] = []

        async def take(parcel: Parcel) -> Outcome:
            handed.append(parcel)
            return outcome or Outcome(SENT)

        for each in (channel,) if channel else (EMAIL, TELEGRAM):
            courier = Courier(
                self.desk,
                self.database,
                each,
                take,
                per_second=1e6,
                per_chat=0.0,
                pace=1.0,
                screens=unasked.content,
            )
            for _round in range(200):
                if not await courier.round():
                    break
        self.sent += handed
        return handed

    async def code(self, address: str) -> str:
        """The code in the letter that has just come to an address."""
        letters = [parcel for parcel in await self.courier(EMAIL) if parcel.address == address]
        assert letters, f"no letter came to {address}"
        found = re.search(r"\b\d{6}\b", letters[-1].body["text"])
        assert found is not None
        return found[0]

    async def caretaker(self) -> None:
        """One round."""
        assert await Caretaker(self.desk, self.database).round()

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """What the store holds, read through another connection."""

        def read(connection: Connection) -> list[Any]:
            return list(connection.execute(text(statement), values).all())

        return await self.database.look(read)

    async def keep(self, work: Any, person: Person | None = None) -> Any:
        """Run `work(visit)` as a visit of the desk; of a person when one is named."""

        def whole(connection: Connection) -> Any:
            address = str(person.id) if person is not None else ""
            visitor = subjects.visitor(self.desk, TELEGRAM, address)
            visit = Visit(
                connection,
                self.desk,
                TELEGRAM,
                f"test {next(_updates)}",
                self.desk.clock.now(),
                "en",
                visitor,
            )
            if person is not None:
                subjects.recognise(visit)
            return work(visit)

        return await self.database.keep(whole)

    def later(self, **by: float) -> None:
        """Let time pass: `later(days=1)`."""
        self.desk.clock.move(timedelta(**by))


def a_desk(operator: Operator | None = None, folders: tuple[Path, ...] = ()) -> Desk:
    """A trial desk with fixed keys."""
    operator = operator or operators.load(None)
    shelf = Shelf(operator, [texts.LOCALES_FOLDER, *folders], trial=True)
    assert shelf.problems() == []
    return Desk(
        operator, shelf, Vault({1: KEY}, (LOOKUP,)), opening.calendar_of(operator), receipt_key=LOOKUP
    )


@asynccontextmanager
async def doorstep_on(
    url: str, *, desk: Desk | None = None, flood: Flood | None = None
) -> AsyncIterator[Doorstep]:
    """A doorstep on a migrated store; no flood limit unless one is given."""
    desk = desk or a_desk()
    database = open_database(url)
    try:
        await database.keep(lambda connection: opening.agree_with_store(desk, connection))
        door = Door(desk, database, BOT, "kelisim_bot", flood or Flood(hourly=0))
        yield Doorstep(desk, database, door, url)
    finally:
        await database.close()


def copied(template: Path, folder: Path) -> str:
    """The URL of a fresh copy of a migrated SQLite file."""
    path = folder / "kelisim.db"
    shutil.copy(template, path)
    return f"sqlite+aiosqlite:///{path}"
