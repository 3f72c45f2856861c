"""What was newly written in a reply: the quotation, the signature and our own words are cut, and what is unclear is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kelisim.mail.letter import Letter


@dataclass(frozen=True, slots=True)
class Extract:
    """What was written above the quotation; `sure` is False when a human must look first, and `why` says what was unclear."""

    text: str
    sure: bool
    why: str = ""


def extract(letter: Letter, marks: Sequence[str], ours: str = "") -> Extract:
    """The words of a reply to one letter of ours. `marks` are its marks, `ours` is its text when known (T-LET-09, T-LET-10)."""
    raise NotImplementedError
