"""The log of the whole process exactly as `serve` writes it, kept in a text to be searched."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kelisim import logs


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """What goes to standard error meanwhile, through the handler of `kelisim.logs`, down to the last detail."""
    told = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("kelisim")
    before = root.handlers, root.level, ours.level, sys.excepthook, sys.stderr
    root.handlers, sys.stderr = [], told
    try:
        logs.set_up(logging.DEBUG)
        yield told
    finally:
        root.handlers, root.level, ours.level, sys.excepthook, sys.stderr = before
