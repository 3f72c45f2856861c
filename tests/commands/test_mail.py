"""`kelisim check --mail` at a real dovecot behind a mail server with many faces: what is wrong is named, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from tests.doorstep import Doorstep
from tests.mail.dovecot import PASSWORD, USER, Dovecot, a_dovecot, free_port
from tests.test_app import trial
from typer.testing import CliRunner

from kelisim.checks import Section
from kelisim.commands import cli, mail, roundtrips
from kelisim.desk import operator as operators
from kelisim.mail.mailbox import Raw
from kelisim.mail.maildir import MaildirBox
from kelisim.mail.visit import Door
from kelisim.settings import Settings

AUTHSERV = "mx.alit.kz"
SMTP_PASSWORD = "secret of the post"
DMARC = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from=alit.kz\r\n"
STAMP = f"Authentication-Results: {AUTHSERV}; auth=pass smtp.auth=info@alit.kz\r\n"
RECEIVED = "Received: from desk by mx.alit.kz with ESMTPSA; Tue, 24 Nov 2026 11:00:00 +0500\r\n"


class Mta:
    """A mail server: what it does to a letter before dovecot gets it, and whom it refuses."""

    def __init__(self, dovecot: Dovecot | None) -> None:
        self.dovecot = dovecot
        self.change: Callable[[str], str | None] = lambda letter: letter
        self.refuses: dict[str, str] = {}
        self.taken = 0

    async def handle_MAIL(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.refuses.get("sender", "250 OK")

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.refuses.get("plus" if "+" in address else "recipient", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken += 1
        letter = self.change(envelope.content.decode())
        if letter is not None and self.dovecot is not None:
            for address in envelope.rcpt_tos:
                plus = address.rpartition("@")[0].partition("+")[2]
                to = f"{USER}+{plus}@example.kz" if plus else f"{USER}@example.kz"
                self.dovecot.deliver(letter.encode(), to, envelope.mail_from or "")
        return "250 taken"


def own_results_removed(letter: str) -> str:
    """What RFC 8601 asks of a border server."""
    return re.sub(rf"(?m)^Authentication-Results: {AUTHSERV}(?:.|\r\n[ \t])*\r\n", "", letter)


@contextmanager
def listening(mta: Mta, **options: Any) -> Iterator[str]:
    """KELISIM_SMTP of a server that runs."""

    def knows(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == SMTP_PASSWORD.encode(), handled=False)

    if options.pop("login", False):
        options |= {"authenticator": knows, "auth_require_tls": False, "auth_required": True}
    controller = Controller(mta, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    """One whose name is in the domain of the mail server."""
    with a_dovecot() as server:
        server.stop()
        with server.configuration.open("a") as file:
            file.write("hostname = imap.alit.kz\n")
        server.start()
        yield server


@pytest.fixture
def mta(dovecot: Dovecot) -> Mta:
    return Mta(dovecot)


def settings(tmp_path: Path, smtp: str, imap: str, mail: str = "", **more: str) -> Settings:
    """A trial whose operator file has these lines under [mail]."""
    words = re.sub(r"(?ms)^\[mail\]\n.*?\n\n", f"[mail]\n{mail}\n\n", operators.sample(), count=1)
    operator = tmp_path / "operator.toml"
    operator.write_text(words, encoding="utf-8")
    given = {"KELISIM_SMTP": smtp, "KELISIM_IMAP": imap, "KELISIM_OPERATOR": str(operator)}
    return trial(f"sqlite:///{tmp_path / 'none.db'}", tmp_path, **given, **more)


def tried(found: Settings, patience: float = 5.0) -> tuple[Section, Section, Section]:
    smtp, mailbox, trip = mail.run(found, patience)
    return smtp, mailbox, trip


def told(section: Section) -> str:
    return " | ".join([*section.faults, *section.notes, *section.fine])


def nothing_left(dovecot: Dovecot) -> bool:
    return not [
        subject
        for folder in ("INBOX", "kelisim")
        for subject, _ in dovecot.letters(folder)
        if "check" in subject
    ]


FULL = f'authserv = "{AUTHSERV}"\ninside = "auth"'


def test_a_server_that_does_everything_right_has_no_fault(tmp_path: Path, dovecot: Dovecot, mta: Mta) -> None:
    mta.change = lambda letter: STAMP + RECEIVED + own_results_removed(letter)
    dovecot.deliver(
        b"From: aigul@poshta.kz\r\nSubject: not yours\r\nMessage-ID: <a@poshta.kz>\r\n\r\nwords\r\n"
    )
    with listening(mta) as smtp:
        found = settings(tmp_path, smtp, dovecot.url, FULL, KELISIM_URL="http://127.0.0.1:1")
        sections = tried(found)
    assert [section.faults for section in sections] == [[], [], []] and sections[1].notes == []
    trip = told(sections[2])
    assert "came back after" in trip and "known by its stamp (auth)" in trip and "do not survive" in trip
    assert mta.taken == 3 and nothing_left(dovecot)
    assert [(subject, flags & {"\\Seen", "kelisim"}) for subject, flags in dovecot.letters()] == [
        ("not yours", set())
    ]


def test_a_forged_result_that_survives_is_a_fault_when_it_would_be_believed(
    tmp_path: Path, dovecot: Dovecot, mta: Mta
) -> None:
    """T-LET-02: a server that adds nothing of its own and removes nothing."""
    with listening(mta) as smtp:
        _, _, trip = tried(settings(tmp_path, smtp, dovecot.url, f'authserv = "{AUTHSERV}"'))
    assert any("survive and would be believed" in fault for fault in trip.faults)
    assert any("stamps no Authentication-Results" in note for note in trip.notes)
    assert nothing_left(dovecot)


def test_a_forged_result_below_the_servers_own_is_noted(tmp_path: Path, dovecot: Dovecot, mta: Mta) -> None:
    """T-LET-02."""
    mta.change = lambda letter: STAMP + RECEIVED + letter
    with listening(mta) as smtp:
        _, _, trip = tried(settings(tmp_path, smtp, dovecot.url, FULL))
    assert trip.faults == [] and any("survive, below those we believe" in note for note in trip.notes)


def test_a_server_that_stamps_what_no_setting_names_says_which(
    tmp_path: Path, dovecot: Dovecot, mta: Mta
) -> None:
    mta.change = lambda letter: STAMP + RECEIVED + own_results_removed(letter)
    with listening(mta) as smtp:
        _, _, unset = tried(settings(tmp_path, smtp, dovecot.url))
        _, _, other = tried(settings(tmp_path, smtp, dovecot.url, 'authserv = "mx.other.kz"'))
        _, _, inside = tried(settings(tmp_path, smtp, dovecot.url, f'authserv = "{AUTHSERV}"'))
    assert any(f"stamps as {AUTHSERV}" in note for note in unset.notes)
    assert any(
        f"authserv is mx.other.kz, but the server stamps as {AUTHSERV}" in fault for fault in other.faults
    )
    assert any('set [mail] inside = "auth"' in note for note in inside.notes)


def test_a_stamp_below_a_foreign_received_is_a_fault_that_names_the_cause(
    tmp_path: Path, dovecot: Dovecot, mta: Mta
) -> None:
    """The desk believes only what stands above the first Received of another host."""
    foreign = RECEIVED.replace("by mx.alit.kz", "by node7.provider.example")
    mta.change = lambda letter: foreign + STAMP + own_results_removed(letter)
    with listening(mta) as smtp:
        _, _, trip = tried(settings(tmp_path, smtp, dovecot.url, FULL))
    assert any("below a Received line" in fault for fault in trip.faults)


def test_inside_letters_without_the_promised_stamp_are_a_fault(
    tmp_path: Path, dovecot: Dovecot, mta: Mta
) -> None:
    """T-LET-03."""
    mta.change = lambda letter: DMARC + RECEIVED + own_results_removed(letter)
    with listening(mta) as smtp:
        _, _, trip = tried(settings(tmp_path, smtp, dovecot.url, FULL))
    assert any('inside = "auth", but' in fault for fault in trip.faults)


def test_plus_addresses_that_go_nowhere_are_a_fault_unless_switched_off(
    tmp_path: Path, dovecot: Dovecot, mta: Mta
) -> None:
    with listening(mta) as smtp:
        mta.refuses = {"plus": "550 5.1.1 no such mailbox"}
        _, _, refused = tried(settings(tmp_path, smtp, dovecot.url))
        mta.refuses, mta.change = {}, lambda letter: None if "check: plus" in letter else letter
        _, _, lost = tried(settings(tmp_path, smtp, dovecot.url), patience=1.5)
        _, _, off = tried(settings(tmp_path, smtp, dovecot.url, "plus = false"), patience=1.5)
    for trip in (refused, lost):
        assert any("recipient_delimiter" in fault for fault in trip.faults)
    assert any("delete it" in note for note in lost.notes)
    assert "recipient_delimiter" not in told(off)


def test_a_server_that_changes_message_ids_is_named(tmp_path: Path, dovecot: Dovecot, mta: Mta) -> None:
    mta.change = lambda letter: re.sub(r"(?m)^Message-ID: .*$", "Message-ID: <new@provider.kz>", letter)
    with listening(mta) as smtp:
        _, _, trip = tried(settings(tmp_path, smtp, dovecot.url))
    assert any("another Message-ID" in fault for fault in trip.faults) and nothing_left(dovecot)


def test_a_letter_that_does_not_come_back_and_one_that_is_refused(
    tmp_path: Path, dovecot: Dovecot, mta: Mta
) -> None:
    with listening(mta) as smtp:
        mta.change = lambda letter: None
        _, _, lost = tried(settings(tmp_path, smtp, dovecot.url), patience=1.0)
        mta.refuses = {"recipient": "550 5.1.1 no"}
        _, _, recipient = tried(settings(tmp_path, smtp, dovecot.url), patience=1.0)
        mta.refuses = {"sender": "553 5.7.1 not yours"}
        _, _, sender = tried(settings(tmp_path, smtp, dovecot.url), patience=1.0)
    assert any("did not come back within 1 s" in fault for fault in lost.faults)
    assert any("no letter to our mailbox (550)" in fault for fault in recipient.faults)
    assert any("no letter from our mailbox (553)" in fault for fault in sender.faults)


def test_signatures_are_looked_at(tmp_path: Path, dovecot: Dovecot, mta: Mta) -> None:
    """RFC 8058: the two headers of one-click unsubscribing stand under the signature."""
    notes = []
    for signed in ("from:subject", "from:list-unsubscribe:List-Unsubscribe-Post"):
        head = f"DKIM-Signature: v=1; a=rsa-sha256; d=alit.kz; s=x;\r\n h={signed}; b=AAAA\r\n"
        mta.change = lambda letter, head=head: head + letter  # type: ignore[misc]
        with listening(mta) as smtp:
            _, _, trip = tried(settings(tmp_path, smtp, dovecot.url, KELISIM_URL="http://127.0.0.1:1"))
        notes.append(" ".join(trip.notes))
    assert ("RFC 8058" in notes[0], "RFC 8058" in notes[1], "not signed" in notes[0]) == (True, False, False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_every_wrong_way_to_the_mail_server_has_its_sentence(
    tmp_path: Path, dovecot: Dovecot, mta: Mta
) -> None:
    """No password is printed, and nothing is sent."""
    closed = f"127.0.0.1:{free_port()}"
    ways = {
        f"smtp://{closed}": "nobody answers on port",
        "smtps://localhost:{port}": "speaks no TLS",
        "smtp+starttls://localhost:{port}": "offers no STARTTLS",
        "smtp://desk:secret@127.0.0.1:{port}": "offers no login",
    }
    with listening(mta) as smtp:
        port = smtp.rpartition(":")[2]
        for url, sentence in ways.items():
            section, _, trip = tried(settings(tmp_path, url.format(port=port), dovecot.url))
            assert sentence in told(section) and len(section.faults) == 1, told(section)
            assert "secret" not in told(section) and trip.notes == [
                "not tried until letters can be sent and read"
            ]
    with listening(mta, login=True) as smtp:
        wrong, _, _ = tried(settings(tmp_path, smtp.replace("//", "//desk:secret@"), dovecot.url))
        right = smtp.replace("//", f"//desk:{SMTP_PASSWORD.replace(' ', '%20')}@")
        fine, _, trip = tried(settings(tmp_path, right, dovecot.url))
    assert "user or password is refused (535)" in told(wrong) and "secret" not in told(wrong)
    assert fine.faults == [] and "came back" in told(trip)
    with listening(mta, data_size_limit=1_000_000) as smtp:
        small, _, _ = tried(settings(tmp_path, smtp, dovecot.url))
    assert "letters of 1 MB at most" in told(small)


def test_every_wrong_way_to_the_mailbox_has_its_sentence(tmp_path: Path, dovecot: Dovecot, mta: Mta) -> None:
    ways = {
        f"imap://{USER}:x@127.0.0.1:{free_port()}/INBOX": "nobody answers on port",
        dovecot.url.replace("secret", "wrong"): "user or password is refused",
        dovecot.url.replace("/INBOX", "/Nowhere"): "there is no folder “Nowhere”",
        dovecot.url.replace("imap://", "imaps://").replace("127.0.0.1", "localhost"): "speaks no TLS",
        "maildir:///nowhere/at/all": "there is no Maildir",
    }
    with listening(mta) as smtp:
        for url, sentence in ways.items():
            _, section, trip = tried(settings(tmp_path, smtp, url))
            assert sentence in told(section) and len(section.faults) == 1, told(section)
            assert "secret" not in told(section) and "of the mailbox" not in told(section)
            assert trip.notes == ["not tried until letters can be sent and read"]
    assert mta.taken == 0


def test_a_maildir_is_tried_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    for each in ("new", "cur", "tmp"):
        (folder / each).mkdir(parents=True)

    class Local(Mta):
        async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
            assert isinstance(envelope.content, bytes)
            self.taken += 1
            (folder / "new" / f"{self.taken}.letter").write_bytes(envelope.content)
            return "250 taken"

    with listening(Local(None)) as smtp:
        _, section, trip = tried(settings(tmp_path, smtp, f"maildir://{folder}"))
    assert section.faults == trip.faults == [] and "came back" in told(trip)
    assert [path for path in folder.rglob("*letter*") if path.is_file()] == []


def test_what_a_server_lacks_is_said(tmp_path: Path, mta: Mta) -> None:
    """The reader does without: the letters of the check are destroyed all the same."""
    with a_dovecot(capability="IMAP4rev1 LITERAL+") as server:
        mta.dovecot = server
        with listening(mta) as smtp:
            _, section, trip = tried(settings(tmp_path, smtp, server.url))
        assert nothing_left(server)
    assert "no IDLE" in told(section) and "no UIDPLUS" in told(section) and trip.faults == []


def test_what_is_not_set_is_said(tmp_path: Path) -> None:
    smtp, mailbox, trip = tried(trial(f"sqlite:///{tmp_path / 'none.db'}", tmp_path))
    assert "letters and codes wait" in told(smtp) and "letters are not read" in told(mailbox)
    assert trip.faults == []


def test_the_command_ends_with_one_when_the_mail_is_wrong_and_prints_no_secret(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dovecot: Dovecot
) -> None:
    wrong = f"smtp://desk:hidden%20word@127.0.0.1:{free_port()}"
    env = {"KELISIM_BOT_API": "http://127.0.0.1:9", "KELISIM_DATABASE": sqlite_url, "KELISIM_HOME": str(tmp_path),
           "KELISIM_SMTP": wrong, "KELISIM_IMAP": dovecot.url}  # fmt: skip
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    plain, whole = (CliRunner().invoke(cli, ["check", *option]) for option in ([], ["--mail"]))
    assert whole.exit_code == 1, whole.output
    assert "nobody answers on port" in whole.output and "nobody answers" not in plain.output
    for secret in ("hidden", PASSWORD, USER + "@", "info@alit.kz"):
        assert secret not in whole.output


class Wire:
    """Where a letter of the check is written down instead of sent."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []

    def sendmail(self, sender: str, to: list[str], content: bytes) -> None:
        self.letters.append(content)


async def test_a_reader_that_serves_beside_us_makes_nothing_of_the_letters(doorstep: Doorstep) -> None:
    wire: Any = Wire()
    trip = roundtrips.Trip(lambda: nullcontext(wire), MaildirBox(Path("none")), doorstep.desk, 1.0)
    for what, forged in (
        (roundtrips.PLAIN, ""),
        (roundtrips.PLUS, ""),
        (roundtrips.FORGED, f"{AUTHSERV}; dmarc=pass (TOKEN)"),
    ):
        trip.send(what, forged)
    foreign = re.sub(rb"(?m)^(Message-ID|Auto-Submitted): .*\r\n", b"", wire.letters[0])
    door = Door(doorstep.desk, doorstep.database)
    for content in wire.letters:
        handled = await door.serve(Raw("1", content, doorstep.desk.clock.now(), len(content)))
        assert (handled.outcome, handled.ours) == ("own", False)
    assert (
        await doorstep.rows("SELECT id FROM cases UNION SELECT id FROM letters UNION SELECT id FROM outbox")
        == []
    )
    strange = await door.serve(Raw("2", foreign, doorstep.desk.clock.now(), len(foreign)))
    assert strange.outcome != "own"  # without our marks it is anybody's letter
