"""`kelisim migrate` and `kelisim serve` by environment variables alone, as an administrator runs them."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import administer, database_of
from tests.journeys.program import Demo, run
from tests.ordeals.process import Serve, environment, free_port
from typer.testing import CliRunner

from kelisim.commands import cli
from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Chat, Town
from kelisim.settings import Settings

COMMANDS = {
    "demo": "on one page",
    "serve": "until a signal",
    "migrate": "safe to run again",
    "check": "everything that is missing",
    "keys": "apart from the data",
    "rotate": "while nothing serves",
    "retention": "change nothing",
    "letters": "The people are invented",
    "import": "the same file twice changes nothing",
}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def empty_postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL database in which there is nothing yet."""
    server, _template = request.getfixturevalue("postgres_template")
    name = f"kelisim_{uuid.uuid4().hex[:12]}"
    asyncio.run(administer(server, f"CREATE DATABASE {name}"))
    yield database_of(server, name)
    asyncio.run(administer(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def empty_store(request: pytest.FixtureRequest, home: Path) -> str:
    """The address of a store that nobody has migrated."""
    if request.param == "sqlite":
        return f"sqlite:///{home / 'kelisim.db'}"
    return str(request.getfixturevalue("empty_postgres"))


@pytest.mark.parametrize(
    ("updates", "empty_store"),
    [
        ("polling", "sqlite"),
        ("webhook", "sqlite"),
        pytest.param("polling", "postgres", marks=pytest.mark.postgres),
        pytest.param("webhook", "postgres", marks=pytest.mark.postgres),
    ],
    indirect=["empty_store"],
)
async def test_the_variables_alone_make_a_desk_that_serves_a_person(
    updates: str, empty_store: str, sandbox: Sandbox, home: Path
) -> None:
    given = environment(sandbox, home, empty_store, updates)
    migrated = await run("migrate", **given)
    assert migrated.status == 0 and "schema" in migrated.said, migrated.said
    serve = Serve(given, home)
    try:
        await serve.start()
        async with Town(sandbox.url, timeout=20) as town:
            await town.ready()
            said = await serve_one_person(town)
        assert await serve.stop(seconds=10) == 0
        assert [words for words in said if words in serve.log()] == []
    finally:
        await serve.close()
    acts = await written(empty_store, "SELECT act, purpose FROM consent_records ORDER BY id")
    assert acts == [("given", "desk"), ("given", "informing-email"), ("stopped", "all")]


async def serve_one_person(town: Town) -> list[str]:
    """Saule enters, proves her mailbox, agrees to letters and stops them; returns what no log may hold."""
    chat = await town.chat("saule")
    await chat.say("/start")
    await chat.until("Which language")
    for label, told in (
        ("English", "Until you agree we keep nothing"),
        ("I am 18 or over", "Consent: Requests through this bot"),
        ("I agree", "Purpose: Requests through this bot. Last day"),
        ("Menu", "To stop all messages"),
        ("My consents", "Information: e-mail: not given"),
        ("Information: e-mail", "Consent: Information: e-mail"),
        ("I agree", "in one line"),
    ):
        await press(chat, label, told)
    await chat.until(lambda message: message.document is not None)  # the receipt, whenever it comes
    await chat.say("Akhmetova Saule")
    await chat.until("Is everything correct?")
    await press(chat, "Yes, correct", "Please write your e-mail address")
    await chat.say("saule@mail.kz")
    code = await code_from(town, "saule@mail.kz")
    await chat.say(code)
    await chat.until("Telegram's own contact")
    await press(chat, "Without a phone", "Purpose: Information: e-mail. Last day")
    await chat.say("STOP")
    await chat.until("No more messages by any channel")
    return ["Akhmetova", "Saule", "saule@mail.kz", code, str(chat.id)]


async def press(chat: Chat, label: str, told: str) -> None:
    """Press, and wait for the screen that says so, whatever else comes with it."""
    await chat.press(label)
    await chat.until(told)


async def code_from(town: Town, mailbox: str) -> str:
    """The code in the first letter to a mailbox, waiting for it."""
    for _ in range(400):
        for letter in await town.letters(mailbox):
            assert letter["from"].startswith("KazGer LLP"), "the sender's name is in another language"
            if found := re.search(r"\d{6}", letter["text"]):
                return found[0]
        await asyncio.sleep(0.05)
    raise AssertionError("no letter came")


async def written(url: str, query: str) -> list[tuple[str, ...]]:
    """What stands in the store."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            return [tuple(row) for row in connection.execute(query)]
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = [tuple(row) for row in await connection.execute(text(query))]
    await engine.dispose()
    return found


@pytest.mark.parametrize("updates", ["polling", "webhook"])
@pytest.mark.parametrize("command", ["serve", "migrate", "check"])
def test_production_says_all_that_is_missing_at_once_and_writes_nothing(
    command: str, updates: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in Settings.variables():
        monkeypatch.delenv(variable.name, raising=False)
        monkeypatch.delenv(f"{variable.name}_FILE", raising=False)
    monkeypatch.setenv("KELISIM_HOME", str(home))
    monkeypatch.setenv("KELISIM_UPDATES", updates)
    ended = CliRunner().invoke(cli, [command])
    needed = {one.name for one in Settings.variables() if one.required_when in ("production", updates)}
    assert needed >= {
        "KELISIM_TOKEN",
        "KELISIM_KEY",
        "KELISIM_LOOKUP_KEY",
        "KELISIM_OPERATOR",
        "KELISIM_SMTP",
    }
    assert ("KELISIM_URL" in needed) == (updates == "webhook")
    assert (ended.exit_code, needed - set(re.findall(r"KELISIM_[A-Z_]+", ended.output))) == (1, set())
    assert list(home.iterdir()) == []


async def test_a_store_that_was_not_migrated_is_refused_with_the_way_out(
    sandbox: Sandbox, home: Path
) -> None:
    ended = await run("serve", **environment(sandbox, home, f"sqlite:///{home / 'kelisim.db'}", "polling"))
    assert ended.status == 1 and "`kelisim migrate`" in ended.said and "Traceback" not in ended.said, (
        ended.said
    )


async def test_a_second_process_on_the_same_file_is_refused_and_the_first_goes_on(
    sandbox: Sandbox, home: Path, sqlite_url: str
) -> None:
    given = environment(sandbox, home, sqlite_url, "polling")
    serve = Serve(given, home)
    try:
        await serve.start()
        ended = await run("serve", **given)
        assert ended.status == 1 and ended.said.count("\n") == 1, ended.said
        async with Town(sandbox.url, timeout=20) as town:
            await town.ready()
            assert (await (await town.chat("dias")).say("/start"))[-1].rows
        assert await serve.stop(seconds=10) == 0
    finally:
        await serve.close()


async def test_the_demo_honours_the_database_and_leaves_its_folder(tmp_path: Path) -> None:
    database = tmp_path / "elsewhere" / "store.db"
    database.parent.mkdir()
    async with Demo(tmp_path / "demo", KELISIM_DATABASE=f"sqlite:///{database}") as demo:
        async with Town(demo.link, timeout=20) as town:
            await town.ready()
            assert (await (await town.chat("aigul")).say("/start"))[-1].rows
        status, said = await demo.interrupt()
    assert status == 0 and "Traceback" not in said and said.count("\n") == 6, said
    assert {"trial-sealing.key", "trial-lookup.key"} <= {file.name for file in demo.folder.iterdir()}
    assert not (demo.folder / "kelisim.db").exists()
    assert await written(
        f"sqlite:///{database}", "SELECT DISTINCT name FROM documents WHERE name = 'desk'"
    ) == [("desk",)]


async def test_a_taken_port_is_one_sentence(tmp_path: Path, sandbox: Sandbox) -> None:
    ended = await run(
        "demo", "--home", str(tmp_path / "demo"), "--port", str(sandbox.port), HOME=str(tmp_path)
    )
    assert ended.status == 1 and str(sandbox.port) in ended.said and "Traceback" not in ended.said, ended.said


@pytest.mark.parametrize("command", ["migrate", "check", "rotate"])
@pytest.mark.parametrize(
    "store", ["postgresql://desk:canary-password@127.0.0.1:{port}/desk", "sqlite:////proc/no/desk.db"]
)
def test_a_store_that_does_not_answer_is_one_sentence(
    command: str, store: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KELISIM_BOT_API", "http://127.0.0.1:1")
    monkeypatch.setenv("KELISIM_HOME", str(home))
    monkeypatch.setenv("KELISIM_DATABASE", store.format(port=free_port()))
    ended = CliRunner().invoke(cli, [command])
    assert (ended.exit_code, type(ended.exception)) == (1, SystemExit), ended.output
    assert re.search("does not answer|No such file", ended.output), ended.output
    assert "canary-password" not in ended.output


async def test_a_webhook_on_a_taken_port_is_one_sentence(
    sandbox: Sandbox, home: Path, sqlite_url: str
) -> None:
    given = environment(sandbox, home, sqlite_url, "webhook")
    ended = await run("serve", **given | {"KELISIM_LISTEN": f"127.0.0.1:{sandbox.port}"})
    assert ended.status == 1 and ended.said.count("\n") == 1, ended.said
    assert f"127.0.0.1:{sandbox.port}: Address already in use" in ended.said


def test_help_names_every_command_and_how_to_begin() -> None:
    ended = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(cli, ["--help"])
    assert ended.exit_code == 0
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", ended.output)] == []
    assert "kelisim demo" in ended.output and "README" in ended.output


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_teaches(command: str) -> None:
    ended = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(cli, [command, "--help"])
    assert ended.exit_code == 0 and COMMANDS[command] in ended.output, ended.output


def test_no_command_is_left_without_its_test() -> None:
    assert {one.name or one.callback.__name__ for one in cli.registered_commands if one.callback} == set(
        COMMANDS
    )
