"""Two processes on one file, a kind end, and a replica that slept past its lease (T-ADMIN-07, T-ADMIN-09).

pytest -m ordeal tests/ordeals/test_serve.py
"""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from pathlib import Path

import pytest
from tests.ordeals.conftest import Figures, Sizes
from tests.ordeals.crowd import Crowd, wired
from tests.ordeals.evidence import examine, reading, settled
from tests.ordeals.people import receipts_in, residents
from tests.ordeals.process import Serve, environment
from tests.ordeals.scene import roomy, scene
from tests.ordeals.test_crowds import joins

from kelisim import app
from kelisim.courier.loop import Courier
from kelisim.courier.outcome import SENT, Outcome, Parcel
from kelisim.desk import outbox, receipts
from kelisim.desk.visit import TELEGRAM
from kelisim.sandbox import Sandbox
from kelisim.sandbox.settings import Faults
from kelisim.settings import Settings
from kelisim.store.database import Postgres

pytestmark = [pytest.mark.ordeal, pytest.mark.timeout(600)]


async def test_a_second_serve_on_the_same_file_refuses_and_says_whose_it_is(
    sqlite_url: str, tmp_path: Path, sizes: Sizes
) -> None:
    async with scene(sqlite_url, tmp_path, "polling", sizes.dice("second")) as stage:
        await stage.serve.ready()
        (tmp_path / "second").mkdir()
        second = Serve(environment(stage.sandbox, tmp_path, sqlite_url, "polling"), tmp_path / "second")
        await second.spawn()
        assert await second.ended() == 1
        assert f"kelisim.db.lock is held by {socket.gethostname()} process {stage.serve.pid}" in second.said()
        assert "Traceback" not in second.said()
        await asyncio.gather(*(person.day() for person in stage.invite(2)))
        await stage.serve.kill()  # the kernel lets go of the lock, however the first one died
        await second.start()
        await settled(sqlite_url, 120)
        assert await second.stop() == 0
        findings = await examine(stage.settings, stage.sandbox, stage.people)
        assert not findings.faults, "\n".join(findings.faults)


@pytest.mark.parametrize("updates", ["polling", "webhook"])
async def test_a_kind_end_finishes_what_was_begun_and_doubles_nothing(
    updates: str, store_url: str, tmp_path: Path, sizes: Sizes, figures: Figures
) -> None:
    ends = []
    async with scene(store_url, tmp_path, updates, sizes.dice(f"term {updates}")) as stage:
        await stage.serve.ready()
        stage.sandbox.town.faults = Faults(latency_ms=250)  # so that something is always on the wire
        async with asyncio.TaskGroup() as tasks:
            for person in stage.invite(sizes.people):
                tasks.create_task(stage.live(person))
            for _end in range(2):
                await asyncio.sleep(stage.dice.uniform(4.0, 8.0))
                began = time.monotonic()
                assert await stage.serve.stop() == 0, stage.serve.said()
                ends.append(time.monotonic() - began)
                await stage.serve.start()
            stage.over.set()
        findings = await stage.finish()
        figures.tell(f"SIGTERM to end {max(ends):.1f} s at most; {stage.told(findings)}")
    assert findings.doubles == [] and findings.letter_doubles == 0


async def test_a_courier_that_slept_past_its_lease_sends_nothing(
    store_url: str, tmp_path: Path, figures: Figures
) -> None:
    async with Sandbox(limits=roomy()) as sandbox:
        settings = Settings.read(environment(sandbox, tmp_path, store_url, "webhook"))
        async with app.open_house(settings) as house, wired(house, sandbox, "webhook") as wire:
            crowd = Crowd(sandbox, 5)
            await wire.deliver([joins(house, crowd, person) for person in crowd.people])
            sent: list[tuple[str, int]] = []

            def courier(name: str) -> Courier:
                async def take(parcel: Parcel) -> Outcome:
                    sent.append((name, parcel.message.id))
                    return Outcome(SENT)

                return Courier(house.desk, house.database, TELEGRAM, take, per_second=1e6, per_chat=0.0)

            sleeper, heir = courier("sleeper"), courier("heir")
            sleeper._hold = asyncio.get_running_loop().time() + 1.0  # it has claimed and waits for its turn
            sleeping = asyncio.create_task(sleeper.round())
            await asyncio.sleep(0.5)
            assert await heir.round() is False, "both had the same messages"
            house.desk.clock.move(outbox.LEASE * 1.1)  # SIGSTOP, half a minute, SIGCONT
            while await heir.round():
                pass
            await sleeping
            while await sleeper.round() or await heir.round():
                pass
        async with reading(store_url) as rows:
            assert await rows("SELECT count(*) FROM outbox WHERE state <> 'sent'") == [(0,)]
    promised = len(crowd.people) * len(receipts.PARTS)
    assert len(sent) == len(set(number for _name, number in sent)) == promised
    assert {name for name, _number in sent} == {"heir"}
    figures.tell(f"{promised} messages: {promised} sent by the heir, 0 by the one who slept")


@pytest.mark.postgres
async def test_a_replica_that_sleeps_in_the_middle_of_a_visit_lets_go_of_what_it_holds(
    postgres_url: str, tmp_path: Path, figures: Figures
) -> None:
    async with Sandbox(limits=roomy()) as sandbox:
        settings = Settings.read(environment(sandbox, tmp_path, postgres_url, "webhook"))
        async with app.open_house(settings) as house, wired(house, sandbox, "webhook") as wire:
            crowd = Crowd(sandbox, 2)
            await wire.deliver([joins(house, crowd, person) for person in crowd.people])
            sent: list[int] = []

            async def take(parcel: Parcel) -> Outcome:
                sent.append(parcel.message.id)
                return Outcome(SENT)

            def courier() -> Courier:
                return Courier(house.desk, house.database, TELEGRAM, take, per_second=1e6, per_chat=0.0)

            assert isinstance(house.database, Postgres)
            async with house.database._engine.connect() as asleep:
                await asleep.exec_driver_sql("BEGIN")
                await asleep.run_sync(courier()._claim)  # and now this process is stopped
                began = time.monotonic()
                heir = courier()
                while not await heir.round():
                    assert time.monotonic() - began < 25, "its rows are locked for ever"
                    await asyncio.sleep(0.5)
                took = time.monotonic() - began
                await asleep.invalidate()
            while await heir.round():
                pass
    assert len(sent) == len(set(sent)) == len(crowd.people) * len(receipts.PARTS)
    figures.tell(f"rows held by a sleeper were free after {took:.0f} s")


@pytest.mark.postgres
async def test_a_replica_stopped_past_its_leases_says_nothing_again_when_it_goes_on(
    postgres_url: str, tmp_path: Path, sizes: Sizes, figures: Figures
) -> None:
    async with Sandbox(limits=roomy()) as sandbox:
        replicas = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            given = environment(sandbox, tmp_path, postgres_url, "webhook")
            replicas.append(Serve(given, tmp_path / name))
        sleeper, heir = replicas
        try:
            await sleeper.start()
            await heir.start()  # it has set the webhook last: updates come here, couriers run in both
            people = residents(sandbox, sizes.people, sizes.dice("replica"), (0.1, 0.3))
            living = asyncio.gather(*(person.day() for person in people))
            await asyncio.sleep(4.0)
            sleeper.send(signal.SIGSTOP)
            await living
            drained = await settled(postgres_url, 120)
            before = {person.id: receipts_in(person.chat) for person in people}
            doubles = sum(n - 1 for came in before.values() for n in came.values())
            await asyncio.sleep(1.0)
            sleeper.send(signal.SIGCONT)
            await asyncio.sleep(5.0)
            assert {person.id: receipts_in(person.chat) for person in people} == before
            for replica in replicas:
                assert await replica.stop() == 0
        finally:
            for replica in replicas:
                await replica.close()
        findings = await examine(Settings.read(given), sandbox, people)
        assert not findings.faults, "\n".join(findings.faults)
    figures.tell(
        f"{findings.records} records, {findings.receipts} receipts, {doubles} in flight at SIGSTOP came twice, "
        f"0 after SIGCONT; the heir was done {drained:.0f} s after the day"
    )
