"""What people do: write, press, edit, share a number, block the bot, meet it in a group."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from kelisim.sandbox import entities, samples
from kelisim.sandbox.chats import Chat, Kept, button, labels
from kelisim.sandbox.errors import Wrong
from kelisim.sandbox.people import Person
from kelisim.sandbox.town import Query, Town
from kelisim.sandbox.updates import Waiting

Asked = dict[str, Any]


@dataclass
class Done:
    """What an act led to: where, which update, and the chat's revision before the bot could answer."""

    chat: Chat
    entry: Waiting | None
    revision: int
    message_id: int | None = None
    note: dict[str, Any] | None = None


def somebody(town: Town, asked: Asked) -> Person:
    """Who is meant: a key such as aigul, a Telegram id, or an object (made when new)."""
    given = asked.get("person")
    if isinstance(given, dict):
        key = str(given.get("key") or given.get("id"))
        if key not in town.people:
            given = {"first_name": key, **given, "key": key}
            town.invite(Person(**given))
        return town.people[key]
    person = town.person(given) if isinstance(given, int) else town.people.get(str(given))
    if person is None:
        raise Wrong(404, f"nobody here is called {given!r}")
    return person


def place(town: Town, person: Person, asked: Asked) -> Chat:
    """The chat of an act: the person's own, or a group by its id."""
    number = asked.get("chat")
    if number is None or number == person.id:
        return town.chat_of(person)
    if number not in town.chats:
        raise Wrong(404, f"there is no chat {number}")
    return town.chats[number]


def _message(town: Town, person: Person, chat: Chat, content: dict[str, Any]) -> Done:
    if chat.private and chat.blocked:
        if not str(content.get("text", "")).startswith("/start"):
            raise Wrong(409, f"{person.key} has blocked the bot")
        _membership(town, person, chat, "kicked", "member")
        chat.blocked = False
    post = chat.info["type"] == "channel"
    body = chat.add(None if post else person.user(), content, by_bot=False)
    revision = chat.revision
    entry = None if chat.left else town.updates.add("channel_post" if post else "message", body, chat.id)
    town.moved(chat)
    return Done(chat, entry, revision, body["message_id"])


def _forward(town: Town, given: Any) -> dict[str, Any]:
    if not given:
        return {}
    if isinstance(given, dict):
        return {"forward_origin": given}
    origin: dict[str, Any] = {
        "type": "hidden_user",
        "date": int(time.time()) - 60,
        "sender_user_name": "Someone",
    }
    if isinstance(given, str) and given in town.people:
        origin = {"type": "user", "date": origin["date"], "sender_user": town.people[given].user()}
    return {"forward_origin": origin}


def say(town: Town, asked: Asked) -> Done:
    """Write: text, entities, forward (true, a person or an origin), reply_to, extra fields."""
    person = somebody(town, asked)
    chat = place(town, person, asked)
    text = str(asked.get("text", ""))
    content: dict[str, Any] = {"text": text}
    found = entities.noticed(text, list(asked.get("entities") or []))
    if found:
        content["entities"] = found
    if number := asked.get("reply_to"):
        content["reply_to_message"] = chat.find(number).body
    return _message(
        town, person, chat, content | _forward(town, asked.get("forward")) | (asked.get("extra") or {})
    )


def edit(town: Town, asked: Asked) -> Done:
    """Change one's own message."""
    person = somebody(town, asked)
    chat = place(town, person, asked)
    kept = chat.find(asked.get("message_id"))
    if kept.by_bot:
        raise Wrong(409, "people edit only their own messages")
    text = str(asked.get("text", ""))
    body = {name: value for name, value in kept.body.items() if name != "entities"}
    body |= {"text": text, "edit_date": int(time.time())}
    if found := entities.noticed(text, []):
        body["entities"] = found
    kept.body = body
    kept.revision = revision = chat.touched(by_bot=False)
    entry = town.updates.add("edited_message", body, chat.id)
    town.moved(chat)
    return Done(chat, entry, revision, body["message_id"])


def press(town: Town, asked: Asked) -> Done:
    """Press a button by label (of either keyboard) or send any data, as a modified client can."""
    person = somebody(town, asked)
    chat = place(town, person, asked)
    if chat.private and chat.blocked:
        raise Wrong(409, f"{person.key} has blocked the bot")
    label, data, number = asked.get("label"), asked.get("data"), asked.get("message_id")
    kept: Kept | None
    if data is not None:
        kept = (
            chat.find(number)
            if number
            else next((k for k in reversed(chat.messages.values()) if k.by_bot), None)
        )
        if kept is None:
            raise Wrong(404, "there is no message of the bot to press")
        return _pressed(town, person, chat, kept, str(data), bool(asked.get("inaccessible")))
    kept = chat.find(number) if number else chat.with_button(str(label))
    one = button(kept.body, str(label)) if kept is not None else None
    if kept is None or one is None:
        return _typed(town, person, chat, str(label))
    if "callback_data" in one:
        return _pressed(town, person, chat, kept, one["callback_data"], bool(asked.get("inaccessible")))
    note = {name: value for name, value in one.items() if name != "text"}
    return Done(chat, None, chat.revision, kept.body["message_id"], note)


def _pressed(town: Town, person: Person, chat: Chat, kept: Kept, data: str, inaccessible: bool) -> Done:
    number = str(secrets.randbits(62))
    now = time.monotonic()
    # presses nobody answers would otherwise stay for ever
    while (
        town.queries and now - (first := next(iter(town.queries.items())))[1].at > town.limits.query_seconds
    ):
        del town.queries[first[0]]
    town.queries[number] = Query(chat.id, now)
    gone = {"chat": chat.info, "message_id": kept.body["message_id"], "date": 0}
    revision = chat.revision
    entry = town.updates.add(
        "callback_query",
        {
            "id": number,
            "from": person.user(),
            "message": gone if inaccessible else kept.body,
            "chat_instance": chat.instance,
            "data": data,
        },
        chat.id,
    )
    return Done(chat, entry, revision, kept.body["message_id"])


def _typed(town: Town, person: Person, chat: Chat, label: str) -> Done:
    rows = (chat.keyboard or {}).get("keyboard", [])
    one = next((one for row in rows for one in row if one["text"] == label), None)
    if one is None:
        shown = [
            labels(kept.body.get("reply_markup", {}).get("inline_keyboard", []))
            for kept in reversed(chat.messages.values())
            if "reply_markup" in kept.body
        ][:1]
        raise Wrong(404, f"no button «{label}»; there are {shown} and {labels(rows)}")
    if (chat.keyboard or {}).get("one_time_keyboard"):
        chat.keyboard = None
    if one.get("request_contact"):
        return contact(town, {"person": person.key, "chat": chat.id})
    return _message(town, person, chat, {"text": label})


def contact(town: Town, asked: Asked) -> Done:
    """Share a contact: one's own, or with `of` another person's, or any `phone` and `user_id`."""
    person = somebody(town, asked)
    whose = town.people[str(asked["of"])] if asked.get("of") else person
    card: dict[str, Any] = {"phone_number": asked.get("phone") or whose.phone or "+77000000000"}
    card |= {"first_name": whose.first_name, "user_id": asked.get("user_id", whose.id)}
    if card["user_id"] is None:
        del card["user_id"]
    return _message(
        town, person, place(town, person, asked), {"contact": card} | _forward(town, asked.get("forward"))
    )


def send(town: Town, asked: Asked) -> Done:
    """Send something that is not text: `kind` is a key of samples.KINDS; `content` replaces the sample, `file` its file."""
    person = somebody(town, asked)
    kind = str(asked.get("kind"))
    sample = asked.get("content")
    if isinstance(file := asked.get("file"), dict):
        if kind not in ("photo", "document"):
            raise Wrong(400, f"a {kind} takes no file of one's own")
        sample = samples.own(town, kind, file)
    if sample is None:
        if kind not in samples.KINDS:
            raise Wrong(404, f"no sample of {kind!r}; there are {', '.join(sorted(samples.KINDS))}")
        sample = samples.of(town, kind)
    content: dict[str, Any] = {kind: sample}
    if caption := asked.get("caption"):
        content["caption"] = caption
    return _message(town, person, place(town, person, asked), content | (asked.get("extra") or {}))


RIGHTS = [
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_post_messages",
    "can_edit_messages",
    "can_send_welcome_messages",
]


def _membership(town: Town, person: Person, chat: Chat, before: str, after: str) -> Waiting:
    def member(status: str) -> dict[str, Any]:
        more: dict[str, Any] = {"until_date": 0} if status == "kicked" else {}
        if status == "administrator":
            more = {"can_be_edited": False} | dict.fromkeys(RIGHTS, False)
        return {"status": status, "user": town.profile.user()} | more

    body = {
        "chat": chat.info,
        "from": person.user(),
        "date": int(time.time()),
        "old_chat_member": member(before),
        "new_chat_member": member(after),
    }
    return town.updates.add("my_chat_member", body, chat.id)


def block(town: Town, asked: Asked) -> Done:
    """Block the bot, or with `blocked` false let it in again."""
    person = somebody(town, asked)
    chat = town.chat_of(person)
    blocked = bool(asked.get("blocked", True))
    entry = None
    if chat.blocked != blocked:
        chat.blocked = blocked
        before, after = ("member", "kicked") if blocked else ("kicked", "member")
        entry = _membership(town, person, chat, before, after)
        chat.touched(by_bot=False)
        town.moved(chat)
    return Done(chat, entry, chat.revision)


def group(town: Town, asked: Asked) -> Done:
    """Add the bot to a new group, supergroup or channel."""
    person = somebody(town, asked)
    kind = asked.get("type", "group")
    if kind not in {"group", "supergroup", "channel"}:
        raise Wrong(400, f"{kind!r} is no kind of group")
    number = -(5_000 + len(town.chats)) if kind == "group" else -(1_000_000_000_000 + len(town.chats) + 1)
    chat = Chat({"id": number, "type": kind, "title": str(asked.get("title", "Group"))}, town.limits.messages)
    if name := asked.get("username"):
        chat.info["username"] = name
    town.chats[number] = chat
    return Done(
        chat, _membership(town, person, chat, "left", "administrator" if kind == "channel" else "member"), 0
    )


def forget(town: Town, asked: Asked) -> Done:
    """Delete a message, the whole history (no message_id), or freeze it so it cannot be edited any more."""
    person = somebody(town, asked)
    chat = place(town, person, asked)
    if (number := asked.get("message_id")) is None:
        chat.messages.clear()
        chat.keyboard = None
    elif asked.get("freeze"):
        chat.find(number).frozen = True
    else:
        chat.find(number)
        del chat.messages[number]
    chat.touched(by_bot=False)
    town.moved(chat)
    return Done(chat, None, chat.revision)
