"""Screens, and the three ways they are reached: looked at (view), acted upon (act), typed into (reader).

A view renders a screen of SCREENS.md from the store alone, by its id and a reference, so a repeated update gets the
same screen again. An act changes something and says where to go; so does a reader, with the words that were typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import Visit
from kelisim.telegram.press import Press
from kelisim.texts import _

SHORT = 16  # two labels share a row only when both are at most this long


class Go(NamedTuple):
    """Where to go next: a screen's id and its reference."""

    screen: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A label and the screen or act it leads to (or a link)."""

    label: str
    to: str = ""
    ref: str = ""
    digest: str = ""
    locale: str = ""
    url: str = ""
    wide: bool = False


@dataclass(slots=True)
class Screen:
    """What a person sees: a bold first line, plain text, buttons. `done` marks a confirmation, never edited.

    `up` is where Back leads (none: no Back); `cancel` calls it Cancel. `share` asks for Telegram's own contact.
    `quotes`: sent as a reply to the words it answers, so that a press on it brings them back and nobody keeps them.
    """

    text: str
    title: str = ""
    buttons: list[Button] = field(default_factory=list)
    up: Go | None = None
    cancel: bool = False
    menu: bool = True
    done: bool = False
    share: str = ""
    quotes: bool = False


View = Callable[[Visit, str], Screen]
Act = Callable[[Visit, Press], Go]
Reader = Callable[[Visit, str, Waiting], Go]
Receiver = Callable[[Visit, "Brought", Waiting], Go]


class Brought(NamedTuple):
    """A file that came where one was asked for: its name and bytes, or the `fault` that kept it from being fetched."""

    name: str
    content: bytes
    fault: str = ""


VIEWS: dict[str, View] = {}
ACTS: dict[str, Act] = {}
READERS: dict[str, Reader] = {}
OPEN: set[str] = set()  # what works before the desk consent
RECEIVERS: dict[str, Receiver] = {}
FORMATTED: set[str] = set()  # screens whose words are read with Telegram's own formatting, as HTML
REFERENCES: set[str] = {""}  # what our buttons may carry beside numbers, pairs and pages; see `refers`
ASKS: set[str] = set()  # screens that wait for words as soon as they are opened
# Screens that tell what an act did: no button leads there, so a forged one does not either.
TOLD: set[str] = set()
_CODES: dict[str, str] = {}
_IDS: dict[str, str] = {}


def _name(identity: str, code: str) -> None:
    if code in _IDS or identity in _CODES or len(code) > 6:
        raise ValueError(f"{identity}: the code {code} is taken or too long")
    _CODES[identity], _IDS[code] = code, identity


def view(
    identity: str, code: str, *, before_consent: bool = False, asks: bool = False, told: bool = False
) -> Callable[[View], View]:
    """Register the view of a screen id of SCREENS.md under its short code."""

    def register(function: View) -> View:
        _name(identity, code)
        VIEWS[identity] = function
        if before_consent:
            OPEN.add(identity)
        if asks:
            ASKS.add(identity)
        if told:
            TOLD.add(identity)
        return function

    return register


def act(identity: str, code: str, *, before_consent: bool = False) -> Callable[[Act], Act]:
    """Register an act under its short code."""

    def register(function: Act) -> Act:
        _name(identity, code)
        ACTS[identity] = function
        if before_consent:
            OPEN.add(identity)
        return function

    return register


def reader(*identities: str) -> Callable[[Reader], Reader]:
    """Register what reads the words typed into a screen."""

    def register(function: Reader) -> Reader:
        for identity in identities:
            READERS[identity] = function
        return function

    return register


def receiver(*identities: str) -> Callable[[Receiver], Receiver]:
    """Register what takes a photo or document sent into a screen; the door fetches it before the visit."""

    def register(function: Receiver) -> Receiver:
        for identity in identities:
            RECEIVERS[identity] = function
        return function

    return register


def refers(*references: str) -> None:
    """Name the references that buttons of ours carry; anything else is forged and an old button."""
    for reference in references:
        if len(reference) > 22:
            raise ValueError(f"the reference {reference} is too long for a button")
    REFERENCES.update(references)


def code_of(identity: str) -> str:
    """The short code of a screen or act."""
    return _CODES[identity]


def identity_of(code: str) -> str | None:
    """The screen or act behind a short code, or nothing when there is none (any more)."""
    return _IDS.get(code)


def split(ref: str) -> tuple[str, str]:
    """A reference and what is said beside it: `informing-email?changed`."""
    main, _sep, beside = ref.partition("?")
    return main, beside


def registered(visit: Visit) -> bool:
    """Whether the person has a desk consent; a closed chat begins anew."""
    return visit.subject is not None and visit.subject.state != "closed"


def footer(visit: Visit, screen: Screen) -> list[Button]:
    """Back and Menu, on every screen; before the desk consent Menu reads Start."""
    row = []
    if screen.up is not None and not screen.done:
        row.append(Button(_("Cancel") if screen.cancel else _("Back"), screen.up.screen, screen.up.ref))
    if screen.menu:
        row.append(Button(_("Menu"), "menu") if registered(visit) else Button(_("Start"), "language"))
    return row


def rows(buttons: list[Button]) -> list[list[Button]]:
    """Two buttons share a row only when both are short (SCREENS rule 7)."""
    made: list[list[Button]] = []
    for button in buttons:
        small = len(button.label) <= SHORT and not button.wide
        if small and made and len(made[-1]) == 1 and len(made[-1][0].label) <= SHORT and not made[-1][0].wide:
            made[-1].append(button)
        else:
            made.append([button])
    return made
