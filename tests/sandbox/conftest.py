"""A sandbox and a real aiogram bot that points at it."""

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Chat, Town


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def town(sandbox: Sandbox) -> AsyncIterator[Town]:
    async with Town(sandbox.url, timeout=3) as town:
        yield town


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.bot_api))
    async with Bot(sandbox.token, session=session) as bot:
        yield bot


@pytest.fixture
async def aigul(town: Town) -> Chat:
    """Aigul, who has written to the bot once."""
    chat = await town.chat("aigul")
    await chat.say("/start", wait=0)
    return chat
