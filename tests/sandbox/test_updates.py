"""Updates: held polls, the webhook, and what reaches a bot at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError
from aiogram.methods import SendMessage
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Chat, NoAnswer, Town
from kelisim.sandbox.samples import KINDS

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[str]:
    """A webhook of our own on a free port."""
    app = web.Application()
    app.router.add_post("/hook", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


async def test_a_poll_is_held_until_something_happens(bot: Bot, aigul: Chat) -> None:
    first = (await bot.get_updates())[-1]
    poll = asyncio.create_task(bot.get_updates(offset=first.update_id + 1, timeout=20))
    await asyncio.sleep(0.05)
    assert not poll.done()
    await aigul.say("сәлем", wait=0)
    (update,) = await asyncio.wait_for(poll, 2)
    assert update.update_id == first.update_id + 1
    assert update.message is not None and update.message.text == "сәлем"


async def test_a_poll_without_news_ends_empty_in_its_time(bot: Bot) -> None:
    began = asyncio.get_running_loop().time()
    assert await bot.get_updates(timeout=1) == []
    assert 0.9 < asyncio.get_running_loop().time() - began < 2


async def test_updates_come_again_until_the_offset_confirms_them(bot: Bot, aigul: Chat) -> None:
    await aigul.say("two", wait=0)
    first, second = await bot.get_updates()
    assert [one.update_id for one in await bot.get_updates()] == [first.update_id, second.update_id]
    assert [one.update_id for one in await bot.get_updates(limit=1)] == [first.update_id]
    assert [one.update_id for one in await bot.get_updates(offset=second.update_id)] == [second.update_id]
    assert await bot.get_updates(offset=second.update_id + 1) == []


async def test_a_negative_offset_keeps_only_the_newest(bot: Bot, aigul: Chat) -> None:
    await aigul.say("two", wait=0)
    assert [one.message.text for one in await bot.get_updates(offset=-1) if one.message] == ["two"]


async def test_a_second_poller_ends_the_first(bot: Bot, sandbox: Sandbox) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(bot.get_updates(timeout=20))
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates"):
        await asyncio.wait_for(first, 2)
    assert not second.done()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)


async def test_only_the_wanted_kinds_come(bot: Bot, aigul: Chat) -> None:
    await bot.get_updates(offset=-1, allowed_updates=["callback_query"])
    await aigul.say("unheard", wait=0)
    assert len(await bot.get_updates()) == 1
    await bot.get_updates(allowed_updates=[])
    await aigul.say("heard", wait=0)
    assert len(await bot.get_updates()) == 2


async def test_all_kinds_of_things_people_do_parse_as_updates(bot: Bot, aigul: Chat) -> None:
    for kind in KINDS:
        await aigul.send(kind, wait=0)
    await aigul.say("forwarded", forward="dias", wait=0)
    await aigul.say("hidden", forward=True, wait=0)
    await aigul.contact(of="dias", wait=0)
    await aigul.edit(1, "/start again", wait=0)
    await aigul.act("block", wait=0)
    await aigul.act("block", blocked=False, wait=0)
    group = await aigul.group(wait=0)
    await group.say("/mydata@kelisim_sandbox_bot", wait=0)
    channel = await aigul.group(type="channel", wait=0)
    await channel.say("post", wait=0)
    updates = await bot.get_updates()
    assert [one.event_type for one in updates[-7:]] == [
        "edited_message",
        "my_chat_member",
        "my_chat_member",
        "my_chat_member",
        "message",
        "my_chat_member",
        "channel_post",
    ]
    contact = updates[-8].message
    assert contact is not None and contact.contact is not None and contact.contact.user_id == 7_100_002
    assert await bot.leave_chat(group.id)
    with pytest.raises(TelegramBadRequest, match="private chats"):
        await bot.leave_chat(aigul.id)


async def test_a_file_somebody_sent_can_be_fetched(bot: Bot, aigul: Chat) -> None:
    await aigul.send("document", wait=0)
    message = (await bot.get_updates())[-1].message
    assert message is not None and message.document is not None
    file = await bot.get_file(message.document.file_id)
    assert file.file_path is not None
    made = await bot.download_file(file.file_path)
    assert made is not None and made.read().startswith(b"%PDF-")


@pytest.mark.parametrize("kind", ["document", "photo"])
async def test_people_send_files_of_their_own(bot: Bot, aigul: Chat, kind: str) -> None:
    await aigul.bring("тегі.png", b"\x89PNG\r\n\x1a\n own", "image/png", kind=kind, wait=0)
    message = (await bot.get_updates())[-1].message
    assert message is not None
    file_id = message.document.file_id if message.document else (message.photo or [])[-1].file_id
    found = await bot.get_file(file_id)
    assert found.file_path is not None and found.file_size == 12
    made = await bot.download_file(found.file_path)
    assert made is not None and made.read().endswith(b" own")


async def test_a_raw_update_goes_out_as_it_stands_and_an_old_one_again(
    bot: Bot, town: Town, aigul: Chat
) -> None:
    old = (await bot.get_updates())[-1]
    assert await bot.get_updates(offset=old.update_id + 1) == []
    await town.update({"something_new": {"from": {"id": aigul.id}}})
    await town.update(old.model_dump(exclude_none=True, mode="json"))
    again = await bot.get_updates(offset=old.update_id + 1)
    unknown = await bot.get_updates(offset=old.update_id + 1)
    assert [one.update_id for one in (*again, *unknown)] == [old.update_id, old.update_id + 1]


async def test_a_person_and_an_aiogram_dispatcher_talk(bot: Bot, town: Town) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def answer(message: Message) -> None:
        await message.answer(f"<{message.text}>")

    polling = asyncio.create_task(
        dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False)
    )
    await town.ready()
    dias = await town.chat("dias")
    assert [one.text for one in await dias.say("привет")] == ["<привет>"]
    assert [one.text for one in await dias.say("ещё")] == ["<ещё>"]
    await dispatcher.stop_polling()
    await polling


async def test_the_webhook_carries_the_secret_and_its_answer_is_carried_out(bot: Bot, town: Town) -> None:
    secrets = []

    async def answer(request: web.Request) -> web.StreamResponse:
        secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        update = await request.json()
        said = {"chat_id": update["message"]["chat"]["id"], "text": "ридинг"}
        return web.json_response({"method": "sendMessage", **said})

    async with listening(answer) as url:
        await bot.set_webhook(url, secret_token="s-1_A", max_connections=3)
        with pytest.raises(TelegramConflictError, match="webhook is active"):
            await bot.get_updates()
        chat = await town.chat("saule")
        assert [one.text for one in await chat.say("hello")] == ["ридинг"]
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count, info.max_connections) == (url, 0, 3)
        assert secrets == ["s-1_A"]
        (line,) = await town.wire("sendMessage")
        assert line["via"] == "webhook"
        await bot.delete_webhook()


@pytest.mark.parametrize("text", ["multipart", "сәлем"])
async def test_aiograms_own_webhook_reply_is_understood(bot: Bot, town: Town, text: str) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def answer(message: Message) -> SendMessage:
        return SendMessage(chat_id=message.chat.id, text=message.text or "")

    handler = SimpleRequestHandler(dispatcher, bot, handle_in_background=False)
    async with listening(handler.handle) as url:
        await bot.set_webhook(url)
        chat = await town.chat("saule")
        assert [one.text for one in await chat.say(text)] == [text]
        await bot.delete_webhook()


async def test_a_failed_delivery_is_repeated_in_order_for_its_chat_and_holds_up_no_other(
    bot: Bot, town: Town
) -> None:
    await town.limits(webhook_first_pause=0.02)
    taken: list[str] = []
    tries = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal tries
        text = (await request.json())["message"]["text"]
        if text == "first" and (tries := tries + 1) < 3:
            return web.Response(status=500)
        taken.append(text)
        return web.Response()

    async with listening(answer) as url:
        await bot.set_webhook(url)
        aigul, dias = await town.chat("aigul"), await town.chat("dias")
        await aigul.say("first", wait=0)
        await aigul.say("second", wait=0)
        await dias.say("other", silent=True)
        await aigul.say("third", silent=True)
        await bot.delete_webhook()
    assert taken == ["other", "first", "second", "third"]
    assert tries == 3


async def test_what_waited_for_a_webhook_can_be_polled_afterwards(bot: Bot, town: Town) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    async with listening(never) as url:
        await bot.set_webhook(url)
        chat = await town.chat("dias")
        await chat.say("kept", wait=0)
        with pytest.raises(NoAnswer):
            await chat.say("also", wait=0.05)
        await bot.delete_webhook()
    assert [one.message.text for one in await bot.get_updates() if one.message] == ["kept", "also"]


async def test_webhooks_outside_this_machine_are_refused(bot: Bot) -> None:
    with pytest.raises(TelegramBadRequest, match="loopback"):
        await bot.set_webhook("https://mail.kz/hook")


async def test_many_people_are_served_at_once(sandbox: Sandbox, bot: Bot, town: Town) -> None:
    at_once = most = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1
        said: dict[str, Any] = {"method": "sendMessage", "text": "ok"}
        return web.json_response(said | {"chat_id": (await request.json())["message"]["chat"]["id"]})

    async with listening(answer) as url:
        await bot.set_webhook(url)
        chats = [await town.chat({"key": f"p{number}", "id": 9_000_000 + number}) for number in range(60)]
        answers = await asyncio.gather(*(chat.say("hi") for chat in chats))
        await bot.delete_webhook()
    assert [[one.text for one in seen] for seen in answers] == [["ok"]] * 60
    assert 2 < most <= 40
