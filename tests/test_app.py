"""The house: what it refuses to be built from, and what it reads again while it stands."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, text

from kelisim import app, opening, upkeep
from kelisim.app import House
from kelisim.desk import cases, deadlines, handoffs, subjects
from kelisim.desk import operator as operators
from kelisim.desk.operator import OperatorFaults
from kelisim.desk.visit import Visit
from kelisim.opening import CannotServe
from kelisim.sandbox import Sandbox
from kelisim.settings import Settings
from kelisim.store.database import open_database
from kelisim.store.lock import Taken
from kelisim.store.models import Lease
from kelisim.texts import LOCALES_FOLDER

TOKEN = "1000000000:trial-token-of-the-sandbox-0000000"
KEYS = [base64.b64encode(bytes(range(n, n + 32))).decode() for n in (1, 50, 100, 150)]


def trial(url: str, home: Path, **more: str) -> Settings:
    given = {
        "KELISIM_BOT_API": "http://127.0.0.1:9",
        "KELISIM_DATABASE": url,
        "KELISIM_HOME": str(home),
        "HOME": str(home),
    }
    return Settings.read(given | more)


def sample(folder: Path, *changes: tuple[str, str]) -> Path:
    """The operator's sample file with pieces replaced."""
    words = operators.sample()
    for old, new in changes:
        assert old in words, old
        words = words.replace(old, new)
    path = folder / "operator.toml"
    path.write_text(words, encoding="utf-8")
    return path


async def opens(settings: Settings) -> None:
    async with app.open_house(settings):
        pass


async def test_a_trial_opens_with_nothing_but_a_store_and_opens_again(store_url: str, tmp_path: Path) -> None:
    settings = trial(store_url, tmp_path)
    async with app.open_house(settings) as house:
        assert house.desk.trial and house.desk.operator.bin == operators.SAMPLE_BIN
        assert house.door.source == "telegram 1000000000"
    await opens(settings)


async def test_production_refuses_an_operator_file_that_lacks_what_the_law_wants(
    sqlite_url: str, tmp_path: Path
) -> None:
    path = sample(tmp_path)
    settings = Settings.read(
        {
            "KELISIM_TOKEN": TOKEN, "KELISIM_KEY": f"1:{KEYS[0]}", "KELISIM_LOOKUP_KEY": KEYS[1], "HOME": str(tmp_path),
            "KELISIM_OPERATOR": str(path), "KELISIM_SMTP": "smtps://post.example:465", "KELISIM_DATABASE": sqlite_url,
            "KELISIM_HOME": str(tmp_path / "home"),
        }
    )  # fmt: skip
    with pytest.raises(CannotServe) as refused:
        opening.open_desk(settings)
    assert all(item in str(refused.value) for item in ("bin:", "responsible:", "storage_place:"))


async def test_a_faulty_operator_file_is_refused_with_every_fault(sqlite_url: str, tmp_path: Path) -> None:
    path = sample(tmp_path, ('bin = "000000000000"', 'bin = "1"\nsurprise = 1'))
    with pytest.raises(OperatorFaults) as refused:
        await opens(trial(sqlite_url, tmp_path, KELISIM_OPERATOR=str(path)))
    assert len(refused.value.faults) >= 2


MAILBOX = 'mailbox = "info@alit.kz"'


@pytest.mark.parametrize("how", ["operator file", "document"])
async def test_a_text_changed_under_the_same_version_is_refused_and_named(
    store_url: str, tmp_path: Path, how: str
) -> None:
    """T-ADMIN-01, T-LAW-05: "just a typo" in a text, or another value that it quotes."""
    await opens(trial(store_url, tmp_path))
    if how == "document":
        source = (LOCALES_FOLDER / "ru" / "documents" / "desk-1.md").read_text("utf-8")
        mine = tmp_path / "documents" / "ru" / "desk-1.md"
        mine.parent.mkdir(parents=True)
        mine.write_text(source + "\nИсправленная опечатка.\n", "utf-8")
        changed = trial(store_url, tmp_path)
    else:
        changed = trial(
            store_url,
            tmp_path,
            KELISIM_OPERATOR=str(sample(tmp_path, (MAILBOX, 'mailbox = "other@alit.kz"'))),
        )
    with pytest.raises(CannotServe) as refused:
        await opens(changed)
    assert "was published with another text" in str(refused.value) and "desk 1.1 (ru)" in str(refused.value)
    if how == "document":
        mine.unlink()
        mine.parent.rmdir()
    await opens(trial(store_url, tmp_path))


async def test_a_raised_edition_is_taken_and_the_old_text_stays_in_the_store(
    store_url: str, tmp_path: Path
) -> None:
    await opens(trial(store_url, tmp_path))
    path = sample(tmp_path, (MAILBOX, 'mailbox = "other@alit.kz"'), ("edition = 1", "edition = 2"))
    async with app.open_house(trial(store_url, tmp_path, KELISIM_OPERATOR=str(path))) as house:

        def versions(connection: Connection) -> list[str]:
            found = connection.execute(
                text("SELECT version FROM documents WHERE name = 'desk' AND locale = 'ru'")
            )
            return sorted(found.scalars())

        assert await house.database.look(versions) == ["1.1", "1.2"]


async def test_other_keys_are_refused(store_url: str, tmp_path: Path) -> None:
    """T-STORE-08."""
    first = {"KELISIM_KEY": f"1:{KEYS[0]}", "KELISIM_LOOKUP_KEY": KEYS[1]}
    await opens(trial(store_url, tmp_path, **first))
    with pytest.raises(CannotServe) as refused:
        await opens(trial(store_url, tmp_path, KELISIM_KEY=f"1:{KEYS[2]}", KELISIM_LOOKUP_KEY=KEYS[3]))
    assert "key 1 is not" in str(refused.value) and "lookup is not" in str(refused.value)
    with pytest.raises(CannotServe):
        await opens(trial(store_url, tmp_path / "a new home"))  # keys of its own
    await opens(trial(store_url, tmp_path, **first))


async def test_keys_are_rotated_by_the_command_and_old_sealing_keys_may_then_go(
    store_url: str, tmp_path: Path
) -> None:
    """T-STORE-07."""
    await opens(trial(store_url, tmp_path, KELISIM_KEY=f"1:{KEYS[0]}", KELISIM_LOOKUP_KEY=KEYS[1]))
    both = trial(
        store_url, tmp_path, KELISIM_KEY=f"2:{KEYS[2]},1:{KEYS[0]}", KELISIM_LOOKUP_KEY=f"{KEYS[3]},{KEYS[1]}"
    )
    with pytest.raises(CannotServe, match="kelisim rotate"):
        await opens(both)
    await upkeep.rotate(both)
    await opens(both)
    newest = trial(store_url, tmp_path, KELISIM_KEY=f"2:{KEYS[2]}", KELISIM_LOOKUP_KEY=f"{KEYS[3]},{KEYS[1]}")
    await opens(newest)
    assert await upkeep.rotate(newest) == (0, 0)
    with pytest.raises(CannotServe, match="lookup is not"):
        await upkeep.rotate(
            trial(store_url, tmp_path, KELISIM_KEY=f"2:{KEYS[2]}", KELISIM_LOOKUP_KEY=KEYS[3])
        )


async def test_keys_are_not_rotated_under_those_who_serve(
    sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    settings = trial(sqlite_url, tmp_path)
    async with app.open_house(settings):
        with pytest.raises(Taken):
            await upkeep.rotate(settings)
    other = trial(postgres_url, tmp_path / "other")
    async with app.open_house(other) as house:
        now = house.desk.clock.now()
        values = {"name": "caretaker", "token": "t", "until": now.replace(year=now.year + 1)}
        await house.database.keep(lambda connection: connection.execute(insert(Lease), values))
    with pytest.raises(CannotServe, match="within the last minute"):
        await upkeep.rotate(other)


@pytest.mark.parametrize(("version", "told"), [("0000", "newer"), ("9999", "newer"), (None, "older")])
async def test_a_store_of_another_schema_is_refused(
    store_url: str, tmp_path: Path, version: str | None, told: str
) -> None:
    database = open_database(store_url)

    def change(connection: Connection) -> None:
        connection.execute(text("DELETE FROM alembic_version"))
        if version is not None:
            connection.execute(text("INSERT INTO alembic_version VALUES (:v)"), {"v": version})

    await database.keep(change)
    await database.close()
    with pytest.raises(CannotServe, match=f"{told} schema"):
        await opens(trial(store_url, tmp_path))


async def test_a_second_house_on_one_file_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    """T-ADMIN-07."""
    settings = trial(sqlite_url, tmp_path)
    async with app.open_house(settings):
        with pytest.raises(Taken, match=f"process {os.getpid()}"):
            await opens(settings)
    await opens(settings)


async def test_a_machine_that_thinks_almaty_is_elsewhere_is_refused(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-ADMIN-02: time zone data older than 2024a say UTC+6."""

    def old(at: object) -> None:
        raise deadlines.WrongZone("Almaty is UTC+6 here")

    monkeypatch.setattr(opening, "assert_zone", old)
    with pytest.raises(CannotServe, match="UTC\\+6"):
        await opens(trial(sqlite_url, tmp_path))


@contextlib.asynccontextmanager
async def rereading(settings: Settings) -> AsyncIterator[House]:
    async with app.open_house(settings) as house:
        task = asyncio.create_task(app._reread(house))
        await asyncio.sleep(0.02)
        yield house
        assert not task.done(), "the loop that reads the operator file has ended"
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(true: object) -> None:
    assert callable(true)
    for _n in range(100):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came true")


def touched(path: Path, words: str, later: int) -> None:
    path.write_text(words, encoding="utf-8")
    os.utime(path, ns=(later * 10**9, later * 10**9))


async def test_the_operator_file_is_read_again_when_it_changed_and_a_faulty_one_is_refused(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "REREAD", 0.03)
    path = sample(tmp_path)
    words = path.read_text("utf-8")
    async with rereading(trial(store_url, tmp_path, KELISIM_OPERATOR=str(path))) as house:
        before = house.desk.operator
        for number, faulty in enumerate(("not toml [", words.replace(MAILBOX, 'mailbox = "other@alit.kz"'))):
            caplog.clear()
            touched(path, faulty, 2_000_000_000 + number)
            await until(lambda: "refused, the old one stays" in caplog.text)
            assert house.desk.operator is before
        path.unlink()  # as an editor does for a moment
        await asyncio.sleep(0.1)
        assert house.desk.operator is before
        good = words.replace(MAILBOX, 'mailbox = "other@alit.kz"').replace("edition = 1", "edition = 2")
        touched(path, good, 2_000_000_010)
        await until(lambda: house.desk.operator.mailbox == "other@alit.kz")
        assert house.desk.shelf.current("desk", "en").version == "1.2"


async def test_a_store_that_is_away_does_not_end_the_reading(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "REREAD", 0.03)
    path = sample(tmp_path)
    good = path.read_text("utf-8").replace("letters_per_second = 10", "letters_per_second = 7")
    async with rereading(trial(sqlite_url, tmp_path, KELISIM_OPERATOR=str(path))) as house:
        keep, away = house.database.keep, True

        async def sometimes(work: object, turn: int | None = None) -> object:
            if away:
                raise OSError("away")
            return await keep(work, turn)  # type: ignore[arg-type]

        monkeypatch.setattr(house.database, "keep", sometimes)
        touched(path, good, 2_000_000_000)
        await asyncio.sleep(0.1)
        assert house.desk.operator.mail.letters_per_second == 10
        away = False
        await until(lambda: house.desk.operator.mail.letters_per_second == 7)


async def test_a_signal_reads_it_at_once(sqlite_url: str, tmp_path: Path) -> None:
    path = sample(tmp_path)
    async with rereading(trial(sqlite_url, tmp_path, KELISIM_OPERATOR=str(path))) as house:
        before = house.desk.operator
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: house.desk.operator is not before)


ERLAN = (
    '[[staff]]\nname = "Erlan Akhmetov (sample)"\naddress = "erlan@alit.kz"\nrole = "staff"\nlocale = "kk"\n'
    'deputy = "gulnar@alit.kz"\n'
)


async def test_at_reload_the_cases_of_who_left_go_to_those_who_are_there(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-STAFF-02: while it serves, and what happened while it did not serve at the next start."""
    monkeypatch.setattr(app, "REREAD", 0.03)
    path = sample(tmp_path)
    settings = trial(sqlite_url, tmp_path, KELISIM_OPERATOR=str(path))
    without = path.read_text("utf-8").replace(ERLAN, "").replace('"erlan@alit.kz"', '"dana@alit.kz"')

    def begin(house: House, connection: Connection) -> str:
        visitor = subjects.visitor(house.desk, "telegram", "5001")
        visit = Visit(connection, house.desk, "telegram", "1", house.desk.clock.now(), "kk", visitor)
        subjects.recognise(visit) or subjects.welcome(visit, "kk")
        return handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="?")).assignee

    async def assignees(house: House) -> set[str]:
        rows = await house.database.look(
            lambda connection: connection.execute(text("SELECT assignee FROM cases")).all()
        )
        return {row[0] for row in rows}

    async with rereading(settings) as house:
        assert await house.database.keep(partial(begin, house)) == "erlan@alit.kz"
        touched(path, without, 2_000_000_000)
        await until(lambda: len(house.desk.operator.staff) == 2)
        for _look in range(100):
            if await assignees(house) == {"gulnar@alit.kz"}:
                break
            await asyncio.sleep(0.02)
        assert await assignees(house) == {"gulnar@alit.kz"}
    touched(path, operators.sample(), 2_000_000_001)
    async with app.open_house(settings) as house:
        await house.database.keep(partial(begin, house))
    touched(path, without, 2_000_000_002)
    async with app.open_house(settings) as house:
        assert await assignees(house) == {"gulnar@alit.kz"}


async def test_a_webhook_somebody_else_set_is_set_back_and_told(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-CAST-11: whoever holds the token could read what people write; the responsible person hears of it."""
    monkeypatch.setattr(app, "COMPARED", 0.05)
    ours, theirs = "http://127.0.0.1:1/telegram", "http://127.0.0.1:2/stolen"
    async with Sandbox() as sandbox:
        more = {
            "KELISIM_BOT_API": sandbox.url,
            "KELISIM_UPDATES": "webhook",
            "KELISIM_WEBHOOK_SECRET": "s" * 43,
            "KELISIM_URL": "http://127.0.0.1:1",
        }
        async with app.open_house(trial(store_url, tmp_path, KELISIM_TOKEN=sandbox.token, **more)) as house:
            guard = asyncio.create_task(app._set_webhook(house, ours))

            async def standing() -> str:
                return (await house.bot.get_webhook_info()).url

            async def alarms() -> int:
                return await house.database.look(
                    lambda c: c.execute(text("SELECT count(*) FROM outbox WHERE kind = 'alarm'")).scalar_one()
                )

            async with asyncio.timeout(10):
                while await standing() != ours:
                    await asyncio.sleep(0.02)
                await asyncio.sleep(0.2)
                assert await alarms() == 0
                await house.bot.set_webhook(theirs)
                while await standing() != ours or not await alarms():
                    await asyncio.sleep(0.02)
            guard.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await guard


async def test_three_that_begin_at_the_same_moment_all_serve(postgres_url: str, tmp_path: Path) -> None:
    """Replicas begin together: whoever publishes the documents and notes the keys first, the others find them there."""

    async def begins(number: int) -> None:
        home = tmp_path / str(number)
        home.mkdir()
        keys = {"KELISIM_KEY": f"1:{KEYS[0]}", "KELISIM_LOOKUP_KEY": KEYS[1]}
        async with app.open_house(trial(postgres_url, home, **keys)):
            await asyncio.sleep(0.2)

    await asyncio.gather(*(begins(number) for number in range(3)))
