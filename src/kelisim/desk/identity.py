"""How people are named and reached: addresses, names and phones checked, masked and shown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

LONGEST_EMAIL = 254  # RFC 5321: what fits into a mail command
LONGEST_LOCAL = 64
LONGEST_NAME = 120
LONGEST_SHOWN = 64
HOME = "KZ"

_APOSTROPHES = dict.fromkeys(map(ord, "’‘‛ʼʻʹ`´′＇"), "'")
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—−﹣－"), "-")
_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*'?")
_PHONE = re.compile(r"\+?[\d\s().\-]+")
# Letters that look like nothing, and marks whose only work is to change their neighbour's drawing.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, range(0xFE00, 0xFE10))
)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_FSI, _PDI = "\u2068", "\u2069"


class Malformed(ValueError):
    """What was typed cannot be read; `part` names what is wrong or missing, never the value itself.

    Every kind: `empty`. E-mail: `space`, `at`, `local`, `domain`. Phone: `digits`, `number`.
    Name: `name` (one word only), `many`, `digits`, `letters`, `long`.
    """

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


@dataclass(frozen=True, slots=True)
class Email:
    """An address as letters carry it (ASCII domain) and the form by which it is looked up."""

    address: str
    lookup: str


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name as typed; words after the second are the patronymic."""

    surname: str
    name: str
    patronymic: str | None = None


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number as +, country and digits."""

    e164: str


def email(text: str) -> Email:
    """Read one address; nothing is asked of the network. Raise Malformed with the part that is wrong.

    A domain in other letters is kept in its ASCII form, so that a look-alike domain is another address.
    """
    typed = _visible(text[: LONGEST_EMAIL * 4]).strip(" \t\r\n<>\"'«»“”,;.")
    if not typed:
        raise Malformed("empty")
    if any(character.isspace() for character in typed):
        raise Malformed("space")
    local, at, domain = typed.rpartition("@")
    if not at or "@" in local:
        raise Malformed("at")
    checked = _checked(local, domain)
    address = f"{checked.ascii_local_part}@{checked.ascii_domain}"
    return Email(address, f"{checked.local_part.casefold()}@{checked.ascii_domain.lower()}")


def _checked(local: str, domain: str) -> ValidatedEmail:
    """Let the library judge the address and find out which half it dislikes."""
    if not domain or not _passes("a", domain):
        raise Malformed("domain")
    # "=?" begins an encoded word: in a header such an address is read as something else (RFC 2047, CVE-2024-6923).
    fits = 0 < len(local) <= LONGEST_LOCAL and "=?" not in local
    checked = _passes(local, domain) if fits else None
    if checked is None or not checked.ascii_local_part:
        raise Malformed("local")
    return checked


def _passes(local: str, domain: str) -> ValidatedEmail | None:
    """The library's answer; `.test` domains pass, because the people of a sandbox live there."""
    try:
        return validate_email(
            f"{local}@{domain}", check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        return None


def name(text: str) -> Name:
    """Read surname, name and patronymic from one line: 2-5 words of letters, hyphen, apostrophe."""
    if len(text) > LONGEST_NAME * 4:
        raise Malformed("long")
    plain = _visible(text.translate(_APOSTROPHES).translate(_HYPHENS))
    words = unicodedata.normalize("NFKC", plain).strip(" \t\r\n.,;!").split()
    if not words:
        raise Malformed("empty")
    if any(character.isdigit() for word in words for character in word):
        raise Malformed("digits")
    if not all(_WORD.fullmatch(word) for word in words):
        raise Malformed("letters")
    if len(words) == 1:
        raise Malformed("name")
    if len(words) > 5:
        raise Malformed("many")
    if sum(map(len, words)) > LONGEST_NAME:
        raise Malformed("long")
    return Name(words[0], words[1], " ".join(words[2:]) or None)


def word(text: str) -> str:
    """Read one field of a name: up to three words of letters, hyphen, apostrophe; raise Malformed as `name` does."""
    try:
        read = name(
            f"x {text}"
        )  # a name needs two words: the first stands in for the fields that are not asked
    except Malformed as malformed:
        raise Malformed("empty" if malformed.part == "name" else malformed.part) from None
    value = " ".join(filter(None, (read.name, read.patronymic)))
    if value.count(" ") > 2:
        raise Malformed("many")
    return value


def phone(text: str) -> Phone:
    """Read a phone number, Kazakh ones also with 8 or without +; raise Malformed."""
    typed = unicodedata.normalize("NFKC", _visible(text[:LONGEST_SHOWN])).translate(_HYPHENS).strip()
    if not typed:
        raise Malformed("empty")
    if not _PHONE.fullmatch(typed):
        raise Malformed("digits")
    # Telegram's own contact of another country comes without its plus.
    for written in (typed, "+" + typed.lstrip("+")):
        try:
            number = phonenumbers.parse(written, HOME)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    raise Malformed("number")


def mask_email(address: str) -> str:
    """`aigul@mail.kz` becomes `a…l@mail.kz`; of a short local part less is left."""
    local, at, domain = address.rpartition("@")
    return f"{_ends(local)}@{domain}" if at else "…"


def mask_phone(e164: str) -> str:
    """`+77010001234` becomes `+7 … 12 34`."""
    digits = "".join(filter(str.isdecimal, e164))
    if len(digits) < 8:
        return "…"
    try:
        country = f"+{phonenumbers.parse('+' + digits, None).country_code} "
    except phonenumbers.NumberParseException:
        country = ""
    return f"{country}… {digits[-4:-2]} {digits[-2:]}"


def mask_name(word: str) -> str:
    """`Нұрланова` becomes `Н…а`."""
    return _ends(word)


def _ends(word: str) -> str:
    """First and last character, fewer when that would tell everything."""
    return {0: "…", 1: "…", 2: f"{word[:1]}…"}.get(len(word), f"{word[:1]}…{word[-1:]}")


def shown(text: str, limit: int = LONGEST_SHOWN) -> str:
    """A person's own words or name, safe to stand inside our sentence: one line, at most `limit` characters
    that can be seen, unable to turn the text around it. Markup stays what it was typed as: plain characters.
    """
    kept: list[str] = []
    marks = 0
    for character in " ".join(_visible(text[: limit * 64]).split()):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= 2 and character not in _BLANK:
            kept.append(character)
    line = "".join(kept).strip() or "…"
    return f"{_FSI}{line if len(line) <= limit else line[: limit - 1] + '…'}{_PDI}"


def lines(text: str) -> list[str]:
    """A person's own words line by line, wherever a program may break them, without what cannot be seen: for letters and
    files that set each line apart from ours.
    """
    return [_visible(line).rstrip() for line in text.splitlines()] or [""]


def _visible(text: str) -> str:
    """The text without what cannot be seen (control, format, unassigned); line ends become spaces."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if character in "\t\n\r\x0b\x0c\x85" else character
        for character in text
        if character in "\t\n\r\x0b\x0c\x85" or unicodedata.category(character) not in _UNSEEN
    )
