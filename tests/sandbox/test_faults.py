"""What goes wrong on the way, when a test says so."""

import asyncio

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramForbiddenError, TelegramNetworkError, TelegramServerError

from kelisim.sandbox.driver import Chat, Town


async def test_an_outage_cuts_every_call_and_the_held_poll_then_ends(
    bot: Bot, town: Town, aigul: Chat
) -> None:
    poll = asyncio.create_task(bot.get_updates(offset=2**31 - 1, timeout=20))
    await asyncio.sleep(0.05)
    await town.faults(outage=True)
    for call in (poll, bot.get_me(), bot.send_message(aigul.id, "x")):
        with pytest.raises(TelegramNetworkError):
            await call
    await town.faults()
    await bot.send_message(aigul.id, "x")
    assert [one.text for one in await aigul.messages()] == ["x"]


async def test_a_server_error_does_nothing_and_a_lost_answer_did_it(
    bot: Bot, town: Town, aigul: Chat
) -> None:
    await town.faults(errors=1.0)
    with pytest.raises(TelegramServerError):
        await bot.send_message(aigul.id, "undone")
    await town.faults(cuts=1.0)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(aigul.id, "undone")
    await town.faults(lost=1.0)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(aigul.id, "done")
    assert [one.text for one in await aigul.messages()] == ["done"]
    assert [line["answer"] is None for line in await town.wire("sendMessage")] == [False, True, True]


async def test_a_planned_failure_hits_its_call_and_no_other(bot: Bot, town: Town, aigul: Chat) -> None:
    plan = {"method": "sendMessage", "chat_id": aigul.id, "code": 403, "description": "Forbidden: by plan"}
    await town.faults(planned=[plan])
    await bot.get_me()
    with pytest.raises(TelegramForbiddenError, match="by plan"):
        await bot.send_message(aigul.id, "x")
    await bot.send_message(aigul.id, "x")


async def test_latency_is_felt(bot: Bot, town: Town) -> None:
    await town.faults(latency_ms=120)
    began = asyncio.get_running_loop().time()
    await bot.get_me()
    assert asyncio.get_running_loop().time() - began >= 0.12


async def test_reset_empties_the_square(bot: Bot, town: Town, aigul: Chat) -> None:
    await town.faults(latency_ms=1)
    await bot.send_message(aigul.id, "x")
    await town.reset()
    assert await aigul.messages() == [] and await town.wire() == []
    assert await bot.get_updates() == []
