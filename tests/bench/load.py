"""The load generator: people in flight through a door (webhook or polling), each turn timed to its reply."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .bot_api import BotApi, Screen
from .people import Crowd, NoSuchButton, Person
from .wire import HttpMessage, HttpParser, arguments

REPLY_SECONDS = 15.0  # a turn without its reply after that long is lost
MOST_FAILURES = 40  # then the pass is given up


class Unanswered(Exception):
    """A POST that was not answered with 200, or a connection that closed."""


class Door(Protocol):
    """Where updates enter the bot; `deliver` returns when the bot has taken the update over."""

    async def deliver(self, worker: int, update_id: int, update: str) -> None: ...

    def close(self) -> None: ...


@dataclass
class Figures:
    """What one pass of the load saw. Times in seconds."""

    done: int = 0
    seconds: float = 0.0  # from the start to the last turn that was done
    last_done: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    presses: int = 0

    def percentile(self, share: float) -> float:
        """The latency that `share` of the turns did not exceed; 0 when nothing was done."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Load:
    """Drives a crowd through a door and matches the bot's screens to the turns that wait for them."""

    def __init__(self, api: BotApi, door: Door, crowd: Crowd) -> None:
        self._api, self._door, self._crowd = api, door, crowd
        self._waiting: dict[int, asyncio.Future[Screen]] = {}
        api.on_screen = self._on_screen

    def _on_screen(self, chat: int, screen: Screen) -> None:
        waiting = self._waiting.get(chat)
        if waiting is not None and not waiting.done():
            waiting.set_result(screen)

    async def run(self, people: Sequence[Person], steps: int, in_flight: int, seconds: float) -> Figures:
        """Take each of `people` `steps` turns on, `in_flight` at a time, beginning none after `seconds`."""
        figures = Figures()
        queue = iter(people)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(seconds + 2 * REPLY_SECONDS) as limit, asyncio.TaskGroup() as workers:
                for worker in range(in_flight):
                    workers.create_task(self._work(worker, queue, steps, started + seconds, figures))
        except TimeoutError:
            if not limit.expired():
                raise
            figures.failures["the pass did not end in time"] += 1
        figures.seconds = figures.last_done - started if figures.done else 0.0
        return figures

    async def _work(
        self, worker: int, queue: Iterator[Person], steps: int, until: float, figures: Figures
    ) -> None:
        for person in queue:
            for _ in range(steps):
                if time.perf_counter() > until or figures.failures.total() >= MOST_FAILURES:
                    return
                try:
                    async with asyncio.timeout(REPLY_SECONDS):
                        await self._turn(worker, person, figures)
                except TimeoutError:
                    figures.failures[f"turn {person.step + 1}: no reply in {REPLY_SECONDS:g} s"] += 1
                    break
                except (NoSuchButton, Unanswered, OSError) as fault:
                    figures.failures[str(fault)] += 1
                    break

    async def _turn(self, worker: int, person: Person, figures: Figures) -> None:
        update_id, update, press = self._crowd.next_update(person)
        reply: asyncio.Future[Screen] = asyncio.get_running_loop().create_future()
        self._waiting[person.chat] = reply
        if press is not None:
            self._api.unanswered.add(press)
            figures.presses += 1
        began = time.perf_counter()
        try:
            await self._door.deliver(worker, update_id, update)
            person.screen = await reply
        finally:
            del self._waiting[person.chat]
        figures.last_done = time.perf_counter()
        figures.latencies.append(figures.last_done - began)
        figures.done += 1
        person.step += 1


class WebhookDoor:
    """POSTs updates as Telegram does: keep-alive, secret token, and the answer's body may be a call."""

    def __init__(self, api: BotApi, host: str, port: int, path: str, secret: str) -> None:
        self._api, self._host, self._port = api, host, port
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: "
        )
        self._connections: dict[int, _Post] = {}

    async def deliver(self, worker: int, update_id: int, update: str) -> None:
        """POST one update on the worker's own connection and carry out the call in the answer, if any."""
        connection = self._connections.get(worker)
        if connection is None or connection.transport.is_closing():
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(_Post, self._host, self._port)
            self._connections[worker] = connection
        body = update.encode()
        response = await connection.post(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        status = response.first_line.split(" ")[1]
        if status != "200":
            raise Unanswered(f"the webhook answered {status}")
        call = arguments(response.headers.get("content-type", "application/json"), response.body)
        if method := call.get("method"):
            self._api.hear(str(method), call)

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections.values():
            connection.transport.close()


class PollingDoor:
    """Puts updates where the bot's getUpdates finds them; whether they were confirmed is looked at later."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self.last = 0

    async def deliver(self, worker: int, update_id: int, update: str) -> None:
        """Queue one update for the bot."""
        self.last = max(self.last, update_id)
        self._api.push(update_id, update)

    def close(self) -> None:
        """Nothing to close: the bot holds the connections."""


class _Post(asyncio.Protocol):
    """One client connection with at most one request under way."""

    def __init__(self) -> None:
        self._parser = HttpParser()
        self._answer: asyncio.Future[HttpMessage] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for response in self._parser.feed(data):
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(response)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Unanswered("the webhook closed the connection"))

    async def post(self, request: bytes) -> HttpMessage:
        """Send a request and wait for its response."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        try:
            return await self._answer
        except asyncio.CancelledError:
            self.transport.abort()  # a late answer must not be taken for the next one
            raise


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until `condition` holds, at most `seconds`; say whether it does."""
    deadline = time.perf_counter() + seconds
    while not condition():
        if time.perf_counter() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True
