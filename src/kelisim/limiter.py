"""One bot's share of Telegram: about 30 messages a second in all, whoever of us sends them (Bots FAQ, "hitting limits").

Answers go first and wait for nobody but the limit itself; a broadcast takes what is left, evenly, and keeps some room for the
answers people were just getting. A 429 holds everybody back for as long as it says and slows broadcasts for ten minutes.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass

WINDOW = 1.003  # seconds: a second on the server, and a little for two clocks
REMEMBERED = 10.0  # seconds of answers that tell how much room the next ones need
SLOWER, SLOW_FOR = 0.9, 600.0  # ten per cent less for ten minutes after a 429
FIRST = 10  # messages after which the quickest way is known
LATE = 0.005  # seconds beyond the quickest way: what takes longer may arrive only now
LOST = 30.0  # seconds after which a message is not under way any more, whoever forgot to say so
SOON = 0.05  # seconds between looks: what was under way comes back meanwhile
# Seconds a broadcast may lag and make good, within the window: what is made good leaves in one go, and whoever is answered in
# that moment waits for it.
CATCH_UP, CATCH_UP_ALONE = 0.3, 0.6
# Seconds between two messages to one chat; what answers a person's act at once may follow faster.
PER_CHAT = 1.05
CHATS = 5_000  # chats that are remembered
BRIEFLY = 3.0  # an answer waits so long for a 429 to pass; its sender has an own way with longer ones

GRANTED: ContextVar[bool] = ContextVar("granted", default=False)  # this task's message has had its turn
PATIENT: ContextVar[bool] = ContextVar("patient", default=False)  # nobody looks at the screen for this one


@dataclass(slots=True)
class Slot:
    """One message: when it left, and how late it may have reached the server (nothing: it has not come back yet)."""

    left: float
    arrived: float | None = None


class Limiter:
    """All that leaves for one channel passes here: `answer` and `note` for what people wait for, `turn` for broadcasts.

    The server counts when messages arrive, and what waits on the way arrives closer to those behind it. So the sender says
    when each has come back: whatever it took beyond the quickest is held to be time on the way there.
    """

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self.elsewhere = 0  # what other replicas sent in their last second
        self._left: deque[Slot] = deque()
        self._trip = math.inf  # the quickest way there and back of late,
        self._trips = 0  # out of so many
        self._answers: deque[float] = deque()  # that somebody waits for,
        self._others: deque[float] = deque()  # and what else is no broadcast: receipts, bars of progress
        self._chats: dict[str, float] = {}
        self._even = 0.0
        self._until = 0.0
        self._slow = 0.0
        self._replying: set[str] = set()  # chats for which a response waits
        self._waiting = 0  # answers that wait for room: a broadcast lets them by

    @property
    def held(self) -> float:
        """Seconds until a 429 has passed; 0 when none holds."""
        return max(0.0, self._until - self._now())

    def hold(self, seconds: float) -> None:
        """The server said 429: nobody sends for so long."""
        now = self._now()
        self._until = max(self._until, now + seconds)
        self._slow = now + SLOW_FOR

    def room(self) -> bool:
        """Whether an answer may leave this moment."""
        return not self.held and not self._waiting and self._used() < self._most()

    def near(self, chat: str) -> float:
        """Seconds until what nobody waits for may go to a chat: it was just written to, or an answer of its own comes first."""
        behind = PER_CHAT if chat in self._replying else 0.0
        return self._near(chat) + behind

    def _near(self, chat: str) -> float:
        return max(0.0, self._chats.get(chat, -math.inf) + PER_CHAT - self._now())

    def left(self, chat: str) -> None:
        """A message leaves for a chat now."""
        now = self._now()
        if len(self._chats) > CHATS:
            self._chats = {chat: at for chat, at in self._chats.items() if at > now - PER_CHAT}
        self._chats[chat] = now

    def note(self, *, awaited: bool = True) -> None:
        """An answer leaves now, or (not `awaited`) something else that is no broadcast."""
        now = self._now()
        self._left.append(Slot(now, now))
        (self._answers if awaited else self._others).append(now)
        self._forget(now)

    async def answer(self, chat: str = "", *, awaited: bool = True) -> None:
        """Wait until an answer may leave, and count it; a chat that gets a new message is held from now until a second after.

        One that is not `awaited` leaves as soon, but a broadcast keeps no room for more of its kind.
        """
        if chat:
            self.left(chat)
        if not self.room():
            self._waiting += 1
            try:
                if self.held <= BRIEFLY:
                    await asyncio.sleep(self.held)
                while self._used() >= self._most():
                    await asyncio.sleep(max(self._full(self._most()), 0.001))
            finally:
                self._waiting -= 1
            if chat:
                self.left(chat)
        self.note(awaited=awaited)

    async def reply(self, chat: str) -> bool:
        """Wait until an answer may ride in a response to Telegram, and count it; False: it had better go by itself, for a 429
        holds for longer, or another one waits for this chat: nobody may keep more than one of Telegram's connections.

        `chat` is the one that gets a new message; empty for an edit, which follows as fast as it likes.
        """
        if self.held > BRIEFLY or chat in self._replying:
            return False
        if not chat:
            await self.answer()
            return True
        self._replying.add(chat)
        try:
            while wait := self._near(chat):
                await asyncio.sleep(wait)
            await self.answer(chat)
        finally:
            self._replying.discard(chat)
        return True

    def sent_last(self) -> int:
        """How many messages beside broadcasts left in the last second, for the senders of other replicas."""
        self._forget(self._now())
        return self._answered_last() + len(self._others)

    def _answered_last(self) -> int:
        since = self._now() - 1.0
        return sum(1 for at in self._answers if at > since)

    def _forget(self, now: float) -> None:
        for known, seconds in ((self._answers, REMEMBERED), (self._others, 1.0)):
            while known and known[0] < now - seconds:
                known.popleft()

    def due(self) -> float:
        """Seconds until a broadcast's next message may leave, as it looks now."""
        now = self._now()
        return max(self._even - now, self._until - now, self._full(self._for_broadcasts()), 0.0)

    async def turn(self, patience: float = math.inf) -> Slot | None:
        """Wait for a broadcast's next turn and take it; nothing: it did not come within `patience` seconds."""
        end = self._now() + patience
        while (wait := self.due()) > 0 or self._waiting:
            if self._now() + wait > end:
                return None
            await asyncio.sleep(min(max(wait, 0.001), SOON))
        now = self._now()
        self._left.append(Slot(now))
        lag = now - self._even
        evenly = WINDOW / self._for_broadcasts()
        most = CATCH_UP if self._answers else CATCH_UP_ALONE
        self._even = now - (min(lag, most) if lag < 1.0 else 0.0) + evenly
        return self._left[-1]

    def arrived(self, slot: Slot) -> None:
        """A broadcast's message has come back, with whatever answer."""
        trip = self._now() - slot.left
        self._trip = min(trip, self._trip * 1.0003)  # ways grow longer, too: one per cent a second
        self._trips += 1
        slot.arrived = slot.left + trip - (self._trip if self._trips > FIRST else 0.0)

    def _arrivals(self) -> list[float]:
        """When the messages of the last second may have arrived at the latest, in order; one that is late, this moment."""
        now = self._now()
        while self._left and self._latest(self._left[0], now) <= now - WINDOW:
            self._left.popleft()
        return sorted(at for slot in self._left if (at := self._latest(slot, now)) > now - WINDOW)

    def _latest(self, slot: Slot, now: float) -> float:
        if slot.arrived is not None:
            return slot.arrived
        return now if self._trip + LATE < now - slot.left < LOST else slot.left

    def _full(self, most: int) -> float:
        """Seconds until fewer than `most` arrived in the last second."""
        arrivals = self._arrivals()
        return arrivals[-most] + WINDOW - self._now() if len(arrivals) >= most else 0.0

    def _used(self) -> int:
        return len(self._arrivals())

    def _most(self) -> int:
        return max(1, math.floor(self.per_second))

    def _for_broadcasts(self) -> int:
        """What is left for a broadcast in one window: not what answers take here and elsewhere, nor the room they may need."""
        now = self._now()
        self._forget(now)
        recent = len(self._answers)
        spare = math.ceil(2 * recent / REMEMBERED) + 1 if recent else 0
        # Those that left stand in the window already.
        kept = max(0, min(spare, self._most() // 2) - self._answered_last())
        most = self._most() * (SLOWER if now < self._slow else 1.0)
        return max(1, math.floor(most) - kept - self.elsewhere)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
