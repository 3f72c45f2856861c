"""One chat: its messages by number, its reply keyboard, and what changed since when."""

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from kelisim.sandbox.errors import Wrong

Message = dict[str, Any]


@dataclass
class Kept:
    """A message as the Bot API shows it, and when it last changed (the chat's revision)."""

    body: Message
    by_bot: bool
    revision: int
    frozen: bool = False
    """Telegram would not let the bot edit it any more."""
    reply_markup: bool = False
    """It brought something else than an inline keyboard, so it cannot be edited."""


@dataclass
class Chat:
    """A private chat, group or channel the bot stands in."""

    info: dict[str, Any]
    most: int
    """How many messages are remembered; older ones are forgotten."""
    messages: "OrderedDict[int, Kept]" = field(default_factory=OrderedDict)
    last: int = 0
    revision: int = 0
    answered: int = 0
    """The revision of the bot's last doing here: a message, an edit, a deletion, a toast."""
    keyboard: dict[str, Any] | None = None
    blocked: bool = False
    left: bool = False
    toast: dict[str, Any] | None = None
    action: tuple[str, float] | None = None
    instance: str = field(default_factory=lambda: str(secrets.randbits(62)))

    @property
    def id(self) -> int:
        """The chat's id: positive for people, negative for groups."""
        return int(self.info["id"])

    @property
    def private(self) -> bool:
        """Whether one person alone speaks here."""
        return bool(self.info["type"] == "private")

    def add(self, sender: dict[str, Any] | None, content: Message, *, by_bot: bool) -> Message:
        """A new message at the end of the chat."""
        self.last += 1
        body: Message = {"message_id": self.last}
        if sender is not None:
            body["from"] = sender
        body |= {"chat": self.info, "date": int(time.time())} | content
        self.messages[self.last] = Kept(body, by_bot, self.touched(by_bot))
        while len(self.messages) > self.most:
            self.messages.popitem(last=False)
        return body

    def touched(self, by_bot: bool) -> int:
        """One step further; the new revision."""
        self.revision += 1
        if by_bot:
            self.answered = self.revision
        return self.revision

    def find(self, number: int | None) -> Kept:
        """A message for a control call."""
        kept = self.messages.get(number or 0)
        if kept is None:
            raise Wrong(404, f"there is no message {number} in chat {self.id}")
        return kept

    def since(self, revision: int) -> list[Message]:
        """The bot's messages that came or changed after a revision, as the page and the driver read them."""
        return [seen(kept) for kept in self.messages.values() if kept.by_bot and kept.revision > revision]

    def with_button(self, label: str) -> Kept | None:
        """The newest message with such an inline button."""
        for kept in reversed(self.messages.values()):
            if button(kept.body, label) is not None:
                return kept
        return None


def button(message: Message, label: str) -> dict[str, Any] | None:
    """The inline button of a message with exactly this label."""
    for row in message.get("reply_markup", {}).get("inline_keyboard", ()):
        for one in row:
            if one["text"] == label:
                found: dict[str, Any] = one
                return found
    return None


def labels(rows: list[list[Any]]) -> list[list[str]]:
    """Only what stands on the buttons."""
    return [[one["text"] for one in row] for row in rows]


def seen(kept: Kept) -> Message:
    """A message for the page and the driver: Telegram's fields and a few handy ones."""
    rows = kept.body.get("reply_markup", {}).get("inline_keyboard", [])
    return {**kept.body, "by_bot": kept.by_bot, "revision": kept.revision, "labels": labels(rows)}
