"""Delivery to the bot's webhook: one chat in order, many chats at once, again until it is taken."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from kelisim.sandbox.errors import Declined
from kelisim.sandbox.parameters import Parameters, of_response
from kelisim.sandbox.town import Town
from kelisim.sandbox.updates import Waiting

Perform = Callable[[str, Parameters], Awaitable[Any]]


class Webhook:
    """The postman: a queue for each chat and at most max_connections on the road."""

    def __init__(self, town: Town, perform: Perform) -> None:
        self.town = town
        self.perform = perform
        self.queues: dict[int, deque[Waiting]] = {}
        self.ready: asyncio.Queue[int] = asyncio.Queue()
        self.walkers: list[asyncio.Task[None]] = []
        self.session: ClientSession | None = None
        self.url = ""
        self.headers: dict[str, str] = {}
        town.updates.hooked = self.take

    async def start(self, url: str, secret: str, most: int) -> None:
        """Deliver to this address from now on."""
        await self.stop()
        self.url = url
        self.headers = {"Content-Type": "application/json"}
        if secret:
            self.headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        timeout = ClientTimeout(total=self.town.limits.webhook_timeout)
        self.session = ClientSession(connector=TCPConnector(limit=most), timeout=timeout)
        self.town.updates.choose_webhook({"url": url, "max_connections": most, "ip_address": "127.0.0.1"})
        self.walkers = [asyncio.create_task(self._walk()) for _ in range(most)]

    async def stop(self) -> None:
        """No more deliveries; what waits can be polled for."""
        walkers, self.walkers = self.walkers, []
        for walker in walkers:
            walker.cancel()
        await asyncio.gather(*walkers, return_exceptions=True)
        self.queues.clear()
        self.ready = asyncio.Queue()
        if self.session is not None:
            await self.session.close()
            self.session = None
        if self.town.updates.webhook is not None:
            self.town.updates.choose_webhook(None)

    def take(self, entry: Waiting) -> None:
        """Put an update into its chat's queue."""
        queue = self.queues.setdefault(entry.chat, deque())
        queue.append(entry)
        if len(queue) == 1:
            self.ready.put_nowait(entry.chat)

    async def _walk(self) -> None:
        while True:
            chat = await self.ready.get()
            queue = self.queues[chat]
            entry = queue[0]
            if not entry.done.is_set():
                await self._deliver(entry)
            self.town.updates.settle(entry)
            queue.popleft()
            if queue:
                self.ready.put_nowait(chat)
            else:
                del self.queues[chat]

    async def _deliver(self, entry: Waiting) -> None:
        body = json.dumps(entry.body, ensure_ascii=False).encode()
        pause = self.town.limits.webhook_first_pause
        while not entry.done.is_set():
            if not self.town.faults.outage and await self._post(body):
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, self.town.limits.webhook_longest_pause)

    async def _post(self, body: bytes) -> bool:
        assert self.session is not None
        info = self.town.updates.webhook or {}
        try:
            async with self.session.post(self.url, data=body, headers=self.headers) as response:
                if not 200 <= response.status < 300:
                    info["last_error_date"] = int(time.time())
                    info["last_error_message"] = (
                        f"Wrong response from the webhook: {response.status} {response.reason}"
                    )
                    await response.read()
                    return False
                said = await of_response(response)
        except (ClientError, TimeoutError, OSError) as trouble:
            info["last_error_date"] = int(time.time())
            info["last_error_message"] = f"Connection failed: {type(trouble).__name__}"
            return False
        except Declined as declined:
            self.town.log("unreadable", {}, declined.body(), time.perf_counter(), "webhook")
            return True
        if "method" in said:
            await self._answer(said)
        return True

    async def _answer(self, said: Parameters) -> None:
        began = time.perf_counter()
        method = str(said.pop("method"))
        try:
            answer: dict[str, Any] = {"ok": True, "result": await self.perform(method, said)}
        except Declined as declined:
            # Telegram tells nobody: the outcome of such a call is never known to the bot
            answer = declined.body()
        self.town.log(method, said, answer, began, "webhook")
