"""An example desk: invented people in a store of its own, so that every letter can be read before anybody gets one.

Each example does what makes the desk write, and the courier composes the letter as it would for a person; only the wire
is missing. Nothing of a real store, mailbox or network is touched.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from kelisim import opening, texts
from kelisim.commands import campaigns, occasions
from kelisim.courier import smtp
from kelisim.courier.loop import Courier
from kelisim.courier.outcome import SENT, Outcome, Parcel
from kelisim.desk import cases, erasure, handoffs, removals, subjects
from kelisim.desk.documents import Shelf
from kelisim.desk.operator import Operator
from kelisim.desk.visit import EMAIL, TELEGRAM, Desk, Visit, zone
from kelisim.store import schema
from kelisim.store.database import Database, open_database
from kelisim.store.sealed import Vault
from kelisim.telegram import dialogue, unasked

assert dialogue.NOUNS  # whoever registers how an act is undone, or a file made, is loaded with the chat

T = TypeVar("T")
URL = "https://desk.example"
NOW = (2026, 11, 24, 11, 0)  # a working day, in working hours
BEFORE = timedelta(
    days=30
)  # the people of the example came then: their mailboxes are old enough for anything


@dataclass(frozen=True, slots=True)
class Example:
    """A letter as it would leave: what it shows, in which language, of which kind of outbox message."""

    name: str
    locale: str
    kind: str
    message: EmailMessage

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        found = self.message.get_body((kind,))
        assert found is not None
        content: str = found.get_content()
        return content


async def letters_of(operator: Operator, locale: str) -> AsyncGenerator[Example, None]:
    """Every kind of letter the desk writes, in one language."""
    with tempfile.TemporaryDirectory(prefix="kelisim-letters-") as folder:
        url = f"sqlite+aiosqlite:///{Path(folder, 'example.db')}"
        await schema.migrate(url)
        desk = _desk(operator, locale)
        database = open_database(url)
        try:
            await database.keep(lambda connection: opening.agree_with_store(desk, connection))
            scene = Scene(desk, database, locale)
            async with aclosing(_story(scene)) as told:
                async for example in told:
                    yield example
        finally:
            await database.close()


def _desk(operator: Operator, locale: str) -> Desk:
    """A desk with keys of its own whose staff read this language; its clock stands a month before the letters."""
    people = tuple(
        person.model_copy(update={"locale": locale, "absent_until": None}) for person in operator.staff
    )
    operator = operator.model_copy(update={"staff": people})
    shelf = Shelf(operator, [texts.LOCALES_FOLDER], trial=True)
    key = secrets.token_bytes(32)
    vault = Vault({1: secrets.token_bytes(32)}, (key,))
    desk = Desk(operator, shelf, vault, opening.calendar_of(operator), receipt_key=key, url=URL)
    desk.clock.move(datetime(*NOW, tzinfo=zone(operator.zone)) - BEFORE - desk.clock.now())
    return desk


@dataclass(slots=True)
class Scene:
    """The example desk of one language."""

    desk: Desk
    database: Database
    locale: str
    people: int = 0

    async def do(self, work: Callable[[Visit], T], person: int = 1, door: str = TELEGRAM) -> T:
        """One visit of an invented person."""

        def whole(connection: Connection) -> T:
            visitor = subjects.visitor(self.desk, TELEGRAM, str(person))
            visit = Visit(connection, self.desk, door, "example", self.desk.clock.now(), self.locale, visitor)
            subjects.recognise(visit)
            with texts.speaking(self.locale):
                return work(visit)

        return await self.database.keep(whole)

    async def leaving(self, name: str) -> list[Example]:
        """The letters that leave now, as the courier makes them."""
        taken: list[Parcel] = []

        async def take(parcel: Parcel) -> Outcome:
            taken.append(parcel)
            return Outcome(SENT)

        courier = Courier(self.desk, self.database, EMAIL, take, per_second=1e6, screens=unasked.content)
        while await courier.round():
            pass
        made = sorted(taken, key=lambda parcel: parcel.message.id)
        return [
            Example(f"{name}-{n}" if n > 1 else name, self.locale, parcel.message.kind, self._letter(parcel))
            for n, parcel in enumerate(made, 1)
        ]

    def _letter(self, parcel: Parcel) -> EmailMessage:
        operator = self.desk.operator
        server = smtp.Server(
            "localhost", 25, "none", None, None, operator.mailbox, operator.name.kk, operator.mail.plus, URL
        )
        return smtp.letter(server, parcel)


async def _story(scene: Scene) -> AsyncGenerator[Example, None]:
    await scene.do(occasions.comes, 1)
    await scene.do(occasions.comes, 2)
    await scene.leaving("")
    scene.desk.clock.move(BEFORE)
    for kind in (cases.CORRECTION, cases.COMPLAINT, cases.QUESTION):
        await scene.do(lambda visit, kind=kind: occasions.case(visit, kind))  # type: ignore[misc]
    for name, act in occasions.ALONE.items():
        await scene.do(act)
        for example in await scene.leaving(name):
            yield example
    for kind in cases.KINDS:
        case = await scene.do(lambda visit, kind=kind: occasions.case(visit, kind))  # type: ignore[misc]
        await scene.leaving("")
        for what in occasions.WHATS:
            await scene.do(lambda visit, what=what, case=case: occasions.write(visit, case, what))  # type: ignore[misc]
            for example in await scene.leaving(
                f"{'reminder' if what in _REMINDERS else 'case'}-{kind}-{what}"
            ):
                yield example
    for name, act in (occasions.OF_STAFF | campaigns.OF_BROADCASTS).items():
        await scene.do(act)
        for example in await scene.leaving(name):
            yield example
    async with aclosing(_end(scene)) as told:
        async for example in told:
            yield example


_REMINDERS = (handoffs.SOON, handoffs.OVER)


async def _end(scene: Scene) -> AsyncGenerator[Example, None]:
    """Somebody who left the chat deletes everything; the certificate goes to the mailbox."""

    def leaves(visit: Visit) -> None:
        subjects.unreachable(visit, TELEGRAM, visit.visitor.hash)
        erasure.ask(visit)

    def destroys(visit: Visit) -> None:
        for row, _turn in removals.ready(visit, 10):
            removals.carry_out(visit, row)
        removals.certify(visit, visit.at)

    await scene.do(leaves, 2)
    await scene.leaving("")
    scene.desk.clock.move(timedelta(hours=25))
    await scene.do(destroys, 0)
    for example in await scene.leaving("certificate"):
        yield example
