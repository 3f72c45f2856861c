"""Whole sentences in the language of the reader, with dates and plurals as that language writes them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

Locale = str
LOCALES: tuple[Locale, ...] = ("kk", "ru", "en")
NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}  # the same in every language

_PATTERNS = {"kk": "y 'ж'. d MMMM, EEEE", "ru": "d MMMM y 'г'., EEEE", "en": "EEEE d MMMM y"}
_spoken: ContextVar[Locale] = ContextVar("spoken", default="kk")


def _folder() -> Path:
    inside = Path(__file__).parent / "locales"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "locales"


LOCALES_FOLDER = _folder()


@cache
def catalogue(locale: Locale) -> Translations:
    """The sentences of one language, read once from its `.po` file."""
    source = LOCALES_FOLDER / locale / "LC_MESSAGES" / "kelisim.po"
    with source.open("rb") as file:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(file, locale=locale))
    compiled.seek(0)
    return Translations(compiled, domain="kelisim")


@contextmanager
def speaking(locale: Locale) -> Iterator[None]:
    """Everything said inside is said in this language."""
    token = _spoken.set(locale)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> Locale:
    """The language being spoken now."""
    return _spoken.get()


def _(message: str, **values: object) -> str:
    """A whole English sentence in the spoken language, its `{placeholders}` filled afterwards."""
    told = catalogue(_spoken.get()).ugettext(message)
    return told.format(**values) if values else told


def plural(one: str, many: str, n: int, **values: object) -> str:
    """A sentence that counts: `{n}` is the count, its form the spoken language's own."""
    return catalogue(_spoken.get()).ungettext(one, many, n).format(n=n, **values)


def N_(message: str) -> str:
    """Mark a sentence for the catalogue; it is translated where it is read."""
    return message


@lru_cache(maxsize=4096)
def _day(day: date, locale: Locale) -> str:
    return format_date(day, _PATTERNS[locale], locale=locale)


def day(when: date) -> str:
    """A date with its weekday, as the spoken language writes it (SCREENS rule 10)."""
    return _day(when, _spoken.get())
