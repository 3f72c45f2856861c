"""The mailbox that is a folder: beside other programs that deliver, read, rename and delete at any moment."""

from __future__ import annotations

import itertools
import json
import mailbox as standard
import os
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kelisim.clock import Clock
from kelisim.mail import mailbox, maildir
from kelisim.mail.mailbox import Away
from kelisim.mail.maildir import MaildirBox

pytestmark = pytest.mark.timeout(30)

_names = itertools.count(1)


def long_ago() -> datetime:
    return Clock().now() - timedelta(days=3)


def deliver(
    folder: Path, subject: str, *, days: float = 0.0, words: str = "x", where: str = "new", flags: str = ""
) -> Path:
    """A letter as a delivering program puts it there."""
    name = f"{time.time():.6f}.P1Q{next(_names)}.host"
    draft = folder / "tmp" / name
    draft.write_bytes(f"From: a@mail.kz\nSubject: {subject}\n\n{words}\n".encode())
    if days:
        at = time.time() - days * 86400
        os.utime(draft, (at, at))
    return draft.rename(folder / where / f"{name}{flags}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for each in ("tmp", "new", "cur"):
        (tmp_path / "mail" / each).mkdir(parents=True)
    return tmp_path / "mail"


def opened(folder: Path, state: str = "", name: str = "kelisim", since: datetime | None = None) -> MaildirBox:
    box = MaildirBox(folder)
    box.open(name, state, since or long_ago())
    return box


def subjects(box: MaildirBox) -> list[str]:
    found = []
    for key in box.new():
        raw = box.read(key)
        assert raw is not None
        found.append(raw.content.partition(b"Subject: ")[2].partition(b"\n")[0].decode())
    return found


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every letter's file outside our folder, with its times and bytes."""
    return {
        f"{each}/{path.name}": (path.stat().st_mtime_ns, path.read_bytes())
        for each in ("new", "cur")
        for path in (folder / each).iterdir()
        if path.is_file()
    }


def test_letters_come_in_their_order_and_what_is_not_ours_stays_as_it_is(folder: Path) -> None:
    deliver(folder, "two", days=1)
    deliver(folder, "three", where="cur", flags=":2,S")
    deliver(folder, "one", days=2)
    (folder / "tmp" / "half").write_bytes(b"Subject: half")
    (folder / "new" / ".hidden").write_bytes(b"Subject: hidden")
    (folder / "cur" / "a-folder").mkdir()
    (folder / "cur" / "a-link").symlink_to("/etc/hostname")
    before = files(folder)
    box = opened(folder)
    assert subjects(box) == ["one", "two", "three"]
    for key in box.new():
        box.pass_over(key)
    assert box.new() == []
    assert files(folder) == before


def test_the_time_of_a_letter_is_that_of_its_delivery(folder: Path) -> None:
    deliver(folder, "one", days=1)
    box = opened(folder)
    raw = box.read(box.new()[0])
    assert raw is not None
    assert abs(Clock().now() - timedelta(days=1) - raw.received_at) < timedelta(seconds=5)


def test_a_letter_of_ours_moves_and_keeps_the_flags_of_people(folder: Path) -> None:
    deliver(folder, "ours", where="cur", flags=":2,FS")
    theirs = deliver(folder, "theirs")
    box = opened(folder)
    for key in box.new():
        if not theirs.name.startswith(key):
            box.take(key)
    assert list(files(folder)) == [f"new/{theirs.name}"]
    (mine,) = (folder / ".kelisim" / "cur").iterdir()
    assert mine.name.endswith(":2,FSk")
    (folder / ".kelisim" / "cur" / "put-there-by-a-person:2,S").write_bytes(b"Subject: a person's\n\n")
    (key,) = box.taken()
    assert box.headers([key, "gone"]) == [(key, mine.read_bytes())]
    box.expunge([key, "gone"])
    assert [path.name for path in (folder / ".kelisim" / "cur").iterdir()] == ["put-there-by-a-person:2,S"]


def test_other_programs_find_our_folder(folder: Path) -> None:
    box = opened(folder, name="Өтініштер/2026")
    deliver(folder, "ours")
    box.take(box.new()[0])
    there = ".&BOgEQgRWBD0EVgRIBEIENQRA-.2026"
    assert (folder / there / "maildirfolder").is_file()
    assert [str(one["Subject"]) for one in standard.Maildir(folder / there, create=False)] == ["ours"]


def test_no_name_of_a_folder_leads_out_of_the_maildir() -> None:
    assert [maildir.named(wanted) for wanted in ("../../etc", "/etc", "a/../b")] == [".etc", ".etc", ".a.b"]
    for wanted in ("..", ".", "/", ""):
        with pytest.raises(Away, match="no name"):
            maildir.named(wanted)


def test_a_letter_that_is_renamed_is_found_and_one_that_has_gone_is_no_fault(folder: Path) -> None:
    first, second = deliver(folder, "one", days=0.5), deliver(folder, "two")
    box = opened(folder)
    keys = box.new()
    first.rename(folder / "cur" / f"{first.name}:2,RS")
    raw = box.read(keys[0])
    assert raw is not None and b"Subject: one" in raw.content
    second.unlink()
    assert box.read(keys[1]) is None
    box.take(keys[1])
    (folder / "cur" / f"{first.name}:2,RS").rename(folder / "cur" / f"{first.name}:2,FRS")
    box.take(keys[0])
    (mine,) = (folder / ".kelisim" / "cur").iterdir()
    assert mine.name == f"{first.name}:2,FRSk"


def test_a_copy_that_was_put_back_overwrites_nothing(folder: Path) -> None:
    box = opened(folder)
    path = deliver(folder, "one")
    box.take(box.new()[0])
    path.write_bytes(b"Subject: another letter with its name\n\n")
    box.take(box.new()[0])
    assert len(box.taken()) == 2


def test_a_restart_goes_on_where_it_was(folder: Path) -> None:
    box = opened(folder)
    for n in range(4):
        deliver(folder, f"{n}", days=1 - n / 10)
    keys = box.new()
    box.pass_over(keys[0])
    box.pass_over(keys[2])
    again = opened(folder, box.state())
    assert subjects(again) == ["1", "3"]
    for path in [*(folder / "new").iterdir()]:
        path.unlink()
    assert again.new() == [] and json.loads(again.state())["over"] == []


def test_the_first_time_only_letters_of_the_last_days_are_looked_at(folder: Path) -> None:
    deliver(folder, "of a year ago", days=365)
    deliver(folder, "of two days ago", days=2)
    assert subjects(opened(folder)) == ["of two days ago"]


def test_of_thousands_passed_over_only_the_late_ones_are_remembered_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maildir, "MANY", 10)
    for n in range(30):
        deliver(folder, f"{n}", days=2.9 - n / 10)
    box = opened(folder)
    for key in box.new():
        box.pass_over(key)
    assert box.new() == []
    assert len(json.loads(box.state())["over"]) < 15
    again = opened(folder, box.state())
    assert again.new() == []
    deliver(folder, "put there slowly", days=0.5)
    assert subjects(again) == ["put there slowly"]


def test_waiting_ends_when_something_comes_at_the_end_of_the_time_or_when_it_is_interrupted(
    folder: Path,
) -> None:
    box = opened(folder)
    box.new()
    assert box.wait(5.0) and box.new() == []  # the first look might have missed what came in its own tick
    began = time.monotonic()
    assert not box.wait(0.4) and time.monotonic() - began < 1.0
    threading.Timer(0.3, deliver, [folder, "one"]).start()
    began = time.monotonic()
    assert box.wait(10.0) and time.monotonic() - began < 1.0
    assert subjects(box) == ["one"]
    assert box.wait(5.0) and len(box.new()) == 1
    threading.Timer(0.2, box.interrupt).start()
    began = time.monotonic()
    assert not box.wait(5.0) and time.monotonic() - began < 1.0


def test_what_comes_in_the_tick_of_another_letter_is_not_missed(folder: Path) -> None:
    """The time of a folder has the grain of the machine's clock."""
    box = opened(folder)
    stop = threading.Event()

    def storm() -> None:
        while not stop.is_set():
            deliver(folder, "one of many")

    thread = threading.Thread(target=storm)
    thread.start()
    end = time.monotonic() + 2.0
    passed = 0
    while time.monotonic() < end:
        for key in box.new():
            box.pass_over(key)
            passed += 1
        box.wait(0.2)
    stop.set()
    thread.join()
    for _look in range(2):
        box.wait(0.5)
        for key in box.new():
            box.pass_over(key)
            passed += 1
    assert passed == len(list((folder / "new").iterdir())) > 100


def test_of_a_letter_that_is_too_large_only_the_headers_come(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (maildir, mailbox):
        monkeypatch.setattr(module, "LARGEST", 100_000)
    deliver(folder, "large", words="canary " * 20_000)
    box = opened(folder)
    raw = box.read(box.new()[0])
    assert raw is not None and raw.too_large and raw.size > 140_000 and len(raw.content) < 40_000


def test_where_there_is_no_maildir_it_is_away_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(Away, match="no Maildir"):
        opened(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
