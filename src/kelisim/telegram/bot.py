"""The bot's own side of the Bot API: its session, its commands in three languages, and what leaves after a commit."""

from __future__ import annotations

import asyncio
import gc
import logging
import re
from typing import Any

from aiogram import Bot
from aiogram import methods as api
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import Response, TelegramMethod
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat

from kelisim.limiter import GRANTED, PATIENT, Limiter
from kelisim.telegram.screens import VIEWS
from kelisim.telegram.updates import loads
from kelisim.telegram.visit import Answer
from kelisim.telegram.wire import Call
from kelisim.texts import LOCALES, _, speaking

log = logging.getLogger("kelisim.telegram")

CONNECTIONS = 64  # answers to presses run beside each other; eight of them would cap the flow
TIMEOUT = 20.0
TRIES = 3
LONGEST_PAUSE = 4.0  # seconds between two tries
_PATH = re.compile(r"[\w.+ ~-]+(?:/[\w.+ ~-]+)*")

METHODS: dict[str, type[TelegramMethod[Any]]] = {
    "sendMessage": api.SendMessage,
    "editMessageText": api.EditMessageText,
    "answerCallbackQuery": api.AnswerCallbackQuery,
    "deleteMessage": api.DeleteMessage,
    "leaveChat": api.LeaveChat,
}
# What Telegram counts against the limit of messages, and against that of one chat.
NEW = (api.SendMessage, api.SendDocument, api.SendPhoto)
COUNTED = (*NEW, api.EditMessageText, api.EditMessageCaption, api.EditMessageReplyMarkup)
# pydantic keeps parametrised generics weakly: without a strong reference each garbage collection makes aiogram
# rebuild class, schema and validator of the answers it parses.
_ANSWERED = (*METHODS.values(), api.SendDocument, api.SendPhoto, api.GetUpdates)
PINNED = [Response[method.__returning__] for method in _ANSWERED]  # type: ignore[name-defined]


def open_bot(token: str, base: str, limiter: Limiter | None = None) -> Bot:
    """A bot that talks to this Bot API (Telegram's, or the sandbox's) over a pool of connections, within its limit."""
    api_server = TelegramAPIServer.from_base(base)
    session = AiohttpSession(api=api_server, limit=CONNECTIONS, timeout=TIMEOUT, json_loads=loads)
    if limiter is not None:
        session.middleware(Paced(limiter))
    return Bot(token, session=session)


class Paced(BaseRequestMiddleware):
    """Counts every message that leaves, whoever sends it, and tells everybody of a 429."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: TelegramMethod[Any]
    ) -> Any:
        chat, close = str(method.chat_id) if isinstance(method, NEW) else "", False
        if chat:
            while PATIENT.get() and (wait := self._limiter.near(chat)):
                await asyncio.sleep(wait)
            close = self._limiter.near(chat) > 0
        if isinstance(method, COUNTED) and not GRANTED.get():
            await self._limiter.answer(chat, awaited=not PATIENT.get())
        elif chat:
            self._limiter.left(chat)
        try:
            return await make_request(bot, method)
        except TelegramRetryAfter as fault:
            if not close:  # else one chat had two at once: that is no reason for everybody else to wait
                self._limiter.hold(fault.retry_after)
            raise


def settle_memory() -> None:
    """Everything is built: what is alive now stays, so collections need not walk over it again and again."""
    gc.collect()
    gc.freeze()


async def say(bot: Bot, call: Call, *, waits: bool = False) -> None:
    """Make one call; passing faults are tried again, an answer that cannot arrive is let go.

    With `waits` it is held until the Bot API can be reached again, however long that takes. Receipts and promises never
    go this way: what a person may ask us to prove is in the outbox.
    """
    parameters = {name: value for name, value in call.items() if name != "method"}
    method = METHODS[call["method"]](**parameters)
    tries, pause = TRIES, 0.2
    while tries:
        try:
            await bot(method)
            return
        except TelegramRetryAfter as wait:
            tries -= 1
            await asyncio.sleep(min(wait.retry_after, 30))
            continue
        except TelegramBadRequest as fault:
            await _otherwise(bot, call, fault)
            return
        except TelegramForbiddenError:
            return
        except TelegramNetworkError as fault:
            tries -= not waits
            log.warning("%s failed: %s", call["method"], type(fault).__name__)
        except (TelegramServerError, ClientDecodeError) as fault:
            # The last is an answer in no language of the Bot API: the page of a proxy in front of it.
            tries -= 1
            log.warning("%s failed: %s", call["method"], type(fault).__name__)
        except AiogramError as fault:
            log.error("%s was refused: %s", call["method"], type(fault).__name__)
            return
        await asyncio.sleep(pause)
        pause = min(pause * 4, LONGEST_PAUSE)


async def fetch(bot: Bot, file_id: str) -> bytes | None:
    """The bytes of a file somebody sent (Bot API, getFile: 20 MB at most); nothing when it cannot be had now."""
    try:
        file = await bot.get_file(file_id)
        # The path comes from outside: joined below the Bot API's base and nowhere else (T-WEB-12). A plain one alone is taken:
        # "%2e%2e" and a backslash would climb when the address is put together.
        path = file.file_path or ""
        if _PATH.fullmatch(path) is None or ".." in path.split("/"):
            return None
        made = await bot.download_file(path, timeout=int(TIMEOUT))
    except (TimeoutError, AiogramError, OSError) as fault:
        log.warning("a file could not be fetched: %s", type(fault).__name__)
        return None
    return made.read() if made is not None else None


async def _otherwise(bot: Bot, call: Call, fault: TelegramBadRequest) -> None:
    """A message that can no longer be edited is sent anew; one that is as it should be is left alone."""
    if call["method"] != "editMessageText" or "not modified" in fault.message:
        return
    anew = {name: value for name, value in call.items() if name not in ("method", "message_id")}
    try:
        await bot(api.SendMessage(**anew))
    except AiogramError as again:
        log.warning("sendMessage failed: %s", type(again).__name__)


async def deliver(bot: Bot, answer: Answer) -> None:
    """Send an answer: the screen, which an outage only delays, and beside it what need not wait for it."""
    screen = [say(bot, answer.screen, waits=True)] if answer.screen else []
    await asyncio.gather(*screen, *(say(bot, call) for call in answer.beside))


def commands() -> list[BotCommand]:
    """The commands that work in this version, described in the spoken language (SCREENS.md section 7)."""
    told = {
        "start": (_("Start"), ""),
        "menu": (_("Open the menu"), ""),
        "consent": (_("My consents: see, give, withdraw"), ""),
        "stop": (_("Stop messages at once"), ""),
        "mydata": (_("What you hold about me"), "data"),
        "correct": (_("Correct my data"), "correct"),
        "block": (_("Block my data"), "block"),
        "delete": (_("Delete my data"), "erase"),
        # The button of the menu says the same in English and not in Kazakh and Russian: a sentence of its own.
        "ask": (_("/ask: Ask or complain").removeprefix("/ask: "), "ask"),
        "requests": (_("My requests and their dates"), "requests"),
        "represent": (_("Act for someone else"), "rep"),
        "policy": (_("Personal data policy"), ""),
        "language": (_("Change the language"), ""),
        "verify": (_("Check a receipt"), ""),
        "about": (_("About the operator"), ""),
        "cancel": (_("Cancel what was begun"), ""),
        "help": (_("Help"), ""),
    }
    return [
        BotCommand(command=name, description=text)
        for name, (text, screen) in told.items()
        if not screen or screen in VIEWS
    ]


async def introduce_to(bot: Bot, chat: int) -> None:
    """The commands of one chat of the staff, /broadcast among them; in all others it is not there."""
    scope = BotCommandScopeChat(chat_id=chat)
    for locale in LOCALES:
        with speaking(locale):
            own = BotCommand(command="broadcast", description=_("Make a broadcast"))
            for code in (locale, None) if locale == "kk" else (locale,):
                await bot(api.SetMyCommands(commands=[*commands(), own], scope=scope, language_code=code))


async def forget_chat(bot: Bot, chat: int) -> None:
    """A chat that was taken off the list has the commands of everybody again."""
    for code in (*LOCALES, None):
        await bot(api.DeleteMyCommands(scope=BotCommandScopeChat(chat_id=chat), language_code=code))


def short_description() -> str:
    """What a person sees before the chat is opened (at most 120 characters)."""
    return _("Your personal data: see, correct, block, delete, consents. To stop messages write STOP.")


def description() -> str:
    """What a person sees in the empty chat (at most 512 characters)."""
    return _(
        "Here you use your rights over your personal data: see what is held, correct, block, delete, give or withdraw "
        "consent, ask, complain. Every request has a number and a date. To stop messages, write STOP at any time. Without "
        "your consent we keep nothing. Telegram is a third party abroad: please send no photos of identity documents."
    )


async def introduce(bot: Bot) -> None:
    """Tell Telegram the commands and descriptions per language; Kazakh is what others see."""
    for locale in LOCALES:
        with speaking(locale):
            for code in (locale, "") if locale == "kk" else (locale,):
                language = code or None
                await bot(api.SetMyCommands(commands=commands(), scope=BotCommandScopeAllPrivateChats(),
                                            language_code=language))  # fmt: skip
                await bot(api.SetMyDescription(description=description(), language_code=language))
                await bot(
                    api.SetMyShortDescription(short_description=short_description(), language_code=language)
                )
