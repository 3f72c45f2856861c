"""Reading a letter: MIME, charsets, who it is from, and what kind of sender wrote it."""

from __future__ import annotations

from kelisim.desk.operator import Operator
from kelisim.mail.letter import Letter
from kelisim.mail.mailbox import Raw


def read(raw: Raw, operator: Operator) -> Letter:
    """One letter, understood. Raises TooMuch above the limits (THREATS.md section 5)."""
    raise NotImplementedError
