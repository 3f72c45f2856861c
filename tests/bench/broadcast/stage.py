"""What every part of the benchmark needs: the square beside us, a seeded store, and `kelisim serve` on a core of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import subscribers

from kelisim import opening
from kelisim.settings import Settings
from kelisim.store import schema

from .. import kelisim_bot
from ..databases import fresh_database
from ..process import LOAD_CORE, BotProcess

SECRET = "a-secret-for-the-benchmark-only-43-characters"
LIMIT = 30  # messages a second, as Telegram allows


class Square:
    """The square's process: its address, and orders to it."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, token: str) -> None:
        self._process, self.url, self.token = process, url, token
        self._turn = asyncio.Lock()

    async def tell(self, do: str, **order: Any) -> dict[str, Any]:
        """One order and its answer."""
        assert self._process.stdin is not None
        async with self._turn:
            self._process.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
            await self._process.stdin.drain()
            return await self._line()

    async def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the square has ended")
        told: dict[str, Any] = json.loads(line)
        return told

    async def sent(self, wanted: int, silence: float = 90.0) -> int:
        """Wait until so many messages were taken, or nothing more comes for so long; how many there are."""
        loop = asyncio.get_running_loop()
        known, since = -1, loop.time()
        while known < wanted and loop.time() - since < silence:
            now = (await self.tell("far"))["sent"]
            if now != known:
                known, since = now, loop.time()
            await asyncio.sleep(0.2)
        return known


@contextlib.asynccontextmanager
async def square(latency_ms: float = 0.0) -> AsyncIterator[Square]:
    """A square with Telegram's limits, on the core of the load."""
    here = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {LOAD_CORE})
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.broadcast.square",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 27,
            cwd=kelisim_bot.REPOSITORY, env=os.environ | {"PYTHONPATH": f"{kelisim_bot.REPOSITORY}/src"},
        )  # fmt: skip
    finally:
        os.sched_setaffinity(0, here)
    made = Square(process, "", "")
    try:
        said = await made._line()
        made.url, made.token = said["url"], said["token"]
        await made.tell("faults", latency_ms=latency_ms)
        yield made
    finally:
        process.kill()
        await process.wait()


@dataclass(frozen=True)
class Figures:
    """What one sender did. `share` is of the limit; `cpu` seconds per 1,000 messages."""

    sent: int
    refused: int  # 429s it caused
    twice: int
    seconds: float
    share: float
    cpu: float
    memory: float = 0.0

    @classmethod
    def of(
        cls, messages: list[tuple[float, int, int]], cpu: float, memory: float = 0.0, base: int = 0
    ) -> Figures:
        """From what the square heard; `cpu` was spent on all but the first `base` messages."""
        times = [at for at, _chat, code in messages if code == 200]
        chats = {chat for _at, chat, code in messages if code == 200}
        seconds = times[-1] - times[0] if len(times) > 1 else 0.0
        return cls(
            sent=len(chats),
            refused=sum(code == 429 for _at, _chat, code in messages),
            twice=len(times) - len(chats),
            seconds=seconds,
            share=(len(times) - 1) / seconds / LIMIT if seconds else 0.0,
            cpu=1000 * cpu / max(1, len(times) - base),
            memory=memory,
        )


class Desk:
    """A store of its own with so many people, and the process that serves it."""

    def __init__(self, place: Square, settings: dict[str, str], folder: Path) -> None:
        self._place, self._environment, self._folder = place, settings, folder
        self.settings = Settings.read(settings)
        self.process = BotProcess(kelisim_bot.command(kelisim_bot.SERVE), settings, folder)

    async def serve(self) -> None:
        """Begin, and wait until it serves."""

        async def ready() -> bool:
            return "kelisim serves" in self.process.tail(200)

        await self.process.start(ready, 90.0)

    async def broadcast(self) -> str:
        """A broadcast to everybody, due now: its number."""
        return await subscribers.schedule(self.settings)


@contextlib.asynccontextmanager
async def desk(
    place: Square,
    folder: Path,
    people: int,
    database: str = "sqlite",
    server: str | None = None,
    updates: str = "polling",
) -> AsyncIterator[Desk]:
    """A desk that people of the square agreed to; it does not serve yet."""
    folder.mkdir(parents=True)
    async with fresh_database(database, folder, server) as url:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            listen = f"127.0.0.1:{probe.getsockname()[1]}"
        settings = kelisim_bot.environment(place.url, place.token, updates, SECRET, listen, folder, url)
        settings["KELISIM_OPERATOR"] = str(subscribers.operator_file(folder, per_second=LIMIT))
        made = Desk(place, settings, folder)
        await schema.migrate(opening.url_of(made.settings))
        await subscribers.seed(
            opening.url_of(made.settings), opening.vault_of(made.settings), people, evidence=people < 100_000
        )
        try:
            yield made
        finally:
            await made.process.stop()
