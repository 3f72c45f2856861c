"""What the person of a case reads now: tried, written down and undone, so that staff see the very words that leave after it.

The way is that of the person: their chat or a letter. The chat's screens are lent by its door, as to the courier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kelisim.desk import answers, subjects
from kelisim.desk.cases import Case
from kelisim.desk.visit import Visit
from kelisim.texts import _, speaking

# Renders a screen that comes unasked (SCREENS 3.11) as the Bot API's content.
Screens = Callable[[Visit, str, str], dict[str, Any] | None]

NOBODY, LETTER, CHAT, LATER = "nobody", "letter", "chat", "later"


@dataclass(frozen=True, slots=True)
class Reading:
    """By which way something is read, in which language (kk, ru, en), what comes first, and what is behind the button."""

    way: str
    language: str = ""
    first: str = ""
    words: str = ""


def of(visit: Visit, case: Case, screen: str, screens: Screens | None) -> Reading:
    """What the visit's subject is told of their case, with the screen `svc.*` where they are told in the chat.

    It marks what is read as read: call it where the transaction, or its savepoint, is undone.
    """
    subject = visit.subject
    if subject is None:
        return Reading(NOBODY)
    with speaking(subject.locale):
        if answers.by_letter(visit, case):
            told = answers.letter(visit, case)
            return Reading(LETTER, subject.locale, f"{told['subject']}\n\n{told['text']}")
        words = "\n\n".join(answers.readable(visit, case))
        if subject.state == subjects.CLOSED:
            return Reading(LATER, subject.locale, "", words)
        content = (screens(visit, screen, case.number) if screens is not None else None) or {}
    return Reading(CHAT, subject.locale, str(content.get("text", "")), words)


def told(reading: Reading) -> str:
    """A reading with its way and language, in the language being spoken; every line of the person's text is marked."""
    if reading.way == NOBODY:
        return _("Nobody is told: no person of the store stands behind this request.")
    language = named(reading.language)
    if reading.way == LETTER:
        return framed(_("By letter, in {language}:", language=language), reading.first)
    if reading.way == LATER:
        head = _("The chat is closed and no mailbox is proved: the person reads it when they come back, in {language}:",
                 language=language)  # fmt: skip
        return framed(head, reading.words) if reading.words else head
    first = framed(_("In the chat, in {language}:", language=language), reading.first)
    if not reading.words:
        return first
    behind = framed(_("and after “Read the answer”:"), reading.words)
    return f"{first}\n\n{behind}"


def named(locale: str) -> str:
    """A language by its name in the language being spoken."""
    return {"kk": _("Kazakh"), "ru": _("Russian"), "en": _("English")}[locale]


def framed(head: str, text: str) -> str:
    """A text under its head, each line marked, nothing in it able to move a cursor or turn the line (T-CHAT-09)."""
    return "\n".join([head, *(f"  │ {line}" for line in plain(text).split("\n"))])


def plain(text: str) -> str:
    """Words without characters that cannot be seen; line ends stay."""
    return "".join(letter for letter in text if letter == "\n" or letter.isprintable())
