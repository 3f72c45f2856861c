"""People for the load: each sends updates of the Bot API and presses the buttons that a bot showed them."""

import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any

from .bot_api import BOT, Screen

FIRST_CHAT = 10_000_000_000  # beyond 32 bits, as Telegram's newer ids are
WORDS = "/start"

# What a person sends in turn: "/start" is typed, anything else is the label of a button to press.
ECHO = (WORDS,)
SESSION_FLOW = (WORDS, "I agree")
DESK_FLOW = (WORDS, "English", "I am 18 or over", "I agree")


class NoSuchButton(Exception):
    """The screen in front of the person does not offer the next label of the script."""


@dataclass(slots=True)
class Person:
    """One person with one chat; `step` counts the turns of the script that are done."""

    chat: int
    script: tuple[str, ...]
    step: int = 0
    screen: Screen | None = None


@dataclass
class Crowd:
    """Makes people and their updates with ids that never repeat within one bot's life."""

    script: tuple[str, ...]
    _chats: "itertools.count[int]" = field(default_factory=lambda: itertools.count(FIRST_CHAT))
    _updates: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1_000_000))

    def people(self, count: int) -> list[Person]:
        """`count` people nobody has seen before."""
        return [Person(next(self._chats), self.script) for _ in range(count)]

    def next_update(self, person: Person) -> tuple[int, str, str | None]:
        """The person's next turn: update id, the update as JSON, and the id of the press (None if typed)."""
        update_id = next(self._updates)
        turn = person.script[person.step]
        chat = {"id": person.chat, "type": "private", "first_name": "Person"}
        sender = {"id": person.chat, "is_bot": False, "first_name": "Person", "language_code": "en"}
        update: dict[str, Any] = {"update_id": update_id}
        if turn == WORDS:
            update["message"] = {
                "message_id": 500_000_000 + update_id,
                "date": int(time.time()),
                "chat": chat,
                "from": sender,
                "text": turn,
                "entities": [{"type": "bot_command", "offset": 0, "length": len(turn)}],
            }
            return update_id, json.dumps(update), None
        screen, data = _button(person, turn)
        press = f"press-{update_id}"
        update["callback_query"] = {
            "id": press,
            "from": sender,
            "chat_instance": str(person.chat),
            "data": data,
            "message": {
                "message_id": screen.message_id,
                "date": int(time.time()),
                "chat": chat,
                "from": BOT,
                "text": screen.text,
                "reply_markup": {"inline_keyboard": screen.keyboard},
            },
        }
        return update_id, json.dumps(update), press


def _button(person: Person, label: str) -> tuple[Screen, str]:
    """The screen and the callback data behind the button with this label (a symbol before it is allowed)."""
    screen = person.screen
    buttons = [b for row in screen.keyboard for b in row] if screen else []
    for button in buttons:
        text = str(button.get("text", ""))
        if screen and "callback_data" in button and (text == label or text.endswith(" " + label)):
            return screen, str(button["callback_data"])
    offered = ", ".join(f"«{b.get('text')}»" for b in buttons) or "no buttons"
    raise NoSuchButton(f"turn {person.step + 1}: no «{label}»; the screen offers {offered}")
