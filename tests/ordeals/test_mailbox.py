"""Letters while the mail servers stop, the desk is killed and the disk is full (issue: Must show 4; T-LET, DESIGN.md section 9).

    pytest -m ordeal tests/ordeals/test_mailbox.py                            small, as in .ci/run: 20 kills on SQLite
    pytest -m ordeal tests/ordeals/test_mailbox.py --kills 100 --outage 60    full

A real dovecot takes letters by LMTP, each from another person, while a real `kelisim serve` reads them. Nothing is lost: each
has one row, and lies in our folder once. Nothing is done twice: one stop or one request each, one acknowledgement each. What
was on the wire to the mail server at a kill may leave again under the same Message-ID: those are counted and listed.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.mail.dovecot import Dovecot, a_dovecot
from tests.ordeals.conftest import Figures, Sizes
from tests.ordeals.evidence import reading, settled
from tests.ordeals.process import Serve, environment
from tests.ordeals.scene import roomy
from tests.ordeals.test_outages import empty, fill, small_disk

from kelisim.desk import operator
from kelisim.sandbox import Sandbox

pytestmark = [pytest.mark.ordeal, pytest.mark.timeout(7200)]

__all__ = ["small_disk"]

RESTARTS = 20
KINDS = {
    "stop": ("Opt-out of Notifications", "Please stop."),
    "question": ("Сұрақ", "Менің деректерім қайда сақталады?"),
}


@dataclass
class Correspondence:
    """Who wrote what so far, and the servers between them and the desk."""

    sandbox: Sandbox
    dovecot: Dovecot
    serve: Serve
    url: str
    dice: Random
    written: dict[str, str] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    refused: int = 0
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def write(self) -> None:
        """One letter of another person; a mail server that is down gets it later, as the one before it would do."""
        number = next(self.numbers)
        kind = self.dice.choice(list(KINDS))
        who = f"person{number}@mail.kz"
        subject, words = KINDS[kind]
        letter = (
            f"Authentication-Results: mx.alit.kz; dmarc=pass header.from=mail.kz\r\nFrom: {who}\r\nTo: info@alit.kz\r\n"
            f"Subject: {subject}\r\nMessage-ID: <{number}.ordeal@mail.kz>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0500\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{words}\r\n"
        ).encode()
        while True:
            try:
                await asyncio.to_thread(self.dovecot.deliver, letter)
                break
            except OSError:  # smtplib's exceptions are of this kind
                self.refused += 1
                await asyncio.sleep(0.2)
        self.written[who] = kind

    async def keep_writing(self) -> None:
        """Until it is over."""
        while not self.over.is_set():
            await self.write()
            await asyncio.sleep(self.dice.uniform(0.2, 1.0))

    async def read(self, seconds: float = 240.0) -> float:
        """Until nothing waits, in the mailbox or in the outbox."""
        began = time.monotonic()
        while await asyncio.to_thread(self.dovecot.letters):
            assert time.monotonic() - began < seconds, f"letters wait:\n{self.serve.said()}"
            await asyncio.sleep(0.2)
        await settled(self.url, seconds)
        return time.monotonic() - began

    def connected(self) -> bool:
        """Whether the desk that runs now reads the mailbox."""
        return "the mailbox is connected" in self.serve.said()

    def taken(self) -> list[str]:
        """Who wrote each letter in our folder."""
        with self.dovecot.client("kelisim") as client:
            _typ, said = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (FROM)])")
            return [one[1].decode().partition(":")[2].strip() for one in said if isinstance(one, tuple)]

    async def examine(self) -> str:
        """Everything that must hold, held against what was written; the figures."""
        assert await self.serve.stop() == 0, self.serve.said()
        ours = await asyncio.to_thread(self.taken)
        assert set(ours) == set(self.written)
        async with reading(self.url) as rows:
            assert (await rows("SELECT count(*) FROM letters"))[0][0] == len(self.written)
            aside = await rows("SELECT cause FROM letters WHERE outcome = 'aside'")
            assert aside == []
            wanted = Counter(self.written.values())
            assert (await rows("SELECT count(*) FROM cases WHERE kind = 'question'"))[0][0] == wanted[
                "question"
            ]
            assert (await rows("SELECT count(*) FROM suppressions"))[0][0] == wanted["stop"]
            unsure = await rows("SELECT kind, count(*) FROM outbox WHERE state = 'uncertain' GROUP BY 1")
        twice = []
        for who in self.written:
            names = [
                str(one.parsed["Message-ID"]) for one in self.sandbox.post.letters if who in one.recipients
            ]
            assert len(set(names)) == 1, (
                f"{who} wrote {self.written[who]} and was answered by {len(set(names))} letters"
            )
            if len(names) > 1:
                twice.append(f"{who} ×{len(names)}")
        assert "Traceback" not in self.serve.log()
        return (
            f"{len(self.written)} letters ({dict(wanted)}), {self.refused} times the mail server was down for them, "
            f"{len(ours) - len(self.written)} delivered twice by that; lost 0, done "
            f"twice 0, acknowledgements {len(self.written)}, on the wire at a kill and sent again {len(twice)} "
            f"({', '.join(twice) or 'none'}), uncertain {dict(map(tuple, unsure)) or 'none'}"
        )


@asynccontextmanager
async def correspondence(url: str, home: Path, dice: Random) -> AsyncIterator[Correspondence]:
    """A desk that reads a mailbox; acknowledgements are not held back by the hour's limit."""
    file = home / "operator.toml"
    file.write_text(operator.sample().replace("[mail]\n", "[mail]\nautomatic_per_hour = 100000\n"))
    with a_dovecot() as dovecot:
        async with Sandbox(limits=roomy()) as sandbox:
            given = environment(sandbox, home, url, "polling") | {
                "KELISIM_IMAP": dovecot.url, "KELISIM_OPERATOR": str(file)
            }  # fmt: skip
            serve = Serve(given, home)
            try:
                await serve.spawn()
                yield Correspondence(sandbox, dovecot, serve, url, dice)
            finally:
                await serve.close()


async def until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        await asyncio.sleep(0.05)


async def test_no_letter_is_lost_or_done_twice_while_the_desk_is_killed(
    store_url: str, tmp_path: Path, sizes: Sizes, figures: Figures, request: pytest.FixtureRequest
) -> None:
    sqlite = store_url.startswith("sqlite")
    # On PostgreSQL the lease of who was killed must end first, which takes half a minute each time.
    kills = max(RESTARTS, sizes.kills) if sqlite else sizes.kills
    async with correspondence(store_url, tmp_path, sizes.dice(request.node.name)) as mail:
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            await mail.serve.ready()
            tasks.create_task(mail.keep_writing())
            for _kill in range(kills):
                await until(mail.connected, 0 if sqlite else 45)
                await asyncio.sleep(mail.dice.uniform(0.0, 2.0))
                await mail.serve.kill()
                await mail.serve.spawn()
                await mail.serve.ready()
            mail.over.set()
        drained = await mail.read()
        told = await mail.examine()
        figures.tell(
            f"{kills} kills in {time.monotonic() - began:.0f} s; {told}; read and sent {drained:.0f} s after the last"
        )


async def test_no_letter_is_lost_while_the_mail_servers_stop_and_start(
    sqlite_url: str, tmp_path: Path, sizes: Sizes, figures: Figures, request: pytest.FixtureRequest
) -> None:
    async with correspondence(sqlite_url, tmp_path, sizes.dice(request.node.name)) as mail:
        await mail.serve.ready()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(mail.keep_writing())
            await mail.sandbox.post.down(True)
            for restart in range(RESTARTS):
                await asyncio.sleep(mail.dice.uniform(0.2, 2.0))
                await asyncio.to_thread(mail.dovecot.stop)
                await asyncio.sleep(mail.dice.uniform(0.0, 1.0))
                await asyncio.to_thread(mail.dovecot.start)
                if restart == RESTARTS // 2:
                    await mail.sandbox.post.down(False)
            mail.over.set()
        drained = await mail.read()
        told = await mail.examine()
        figures.tell(
            f"{RESTARTS} restarts of the mailbox; {told}; read and sent {drained:.0f} s after the last"
        )


async def test_letters_wait_in_the_mailbox_while_the_disk_is_full(
    sqlite_template: Path,
    small_disk: Path,
    tmp_path: Path,
    sizes: Sizes,
    figures: Figures,
) -> None:
    store = small_disk / "kelisim.db"
    store.write_bytes(sqlite_template.read_bytes())
    async with correspondence(f"sqlite+aiosqlite:///{store}", tmp_path, sizes.dice("full disk")) as mail:
        await mail.serve.ready()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(mail.keep_writing())
            await asyncio.sleep(2.0)
            fill(small_disk, mail.serve.pid)
            await asyncio.sleep(sizes.outage)
            waited = len(await asyncio.to_thread(mail.dovecot.letters))
            empty(small_disk, mail.serve.pid)
            await asyncio.sleep(1.0)
            mail.over.set()
        drained = await mail.read()
        told = await mail.examine()
        assert waited > 0, "nothing had to wait: the disk was not full"
        figures.tell(
            f"full for {sizes.outage} s, {waited} letters waited; {told}; read and sent after {drained:.0f} s"
        )
