"""Many updates at once through a real door in this process: POSTs at the webhook, or updates that are polled for."""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, TCPConnector, web
from tests.ordeals.process import SECRET

from kelisim.app import House
from kelisim.sandbox import Sandbox
from kelisim.sandbox.people import Person
from kelisim.telegram.polling import poll
from kelisim.telegram.press import Press
from kelisim.telegram.screens import code_of
from kelisim.telegram.webhook import HEADER, PATH, Webhook, application

Update = dict[str, Any]
FIRST = 9_000_000
_ids = itertools.count(2_000_000_000)  # far above what the sandbox itself gives out
AGAIN = (500, 503)  # what Telegram brings again


@dataclass
class Served:
    """What came back: per chat the screens in order, how often a POST had to be repeated, and seconds per update."""

    screens: dict[int, list[str]] = field(default_factory=dict)
    repeats: int = 0
    seconds: list[float] = field(default_factory=list)
    took: float = 0.0

    def note(self, call: dict[str, Any]) -> None:
        """One screen the bot showed."""
        if call.get("method") in ("sendMessage", "editMessageText"):
            self.screens.setdefault(int(call["chat_id"]), []).append(call["text"])

    def count(self) -> int:
        """How many screens there were."""
        return sum(map(len, self.screens.values()))

    def p95(self) -> float:
        """Seconds that 95 of 100 updates did not exceed."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


class Wire:
    """Updates in, screens out; `deliver` brings all of them at once and returns when each was answered."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    async def deliver(self, updates: Iterable[Update]) -> Served:
        """All of them at once."""
        raise NotImplementedError


class Hook(Wire):
    """POSTs as Telegram makes them, each on a connection of its own."""

    def __init__(self, sandbox: Sandbox, session: ClientSession, url: str) -> None:
        super().__init__(sandbox)
        self._session, self.url = session, url

    async def deliver(self, updates: Iterable[Update]) -> Served:
        served = Served()
        began = time.perf_counter()
        await asyncio.gather(*(self.post(update, served) for update in updates))
        served.took = time.perf_counter() - began
        return served

    async def post(self, update: Update, served: Served) -> None:
        """One update, again until it is taken."""
        began = time.perf_counter()
        body = json.dumps(update).encode()
        while True:
            async with self._session.post(self.url, data=body, headers={HEADER: SECRET}) as response:
                said = await response.read()
            if response.status == 200:
                break
            assert response.status in AGAIN, response.status
            served.repeats += 1
            await asyncio.sleep(0.05)
        served.seconds.append(time.perf_counter() - began)
        if said:
            served.note(json.loads(said))


class Polled(Wire):
    """Updates in the sandbox's queue; the screens are read from its wire log."""

    async def deliver(self, updates: Iterable[Update]) -> Served:
        town = self.sandbox.town
        first, whole = town.calls, list(updates)
        began = time.perf_counter()
        # An update that comes again comes after its first time: a poll that passed it would never see it.
        ids = {update["update_id"]: update for update in whole}
        await self._taken(list(ids.values()))
        await self._taken([update for update in whole if ids.pop(update["update_id"], None) is None])
        until = time.monotonic() + 10
        while (served := self._seen(first)).count() < len(whole) and time.monotonic() < until:
            await asyncio.sleep(0.05)
        served.took = time.perf_counter() - began
        return served

    async def _taken(self, updates: list[Update]) -> None:
        entries = [self.sandbox.town.updates.put(update, _chat(update)) for update in updates]
        await asyncio.gather(*(entry.done.wait() for entry in entries))

    def _seen(self, first: int) -> Served:
        served = Served()
        for line in self.sandbox.town.wire:
            if line["seq"] > first:
                served.note({"method": line["method"], **line["params"]})
        return served


def _chat(update: Update) -> int:
    event = update.get("message") or update["callback_query"]
    chat: int = event["from"]["id"]
    return chat


@asynccontextmanager
async def wired(house: House, sandbox: Sandbox, updates: str) -> AsyncIterator[Wire]:
    """The chat's door served in this process, by `polling` or `webhook`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    if updates == "polling":
        polling = asyncio.create_task(poll(house.bot, house.door))
        try:
            yield Polled(sandbox)
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
        return
    webhook = Webhook(house.bot, house.door, SECRET)
    runner = web.AppRunner(application(webhook), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with ClientSession(connector=TCPConnector(limit=0)) as session:
            yield Hook(sandbox, session, f"http://127.0.0.1:{port}{PATH}")
    finally:
        await webhook.finish()
        await runner.cleanup()


class Crowd:
    """People of the square whose updates are made by the dozen, without a word between them."""

    def __init__(self, sandbox: Sandbox, how_many: int, first: int = FIRST) -> None:
        self._town = sandbox.town
        self.people: list[int] = []
        self._messages: dict[int, int] = {}
        for number in range(how_many):
            locale = ("kk", "ru", "en")[number % 3]
            person = Person(f"crowd{first + number}", first + number, f"C{number}", language_code=locale)
            chat = self._town.chat_of(self._town.invite(person))
            self._messages[person.id] = chat.add(self._town.profile.user(), {"text": "…"}, by_bot=True)[
                "message_id"
            ]
            self.people.append(person.id)

    def say(self, person: int, words: str) -> Update:
        """A message."""
        whole = self._town.by_id[person]
        message = {
            "message_id": 1,
            "date": 1,
            "chat": whole.private_chat(),
            "from": whole.user(),
            "text": words,
        }
        return {"update_id": next(_ids), "message": message}

    def press(self, person: int, to: str, ref: str = "", digest: str = "") -> Update:
        """A press of a button that leads to a screen or an act."""
        whole = self._town.by_id[person]
        locale = whole.language_code or "kk"
        message = {"message_id": self._messages[person], "date": 1, "chat": whole.private_chat(),
                   "from": self._town.profile.user(), "text": "…"}  # fmt: skip
        number = next(_ids)
        query = {"id": str(number), "from": whole.user(), "chat_instance": "1", "message": message,
                 "data": Press(code_of(to), locale, digest, ref).pack()}  # fmt: skip
        return {"update_id": number, "callback_query": query}

    def locale(self, person: int) -> str:
        """The language of someone's Telegram."""
        return self._town.by_id[person].language_code or "kk"
