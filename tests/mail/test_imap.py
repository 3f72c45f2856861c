"""The mailbox on a real IMAP server: what is new, what moves, and what is left exactly as it was."""

from __future__ import annotations

import imaplib
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.mail.dovecot import PASSWORD, USER, Dovecot, a_dovecot

from kelisim.clock import Clock
from kelisim.mail import imap, mailbox
from kelisim.mail.imap import ImapBox
from kelisim.mail.mailbox import FLAG, Away
from kelisim.settings import MailHost

pytestmark = pytest.mark.timeout(60)

FOLDER = "kelisim"
UNTOUCHED = {r"\Recent"}


def letter(subject: str, words: str = "Сәлеметсіз бе", more: str = "") -> bytes:
    head = f"From: Someone <someone@mail.kz>\r\nTo: desk@example.kz\r\nSubject: {subject}\r\n{more}"
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n".encode()


def long_ago() -> datetime:
    return Clock().now() - timedelta(days=3)


def opened(server: Dovecot, state: str = "", folder: str = FOLDER, since: datetime | None = None) -> ImapBox:
    box = ImapBox(server.host, timeout=10.0)
    box.open(folder, state, since or long_ago())
    return box


@pytest.fixture
def box(dovecot: Dovecot) -> Iterator[ImapBox]:
    box = opened(dovecot)
    yield box
    box.close()


def test_a_letter_is_read_whole_and_stays_unread(dovecot: Dovecot, box: ImapBox) -> None:
    dovecot.deliver(letter("one", "бір\r\n.\r\nекі"))
    (key,) = box.new()
    raw = box.read(key)
    assert raw is not None
    assert raw.content.endswith("бір\r\n.\r\nекі\r\n".encode()) and b"Subject: one\r\n" in raw.content
    assert abs(raw.received_at - Clock().now()) < timedelta(minutes=1) and raw.received_at.tzinfo is UTC
    assert raw.size == len(raw.content)
    box.pass_over(key)
    assert box.new() == []
    box.close()
    assert dovecot.letters() == [("one", set())]  # not \Seen, not our flag


def test_a_letter_of_ours_moves_with_its_flag_and_others_stay(dovecot: Dovecot, box: ImapBox) -> None:
    for subject in ("theirs", "ours", "theirs too"):
        dovecot.deliver(letter(subject))
    box.take(box.new()[1])
    assert [subject for subject, _flags in dovecot.letters()] == ["theirs", "theirs too"]
    assert all(flags <= UNTOUCHED for _subject, flags in dovecot.letters())
    assert dovecot.letters(FOLDER) == [("ours", {FLAG, *UNTOUCHED})]
    (key,) = box.taken()
    assert b"Subject: ours" in box.headers([key])[0][1]


def test_a_letter_that_has_gone_is_no_fault(dovecot: Dovecot, box: ImapBox) -> None:
    for subject in ("one", "two"):
        dovecot.deliver(letter(subject))
    keys = box.new()
    with imaplib.IMAP4("127.0.0.1", dovecot.imap) as other:
        other.login(USER, PASSWORD)
        other.select()
        other.store("1", "+FLAGS", r"\Deleted")
        other.expunge()
    assert box.read(keys[0]) is None
    box.take(keys[0])
    assert box.new() == keys[1:]


def test_only_what_bears_our_flag_is_expunged(dovecot: Dovecot, box: ImapBox) -> None:
    for subject in ("a", "b"):
        dovecot.deliver(letter(subject))
    for key in box.new():
        box.take(key)
    with imaplib.IMAP4("127.0.0.1", dovecot.imap) as other:
        other.login(USER, PASSWORD)
        other.append(FOLDER, "", None, letter("put there by a person"))
        other.append(FOLDER, r"\Deleted", None, letter("deleted by a person"))
    first, second = box.taken()
    foreign = first.partition(".")[0] + ".3"
    box.expunge([first, foreign])
    left = [subject for subject, _flags in dovecot.letters(FOLDER)]
    assert left == ["b", "put there by a person", "deleted by a person"]
    assert box.taken() == [second]


WITHOUT_MOVE = "IMAP4rev1 IDLE UIDPLUS NAMESPACE LITERAL+"
BARE = "IMAP4rev1"


@pytest.mark.parametrize("capability", [WITHOUT_MOVE, BARE])
def test_servers_that_offer_less_are_served_the_same(capability: str) -> None:
    with a_dovecot(capability=capability) as server:
        box = opened(server)
        for subject in ("theirs", "ours"):
            server.deliver(letter(subject))
        box.take(box.new()[1])
        assert [subject for subject, _flags in server.letters()] == ["theirs"]
        assert [subject for subject, _flags in server.letters(FOLDER)] == ["ours"]
        assert len(box.new()) == 1
        box.expunge(box.taken())
        assert server.letters(FOLDER) == []
        box.close()


def test_without_uidplus_what_others_marked_is_not_expunged_with_ours() -> None:
    with a_dovecot(capability=BARE) as server:
        box = opened(server)
        for subject in ("marked by a person", "ours"):
            server.deliver(letter(subject))
        first, second = box.new()
        with imaplib.IMAP4("127.0.0.1", server.imap) as other:
            other.login(USER, PASSWORD)
            other.select()
            other.store("1", "+FLAGS", r"\Deleted")
            box.take(second)
            assert [subject for subject, _flags in server.letters()] == ["marked by a person", "ours"]
            assert [subject for subject, _flags in server.letters(FOLDER)] == ["ours"]
            assert box.new() == [first]  # our own copy that could not go yet is no news
        box.close()


@pytest.mark.parametrize(
    ("separator", "prefix", "folder", "there"),
    [
        (".", "INBOX.", "kelisim", "INBOX.kelisim"),
        ("/", "", "desk/kelisim", "desk/kelisim"),
        (".", "", "desk/kelisim", "desk.kelisim"),
        ("/", "", "Өтініштер & хаттар", "&BOgEQgRWBD0EVgRIBEIENQRA- &- &BEUEMARCBEIEMARA-"),
    ],
)
def test_our_folder_is_made_where_the_server_has_folders(
    separator: str, prefix: str, folder: str, there: str
) -> None:
    with a_dovecot(separator=separator, prefix=prefix) as server:
        for _time in range(2):  # made once, found again
            box = opened(server, folder=folder)
            server.deliver(letter("ours"))
            box.take(box.new()[0])
            box.close()
        assert [subject for subject, _flags in server.letters(f'"{there}"')] == ["ours", "ours"]


def test_the_folder_that_is_read_is_not_ours(dovecot: Dovecot) -> None:
    with pytest.raises(Away, match="is the one that is read"):
        opened(dovecot, folder="INBOX")


def test_a_restart_goes_on_where_it_was(dovecot: Dovecot, box: ImapBox) -> None:
    for n in range(4):
        dovecot.deliver(letter(f"letter {n}"))
    keys = box.new()
    box.pass_over(keys[0])
    box.pass_over(keys[2])
    state = box.state()
    box.close()
    again = opened(dovecot, state)
    assert again.new() == [keys[1], keys[3]]
    again.pass_over(keys[1])
    again.pass_over(keys[3])
    assert again.new() == [] and json.loads(again.state())["over"] == []
    dovecot.deliver(letter("letter 4"))
    assert len(again.new()) == 1
    again.close()


def put(server: Dovecot, subject: str, days: float) -> None:
    """A letter of so many days ago."""
    at = Clock().now() - timedelta(days=days)
    with imaplib.IMAP4("127.0.0.1", server.imap) as other:
        other.login(USER, PASSWORD)
        other.append("INBOX", "", at, letter(subject))


def subjects(box: ImapBox) -> list[str]:
    found = []
    for key in box.new():
        raw = box.read(key)
        assert raw is not None
        found.append(raw.content.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode())
    return found


def test_the_first_time_only_letters_of_the_last_days_are_looked_at(dovecot: Dovecot) -> None:
    for subject, days in (
        ("of a year ago", 365),
        ("of today", 0),
        ("put back later", 200),
        ("of two days ago", 2),
        ("3.1", 3.1),
    ):
        put(dovecot, subject, days)
    box = opened(dovecot)
    assert subjects(box) == ["of today", "of two days ago"]
    box.close()
    box = opened(dovecot, since=Clock().now())
    assert subjects(box) == []
    dovecot.deliver(letter("from now on"))
    assert subjects(box) == ["from now on"]
    box.close()


def test_what_comes_while_the_first_look_is_taken_is_not_old(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = ImapBox._search
    late = iter(range(100))

    def slow(box: ImapBox, criteria: str) -> list[int]:
        dovecot.deliver(letter(f"late {next(late)}"))
        found = search(box, criteria)
        dovecot.deliver(letter(f"late {next(late)}"))
        return found

    for _first in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(ImapBox, "_search", slow)
            box = opened(dovecot)
        assert len(box.new()) == len(dovecot.letters()) > 0
        box.close()


def test_a_mailbox_that_was_made_anew_is_looked_through_since_we_last_saw_it(dovecot: Dovecot) -> None:
    put(dovecot, "before our time", 9)
    put(dovecot, "while we were away", 4)
    box = opened(dovecot, since=Clock().now() - timedelta(days=5))
    for key in box.new():
        box.pass_over(key)
    assert box.new() == []
    state = box.state()
    box.close()
    dovecot.make_anew()
    box = opened(dovecot, state)
    assert subjects(box) == ["while we were away"]
    box.close()


def test_a_mailbox_made_anew_under_our_eyes_voids_every_key(dovecot: Dovecot, box: ImapBox) -> None:
    dovecot.deliver(letter("one"))
    (key,) = box.new()
    state = box.state()
    dovecot.make_anew()
    with pytest.raises(Away):
        for _try in range(3):
            box.read(key)
    box.open(FOLDER, state, long_ago())
    assert box.read(key) is None and subjects(box) == ["one"]


def test_of_a_letter_that_is_too_large_only_the_headers_come(
    dovecot: Dovecot, box: ImapBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (imap, mailbox):
        monkeypatch.setattr(module, "LARGEST", 200_000)
        monkeypatch.setattr(module, "START", 1000, raising=False)
    headers = "".join(f"X-{n}: {'x' * 900}\r\n" for n in range(20))
    dovecot.deliver(letter("large", "canary " * 40_000, headers))
    (key,) = box.new()
    raw = box.read(key)
    assert raw is not None and raw.too_large and raw.size > 280_000
    assert b"X-19: " in raw.content and len(raw.content) < 40_000
    box.take(key)
    ((_key, start),) = box.headers(box.taken())
    assert mailbox.headers_end(start) and b"X-19" in start


def test_idle_hears_of_a_letter_at_once(dovecot: Dovecot, box: ImapBox) -> None:
    box.new()
    waited = []
    for _letter in range(3):
        threading.Timer(0.3, dovecot.deliver, [letter("now")]).start()
        began = time.monotonic()
        assert box.wait(10.0)
        waited.append(time.monotonic() - began - 0.3)
        assert box.new()
    assert max(waited) < 1.2, waited


def test_a_letter_that_comes_between_looking_and_waiting_is_not_slept_through(
    dovecot: Dovecot, box: ImapBox
) -> None:
    dovecot.deliver(letter("one"))
    (key,) = box.new()
    dovecot.deliver(letter("two"))
    time.sleep(1.0)
    began = time.monotonic()
    assert box.read(key) is not None and box.wait(10.0)
    assert time.monotonic() - began < 2.0


def test_nothing_comes_and_the_wait_ends_in_time_or_when_it_is_interrupted(
    dovecot: Dovecot, box: ImapBox
) -> None:
    assert box.new() == []
    began = time.monotonic()
    assert not box.wait(0.5)
    assert 0.4 < time.monotonic() - began < 1.5
    threading.Timer(0.2, box.interrupt).start()
    began = time.monotonic()
    assert not box.wait(20.0)
    assert time.monotonic() - began < 1.0


def test_a_server_without_idle_is_asked_now_and_then() -> None:
    with a_dovecot(capability=BARE) as server:
        box = ImapBox(server.host, poll=0.2)
        box.open(FOLDER, "", long_ago())
        began = time.monotonic()
        box.wait(60.0)
        assert time.monotonic() - began < 1.0
        box.close()


def test_a_server_that_stops_is_away(dovecot: Dovecot, box: ImapBox) -> None:
    threading.Timer(0.3, dovecot.stop).start()
    with pytest.raises(Away):
        for _round in range(5):
            box.wait(20.0)
            box.new()
    box.close()
    with pytest.raises(Away, match="refused"):
        opened(dovecot)


def test_what_is_refused_is_told_without_names(dovecot: Dovecot) -> None:
    box = ImapBox(replace(dovecot.host, user="canary", password="кіргізбе"))
    with pytest.raises(Away) as fault:
        box.open(FOLDER, "", long_ago())
    assert str(fault.value) == "the login was refused" and fault.value.__cause__ is None
    for host in (MailHost("127.0.0.1", 1, "none"), replace(dovecot.host, tls="implicit")):
        with pytest.raises(Away) as fault:
            ImapBox(host, timeout=2.0).open(FOLDER, "", long_ago())
        assert "127" not in str(fault.value)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "mail.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(certificate), "-out", str(tmp_path / "public.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    with certificate.open("ab") as file:
        file.write((tmp_path / "public.pem").read_bytes())
    with a_dovecot(certificate=certificate) as server:
        host = MailHost("localhost", server.imaps, "implicit", USER, PASSWORD)
        with pytest.raises(Away, match="certificate"):
            ImapBox(host).open(FOLDER, "", long_ago())
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "public.pem"))
        box = ImapBox(host)
        box.open(FOLDER, "", long_ago())
        server.deliver(letter("sealed on the way"))
        assert subjects(box) == ["sealed on the way"]
        threading.Timer(0.3, server.deliver, [letter("two")]).start()
        assert box.wait(10.0)
        box.close()
        with pytest.raises(Away, match="certificate"):
            ImapBox(replace(host, host="127.0.0.1")).open(FOLDER, "", long_ago())
