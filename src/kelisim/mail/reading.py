"""Reading a letter: MIME, charsets, who it is from, and what kind of sender wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from kelisim.desk.operator import Operator
from kelisim.mail import charsets, headers, markup, parts, robots, senders
from kelisim.mail.headers import Headers
from kelisim.mail.letter import Letter, Part
from kelisim.mail.mailbox import Raw
from kelisim.mail.parts import LETTERS, Piece

LONGEST = 200_000  # characters of a letter's words; what is beyond is somebody's old correspondence
_TEXT = 2 << 20  # bytes that are read as words
_NAMING = (
    "in-reply-to", "references", "to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to",
    "return-path",
)  # fmt: skip
_MANY = 20  # headers of one name

_ID = re.compile(r"<[^<>\s]{1,400}>")
_SIGNATURES = frozenset(
    ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
)
_NOT_FILES = frozenset(("text/calendar", "text/x-amp-html", "text/enriched", "text/rfc822-headers"))


@dataclass(frozen=True, slots=True)
class _Words:
    """What one part says, and how surely it was read."""

    text: str
    html: bool = False
    sure: bool = True


@dataclass(slots=True)
class _Found:
    """What the parts have given so far: files, and how much may still be read as words."""

    files: list[Part] = field(default_factory=list)
    room: int = _TEXT


def read(raw: Raw, operator: Operator) -> Letter:
    """One letter, understood. Raises TooMuch above the limits (THREATS.md section 5), and nothing else."""
    whole = parts.take_apart(raw.content)
    found = whole.headers
    inside = _Found()
    said = _joined(_words(whole, inside))
    given = found.all("subject")
    subject, certain = headers.words(given[0]) if given else ("", True)
    subject = charsets.line(subject)
    sender = senders.sender(found, operator)
    verdict = robots.judge(whole, subject, said.text, operator)
    return Letter(
        message_id=_message_id(found), sender=sender, subject=subject, text=said.text, received_at=raw.received_at,
        kind=verdict.kind, sure=said.sure and certain, html_only=said.html, named=_named(found), files=tuple(inside.files),
        status=verdict.status, returned=verdict.returned, failed=verdict.failed, date=_date(found),
    )  # fmt: skip


def _message_id(found: Headers) -> str:
    known = found.text("message-id")
    inside = _ID.search(known)
    return inside[0] if inside is not None else known[:400]


def _named(found: Headers) -> tuple[str, ...]:
    values = (value for name in _NAMING for value in found.all(name)[:_MANY])
    return tuple(filter(None, (charsets.line(value.decode("latin-1"), headers.LONGEST) for value in values)))


def _date(found: Headers) -> datetime | None:
    try:
        date = parsedate_to_datetime(found.text("date"))
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _words(piece: Piece, found: _Found) -> list[_Words]:
    """The words of a part in their order; what is no words goes to the files."""
    match piece.kind:
        case "multipart/alternative":
            return _best([_words(child, found) for child in piece.children])
        case "multipart/signed" | "multipart/report":
            return [words for child in piece.children[:1] for words in _words(child, found)]
        case "multipart/related":
            for child in piece.children[1:]:
                _apart(child, found)
            return [words for child in piece.children[:1] for words in _words(child, found)]
        case kind if kind.startswith("multipart/") and piece.children:
            return [words for child in piece.children for words in _words(child, found)]
        case kind if kind in LETTERS:
            return _forwarded(piece, found)
    attached = piece.disposition[0] == "attachment" or bool(piece.name)
    if attached or not (piece.kind in ("text/plain", "text/html") or piece.kind.startswith("multipart/")):
        return _apart(piece, found)
    return [_text(piece, found)]


def _apart(piece: Piece, found: _Found) -> list[_Words]:
    """A part that is no words of the letter: a file, an image of the text, or a machine's note that nobody keeps."""
    if piece.children:
        return [words for child in piece.children for words in _apart(child, found)]
    machine = (
        piece.kind in _SIGNATURES
        or piece.kind.startswith("message/")
        or (piece.kind in _NOT_FILES and not piece.name)
    )
    if not machine and (content := piece.content()):
        found.files.append(Part(piece.name, content))
    return []


def _best(given: list[list[_Words]]) -> list[_Words]:
    """Of several forms of the same words the plain one; where it is empty, the last that is not."""
    filled = [words for words in given if any(one.text.strip() for one in words)]
    plain = [words for words in filled if not any(one.html for one in words)]
    return (plain[:1] or filled[-1:] or [[]])[0]


def _joined(given: list[_Words]) -> _Words:
    filled = [one for one in given if one.text.strip()]
    text = "\n\n".join(one.text.strip("\n") for one in filled)
    cut = len(text) > LONGEST
    html = bool(filled) and all(one.html for one in filled)
    return _Words(text[:LONGEST], html, not cut and all(one.sure for one in filled))


def _forwarded(piece: Piece, found: _Found) -> list[_Words]:
    """A letter that came along: its words as a quotation; its files stay in it."""
    inside = _Found(room=found.room)
    inner = _joined([words for child in piece.children for words in _words(child, inside)])
    found.room = inside.room
    if not inner.text.strip():
        return []
    lines = (f">{'' if line.startswith('>') else ' '}{line}".rstrip() for line in inner.text.split("\n"))
    return [_Words("\n".join(lines))]


def _text(piece: Piece, found: _Found) -> _Words:
    content = piece.content()
    cut = len(content) > found.room
    if cut:
        content = content[: (content.rfind(b"\n", 0, found.room) + 1) or found.room]
    found.room -= len(content)
    html = piece.kind == "text/html"
    charset = piece.parameters.get("charset", "").split(" ")[0]
    text, sure = charsets.decode(content, charset or (markup.charset(content) if html else ""))
    if html:
        cut = cut or len(text) > markup.LONGEST
        text = charsets.plain(markup.text(text))
    else:
        text = charsets.plain(text)
        if piece.parameters.get("format", "").lower() == "flowed":
            text = _unfolded(text, piece.parameters.get("delsp", "").lower() == "yes")
    return _Words(text, html, sure and not cut)


def _unfolded(text: str, delsp: bool) -> str:
    """Lines that flow into one (RFC 3676), each depth of quotation by itself."""
    done: list[str] = []
    flowing = -1  # the depth of the line that goes on, if one does
    for line in text.split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        if flowing == depth and bare != "-- ":
            done[-1] += bare
        else:
            done.append(">" * depth + (" " if depth and bare else "") + bare)
        flows = bare.endswith(" ") and bare != "-- "
        if flows and delsp:
            done[-1] = done[-1][:-1]
        flowing = depth if flows else -1
    return "\n".join(done)
