"""The courier's Telegram: receipts as documents, broadcasts as composed, all else as text; each outcome told apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import SendDocument, SendMessage, SendPhoto, TelegramMethod
from aiogram.types import BufferedInputFile, Message

from kelisim.courier import workshop
from kelisim.courier.outcome import GONE, LATER, REFUSED, SENT, UNAUTHORIZED, UNKNOWN, Outcome, Parcel
from kelisim.desk import bodies, files, proofs, receipts
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.deliveries import Delivery
from kelisim.limiter import PATIENT

REPEAT = 30.0  # seconds between tries with a token that is refused
TIMEOUT = 20  # seconds; shorter than the lease, so a message is not in two hands

_GONE = ("chat not found", "user is deactivated", "bot can't initiate conversation")


async def send(bot: Bot, parcel: Parcel) -> Outcome:
    """Hand one message to the Bot API."""
    PATIENT.set(True)
    outcome, _message = await _handed(bot, await _method(parcel))
    return outcome


@dataclass(slots=True)
class Post:
    """Broadcasts by the chat. A file is uploaded once and then named by the id Telegram gave it."""

    bot: Bot
    read: Callable[[Broadcast], Awaitable[bytes | None]]  # the bytes of a broadcast's file
    _ids: dict[int, str] = field(default_factory=dict)
    _upload: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, broadcast: Broadcast, delivery: Delivery, body: dict[str, Any]) -> Outcome:
        """Hand one message of a broadcast to the Bot API; `body` is what `bodies.telegram` made."""
        file = broadcast.content.file
        if file is None:
            method: TelegramMethod[Message] = SendMessage(**body, chat_id=int(delivery.address))
            return (await _handed(self.bot, method))[0]
        if (known := self._ids.get(broadcast.id)) is not None:
            return (
                await _handed(self.bot, _with_file(body, int(delivery.address), bodies.way(broadcast), known))
            )[0]
        async with self._upload:
            known = self._ids.get(broadcast.id)
            content = await self.read(broadcast) if known is None else None
            if known is None and content is None:
                return Outcome(REFUSED, "no file")
            given = known or BufferedInputFile(content or b"", file[0])
            outcome, message = await _handed(
                self.bot, _with_file(body, int(delivery.address), bodies.way(broadcast), given)
            )
            if message is not None:
                sent = message.photo[-1] if message.photo else message.document
                if sent is not None:
                    self._ids[broadcast.id] = sent.file_id
            return outcome


def _with_file(
    body: dict[str, Any], chat: int, way: str, given: str | BufferedInputFile
) -> TelegramMethod[Message]:
    if way == bodies.PHOTO:
        return SendPhoto(**body, chat_id=chat, photo=given)
    return SendDocument(**body, chat_id=chat, document=given, disable_content_type_detection=True)


async def _handed(bot: Bot, method: TelegramMethod[Message]) -> tuple[Outcome, Message | None]:
    """What became of one call (Bot API, "Making requests"), and the message where there is one."""
    try:
        message = await bot(method, request_timeout=TIMEOUT)
    except TelegramRetryAfter as fault:
        return Outcome(LATER, "429", float(fault.retry_after), all=True), None
    except TelegramForbiddenError:
        return Outcome(GONE, "403"), None
    except (TelegramBadRequest, TelegramNotFound) as fault:
        gone = any(sign in fault.message.lower() for sign in _GONE)
        return Outcome(GONE if gone else REFUSED, "400"), None
    except TelegramServerError as fault:
        if (
            "timeout" in fault.message.lower()
        ):  # a proxy gave up waiting; what it waited for may have happened
            return Outcome(UNKNOWN, "no answer"), None
        return Outcome(LATER, "5xx"), None
    except TelegramUnauthorizedError:  # the token is void: nobody gets anything, and no message is to blame
        return Outcome(LATER, UNAUTHORIZED, REPEAT, all=True), None
    except TelegramNetworkError as fault:
        # A refused connection carried nothing; anything later may have arrived.
        lost = "Cannot connect" in str(fault)
        return Outcome(LATER if lost else UNKNOWN, "no connection" if lost else "no answer"), None
    except TelegramAPIError as fault:
        return Outcome(LATER, type(fault).__name__), None
    except AiogramError:  # an answer in no language of the Bot API, such as the page of a proxy
        return Outcome(UNKNOWN, "no answer"), None
    return Outcome(SENT), message


async def _method(parcel: Parcel) -> TelegramMethod[Message]:
    chat = int(parcel.address)
    if parcel.message.kind == receipts.KIND:
        told, part = parcel.body["facts"], parcel.body["part"]
        maker = receipts.FILES[part]
        made = await workshop.make(maker, told) if part == "pdf" else maker(told)  # a PDF takes its time
        return SendDocument(
            chat_id=chat, document=BufferedInputFile(made, f"{parcel.message.number}.{part}"),
            disable_content_type_detection=True,
        )  # fmt: skip
    if parcel.message.kind == files.FILE:
        if "attached" in parcel.body:
            ((named, _type, made),) = parcel.body["attached"]
        else:
            ((part, made),) = parcel.body["made"].items()
            named = files.name(parcel.message.number, part)
        return SendDocument(
            chat_id=chat, document=BufferedInputFile(made, named), disable_content_type_detection=True
        )
    if parcel.message.kind == proofs.KIND and "content" in parcel.body:
        body = dict(parcel.body)
        (named, made), way = body.pop("content"), body.pop("way")
        return _with_file(body, chat, way, BufferedInputFile(made, named))
    return SendMessage(**{**parcel.body, "chat_id": chat})
