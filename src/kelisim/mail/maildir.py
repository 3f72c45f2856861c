"""A mailbox that is a folder on this machine (Maildir, with Maildir++ for our own folder): what the demo and small desks use.

Other programs deliver, read and delete beside us, so every file may vanish or change its name at any moment.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from imap_tools.imap_utf7 import utf7_encode

from kelisim.mail.mailbox import LARGEST, Away, Raw, beginning

LOOK = 0.2  # seconds between looks at the folders
SETTLES = 0.05  # seconds in which a change may bear the same time as the one before it
MANY = 1000  # letters passed over by name; above it those of long ago are passed over by their time
LONG_AGO = timedelta(days=1)
_OURS = "k"  # in the file name, where Maildir keeps its flags


@dataclass(slots=True)
class MaildirBox:
    """`new/` and `cur/` of a Maildir; `tmp/` is its deliverers' own."""

    path: Path
    _since: float = 0.0
    _over: set[str] = field(default_factory=set)
    _files: dict[str, Path] = field(default_factory=dict)
    _times: dict[str, float] = field(default_factory=dict)
    _stamp: tuple[int, ...] = ()
    _settled: bool = False
    _ours: Path = Path()
    _woken: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        return f"maildir {self.path}"

    def open(self, folder: str, state: str, since: datetime) -> None:
        self._woken.clear()
        with _away():
            if not any((self.path / each).is_dir() for each in ("new", "cur")):
                raise Away("there is no Maildir")
            self._ours = self.path / named(folder)
            for each in ("", "tmp", "new", "cur"):
                (self._ours / each).mkdir(mode=0o700, exist_ok=True)
            (self._ours / "maildirfolder").touch(mode=0o600)
        known = json.loads(state) if state else {}
        self._since = known.get("since", since.timestamp())
        self._over = set(known.get("over", []))

    def close(self) -> None:
        self._files.clear()

    def interrupt(self, *, hard: bool = False) -> None:
        self._woken.set()

    def state(self) -> str:
        return json.dumps({"since": self._since, "over": sorted(self._over)})

    def new(self) -> list[str]:
        with _away():
            stamp = self._stamps()
            self._settled = stamp == self._stamp
            self._stamp = stamp
            self._files, self._times = {}, {}
            for each in ("new", "cur"):
                for base, path, at in _letters(self.path / each):
                    self._files[base], self._times[base] = path, at
        self._forget()
        waiting = [
            base for base, at in self._times.items() if at >= self._since and short(base) not in self._over
        ]
        return sorted(waiting, key=lambda base: (self._times[base], base))

    def _forget(self) -> None:
        """Names of letters that have gone are not remembered, and of many passed over none from long ago."""
        present = {short(base): at for base, at in self._times.items()}
        self._over &= present.keys()
        if len(self._over) > MANY:
            finished = max(present[one] for one in self._over) - LONG_AGO.total_seconds()
            waiting = [at for one, at in present.items() if at >= self._since and one not in self._over]
            self._since = max(self._since, min([finished, *waiting]))
            self._over = {one for one in self._over if present[one] >= self._since}

    def read(self, key: str) -> Raw | None:
        with _away():
            for path in self._found(key):
                with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                    known = os.fstat(file.fileno())
                    content = beginning(file.read) if known.st_size > LARGEST else file.read()
                    received_at = datetime.fromtimestamp(known.st_mtime, UTC)
                    return Raw(key, content, received_at, known.st_size)
        return None

    def take(self, key: str) -> None:
        with _away():
            for path in self._found(key):
                base, flags = _split(path.name)
                target = self._ours / "cur" / f"{base}:2,{''.join(sorted(flags | {_OURS}))}"
                if target.exists():  # the same name once more, from a copy that was put back
                    target = target.with_name(f"{base},{short(str(self._times.get(key)))}:2,{_OURS}")
                with contextlib.suppress(FileNotFoundError):
                    path.rename(target)
                    return

    def _found(self, key: str) -> Iterator[Path]:
        """Where a letter lies as far as we know, and, if it is not there, where it lies now."""
        if (known := self._files.get(key)) is not None:
            yield known
        for each in ("new", "cur"):
            for base, path, _at in _letters(self.path / each):
                if base == key and path != known:
                    self._files[key] = path
                    yield path

    def pass_over(self, key: str) -> None:
        self._over.add(short(key))

    def taken(self) -> list[str]:
        with _away():
            return [
                path.name
                for _base, path, _at in _letters(self._ours / "cur")
                if _OURS in _split(path.name)[1]
            ]

    def headers(self, keys: Collection[str]) -> list[tuple[str, bytes]]:
        begun: list[tuple[str, bytes]] = []
        for key in keys:
            with (
                _away(),
                contextlib.suppress(FileNotFoundError),
                (self._ours / "cur" / key).open("rb") as file,
            ):
                begun.append((key, beginning(file.read)))
        return begun

    def expunge(self, keys: Collection[str]) -> None:
        for key in keys:
            with _away():
                (self._ours / "cur" / key).unlink(missing_ok=True)

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        if (
            not self._settled
        ):  # what came in the same tick of the clock as what we saw has left no other trace
            self._woken.wait(SETTLES)
            return not self._woken.is_set()
        while (left := until - time.monotonic()) > 0 and not self._woken.wait(min(LOOK, left)):
            with _away():
                if self._stamps() != self._stamp:
                    return True
        return False

    def _stamps(self) -> tuple[int, ...]:
        return tuple(
            (self.path / each).stat().st_mtime_ns if (self.path / each).is_dir() else 0
            for each in ("new", "cur")
        )


def named(folder: str) -> str:
    """What a folder is called on the disk: a dot before each level, letters as IMAP servers write them. Raises Away."""
    levels = [level for level in re.split(r"[/.]", folder) if level]
    if not levels:
        raise Away("the desk's own folder has no name")
    return "." + utf7_encode(".".join(levels)).decode()


def short(base: str) -> str:
    """A letter's name in few characters."""
    return hashlib.sha256(base.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _letters(folder: Path) -> Iterator[tuple[str, Path, float]]:
    """Unique name, path and time of each letter in a folder that may not be there."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        with contextlib.suppress(FileNotFoundError):
            if entry.is_file(follow_symlinks=False):
                yield _split(entry.name)[0], Path(entry.path), entry.stat(follow_symlinks=False).st_mtime


def _split(name: str) -> tuple[str, set[str]]:
    base, _mark, flags = name.partition(":2,")
    return base, set(flags)


@contextlib.contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise Away(
            f"the folder: {os.strerror(fault.errno) if fault.errno else type(fault).__name__}"
        ) from None
