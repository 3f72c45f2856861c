"""What happened, in order, until the bot has taken it: long polls and the webhook read from here."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kelisim.sandbox.errors import Declined, bad

# Telegram sends these only to those who ask for them by name
ONLY_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass
class Waiting:
    """An update the bot has not yet confirmed."""

    body: dict[str, Any]
    chat: int
    done: asyncio.Event
    repeated: bool = False
    """Sent once more on purpose: it goes out even below the confirmed offset."""


class Updates:
    """The queue of one bot."""

    def __init__(self) -> None:
        self.next_id = int(time.time())
        self.waiting: OrderedDict[int, Waiting] = OrderedDict()
        self.repeats: list[Waiting] = []
        self.allowed: list[str] | None = None
        self.webhook: dict[str, Any] | None = None
        self.poller: object | None = None
        self.news = asyncio.Event()
        self.hooked: Callable[[Waiting], None] | None = None
        """Where updates go while a webhook is set."""

    def wanted(self, kind: str) -> bool:
        """Whether the bot asked for this kind of update."""
        return kind in self.allowed if self.allowed else kind not in ONLY_ON_REQUEST

    def add(self, kind: str, content: dict[str, Any], chat: int) -> Waiting:
        """A new update; one the bot does not want is done at once."""
        return self.put({"update_id": self.next_id, kind: content}, chat, wanted=self.wanted(kind))

    def put(self, body: dict[str, Any], chat: int, *, wanted: bool = True) -> Waiting:
        """An update as it stands, raw ones included."""
        entry = Waiting(body, chat, asyncio.Event(), repeated=body["update_id"] < self.next_id)
        self.next_id = max(self.next_id, body["update_id"] + 1)
        if not wanted:
            entry.done.set()
            return entry
        if self.webhook is not None and self.hooked is not None:
            self.waiting[id(entry)] = entry
            self.hooked(entry)
        elif entry.repeated:
            self.repeats.append(entry)
        else:
            self.waiting[body["update_id"]] = entry
        self.wake()
        return entry

    def settle(self, entry: Waiting) -> None:
        """The webhook took it."""
        self.waiting.pop(id(entry), None)
        entry.done.set()

    def wake(self) -> None:
        """Held polls look again."""
        self.news.set()
        self.news = asyncio.Event()

    def drop(self) -> None:
        """Forget everything that waits."""
        for entry in [*self.waiting.values(), *self.repeats]:
            entry.done.set()
        self.waiting.clear()
        self.repeats.clear()

    def choose_webhook(self, webhook: dict[str, Any] | None) -> None:
        """From polling to a webhook or back; what waits changes its road."""
        entries = list(self.waiting.values())
        self.waiting.clear()
        self.webhook = webhook
        for entry in entries:
            if webhook is not None and self.hooked is not None:
                self.waiting[id(entry)] = entry
                self.hooked(entry)
            else:
                self.waiting[entry.body["update_id"]] = entry
        self.wake()

    def _confirmed(self, offset: int) -> None:
        if offset < 0:
            keep = -offset
            for number in list(self.waiting)[:-keep]:
                self.waiting.pop(number).done.set()
            return
        while self.waiting and (first := next(iter(self.waiting))) < offset:
            self.waiting.pop(first).done.set()

    async def poll(
        self, *, offset: int, limit: int, timeout: float, trouble: Callable[[], None] = lambda: None
    ) -> list[dict[str, Any]]:
        """The next updates, held up to `timeout` seconds; a second poller ends the first."""
        if self.webhook is not None:
            raise Declined(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if not 1 <= limit <= 100:
            limit = 100
        if offset:
            self._confirmed(offset)
        self.poller = ticket = object()
        self.wake()
        until = asyncio.get_running_loop().time() + timeout
        while True:
            news = self.news
            if self.repeats:
                entries, self.repeats = self.repeats[:limit], self.repeats[limit:]
                for entry in entries:
                    entry.done.set()
                return [entry.body for entry in entries]
            if self.waiting:
                return [entry.body for entry, _ in zip(self.waiting.values(), range(limit), strict=False)]
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                return []
            try:
                async with asyncio.timeout(left):
                    await news.wait()
            except TimeoutError:
                return []
            trouble()
            if self.poller is not ticket:
                raise Declined(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            if self.webhook is not None:
                raise Declined(409, "Conflict: terminated by setWebhook request")

    def allow(self, kinds: Any) -> None:
        """The kinds the bot asks for from now on; None keeps the last choice, [] is Telegram's default."""
        if kinds is None:
            return
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise bad("can't parse allowed updates: an Array of String expected")
        self.allowed = kinds or None
