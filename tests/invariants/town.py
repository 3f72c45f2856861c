"""A town where people stand in every place of the chat, and a watch over what each of them is answered."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.doorstep import Doorstep, a_desk, copied, doorstep_on
from tests.invariants import places
from tests.invariants.residents import Resident
from tests.invariants.updates import Update

from kelisim.clock import Clock
from kelisim.telegram.bot import METHODS
from kelisim.telegram.flood import Flood
from kelisim.telegram.visit import Answer
from kelisim.telegram.wire import utf16

DESK = a_desk()


@dataclass(slots=True)
class Town:
    """A store where people stand in every place, to be copied for each example; and what happened so far."""

    file: Path
    people: dict[str, Resident]
    owners: dict[str, str]  # a number, and the key of the person it was told to
    log: io.StringIO
    counts: Counter[str] = field(default_factory=Counter)

    @asynccontextmanager
    async def copy(self, folder: Path, flood: Flood | None = None) -> AsyncIterator[Doorstep]:
        """The town as it stood, on a store of its own."""
        desk = replace(DESK, clock=Clock())
        async with doorstep_on(copied(self.file, folder), desk=desk, flood=flood) as step:
            step.door.fetch = places.fetch
            yield step


def event_of(update: Update) -> dict[str, Any] | None:
    """The message or press in an update."""
    found = update.get("message") or update.get("edited_message") or update.get("callback_query")
    return found if isinstance(found, dict) else None


def private(update: Update) -> bool:
    """Whether a human wrote or pressed here in a private chat."""
    event = event_of(update)
    if event is None or "from" not in event or event["from"]["is_bot"] or event["from"]["id"] == 777000:
        return False
    chat = event.get("chat") or event.get("message", {}).get("chat") or {"type": "private"}
    return bool(chat["type"] == "private")


class Watch:
    """Looks at every answer of one example."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.typed: dict[str, str] = {}
        self.bursts: set[tuple[str, str, Any]] = set()

    def burst(self, key: str, update: Update) -> bool:
        """Whether this belongs to an album or to edits of one message that were answered already."""
        message = update.get("edited_message") or update.get("message") or {}
        mark = (
            ("edit", message["message_id"])
            if "edited_message" in update
            else ("album", message.get("media_group_id"))
        )
        if mark[1] is None or not private(update):
            return False
        before = (key, *mark) in self.bursts
        self.bursts.add((key, *mark))
        return before

    def check(self, key: str, update: Update, answer: Answer) -> None:
        """One answer: it is there, it is fit for the wire, it goes to the asker and tells of nobody else."""
        person, event = self.town.people[key], event_of(update)
        kind = next((name for name in update if name != "update_id"), "empty")
        self.town.counts[kind if event is None or private(update) else f"{kind} elsewhere"] += 1
        burst = self.burst(key, update)
        if private(update) and not burst:
            assert answer.screen is not None, f"no answer to {update}"
        if event is not None and "callback_query" in update and not event["from"]["is_bot"]:
            assert any(call["method"] == "answerCallbackQuery" for call in answer.beside), (
                "the button keeps turning"
            )
        self.typed[key] = self.typed.get(key, "") + json.dumps(update, ensure_ascii=False)
        for call in [answer.screen, *answer.beside]:
            if call is not None:
                self.call(key, person, update, call)

    def call(self, key: str, person: Resident, update: Update, call: dict[str, Any]) -> None:
        """One call: within the limits of the Bot API, to this chat, with nothing of anybody else."""
        METHODS[call["method"]](**{name: value for name, value in call.items() if name != "method"})
        if private(update) and call["method"] != "answerCallbackQuery":
            assert call["chat_id"] == person.values.id
        if "text" in call:
            assert 1 <= utf16(call["text"]) <= 4096
            assert call["text"].strip()
        for row in call.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                assert 1 <= len(button.get("callback_data", "u").encode()) <= 64
        told = json.dumps(call, ensure_ascii=False)
        for other, each in self.town.people.items():
            if other != key:
                for value in (
                    each.values.surname,
                    each.values.name,
                    each.values.email,
                    each.values.phone,
                    str(each.values.id),
                ):
                    assert value not in told or value in self.typed[key], (
                        f"{key} was told {value} of {other}: {call}"
                    )
        for number, owner in self.town.owners.items():
            assert owner == key or number not in told or number in self.typed[key], (
                f"{key} was told {number} of {owner}"
            )
