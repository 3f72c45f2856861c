"""Methods that write into a chat: sending, editing, deleting, answering a press."""

import time
from typing import Any

from kelisim.sandbox import entities, keyboards
from kelisim.sandbox.chats import Chat, Kept
from kelisim.sandbox.errors import Declined, bad
from kelisim.sandbox.parameters import Parameters, Upload, nested, whole, words, yes
from kelisim.sandbox.town import Town

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)


def room(town: Town, said: Parameters) -> Chat:
    """The chat a call speaks to, if the bot may speak there."""
    given = words(said, "chat_id")
    if given.startswith("@"):
        found = (
            one for one in town.chats.values() if one.info.get("username") == given[1:] and not one.private
        )
        chat = next(found, None)
        if chat is None:
            raise bad("chat not found")
    else:
        number = whole(said, "chat_id")
        chat = town.chats.get(number)
        person = town.person(number) if chat is None or chat.private else None
        if chat is None:
            raise (
                Declined(403, "Forbidden: bot can't initiate conversation with a user")
                if person
                else bad("chat not found")
            )
        if person is not None and person.gone:
            raise Declined(403, "Forbidden: user is deactivated")
    if chat.blocked:
        raise Declined(403, "Forbidden: bot was blocked by the user")
    if chat.left:
        raise Declined(403, f"Forbidden: bot is not a member of the {_kind(chat)} chat")
    return chat


def _kind(chat: Chat) -> str:
    return str(chat.info["type"])


def _text(
    said: Parameters, name: str, entities_name: str, most: int, too_long: str
) -> tuple[str, list[dict[str, Any]]]:
    text = words(said, name, "").replace("\r\n", "\n").replace("\0", "")
    mode = words(said, "parse_mode", "")
    if mode.lower() == "html":
        text, found = entities.of_html(text)
    elif mode:
        raise bad("unsupported parse_mode")
    else:
        found = entities.checked(text, nested(said, entities_name))
    text, found = entities.trimmed(text, found)
    if entities.units(text) > most:
        raise bad(too_long)
    return text, entities.noticed(text, found)


def _reply_to(chat: Chat, said: Parameters) -> dict[str, Any]:
    given = nested(said, "reply_parameters")
    if given is None and "reply_to_message_id" in said:
        given = {
            "message_id": whole(said, "reply_to_message_id"),
            "allow_sending_without_reply": yes(said, "allow_sending_without_reply"),
        }
    if given is None:
        return {}
    if not isinstance(given, dict) or "message_id" not in given:
        raise bad("can't parse reply parameters")
    kept = chat.messages.get(int(given["message_id"]))
    if kept is None:
        if given.get("allow_sending_without_reply"):
            return {}
        raise bad("message to be replied not found")
    return {"reply_to_message": {k: v for k, v in kept.body.items() if k != "reply_to_message"}}


def _send(town: Town, chat: Chat, said: Parameters, content: dict[str, Any]) -> dict[str, Any]:
    markup = keyboards.checked(nested(said, "reply_markup"))
    content = _reply_to(chat, said) | content
    if (wait := town.rates.retry_after(chat.id)) is not None:
        raise Declined(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
    if markup and "inline_keyboard" in markup:
        content["reply_markup"] = markup
    if yes(said, "protect_content"):
        content["has_protected_content"] = True
    body = chat.add(town.profile.user(), content, by_bot=True)
    if markup and "inline_keyboard" not in markup:
        chat.messages[chat.last].reply_markup = True
        chat.keyboard = None if "remove_keyboard" in markup else markup
    chat.action = None
    town.moved(chat)
    return body


def send_message(town: Town, said: Parameters) -> Any:
    """sendMessage."""
    text, found = _text(said, "text", "entities", LONGEST_TEXT, "message is too long")
    if not text:
        raise bad("message text is empty")
    return _send(town, room(town, said), said, {"text": text} | ({"entities": found} if found else {}))


def _captioned(said: Parameters) -> dict[str, Any]:
    text, found = _text(said, "caption", "caption_entities", LONGEST_CAPTION, "message caption is too long")
    content: dict[str, Any] = {"caption": text} if text else {}
    return content | ({"caption_entities": found} if found else {})


def _file(town: Town, said: Parameters, name: str, folder: str) -> dict[str, Any]:
    value = said.get(name)
    if isinstance(value, Upload):
        if not value.content:
            raise bad("file must be non-empty")
        kept = town.files.put(value, folder)
    elif isinstance(value, str) and value in town.files.by_id:
        kept = town.files.by_id[value]
    elif value in (None, ""):
        raise bad(f"there is no {name} in the request")
    else:
        # an address would have to be fetched, and nothing leaves this machine
        raise bad("wrong remote file identifier specified: Wrong string length")
    return kept.facts() | {"file_name": kept.upload.name, "mime_type": kept.upload.kind}


def send_document(town: Town, said: Parameters) -> Any:
    """sendDocument."""
    chat = room(town, said)
    content = _captioned(said)
    return _send(town, chat, said, {"document": _file(town, said, "document", "documents")} | content)


def send_photo(town: Town, said: Parameters) -> Any:
    """sendPhoto; one size stands for all."""
    chat = room(town, said)
    content = _captioned(said)
    file = _file(town, said, "photo", "photos")
    size = {name: value for name, value in file.items() if name.startswith("file_") and name != "file_name"}
    return _send(town, chat, said, {"photo": [size | {"width": 800, "height": 600}]} | content)


def send_chat_action(town: Town, said: Parameters) -> Any:
    """sendChatAction: "… is typing"."""
    chat = room(town, said)
    if (action := words(said, "action")) not in ACTIONS:
        raise bad("wrong parameter action in request")
    chat.action = (action, time.monotonic() + 5)
    town.tell(f"chat {chat.id}")
    return True


def _editable(town: Town, said: Parameters) -> tuple[Chat, Kept]:
    if "inline_message_id" in said:
        raise bad("MESSAGE_ID_INVALID")
    chat = room(town, said)
    kept = chat.messages.get(whole(said, "message_id"))
    if kept is None:
        raise bad("message to edit not found")
    if not kept.by_bot or kept.frozen or kept.reply_markup:
        raise bad("message can't be edited")
    return chat, kept


def _edit(town: Town, chat: Chat, kept: Kept, changes: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    body = {name: value for name, value in kept.body.items() if name not in gone} | changes
    if body == kept.body:
        raise bad(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    if (wait := town.rates.retry_after(chat.id)) is not None:
        raise Declined(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
    kept.body = body | {"edit_date": int(time.time())}
    kept.revision = chat.touched(by_bot=True)
    town.moved(chat)
    return kept.body


def edit_message_text(town: Town, said: Parameters) -> Any:
    """editMessageText; without a reply_markup the inline keyboard goes away."""
    if "rich_message" in said:
        raise bad("rich messages are not supported here")
    chat, kept = _editable(town, said)
    text, found = _text(said, "text", "entities", LONGEST_TEXT, "message is too long")
    if not text:
        raise bad("message text is empty")
    if "text" not in kept.body:
        raise bad("there is no text in the message to edit")
    markup = keyboards.checked(nested(said, "reply_markup"), inline_only=True)
    changes: dict[str, Any] = {"text": text}
    if found:
        changes["entities"] = found
    if markup:
        changes["reply_markup"] = markup
    return _edit(town, chat, kept, changes, {"entities", "reply_markup"})


def edit_message_reply_markup(town: Town, said: Parameters) -> Any:
    """editMessageReplyMarkup; without a reply_markup the inline keyboard goes away."""
    chat, kept = _editable(town, said)
    markup = keyboards.checked(nested(said, "reply_markup"), inline_only=True)
    return _edit(town, chat, kept, {"reply_markup": markup} if markup else {}, {"reply_markup"})


def delete_message(town: Town, said: Parameters) -> Any:
    """deleteMessage; in groups only the bot's own."""
    chat = room(town, said)
    number = whole(said, "message_id")
    kept = chat.messages.get(number)
    if kept is None:
        raise bad("message to delete not found")
    if not kept.by_bot and not chat.private:
        raise bad("message can't be deleted")
    del chat.messages[number]
    chat.touched(by_bot=True)
    town.moved(chat)
    return True


def answer_callback_query(town: Town, said: Parameters) -> Any:
    """answerCallbackQuery: each press once, and not too late."""
    text = words(said, "text", "")
    if entities.units(text) > 200:
        raise bad("MESSAGE_TOO_LONG")
    if said.get("url"):
        raise bad("URL_INVALID")
    query = town.queries.pop(words(said, "callback_query_id"), None)
    if query is None or time.monotonic() - query.at > town.limits.query_seconds:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    chat = town.chats.get(query.chat)
    if chat is not None and text:
        chat.touched(by_bot=True)
        chat.toast = {"text": text, "alert": yes(said, "show_alert"), "revision": chat.revision}
        town.moved(chat)
    return True
