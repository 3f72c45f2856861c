"""The sender of broadcasts: one per channel among all replicas, one message claimed at a time, right before the wire.

What is claimed has consent in that very transaction and leaves some milliseconds later; what a killed sender had on the wire is
uncertain, listed and never sent again. Messages overlap on the wire, so a slow server costs no pace.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.courier.outcome import (
    AWAY,
    BROKEN,
    GONE,
    LATER,
    REFUSED,
    SENT,
    UNAUTHORIZED,
    UNKNOWN,
    Outcome,
)
from kelisim.desk import bodies, broadcasts, deliveries, dispatches, numbers, outbox, subjects, threads
from kelisim.desk.broadcasts import BREACH, Broadcast, Stale
from kelisim.desk.deliveries import Delivery
from kelisim.desk.visit import EMAIL, Desk, Visit
from kelisim.limiter import GRANTED, Limiter, Slot
from kelisim.store import leases
from kelisim.store.database import Database, keep_surely
from kelisim.store.models import Traffic

log = logging.getLogger("kelisim.courier")

LEASE, RENEW = timedelta(seconds=30), 10.0
WIRE = 20.0  # seconds a message may be on the wire
OUTCOME = timedelta(seconds=WIRE)  # what the wire may take of a lease
SILENCE = 2.0  # seconds without any answer from the server: until one comes nothing more is put at stake
LAST = 200  # messages whose failures are counted
SOON = 1.0  # seconds a claimed message waits for its turn; then it goes back
IDLE = 1.0  # seconds between looks for something to send
OFTEN = 3  # server faults in a row that are no accident any more
BACK_OFF = 30.0  # seconds between tries of a server that cannot be reached, at most

_T = Traffic.__table__.c
_made = upsert(Traffic)
_TELL = _made.on_conflict_do_update(
    index_elements=["replica"], set_={"n": _made.excluded.n, "at": _made.excluded.at}
)
_OTHERS = select(func.coalesce(func.sum(_T.n), 0)).where(
    _T.replica != bindparam("mine"), _T.at > bindparam("since")
)
_FORGET = delete(Traffic).where(_T.at < bindparam("since"))

Body = dict[str, Any]
Sender = Callable[[Broadcast, Delivery, Body], Awaitable[Outcome]]


@dataclass(slots=True)
class Sending:
    """A delivery and what it says, ready for the wire."""

    delivery: Delivery
    body: Body
    until: datetime  # the end of its lease


@dataclass(slots=True)
class Broadcaster:
    """Sends the broadcasts of one channel while it holds the lease; any number of replicas may run beside each other."""

    desk: Desk
    database: Database
    channel: str
    limiter: Limiter
    sender: Sender
    mark: str = field(default_factory=numbers.token)
    pace: float = 1.0  # scales pauses: tests of outages set it small
    alone: bool = False  # nobody else can serve this store: a standing lease is of a process that was killed
    _flying: set[asyncio.Task[None]] = field(default_factory=set)
    _recent: deque[bool] = field(default_factory=lambda: deque(maxlen=LAST))
    _bodies: dict[tuple[int, str], Body] = field(default_factory=dict)
    _file: tuple[int, bytes | None] = (0, None)  # of the broadcast that goes out by letter
    _renewed: float = -RENEW
    _told: float = 0.0
    _answered: float = 0.0
    _lead: float = 0.01  # what a claim takes, so that it is made just before its turn
    _back_off: float = 0.0
    _broken: int = 0  # failures of the server in a row

    async def run(self) -> None:
        """Until cancelled; then what is on the wire is finished and noted, and the lease given back."""
        try:
            while True:
                try:
                    if not await self._leads() or not await self._round():
                        await asyncio.sleep(max(IDLE * self.pace, 0.05))
                except (
                    Exception
                ) as fault:  # the store is away: whatever was claimed and not sent goes back by itself
                    log.error("broadcasts by %s: %s", self.channel, type(fault).__name__)
                    await asyncio.sleep(1)
        finally:
            if self._flying:
                await asyncio.wait(set(self._flying), timeout=WIRE)
            with contextlib.suppress(Exception):
                await self.database.keep(lambda connection: leases.let_go(connection, self._lease, self.mark))

    @property
    def _lease(self) -> str:
        return f"broadcasts {self.channel}"

    async def _leads(self) -> bool:
        """Whether this replica sends; whoever does not tells how much it sends otherwise."""
        now = asyncio.get_running_loop().time()
        if now - self._renewed < RENEW:
            await self._traffic(now)
            return True
        at = self.desk.clock.now()
        over = at + 2 * LEASE if self.alone else at
        mine = await self.database.keep(
            lambda connection: leases.take(connection, self._lease, self.mark, at + LEASE, over)
        )
        if mine:
            self._renewed = now
        else:
            await self._traffic(now)
        return mine

    async def _traffic(self, now: float) -> None:
        """Once a second: the sender reads what the others sent in theirs, the others write it down where there was any."""
        if now - self._told < 1.0:
            return
        self._told = now
        at = self.desk.clock.now()
        leads = now - self._renewed < RENEW
        n = self.limiter.sent_last()

        def told(connection: Connection) -> int:
            if leads:
                since = at - timedelta(seconds=2)
                return int(connection.execute(_OTHERS, {"mine": self.mark, "since": since}).scalar() or 0)
            connection.execute(_FORGET, {"since": at - timedelta(minutes=10)})
            connection.execute(_TELL, {"replica": self.mark, "n": n, "at": at})
            return 0

        if leads:
            self.limiter.elsewhere = await self.database.look(told)
        elif n:
            await self.database.keep(told)

    async def _round(self) -> bool:
        """Send of the running broadcasts what is due; whether there was anything."""
        running = await self.database.look(
            lambda connection: broadcasts.listed(self._visit(connection), broadcasts.RUNNING)
        )
        sent = False
        for broadcast in sorted(
            reversed(running), key=lambda one: one.kind != BREACH
        ):  # then the oldest first
            if self.channel in broadcast.channels:
                sent = await self._send(broadcast) or sent
        return sent

    async def _send(self, broadcast: Broadcast) -> bool:
        """Until nothing of it is due, it no longer runs, or a notice of a breach has to go first."""
        sent = False
        loop = asyncio.get_running_loop()
        looked_at = loop.time()
        while await self._leads():
            if broadcast.kind != BREACH and loop.time() - looked_at > 1.0:
                looked_at = loop.time()
                if await self.database.look(self._breach):
                    return True
            await self._calm()
            if (wait := self.limiter.due() - self._lead) > 0:
                await asyncio.sleep(wait)
            began = loop.time()
            ready, looked = await self.database.keep(lambda connection: self._claim(connection, broadcast))
            self._lead = 0.8 * self._lead + 0.2 * min(loop.time() - began, 0.2) * 1.5
            if not looked:
                break
            sent = True
            for sending in ready:
                wait = self.limiter.near(sending.delivery.address)  # it was just given an answer
                slot = await self.limiter.turn(SOON) if not wait else None
                if (
                    slot is None or self.desk.clock.now() > sending.until - OUTCOME
                ):  # or asleep since: T-ADMIN-09
                    await self._back(sending, wait)
                    continue
                self._fly(broadcast, sending, slot)
        return sent

    def _breach(self, connection: Connection) -> bool:
        visit = self._visit(connection)
        running = broadcasts.listed(visit, broadcasts.RUNNING)
        return any(one.kind == BREACH and deliveries.waits(visit, one, self.channel) for one in running)

    async def _back(self, sending: Sending, wait: float) -> None:
        """Its turn has not come: it waits where it was."""
        await self._kept(
            lambda connection: deliveries.again(
                self._visit(connection), sending.delivery, "", wait, counts=False
            )
        )

    def _fly(self, broadcast: Broadcast, sending: Sending, slot: Slot) -> None:
        if not self._flying:
            self._answered = asyncio.get_running_loop().time()
        flight = asyncio.create_task(self._carry(broadcast, sending, slot))
        self._flying.add(flight)
        flight.add_done_callback(self._landed)

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._flying.discard(flight)
        self._answered = asyncio.get_running_loop().time()
        if not flight.cancelled() and (fault := flight.exception()):
            log.error("broadcasts by %s: %s", self.channel, type(fault).__name__)

    async def _calm(self) -> None:
        """A server that is silent or away gets no more messages to lose; one that asked for patience gets it."""
        loop = asyncio.get_running_loop()
        if self._back_off:
            await asyncio.sleep(self._back_off * self.pace)
        while self._flying and loop.time() - self._answered > SILENCE:
            await asyncio.wait(self._flying, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)

    def _visit(self, connection: Connection) -> Visit:
        return subjects.own_visit(self.desk, connection, "courier")

    def _claim(self, connection: Connection, broadcast: Broadcast) -> tuple[list[Sending], int]:
        visit = self._visit(connection)
        taken, looked = deliveries.take(visit, broadcast, self.channel)
        ready = []
        for delivery in taken:
            try:
                ready.append(
                    Sending(delivery, self._body(visit, broadcast, delivery), visit.at + outbox.LEASE)
                )
            except (
                LookupError,
                ValueError,
                TypeError,
            ):  # nothing can be said this way: it must not come up again and again
                log.error("message %s of %s has no words", delivery.id, broadcast.number)
                deliveries.settle(visit, delivery, outbox.FAILED, "no words")
        return ready, looked

    def _body(self, visit: Visit, broadcast: Broadcast, delivery: Delivery) -> Body:
        """What it says: made once per language for a chat, for each mailbox anew, because its way out is its own."""
        if self.channel == EMAIL:
            purpose = next((pair.code for pair in broadcast.pairs(visit) if pair.channel == EMAIL), "")
            return {
                **bodies.letter(
                    visit,
                    broadcast,
                    delivery.locale,
                    delivery.contact_id,
                    purpose,
                    self._enclosed(visit, broadcast),
                ),
                "token": threads.token(self.desk, delivery.id),
                "thread": threads.thread(self.desk, broadcast.number),
            }
        known = self._bodies.get((broadcast.id, delivery.locale))
        if known is None:
            if len(self._bodies) > 30:
                self._bodies.clear()
            known = self._bodies[broadcast.id, delivery.locale] = bodies.telegram(
                visit, broadcast, delivery.locale
            )
        return known

    def _enclosed(self, visit: Visit, broadcast: Broadcast) -> bytes | None:
        """Its file, read once: what is being sent can no longer be edited."""
        if broadcast.content.file is None:
            return None
        if self._file[0] != broadcast.id:
            self._file = broadcast.id, broadcasts.enclosed(visit, broadcast)
        return self._file[1]

    async def _carry(self, broadcast: Broadcast, sending: Sending, slot: Slot) -> None:
        """Hand one message over and settle it at once."""
        GRANTED.set(True)
        try:
            async with asyncio.timeout(WIRE):
                outcome = await self.sender(broadcast, sending.delivery, sending.body)
        except Exception as fault:  # a bug of ours or a server that never answered: it may have arrived
            log.error("message %s: %s", sending.delivery.id, type(fault).__name__)
            outcome = Outcome(
                UNKNOWN, "no answer" if isinstance(fault, TimeoutError) else type(fault).__name__
            )
        self.limiter.arrived(slot)
        if outcome.all and outcome.wait is not None:
            self.limiter.hold(outcome.wait)
        if outcome.kind == LATER and outcome.cause in (AWAY, BROKEN):
            self._broken += 1
            if outcome.cause == AWAY or self._broken >= OFTEN:
                self._back_off = min(max(2 * self._back_off, 0.5), BACK_OFF)
        elif outcome.kind != UNKNOWN:
            self._broken, self._back_off = 0, 0.0
        failed = False

        def settled(connection: Connection) -> None:
            nonlocal failed
            failed = self._settle(connection, sending.delivery, outcome)

        await self._kept(settled, outcome)
        await self._watch(broadcast, outcome, failed)

    def _settle(self, connection: Connection, delivery: Delivery, outcome: Outcome) -> bool:
        """Note the outcome; whether it is a failure that tells something of the whole broadcast."""
        visit = self._visit(connection)
        if outcome.kind == SENT:
            deliveries.settle(visit, delivery, outbox.SENT)
        elif outcome.kind in (GONE, REFUSED):
            # One code says two things: of a message that is refused, and of an address that takes none any more.
            gone = outcome.kind == GONE and outcome.cause != "403"
            cause = f"gone {outcome.cause}" if gone else outcome.cause
            deliveries.settle(visit, delivery, outbox.FAILED, cause)
            if outcome.kind == GONE:
                known = subjects.lookup(delivery.address) if self.channel == EMAIL else delivery.address
                subjects.unreachable(visit, self.channel, self.desk.vault.find(self.channel, known))
            return outcome.kind == REFUSED or self.channel == EMAIL  # a closed chat is no failure of ours
        elif outcome.kind == UNKNOWN:
            deliveries.settle(visit, delivery, outbox.UNCERTAIN, outcome.cause)
            return True
        else:
            counts = not outcome.all and outcome.cause != AWAY
            pause = outcome.wait if counts else 0.0
            return not deliveries.again(visit, delivery, outcome.cause, pause, counts=counts)
        return False

    async def _watch(self, broadcast: Broadcast, outcome: Outcome, failed: bool) -> None:
        """Too many failures pause it (THREATS section 5), and so does a token that is void. What comes again is none yet."""
        void = outcome.cause == UNAUTHORIZED
        if outcome.kind == LATER and not failed and not void:
            return
        self._recent.append(failed)
        if not void and sum(self._recent) * 100 <= LAST * self.desk.operator.broadcast.failures_percent:
            return
        self._recent.clear()

        def pause(connection: Connection) -> None:
            visit = self._visit(connection)
            now = broadcasts.by_id(visit, broadcast.id)
            if now is not None and now.state == broadcasts.RUNNING:
                paused = broadcasts.pause(visit, now, broadcasts.FAILURES)
                dispatches.tell(visit, paused, "failures")

        with contextlib.suppress(Stale):
            await self._kept(pause)

    async def _kept(self, work: Callable[[Connection], object], outcome: Outcome | None = None) -> None:
        """Write down what happened, however long the store is in trouble: what has left would else be in doubt."""
        sent = outcome is not None and outcome.kind == SENT
        keep = self.database.jot if sent else self.database.keep
        await keep_surely(keep, work, self.pace, log, f"broadcasts by {self.channel}")
