"""What the store holds after an ordeal, held against what people pressed and what they were told."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.ordeals.people import NUMBER, Act, Resident, numbers_seen, receipts_in

from kelisim import opening
from kelisim.desk import consents, ledger, receipts, subjects
from kelisim.desk.visit import Visit
from kelisim.sandbox import Sandbox
from kelisim.settings import Settings
from kelisim.store.database import open_database


@dataclass
class Findings:
    """What does not hold (`faults`, always empty) and what was counted on the way."""

    faults: list[str] = field(default_factory=list)
    records: int = 0
    receipts: int = 0
    twice: int = 0  # copies of receipts that came once more than once
    doubles: list[str] = field(default_factory=list)
    letters: int = 0
    letter_doubles: int = 0


@asynccontextmanager
async def reading(url: str) -> Any:
    """A way to read a store beside the process that serves it: `await rows(sql)`."""
    engine = create_async_engine(url)

    async def rows(statement: str, **values: Any) -> list[Any]:
        async with engine.connect() as connection:
            return list((await connection.execute(text(statement), values)).all())

    try:
        yield rows
    finally:
        await engine.dispose()


async def settled(url: str, seconds: float) -> float:
    """Wait until every promise in the outbox has ended; how long that took."""
    began = time.monotonic()
    async with reading(url) as rows:
        while True:
            left = await rows(
                "SELECT kind, state, count(*) FROM outbox WHERE state IN ('waiting', 'claimed') GROUP BY 1, 2"
            )
            if not left:
                return time.monotonic() - began
            assert time.monotonic() - began < seconds, f"still in the outbox after {seconds:g} s: {left}"
            await asyncio.sleep(0.5)


async def examine(settings: Settings, sandbox: Sandbox, people: Iterable[Resident]) -> Findings:
    """Everything that must hold once the process is gone: Must 5, I4, I5, I6 and the promises of P10 and P22."""
    people = list(people)
    findings = Findings()
    url = opening.url_of(settings)
    desk = opening.open_desk(settings)
    database = open_database(url)

    def inside(connection: Connection) -> None:
        visit = Visit(connection, desk, "desk", "", desk.clock.now(), "kk", subjects.visitor(desk, "", ""))
        findings.faults += consents.differences(visit)
        while ledger.seal(visit):
            pass
        if (place := ledger.broken(visit)) is not None:
            findings.faults.append(f"the ledger does not hold from place {place} on")

    try:
        await database.keep(inside)
        async with reading(url) as rows:
            await _compare(findings, rows, people)
            await _promises(findings, rows, sandbox, people)
            parked = await rows("SELECT kind, cause, tries FROM parked")
            findings.faults += [f"parked: {row}" for row in parked]
            noted = {row[0] for row in await rows("SELECT number FROM ledger")}
            findings.faults += [
                f"{act.number} is not in the ledger"
                for one in people
                for act in one.acts
                if act.number not in noted
            ]
    finally:
        await database.close()
    return findings


async def _compare(findings: Findings, rows: Any, people: list[Resident]) -> None:
    kept = await rows("SELECT number, act, purpose, subject_id FROM consent_records ORDER BY at, id")
    findings.records = len(kept)
    twice = [number for number, n in Counter(row[0] for row in kept).items() if n > 1]
    findings.faults += [f"{number} is in the store more than once" for number in twice]
    whose = {row[0]: row[3] for row in kept}
    theirs: dict[int, list[Act]] = {}
    for number, act, purpose, subject in kept:
        theirs.setdefault(subject, []).append(Act(act, purpose, number))
    for one in people:
        missing = [act for act in one.acts if act.number not in whose]
        findings.faults += [f"{one.person.key} saw {act}, the store does not have it" for act in missing]
        if not one.acts or missing:
            continue
        stored = theirs.pop(whose[one.acts[0].number])
        if stored != one.acts:
            findings.faults.append(f"{one.person.key} did {one.acts}, the store has {stored}")
    findings.faults += [f"nobody of them did {acts}" for acts in theirs.values()]


async def _promises(findings: Findings, rows: Any, sandbox: Sandbox, people: list[Resident]) -> None:
    shown = numbers_seen(sandbox)
    for one in people:
        told = {act.number for act in one.acts}
        if strange := shown.get(one.id, set()) - told:
            findings.faults.append(f"{one.person.key} was shown {strange} and did no such act")
        came = receipts_in(one.chat)
        findings.receipts += sum(came.values())
        findings.twice += sum(came.values()) - len(came)
        findings.doubles += [f"{name} x{n}" for name, n in came.items() if n > 1]
        wanted = {f"{act.number}.{part}" for act in one.acts for part in receipts.PARTS}
        if wanted != came.keys():
            findings.faults.append(
                f"{one.person.key}: receipts {wanted ^ came.keys()} are missing or strange"
            )
    letters = list(sandbox.post.letters)
    findings.letters = len(letters)
    names = Counter(str(letter.parsed.get("Message-ID", "")) for letter in letters)
    findings.letter_doubles = sum(names.values()) - len(names)  # a repeat has the same name
    told_staff = {number for letter in letters for number in NUMBER.findall(letter.part("plain") or "")}
    for one in people:
        for act in one.acts:
            if act.act == "withdrawn" and act.number not in told_staff:
                findings.faults.append(f"no letter told the responsible person of {act.number}")
    ended = Counter(await rows("SELECT channel, kind, state FROM outbox"))
    bad = {tuple(key): n for key, n in ended.items() if key[2] not in ("sent", "expired")}
    findings.faults += [
        f"outbox: {n} x {key}"
        for key, n in bad.items()
        if key not in {("email", "code", "uncertain"), ("email", "code", "dropped")}
    ]
