"""Names and secrets that are derived and not kept: sealed with AES-SIV (RFC 5297), so they tell nothing and cannot be made up.

Each use has a label, and so a key of its own; the receipt key is the oldest of the look-up chain and never changes.
"""

from __future__ import annotations

import base64
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from kelisim.desk.visit import Desk


def seal(desk: Desk, label: bytes, content: bytes, about: bytes = b"") -> bytes:
    """The content sealed under a label: 16 bytes longer, and the same every time. `about` tells uses of one key apart."""
    return _cipher(desk, label).encrypt(content, [about or label])


def unseal(desk: Desk, label: bytes, sealed: bytes) -> bytes | None:
    """What was sealed under this label; nothing for what we never made."""
    try:
        return _cipher(desk, label).decrypt(sealed, [label])
    except (ValueError, InvalidTag):
        return None


def letters(sealed: bytes) -> str:
    """Small letters and the digits 2-7: what stays whole in an address or a path whatever a program does to its case."""
    return base64.b32encode(sealed).decode().rstrip("=").lower()


def of_letters(given: str) -> bytes | None:
    """The bytes behind such letters; nothing for what is none."""
    try:
        return base64.b32decode(given.upper() + "=" * (-len(given) % 8))
    except ValueError:
        return None


def _cipher(desk: Desk, label: bytes) -> AESSIV:
    return AESSIV(hmac.digest(desk.receipt_key, label, "sha256"))
