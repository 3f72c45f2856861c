"""How the sandbox behaves: sizes, limits and times, all of them changeable by a test."""

import time
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass
class Limits:
    """Sizes that keep memory bounded, Telegram's rates (0: none) and times in seconds."""

    wire: int = 5_000
    messages: int = 400
    letters: int = 2_000
    files_bytes: int = 64 * 1024 * 1024
    per_second: int = 0
    per_chat: int = 0
    query_seconds: float = 60.0
    longest_poll: float = 50.0
    webhook_first_pause: float = 0.2
    webhook_longest_pause: float = 5.0
    webhook_timeout: float = 60.0


@dataclass
class Planned:
    """A failure a test wrote down beforehand: the next `times` calls that match get it."""

    method: str | None = None
    chat_id: int | None = None
    code: int = 500
    description: str = "Internal Server Error"
    retry_after: int | None = None
    times: int = 1


@dataclass
class Faults:
    """What goes wrong on the way: shares are of all calls, 0 to 1."""

    latency_ms: float = 0.0
    errors: float = 0.0
    """Answered 502 without being done."""
    cuts: float = 0.0
    """Cut off before anything was done."""
    lost: float = 0.0
    """Done, but the answer never arrives."""
    outage: bool = False
    """Every call is cut off."""
    planned: list[Planned] = field(default_factory=list)
    seed: int = 0

    def __post_init__(self) -> None:
        self.planned = [one if isinstance(one, Planned) else Planned(**one) for one in self.planned]
        self.dice = Random(self.seed)

    def falls(self, share: float) -> bool:
        """Whether this call is one of the unlucky."""
        return share > 0 and self.dice.random() < share

    def next_for(self, method: str, chat: Any) -> Planned | None:
        """The planned failure of this call, counted off."""
        for plan in self.planned:
            if plan.times > 0 and plan.method in (None, method) and plan.chat_id in (None, chat):
                plan.times -= 1
                return plan
        return None


class Rates:
    """Telegram's flood limits over a sliding second: in all and for one chat."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.all: deque[float] = deque()
        self.chats: dict[int, deque[float]] = {}

    def retry_after(self, chat: int) -> int | None:
        """Whole seconds to wait, or None when the message may go (and is counted)."""
        if not self.limits.per_second and not self.limits.per_chat:
            return None
        now = time.monotonic()
        here = self.chats.setdefault(chat, deque())
        for queue, most in ((self.all, self.limits.per_second), (here, self.limits.per_chat)):
            while queue and queue[0] <= now - 1:
                queue.popleft()
            if most and len(queue) >= most:
                return 1
        self.all.append(now)
        here.append(now)
        if len(self.chats) > 10_000:
            self.chats = {
                number: queue for number, queue in self.chats.items() if queue and queue[-1] > now - 1
            }
        return None
