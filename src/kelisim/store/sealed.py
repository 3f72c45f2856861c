"""Personal fields at rest: sealed to their own cell with AES-256-GCM, found by a keyed hash.

NIST SP 800-38D for the seal (random 96-bit nonce, the cell as associated data), RFC 2104 for the hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class Unreadable(Exception):
    """A sealed value that does not open in its cell: another key, or a value moved from elsewhere."""


class Vault:
    """Seals and opens cells, and computes the keyed hashes by which people are found.

    `keys` maps a key id (0-255) to 32 bytes; the first seals, all open. `lookups` is the chain of look-up keys,
    oldest first: a rotation wraps the older hash, so rows without an address can be upgraded in place.
    """

    def __init__(self, keys: Mapping[int, bytes], lookups: Sequence[bytes]) -> None:
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self.first = next(iter(keys))
        self._lookups = tuple(lookups)
        self._checks = {
            number: hmac.digest(key, b"kelisim key check", "sha256") for number, key in keys.items()
        }

    def seal(self, table: str, column: str, row: int, value: str | bytes) -> bytes:
        """Key id, nonce and ciphertext of `value`, valid in this cell only."""
        nonce = secrets.token_bytes(_NONCE)
        plain = value.encode() if isinstance(value, str) else value
        cell = f"{table}:{column}:{row}".encode()
        return bytes((self.first,)) + nonce + self._ciphers[self.first].encrypt(nonce, plain, cell)

    def unseal_bytes(self, table: str, column: str, row: int, sealed: bytes) -> bytes:
        """What was sealed in this cell; raises `Unreadable` when it was not, or the key is not ours."""
        cipher = self._ciphers.get(sealed[0])
        if cipher is None:
            raise Unreadable(f"{table}.{column}: key {sealed[0]} is not given")
        try:
            return cipher.decrypt(
                sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], f"{table}:{column}:{row}".encode()
            )
        except InvalidTag as fault:
            raise Unreadable(f"{table}.{column}: the value does not belong to this cell") from fault

    def unseal(self, table: str, column: str, row: int, sealed: bytes) -> str:
        """The text that was sealed in this cell; raises `Unreadable`."""
        return self.unseal_bytes(table, column, row, sealed).decode()

    def find(self, tag: str, value: str) -> bytes:
        """The keyed hash (32 bytes) of an address; the tag keeps a phone and a chat with the same digits apart."""
        found = f"{tag}\0{value}".encode()
        for key in self._lookups:
            found = hmac.digest(key, found, "sha256")
        return found

    def reseal(self, table: str, column: str, row: int, sealed: bytes) -> bytes | None:
        """The same value under the key that seals now, or nothing when it is so already; raises `Unreadable`."""
        if sealed[0] == self.first:
            return None
        return self.seal(table, column, row, self.unseal_bytes(table, column, row, sealed))

    def behind(self, check: str) -> int | None:
        """How many of the newest look-up keys a store with this check value has not seen; None: it is not our chain."""
        found = b"check\0kelisim"
        for number, key in enumerate(self._lookups, start=1):
            found = hmac.digest(key, found, "sha256")
            if found.hex() == check:
                return len(self._lookups) - number
        return None

    def upgrade(self, found: bytes, behind: int) -> bytes:
        """A keyed hash of an older chain, wrapped by the `behind` newest keys."""
        for key in self._lookups[len(self._lookups) - behind :]:
            found = hmac.digest(key, found, "sha256")
        return found

    def checks(self) -> dict[str, str]:
        """One check value per key, by its name in the store: wrong keys are refused before anything is written."""
        told = {f"key {number}": check.hex() for number, check in self._checks.items()}
        told["lookup"] = self.find("check", "kelisim").hex()
        return told


def fingerprint(value: str | bytes) -> bytes:
    """SHA-256 of a random secret (codes of receipts, tokens): random input needs no key."""
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).digest()
