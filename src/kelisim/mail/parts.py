"""A letter taken apart (MIME) within limits that hold while it is taken apart, not after (T-LET-18).

Python's parser makes an object of every line before one may count anything; here a part is two positions in the bytes.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field

from kelisim.mail import headers
from kelisim.mail.headers import MOST, Headers
from kelisim.mail.letter import TooMuch

LARGEST = 25 << 20  # bytes of a letter (THREATS.md section 5)
PARTS = 100
DEPTH = 10
_MISSES = 10_000  # lines that look like a border and are none
_LONGEST_BORDER = 200
LETTERS = ("message/rfc822", "message/global", "message/news")


@dataclass(slots=True)
class Piece:
    """A letter, a part that holds others, or one that holds content: `source[start:end]`, still encoded for transport."""

    headers: Headers
    kind: str
    parameters: dict[str, str]
    source: bytes
    start: int
    end: int
    children: list[Piece] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The file name it was given, last part of any path; nobody trusts it."""
        known = self.disposition[1].get("filename") or self.parameters.get("name") or ""
        return known.replace("\\", "/").rpartition("/")[2].strip()[:120]

    @property
    def disposition(self) -> tuple[str, dict[str, str]]:
        """Content-Disposition and its parameters."""
        found = self.headers.all("content-disposition")
        return headers.parameters(found[0]) if found else ("", {})

    def content(self, most: int = LARGEST) -> bytes:
        """Its bytes out of base64 or quoted-printable; of any other encoding as they are (a uuencoded bomb stays one)."""
        raw = self.source[self.start : self.end]
        match self.headers.token("content-transfer-encoding"):
            case "base64":
                return headers.base64(raw)[:most]
            case "quoted-printable":
                return binascii.a2b_qp(raw)[:most]
        return raw[:most]

    def walk(self) -> list[Piece]:
        """Itself and all that it holds, in order; letters inside too."""
        return [self, *(inner for child in self.children for inner in child.walk())]


@dataclass(slots=True)
class _Count:
    """What was met so far in one letter."""

    parts: int = 0
    headers: int = 0


def take_apart(content: bytes) -> Piece:
    """The whole letter. Raises TooMuch before anything is built from a letter above the limits."""
    if len(content) > LARGEST:
        raise TooMuch(f"more than {LARGEST >> 20} MB")
    start = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    while content[start : start + 1] in (b"\r", b"\n"):
        start += 1
    return _piece(content, start, len(content), "text/plain", 1, _Count())


def _piece(source: bytes, start: int, end: int, usual: str, depth: int, count: _Count) -> Piece:
    if depth > DEPTH:
        raise TooMuch(f"parts nested deeper than {DEPTH}")
    found, body = headers.parse(source, start, end)
    count.headers += body - start
    if count.headers > MOST:
        raise TooMuch(f"headers above {MOST >> 10} KB")
    kind, parameters = usual, dict[str, str]()
    if given := found.all("content-type"):
        kind, parameters = headers.parameters(given[0])
        if kind.count("/") != 1:
            kind = usual if not kind else "text/plain"
    piece = Piece(found, kind, parameters, source, body, end)
    if kind.startswith("multipart/") and (border := parameters.get("boundary", "").rstrip()):
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        for begins, ends in _between(source, body, end, border, count):
            piece.children.append(_piece(source, begins, ends, inner, depth + 1, count))
    elif kind in LETTERS:
        if found.token("content-transfer-encoding") in ("base64", "quoted-printable"):
            source = piece.content()
            body, end = 0, len(source)
        piece.children.append(_piece(source, body, end, "text/plain", depth + 1, count))
    return piece


def _between(source: bytes, start: int, end: int, border: str, count: _Count) -> list[tuple[int, int]]:
    """Where the parts between the border lines lie; counted before any of them is opened."""
    if len(border) > _LONGEST_BORDER:
        return []
    mark = b"--" + border.encode("utf-8", "replace")
    places: list[tuple[int, int]] = []
    opened, misses = -1, 0
    at = start if source.startswith(mark, start, end) else _next(source, mark, start, end)
    while at >= 0:
        stop = source.find(b"\n", at, end)
        after = stop + 1 if stop >= 0 else end
        rest = source[at + len(mark) : min(after, at + len(mark) + 80)].strip()
        if rest in (b"", b"--"):
            if opened >= 0:
                places.append((opened, _before(source, opened, at)))
            if rest:
                return places
            opened = after
            count.parts += 1
        else:
            misses += 1
        if count.parts > PARTS or misses > _MISSES:
            raise TooMuch(f"more than {PARTS} parts")
        at = _next(source, mark, stop, end) if stop >= 0 else -1
    if opened >= 0:
        places.append((opened, end))
    return places


def _next(source: bytes, mark: bytes, start: int, end: int) -> int:
    found = source.find(b"\n" + mark, start, end)
    return found + 1 if found >= 0 else -1


def _before(source: bytes, start: int, border: int) -> int:
    """Where a part ends whose border begins there: the line end before it belongs to the border."""
    end = border - 1
    if end > start and source[end - 1 : end] == b"\r":
        end -= 1
    return max(end, start)
