"""One row of a file of consents given elsewhere: its columns by header, and what it says, or every reason why it cannot.

Nothing is asked of the store here: see `arrivals` for what the desk knows already. A row is one person, one purpose over one
channel, and keeps only what that pair needs: an address of another channel would tie two people together by a slip of a pen.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from kelisim.desk import consents, days, identity
from kelisim.desk.identity import Email, Malformed
from kelisim.desk.operator import Operator
from kelisim.desk.purposes import Pair
from kelisim.desk.visit import CHANNELS, EMAIL, PHONE, TELEGRAM
from kelisim.texts import LOCALES

LONGEST_EVIDENCE = 200
NAME = ("surname", "name", "patronymic")
FULL_NAME = "full name"

# The words a header may have, folded; the first is how the README calls the column.
HEADERS: dict[str, tuple[str, ...]] = {
    EMAIL: ("e-mail", "email", "mail", "e-mail address", "эл. почта", "электронная почта", "почта", "емейл", "имейл",
            "адрес эл. почты", "эл. пошта", "электрондық пошта", "электрондық пошта мекенжайы", "пошта"),
    "telegram_id": ("telegram id", "telegram", "телеграм id", "телеграм", "id telegram", "chat id", "id чата", "чат id"),
    PHONE: ("phone", "phone number", "mobile", "телефон", "номер телефона", "моб. телефон", "телефон нөмірі", "ұялы телефон"),
    "surname": ("surname", "last name", "family name", "фамилия", "тегі", "тек"),
    "name": ("name", "first name", "given name", "имя", "аты", "есімі", "есім"),
    "patronymic": ("patronymic", "middle name", "отчество", "әкесінің аты"),
    FULL_NAME: ("full name", "surname, name, patronymic", "фио", "ф.и.о.", "фамилия, имя, отчество", "фамилия имя отчество",
                "аты-жөні", "тегі, аты, әкесінің аты", "тегі аты әкесінің аты", "таә"),
    "language": ("language", "lang", "locale", "язык", "тіл", "тілі"),
    "purpose": ("purpose", "consent", "purpose code", "цель", "согласие", "код цели", "мақсат", "келісім", "мақсат коды"),
    "channel": ("channel", "канал", "арна"),
    "agreed": ("agreed at", "agreed", "agreed on", "consent date", "date of consent", "given at", "given on", "дата согласия",
               "согласие дано", "дата", "келісім берілген күн", "келісім күні", "күні"),
    "version": ("document version", "version", "text version", "версия", "версия документа", "версия текста", "нұсқа",
                "құжат нұсқасы", "мәтін нұсқасы"),
    "evidence": ("evidence", "proof", "evidence number", "доказательство", "подтверждение", "номер доказательства",
                 "подтверждение согласия", "дәлел", "дәлел нөмірі", "растау"),
    "proved": ("address proved", "proved", "address proved on", "confirmed", "адрес подтверждён", "адрес подтвержден",
               "дата подтверждения адреса", "мекенжай расталған", "мекенжай расталған күн", "расталған"),
}  # fmt: skip
ADDRESSES = {EMAIL: EMAIL, TELEGRAM: "telegram_id"}  # the column of a channel's address

_LANGUAGES = {
    "kk": ("kk", "kz", "kaz", "қаз", "каз", "қазақ", "қазақша", "қазақ тілі", "казахский", "kazakh"),
    "ru": ("ru", "rus", "рус", "орыс", "орысша", "орыс тілі", "русский", "russian"),
    "en": ("en", "eng", "англ", "ағылшын", "ағылшынша", "ағылшын тілі", "английский", "english"),
}
_CHANNELS = {
    EMAIL: HEADERS[EMAIL],
    TELEGRAM: ("telegram", "телеграм", "телеграмм", "tg"),
}
_YES = ("yes", "y", "true", "1", "да", "иә", "ия", "+")
_NO = ("", "no", "n", "false", "0", "нет", "жоқ", "-")


class Fault(NamedTuple):
    """Why a row is refused: a code, and what a sentence about it needs; never a value from the file."""

    code: str
    details: Mapping[str, Any] = {}


class NoHeader(ValueError):
    """The first row names no column that is needed; `code` says what is wrong, `columns` which."""

    def __init__(self, code: str, *columns: str) -> None:
        super().__init__(code)
        self.code, self.columns = code, columns


@dataclass(frozen=True, slots=True)
class Columns:
    """Which place of a row is what; `unused` are places of columns that are not ours."""

    places: Mapping[str, int]
    unused: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says, read and checked: a consent of somebody at an address."""

    row: int
    pair: Pair
    address: str
    lookup: str  # the form by which the address is looked up
    locale: str
    agreed: date
    until: date
    proved: date
    version: str
    evidence: str
    names: Mapping[str, str] = field(default_factory=dict)
    phone: str = ""
    left: tuple[str, ...] = ()  # what the row holds beyond what the purpose needs: it is not kept

    @property
    def key(self) -> int:
        """The same for two rows that say the same of the same person, whatever the day: the second is a repetition."""
        parts = "\0".join((self.pair.code, self.lookup, self.who))
        return int.from_bytes(hashlib.blake2b(parts.encode(), digest_size=8).digest(), "big")

    @property
    def who(self) -> str:
        """The name by which two people at one mailbox are told apart; empty without one."""
        return known_as(self.names)


def known_as(names: Mapping[str, str]) -> str:
    """Surname and name, folded so that the same person is the same twice."""
    return fold(f"{names.get('surname', '')} {names.get('name', '')}").replace("ё", "е")


def fold(text: str) -> str:
    """Lower case, one blank between words, letters in one form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").split())


def columns(header: Sequence[str]) -> Columns:
    """Find the columns by the header row. Raises NoHeader when none is ours, one is named twice, or addresses are missing."""
    known = {word: name for name, words in HEADERS.items() for word in words}
    places: dict[str, int] = {}
    unused: list[int] = []
    for place, cell in enumerate(header):
        name = known.get(fold(cell).strip(" :*."), known.get(fold(cell)))
        if name is None:
            if cell.strip():
                unused.append(place)
        elif name in places:
            raise NoHeader("twice", name)
        else:
            places[name] = place
    if not places:
        raise NoHeader("none")
    if not places.keys() & set(ADDRESSES.values()):
        raise NoHeader("address", *ADDRESSES.values())
    return Columns(places, tuple(unused))


class Rows:
    """Reads rows under one header for one operator and day; `defaults` stand where a cell is empty or its column missing."""

    def __init__(
        self, operator: Operator, today: date, found: Columns, defaults: Mapping[str, str] | None = None
    ) -> None:
        self._today = today
        self._places = found.places
        self._defaults = defaults or {}
        self._pairs = operator.pairs
        self._codes = {
            fold(word): pair
            for code, pair in operator.pairs.items()
            for word in (code, *(pair.label(locale) for locale in LOCALES))
        }

    def lacks(self) -> tuple[str, ...]:
        """The columns that every row needs and that neither the file nor the defaults have."""
        there = self._places.keys() | self._defaults.keys()
        return tuple(
            name for name in ("purpose", "agreed", "evidence", "language", "proved") if name not in there
        )

    def read(self, row: int, cells: Sequence[str]) -> Entry | list[Fault]:
        """What one row says, or every reason why it cannot be taken."""
        said = {name: cells[place].strip() for name, place in self._places.items() if place < len(cells)}
        for name, value in self._defaults.items():
            said[name] = said.get(name) or value
        pair = self._pair(said)
        if isinstance(pair, Fault):
            return [pair]
        faults: list[Fault] = []
        entry = Entry(
            row, pair, "", "", "", self._today, self._today, self._today, said.get("version", ""), ""
        )
        for part in (self._address, self._names, self._phone, self._language, self._dates, self._evidence):
            told = part(entry, said)
            if isinstance(told, Entry):
                entry = told
            else:
                faults += told
        return faults or entry

    def _pair(self, said: Mapping[str, str]) -> Pair | Fault:
        named = fold(said.get("purpose", ""))
        pair = self._codes.get(named) or self._codes.get(named.replace(" ", "_"))
        if pair is None:
            wanted = fold(said.get("channel", ""))
            channel = next((code for code, words in _CHANNELS.items() if wanted in words), "")
            pair = self._pairs.get(f"{named.replace(' ', '_')}-{channel}") if channel else None
        mine = [
            code for code in self._pairs if code != consents.DESK and self._pairs[code].channel in CHANNELS
        ]
        if pair is None:
            return Fault("purpose", {"known": ", ".join(mine)})
        if pair.code == consents.DESK:
            return Fault("desk", {"known": ", ".join(mine)})
        if pair.code not in mine:
            return Fault("own", {"purpose": pair.code})
        return pair

    def _address(self, entry: Entry, said: Mapping[str, str]) -> Entry | list[Fault]:
        typed = said.get(ADDRESSES[entry.pair.channel], "")
        if not typed:
            return [
                Fault(
                    "no address",
                    {"column": HEADERS[ADDRESSES[entry.pair.channel]][0], "purpose": entry.pair.code},
                )
            ]
        if entry.pair.channel == TELEGRAM:
            if not (typed.isascii() and typed.isdecimal() and 0 < int(typed) < 1 << 52):
                return [Fault("telegram")]
            return replace(entry, address=str(int(typed)), lookup=str(int(typed)))
        try:
            read: Email = identity.email(typed)
        except Malformed as fault:
            return [Fault("email", {"part": fault.part})]
        return replace(entry, address=read.address, lookup=read.lookup)

    def _names(self, entry: Entry, said: Mapping[str, str]) -> Entry | list[Fault]:
        given, faults = self._named(said)
        needed = entry.pair.way.required
        faults += [Fault("lacks", {"what": name, "purpose": entry.pair.code}) for name in NAME
                   if name in needed and name not in given and not faults]  # fmt: skip
        if faults:
            return faults
        asked = (*needed, *entry.pair.way.optional)
        left = tuple(name for name in given if name not in asked)
        return replace(
            entry, names={name: given[name] for name in given if name in asked}, left=entry.left + left
        )

    def _named(self, said: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
        """The names of a row, from their own columns or from one that has them all."""
        given: dict[str, str] = {}
        faults: list[Fault] = []
        whole = said.get(FULL_NAME, "")
        if whole and not any(said.get(name) for name in NAME):
            try:
                read = identity.name(whole)
            except Malformed as fault:
                return {}, [Fault("name", {"what": FULL_NAME, "part": fault.part})]
            found = {"surname": read.surname, "name": read.name, "patronymic": read.patronymic or ""}
            return {name: value for name, value in found.items() if value}, []
        for name in NAME:
            if typed := said.get(name, ""):
                try:
                    given[name] = identity.word(typed)
                except Malformed as fault:
                    faults.append(Fault("name", {"what": name, "part": fault.part}))
        return given, faults

    def _phone(self, entry: Entry, said: Mapping[str, str]) -> Entry | list[Fault]:
        typed = said.get(PHONE, "")
        required = PHONE in entry.pair.way.required
        if not typed:
            return [Fault("lacks", {"what": PHONE, "purpose": entry.pair.code})] if required else entry
        if not required and PHONE not in entry.pair.way.optional:
            return replace(entry, left=(*entry.left, PHONE))
        try:
            return replace(entry, phone=identity.phone(typed).e164)
        except Malformed:
            return [Fault("phone")]

    def _language(self, entry: Entry, said: Mapping[str, str]) -> Entry | list[Fault]:
        typed = fold(said.get("language", ""))
        locale = next((code for code, words in _LANGUAGES.items() if typed in words), "")
        return replace(entry, locale=locale) if locale else [Fault("language")]

    def _dates(self, entry: Entry, said: Mapping[str, str]) -> Entry | list[Fault]:
        """The day of the consent and its last, and the day on which the address was proved."""
        try:
            agreed = days.read(said.get("agreed", ""))
        except days.NotADay:
            return [Fault("day", {"column": HEADERS["agreed"][0]})]
        if agreed > self._today:
            return [Fault("future", {"column": HEADERS["agreed"][0]})]
        until = entry.pair.term.valid_until(agreed)
        if until < self._today:
            return [Fault("over", {"until": until.isoformat(), "purpose": entry.pair.code})]
        typed = fold(said.get("proved", ""))
        if typed in _NO:
            return [Fault("unproved")]
        proved = agreed
        if typed not in _YES:
            try:
                proved = days.read(typed)
            except days.NotADay:
                return [Fault("day", {"column": HEADERS["proved"][0]})]
            if proved > self._today:
                return [Fault("future", {"column": HEADERS["proved"][0]})]
        return replace(entry, agreed=agreed, until=until, proved=proved)

    def _evidence(self, entry: Entry, said: Mapping[str, str]) -> Entry | list[Fault]:
        told = " ".join(identity.lines(said.get("evidence", ""))).strip()
        if not told:
            return [Fault("evidence")]
        if len(told) > LONGEST_EVIDENCE:
            return [Fault("evidence long", {"most": LONGEST_EVIDENCE})]
        return replace(entry, evidence=told)
