"""The keys that seal personal fields and find them again: given in production, made in a trial."""

import base64
import binascii
import contextlib
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

KEY_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """Sealing keys by id (the first seals, all open); look-up keys (the first is written, all are tried)."""

    seal: dict[int, bytes] = field(repr=False)
    lookup: tuple[bytes, ...] = field(repr=False)


def sealing_keys(text: str) -> dict[int, bytes]:
    """Keys by their id, which stands in one byte before everything they seal."""
    keys: dict[int, bytes] = {}
    for entry in text.split(","):
        number, colon, key = entry.strip().partition(":")
        if not colon or not re.fullmatch(r"[0-9]{1,3}", number) or int(number) > 255:
            raise ValueError("must be id:base64[,id:base64…] with ids from 0 to 255")
        if int(number) in keys:
            raise ValueError(f"names the id {int(number)} twice")
        keys[int(number)] = _key(key)
    return keys


def lookup_keys(text: str) -> tuple[bytes, ...]:
    """The key of the keyed hashes; while it changes, the new one and the old one."""
    return tuple(_key(entry.strip()) for entry in text.split(","))


def trial_keys(home: Path) -> Keys:
    """The keys of a trial, made in the home (files 0600, folder 0700) when first asked for.

    Raises ValueError for a file that holds no key, OSError where the home cannot be written.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    sealing, lookup = home / "trial-sealing.key", home / "trial-lookup.key"
    return Keys(sealing_keys(_made_once(sealing, "1:")), lookup_keys(_made_once(lookup, "")))


def _key(text: str) -> bytes:
    try:
        standard = text.translate(str.maketrans("-_", "+/"))
        key = base64.b64decode(standard + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("has a key that is not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"has a key of {len(key)} bytes instead of {KEY_BYTES}")
    if len(set(key)) < 12:  # of random keys, fewer than one in 10**20
        raise ValueError("has a key that is not random")
    return key


def _made_once(path: Path, label: str) -> str:
    """The text of a key file, written whole or not at all, by whoever comes first."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w") as file:
            file.write(label + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
