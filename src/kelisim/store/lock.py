"""One process serves a SQLite file: a second one finds the lock and is told whose it is (T-ADMIN-07)."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self


class Taken(Exception):
    """Somebody serves this file already."""


class ServeLock:
    """Held while `serve` runs; the kernel lets go of it when the process dies, however it dies."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.lock")

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            whose = os.read(self._file, 200).decode(errors="replace").strip()
            os.close(self._file)
            raise Taken(f"{self._path.name} is held by {whose or 'another process'}") from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{socket.gethostname()} process {os.getpid()}\n".encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)
