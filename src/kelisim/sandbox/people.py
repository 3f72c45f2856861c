"""The people of the town square, and the bot they talk to."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Person:
    """Someone with a Telegram account; `key` is what tests and the page call them."""

    key: str
    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    phone: str | None = None
    gone: bool = False
    """The account was deleted: nobody can be written to."""

    def user(self) -> dict[str, Any]:
        """The Bot API's User object."""
        user: dict[str, Any] = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            if value := getattr(self, name):
                user[name] = value
        return user

    def private_chat(self) -> dict[str, Any]:
        """The Bot API's Chat object of the person's own chat."""
        chat: dict[str, Any] = {"id": self.id, "type": "private", "first_name": self.first_name}
        for name in ("last_name", "username"):
            if value := getattr(self, name):
                chat[name] = value
        return chat


@dataclass
class Profile:
    """What the bot said about itself: names, descriptions and commands by scope and language."""

    id: int
    username: str
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)

    def user(self) -> dict[str, Any]:
        """The User object as it stands in messages."""
        return {"id": self.id, "is_bot": True, "first_name": self.name(""), "username": self.username}

    def name(self, language: str) -> str:
        """The name in a language, else the one without a language."""
        return self.names.get(language) or self.names.get("") or "kelisim"

    def commands_for(self, chat: int, language: str) -> list[dict[str, Any]]:
        """The commands Telegram would list in a private chat: the narrowest scope wins, then the language."""
        for scope in (f"chat {chat}", "all_private_chats", "default"):
            for code in (language, ""):
                if found := self.commands.get((scope, code)):
                    return found
        return []


def residents() -> list[Person]:
    """The three people of the demo, one for each language of the desk, and Dana, who works for the operator."""
    return [
        Person("aigul", 7_100_001, "Айгүл", "Серікқызы", "aigul_s", "kk", "+77010000001"),
        Person("dias", 7_100_002, "Диас", "Ахметов", "dias_a", "ru", "+77010000002"),
        Person("saule", 7_100_003, "Saule", "Nurlan", "saule_n", "en", "+77010000003"),
        Person("dana", 7_100_004, "Дана", "Қалиева", "dana_operator", "ru", "+77010000004"),
    ]
