"""Everything the town square remembers: people, chats, files, updates and the wire log."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from kelisim.sandbox.chats import Chat
from kelisim.sandbox.files import Files
from kelisim.sandbox.parameters import Parameters, Upload
from kelisim.sandbox.people import Person, Profile, residents
from kelisim.sandbox.settings import Faults, Limits, Rates
from kelisim.sandbox.updates import Updates, Waiting

DEFAULT_TOKEN = "710000000:SANDBOX-town-square-token-for-trials"
SETTLED = 3.0  # seconds: something came, and the answer itself may still wait for the chat's turn


@dataclass
class Query:
    """A press that waits for its answerCallbackQuery."""

    chat: int
    at: float


@dataclass(eq=False)
class Watcher:
    """A page that wants to hear what moved."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    moved: set[str] = field(default_factory=set)


class Town:
    """One bot and the people around it."""

    def __init__(self, token: str = DEFAULT_TOKEN, limits: Limits | None = None) -> None:
        self.token = token
        self.limits = limits or Limits()
        self.updates = Updates()
        self.watchers: set[Watcher] = set()
        self.files = Files(self.limits.files_bytes)
        self.wire: deque[dict[str, Any]] = deque(maxlen=self.limits.wire)
        self.calls = 0
        self.started = asyncio.Event()
        """Set by the bot's first call: somebody is at home."""
        self.reset()

    def reset(self) -> None:
        """An empty square again; what the bot said about itself stays, as it does at Telegram's."""
        if not hasattr(self, "profile"):
            self.profile = Profile(int(self.token.partition(":")[0]), "kelisim_sandbox_bot")
        self.people: dict[str, Person] = {}
        self.by_id: dict[int, Person] = {}
        for person in residents():
            self.invite(person)
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self.faults = Faults()
        self.rates = Rates(self.limits)
        self.waiters: dict[int, list[asyncio.Future[None]]] = {}
        self.updates.drop()
        self.wire.clear()
        self.tell("reset")

    def close(self) -> None:
        """Cut the held polls: nobody waits for a square that is gone."""
        self.faults = Faults(outage=True)
        self.updates.wake()

    def limit(self, name: str, value: float) -> None:
        """Change one limit; what is kept is cut to it."""
        setattr(self.limits, name, value)
        if name == "wire":
            self.wire = deque(self.wire, maxlen=int(value))
        if name == "files_bytes":
            self.files.most = int(value)

    # -- people and chats --

    def person(self, number: int) -> Person | None:
        """Someone by Telegram id."""
        return self.by_id.get(number)

    def invite(self, person: Person) -> Person:
        """Somebody new comes to live here."""
        self.people[person.key] = self.by_id[person.id] = person
        return person

    def chat_of(self, person: Person) -> Chat:
        """The person's own chat with the bot, opened when it was not."""
        chat = self.chats.get(person.id)
        if chat is None:
            chat = self.chats[person.id] = Chat(person.private_chat(), self.limits.messages)
        return chat

    # -- what moves --

    def moved(self, chat: Chat) -> None:
        """Wake those who wait for this chat."""
        for future in self.waiters.pop(chat.id, ()):
            if not future.done():
                future.set_result(None)
        if self.watchers:
            self.tell(f"chat {chat.id}")

    async def next_move(self, chat: Chat) -> None:
        """Until something moves in the chat."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiters.setdefault(chat.id, []).append(future)
        await future

    def tell(self, what: str) -> None:
        """Let the pages know."""
        for watcher in self.watchers:
            watcher.moved.add(what)
            watcher.news.set()

    async def answer(
        self, chat: Chat, since: int, entry: Waiting | None, *, timeout: float, quiet: float, silent: bool
    ) -> bool:
        """Wait until the bot answered in the chat and was still for `quiet` seconds; whether it did in time.

        With `silent` it is enough that the bot took the update.
        """
        try:
            async with asyncio.timeout(timeout):
                while not silent and chat.answered <= since:
                    await self.next_move(chat)
                if entry is not None:
                    try:
                        async with asyncio.timeout(None if silent else SETTLED):
                            await entry.done.wait()
                    except TimeoutError:
                        if silent:
                            raise
                while True:
                    try:
                        async with asyncio.timeout(quiet):
                            await self.next_move(chat)
                    except TimeoutError:
                        return True
        except TimeoutError:
            return silent or chat.answered > since

    # -- the wire log --

    def log(
        self, method: str, said: Parameters, answer: dict[str, Any] | None, began: float, via: str = "call"
    ) -> None:
        """One line: what was asked and what was answered (None: the connection was cut)."""
        self.calls += 1
        self.started.set()
        self.wire.append(
            {
                "seq": self.calls,
                "at": time.time(),
                "ms": round((time.perf_counter() - began) * 1000, 2),
                "via": via,
                "method": method,
                "params": {name: _shown(value) for name, value in said.items()},
                "answer": answer,
            }
        )
        if self.watchers:
            self.tell("wire")


def _shown(value: Any) -> Any:
    if isinstance(value, Upload):
        return {"file": value.name, "kind": value.kind, "bytes": len(value.content)}
    return value
