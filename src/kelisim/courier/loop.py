"""One loop per channel: claim what is due, ask consent and stops again in that transaction, send, settle."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from kelisim.courier import workshop
from kelisim.courier.outcome import GONE, HELD, LATER, REFUSED, SENT, UNKNOWN, Outcome, Parcel
from kelisim.desk import (
    acknowledgements,
    alerts,
    answers,
    blocking,
    circulars,
    codes,
    digests,
    dispatches,
    echoes,
    enclosures,
    failures,
    files,
    gates,
    handoffs,
    notices,
    outbox,
    proofs,
    quiet,
    receipts,
    replies,
    returns,
    subjects,
    tellings,
    threads,
)
from kelisim.desk.outbox import Claimed
from kelisim.desk.visit import EMAIL, TELEGRAM, Desk, Visit
from kelisim.store.database import Database, in_trouble, keep_surely
from kelisim.store.sealed import Unreadable

log = logging.getLogger("kelisim.courier")

Sender = Callable[[Parcel], Awaitable[Outcome]]
# Renders a screen that comes unasked (SCREENS 3.11) as the Bot API's content; the door of the chat lends it to the courier.
Screens = Callable[[Visit, str, str], dict[str, Any] | None]

BATCH = 25
FLIGHTS = 6  # batches in the air at once
AHEAD = 2.0  # seconds of work taken before its time
VAIN = 5  # tenths of a second between looks, at most, while much is kept and nothing is for this channel
LADEN = 2  # letters with files in hand at once: each may hold 15 MB
PER_CHAT = 1.05  # seconds between two messages to one chat
WIRE = timedelta(seconds=20)
KNOWN_ONLY = (
    "code-known",
    "stop-notice",
)  # leave only for a mailbox we used to write to; nobody is told which


@dataclass(slots=True)
class Courier:
    """Delivers one channel's messages; any number of replicas may run beside each other."""

    desk: Desk
    database: Database
    channel: str
    sender: Sender
    per_second: float = 25.0
    per_chat: float = PER_CHAT
    pace: float = 1.0  # scales every pause: tests of outages set it small
    screens: Screens | None = None
    _laden: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LADEN))
    _last: dict[str, float] = field(default_factory=dict)
    _next: float = 0.0
    _hold: float = 0.0
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled; then what is on the wire is finished and noted, and what waits for its turn goes back."""
        flying: set[asyncio.Task[None]] = set()

        def landed(flight: asyncio.Task[None]) -> None:
            flying.discard(flight)
            if not flight.cancelled() and (fault := flight.exception()):
                log.error("%s: %s", self.channel, type(fault).__name__)

        def fly(parcels: list[Parcel]) -> None:
            flight = asyncio.create_task(self._fly(parcels))
            flying.add(flight)
            flight.add_done_callback(landed)

        taking: asyncio.Task[list[Parcel] | None] | None = None
        vain = 0
        try:
            while True:
                known = self.database.kept()
                taking = asyncio.create_task(self._take())
                try:
                    parcels = await asyncio.shield(taking)
                except (
                    Exception
                ) as fault:  # the store is away: what was claimed is claimed again after its lease
                    log.error("%s: %s", self.channel, type(fault).__name__)
                    await asyncio.sleep(1)
                    continue
                if parcels is not None:
                    vain = 0
                    fly(parcels)
                    await self._room(flying)
                    continue
                # Whatever is kept may hold a message, so it is looked for; but where much is kept and nothing is for us (a
                # broadcast beside us), less and less often. Foreign rows (a command beside us) are looked for every second.
                vain = min(vain + 1, VAIN)
                for tick in range(10):
                    await asyncio.sleep(0.1)
                    if self.database.kept() != known and tick + 1 >= vain:
                        break
                else:
                    vain = 0
        finally:
            self._ending.set()
            if taking is not None and not taking.done():  # claimed in this very moment: it goes back
                with contextlib.suppress(Exception):
                    fly(await taking or [])
            if flying:
                left = set(flying)
                await asyncio.wait(left, timeout=WIRE.total_seconds())
                for flight in left:
                    flight.cancel()
                await asyncio.gather(*left, return_exceptions=True)

    async def _room(self, flying: set[asyncio.Task[None]]) -> None:
        """One chat's many messages hold up no other chat's, but nobody takes more than goes out in the next seconds."""
        loop = asyncio.get_running_loop()
        while len(flying) >= FLIGHTS or (flying and max(self._next, self._hold) - loop.time() > AHEAD):
            await asyncio.wait(flying, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)

    async def round(self) -> bool:
        """Deliver one batch; whether there was anything."""
        parcels = await self._take()
        if parcels is None:
            return False
        await self._fly(parcels)
        return True

    async def _take(self) -> list[Parcel] | None:
        """Claim what is due, or nothing. Most rounds only look, and looking holds nobody up."""
        if not await self.database.look(lambda connection: outbox.due(self._visit(connection), self.channel)):
            return None
        return await self.database.keep(self._claim)

    async def _fly(self, parcels: list[Parcel]) -> None:
        outcomes = await asyncio.gather(*(self._carry(parcel) for parcel in parcels))
        await self._kept(lambda connection: self._note(connection, outcomes))

    async def _carry(self, parcel: Parcel) -> Outcome:
        """Deliver one message and settle it at once: a kill doubles only what is on the wire in that moment."""
        if enclosures.KEY in parcel.body:
            async with self._laden:
                laden, early = await self._with_enclosures(parcel)
                outcome = early or await self._deliver(laden)
            del laden
        elif parcel.message.kind in (files.FILE, files.FILE_LETTER):
            parcel, early = await self._with_files(parcel)
            outcome = early or await self._deliver(parcel)
        else:
            outcome = await self._deliver(parcel)
        await self._kept(lambda connection: self._settle(connection, parcel, outcome), outcome)
        return outcome

    async def _with_files(self, parcel: Parcel) -> tuple[Parcel, Outcome | None]:
        """The parcel with the bytes of its files, or what became of it: there may be nothing to hand out any more.

        Gathered beside the writing and made in a thread, because a file of years takes its time and must keep nobody
        waiting; the lease is taken anew afterwards, so that such a file is not in two hands.
        """
        message, body = parcel.message, parcel.body
        try:
            facts = await self.database.look(lambda connection: self._gather(connection, parcel))
            if facts is None:
                return parcel, Outcome(REFUSED, "nothing to hand out any more")
            parts = [body["part"]] if "part" in body else list(files.MAKERS[body["what"]].parts)
            made = {part: await workshop.make(files.make, body["what"], part, facts) for part in parts}
            renewed = await self._renewed(message)
        except Exception as fault:  # of one file: the others go on
            log.error("the file of message %s: %s", message.id, type(fault).__name__)
            return parcel, Outcome(LATER, type(fault).__name__)
        if renewed is None:
            return parcel, Outcome(HELD, wait=0.0)
        return replace(parcel, message=renewed, body={**body, "facts": facts, "made": made}), None

    async def _with_enclosures(self, parcel: Parcel) -> tuple[Parcel, Outcome | None]:
        """The parcel with the bytes of the case's files, read only now: a batch of letters would hold all of them at once."""
        message, body = parcel.message, dict(parcel.body)
        named = body.pop(enclosures.KEY)
        try:
            renewed = await self._renewed(message)
            if renewed is None:
                return parcel, Outcome(HELD, wait=0.0)
            read = await self.database.look(
                lambda connection: enclosures.opened(self._visit(connection), named)
            )
        except LookupError:  # destroyed since it was claimed: what is left to say is composed anew
            return parcel, Outcome(HELD, wait=0.0)
        except Exception as fault:
            log.error("the files of message %s: %s", message.id, type(fault).__name__)
            return parcel, Outcome(LATER, type(fault).__name__)
        return replace(parcel, message=renewed, body={**body, "attached": read}), None

    async def _renewed(self, message: Claimed) -> Claimed | None:
        return await self.database.keep(lambda connection: outbox.renew(self._visit(connection), message))

    async def _kept(self, work: Callable[[Connection], None], outcome: Outcome | None = None) -> None:
        """Write down what happened. What has left would leave twice if its outcome were given up with a full disk."""
        sent = outcome is not None and outcome.kind == SENT
        keep = self.database.jot if sent else self.database.keep
        await keep_surely(keep, work, self.pace, log, self.channel)

    def _visit(self, connection: Connection) -> Visit:
        return subjects.own_visit(self.desk, connection, "courier")

    def _claim(self, connection: Connection) -> list[Parcel] | None:
        visit = self._visit(connection)
        claimed = outbox.claim(visit, self.channel, BATCH)
        if not claimed:
            return None
        parcels = []
        for message in claimed:
            try:
                parcel = self._may_go(visit, message)
            except Unreadable:  # one contact whose seal does not open holds nobody else up
                log.error("the address of message %s cannot be opened", message.id)
                outbox.settle(visit, message, outbox.FAILED, "unreadable")
                continue
            if parcel is not None:
                parcels.append(parcel)
        return parcels

    def _may_go(self, visit: Visit, message: Claimed) -> Parcel | None:
        """Ask again, in the transaction that claims: is it late, is there consent, a stop, a block, an address?"""
        if message.not_after is not None and visit.at > message.not_after:
            outbox.settle(visit, message, outbox.EXPIRED)
            return None
        if (opens := quiet.until(visit, message.kind)) is not None:
            outbox.postpone(visit, message, opens)
            return None
        address = message.address or self._address(visit, message)
        if not address or (message.kind in KNOWN_ONLY and not self._known(visit, address)):
            outbox.settle(visit, message, outbox.CANCELLED if message.purpose else outbox.DROPPED)
            return None
        body = self._composed(visit, message, address)
        if body is None:
            outbox.settle(visit, message, outbox.DROPPED, "nothing to say any more")
            return None
        if self.channel == EMAIL:
            body = {**body, "token": threads.token(self.desk, message.id)}
            if message.number:
                body["thread"] = threads.thread(self.desk, message.number)
        return Parcel(message, address, body)

    def _composed(self, visit: Visit, message: Claimed, address: str) -> dict[str, Any] | None:
        """What a message says, made of the store as it is now; nothing when what it tells of is gone."""
        body = message.body
        visit.subject = subjects.by_id(visit, message.subject_id) if message.subject_id is not None else None
        visit.locale = visit.subject.locale if visit.subject is not None else message.locale
        if message.kind in outbox.ONCE and not codes.stands(visit, body):
            return None
        if message.kind == receipts.KIND:
            told = receipts.facts(visit, body["record"], message.subject_id or 0)
            return {"facts": told, "part": body["part"]} if told is not None else None
        if message.kind in (answers.ANSWER, answers.NOTICE, answers.NOTICE_LETTER):
            if not blocking.may_tell(visit, body["screen"]) or self.screens is None:
                return None
            shown = self.screens(visit, body["screen"], body["ref"])
            if message.kind == answers.NOTICE_LETTER and shown is not None:
                return answers.noticed(visit, body["ref"], shown["text"])
            return shown
        if message.kind == answers.ANSWER_LETTER:
            return answers.compose(visit, message)
        if message.kind == alerts.LETTER:
            return alerts.compose(visit, message)
        if message.kind in acknowledgements.KINDS:
            return acknowledgements.compose(visit, message)
        if message.kind in (handoffs.KIND, handoffs.REMINDER):
            return handoffs.compose(visit, message, address)
        if message.kind == replies.ECHO:
            return echoes.compose(visit, message, address, self.screens)
        if message.kind == tellings.KIND:
            return tellings.compose(visit, message, address)
        if message.kind == digests.KIND:
            return digests.compose(visit, message, address)
        if message.kind == dispatches.KIND:
            return circulars.compose(visit, message, address)
        if message.kind == notices.LETTER:
            return notices.compose(visit, message)
        if message.kind == proofs.KIND:
            return proofs.compose(visit, message)
        if message.kind == proofs.PANEL:
            if self.screens is None or not proofs.theirs(visit, message):
                return None
            return self.screens(visit, body["screen"], body["ref"])
        if message.kind == files.FILE and "row" in body:
            return enclosures.compose(visit, message)
        return body

    def _gather(self, connection: Connection, parcel: Parcel) -> files.Facts | None:
        visit, message = self._visit(connection), parcel.message
        visit.subject = subjects.by_id(visit, message.subject_id) if message.subject_id is not None else None
        visit.locale = visit.subject.locale if visit.subject is not None else message.locale
        return files.gather(visit, parcel.body["what"], parcel.body["ref"])

    def _address(self, visit: Visit, message: Claimed) -> str:
        if message.subject_id is None:
            return ""
        if message.purpose:
            found = gates.contact(visit, message.purpose, message.subject_id)
            return self.desk.vault.unseal("contacts", "address", *found) if found else ""
        visit.subject = subjects.by_id(visit, message.subject_id)
        contacts = subjects.addresses(visit, self.channel) if visit.subject is not None else []
        return next((known.value for known in contacts if known.confirmed_at is not None), "")

    def _known(self, visit: Visit, address: str) -> bool:
        return bool(subjects.with_mailbox(visit, self.desk.vault.find(EMAIL, subjects.lookup(address))))

    async def _deliver(self, parcel: Parcel) -> Outcome:
        """Wait for the pace, then the wire; held when the lease may end before the answer comes."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        start = max(
            now,
            self._next,
            self._hold,
            self._last.get(parcel.address, 0.0) + self.per_chat * (self.channel == TELEGRAM),
        )
        self._next = max(now, self._next) + 1 / self.per_second
        self._last[parcel.address] = start
        if len(self._last) > 10_000:
            self._last.clear()
        while (wait := max(start, self._hold) - loop.time()) > 0:  # a 429 meanwhile holds everybody
            if wait > (outbox.LEASE - WIRE).total_seconds():
                return Outcome(HELD, wait=wait)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), wait)
                break
        if self._ending.is_set() or not self._in_time(parcel.message):
            return Outcome(HELD, wait=0.0)
        message = parcel.message
        if message.kind in outbox.ONCE and not await self._started(message):
            return Outcome(HELD, wait=0.0)
        try:
            outcome = await self.sender(parcel)
        except Exception as fault:  # a bug of ours, met by one message: the others go on
            log.error("message %s: %s", parcel.message.id, type(fault).__name__)
            outcome = Outcome(UNKNOWN, type(fault).__name__)
        if outcome.all and outcome.wait is not None:
            self._hold = loop.time() + outcome.wait
        return outcome

    async def _started(self, message: Claimed) -> bool:
        """A kill before this loses no code, and one after it sends none twice."""
        try:
            return await self.database.keep(lambda connection: outbox.start(self._visit(connection), message))
        except Exception as fault:  # the store is away: the message is claimed again after its lease
            log.error("%s: a code waits: %s", self.channel, type(fault).__name__)
            return False

    def _in_time(self, message: Claimed) -> bool:
        """A process that was paused wakes up with an old lease: then it sends nothing (T-ADMIN-09)."""
        return self.desk.clock.now() < message.until - WIRE

    def _settle(self, connection: Connection, parcel: Parcel, outcome: Outcome) -> None:
        visit, message = self._visit(connection), parcel.message
        if outcome.kind == SENT:
            outbox.settle(visit, message, outbox.SENT)
        elif outcome.kind in (GONE, REFUSED):
            if outbox.settle(visit, message, outbox.FAILED, outcome.cause):
                self._follow(visit, parcel, outcome)
        elif outcome.kind == HELD:
            outbox.postpone(visit, message, visit.at + timedelta(seconds=outcome.wait or 0.0))
        elif outcome.kind == UNKNOWN and (message.purpose or message.kind in outbox.ONCE):
            # broadcasts and codes: never twice
            outbox.settle(visit, message, outbox.UNCERTAIN, outcome.cause)
        else:
            outbox.again(visit, message, outcome.cause, outcome.wait, self.pace)

    def _note(self, connection: Connection, outcomes: list[Outcome]) -> None:
        # Somebody who blocked the bot, and a message whose turn has not come, are no failure of the channel.
        failed = [outcome.cause for outcome in outcomes if outcome.kind not in (SENT, GONE, HELD)]
        sent = any(outcome.kind == SENT for outcome in outcomes)
        failures.note(self._visit(connection), self.channel, failed, sent)

    def _follow(self, visit: Visit, parcel: Parcel, outcome: Outcome) -> None:
        """What did not arrive finds another way. A fault in that must not undo the settling: the message would go again."""
        gone = outcome.kind == GONE
        try:
            with visit.connection.begin_nested():
                if self.channel == EMAIL:
                    returns.refused(visit, parcel.message, parcel.address, gone=gone)
                elif gone:
                    returns.blocked(visit, parcel.message, parcel.address)
        except Exception as fault:
            if in_trouble(fault):
                raise
            log.error("what follows from message %s: %s", parcel.message.id, type(fault).__name__)
