"""A broadcast among its people: a seeded store, replicas of `kelisim serve`, the square, and what came of every message."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests import subscribers
from tests.ordeals.evidence import reading
from tests.ordeals.process import Serve, environment
from tests.ordeals.scene import roomy

from kelisim import opening
from kelisim.desk import broadcasts, deliveries, outbox, subjects
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.deliveries import Told
from kelisim.desk.visit import Visit
from kelisim.sandbox import Sandbox
from kelisim.sandbox.people import Person
from kelisim.settings import Settings
from kelisim.store.database import open_database

T = TypeVar("T")
NEWS = re.compile("|".join(("сенбіде", "в субботу", "on Saturday")))
LIMIT = 30
_EACH = """SELECT o.subject_id, o.state, o.cause FROM outbox o JOIN broadcasts b ON b.id = o.broadcast_id
           WHERE b.number = :number"""
_STATE = "SELECT state, cause FROM broadcasts WHERE number = :number"


class Door:
    """A way to the square that can be shut: whoever knocks then is refused, as by a server that is away."""

    def __init__(self, beyond: str) -> None:
        self._beyond = urlsplit(beyond)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def url(self) -> str:
        """What the desk takes for the Bot API."""
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Listen, on the same port each time."""
        self._server = await asyncio.start_server(self._through, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        """Refuse, and cut what is under way."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner, outer = await asyncio.open_connection(self._beyond.hostname, self._beyond.port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, outer}
        await asyncio.gather(self._copy(reader, outer), self._copy(inner, writer))
        self._open -= {writer, outer}

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()


@dataclass
class Cast:
    """A broadcast that begins as soon as a replica serves."""

    sandbox: Sandbox
    serves: list[Serve]
    settings: Settings
    url: str
    dice: Random
    ids: range  # of the subjects, in the order of their chats
    door: Door
    number: str = ""
    began: float = field(default_factory=time.monotonic)

    @property
    def chats(self) -> range:
        """Everybody's chat."""
        return range(subscribers.FIRST, subscribers.FIRST + len(self.ids))

    def chat(self, subject: int) -> int:
        """The chat of a subject."""
        return self.chats[self.ids.index(subject)]

    def came(self, chat: int) -> int:
        """How many messages of the broadcast stand in a chat."""
        kept = self.sandbox.town.chats[chat].messages.values()
        return sum(one.by_bot and bool(NEWS.search(one.body.get("text", ""))) for one in kept)

    def delivered(self) -> int:
        """How many came so far."""
        return sum(
            1 for line in self.sandbox.town.wire if _is_news(line) and line["answer"] and line["answer"]["ok"]
        )

    def times(self) -> dict[int, list[float]]:
        """Per chat when the square took a message of the broadcast."""
        found: dict[int, list[float]] = {}
        for line in self.sandbox.town.wire:
            if _is_news(line) and (line["answer"] is None or line["answer"]["ok"]):
                found.setdefault(int(line["params"]["chat_id"]), []).append(line["at"])
        return found

    def refused(self) -> int:
        """How many 429s there were."""
        codes = [(line["answer"] or {}).get("error_code") for line in self.sandbox.town.wire]
        return codes.count(429)

    async def rows(self) -> dict[int, tuple[str, str]]:
        """Per chat the state and the cause of its message."""
        async with reading(self.url) as rows:
            found = await rows(_EACH, number=self.number)
        assert len(found) == len({row[0] for row in found}), "somebody has two messages"
        return {self.chat(row[0]): (row[1], row[2]) for row in found}

    async def on_the_wire(self) -> set[int]:
        """Whose message is claimed now."""
        return {chat for chat, (state, _cause) in (await self.rows()).items() if state == outbox.CLAIMED}

    async def state(self) -> tuple[str, str]:
        """Where the broadcast stands, and why."""
        async with reading(self.url) as rows:
            (row,) = await rows(_STATE, number=self.number)
        return row[0], row[1]

    async def done(self, seconds: float) -> None:
        """Wait until it is done."""
        until = time.monotonic() + seconds
        while (now := await self.state())[0] != broadcasts.DONE:
            assert time.monotonic() < until, (
                f"{now} after {seconds:g} s: {Counter((await self.rows()).values())}"
            )
            assert now[0] != broadcasts.PAUSED, now
            await asyncio.sleep(0.3)

    async def desk(self, work: Callable[[Visit, Broadcast], T]) -> T:
        """Something the operator does or sees, by a command beside those who serve."""
        desk = opening.open_desk(self.settings)
        database = open_database(self.url)
        try:
            return await database.keep(
                lambda connection: work(
                    visit := subjects.own_visit(desk, connection, "command"),
                    broadcasts.known(visit, self.number),
                )
            )
        finally:
            await database.close()

    async def uncertain(self) -> list[Told]:
        """Those the report lists as uncertain."""
        return await self.desk(lambda visit, one: deliveries.uncertain(visit, one, most=10_000))

    async def examine(
        self,
        *,
        ended: tuple[str, ...] = (outbox.SENT, outbox.UNCERTAIN),
        without: Collection[int] = (),
    ) -> Counter[str]:
        """Nobody is lost, nobody has it twice, whoever is in doubt is listed; how many ended how.

        `without`: chats that may have said stop before they were addressed.
        """
        rows = await self.rows()
        assert set(self.chats) - rows.keys() <= set(without), "somebody was left out"
        assert not [chat for chat in without if chat not in rows and self.came(chat)]
        found: Counter[str] = Counter()
        for chat, (state, cause) in rows.items():
            came = self.came(chat)
            found[state] += 1
            assert state in ended, (chat, state, cause)
            assert came <= 1, f"{chat} has it {came} times"
            assert came == 1 or state != outbox.SENT, f"{chat} never got it, and the desk says it did"
            assert came == 0 or state in (outbox.SENT, outbox.UNCERTAIN), f"{chat} got it, and it is {state}"
        listed = await self.uncertain()
        assert len(listed) == found[outbox.UNCERTAIN]
        assert all(one.ref for one in listed)
        for serve in self.serves:
            assert "Traceback" not in serve.log()
        return found


def _is_news(line: dict[str, Any]) -> bool:
    return line["method"] == "sendMessage" and bool(NEWS.search(str(line["params"].get("text", ""))))


@asynccontextmanager
async def cast(
    url: str, home: Path, dice: Random, people: int, *, replicas: int = 1, **rules: int
) -> AsyncIterator[Cast]:
    """A seeded store with a broadcast to everybody that is due; nobody serves it yet."""
    limits = roomy()
    limits.per_second, limits.per_chat = LIMIT, 1
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(limits=limits))
        door = Door(sandbox.bot_api)
        await door.open()
        stack.callback(door.shut)
        rules = {"per_second": LIMIT, **rules}
        operator = subscribers.operator_file(home, **rules)
        given = {"KELISIM_OPERATOR": str(operator), "KELISIM_BOT_API": door.url}
        serves = []
        for number in range(replicas):
            folder = home / f"replica{number}"
            folder.mkdir()
            updates = "polling" if replicas == 1 else "webhook"
            serves.append(Serve(environment(sandbox, home, url, updates) | given, folder))
            stack.push_async_callback(serves[-1].close)
        settings = Settings.read(environment(sandbox, home, url, "polling") | given)
        ids = await subscribers.seed(url, opening.vault_of(settings), people)
        made = Cast(sandbox, serves, settings, url, dice, ids, door)
        for k, chat in enumerate(made.chats):
            locale = subscribers.LOCALES[k % 3]
            sandbox.town.chat_of(
                sandbox.town.invite(Person(f"p{chat}", chat, "Person", language_code=locale))
            )
        made.number = await subscribers.schedule(settings)
        yield made
