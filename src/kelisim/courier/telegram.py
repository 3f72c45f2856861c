"""The courier's Telegram: receipts as documents, everything else as text; each outcome told apart."""

from __future__ import annotations

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
)
from aiogram.methods import SendDocument, SendMessage, TelegramMethod
from aiogram.types import BufferedInputFile, Message

from kelisim.courier import workshop
from kelisim.courier.outcome import GONE, LATER, REFUSED, SENT, UNKNOWN, Outcome, Parcel
from kelisim.desk import files, receipts

TIMEOUT = 20  # seconds; shorter than the lease, so a message is not in two hands

_GONE = ("chat not found", "user is deactivated", "bot can't initiate conversation")


async def send(bot: Bot, parcel: Parcel) -> Outcome:
    """Hand one message to the Bot API."""
    try:
        await bot(await _method(parcel), request_timeout=TIMEOUT)
    except TelegramRetryAfter as fault:
        return Outcome(LATER, "429", float(fault.retry_after), all=True)
    except TelegramForbiddenError:
        return Outcome(GONE, "403")
    except (TelegramBadRequest, TelegramNotFound) as fault:
        gone = any(sign in fault.message.lower() for sign in _GONE)
        return Outcome(GONE if gone else REFUSED, "400")
    except TelegramServerError:
        return Outcome(LATER, "5xx")
    except TelegramNetworkError as fault:
        # A refused connection carried nothing; anything later may have arrived.
        lost = "Cannot connect" in str(fault)
        return Outcome(LATER if lost else UNKNOWN, "no connection" if lost else "no answer")
    except TelegramAPIError as fault:
        return Outcome(LATER, type(fault).__name__)
    except AiogramError:  # an answer in no language of the Bot API, such as the page of a proxy
        return Outcome(UNKNOWN, "no answer")
    return Outcome(SENT)


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
    return SendMessage(**{**parcel.body, "chat_id": chat})
