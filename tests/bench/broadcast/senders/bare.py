"""Bare aiogram: one message after the other and nothing else, to know what a message costs at the least."""

from aiogram import Bot
from tests.bench.broadcast.senders.common import CHATS, TEXT, measure


async def send(bot: Bot) -> None:
    """One after the other."""
    for chat in CHATS:
        await bot.send_message(chat, TEXT, parse_mode="HTML")


if __name__ == "__main__":
    measure(send)
