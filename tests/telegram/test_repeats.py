"""The same update again, updates that fail, and other bots with the same numbers."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import Any

import pytest
from aiogram.types import Update
from sqlalchemy import Connection
from tests.doorstep import BOT, Doorstep, Person

from kelisim.store.database import Busy, Sqlite
from kelisim.telegram import dialogue, messages, screens
from kelisim.telegram.polling import poll
from kelisim.telegram.repeats import TRIES
from kelisim.telegram.visit import Answer, Door

CANARY = "Qanarysova"


def typed(person: Person, words: str) -> dict[str, Any]:
    return {"message": person.written(text=words)}


def pressed(person: Person, data: str) -> dict[str, Any]:
    chat = {"id": person.id, "type": "private"}
    bot = {"id": BOT, "is_bot": True, "first_name": "kelisim"}
    message = {"message_id": 7, "date": 1_800_000_000, "chat": chat, "from": bot, "text": "…"}
    return {
        "callback_query": {
            "id": "1",
            "from": person.user(),
            "chat_instance": "1",
            "data": data,
            "message": message,
        }
    }


async def test_an_update_that_comes_again_gets_its_screen_again_and_no_second_act(
    each_doorstep: Doorstep,
) -> None:
    """T-CHAT-04: the commit was done, the answer was lost."""
    saule = await each_doorstep.person("saule").registers()
    await saule.say("/consent")
    await saule.press("Information: Telegram")
    update = pressed(saule, saule.shown["I agree"])
    first = await saule.send(update, update_id=900_001)
    for _n in range(3):
        again = await saule.send(update, update_id=900_001)
        assert (again.text, again.buttons) == (first.text, first.buttons)
    rows = await each_doorstep.rows("SELECT 1 FROM consent_records WHERE purpose = 'informing-telegram'")
    assert len(rows) == 1


async def test_every_kind_of_act_answers_a_repeat_with_its_own_confirmation(doorstep: Doorstep) -> None:
    """T-CHAT-04."""
    saule = await doorstep.person("saule").registers()
    await saule.gives_email("saule@mail.kz")
    acts = ["wdraw:en::informing-email", "stop:en::all", "resume:en::telegram", "revdo:en::here"]
    for number, data in enumerate(acts):
        first = await saule.send(pressed(saule, data), update_id=910_000 + number)
        counted = await doorstep.rows("SELECT count(*) FROM consent_records")
        again = await saule.send(pressed(saule, data), update_id=910_000 + number)
        assert again.text == first.text
        assert await doorstep.rows("SELECT count(*) FROM consent_records") == counted


async def test_a_repeat_is_answered_in_the_language_it_was_answered_in(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    update = typed(saule, "STOP")
    first = await saule.send(update, update_id=920_000)
    await saule.say("русский")
    assert (await saule.send(update, update_id=920_000)).text == first.text


async def test_numbers_belong_to_one_bot_and_may_fall_or_jump(doorstep: Doorstep) -> None:
    """T-CHAT-05."""
    saule = await doorstep.person("saule").registers()
    await saule.send(typed(saule, "/menu"), update_id=5_000_000)
    another = Door(doorstep.desk, doorstep.database, BOT + 1, "another", doorstep.door.flood)
    doorstep.door, old = another, doorstep.door
    assert "Stopped" in (await saule.send(typed(saule, "STOP"), update_id=5_000_000)).text
    doorstep.door = old
    assert "processing policy" in (await saule.send(typed(saule, "/policy"), update_id=4_000_000)).text


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen of the consents has a bug."""

    def fails(visit: object, ref: str) -> Any:
        raise ZeroDivisionError(CANARY)

    monkeypatch.setitem(screens.VIEWS, "consents", fails)


@pytest.mark.usefixtures("failing")
async def test_an_update_that_keeps_failing_is_parked_after_five_tries_and_the_person_is_told(
    each_doorstep: Doorstep,
) -> None:
    """T-CHAT-06."""
    saule = await each_doorstep.person("saule").registers()
    answers = [await stumble(each_doorstep, saule, "/consent", 930_000) for _n in range(TRIES)]
    assert answers[:-1] == [None] * (TRIES - 1)
    last = answers[-1]
    assert last is not None and last.screen is not None and "failed on our side" in last.screen["text"]
    again = await saule.send(typed(saule, "/consent"), update_id=930_000)
    assert again.text == last.screen["text"]
    assert "Stopped" in (await saule.say("STOP")).text


async def stumble(step: Doorstep, person: Person, words: str, number: int) -> Answer | None:
    """What the door does about an update whose visit fails."""
    update = Update.model_validate({"update_id": number, **typed(person, words)})
    with pytest.raises(ZeroDivisionError):
        await step.door.serve(update)
    return await step.door.failed(update, ZeroDivisionError(CANARY))


@pytest.mark.usefixtures("failing")
async def test_a_parked_update_is_sealed_of_who_agreed_and_nothing_but_its_kind_of_who_did_not(
    doorstep: Doorstep,
) -> None:
    """T-CHAT-07: and nothing of it is kept while it may still pass."""
    saule = await doorstep.person("saule").registers()
    for tries in range(1, TRIES + 1):
        await stumble(doorstep, saule, f"/consent {CANARY}", 940_000)
        row = (await doorstep.rows("SELECT subject_id, body, cause FROM parked"))[0]
        assert (row[0] is None, row[1] is None) == ((True, True) if tries < TRIES else (False, False))
    assert CANARY.encode() not in row[1] and row[2] == "ZeroDivisionError"
    opened = json.loads(doorstep.desk.vault.unseal("parked", "body", 940_000, row[1]))
    assert opened["message"]["text"] == f"/consent {CANARY}"
    stranger = doorstep.person("777")
    update = Update.model_validate({"update_id": 940_001, **typed(stranger, CANARY)})
    for _n in range(TRIES):
        await doorstep.door.failed(update, ValueError(CANARY))
    rows = await doorstep.rows("SELECT kind, subject_id, body FROM parked WHERE key = 940001")
    assert [tuple(row) for row in rows] == [("message", None, None)]


async def test_an_update_that_cannot_even_be_parked_whole_passes_with_its_number(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-CHAT-06: where parking itself stumbles, the number alone is kept, and what comes behind it is served."""
    saule = await doorstep.person("saule").registers()
    update = Update.model_validate({"update_id": 970_000, **typed(saule, CANARY)})

    def stumbles(visit: object, client: object) -> None:
        raise RuntimeError

    answers = []
    with monkeypatch.context() as broken:
        broken.setattr(dialogue, "greet", stumbles)
        for _try in range(TRIES):
            answers.append(await doorstep.door.failed(update, RuntimeError(CANARY)))
    last = answers.pop()
    assert answers == [None] * (TRIES - 1)
    assert last is not None and last.screen is not None and "failed on our side" in last.screen["text"]
    rows = await doorstep.rows("SELECT kind, subject_id, body FROM parked")
    assert [tuple(row) for row in rows] == [("other", None, None)]
    assert "Stopped" in (await saule.say("STOP")).text


@pytest.mark.usefixtures("failing")
async def test_what_is_parked_is_gone_after_seven_days(doorstep: Doorstep) -> None:
    """T-CHAT-07."""
    saule = await doorstep.person("saule").registers()
    for _n in range(TRIES):
        await stumble(doorstep, saule, "/consent", 950_000)
    doorstep.later(days=6, hours=23)
    await doorstep.caretaker()
    assert await doorstep.rows("SELECT 1 FROM parked")
    doorstep.later(hours=2)
    await doorstep.caretaker()
    assert await doorstep.rows("SELECT 1 FROM parked") == []


@pytest.mark.usefixtures("failing")
async def test_polling_passes_a_failing_update_and_serves_the_stop_behind_it(doorstep: Doorstep) -> None:
    """T-CHAT-06: our own polling parks like the webhook."""
    saule = await doorstep.person("saule").registers()
    updates = [
        Update.model_validate({"update_id": 960_000 + n, **typed(saule, words)})
        for n, words in enumerate(("/consent", "STOP"))
    ]
    bot = OneBatch(updates)
    task = asyncio.create_task(poll(bot, doorstep.door))  # type: ignore[arg-type]
    await asyncio.wait_for(bot.asked_again.wait(), 20)
    task.cancel()
    assert bot.offsets[-1] == 960_002
    texts = [call.text for call in bot.sent]
    assert "failed on our side" in texts[0] and "Stopped" in texts[1]


class OneBatch:
    """A Bot API that has these updates and then nothing."""

    def __init__(self, updates: list[Any]) -> None:
        self.updates = updates
        self.offsets: list[int | None] = []
        self.sent: list[Any] = []
        self.asked_again = asyncio.Event()

    async def __call__(self, method: Any, request_timeout: float | None = None) -> Any:
        if type(method).__name__ == "GetUpdates":
            self.offsets.append(method.offset)
            if len(self.offsets) > 1:
                self.asked_again.set()
                await asyncio.sleep(60)
            return self.updates
        self.sent.append(method)
        return True


async def test_when_the_shared_commit_fails_no_answer_leaves_and_the_next_visit_is_fine(
    doorstep: Doorstep,
) -> None:
    """T-STORE-15: nothing was kept, so nothing is said; the repeat does it."""
    saule = await doorstep.person("saule").registers()
    database = doorstep.database
    assert isinstance(database, Sqlite)
    real = database._driver

    class Fails:
        def commit(self) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    database._driver = Fails()  # type: ignore[assignment]
    with pytest.raises(sqlite3.OperationalError):
        await saule.send(typed(saule, "STOP"), update_id=970_000)
    database._driver = real
    assert await doorstep.rows("SELECT 1 FROM suppressions") == []
    assert "Stopped" in (await saule.send(typed(saule, "STOP"), update_id=970_000)).text


async def test_a_bug_after_the_act_undoes_the_act(
    each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Returning commits, raising rolls back: a confirmation that cannot be made leaves nothing to confirm."""
    saule = await each_doorstep.person("saule").registers()
    monkeypatch.setitem(screens.VIEWS, "stop", lambda visit, ref: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await saule.say("STOP")
    monkeypatch.setitem(screens.VIEWS, "stop", messages.stopped)
    assert await each_doorstep.rows("SELECT 1 FROM suppressions") == []
    assert "Stopped" in (await saule.say("STOP")).text


async def test_too_many_waiting_is_not_counted_as_a_failure_of_the_update(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    saule = await doorstep.person("saule").registers()

    async def busy(work: Any, turn: int | None = None) -> Any:
        raise Busy

    monkeypatch.setattr(doorstep.database, "keep", busy)
    with pytest.raises(Busy):
        await saule.say("STOP")
    monkeypatch.undo()
    assert await doorstep.rows("SELECT 1 FROM parked") == []


async def test_an_update_is_kept_once_even_when_it_comes_twice_at_once(each_doorstep: Doorstep) -> None:
    """I6."""
    saule = await each_doorstep.person("saule").registers()
    await saule.say("/consent")
    await saule.press("Information: Telegram")
    update = pressed(saule, saule.shown["I agree"])
    await asyncio.gather(*(each_doorstep.feed(update, 980_000) for _n in range(10)))
    rows = await each_doorstep.rows("SELECT 1 FROM consent_records WHERE purpose = 'informing-telegram'")
    assert len(rows) == 1


async def test_seen_numbers_are_forgotten_after_seven_days(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await saule.say("/menu")

    def count(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT count(*) FROM seen").scalar_one())

    before = await doorstep.database.look(count)
    doorstep.later(days=6, hours=23)
    await doorstep.caretaker()
    assert await doorstep.database.look(count) == before
    doorstep.later(hours=2)
    await doorstep.caretaker()
    assert await doorstep.database.look(count) == 0
