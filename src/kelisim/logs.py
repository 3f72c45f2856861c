"""Logs that know numbers, not people: where a fault happened, never what it was told."""

from __future__ import annotations

import logging
import re
import sys
import traceback

_TOKEN = re.compile(r"bot\d+:[\w-]+")


class Redacting(logging.Formatter):
    """A traceback keeps its places and loses its sentences: messages of databases quote values (T-STORE-09)."""

    def formatException(self, ei: object) -> str:
        fault = ei[1] if isinstance(ei, tuple) else None
        if not isinstance(fault, BaseException):
            return ""
        places = traceback.extract_tb(fault.__traceback__)
        lines = [f"  {place.filename}:{place.lineno} {place.name}" for place in places]
        return "\n".join([type(fault).__name__, *lines])

    def format(self, record: logging.LogRecord) -> str:
        return _TOKEN.sub("bot…", super().format(record))


class _Ours(logging.Filter):
    """Sentences are ours to check; of libraries only the level and the place are kept."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] != "kelisim":
            record.msg, record.args = f"{record.pathname.rpartition('/')[2]}:{record.lineno}", ()
        return True


def set_up(level: int = logging.INFO) -> None:
    """One handler to standard error for the whole process."""
    logging.raiseExceptions = False  # a line that fails is lost; else its arguments would be printed instead
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(_Ours())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("kelisim").setLevel(level)
    # What nobody caught ends here too: places, no sentences.
    sys.excepthook = lambda kind, fault, trace: logging.getLogger("kelisim").critical(
        "stopped", exc_info=(kind, fault, trace)
    )
