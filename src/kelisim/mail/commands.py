"""The first line of a staff reply: a command alone on its line or with arguments that fit, or the beginning of an answer.

A command of which a part does not fit is not guessed at, and neither is it sent as an answer unseen: it is `unclear`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from kelisim.desk import days, numbers, orders, templates
from kelisim.desk.operator import Operator, Staff
from kelisim.desk.orders import ACCEPT, ANSWER, ASK, ASSIGN, HELP, REFUSE

_PIECE = re.compile(r"[^\s,;:!?«»\"“”„()<>*_`]+")
_UNTIL = ("until", "till", "by", "до", "по", "дейин")
_TO = ("to", "кому", "кимге")
_NUMBER_SIGNS = ("№", "#", "no", "n", "номир", "номири", "номер")
# Letters that look like those of a number, and Kazakh ones as a Russian keyboard writes them.
_LOOKS = str.maketrans("авекмнорстухАВЕКМНОРСТУХ", "abekmhopctyxABEKMHOPCTYX")
_FOLD = str.maketrans("әғқңөұүһіё", "агкноуухие")
_DAY = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{1,2}-\d{1,2}")
_ENDING = 4  # letters that a name may have more in Kazakh and Russian («Ерланға», «Гульнаре»)
_FEW = 1  # words behind «answer» that may be a template's name with a slip


@dataclass(frozen=True, slots=True)
class Command:
    """What the first line asks for; `number` is one that was named, which may be another's."""

    order: str
    number: str = ""
    template: str = ""
    ground: str = ""
    until: date | None = None
    to: str = ""
    missing: bool = False  # the argument it needs is not there, or is none we know


@dataclass(frozen=True, slots=True)
class Reply:
    """A staff reply taken apart: a command or none, and the words below it (all of them where there is none)."""

    command: Command | None
    words: str
    unclear: bool = False


def read(text: str, operator: Operator) -> Reply:
    """Take a reply apart."""
    first, _line_end, rest = text.strip().partition("\n")
    slash, order, pieces = _order(first)
    if order is None:
        return Reply(None, text.strip(), unclear=slash)
    command = _command(order, pieces, operator)
    if command is not None:
        return Reply(command, rest.strip())
    if slash:
        return Reply(Command(order, missing=True), rest.strip())
    lenient = order in (ANSWER, ASK, HELP) and len(pieces) > _FEW
    return Reply(None, text.strip(), unclear=not lenient)


def settling(text: str, person: Staff | None) -> str | None:
    """OK or CANCEL when that is all that was written; the writer's own name below it is no new text."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    own = {fold(piece) for piece in _PIECE.findall(person.name)} if person is not None else set()
    if any(
        fold(piece.strip(".,-–—")) not in own | {""} for line in lines[1:] for piece in _PIECE.findall(line)
    ):
        return None
    said = " ".join(fold(piece.strip(".-–—/")) for piece in _PIECE.findall(lines[0])).strip()
    for order, forms in orders.SETTLING.items():
        if said in {fold(form) for spoken in forms.values() for form in spoken}:
            return order
    return None


def fold(word: str) -> str:
    """A word as it is compared: case and the keyboard do not matter."""
    return word.casefold().translate(_FOLD)


def _order(line: str) -> tuple[bool, str | None, list[str]]:
    """Whether a slash stands first, which command the line begins with, and what follows it."""
    line = line.strip().lstrip('«"“*_').strip()
    slash = line.startswith("/")
    pieces = [piece.rstrip(".") for piece in _PIECE.findall(line.lstrip("/ "))]
    pieces = [piece for piece in pieces if piece.strip(".-–—/")]
    said = [fold(piece) for piece in pieces]
    for order, forms in orders.WORDS.items():
        for form in (form for spoken in forms.values() for form in spoken):
            wanted = fold(form).split()
            if said[: len(wanted)] == wanted:
                return slash, order, pieces[len(wanted) :]
    return slash and bool(pieces), None, pieces


def _command(order: str, pieces: list[str], operator: Operator) -> Command | None:
    """The command with its arguments; nothing when they do not fit."""
    number, pieces = _number(pieces)
    until, pieces = _until(pieces)
    if order in (ANSWER, ASK):
        if until is not None:
            return None
        key = templates.find(operator, " ".join(pieces)) if pieces else ""
        return Command(order, number, template=key) if key is not None else None
    if order == REFUSE:
        if not pieces:
            return Command(order, number, until=until, missing=True)
        ground = _ground(" ".join(pieces), operator)
        return Command(order, number, ground=ground, until=until) if ground else None
    if order == ASSIGN:
        if not pieces:
            return Command(order, number, missing=True)
        colleague = _colleague(" ".join(piece for piece in pieces if fold(piece) not in _TO), operator)
        return Command(order, number, to=colleague) if colleague and until is None else None
    if order == ACCEPT and pieces:
        key = templates.find(operator, " ".join(pieces))
        return Command(order, number, template=key, until=until) if key else None
    if pieces or (until is not None and order != ACCEPT):
        return None
    return Command(order, number, until=until)


def _number(pieces: list[str]) -> tuple[str, list[str]]:
    """A number of ours among the arguments, however it was typed, and the others."""
    left, found = [], ""
    for piece in pieces:
        typed = piece.lstrip("№#").replace("–", "-").translate(_LOOKS).upper()
        if found or not numbers.is_number(typed):
            left.append(piece)
            continue
        found = typed
        if left and fold(left[-1]) in _NUMBER_SIGNS:
            left.pop()
    return found, left


def _until(pieces: list[str]) -> tuple[date | None, list[str]]:
    """The last day among the arguments, and the others."""
    for place, piece in enumerate(pieces):
        if _DAY.fullmatch(piece):
            try:
                day = days.read(piece)
            except days.NotADay:
                return None, pieces
            others = pieces[:place] + pieces[place + 1 :]
            return day, [other for other in others if fold(other) not in _UNTIL]
    return None, pieces


def _ground(said: str, operator: Operator) -> str:
    """The code of a ground by its code or its words: all of those that are written stand in the words of one ground only."""
    wanted = fold(said)
    if wanted in operator.grounds:
        return wanted
    words = set(wanted.split())
    found = [
        code
        for code, ground in operator.grounds.items()
        if any(
            words <= {fold(piece) for piece in _PIECE.findall(text)}
            for text in (ground.text.kk, ground.text.ru, ground.text.en)
        )
    ]
    return found[0] if len(found) == 1 and max(len(word) for word in words) > 4 else ""


def _colleague(said: str, operator: Operator) -> str:
    """The address of the one member of staff who is called so: by address, its first part, name or first name."""
    wanted = fold(said).split()
    found = []
    for person in operator.staff:
        address = fold(person.address)
        name = [fold(piece) for piece in _PIECE.findall(person.name)]
        bent = len(wanted) == 1 and wanted[0].startswith(name[0]) and len(wanted[0]) - len(name[0]) <= _ENDING
        if wanted in ([address], [address.partition("@")[0]], name[: len(wanted)]) or bent:
            found.append(person.address)
    return found[0] if len(found) == 1 else ""
