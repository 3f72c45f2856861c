"""Which words on a screen belong to another language than the one it speaks."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from babel.messages.pofile import read_po
from tests.doorstep import a_desk

from kelisim.texts import LOCALES, LOCALES_FOLDER, NAMES

PLACEHOLDER = re.compile(r"\{[^{}]*\}|\n")
# Not words of a language: addresses, links, numbers, codes, hashes, commands, names of policy packs, masked values.
CODES = re.compile(
    r"https?://\S+|\S+@[\w.-]+|\b[\w-]+\.kz\b|\b[CSKEBF]-[0-9A-Z]{9}\b|\b[0-9a-f]{64}\b|(?<!\w)/[a-z]+|№ ?\d+-V|\d+/НҚ|SHA-256"
    r"|kz-\d{4}-\d\d|\w…\w?"
)
# Names that are written alike everywhere.
NAMED = {
    "kk": {
        "Telegram",
        "KazGer",
        "Otinish",
        "e-Otinish",
        "eOtinish",
        "eGov",
        "SMS",
        "ID",
        "PDF",
        "JPEG",
        "PNG",
    },
    "ru": {
        "Telegram",
        "KazGer",
        "Otinish",
        "e-Otinish",
        "eOtinish",
        "eGov",
        "SMS",
        "ID",
        "PDF",
        "JPEG",
        "PNG",
    },
}
CYRILLIC = re.compile(r"[\u0400-\u04ff]+")
LATIN = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
BOTH = {"не", "да", "те"}  # words of Kazakh and of Russian, whichever the sentences happen to use
WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?:-[^\W\d_]+)*")


@cache
def sentences(locale: str) -> dict[str, tuple[str, ...]]:
    """What the catalogue of a language says for each English sentence, every plural form."""
    with (LOCALES_FOLDER / locale / "LC_MESSAGES" / "kelisim.po").open("rb") as file:
        catalogue = read_po(file, locale=locale)
    told = {}
    for message in catalogue:
        if message.id:
            english = message.id[0] if isinstance(message.id, tuple) else message.id
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            told[str(english)] = tuple(str(form) for form in forms)
    return told


def pieces(sentence: str) -> list[str]:
    """The fixed parts of a sentence that nobody writes by chance."""
    parts = (part.strip(" .,:;—«»“”()") for part in PLACEHOLDER.split(sentence))
    return [part for part in parts if len(part) >= 12 and " " in part]


@cache
def belongings(locale: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole labels and lines of a language, and the fixed parts of its sentences and documents."""
    whole = {form for forms in sentences(locale).values() for form in forms if "{" not in form}
    parts = {part for forms in sentences(locale).values() for form in forms for part in pieces(form)}
    shelf = a_desk().shelf
    for name in shelf.names():
        parts |= {line for line in shelf.current(name, locale).text.splitlines() if len(line) >= 12}
    return frozenset(whole), tuple(sorted(parts))


def _gap(found: re.Match[str]) -> str:
    """What stands for a placeholder, so that an ending after it is no word of its own."""
    return " " if found[0] == "\n" else "X"


@cache
def vocabulary(locale: str) -> frozenset[str]:
    """Every word the sentences, documents and buttons of a language use."""
    desk = a_desk()
    heap = [form for forms in sentences(locale).values() for form in forms]
    heap += [desk.shelf.current(name, locale).text for name in desk.shelf.names()]
    heap += [pair.label(locale) for pair in desk.operator.every_pair.values()]
    return frozenset(word.lower() for text in heap for word in WORD.findall(PLACEHOLDER.sub(_gap, text)))


@lru_cache(maxsize=20_000)
def foreign(text: str, locale: str) -> tuple[str, ...]:
    """What stands in this text and is another language's."""
    found: list[str] = []
    lines = [line for line in text.splitlines() if line]
    own_whole, own_parts = belongings(locale)
    own = set(own_parts)
    for other in LOCALES:
        if other == locale:
            continue
        whole, parts = belongings(other)
        found += [line for line in lines if line in whole - own_whole and line not in NAMES.values()]
        found += [part for part in parts if part not in own and part in text]
    bare = CODES.sub(" ", text)
    for name in NAMES.values():
        bare = bare.replace(name, " ")
    if locale == "en":
        found += CYRILLIC.findall(bare)
    else:
        found += [word for word in LATIN.findall(bare) if word not in NAMED[locale]]
        (other,) = set(LOCALES) - {locale, "en"}
        words = {word.lower() for word in WORD.findall(bare)}
        found += sorted(words & (vocabulary(other) - vocabulary(locale) - BOTH))
    return tuple(found)
