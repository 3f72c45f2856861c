"""What others do to the desk: the Bot API, the post and the disk fail, and nothing is lost (T-ADMIN-04, T-ADMIN-05).

pytest -m ordeal tests/ordeals/test_outages.py                            small, as in .ci/run: outages of 5 s
pytest -m ordeal tests/ordeals/test_outages.py --outage 60 --people 50    full
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.ordeals.conftest import Figures, Sizes
from tests.ordeals.crowd import Crowd, wired
from tests.ordeals.evidence import reading
from tests.ordeals.people import CODE
from tests.ordeals.process import environment
from tests.ordeals.scene import roomy, scene
from tests.ordeals.test_crowds import joins

from kelisim import app
from kelisim.courier import smtp
from kelisim.courier.loop import Courier
from kelisim.desk.visit import EMAIL
from kelisim.sandbox import Sandbox
from kelisim.sandbox.settings import Faults
from kelisim.settings import Settings
from kelisim.telegram.flood import Flood

pytestmark = [pytest.mark.ordeal, pytest.mark.timeout(1800)]

BOTH = pytest.mark.parametrize("updates", ["polling", "webhook"])


@BOTH
async def test_while_the_bot_api_and_the_post_are_away_nothing_is_lost_and_receipts_come_afterwards(
    updates: str, store_url: str, tmp_path: Path, sizes: Sizes, figures: Figures
) -> None:
    async with scene(store_url, tmp_path, updates, sizes.dice(f"outage {updates}")) as stage:
        await stage.serve.ready()
        async with asyncio.TaskGroup() as tasks:
            for person in stage.invite(sizes.people):
                person.patience = 90.0 + sizes.outage
                tasks.create_task(stage.live(person))
            for _outage in range(2):
                await asyncio.sleep(stage.dice.uniform(1.0, 3.0))
                stage.sandbox.town.faults = Faults(outage=True)
                stage.sandbox.town.updates.wake()
                await stage.sandbox.post.down(True)
                await asyncio.sleep(sizes.outage)
                stage.sandbox.town.faults = Faults()
                await stage.sandbox.post.down(False)
            stage.over.set()
        findings = await stage.finish()
        figures.tell(f"2 outages of {sizes.outage} s; {stage.told(findings)}")


async def test_a_code_that_could_not_leave_in_time_lapses_and_a_withdrawal_is_told_late(
    store_url: str, tmp_path: Path, figures: Figures
) -> None:
    async with Sandbox(limits=roomy()) as sandbox:
        settings = Settings.read(environment(sandbox, tmp_path, store_url, "webhook"))
        async with (
            app.open_house(settings, flood=Flood(hourly=0)) as house,
            wired(house, sandbox, "webhook") as wire,
        ):
            post = urlsplit(sandbox.smtp)
            server = smtp.Server(
                post.hostname or "", post.port or 0, "none", None, None, "desk@example.kz", "desk"
            )
            courier = Courier(house.desk, house.database, EMAIL, partial(smtp.send, server), pace=0.001)
            crowd = Crowd(sandbox, 1)
            one = crowd.people[0]
            token = house.desk.shelf.current("informing-email", "kk").token
            token_telegram = house.desk.shelf.current("informing-telegram", "kk").token
            await wire.deliver([joins(house, crowd, one)])
            await wire.deliver([crowd.press(one, "agree", "informing-telegram", token_telegram)])
            await sandbox.post.down(True)
            for update in (
                crowd.press(one, "agree", "informing-email", token),
                crowd.say(one, "Серікова Айгүл"),
                crowd.press(one, "name.yes"),
                crowd.say(one, "aigul@example.kz"),
                crowd.press(one, "withdraw", "informing-telegram"),
            ):
                await wire.deliver([update])
            for _try in range(3):
                await courier.round()
                await asyncio.sleep(0.1)
            house.desk.clock.move(timedelta(minutes=11))
            await sandbox.post.down(False)
            while await courier.round():
                pass
            letters = list(sandbox.post.letters)
            assert not [letter for letter in letters if "aigul@example.kz" in letter.recipients]
            assert [letter for letter in letters if re.search(r"C-\w{9}", letter.part("plain") or "")]
            async with reading(store_url) as rows:
                ended = dict(
                    await rows("SELECT kind, state FROM outbox WHERE channel = 'email' AND kind <> 'alarm'")
                )
                assert ended == {"code": "expired", "case": "sent"}
                assert await rows("SELECT 1 FROM outbox WHERE kind = 'code' AND body IS NOT NULL") == []
            # The person asks again and gets one that works.
            await wire.deliver([crowd.press(one, "agree", "informing-email", token)])
            for update in (crowd.say(one, "Серікова Айгүл"), crowd.press(one, "name.yes")):
                await wire.deliver([update])
            await wire.deliver([crowd.say(one, "aigul@example.kz")])
            while await courier.round():
                pass
            fresh = [letter for letter in sandbox.post.letters if "aigul@example.kz" in letter.recipients]
            assert len(fresh) == 1
            (code,) = CODE.findall(fresh[0].part("plain") or "")
            await wire.deliver([crowd.say(one, code)])
            served = await wire.deliver([crowd.press(one, "phone.skip")])
            assert served.screens[one][0].startswith("✔")
    figures.tell("a code of 11 minutes ago: expired, 0 letters; the withdrawal's letter: sent late")


HOLD = """
import sqlite3, sys, time
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
store.execute("COMMIT")
"""


@pytest.mark.parametrize("held", [3.0, 12.0])  # less and more than the desk's patience of 5 s
async def test_updates_wait_for_a_store_that_another_process_holds(
    held: float, sqlite_url: str, tmp_path: Path, sizes: Sizes, figures: Figures
) -> None:
    path = sqlite_url.partition("///")[2]
    async with Sandbox(limits=roomy()) as sandbox:
        settings = Settings.read(environment(sandbox, tmp_path, sqlite_url, "webhook"))
        async with (
            app.open_house(settings, flood=Flood(hourly=0)) as house,
            wired(house, sandbox, "webhook") as wire,
        ):
            crowd = Crowd(sandbox, 20)
            holder = await asyncio.create_subprocess_exec(
                sys.executable, "-c", HOLD, path, str(held), stdout=subprocess.PIPE
            )  # fmt: skip
            assert holder.stdout is not None and await holder.stdout.readline() == b"held\n"
            served = await wire.deliver([joins(house, crowd, person) for person in crowd.people])
            assert await holder.wait() == 0
        async with reading(sqlite_url) as rows:
            assert (await rows("SELECT count(*) FROM consent_records"))[0][0] == len(crowd.people)
            assert await rows("SELECT tries, cause FROM parked WHERE tries >= 5") == []
        assert all(screens[0].startswith("✔") and len(screens) == 1 for screens in served.screens.values())
        assert len(served.screens) == len(crowd.people)
    figures.tell(
        f"held {held:g} s: {len(crowd.people)} acts after {served.took:.1f} s, {served.repeats} repeated"
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB for root; for others a folder whose files are limited instead."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], check=False, capture_output=True
        ).returncode
    )
    yield folder
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@BOTH
async def test_a_full_disk_confirms_nothing_and_what_waited_is_done_when_there_is_room(
    updates: str, sqlite_template: Path, small_disk: Path, tmp_path: Path, sizes: Sizes, figures: Figures
) -> None:
    store = small_disk / "kelisim.db"
    store.write_bytes(sqlite_template.read_bytes())
    async with scene(
        f"sqlite+aiosqlite:///{store}", tmp_path, updates, sizes.dice(f"disk {updates}")
    ) as stage:
        await stage.serve.ready()
        waited = 0
        async with asyncio.TaskGroup() as tasks:
            for person in stage.invite(sizes.people):
                person.patience = 90.0 + sizes.outage
                tasks.create_task(stage.live(person))
            await asyncio.sleep(5.0)
            fill(small_disk, stage.serve.pid)
            until = time.monotonic() + sizes.outage
            while time.monotonic() < until:
                await asyncio.sleep(0.2)
                waited = max(waited, len(stage.sandbox.town.updates.waiting))
            empty(small_disk, stage.serve.pid)
            stage.over.set()
        findings = await stage.finish()
        assert waited > 0, "nothing had to wait: the disk was not full"
        assert "OperationalError" in stage.serve.log()
        figures.tell(f"full for {sizes.outage} s, {waited} updates waited; {stage.told(findings)}")


def fill(folder: Path, pid: int) -> None:
    """No more room: a file that takes all of it, or a limit on the size of files."""
    if not os.path.ismount(folder):
        largest = max(file.stat().st_size for file in folder.iterdir())
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        return
    with (folder / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(1 << 12))
        except OSError:
            pass


def empty(folder: Path, pid: int) -> None:
    """Room again."""
    if not os.path.ismount(folder):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return
    (folder / "ballast").unlink()
