"""The reading of typed words: STOP, exact words, and what a free sentence is about."""

from __future__ import annotations

from kelisim.desk.intents import BOOK, SOURCE, Reading
from kelisim.desk.spelling import LONGEST, clean, readings, script, sound, squeeze

__all__ = ["exact", "intents", "is_stop", "is_stop_phrase", "language_of", "nearest"]

_LONGEST_WHOLE = (
    240  # characters, stretched ones counted once, of a message that may still be one listed word
)
_CLEAR_WORDS = 12  # a stop phrase longer than this is a story: it gets the screen, not the act
_SPACES = str.maketrans("", "", " .,")


def _keys(text: str) -> list[tuple[bool, str]]:
    """Every form under which a whole message may be listed: (in Latin letters, sound)."""
    short = squeeze(text) if len(text) <= LONGEST else ""
    if len(short) > _LONGEST_WHOLE:
        return []
    whole = squeeze(clean(short).translate(_SPACES))
    return [(script(way) == "latin", sound(way)) for way in readings(whole)] if whole else []


def _table(listed: dict[str, list[str]]) -> dict[tuple[bool, str], str]:
    """Listed words by their form; what is listed first wins."""
    table: dict[tuple[bool, str], str] = {}
    for meaning, words in listed.items():
        for word in words:
            table.setdefault(_keys(word)[0], meaning)
    return table


_STOP = _table(SOURCE["stop"])
_EXACT = _table(SOURCE["exact"])
_LABELS = _table(SOURCE["labels"])


def _listed(table: dict[tuple[bool, str], str], text: str) -> str | None:
    """What a whole message means in a table, or None."""
    return next((table[key] for key in _keys(text) if key in table), None)


def is_stop(text: str) -> bool:
    """Tell whether the whole message is a STOP word, however it is spelt, stretched, spaced or decorated."""
    return _listed(_STOP, text) is not None


def is_stop_phrase(text: str) -> bool:
    """Tell whether the whole message is a clear wish to get no more messages: then it acts, as STOP does."""
    return is_stop(text) or (len(text) <= LONGEST and "?" not in text and _is_clear(BOOK.read(text)))


def _is_clear(reading: Reading) -> bool:
    """Stop and nothing else, in few words, nearly all of them known."""
    known = reading.unknown <= reading.words // 5
    return reading.screens == ("stop",) and reading.words <= _CLEAR_WORDS and known


def language_of(text: str) -> str | None:
    """The language of a STOP word or a stop phrase: kk, ru or en; None for anything else."""
    word = _listed(_STOP, text)
    if word is not None:
        return word
    reading = BOOK.read(text)
    return reading.locale if reading.screens == ("stop",) else None


def exact(text: str) -> str | None:
    """`language:kk|ru|en`, `menu`, `cancel`, `greeting`, `thanks`, `decline`; None: it is no such word."""
    return _listed(_EXACT, text)


def intents(text: str) -> tuple[str, ...]:
    """Ids of the screens a message asks for: several are a tie, none is nothing understood; never an act."""
    label = _label(text)
    return (label,) if label else BOOK.read(text).screens


def nearest(text: str) -> tuple[str, ...]:
    """Up to two screens near a message nobody understood, for the buttons of `unknown`."""
    label = _label(text)
    if label:
        return (label,)
    reading = BOOK.read(text)
    return reading.screens[:2] or BOOK.near(reading.seen)


def _label(text: str) -> str | None:
    """The screen of a button whose label was typed whole, or of a STOP word."""
    keys = _keys(text)
    if any(key in _STOP for key in keys):
        return "stop"
    return next((_LABELS[key] for key in keys if key in _LABELS), None)
