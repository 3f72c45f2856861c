"""What staff wrote, compared with what the person is not to read: notes of the case, and its history that got quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kelisim.desk import cases, replies
from kelisim.desk.cases import Case
from kelisim.desk.visit import Visit

SHINGLE = 6  # words in a row that are no accident
_SHORT = 12  # letters of a whole note that is shorter than a shingle

_WORD = re.compile(r"\w+")


def found(visit: Visit, case: Case, text: str, marks: Iterable[str] = ()) -> str:
    """`leak` when words of a note or a mark of ours are among these, `history` when what was said before is; else nothing."""
    said = _words(text)
    joined = "".join(said)
    if any(mark in joined for mark in marks):
        return replies.LEAK
    for way, why in ((cases.NOTE, replies.LEAK), (cases.OUT, replies.HISTORY), (cases.IN, replies.HISTORY)):
        if any(_repeats(said, _words(message.words)) for message in cases.messages(visit, case, way)):
            return why
    return ""


def is_theirs(visit: Visit, case: Case, line: str) -> bool:
    """Whether a line is one the person wrote: then it is no command of staff (T-LET-09)."""
    wanted = _words(line)
    lines = (each for message in cases.messages(visit, case, cases.IN) for each in message.words.splitlines())
    return bool(wanted) and any(_words(each) == wanted for each in lines)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _repeats(said: list[str], known: list[str]) -> bool:
    """Whether eight words in a row are the same, or all of a shorter text that is long enough to be one."""
    size = min(SHINGLE, len(known))
    if size < SHINGLE and len("".join(known)) < _SHORT:
        return False
    shingles = {tuple(known[at : at + size]) for at in range(len(known) - size + 1)} if size else set()
    return (
        any(tuple(said[at : at + size]) in shingles for at in range(len(said) - size + 1)) if size else False
    )
