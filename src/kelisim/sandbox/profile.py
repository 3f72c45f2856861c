"""Methods about the bot itself: who it is, what it says before Start, which commands it lists."""

import re
from typing import Any

from kelisim.sandbox.entities import units
from kelisim.sandbox.errors import bad
from kelisim.sandbox.messages import room
from kelisim.sandbox.parameters import Parameters, nested, whole, words
from kelisim.sandbox.town import Town

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


def get_me(town: Town, said: Parameters) -> Any:
    """getMe."""
    return town.profile.user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def _language(said: Parameters) -> str:
    code = words(said, "language_code", "")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad("invalid language code specified")
    return code


def _scope(town: Town, said: Parameters) -> str:
    scope = nested(said, "scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    needs = SCOPES[scope["type"]]
    if unknown := set(scope) - {"type", *needs}:
        raise bad(f"can't parse BotCommandScope: unknown field {min(unknown)}")
    if needs:
        room(town, {"chat_id": whole(scope, "chat_id")})
    return " ".join([scope["type"], *(str(whole(scope, name)) for name in needs)])


def set_my_commands(town: Town, said: Parameters) -> Any:
    """setMyCommands for one scope and language."""
    commands = nested(said, "commands")
    if not isinstance(commands, list) or len(commands) > 100:
        raise bad(
            "BOT_COMMANDS_TOO_MUCH" if isinstance(commands, list) else "can't parse commands: Array expected"
        )
    for command in commands:
        if not isinstance(command, dict) or set(command) - {"command", "description"}:
            raise bad("can't parse BotCommand")
        if not COMMAND.fullmatch(str(command.get("command", "")).removeprefix("/")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= units(str(command.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    plain = [{"command": c["command"].removeprefix("/"), "description": c["description"]} for c in commands]
    town.profile.commands[_scope(town, said), _language(said)] = plain
    town.tell("profile")
    return True


def get_my_commands(town: Town, said: Parameters) -> Any:
    """getMyCommands of exactly one scope and language."""
    return town.profile.commands.get((_scope(town, said), _language(said)), [])


def delete_my_commands(town: Town, said: Parameters) -> Any:
    """deleteMyCommands of exactly one scope and language."""
    town.profile.commands.pop((_scope(town, said), _language(said)), None)
    town.tell("profile")
    return True


def _set(town: Town, said: Parameters, where: dict[str, str], name: str, most: int) -> bool:
    text = words(said, name, "").strip()
    if units(text) > most:
        raise bad(f"{name.replace('_', ' ')} is too long")
    code = _language(said)
    if text:
        where[code] = text
    else:
        where.pop(code, None)
    town.tell("profile")
    return True


def set_my_name(town: Town, said: Parameters) -> Any:
    """setMyName."""
    return _set(town, said, town.profile.names, "name", 64)


def get_my_name(town: Town, said: Parameters) -> Any:
    """getMyName."""
    return {"name": town.profile.name(_language(said))}


def set_my_description(town: Town, said: Parameters) -> Any:
    """setMyDescription: what stands in the empty chat."""
    return _set(town, said, town.profile.descriptions, "description", 512)


def get_my_description(town: Town, said: Parameters) -> Any:
    """getMyDescription."""
    texts = town.profile.descriptions
    return {"description": texts.get(_language(said)) or texts.get("", "")}


def set_my_short_description(town: Town, said: Parameters) -> Any:
    """setMyShortDescription: what stands on the bot's page."""
    return _set(town, said, town.profile.short_descriptions, "short_description", 120)


def get_my_short_description(town: Town, said: Parameters) -> Any:
    """getMyShortDescription."""
    texts = town.profile.short_descriptions
    return {"short_description": texts.get(_language(said)) or texts.get("", "")}


def get_file(town: Town, said: Parameters) -> Any:
    """getFile: where a file can be fetched."""
    kept = town.files.by_id.get(words(said, "file_id"))
    if kept is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    return kept.facts() | {"file_path": kept.path}


def get_chat(town: Town, said: Parameters) -> Any:
    """getChat: the full picture of a chat."""
    return room(town, said).info | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }


def leave_chat(town: Town, said: Parameters) -> Any:
    """leaveChat: groups and channels only."""
    chat = room(town, said)
    if chat.private:
        raise bad("chat member status can't be changed in private chats")
    chat.left = True
    chat.touched(by_bot=True)
    town.moved(chat)
    return True
