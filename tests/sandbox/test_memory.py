"""Memory stays bounded however long the square is used."""

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BufferedInputFile

from kelisim.sandbox import Limits, Sandbox
from kelisim.sandbox.driver import Chat, Town


async def test_the_wire_log_keeps_the_newest_lines(bot: Bot, town: Town) -> None:
    await town.limits(wire=3)
    for _ in range(5):
        await bot.get_me()
    assert [line["seq"] for line in await town.wire()] == [3, 4, 5]
    assert (await town.get("wire"))["calls"] == 5


async def test_old_files_go_first(bot: Bot, town: Town, aigul: Chat) -> None:
    await town.limits(files_bytes=10)
    first = await bot.send_document(aigul.id, BufferedInputFile(b"12345678", "a.txt"))
    second = await bot.send_document(aigul.id, BufferedInputFile(b"12345678", "b.txt"))
    assert first.document is not None and second.document is not None
    await bot.get_file(second.document.file_id)
    with pytest.raises(TelegramBadRequest, match="wrong file_id"):
        await bot.get_file(first.document.file_id)


async def test_old_messages_are_forgotten() -> None:
    async with Sandbox(limits=Limits(messages=2)) as sandbox, Town(sandbox.url) as town:
        chat = await town.chat("dias")
        for word in ("one", "two", "three"):
            await chat.say(word, wait=0)
        assert [one["text"] for one in (await chat.state())["messages"]] == ["two", "three"]


async def test_presses_nobody_answered_are_forgotten_too(
    bot: Bot, sandbox: Sandbox, town: Town, aigul: Chat
) -> None:
    await bot.send_message(aigul.id, "?")
    await town.limits(query_seconds=0)
    for _ in range(5):
        await aigul.press(data="x", wait=0)
    assert len(sandbox.town.queries) == 1
