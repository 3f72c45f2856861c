"""Logs know numbers, not people: no line of any level, of ours or a library's, holds what was told."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import pytest
from aiogram.types import Update
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from tests.doorstep import Doorstep

from kelisim import logs

CANARY = "Qanarysova"
TOKEN = "bot1000000000:trial-token-of-the-sandbox-0000000"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process of ours writes to standard error."""
    root = logging.getLogger()
    handlers, level, ours = root.handlers[:], root.level, logging.getLogger("kelisim").level
    root.handlers.clear()  # else setting up would close those of pytest
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    logs.set_up()
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("kelisim").setLevel(ours)


def raises(inner: str) -> None:
    secret = {"name": inner}  # a local that a chatty traceback would print
    raise ValueError(f"could not read {secret['name']}")


def test_a_traceback_keeps_its_places_and_loses_its_sentences(lines: io.StringIO) -> None:
    """T-STORE-09."""
    try:
        try:
            raises(CANARY)
        except ValueError as fault:
            raise RuntimeError(CANARY) from fault
    except RuntimeError:
        logging.getLogger("kelisim.telegram").exception("update 7 failed")
    told = lines.getvalue()
    assert "update 7 failed" in told and "RuntimeError" in told and "test_logs.py" in told
    assert CANARY not in told


def test_a_library_says_where_and_not_what(lines: io.StringIO) -> None:
    """T-STORE-09."""
    for name in ("aiogram.event", "sqlalchemy.engine", "asyncio", "aiohttp.access", "kelisimx"):
        logging.getLogger(name).error("could not send %s to %s", CANARY, TOKEN)
    try:
        raises(CANARY)
    except ValueError:
        logging.getLogger("asyncio").error("Task exception was never retrieved %s", CANARY, exc_info=True)
    told = lines.getvalue()
    assert told.count("test_logs.py") >= 5
    assert CANARY not in told and "trial-token" not in told


def test_a_token_is_redacted_wherever_it_stands(lines: io.StringIO) -> None:
    """T-STORE-09."""
    logging.getLogger("kelisim").error("asked https://api.telegram.org/%s/getMe and /file/%s/x", TOKEN, TOKEN)
    told = lines.getvalue()
    assert "trial-token" not in told and told.count("bot…") == 2


def test_what_nobody_caught_ends_as_places_too(lines: io.StringIO) -> None:
    """T-STORE-09."""
    try:
        raises(CANARY)
    except ValueError:
        sys.excepthook(*sys.exc_info())
    told = lines.getvalue()
    assert "stopped" in told and "ValueError" in told and CANARY not in told


def test_a_line_that_cannot_be_written_is_not_written_elsewhere_with_its_values(lines: io.StringIO) -> None:
    """T-STORE-09: the standard library would print the arguments and the fault at hand."""
    try:
        raises(CANARY)
    except ValueError:
        logging.getLogger("kelisim").error("%d", CANARY)
    assert CANARY not in lines.getvalue()


async def test_a_fault_of_the_database_does_not_quote_values(
    each_doorstep: Doorstep, lines: io.StringIO
) -> None:
    """T-STORE-09: parameters are hidden, and DETAIL of PostgreSQL stays out of the log."""

    def twice(connection: Connection) -> None:
        for _n in range(2):
            connection.execute(text("INSERT INTO facts (name, value) VALUES (:n, 'x')"), {"n": CANARY})

    with pytest.raises(SQLAlchemyError) as fault:
        await each_doorstep.database.keep(twice)
    if each_doorstep.url.startswith("sqlite"):
        assert CANARY not in str(fault.value)
    logging.getLogger("kelisim").error("failed", exc_info=fault.value)
    assert CANARY not in lines.getvalue()


async def test_a_failing_update_leaves_its_number_and_kind_in_the_log(
    doorstep: Doorstep, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-STORE-09."""
    saule = await doorstep.person("saule").registers()
    message = saule.written(text=CANARY)
    update = Update.model_validate({"update_id": 77, "message": message})
    for _n in range(5):
        await doorstep.door.failed(update, ValueError(CANARY))
    told = lines.getvalue()
    assert "update 77 failed: ValueError" in told and "parked as F-" in told
    assert CANARY not in told and str(saule.id) not in told
