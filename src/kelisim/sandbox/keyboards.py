"""Keyboards under messages, checked as strictly as Telegram does."""

from typing import Any

from kelisim.sandbox.entities import units
from kelisim.sandbox.errors import bad

Markup = dict[str, Any]

INLINE_KINDS = frozenset(
    [
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
        "disabled",
    ]
)
REPLY_KINDS = frozenset(
    [
        "request_users",
        "request_chat",
        "request_managed_bot",
        "request_contact",
        "request_location",
        "request_poll",
        "web_app",
        "request_user",
    ]
)
LOOKS = frozenset({"text", "icon_custom_emoji_id", "style"})
MARKUPS = {
    "inline_keyboard": frozenset({"inline_keyboard"}),
    "keyboard": frozenset(
        [
            "keyboard",
            "is_persistent",
            "resize_keyboard",
            "one_time_keyboard",
            "input_field_placeholder",
            "selective",
        ]
    ),
    "remove_keyboard": frozenset({"remove_keyboard", "selective"}),
    "force_reply": frozenset({"force_reply", "input_field_placeholder", "selective"}),
}
LINKS = ("http://", "https://", "tg://")


def checked(markup: Any, *, inline_only: bool = False) -> Markup | None:
    """The markup Telegram would keep; None when there is none."""
    if markup is None or markup == {}:
        return None
    if not isinstance(markup, dict):
        raise bad("can't parse reply keyboard markup JSON object")
    kind = next((kind for kind in MARKUPS if kind in markup), None)
    if kind is None:
        raise bad("object expected as reply markup")
    if unknown := set(markup) - MARKUPS[kind]:
        raise bad(f"reply markup has an unknown field {min(unknown)}")
    if inline_only and kind != "inline_keyboard":
        raise bad("inline keyboard expected")
    if kind in {"inline_keyboard", "keyboard"}:
        rows = _rows(markup[kind])
        if kind == "keyboard":
            rows = [
                [{"text": button} if isinstance(button, str) else button for button in row] for row in rows
            ]
        for row in rows:
            for button in row:
                _inline(button) if kind == "inline_keyboard" else _reply(button)
        if kind == "keyboard" and not rows:
            raise bad("reply keyboard is empty")
        return {**markup, kind: rows} if rows else None
    return markup


def _rows(rows: Any) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad("can't parse keyboard: an Array of Array of buttons expected")
    if any(len(row) > 8 for row in rows) or sum(map(len, rows)) > 100:
        raise bad("reply markup is too long")
    return [row for row in rows if row]


def _named(button: Any, kinds: frozenset[str], what: str) -> list[str]:
    if not isinstance(button, dict):
        raise bad(f"can't parse {what}: object expected")
    if unknown := set(button) - kinds - LOOKS:
        raise bad(f"can't parse {what}: unknown field {min(unknown)}")
    if not isinstance(button.get("text"), str):
        raise bad(f'can\'t parse {what}: Field "text" must be of type String')
    if not button["text"].strip():
        raise bad(f"can't parse {what}: the text of a button must not be empty")
    return sorted(set(button) & kinds)


def _inline(button: Any) -> None:
    kinds = _named(button, INLINE_KINDS, "inline keyboard button")
    if not kinds:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad(f"can't parse inline keyboard button: exactly one kind expected, got {' and '.join(kinds)}")
    if "callback_data" in kinds:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
    if "url" in kinds:
        url = button["url"]
        if not isinstance(url, str) or not url.startswith(LINKS) or " " in url:
            raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    if "copy_text" in kinds:
        copied = button["copy_text"]
        if not isinstance(copied, dict) or not 1 <= units(str(copied.get("text", ""))) <= 256:
            raise bad("BUTTON_COPY_TEXT_INVALID")


def _reply(button: Any) -> None:
    if len(kinds := _named(button, REPLY_KINDS, "keyboard button")) > 1:
        raise bad(f"can't parse keyboard button: one request at most, got {' and '.join(kinds)}")
