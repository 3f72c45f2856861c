"""A date as people type it: in figures, or with the month's name in Kazakh, Russian or English."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

LONGEST = 60  # characters; whoever writes more tells a story

# Beginnings of the months' names, Kazakh letters folded as a Russian keyboard writes them.
_MONTHS = (
    ("кантар", "январ", "jan"), ("акпан", "феврал", "feb"), ("наурыз", "март", "mar"), ("сауир", "апрел", "apr"),
    ("мамыр", "май", "мая", "may"), ("маусым", "июн", "jun"), ("шилде", "июл", "jul"), ("тамыз", "август", "aug"),
    ("кыркуйек", "сентябр", "sep"), ("казан", "октябр", "oct"), ("караша", "ноябр", "nov"), ("желтоксан", "декабр", "dec"),
)  # fmt: skip
_FOLD = str.maketrans("әғқңөұүһіё", "агкноуухие")
_ENDLESS = ("no end", "without end", "indefinite", "бессрочн", "без срока", "мерзимсиз", "шектеусиз")
_FIGURES = re.compile(r"(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})")


class NotADay(ValueError):
    """What was typed is no day of the calendar."""


def read(typed: str) -> date:
    """The day somebody wrote, the day before the month (31.12.2027) unless the year stands first; raises NotADay."""
    words = _plain(typed)
    if len(words) > LONGEST:
        raise NotADay
    found = _FIGURES.search(words)
    if found is not None:
        first, month, last = found.groups()
        year, day = (first, last) if len(first) == 4 else (last, first)
        return _day(year, int(month), day)
    return _in_words(words)


def endless(typed: str) -> bool:
    """Whether somebody wrote that there is no end."""
    words = _plain(typed)
    return len(words) <= LONGEST and any(said in words for said in _ENDLESS)


def _in_words(words: str) -> date:
    pieces = re.findall(r"[^\W\d_]+|\d+", words)
    month = next((number for piece in pieces if (number := _month(piece))), 0)
    figures = [piece for piece in pieces if piece.isdecimal()]
    if not month or len(figures) != 2:
        raise NotADay
    year, day = sorted(figures, key=lambda figure: len(figure) != 4)
    if len(year) != 4:  # neither says the century: the day comes first
        day, year = figures
    return _day(year, month, day)


def _month(piece: str) -> int:
    for number, names in enumerate(_MONTHS, 1):
        if piece.startswith(names):
            return number
    return 0


def _day(year: str, month: int, day: str) -> date:
    if len(year) not in (2, 4) or len(day) > 2:
        raise NotADay
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, int(day))
    except ValueError:
        raise NotADay from None


def _plain(typed: str) -> str:
    words = unicodedata.normalize("NFKC", typed[: LONGEST * 4]).casefold().translate(_FOLD)
    return " ".join(words.split())
