"""The reader: one among all, each letter once, whatever is killed, stopped or in trouble on the way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from tests.doorstep import Doorstep
from tests.mail.dovecot import Dovecot
from tests.mail.test_imap import letter
from tests.mail.test_maildir import deliver

from kelisim.desk import letterbox, subjects
from kelisim.desk.letterbox import ASIDE, Handled
from kelisim.desk.visit import EMAIL, Visit
from kelisim.mail import reader as readers
from kelisim.mail.imap import ImapBox
from kelisim.mail.mailbox import Away, Mailbox, Raw
from kelisim.mail.maildir import MaildirBox
from kelisim.mail.reader import Reader
from kelisim.store.database import Busy

pytestmark = pytest.mark.timeout(90)

OURS, THEIRS = "ours", "theirs"


@dataclass
class Counter:
    """A door that keeps letters as the real one does, and counts how often each was done."""

    step: Doorstep
    done: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    faults: dict[str, list[BaseException]] = field(default_factory=dict)
    slow: float = 0.0

    async def serve(self, raw: Raw) -> Handled:
        subject = raw.content.replace(b"\r\n", b"\n").partition(b"Subject: ")[2].partition(b"\n")[0].decode()
        self.served.append(subject)
        if self.faults.get(subject):
            raise self.faults[subject].pop(0)
        await asyncio.sleep(self.slow)

        def work(connection: Connection) -> Handled:
            desk = self.step.desk
            visit = Visit(
                connection, desk, "letter", "", desk.clock.now(), "kk", subjects.visitor(desk, EMAIL, "")
            )
            number = letterbox.key(desk, subject)
            if (before := letterbox.seen(visit, number)) is not None:
                return before
            self.done.append(subject)
            handled = Handled(ASIDE, ours=subject.startswith(OURS))
            letterbox.keep(visit, number, raw.content, raw.received_at, handled)
            return handled

        return await self.step.database.keep(work)


@dataclass
class Post:
    """A mailbox of either kind, as those who write to it know it."""

    deliver: Callable[[str], object]
    open: Callable[[], Mailbox]
    inbox: Callable[[], list[str]]
    ours: Callable[[], list[str]]


@pytest.fixture(params=["imap", "maildir"])
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    if request.param == "imap":
        server: Dovecot = request.getfixturevalue("dovecot")
        yield Post(
            lambda subject: server.deliver(letter(subject)),
            lambda: ImapBox(server.host, timeout=10.0),
            lambda: [subject for subject, _flags in server.letters()],
            lambda: [subject for subject, _flags in server.letters("kelisim")],
        )
        return
    folder = tmp_path / "post"
    for each in ("tmp", "new", "cur"):
        (folder / each).mkdir(parents=True)

    def listed(where: Path) -> list[str]:
        files = [path for each in ("new", "cur") for path in sorted((where / each).glob("*"))]
        return [path.read_bytes().partition(b"Subject: ")[2].partition(b"\n")[0].decode() for path in files]

    yield Post(
        lambda subject: deliver(folder, subject),
        lambda: MaildirBox(folder),
        lambda: listed(folder),
        lambda: listed(folder / ".kelisim"),
    )


@contextlib.asynccontextmanager
async def reading(
    step: Doorstep, mailbox: Mailbox, door: Counter, pace: float = 0.02
) -> AsyncIterator[Reader]:
    """A reader that runs, and its end."""
    reader = Reader(step.desk, step.database, mailbox, door, pace=pace)
    task = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < end, "it never came to that"
        await asyncio.sleep(0.02)


async def once(step: Doorstep, mailbox: Mailbox, door: Counter) -> None:
    """Read what there is, and stop."""
    reader = Reader(step.desk, step.database, mailbox, door)
    assert await reader._ours()
    try:
        await reader.open()
        await reader.round()
    finally:
        await reader._close()
    await reader._leave()


async def test_a_letter_is_handled_at_once_and_moved_and_others_stay(
    each_doorstep: Doorstep, post: Post
) -> None:
    """Must show 1: the way from the delivery to the desk is short."""
    door = Counter(each_doorstep)
    async with reading(each_doorstep, post.open(), door):
        post.deliver("ours 0")
        await until(lambda: post.ours() == ["ours 0"])
        took = []
        for n in range(1, 4):
            began = time.monotonic()
            await asyncio.to_thread(post.deliver, f"ours {n}")
            await until(lambda n=n: f"ours {n}" in door.done)  # type: ignore[misc]
            took.append(time.monotonic() - began)
        await asyncio.to_thread(post.deliver, THEIRS)
        await until(lambda: THEIRS in door.done and len(post.ours()) == 4)
    assert max(took) < 1.5, took
    assert post.inbox() == [THEIRS] and door.served == [*(f"ours {n}" for n in range(4)), THEIRS]


async def test_two_readers_share_one_mailbox_and_one_works(each_doorstep: Doorstep, post: Post) -> None:
    step = each_doorstep
    doors = [Counter(step), Counter(step)]
    async with contextlib.AsyncExitStack() as stack:
        for door in doors:
            await stack.enter_async_context(reading(step, post.open(), door))
        for n in range(6):
            await asyncio.to_thread(post.deliver, f"ours {n}")
        await until(lambda: len(post.ours()) == 6)
        assert sorted(len(door.served) for door in doors) == [0, 6]
        assert len(await step.rows("SELECT 1 FROM leases WHERE name = 'mailbox'")) == 1
    assert await step.rows("SELECT 1 FROM leases WHERE name = 'mailbox'") == []


async def test_the_other_reader_goes_on_when_one_stops(doorstep: Doorstep, post: Post) -> None:
    first, second = Counter(doorstep), Counter(doorstep)
    async with reading(doorstep, post.open(), first):
        post.deliver("ours 0")
        await until(lambda: post.ours() == ["ours 0"])
    async with reading(doorstep, post.open(), second):
        post.deliver("ours 1")
        await until(lambda: len(post.ours()) == 2)
    assert (first.served, second.served) == (["ours 0"], ["ours 1"])


async def test_who_lost_the_lease_touches_nothing(doorstep: Doorstep, post: Post) -> None:
    """A process that was paused wakes up with an old lease (T-ADMIN-09)."""
    door = Counter(doorstep, slow=0.3)
    reader = Reader(doorstep.desk, doorstep.database, post.open(), door)
    assert await reader._ours()
    await reader.open()
    post.deliver("ours 0")
    serving = asyncio.create_task(reader.round())
    await until(lambda: bool(door.served))
    doorstep.later(minutes=2)
    await serving
    assert door.done == ["ours 0"] and post.inbox() == ["ours 0"] and post.ours() == []
    await reader._close()
    await once(doorstep, post.open(), door)  # another comes and moves what is seen
    assert door.done == ["ours 0"] and post.inbox() == []


async def test_where_nobody_else_can_serve_the_lease_of_who_was_killed_keeps_no_letter_waiting(
    doorstep: Doorstep, post: Post
) -> None:
    killed, door = Reader(doorstep.desk, doorstep.database, post.open(), Counter(doorstep)), Counter(doorstep)
    assert await killed._ours()
    assert not await Reader(doorstep.desk, doorstep.database, post.open(), door)._ours()
    assert await Reader(doorstep.desk, doorstep.database, post.open(), door, alone=True)._ours()


class Killed(Exception):
    """As if the process had ended here."""


@pytest.mark.parametrize("after", ["the commit", "the flag"])
async def test_a_kill_between_commit_and_move_handles_a_letter_once(
    each_doorstep: Doorstep, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    door = Counter(each_doorstep)
    dovecot.deliver(letter("ours 1"))
    dovecot.deliver(letter(THEIRS))

    def killed(*_given: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ImapBox, "take" if after == "the commit" else "_ask", killed)
        if after == "the flag":
            ask = ImapBox._ask

            def asked(box: ImapBox, command: str, *arguments: object) -> bool:
                if command == "MOVE":
                    raise Killed
                return ask(box, command, *arguments)

            patch.setattr(ImapBox, "_ask", asked)
        with pytest.raises(Killed):
            await once(each_doorstep, ImapBox(dovecot.host), door)
    each_doorstep.later(minutes=2)
    assert len(dovecot.letters()) == 2
    await once(each_doorstep, ImapBox(dovecot.host), door)
    assert door.done == ["ours 1", THEIRS]
    assert [subject for subject, _flags in dovecot.letters("kelisim")] == ["ours 1"]
    assert len(await each_doorstep.rows("SELECT 1 FROM letters")) == 1


async def test_an_inbox_of_thousands_is_not_read_twice(
    doorstep: Doorstep, tmp_path: Path, dovecot: Dovecot
) -> None:
    many = 2000
    place = dovecot.folder / "mail" / "desk"
    for each in ("tmp", "new", "cur"):
        (place / each).mkdir(exist_ok=True)
    for n in range(many):
        (place / "cur" / f"1700000000.M{n}P1.host:2,").write_bytes(letter(f"theirs {n}"))
    if (owner := place.stat().st_uid) != 0:
        for path in [*place.rglob("*")]:
            shutil.chown(path, owner, place.stat().st_gid)
    first = Counter(doorstep)
    began = time.monotonic()
    await once(doorstep, ImapBox(dovecot.host), first)
    print(f"{many} letters in {time.monotonic() - began:.1f} s")
    assert len(first.done) == many
    second = Counter(doorstep)
    began = time.monotonic()
    await once(doorstep, ImapBox(dovecot.host), second)
    assert second.served == [] and time.monotonic() - began < 3.0
    dovecot.deliver(letter("ours new"))
    await once(doorstep, ImapBox(dovecot.host), second)
    assert second.served == ["ours new"]
    assert {frozenset(flags) - {r"\Recent"} for _subject, flags in dovecot.letters()} == {frozenset()}


async def test_a_server_that_is_stopped_five_times_costs_no_letter(
    doorstep: Doorstep, dovecot: Dovecot
) -> None:
    door = Counter(doorstep)
    expected = []
    async with reading(doorstep, ImapBox(dovecot.host, timeout=5.0), door):
        for n in range(5):
            for part in ("before", "after"):
                expected.append(f"ours {n} {part}")
                await asyncio.to_thread(dovecot.deliver, letter(expected[-1]))
                if part == "before":
                    await asyncio.sleep(0.1 * n)
                    await asyncio.to_thread(dovecot.stop)
                    await asyncio.to_thread(dovecot.start)
        await until(lambda: len(dovecot.letters("kelisim")) == 10)
    assert door.done == expected and dovecot.letters() == []


async def test_a_mailbox_made_anew_is_read_on_and_nothing_is_done_twice(
    doorstep: Doorstep, dovecot: Dovecot
) -> None:
    door = Counter(doorstep)
    async with reading(doorstep, ImapBox(dovecot.host, timeout=5.0), door):
        for subject in (THEIRS, "ours 0"):
            await asyncio.to_thread(dovecot.deliver, letter(subject))
        await until(lambda: len(door.done) == 2)
        await asyncio.to_thread(dovecot.make_anew)
        await asyncio.to_thread(dovecot.deliver, letter("ours 1"))
        await until(lambda: len(dovecot.letters("kelisim")) == 2)
    assert door.done == [THEIRS, "ours 0", "ours 1"] and [
        subject for subject, _flags in dovecot.letters()
    ] == [THEIRS]


async def test_letters_wait_for_a_store_in_trouble_in_their_order(doorstep: Doorstep, post: Post) -> None:
    door = Counter(doorstep, faults={"ours 1": [Busy(), OSError("full")]})
    for n in range(4):
        post.deliver(f"ours {n}")
    async with reading(doorstep, post.open(), door):
        await until(lambda: len(post.ours()) == 4)
    assert door.done == [f"ours {n}" for n in range(4)]
    assert door.served == ["ours 0", "ours 1", "ours 1", "ours 1", "ours 2", "ours 3"]


@pytest.mark.parametrize("fault", [ValueError("canary"), Busy()])
async def test_a_letter_that_keeps_failing_holds_no_other_back(
    doorstep: Doorstep, post: Post, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    door = Counter(doorstep, faults={"ours 1": [fault] * 6})
    for n in range(4):
        post.deliver(f"ours {n}")
    async with reading(doorstep, post.open(), door):
        await until(lambda: len(post.ours()) == 4)
    assert door.done == ["ours 0", "ours 2", "ours 3", "ours 1"]
    assert "canary" not in caplog.text


async def test_while_the_store_is_away_no_letter_is_tried_but_the_first(
    doorstep: Doorstep, post: Post
) -> None:
    """After three tries the next is tried too, and when that fails as well it waits again."""
    door = Counter(doorstep, faults={f"ours {n}": [Busy()] * 4 for n in range(6)})
    for n in range(6):
        post.deliver(f"ours {n}")
    async with reading(doorstep, post.open(), door):
        await until(lambda: len(post.ours()) == 6)
    assert door.served[:3] == ["ours 0"] * 3 and "ours 5" not in door.served[:8]
    assert sorted(door.done) == [f"ours {n}" for n in range(6)]


async def gone(step: Doorstep, subject_of_mark: bytes) -> None:
    await step.database.keep(
        lambda connection: connection.execute(
            text("DELETE FROM letters WHERE mark = :mark"), {"mark": subject_of_mark}
        )
    )


async def marks(step: Doorstep) -> list[bytes]:
    """In the order the letters were taken."""
    return [bytes(row[0]) for row in await step.rows("SELECT mark FROM letters ORDER BY id")]


async def test_what_the_desk_destroyed_is_expunged_and_nothing_else(
    each_doorstep: Doorstep, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DESIGN.md 8.8: the row goes with its request or its person, and then the letter goes too."""
    monkeypatch.setattr(readers, "TIDY", 0.2)
    step, door = each_doorstep, Counter(each_doorstep)
    for subject in ("ours 0", THEIRS, "ours 1", "ours 2"):
        post.deliver(subject)
    async with reading(step, post.open(), door, pace=1.0):
        await until(lambda: len(post.ours()) == 3)
        await asyncio.sleep(1.0)
        assert sorted(post.ours()) == ["ours 0", "ours 1", "ours 2"]
        await gone(step, (await marks(step))[1])
        await until(lambda: sorted(post.ours()) == ["ours 0", "ours 2"])
    await gone(step, (await marks(step))[0])
    async with reading(step, post.open(), door, pace=1.0):  # after a restart too
        await until(lambda: post.ours() == ["ours 2"])
    assert post.inbox() == [THEIRS]


async def test_where_it_is_not_wanted_nothing_is_expunged(doorstep: Doorstep, post: Post) -> None:
    mail = doorstep.desk.operator.mail.model_copy(update={"expunge": False})
    doorstep.desk.operator = doorstep.desk.operator.model_copy(update={"mail": mail})
    door = Counter(doorstep)
    post.deliver("ours 0")
    await once(doorstep, post.open(), door)
    await gone(doorstep, (await marks(doorstep))[0])
    await once(doorstep, post.open(), door)
    assert post.ours() == ["ours 0"]


async def test_a_large_folder_of_ours_is_fetched_once_and_holds_no_new_letter_up(
    doorstep: Doorstep, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "FETCH", 4)
    door, mailbox = Counter(doorstep), post.open()
    fetched: list[int] = []
    headers = type(mailbox).headers

    def counted(box: Mailbox, keys: list[str]) -> list[tuple[str, bytes]]:
        fetched.append(len(keys))
        return headers(box, keys)

    monkeypatch.setattr(type(mailbox), "headers", counted)
    for n in range(10):
        post.deliver(f"ours {n}")
    reader = Reader(doorstep.desk, doorstep.database, mailbox, door)
    assert await reader._ours()
    await reader.open()
    assert [await reader.round() for _round in range(4)] == [0.0, 0.0, readers.TIDY, readers.TIDY]
    assert fetched == [4, 4, 2]
    await reader._close()


@pytest.mark.parametrize("headers", ["\r\n", "no header at all", "Subject: ours\r\n garbage\r\nmore garbage"])
async def test_a_broken_letter_that_stands_is_not_taken_for_one_that_is_gone(
    doorstep: Doorstep, dovecot: Dovecot, headers: str
) -> None:
    """What a server calls the header block of such a letter is not always what we do."""
    door = Counter(doorstep)
    dovecot.deliver(headers.encode() + b"\r\n\r\nwords\r\n\r\nmore words\r\n")

    class Real(Counter):
        async def serve(self, raw: Raw) -> Handled:
            def work(connection: Connection) -> Handled:
                desk = self.step.desk
                visit = Visit(
                    connection, desk, "letter", "", desk.clock.now(), "kk", subjects.visitor(desk, EMAIL, "")
                )
                letterbox.keep(visit, 1, raw.content, raw.received_at, Handled(ASIDE))
                return Handled(ASIDE)

            return await self.step.database.keep(work)

    real = Real(doorstep)
    await once(doorstep, ImapBox(dovecot.host), real)
    await once(doorstep, ImapBox(dovecot.host), door)
    assert len(dovecot.letters("kelisim")) == 1
    await gone(doorstep, (await marks(doorstep))[0])
    await once(doorstep, ImapBox(dovecot.host), door)
    assert dovecot.letters("kelisim") == []


async def test_a_mailbox_that_stays_away_is_told_of_once_and_not_when_it_is_back_soon(
    each_doorstep: Doorstep, caplog: pytest.LogCaptureFixture
) -> None:
    step = each_doorstep
    caplog.set_level(logging.INFO)
    away = Down()
    async with reading(step, away, Counter(step)):
        await until(lambda: away.tries > 3)
        assert await step.courier(EMAIL) == []
        step.later(minutes=9)
        await until(lambda: away.tries > 6)
        assert await step.courier(EMAIL) == []
        step.later(minutes=2)
        tries = away.tries
        await until(lambda: away.tries > tries + 3)
        (told,) = await step.courier(EMAIL)
        assert "the canary is away" in told.body["text"] and told.address == "dana@alit.kz"
        away.back = True
        await until(lambda: away.waits > 0)
        away.back = False
        tries = away.tries
        step.later(minutes=9)
        await until(lambda: away.tries > tries + 3)
        assert await step.courier(EMAIL) == []
    assert caplog.text.count("the mailbox is away: the canary is away") == 2
    assert "the mailbox is connected" in caplog.text


@dataclass
class Down:
    """A mailbox that cannot be reached, and perhaps can."""

    back: bool = False
    hangs: float = 0.0
    tries: int = 0
    waits: int = 0
    name: str = "down"

    def _try(self) -> None:
        self.tries += 1
        time.sleep(self.hangs)
        if not self.back:
            raise Away("the canary is away")

    def open(self, folder: str, state: str, since: datetime) -> None:
        self._try()

    def new(self) -> list[str]:
        self._try()
        return []

    def taken(self) -> list[str]:
        return []

    def headers(self, keys: Collection[str]) -> list[tuple[str, bytes]]:
        return []

    def wait(self, seconds: float) -> bool:
        self.waits += 1
        time.sleep(0.05)
        return False

    def state(self) -> str:
        return ""

    def close(self) -> None:
        pass

    def interrupt(self, *, hard: bool = False) -> None:
        pass

    def read(self, key: str) -> Raw | None:
        raise AssertionError

    def take(self, key: str) -> None:
        raise AssertionError

    pass_over = take

    def expunge(self, keys: Collection[str]) -> None:
        raise AssertionError


@pytest.mark.parametrize("when", ["waiting", "hanging", "in a letter"])
async def test_a_reader_that_is_stopped_ends_within_two_seconds_and_gives_the_lease_back(
    doorstep: Doorstep, post: Post, when: str
) -> None:
    door = Counter(doorstep, slow=30.0 if when == "in a letter" else 0.0)
    down = Down(back=True, hangs=8.0)
    mailbox: Mailbox = down if when == "hanging" else post.open()
    reader = Reader(doorstep.desk, doorstep.database, mailbox, door)
    task = asyncio.create_task(reader.run())
    post.deliver("ours 0")
    await until(lambda: down.tries > 0 if when == "hanging" else bool(door.served))
    await asyncio.sleep(0.5)
    began = time.monotonic()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 2.0
    assert await doorstep.rows("SELECT 1 FROM leases WHERE name = 'mailbox'") == []


async def test_what_is_known_of_the_mailbox_names_nobody(
    doorstep: Doorstep, dovecot: Dovecot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    door = Counter(doorstep)
    dovecot.deliver(letter(THEIRS))
    async with reading(doorstep, ImapBox(dovecot.host), door):
        await until(lambda: len(door.done) == 1)
        await asyncio.sleep(0.2)
    ((name, value),) = await doorstep.rows("SELECT name, value FROM facts WHERE name LIKE 'mailbox %'")
    for told in (name + value, caplog.text, repr(ImapBox(dovecot.host))):
        assert not [
            canary for canary in ("desk@", "127.0.0.1:", "secret", "mail.kz", THEIRS) if canary in told
        ]
