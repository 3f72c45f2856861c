"""What the senders of others share: the bot, the chats, and their own figures."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

TEXT = "<b>News</b>: the service room is open on Saturday."
CHATS = range(
    int(os.environ["BENCH_FIRST"]), int(os.environ["BENCH_FIRST"]) + int(os.environ["BENCH_PEOPLE"])
)


def open_bot() -> Bot:
    """aiogram as it comes, at the square's Bot API."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["BENCH_API"]))
    return Bot(os.environ["BENCH_TOKEN"], session=session)


def measure(send: Callable[[Bot], Awaitable[object]]) -> None:
    """Run it and print the seconds and the CPU seconds it took."""

    async def whole() -> None:
        bot = open_bot()
        began, cpu = time.perf_counter(), time.process_time()
        await send(bot)
        print(
            json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}), flush=True
        )
        await bot.session.close()

    asyncio.run(whole())
