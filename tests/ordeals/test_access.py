"""One person with ten thousand messages and a thousand consents: their file in seconds, in bounded memory, holding nobody up.

pytest -m ordeal tests/ordeals/test_access.py
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import time
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.doorstep import Doorstep, Person
from tests.ordeals.conftest import Figures

from kelisim.desk import access, cases, files, numbers, papers, subjects
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.store.models import CaseMessage, ConsentRecord, LedgerEntry

pytestmark = [pytest.mark.ordeal, pytest.mark.timeout(600)]

MESSAGES, RECORDS, REQUESTS = 10_000, 1_000, 50
WORDS = "Сәлеметсіз бе! Менің тегім дұрыс жазылмаған, түзетіп беріңізші. Құжатты қоса жібердім. № "
SECONDS, STALL, LONGEST_VISIT = 15.0, 0.25, 0.5  # seconds, of a busy machine with two cores
MEGABYTES, PAPER_MEGABYTES = 30, 250


async def lived(step: Doorstep) -> tuple[Person, str]:
    """Somebody of whom there is much, and the number of their file."""
    aigul = await step.person("aigul").registers()

    def live(visit: Visit) -> str:
        seal = visit.desk.vault.seal
        for _n in range(REQUESTS):
            case = cases.begin(visit, cases.QUESTION)
            rows: list[dict[str, Any]] = []
            for n in range(MESSAGES // REQUESTS):
                made = numbers.row_id()
                body = seal("case_messages", "body", made, f"{WORDS}{n} ")
                rows.append({"id": made, "case_id": case.id, "way": cases.OUT if n % 2 else cases.IN, "body": body,
                             "at": visit.at, "read_at": None})  # fmt: skip
            visit.add_each(CaseMessage, rows)
        records = [
            {"id": numbers.row_id(), "subject_id": visit.known.id, "number": numbers.number(numbers.CONSENT), "act": "given",
             "purpose": "informing-telegram", "version": "1.1", "digest": "0" * 64, "locale": "kk", "door": "telegram",
             "evidence": bytes(32), "at": visit.at + timedelta(minutes=n), "valid_until": visit.today, "due": None,
             "cancelled": 0, "receipt": bytes(32), "head": "0" * 64} for n in range(RECORDS)
        ]  # fmt: skip
        visit.add_each(ConsentRecord, records)
        entries = [
            {"id": numbers.row_id(), "pseudonym": visit.known.pseudonym, "verb": "recorded", "what": "given informing-telegram",
             "number": "", "actor": "subject", "at": visit.at, "position": None, "chain": None} for _n in range(RECORDS)
        ]  # fmt: skip
        visit.add_each(LedgerEntry, entries)
        return cases.begin(visit, cases.ACCESS).number

    number: str = await step.keep(live, aigul)
    return aigul, number


class Pulse:
    """Beats on the event loop while something works, and remembers the longest time it could not."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Pulse:
        self._task = asyncio.create_task(self._beat())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *fault: object) -> None:
        assert self._task is not None
        self._task.cancel()

    async def _beat(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.002)
            self.longest = max(self.longest, time.perf_counter() - before - 0.002)


async def others_write(step: Doorstep, taken: list[float]) -> None:
    """Visits of other people meanwhile, and how long each took, in seconds."""
    while True:
        began = time.perf_counter()
        await step.keep(lambda visit: cases.begin(visit, cases.AUTHORITY))
        taken.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)


async def gathered(step: Doorstep, aigul: Person, number: str) -> files.Facts:
    """The facts of the file, read beside the writing as the courier and the web door read them."""

    def look(connection: Connection) -> files.Facts | None:
        visitor = subjects.visitor(step.desk, TELEGRAM, str(aigul.id))
        visit = Visit(connection, step.desk, "courier", "", step.desk.clock.now(), "kk", visitor)
        subjects.recognise(visit)
        return files.gather(visit, access.USE, number)

    facts = await step.database.look(look)
    assert facts is not None
    return facts


async def test_a_long_life_is_a_file_in_seconds_and_holds_nobody_up(
    each_doorstep: Doorstep, figures: Figures
) -> None:
    step = each_doorstep
    store = "postgresql" if "postgresql" in step.url else "sqlite"
    aigul, number = await lived(step)
    visits: list[float] = []
    made, facts, seconds = {}, {}, {}
    async with Pulse() as pulse:
        writer = asyncio.create_task(others_write(step, visits))
        began = time.perf_counter()
        facts = await gathered(step, aigul, number)
        seconds["gathered"] = time.perf_counter() - began
        reading = pulse.longest
        for part in access.PARTS:
            began = time.perf_counter()
            made[part] = await asyncio.to_thread(files.make, access.USE, part, facts)
            seconds[part] = time.perf_counter() - began
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
    sizes = ", ".join(f"{part} {len(done) / 1e6:.1f} MB" for part, done in made.items())
    figures.tell(
        f"{store}: " + ", ".join(f"{name} {taken:.2f} s" for name, taken in seconds.items()) + f"; {sizes}"
    )
    figures.tell(f"{store}: longest stall {reading * 1000:.0f} ms while gathering, {pulse.longest * 1000:.0f} ms in all; "
                 f"{len(visits)} visits of others, the longest {max(visits) * 1000:.0f} ms")  # fmt: skip
    page, told = made["html"].decode(), json.loads(made["json"])
    assert page.count(WORDS[:20]) == MESSAGES
    assert sum(len(each["words"]) for each in told["requests"]) == MESSAGES
    assert len(told["consents"]) == RECORDS + 1 and len(told["ledger"]) >= RECORDS
    assert max(seconds.values()) < SECONDS
    assert pulse.longest < STALL and max(visits) < LONGEST_VISIT


async def test_a_long_life_is_gathered_and_written_in_bounded_memory(
    doorstep: Doorstep, figures: Figures
) -> None:
    """Python's own memory: of the rows a packed copy, of the file one copy of its bytes."""
    aigul, number = await lived(doorstep)
    gc.collect()
    tracemalloc.start()
    facts = await gathered(doorstep, aigul, number)
    kept, peak = tracemalloc.get_traced_memory()
    figures.tell(f"gathering: peak {peak / 1e6:.1f} MB, kept {kept / 1e6:.1f} MB")
    assert peak < MEGABYTES * 1e6
    for part in ("html", "json"):
        tracemalloc.reset_peak()
        before, _peak = tracemalloc.get_traced_memory()
        made = files.make(access.USE, part, facts)
        _now, peak = tracemalloc.get_traced_memory()
        figures.tell(f"{part}: {len(made) / 1e6:.1f} MB with a peak of {(peak - before) / 1e6:.1f} MB")
        assert peak - before < 2 * len(made) + 5e6
    tracemalloc.stop()
    if papers.able():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        files.make(access.USE, "pdf", facts)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        figures.tell(f"pdf: the process grew by {grown:.0f} MB")
        assert grown < PAPER_MEGABYTES
