"""Faults provoked on purpose: damaged cells, broken letters of a wire, hostile JSON; no log, no screen and no terminal tells."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection
from tests.attacks.hostile import Victim, victim
from tests.commands.test_cases import ERLAN, beside
from tests.doorstep import Doorstep, Person
from tests.invariants.logbook import listening
from tests.web.conftest import Opened, opened

from kelisim.desk import attachments, cases, files, links
from kelisim.desk.visit import Visit
from kelisim.telegram.bot import open_bot
from kelisim.telegram.updates import loads
from kelisim.telegram.webhook import HEADER, PATH, Webhook, application

__all__ = ["opened"]
SECRET = "s" * 43
Site = TestClient[Any, Any]


@pytest.fixture
async def webhook(each_doorstep: Doorstep) -> AsyncIterator[Site]:
    """The webhook of a doorstep over real HTTP."""
    bot = open_bot("1000000000:trial-token-of-the-sandbox-0000000", "http://127.0.0.1:9")
    hook = Webhook(bot, each_doorstep.door, SECRET)
    async with TestClient(TestServer(application(hook))) as client:
        yield client
    await hook.finish()  # what goes beside an answer finds no Bot API and gives up
    await bot.session.close()


def silent(aigul: Victim, told: str) -> None:
    """Nothing of hers, no number of her chat, no secret of ours stands in a text."""
    found = [canary for canary in (*aigul.canaries, *aigul.numbers[:1], "trial-token") if canary in told]
    assert found == [], told[-2000:]


async def spoil(step: Doorstep, table: str, column: str) -> None:
    """Turn the last byte of every sealed cell of a column."""

    def work(connection: Connection) -> None:
        rows = connection.exec_driver_sql(
            f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL"
        ).all()
        for row in rows:
            damaged = bytes(row[1])[:-1] + bytes([bytes(row[1])[-1] ^ 1])
            marks = "?, ?" if connection.dialect.name == "sqlite" else "%s, %s"
            first, second = marks.split(", ")
            connection.exec_driver_sql(
                f"UPDATE {table} SET {column} = {first} WHERE id = {second}", (damaged, row[0])
            )

    await step.database.keep(work)


CELLS = [
    ("case_messages", "body"), ("cases", "facts"), ("attachments", "name"), ("attachments", "content"),
    ("profile", "value"), ("contacts", "address"), ("viewings", "reason"), ("holds", "reason"), ("subjects", "draft"),
    ("outbox", "body"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "column"), CELLS)
async def test_a_damaged_cell_tells_nobody_what_stands_beside_it(
    doorstep: Doorstep, tmp_path: Path, opened: Opened, table: str, column: str
) -> None:
    """T-STORE-05, T-STORE-09: the chat, the site, the courier, the caretaker and the shell meet it; the log names places only."""
    step = doorstep
    with listening() as log:
        aigul = await victim(step)
        web = await opened(step)
        order = await step.keep(lambda v: cases.begin(v, cases.ACCESS).number, aigul.person)
        link = await step.keep(lambda v: links.make(v, "access", order), aigul.person)
        await spoil(step, table, column)
        mine = next(number for number in aigul.numbers if number.startswith("K-"))
        person = aigul.person
        for act in (
            lambda: person.say("/mydata"), lambda: person.say("/requests"), lambda: person.press(data=f"req1:en::{mine}"),
            lambda: person.press(data="erase:en::"), lambda: person.say("/correct"), lambda: person.say("words"),
        ):  # fmt: skip
            await _parked(step, act)
        browser = await web.browser()
        for answer in (await browser.get(link), await browser.take(link), await browser.take(link, "json")):
            assert answer.status in (200, 404, 500)
            if answer.status == 500:
                silent(aigul, answer.text)
        await step.courier()
        await step.caretaker()
        shell = beside(step, tmp_path / "home")
        told = ""
        for command in (["show", mine, "--reason", "x"], ["file", mine, "--reason", "x"], ["list"]):
            try:
                told += (await shell.case(*command, "--as", ERLAN)).text if command == ["list"] else ""
                if command != ["list"]:
                    await shell.case(*command, "--as", ERLAN)
            except Exception as fault:
                silent(aigul, repr(fault))
        silent(aigul, told.replace(aigul.numbers[0], ""))
        for canary in aigul.canaries:
            assert canary not in log.getvalue()
        assert str(person.id) not in log.getvalue() and link.rpartition("/")[2] not in log.getvalue()


async def _parked(step: Doorstep, act: Any) -> None:
    """A visit that may fail: what it raises is logged as the door does."""
    import logging

    try:
        await act()
    except Exception as fault:
        logging.getLogger("kelisim.telegram").error("update failed", exc_info=fault)


RAW = [
    r'"\ud800"', r'"\udfff lone"', r'"STOP\ud800"', r'"Aigulcanary \ud83d"', r'"\u0000"', '"' + "ﷺ" * 4096 + '"',
    '"' + "a" * 60_000 + '"', "1e400", "NaN", "[]", "{}", "null", "true", '{"a":' * 400 + "1" + "}" * 400,
]  # fmt: skip


def _update(person: Person, number: int, field: str, raw: str) -> bytes:
    message = person.written(text="hello")
    message["chat"] = {**message["chat"], "first_name": "x"}
    update: dict[str, Any] = {"update_id": number, "message": message}
    if field == "first_name":
        message["from"]["first_name"] = "@RAW"
    elif field == "file_name":
        message.pop("text")
        message["document"] = {"file_id": "f", "file_unique_id": "u", "file_name": "@RAW", "file_size": 9}
    elif field == "data":
        update = {"update_id": number, "callback_query": {"id": "1", "from": person.user(), "chat_instance": "1", "data": "@RAW",
                                                          "message": {**message, "from": person.user()}}}  # fmt: skip
    else:
        message[field] = "@RAW"
    return json.dumps(update).replace('"@RAW"', raw).encode()


@pytest.mark.parametrize(
    "field", ["text", "caption", "first_name", "file_name", "data", "via_bot", "reply_to_message"]
)
async def test_hostile_json_over_http_is_answered_once_and_leaves_the_next_update_alone(
    each_doorstep: Doorstep, webhook: Site, field: str
) -> None:
    """T-CHAT-06, T-CHAT-18: lone surrogates, NUL, depth, numbers too large: 200, no word in the log, STOP behind it acts."""
    step = each_doorstep
    with listening() as log:
        dias = await step.person("dias").registers("en")
        step.door.fetch = _fetch
        await dias.say("/ask")
        await dias.press("Ask a question")
        for n, raw in enumerate(RAW):
            answer = await webhook.post(
                PATH, data=_update(dias, 10_000 + n, field, raw), headers={HEADER: SECRET}
            )
            assert answer.status == 200, (raw[:40], answer.status)
        assert "Aigulcanary" not in log.getvalue()
    await dias.say("STOP")
    assert await step.rows("SELECT 1 FROM suppressions") != []
    assert await step.rows("SELECT 1 FROM parked") == []


def test_half_a_character_is_replaced_before_anything_reads_it() -> None:
    """What polling and the webhook parse has no lone surrogate, and a whole emoji stays whole."""
    for told in (
        rb'{"a\uD800": ["x\udfff", {"b": "\ud83d\ude00"}]}',
        r'{"a\uD800": ["x\udfff", {"b": "\ud83d\ude00"}]}',
    ):
        assert loads(told) == {"a?": ["x?", {"b": "😀"}]}


async def test_the_bot_reads_what_it_polls_in_the_same_way() -> None:
    bot = open_bot("1000000000:" + "A" * 35, "http://127.0.0.1:9")
    assert bot.session.json_loads is loads
    await bot.session.close()


async def _fetch(file_id: str) -> bytes:
    return b"%PDF-1.7 x"


async def test_a_file_that_cannot_be_made_says_so_without_words(
    doorstep: Doorstep, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in the middle of a page whose facts are hers: status 500, a page without words, places in the log."""
    aigul = await victim(doorstep)

    def broken(facts: files.Facts) -> bytes:
        raise ValueError(f"Aigulcanary {facts}")

    monkeypatch.setitem(files.MAKERS, "access", files.Maker(files.MAKERS["access"].facts, {"html": broken}))
    with listening() as log:
        web = await opened(doorstep)
        order = await doorstep.keep(lambda v: cases.begin(v, cases.ACCESS).number, aigul.person)
        link = await doorstep.keep(lambda v: links.make(v, "access", order), aigul.person)
        answer = await (await web.browser()).take(link)
        await doorstep.keep(lambda v: files.promise(v, "access", order, order), aigul.person)
        await doorstep.courier("telegram")
    assert answer.status == 500
    silent(aigul, answer.text)
    assert "Aigulcanary" not in log.getvalue()


async def test_a_name_with_half_a_character_is_no_fault_of_the_desk(each_doorstep: Doorstep) -> None:
    """A lone surrogate that reached the desk is not kept half: the whole act is undone."""
    step = each_doorstep
    dias = await step.person("dias").registers("en")

    def work(visit: Visit) -> str:
        return attachments.keep(visit, "a\ud800.pdf", b"%PDF-1.7")

    try:
        await step.keep(work, dias)
    except UnicodeError:
        assert await step.rows("SELECT 1 FROM attachments") == []
    assert (await dias.say("/menu")).text
