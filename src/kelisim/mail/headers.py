"""The header block of a letter or of one of its parts, taken as its bytes are: folded lines, encoded words, parameters.

Python's own readers raise on some letters and believe others (CVE-2023-27043, CVE-2024-6923), so nothing here rests on them.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from kelisim.mail import charsets
from kelisim.mail.letter import TooMuch

LONGEST = 16 << 10  # bytes of one header (THREATS.md section 5)
MOST = 256 << 10  # bytes of all headers of a letter

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_WORD = re.compile(
    rb"=\?([\w!#$%&'+.^`{}~-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?((?:[^?\r\n]|\?(?!=)){0,2000})\?="
)
_PARAMETER = re.compile(rb';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*?)")


@dataclass(frozen=True, slots=True)
class Headers:
    """Header lines in their order: names in small letters, values unfolded, as bytes."""

    lines: tuple[tuple[str, bytes], ...]

    def all(self, name: str) -> list[bytes]:
        """Every value of that name, the topmost first."""
        return [value for known, value in self.lines if known == name]

    def text(self, name: str) -> str:
        """The topmost value, decoded, on one line; empty when there is none."""
        return charsets.line(words(found[0])[0]) if (found := self.all(name)) else ""

    def token(self, name: str) -> str:
        """The topmost value up to a semicolon or comment, in small letters: what machines write for machines."""
        return re.split(r"[;(]", self.text(name), maxsplit=1)[0].strip().lower()

    def __contains__(self, name: str) -> bool:
        return any(known == name for known, _value in self.lines)


def parse(source: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header block that begins at `start`, and where what follows it begins. Raises TooMuch."""
    lines: list[tuple[str, bytes]] = []
    name, pieces, size, at = "", [b""], 0, start
    while at < end:
        stop = source.find(b"\n", at, end)
        after = stop + 1 if stop >= 0 else end
        if after - at > LONGEST and (source[at] in b" \t" or _NAME.match(source, at, at + 210)):
            raise TooMuch(f"a header above {LONGEST >> 10} KB")
        row = source[at : min(after, at + LONGEST)].rstrip(b"\r\n")
        if not row.strip() and not row[:1].strip():
            if not row:
                at = after
                break
            row = b" "  # a line of spaces folds a header, as odd programs do
        if row[:1] in (b" ", b"\t") and name:
            pieces.append(row)
        elif found := _NAME.match(row):
            if name:
                lines.append((name, b"".join(pieces)))
            name, pieces = found[1].decode("ascii").lower(), [row[found.end() :]]
            size = 0
        elif at == start and row.startswith((b"From ", b">From ")):
            pass  # the line of an mbox file
        else:
            break  # no empty line between: what is no header is already the text
        size += after - at
        at = after
        if size > LONGEST:
            raise TooMuch(f"a header above {LONGEST >> 10} KB")
        if at - start > MOST:
            raise TooMuch(f"headers above {MOST >> 10} KB")
    if name:
        lines.append((name, b"".join(pieces)))
    return Headers(tuple(lines)), at


def words(value: bytes) -> tuple[str, bool]:
    """A header's words (RFC 2047, and what programs make of it), and whether every charset in it is certain."""
    said: list[str] = []
    sure = True
    run: list[tuple[str, bytes, bytes]] = []  # encoded words of one charset, side by side
    at = 0

    def told(content: bytes, charset: str) -> None:
        nonlocal sure
        text, certain = charsets.decode(content, charset)
        said.append(text)
        sure = sure and certain

    def flush() -> None:
        if run:
            told(_bytes(run), run[0][0])
            run.clear()

    for found in _WORD.finditer(value):
        between = value[at : found.start()]
        charset, how, content = found[1].decode("latin-1").lower(), found[2].lower(), found[3]
        if between.strip() or not run:
            flush()
            if between:
                told(between, "")
        elif run[0][:2] != (charset, how):
            flush()
        run.append((charset, how, content))
        at = found.end()
    flush()
    if value[at:]:
        told(value[at:], "")
    return "".join(said), sure


def _bytes(run: list[tuple[str, bytes, bytes]]) -> bytes:
    """What encoded words of one charset hold: put together first, for a letter may be cut in two by their border."""
    if run[0][1] == b"q":
        return b"".join(binascii.a2b_qp(content.replace(b" ", b"_"), header=True) for _, _, content in run)
    contents = [content for _, _, content in run]
    if any(len(b"".join(content.split())) % 4 and b"=" not in content for content in contents[:-1]):
        contents = [b"".join(contents)]
    return b"".join(base64(content) for content in contents)


def base64(content: bytes) -> bytes:
    """Base64, whatever is left of it: characters that are none of it are passed over, missing ends are added."""
    try:
        return binascii.a2b_base64(content)
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", content)
        return binascii.a2b_base64(kept[: len(kept) - (len(kept) % 4 == 1)] + b"===")


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """What stands before the first semicolon, in small letters, and the parameters behind it (RFC 2045, 2231, 2047)."""
    head = value.partition(b";")[0].decode("latin-1").strip().lower()
    given: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, bytes]]] = {}
    for found in _PARAMETER.finditer(value):
        content = found[2].strip()
        if content.startswith(b'"'):
            content = re.sub(rb"\\(.)", rb"\1", content[1:].removesuffix(b'"'), flags=re.DOTALL)
        parts = _SECTION.fullmatch(found[1].decode("latin-1").lower())
        if parts is None:
            continue
        if parts[2] is None and not parts[3]:
            given.setdefault(parts[1], charsets.line(words(content)[0]))
        else:
            sections.setdefault(parts[1], []).append((int(parts[2] or 0), bool(parts[3]), content))
    for name, parts_of in sections.items():
        given[name] = charsets.line(_joined(sorted(parts_of, key=lambda one: one[0])))
    return head, given


def _joined(sections: list[tuple[int, bool, bytes]]) -> str:
    """A value in sections (RFC 2231): the first names the charset, each that says so is in percent signs."""
    charset, content = "", b""
    for number, (_, encoded, piece) in enumerate(sections):
        if encoded and number == 0 and piece.count(b"'") >= 2:
            name, _language, piece = piece.split(b"'", 2)
            charset = name.decode("latin-1")
        content += unquote_to_bytes(piece) if encoded else piece
    if not charset and b"=?" in content:
        return words(content)[0]
    return charsets.decode(content, charset)[0]
