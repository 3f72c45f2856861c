"""Public numbers a person can read over the phone, and codes nobody can guess.

A number is one letter, a dash, 8 random characters of 32 (40 bits) and one that checks them. It is a pointer and
grants nothing; every look-up is scoped by the person. A receipt's code is 128 bit.
"""

from __future__ import annotations

import base64
import hmac
import itertools
import secrets

from kelisim.clock import milliseconds

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
CONSENT, STOP, CASE, CERTIFICATE, BROADCAST = "C", "S", "K", "E", "B"

_EPOCH = 1_704_067_200_000  # 2024-01-01, milliseconds
_ROOM = 1 << 22
_last = 0


def row_id() -> int:
    """A 63-bit row id, made before the insert because the seal needs it: milliseconds, then a random start per one."""
    global _last
    now = (milliseconds() - _EPOCH) * _ROOM
    _last = _last + 1 if now <= _last else now + secrets.randbelow(_ROOM // 2)
    return _last


def _checksum(kind: str, body: str) -> str:
    total = ord(kind)
    for weight, letter in zip(itertools.count(3, 2), body, strict=False):
        total += weight * _VALUE[letter]
    return ALPHABET[total % 32]


def number(kind: str) -> str:
    """A new public number such as `C-7K2M9QXD4`."""
    return _numbered(kind, secrets.randbits(40))


def derived(kind: str, key: bytes, text: str) -> str:
    """A number that looks like any other and is the same for the same text: for an answer that must not tell."""
    return _numbered(kind, int.from_bytes(hmac.digest(key, f"number\0{text}".encode(), "sha256")[:5], "big"))


def _numbered(kind: str, drawn: int) -> str:
    body = "".join(ALPHABET[drawn >> shift & 31] for shift in range(0, 40, 5))
    return f"{kind}-{body}{_checksum(kind, body)}"


def is_number(text: str) -> bool:
    """Whether a text has the form and checksum of a number of ours."""
    if len(text) != 11 or text[1] != "-" or any(letter not in _VALUE for letter in text[2:]):
        return False
    return _checksum(text[0], text[2:10]) == text[10]


def token(bits: int = 128) -> str:
    """A random URL-safe secret."""
    return secrets.token_urlsafe(bits // 8)


def receipt_code(key: bytes, record: int) -> str:
    """The code on a record's receipt, derived so that it can be printed again: 128 bits, 26 letters in groups of five."""
    raw = (
        base64.b32encode(hmac.digest(key, f"receipt\0{record}".encode(), "sha256")[:16]).decode().rstrip("=")
    )
    return "-".join(raw[start : start + 5] for start in range(0, 26, 5))


def plain_code(typed: str) -> str:
    """A receipt code as a person may have typed it, in the form it was printed; empty when it cannot be one."""
    letters = "".join(letter for letter in typed.upper() if letter.isascii() and letter.isalnum())
    if len(letters) != 26:
        return ""
    return "-".join(letters[start : start + 5] for start in range(0, 26, 5))
