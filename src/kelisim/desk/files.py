"""Files handed to a person: made from the store when they are taken, so that none lies about waiting.

A kind of file registers how its facts are gathered (in the store, beside the writing) and how each part (html, pdf,
json) is made of them (anywhere). The courier sends them to a chat or a mailbox; the web door hands them out by link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kelisim.desk import outbox
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

FILE, FILE_LETTER = (
    "file",
    "file-letter",
)  # kinds of outbox messages: a document in the chat, a letter with all parts
TYPES = {"html": "text/html", "pdf": "application/pdf", "json": "application/json", "txt": "text/plain"}

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Maker:
    """`facts` gathers for the visit's subject (nothing: there is nothing to hand out any more); `parts` makes the bytes."""

    facts: Callable[[Visit, str], Facts | None]
    parts: dict[str, Callable[[Facts], bytes]]


MAKERS: dict[str, Maker] = {}


def register(
    what: str, facts: Callable[[Visit, str], Facts | None], parts: dict[str, Callable[[Facts], bytes]]
) -> None:
    """Make a kind of file known under its name."""
    MAKERS[what] = Maker(facts, parts)


def promise(visit: Visit, what: str, ref: str, number: str) -> None:
    """Promise every part of a file to the subject's chat."""
    bodies = [{"what": what, "ref": ref, "part": part} for part in MAKERS[what].parts]
    outbox.post_each(visit, FILE, TELEGRAM, bodies, number)


def promise_letter(
    visit: Visit, what: str, ref: str, number: str, subject: str, text: str, address: str = ""
) -> None:
    """Promise a file by letter to the subject's proved mailbox (or to `address`), every part attached."""
    body = {"what": what, "ref": ref, "subject": subject, "text": text}
    outbox.post(visit, FILE_LETTER, EMAIL, body, number=number, address=address)


def gather(visit: Visit, what: str, ref: str) -> Facts | None:
    """The facts of a file, or nothing when there is none of that name for this subject."""
    maker = MAKERS.get(what)
    return maker.facts(visit, ref) if maker is not None else None


def make(what: str, part: str, facts: Facts) -> bytes:
    """One part of a file as bytes."""
    return MAKERS[what].parts[part](facts)


def name(number: str, part: str) -> str:
    """What a file is called: its number, never a person."""
    return f"{number}.{part}"
