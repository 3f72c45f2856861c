"""Our own polling: an update is passed only after its visit was kept and its answer sent, so a kill loses nothing."""

from __future__ import annotations

import asyncio
import logging

from aiogram import Bot
from aiogram.exceptions import AiogramError, ClientDecodeError, TelegramConflictError, TelegramNetworkError
from aiogram.methods import GetUpdates
from aiogram.types import Update

from kelisim.telegram.bot import deliver
from kelisim.telegram.updates import read
from kelisim.telegram.visit import ALLOWED, Answer, Busy, Door

log = logging.getLogger("kelisim.telegram")

HOLD = 25  # seconds Telegram keeps the question open
BATCH = 100


async def poll(bot: Bot, door: Door) -> None:
    """Serve updates until cancelled. Those of one person in turn, of many people together."""
    offset = None
    while True:
        try:
            updates = await bot(
                GetUpdates(offset=offset, limit=BATCH, timeout=HOLD, allowed_updates=ALLOWED),
                request_timeout=HOLD + 15,
            )
        except ClientDecodeError as fault:
            # What cannot be read whole is read as far as it goes: one update holds nobody back for ever.
            log.warning("getUpdates: %s", type(fault).__name__)
            updates = readable(fault.data)
            if not updates:  # no JSON at all, such as the page of a proxy
                await asyncio.sleep(3)
        except TelegramConflictError:
            log.error("somebody else reads this bot's updates; trying again in 10 s")
            await asyncio.sleep(10)
            continue
        except TelegramNetworkError as fault:
            log.warning("getUpdates failed: %s", type(fault).__name__)
            await asyncio.sleep(1)
            continue
        except AiogramError as fault:
            log.error("getUpdates failed: %s", type(fault).__name__)
            await asyncio.sleep(3)
            continue
        people: dict[int, list[Update]] = {}
        for update in updates:
            people.setdefault(_person(update), []).append(update)
        await asyncio.gather(*(_in_turn(bot, door, theirs) for theirs in people.values()))
        if updates:
            offset = updates[-1].update_id + 1


def readable(told: object) -> list[Update]:
    """What can be read of an answer to getUpdates."""
    result = told.get("result") if isinstance(told, dict) else None
    found = (read(raw) for raw in result) if isinstance(result, list) else ()
    return [update for update in found if update is not None]


def _person(update: Update) -> int:
    event = update.message or update.edited_message or update.callback_query or update.my_chat_member
    user = event.from_user if event is not None else None
    return user.id if user is not None else 0


async def _in_turn(bot: Bot, door: Door, updates: list[Update]) -> None:
    for update in updates:
        await deliver(bot, await _settle(door, update))


async def _settle(door: Door, update: Update) -> Answer:
    pause = 0.05
    while True:
        try:
            return await door.serve(update)
        except Busy:
            await asyncio.sleep(pause)
        except Exception as fault:
            try:
                answer = await door.failed(update, fault)
            except Exception as again:  # the store is away: the update waits, it is not given up
                log.error("update %s waits: %s", update.update_id, type(again).__name__)
                await asyncio.sleep(1)
                continue
            if answer is not None:
                return answer
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)
