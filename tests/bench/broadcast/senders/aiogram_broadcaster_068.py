"""aiogram-broadcaster 0.6.8 with its SQL storage, without a pause of its own; a 429 is obeyed where BENCH_RETRIES is set.

The library takes a 429 for a failure and goes on, so most would never get the message; the usual middleware of aiogram that
waits and repeats is what makes it deliver.
"""

import asyncio
import os
from typing import Any

from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import TelegramMethod
from aiogram_broadcaster import Broadcaster  # type: ignore[import-not-found]
from aiogram_broadcaster.contents import TextContent  # type: ignore[import-not-found]
from aiogram_broadcaster.storages.sqlalchemy import SQLAlchemyStorage  # type: ignore[import-not-found]
from tests.bench.broadcast.senders.common import CHATS, TEXT, measure


class Retries(BaseRequestMiddleware):
    """Wait as long as Telegram says, and repeat."""

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: TelegramMethod[Any]
    ) -> Any:
        while True:
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as wait:
                await asyncio.sleep(wait.retry_after)


async def send(bot: Bot) -> None:
    """As its wiki shows."""
    if os.environ.get("BENCH_RETRIES"):
        bot.session.middleware(Retries())
    storage = SQLAlchemyStorage.from_url(f"sqlite+aiosqlite:///{os.environ['BENCH_FOLDER']}/broadcaster.db")
    await storage.startup()
    broadcaster = Broadcaster(bot, storage=storage)
    mailer = await broadcaster.create_mailer(chats=CHATS, content=TextContent(text=TEXT, parse_mode="HTML"))
    await mailer.start()
    await storage.shutdown()


if __name__ == "__main__":
    measure(send)
