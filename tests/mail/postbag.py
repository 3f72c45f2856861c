"""Letters as they lay in a mailbox: kept files, and letters written for one test."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

from kelisim.desk import operator as operators
from kelisim.desk.operator import Operator
from kelisim.mail import reading
from kelisim.mail.letter import Letter
from kelisim.mail.mailbox import Raw

LETTERS = Path(__file__).parent / "letters"
RECEIVED = datetime(2026, 1, 13, 5, 0, 6, tzinfo=UTC)
OPERATOR = operators.load(None)  # of alit.kz, whose mailbox is info@alit.kz
TOKEN = "abcdefghijklmnopqrstuvwxyz234567abcdefg"  # the name of our letter in the kept files
OURS = f"<{TOKEN}@alit.kz>"


def believing(authserv: str | None, inside: str | None = None) -> Operator:
    """The operator whose server stamps letters with that name."""
    mail = OPERATOR.mail.model_copy(update={"authserv": authserv, "inside": inside})
    return OPERATOR.model_copy(update={"mail": mail})


def read(content: bytes, operator: Operator = OPERATOR) -> Letter:
    """The bytes, read."""
    return reading.read(Raw("1", content, RECEIVED), operator)


def kept(name: str) -> Letter:
    """A kept letter, read."""
    return read((LETTERS / f"{name}.eml").read_bytes())


def names(folder: str) -> list[str]:
    """The kept letters of a folder."""
    return sorted(f"{folder}/{path.stem}" for path in (LETTERS / folder).glob("*.eml"))


def letter(
    body: bytes | str = b"Hello.\n",
    *,
    kind: str = "text/plain; charset=utf-8",
    lines: tuple[bytes, ...] = (),
    sender: bytes = b"aigul@mail.kz",
) -> bytes:
    """A small letter of Aigul's, with more header lines."""
    content = body if isinstance(body, bytes) else body.encode()
    head = (
        b"From: " + sender,
        b"To: info@alit.kz",
        b"Message-ID: <1@mail.kz>",
        *lines,
        b"Content-Type: " + kind.encode(),
    )
    return b"\n".join(head) + b"\n\n" + content


def mixed(*parts: bytes, kind: str = "mixed", lines: tuple[bytes, ...] = (), border: bytes = b"=_b") -> bytes:
    """A letter of several parts, each with its own headers."""
    body = b"".join(b"--" + border + b"\n" + part + b"\n" for part in parts) + b"--" + border + b"--\n"
    return letter(body, kind=f'multipart/{kind}; boundary="{border.decode()}"', lines=lines)


def part(content: bytes | str, kind: str = "text/plain; charset=utf-8", *lines: bytes) -> bytes:
    """One part of it; bytes go in base64."""
    head = [b"Content-Type: " + kind.encode(), *lines]
    if isinstance(content, str):
        return b"\n".join([*head, b"Content-Transfer-Encoding: 8bit", b"", content.encode()])
    return b"\n".join([*head, b"Content-Transfer-Encoding: base64", b"", base64.encodebytes(content)])
