"""Looking for values that must not be readable, in every form in which a file or a log may hold them."""

from __future__ import annotations

import base64
import json
import quopri
import re
from collections.abc import Iterable
from urllib.parse import quote

Found = tuple[str, str]  # a value and the form it was found in

_BLANK = re.compile(rb"\s+")
_SOFT_BREAK = re.compile(rb"=\r?\n")


def leaks(hay: bytes, canaries: Iterable[str | int]) -> list[Found]:
    """Each canary that can be read in these bytes, with the form; texts and, for numbers, integers too."""
    piles = _piles(hay)
    found = []
    for canary in canaries:
        for form, pile, needle in _forms(canary):
            if needle in piles[pile]:
                found.append((str(canary), form))
    return found


def every_form(canary: str | int) -> dict[str, bytes]:
    """The same value written in each form that `leaks` knows: planted by tests that prove the search."""
    text = str(canary)
    raw = text.encode()
    written = {
        "utf-8": raw,
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "upper case": text.upper().encode(),
        "upper case utf-16": text.upper().encode("utf-16-le"),
        "json": json.dumps(text).encode(),
        "python": text.encode("unicode_escape"),
        "entities": "".join(f"&#{ord(letter)};" for letter in text).encode(),
        "percent": quote(text, safe="").encode(),
        "quoted-printable": quopri.encodestring(
            b"Subject of forty-odd letters comes before: " + raw + b" " * 40 + b"."
        ),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "hex utf-16": text.encode("utf-16-le").hex().encode(),
        **{f"base64 +{lead}": base64.encodebytes(b"." * lead + raw + b".." * 40) for lead in range(3)},
        **{f"base64url +{lead}": base64.urlsafe_b64encode(b"." * lead + raw + b"..") for lead in range(3)},
    }
    if isinstance(canary, int):
        written |= {
            "integer, big endian": canary.to_bytes(8, "big"),
            "integer, little endian": canary.to_bytes(8, "little"),
            "integer of SQLite": canary.to_bytes(6, "big"),
            "integer in hex": f"{canary:x}".encode(),
        }
    return written


def _piles(hay: bytes) -> dict[str, bytes]:
    """The bytes as they are, and as a reader of one or another form would see them."""
    dense = _BLANK.sub(b"", hay)
    wide = b"\0".join(hay[shift:].decode("utf-16-le", "ignore").casefold().encode() for shift in (0, 1))
    return {
        "raw": hay,
        "dense": dense,
        "lower": dense.lower(),
        "folded": hay.decode("utf-8", "ignore").casefold().encode(),
        "wide": wide,
        "wide, swapped": b"\0".join(
            hay[shift:].decode("utf-16-be", "ignore").casefold().encode() for shift in (0, 1)
        ),
        "quoted": quopri.decodestring(_SOFT_BREAK.sub(b"", hay)).decode("utf-8", "ignore").casefold().encode(),
    }  # fmt: skip


def _forms(canary: str | int) -> list[tuple[str, str, bytes]]:
    """What to look for: the form's name, the pile, the bytes."""
    text = str(canary)
    folded, raw = text.casefold().encode(), text.encode()
    forms = [
        ("text", "folded", folded),
        ("utf-16", "wide", folded),
        ("utf-16, big endian", "wide, swapped", folded),
        ("quoted-printable", "quoted", folded),
        ("percent", "lower", _BLANK.sub(b"", quote(text, safe="").lower().encode())),
        ("hex", "lower", raw.hex().encode()),
        ("hex of utf-16", "lower", text.encode("utf-16-le").hex().encode()),
        ("entities", "lower", "".join(f"&#{ord(letter)};" for letter in text).encode()),
    ]
    if not text.isascii():
        forms.append(("escaped", "lower", json.dumps(text)[1:-1].lower().replace(" ", "").encode()))
    for lead in range(3):
        # Only whole groups of three bytes look the same wherever the value stands.
        inner = raw[(-lead) % 3 :]
        inner = inner[: len(inner) - len(inner) % 3]
        encoded = base64.b64encode(inner)
        forms.append((f"base64 +{lead}", "dense", encoded))
        forms.append((f"base64url +{lead}", "dense", base64.urlsafe_b64encode(inner)))
    if isinstance(canary, int):
        size = (canary.bit_length() + 7) // 8
        forms.append(("integer, big endian", "raw", canary.to_bytes(size, "big")))
        forms.append(("integer, little endian", "raw", canary.to_bytes(size, "little")))
        forms.append(("integer in hex", "lower", f"{canary:x}".encode()))
    return forms
