"""Updates as they come: read whole, or as much as we need of them, so that a field of next year swallows no STOP."""

from __future__ import annotations

import json
from typing import Any

from aiogram.types import Update
from pydantic import ValidationError

_LARGEST = (1 << 63) - 1  # what the store keeps of an update's id
_FORWARDED = {"type": "hidden_user", "date": 0, "sender_user_name": "…"}


def loads(told: str | bytes) -> Any:
    """JSON as objects; half a character (a lone surrogate), which no store and no wire takes, becomes a question mark."""
    found = json.loads(told)
    escape = b"\\ud" if isinstance(told, bytes) else "\\ud"
    return _whole(found) if escape in told.lower() else found  # type: ignore[operator]


def _whole(found: Any) -> Any:
    if isinstance(found, str):
        return found if found.isascii() else found.encode("utf-8", "replace").decode()
    if isinstance(found, list):
        return [_whole(each) for each in found]
    if isinstance(found, dict):
        return {_whole(name): _whole(each) for name, each in found.items()}
    return found


def read(raw: object) -> Update | None:
    """The update; bare when most of it cannot be read; nothing when it has no id."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    if type(number) is not int or abs(number) > _LARGEST:
        return None
    assert isinstance(raw, dict)
    for told in (raw, _bare(raw)):
        try:
            return Update.model_validate(told, context={"bot": None})
        except (ValidationError, RecursionError, OverflowError):
            continue
    return Update(update_id=number)


def _bare(raw: dict[str, Any]) -> dict[str, Any]:
    """Who, where and which words or button: what no act can be understood without."""
    kept: dict[str, Any] = {"update_id": raw["update_id"]}
    for name in ("message", "edited_message"):
        if isinstance(message := raw.get(name), dict):
            kept[name] = _message(message)
    if isinstance(query := raw.get("callback_query"), dict):
        kept["callback_query"] = {
            "id": query.get("id"), "chat_instance": "", "from": _user(query.get("from")), "data": _words(query.get("data")),
            "message": _message(query["message"]) if isinstance(query.get("message"), dict) else None,
        }  # fmt: skip
    return kept


def _message(message: dict[str, Any]) -> dict[str, Any]:
    chat = message.get("chat")
    kept = {
        "message_id": message.get("message_id"), "date": 0, "from": _user(message.get("from")),
        "chat": {name: chat.get(name) for name in ("id", "type")} if isinstance(chat, dict) else None,
        "text": _words(message.get("text")),
    }  # fmt: skip
    if any(name == "via_bot" or name.startswith("forward") for name in message):
        kept["forward_origin"] = _FORWARDED  # another's words, in whatever form: never an act
    return kept


def _user(user: object) -> dict[str, Any] | None:
    if not isinstance(user, dict):
        return None
    return {"id": user.get("id"), "is_bot": user.get("is_bot"), "first_name": "…",
            "language_code": _words(user.get("language_code"))}  # fmt: skip


def _words(text: object) -> str | None:
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else None
