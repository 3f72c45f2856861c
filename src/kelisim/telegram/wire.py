"""From a screen to what the Bot API is told: plain JSON objects that ride in a webhook response as they are."""

from __future__ import annotations

from typing import Any

from kelisim.desk.visit import Visit
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Screen, code_of, footer, rows
from kelisim.texts import _

Call = dict[str, Any]  # a Bot API method: its name under "method", its parameters beside it


def send(visit: Visit, chat: int, screen: Screen, quoted: int = 0) -> Call:
    """A screen as a new message; as a reply to the message `quoted`, if it is still there."""
    call = {"method": "sendMessage", "chat_id": chat, **content(visit, screen)}
    if quoted:
        call["reply_parameters"] = {"message_id": quoted, "allow_sending_without_reply": True}
    return call


def edit(visit: Visit, chat: int, message: int, screen: Screen) -> Call:
    """A screen in the place of the pressed message."""
    return {"method": "editMessageText", "chat_id": chat, "message_id": message, **content(visit, screen)}


def content(visit: Visit, screen: Screen) -> dict[str, Any]:
    """Text, entities and buttons of a screen, as sendMessage and editMessageText take them."""
    text = f"✔ {screen.text}" if screen.done else screen.text
    told: dict[str, Any] = {"link_preview_options": {"is_disabled": True}}
    if screen.title:
        text = f"{screen.title}\n\n{text}"
        told["entities"] = [{"type": "bold", "offset": 0, "length": utf16(screen.title)}]
    told["text"] = text
    laid = rows(screen.buttons)
    foot = footer(visit, screen)
    if foot:
        laid.append(foot)
    if laid:
        told["reply_markup"] = {
            "inline_keyboard": [[_button(visit, button, screen.done) for button in row] for row in laid]
        }
    return told


def _button(visit: Visit, button: Button, kept: bool) -> dict[str, str]:
    if button.url:
        return {"text": button.label, "url": button.url}
    press = Press(code_of(button.to), button.locale or visit.locale, button.digest, button.ref, kept)
    return {"text": button.label, "callback_data": press.pack()}


def ask_contact(chat: int, label: str) -> Call:
    """Telegram's own contact button, under the typing field."""
    keyboard = {"keyboard": [[{"text": label, "request_contact": True}]], "resize_keyboard": True,
                "one_time_keyboard": True}  # fmt: skip
    return {
        "method": "sendMessage",
        "chat_id": chat,
        "text": _("Please press the button below."),
        "reply_markup": keyboard,
    }


def put_keyboard_away(chat: int) -> Call:
    """The contact button has done its work."""
    return {"method": "sendMessage", "chat_id": chat, "text": _("The keyboard is put away."),
            "reply_markup": {"remove_keyboard": True}}  # fmt: skip


def answer_press(query: str) -> Call:
    """Every press is answered, or the button keeps turning."""
    return {"method": "answerCallbackQuery", "callback_query_id": query}


def delete(chat: int, message: int) -> Call:
    """Take a typed code out of the chat (T-CHAT-19)."""
    return {"method": "deleteMessage", "chat_id": chat, "message_id": message}


def line(chat: int, text: str) -> Call:
    """A line without a screen."""
    return {"method": "sendMessage", "chat_id": chat, "text": text}


def utf16(text: str) -> int:
    """Telegram counts in UTF-16 units (Bot API, MessageEntity)."""
    return len(text.encode("utf-16-le")) // 2
