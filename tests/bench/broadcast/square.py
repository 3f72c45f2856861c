"""The town square as a process of its own, with Telegram's limits on: orders come as lines of JSON, answers go the same way.

`python -m tests.bench.broadcast.square` prints {"url": …, "smtp": …} once it listens; then one line per order:
people (first, count, blocked), faults, limits, mark (forget what was heard), heard (every message since), crowd (people who
write and wait for the answer), end.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from random import Random
from typing import Any

from kelisim.sandbox import Limits, Sandbox, acts
from kelisim.sandbox.people import Person
from kelisim.sandbox.settings import Faults

LOCALES = ("kk", "ru", "en")
SENDING = frozenset({"sendMessage", "sendPhoto", "sendDocument"})
PATIENCE = 20.0  # seconds one waits for an answer


class Square:
    """The sandbox and what it is told to do."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.town = sandbox.town
        self.began = 0

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """One order and its answer."""
        act = order.pop("do")
        if act == "people":
            return self.people(**order)
        if act == "faults":
            self.town.faults = Faults(**order)
            self.town.updates.wake()
            return {}
        if act == "limits":
            for name, value in order.items():
                self.town.limit(name, value)
            return {}
        if act == "mark":
            self.began = self.town.calls
            return {}
        if act == "heard":
            return {"messages": self.heard()}
        if act == "far":
            return {"sent": sum(1 for each in self.heard() if each[2] == 200)}
        if act == "crowd":
            return await self.crowd(**order)
        raise ValueError(act)

    def people(self, first: int, count: int, blocked: int = 0) -> dict[str, Any]:
        """People who started the bot once; every so many-th has blocked it since."""
        for k in range(count):
            person = Person(f"p{first + k}", first + k, "Person", language_code=LOCALES[k % 3])
            chat = self.town.chat_of(self.town.invite(person))
            chat.blocked = bool(blocked) and k % blocked == blocked - 1
        return {}

    def heard(self) -> list[tuple[float, int, int]]:
        """(when, chat, code of the answer) of every message since the mark; 0: the connection was cut."""
        return [
            (line["at"], int(line["params"].get("chat_id", 0)), _code(line["answer"]))
            for line in self.town.wire
            if line["seq"] > self.began and line["method"] in SENDING
        ]

    async def crowd(self, first: int, count: int, per_second: float, seconds: float) -> dict[str, Any]:
        """People who write /menu, one after another at random moments, so many a second; how long each waited."""
        dice, waits, lost = Random(1), list[float](), 0
        until = time.perf_counter() + seconds
        waiting: set[asyncio.Task[float | None]] = set()
        k = 0
        while time.perf_counter() < until:
            waiting.add(asyncio.create_task(self._asks(first + k % count)))
            k += 1
            await asyncio.sleep(dice.expovariate(per_second))
        for wait in await asyncio.gather(*waiting):
            if wait is None:
                lost += 1
            else:
                waits.append(wait)
        return {"waits": waits, "lost": lost}

    async def _asks(self, who: int) -> float | None:
        began = time.perf_counter()
        done = acts.say(self.town, {"person": f"p{who}", "text": "/menu"})
        until = began + PATIENCE
        while time.perf_counter() < until:
            if done.chat.answered > done.revision and any(
                "reply_markup" in message for message in done.chat.since(done.revision)
            ):
                return time.perf_counter() - began
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.town.next_move(done.chat)
            except TimeoutError:
                break
        return None


def _code(answer: dict[str, Any] | None) -> int:
    if answer is None:
        return 0
    return 200 if answer["ok"] else int(answer["error_code"])


async def main() -> None:
    """Serve until the line "end" or the end of the input."""
    limits = Limits(wire=2_000_000, messages=20, files_bytes=1 << 28, per_second=30, per_chat=1)
    async with Sandbox(limits=limits) as sandbox:
        square = Square(sandbox)
        reader = asyncio.StreamReader(limit=1 << 24)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection of the square would look like a slow server
        print(json.dumps({"url": sandbox.bot_api, "token": sandbox.token, "smtp": sandbox.smtp}), flush=True)
        while line := await reader.readline():
            order = json.loads(line)
            if order["do"] == "end":
                break
            print(json.dumps(await square.obey(order)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
