"""The loop everybody writes first: send, sleep a twentieth of a second, and wait when Telegram says so."""

import asyncio

from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter
from tests.bench.broadcast.senders.common import CHATS, TEXT, measure


async def send(bot: Bot) -> None:
    """One after the other."""
    for chat in CHATS:
        while True:
            try:
                await bot.send_message(chat, TEXT, parse_mode="HTML")
                break
            except TelegramRetryAfter as wait:
                await asyncio.sleep(wait.retry_after)
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    measure(send)
