"""`kelisim import`: who agreed elsewhere comes in with the evidence; whom nobody may write to stays out, whatever a file says."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from tests.commands.test_cases import ERLAN, Told, beside
from tests.commands.workbooks import workbook
from tests.doorstep import Doorstep, Person
from typer.testing import CliRunner

from kelisim.commands import cli, imports
from kelisim.desk import (
    arrivals,
    audiences,
    bodies,
    broadcasts,
    consents,
    deliveries,
    dossiers,
    drafts,
    gates,
    holds,
    ledger,
    optouts,
    outbox,
    retention,
    staff,
    subjects,
    suppressions,
)
from kelisim.desk import identity as identities
from kelisim.desk.imports import HEADERS
from kelisim.desk.visit import EMAIL, Visit, zone
from kelisim.store import leases
from kelisim.store.models import PublishedDocument, Suppression

CANARY = "qanarysova"
COLUMNS = ("e-mail", "surname", "name", "language", "purpose", "agreed at", "address proved", "evidence")


@dataclass(slots=True)
class Office:
    """The operator's machine: a folder with tables, and the command beside a desk that serves."""

    step: Doorstep
    folder: Path
    environment: dict[str, str]

    @property
    def today(self) -> date:
        return self.step.desk.clock.now().astimezone(zone("Asia/Almaty")).date()

    def day(self, before: int = 10) -> str:
        return (self.today - timedelta(days=before)).isoformat()

    def row(
        self, address: str = "aigul@mail.kz", surname: str = "Нұрланова", name: str = "Айгүл", **other: str
    ) -> list[str]:
        """A row that is right, but for what is said otherwise (`agreed`, `evidence` …)."""
        said = {
            "language": "kk",
            "purpose": "informing-email",
            "agreed": self.day(),
            "proved": "yes",
            "evidence": "form 12",
        }
        said |= other
        return [address, surname, name, *said.values()]

    def table(self, *rows: Sequence[str], columns: Sequence[str] = COLUMNS, name: str = "people.csv") -> Path:
        path = self.folder / name
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return path

    async def run(self, path: Path, *options: str) -> Told:
        ended = await asyncio.to_thread(
            CliRunner().invoke,
            cli,
            ["import", str(path), "--as", ERLAN, *options],
            env=self.environment,
            catch_exceptions=False,
        )
        return Told(ended.exit_code, ended.output)

    async def go(self, *rows: Sequence[str], columns: Sequence[str] = COLUMNS) -> Told:
        return await self.run(self.table(*rows, columns=columns), "--go")

    async def states(self) -> list[tuple[Any, ...]]:
        return [
            tuple(row)
            for row in await self.step.rows(
                "SELECT purpose, state FROM consents WHERE purpose != 'desk' ORDER BY 1, 2"
            )
        ]

    async def fits(self) -> None:
        """States, records and counters agree, and the journal holds (I4)."""

        def work(visit: Visit) -> None:
            assert consents.differences(visit) == []
            while ledger.seal(visit):
                pass
            assert ledger.broken(visit) is None

        await self.step.keep(work)


@pytest.fixture
async def office(doorstep: Doorstep, tmp_path: Path) -> Office:
    """On SQLite."""
    return Office(doorstep, tmp_path, beside(doorstep, tmp_path / "home").environment)


@pytest.fixture
async def each_office(each_doorstep: Doorstep, tmp_path: Path) -> Office:
    """On each store."""
    return Office(each_doorstep, tmp_path, beside(each_doorstep, tmp_path / "home").environment)


async def counted(step: Doorstep) -> dict[str, int]:
    tables = (
        "subjects",
        "contacts",
        "profile",
        "consent_records",
        "consents",
        "ledger",
        "outbox",
        "suppressions",
    )
    return {table: (await step.rows(f"SELECT count(*) FROM {table}"))[0][0] for table in tables}


async def test_a_dry_run_says_all_and_writes_nothing(each_office: Office) -> None:
    path = each_office.table(
        each_office.row(),
        each_office.row(f"{CANARY}@@mail.kz"),
        each_office.row("dias@mail.kz", "Ахметов", "Диас"),
    )
    before = await counted(each_office.step)
    told = await each_office.run(path)
    assert "3 rows: would be brought in 2, here already 0, refused 1" in told.text
    assert "row 3: the e-mail address cannot be read" in told.text and "Say --go" in told.text
    assert told.status == 1 and CANARY not in told.text
    assert await counted(each_office.step) == before


async def test_what_was_agreed_elsewhere_stands_as_of_its_own_day_with_its_evidence(
    each_office: Office,
) -> None:
    step = each_office.step
    told = await each_office.go(each_office.row(evidence=f"form 12, {CANARY}"))
    assert (told.status, "brought in 1" in told.text) == (0, True), told.text
    ((act, purpose, at, until, door, source, number),) = await step.rows(
        "SELECT act, purpose, at, valid_until, door, source, number FROM consent_records"
    )
    agreed = each_office.today - timedelta(days=10)
    assert (act, purpose, door) == ("given", "informing-email", "import")

    def work(visit: Visit) -> None:
        (subject,) = subjects.with_mailbox(visit, visit.desk.vault.find(EMAIL, "aigul@mail.kz"))
        visit.subject = subject
        (known,) = consents.standing(visit).values()
        assert known.number == number and known.given
        assert known.since == datetime.combine(agreed, time(), zone("Asia/Almaty"))
        assert known.valid_until == agreed.replace(year=agreed.year + 2)
        assert subject.locale == "kk"
        assert subjects.profile(visit) == {"surname": "Нұрланова", "name": "Айгүл"}
        assert gates.allows(visit, "informing-email") and not gates.allows(visit, "promotion-email")

    await step.keep(work)
    assert CANARY.encode() not in bytes(source)  # sealed
    assert await step.rows("SELECT 1 FROM outbox") == []  # nobody is written to for having been brought in
    assert [row[0] for row in await step.rows("SELECT DISTINCT door FROM contacts")] == ["import"]
    await each_office.fits()
    assert (at, until) != (None, None)


async def test_the_same_file_twice_is_nothing(each_office: Office) -> None:
    path = each_office.table(each_office.row(), each_office.row("dias@mail.kz", "Ахметов", "Диас"))
    await each_office.run(path, "--go")
    before = await counted(each_office.step)
    told = await each_office.run(path, "--go")
    assert (told.status, "brought in 0, here already 2, refused 0" in told.text) == (0, True), told.text
    assert await counted(each_office.step) == before


async def test_two_purposes_of_one_person_are_one_person_and_two_people_of_one_mailbox_are_two(
    each_office: Office,
) -> None:
    told = await each_office.go(
        each_office.row(), each_office.row(purpose="promotion-email"),
        each_office.row(surname="Нұрланов", name="Дәурен"), each_office.row(name="АЙГҮЛ"),
    )  # fmt: skip
    assert "row 5: it says the same person and purpose as row 2" in told.text
    rows = await each_office.step.rows("SELECT subject_id, count(*) FROM consents GROUP BY 1 ORDER BY 2")
    assert [row[1] for row in rows] == [1, 2]
    later = await each_office.go(
        each_office.row(purpose="promotion-email", surname="Нұрланов", name="Дәурен")
    )
    assert later.status == 0
    rows = await each_office.step.rows("SELECT subject_id, count(*) FROM consents GROUP BY 1")
    assert [row[1] for row in rows] == [2, 2]
    assert (await counted(each_office.step))["subjects"] == 2
    await each_office.fits()


async def registered(step: Doorstep, address: str = "aigul@mail.kz", name: str = "Nurlanova Aigul") -> Person:
    """Aigul with a proved mailbox and a consent to letters, given in her chat."""
    aigul = await step.person("aigul").registers()
    await aigul.gives_email(address, name)
    return aigul


async def test_a_consent_that_was_taken_back_here_is_not_raised(each_office: Office) -> None:
    step = each_office.step
    aigul = await registered(step)
    await step.keep(lambda visit: consents.withdraw(visit, "informing-email"), aigul)
    said = each_office.row(surname="Nurlanova", name="Aigul", agreed=each_office.day(0))
    told = await each_office.go(said, each_office.row("dias@mail.kz", "Ахметов", "Диас"))
    assert "row 2: this person has withdrawn this consent here" in told.text and "brought in 1" in told.text
    assert await each_office.states() == [("informing-email", "given"), ("informing-email", "withdrawn")]
    await each_office.fits()


OTHERWISE = {"surname": "Нурланова", "name": "Айгуль"}


@pytest.mark.parametrize(
    "said", [OTHERWISE, {"surname": "Nurlanova-Kim", "name": "A"}, {"address": "aigul+x@mail.kz"}]
)
async def test_nor_under_another_spelling_of_the_name_or_with_a_tag(
    each_office: Office, said: dict[str, str]
) -> None:
    """A name is written in two alphabets: what somebody at the mailbox took back is raised for nobody there (I4)."""
    step = each_office.step
    aigul = await registered(step)
    await step.keep(lambda visit: consents.withdraw(visit, "informing-email"), aigul)
    before = await counted(step)
    told = await each_office.go(each_office.row(**said))
    assert "row 2: somebody at this mailbox has withdrawn this consent here" in told.text
    assert "brought in 0, here already 0, refused 1" in told.text
    assert await counted(step) == before
    # what nobody there took back comes in, to a record of its own
    told = await each_office.go(each_office.row(**{**said, "purpose": "promotion-email"}))
    assert "brought in 1" in told.text, told.text
    assert await each_office.states() == [("informing-email", "withdrawn"), ("promotion-email", "given")]
    assert "informing-email" not in await step.keep(lambda visit: _open(visit, "aigul@mail.kz"))
    await each_office.fits()


@pytest.mark.parametrize("how", ["blocked", "held", "erasing"])
@pytest.mark.parametrize("said", [OTHERWISE, {"address": "aigul+x@mail.kz"}])
async def test_nobody_at_a_mailbox_is_brought_in_while_one_of_them_is_blocked(
    office: Office, how: str, said: dict[str, str]
) -> None:
    """T-LAW-02, I7: the row would be a second record of who may not be written to."""
    step = office.step
    aigul = await registered(step)

    def freeze(visit: Visit) -> None:
        if how == "held":
            holds.place(visit, "law", "a dispute", staff.DESK)
        else:
            subjects.set_state(visit, subjects.BLOCKED if how == "blocked" else subjects.ERASING)

    await step.keep(freeze, aigul)
    before = await counted(step)
    told = await office.go(office.row(**said))
    assert "row 2: the data of somebody at this mailbox are blocked" in told.text, told.text
    assert await counted(step) == before


async def test_a_stop_in_a_chat_counts_for_every_name_at_its_mailbox(each_office: Office) -> None:
    """Also one that was made before the chat had this mailbox: nothing stands under the mailbox itself."""
    step = each_office.step
    aigul = await registered(step)
    await aigul.say("STOP")
    mailbox = step.desk.vault.find(EMAIL, "aigul@mail.kz")
    await step.keep(lambda visit: visit.run(delete(Suppression).where(Suppression.hash == mailbox)))
    told = await each_office.go(each_office.row(**OTHERWISE))
    assert "row 2: a stop of messages stands for this address" in told.text
    assert await each_office.states() == [("informing-email", "given")]


async def test_a_stop_of_an_address_counts_for_it_with_a_tag(each_office: Office) -> None:
    step = each_office.step

    def stop(visit: Visit) -> None:
        suppressions.stop_address(visit, identities.email("aigul@mail.kz"), quietly=True)
        suppressions.stop_address(visit, identities.email("dias+news@mail.kz"), quietly=True)

    await step.keep(stop, step.person("7001"))
    told = await each_office.go(
        each_office.row("aigul+x@mail.kz"), each_office.row("AIGUL+a+b@mail.kz"), each_office.row("aigul+x@mail.example"),
        each_office.row("dias@mail.kz"), each_office.row("dias+other@mail.kz"), each_office.row("dias+NEWS@mail.kz"),
    )  # fmt: skip
    refused = [
        line for line in told.text.splitlines() if "a stop of messages stands for this address" in line
    ]
    assert [line.partition(":")[0] for line in refused] == ["row 2", "row 3", "row 7"]
    assert "brought in 3" in told.text


async def test_nor_is_one_that_was_brought_in_before_and_whose_data_have_gone_since(
    each_office: Office,
) -> None:
    """The mark of what was brought outlives the address: an old file lies about for years."""
    step = each_office.step
    said = each_office.row(agreed=each_office.day(100))
    await each_office.go(said)

    def gone(visit: Visit) -> None:
        (visit.subject,) = subjects.with_mailbox(visit, visit.desk.vault.find(EMAIL, "aigul@mail.kz"))
        consents.withdraw(visit, "informing-email")

    await step.keep(gone)
    await step.courier()
    step.later(days=60)
    while not (await step.keep(retention.step)).over:
        pass
    assert await step.rows("SELECT 1 FROM contacts") == []
    told = await each_office.go(said)
    assert "brought in 0, here already 1" in told.text
    assert await step.rows("SELECT 1 FROM contacts") == []
    assert await each_office.states() == [("informing-email", "withdrawn")]


@pytest.mark.parametrize("state", ["expired", "suspended", "ending"])
async def test_no_other_state_is_raised_either(office: Office, state: str) -> None:
    aigul = await registered(office.step)

    def work(visit: Visit) -> None:
        known = consents.standing(visit)["informing-email"]
        visit.connection.exec_driver_sql(
            "UPDATE consents SET state = ? WHERE purpose = 'informing-email'", (state,)
        )
        assert known.given

    await office.step.keep(work, aigul)
    told = await office.go(office.row(surname="Nurlanova", name="Aigul"))
    assert "brought in 0" in told.text and "only they themselves" in told.text
    assert await office.states() == [("informing-email", state)]


async def test_a_stop_stands_above_every_file(each_office: Office) -> None:
    """By anybody, before or after the day in the file, by chat, letter or link; of that address alone."""
    step = each_office.step
    stranger = step.person("7001")

    def stop(visit: Visit) -> None:
        suppressions.stop_address(visit, identities.email("aigul@mail.kz"), quietly=True)

    step.later(days=-30)
    await step.keep(stop, stranger)
    step.later(days=30)
    told = await each_office.go(
        each_office.row(agreed=each_office.day(1)), each_office.row("dias@mail.kz", "Ахметов", "Диас")
    )
    assert "row 2: a stop of messages stands for this address" in told.text
    rows = await step.rows("SELECT hash FROM contacts")
    assert [bytes(row[0]) for row in rows] == [step.desk.vault.find(EMAIL, "dias@mail.kz")]


async def test_a_stop_in_the_chat_silences_the_mailbox_that_comes_by_a_file(each_office: Office) -> None:
    step = each_office.step
    aigul = await registered(step)
    await aigul.say("STOP")
    told = await each_office.go(each_office.row(surname="Nurlanova", name="Aigul", purpose="promotion-email"))
    assert "a stop of messages stands" in told.text and "brought in 0" in told.text
    assert await each_office.states() == [("informing-email", "given")]


async def test_an_erased_person_does_not_come_back(each_office: Office) -> None:
    step = each_office.step
    aigul = await registered(step)
    await aigul.say("/delete")
    await aigul.press("Delete for good")
    step.later(hours=26)
    await step.courier()
    await step.caretaker()
    assert await step.rows("SELECT 1 FROM contacts") == []
    told = await each_office.go(
        each_office.row(surname="Nurlanova", name="Aigul"), each_office.row("dias@mail.kz", "Ахметов", "Диас")
    )
    assert "row 2: a stop of messages stands" in told.text and "brought in 1" in told.text
    rows = await step.rows("SELECT hash FROM contacts")
    assert [bytes(row[0]) for row in rows] == [step.desk.vault.find(EMAIL, "dias@mail.kz")]


@pytest.mark.parametrize("how", ["blocked", "held"])
async def test_what_is_blocked_or_held_stands_still(each_office: Office, how: str) -> None:
    """T-LAW-02, I7."""
    step = each_office.step
    aigul = await registered(step)

    def freeze(visit: Visit) -> None:
        if how == "blocked":
            subjects.set_state(visit, subjects.BLOCKED)
        else:
            holds.place(visit, "law", "a dispute", staff.DESK)

    await step.keep(freeze, aigul)
    before = await counted(step)
    told = await each_office.go(each_office.row(surname="Nurlanova", name="Aigul", purpose="promotion-email"))
    assert "blocked, held or about to be destroyed" in told.text
    assert await counted(step) == before


async def test_whoever_is_known_keeps_their_data_and_gains_the_consent_alone(each_office: Office) -> None:
    step = each_office.step
    await registered(step)
    contacts = await step.rows("SELECT * FROM contacts ORDER BY id")
    fields = await step.rows("SELECT * FROM profile ORDER BY id")
    columns = (*COLUMNS, "patronymic", "phone")
    row = [
        *each_office.row(surname="NURLANOVA", name="aigul", purpose="promotion-email"),
        "Erlanovna",
        "+77010001234",
    ]
    told = await each_office.go(row, columns=columns)
    assert told.status == 0, told.text
    assert await step.rows("SELECT * FROM contacts ORDER BY id") == contacts
    assert await step.rows("SELECT * FROM profile ORDER BY id") == fields
    assert await each_office.states() == [("informing-email", "given"), ("promotion-email", "given")]
    await each_office.fits()


async def test_who_parked_an_address_they_never_proved_gets_nothing_of_its_owner(each_office: Office) -> None:
    """T-ID-05, T-ID-06: neither name nor consent of the row is tied to the chat that typed the address."""
    step = each_office.step
    x = await step.person("7001").registers()

    def park(visit: Visit) -> None:
        subjects.keep_email(visit, identities.email("aigul@mail.kz"))
        subjects.unprove(visit, EMAIL, visit.desk.vault.find(EMAIL, "aigul@mail.kz"))

    await step.keep(park, x)
    await each_office.go(each_office.row())

    def work(visit: Visit) -> None:
        assert set(consents.standing(visit)) == {"desk"} and subjects.profile(visit) == {}

    await step.keep(work, x)
    assert await each_office.states() == [("informing-email", "given")]


async def test_a_chat_that_comes_by_a_file_is_closed_until_its_person_opens_it(each_office: Office) -> None:
    """The consent to messages stands; the desk itself is agreed to by the person alone. No name is tied to a chat by a file."""
    step = each_office.step
    columns = ("telegram id", *COLUMNS)
    row = ["5001", *each_office.row(purpose="informing", address="")]
    told = await each_office.go(row, columns=columns)
    assert "the purpose is none of this operator's" in told.text
    told = await each_office.go(["5001", *each_office.row(purpose="informing-telegram")], columns=columns)
    assert (
        told.status == 0 and "not kept, because the purpose does not need it: surname (1 rows)" in told.text
    )
    assert await step.rows("SELECT 1 FROM profile") == []
    assert [row[0] for row in await step.rows("SELECT channel FROM contacts")] == ["telegram"]
    aigul = step.person("aigul")
    assert "language" in (await aigul.say("/start")).text

    def allowed(visit: Visit) -> bool:
        return gates.allows(visit, "informing-telegram")

    assert await step.keep(allowed, aigul)
    await aigul.registers("en")
    assert "Information: Telegram" in "".join((await aigul.say("/consent")).buttons)
    assert await step.keep(allowed, aigul)
    assert (await counted(step))["subjects"] == 1
    await each_office.fits()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"address": ""}, "the column “e-mail” is empty"),
        ({"address": "aigul@"}, "the part after the @"),
        ({"surname": ""}, "informing-email needs the surname"),
        ({"name": "Айгүл2"}, "the name cannot be read (digits are in it)"),
        ({"language": "french"}, "the language is none of kk, ru, en"),
        (
            {"purpose": "newsletter"},
            "write one of informing-email, informing-telegram, promotion-email, promotion-telegram",
        ),
        ({"purpose": "desk"}, "given in the chat alone"),
        ({"purpose": "informing-telegram"}, "the column “telegram id” is empty"),
        ({"agreed": "soon"}, "“agreed at” is no date"),
        ({"agreed": "2099-01-01"}, "“agreed at” lies in the future"),
        ({"agreed": "2019-05-01"}, "the consent to informing-email ended on 2021-05-01"),
        ({"proved": ""}, "not declared as proved"),
        ({"proved": "no"}, "not declared as proved"),
        ({"proved": "2099-01-01"}, "“address proved” lies in the future"),
        ({"evidence": " "}, "the evidence is missing"),
        ({"evidence": "x" * 201}, "more than 200 characters"),
    ],
)
async def test_a_row_that_cannot_be_taken_says_why_and_never_what(
    office: Office, said: dict[str, str], why: str
) -> None:
    told = await office.go(office.row(**said))
    assert f"row 2: {why}" in told.text or (why in told.text and "row 2: " in told.text), told.text
    assert "brought in 0" in told.text
    for value in ("Нұрланова", "aigul", "Айгүл", "french", "newsletter"):
        assert value not in told.text
    assert (await counted(office.step))["subjects"] == 0


async def test_the_version_of_the_text_is_one_that_was_published_here(office: Office) -> None:
    columns = (*COLUMNS, "document version")
    version = office.step.desk.shelf.current("informing-email", "kk").version
    told = await office.go(
        [*office.row(), version], [*office.row("dias@mail.kz", "Ахметов", "Диас"), "7.7"],
        [*office.row("saule@mail.kz", "Ким", "Сауле"), ""], columns=columns,
    )  # fmt: skip
    assert (
        f"row 3: no such version of the text of informing-email was published here (known: {version})"
        in told.text
    )
    digest = office.step.desk.shelf.current("informing-email", "kk").digest
    rows = await office.step.rows("SELECT version, digest FROM consent_records ORDER BY id")
    assert [tuple(row) for row in rows] == [(version, digest), ("", "")]


async def test_a_consent_to_a_text_that_was_asked_about_anew_is_not_brought_in(each_office: Office) -> None:
    """It would stand where everybody else who agreed to the older text was asked, and paused when silent."""
    step = each_office.step
    version = step.desk.shelf.current("informing-email", "kk").version

    def publish(visit: Visit) -> None:
        for locale in ("kk", "ru", "en"):
            visit.add(
                PublishedDocument, name="informing-email", version="9.1", locale=locale, digest="0" * 64, title="t", text="t",
                since=visit.today, material=True,
            )  # fmt: skip

    await step.keep(publish)
    rows = [[*each_office.row(), version], [*each_office.row("dias@mail.kz", "Ахметов", "Диас"), "9.1"]]
    told = await each_office.go(*rows, columns=(*COLUMNS, "document version"))
    assert "row 2: the text of informing-email has changed since" in told.text
    assert [row[0] for row in await step.rows("SELECT version FROM consents")] == ["9.1"]


async def test_columns_speak_three_languages_and_defaults_fill_what_is_empty(office: Office) -> None:
    day = (office.today - timedelta(days=5)).strftime("%d.%m.%Y")
    for number, header in enumerate((
        ("Электрондық пошта", "Тегі", "Аты", "Келісім күні"), ("Эл. почта", "Фамилия", "Имя", "Дата согласия"),
        ("E-MAIL", "Last name", "First name", "Agreed on"),
    )):  # fmt: skip
        path = office.table([f"n{number}@mail.kz", "Ким", "Анна", day], columns=header)
        options = (
            "--language",
            "ru",
            "--purpose",
            "informing-email",
            "--evidence",
            "site form",
            "--proved",
            "--go",
        )
        told = await office.run(path, *options)
        assert (told.status, "brought in 1" in told.text) == (0, True), told.text
        told = await office.run(path, *options[:4])
        assert "columns are missing: evidence, address proved" in told.text
    path = office.table(["Ким Анна Петровна", "x@mail.kz", day], columns=("ФИО", "почта", "дата"))
    assert "brought in 1" in (await office.run(path, *options)).text


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (("a", "b"), "the first row names no column that is known"),
        (("e-mail", "почта"), "two columns are called “e-mail”"),
        (("surname", "name"), "no column holds an address"),
        (("e-mail", "purpose"), "columns are missing: agreed at, evidence, language, address proved"),
        (("aigul@mail.kz", "Нұрланова"), "the first row names no column that is known"),
    ],
)
async def test_a_header_that_is_none_is_told_without_its_words(
    office: Office, columns: tuple[str, ...], why: str
) -> None:
    told = await office.run(office.table(columns=columns))
    assert (told.status, why in told.text) == (1, True), told.text
    assert "Нұрланова" not in told.text


async def test_an_excel_file_does_the_same(each_office: Office) -> None:
    agreed = each_office.today - timedelta(days=9)
    path = workbook(
        each_office.folder / "people.xlsx",
        [COLUMNS, ["aigul@mail.kz", "Нұрланова", "Айгүл", "қазақша", "informing-email", agreed, True, 12],
         ["dias@mail.kz", "Ахметов", "Диас", "ru", "informing-email", agreed, agreed, "№ 13"]],
    )  # fmt: skip
    told = await each_office.run(path, "--go")
    assert (told.status, "brought in 2" in told.text) == (0, True), told.text
    rows = await each_office.step.rows("SELECT locale FROM subjects ORDER BY 1")
    assert [row[0] for row in rows] == ["kk", "ru"]


async def test_refused_rows_are_written_without_a_word_of_the_file(office: Office) -> None:
    rows = [office.row(f"{CANARY}{n}@@mail.kz") for n in range(60)]
    report = office.folder / "refused.csv"
    told = await office.run(office.table(*rows), "--report", str(report))
    assert "… and 10 more rows" in told.text and told.text.count("row ") < 60
    with report.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    assert len(lines) == 61 and lines[1][0] == "2" and lines[1][1].startswith("the e-mail address")
    assert CANARY not in report.read_text()
    again = await office.run(office.table(*rows), "--report", str(report))
    assert "is there already" in again.text


async def test_two_imports_at_once_wait_for_each_other(each_office: Office) -> None:
    now = each_office.step.desk.clock.now()
    await each_office.step.database.keep(
        lambda connection: leases.take(connection, arrivals.DOOR, "another", now + timedelta(minutes=1), now)
    )
    told = await each_office.go(each_office.row())
    assert (told.status, "Another import is running" in told.text) == (1, True)
    assert (await counted(each_office.step))["subjects"] == 0


async def test_a_decision_in_the_very_moment_of_the_import_is_not_overwritten(
    each_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row was judged new, and then a consent of that person and purpose stands there: the batch is judged anew."""
    step = each_office.step
    await registered(step)
    judged = arrivals.judge
    first = True

    def blind(visit: Visit, entries: Any) -> Any:
        nonlocal first
        found = judged(visit, entries)
        if first:
            first = False
            return [each._replace(already=False, fault=None, subject=_owner(visit)) for each in found]
        return found

    monkeypatch.setattr(arrivals, "judge", blind)
    told = await each_office.go(each_office.row(surname="Nurlanova", name="Aigul"))
    assert "brought in 0, here already 1" in told.text
    rows = await step.rows("SELECT door FROM consent_records WHERE purpose = 'informing-email'")
    assert [row[0] for row in rows] == ["telegram"]
    await each_office.fits()


def _owner(visit: Visit) -> int:
    return subjects.with_mailbox(visit, visit.desk.vault.find(EMAIL, "aigul@mail.kz"))[0].id


async def test_who_is_brought_in_is_counted_and_written_to_once_per_mailbox(each_office: Office) -> None:
    await each_office.go(each_office.row(), each_office.row("dias@mail.kz", "Ахметов", "Диас", language="ru"))

    def work(visit: Visit) -> dict[tuple[str, str], int]:
        author = staff.acting(visit.operator, "gulnar@alit.kz", "")
        return audiences.count(visit, drafts.begin(visit, author, "informing", (EMAIL,))).to

    assert await each_office.step.keep(work) == {(EMAIL, "kk"): 1, (EMAIL, "ru"): 1}


async def test_only_staff_bring_people_in(office: Office) -> None:
    path = office.table(office.row())
    ended = await asyncio.to_thread(
        CliRunner().invoke, cli, ["import", str(path), "--as", "x@mail.kz", "--go"], env=office.environment
    )
    assert ended.exit_code == 1 and "not among the staff" in ended.output
    assert (await counted(office.step))["subjects"] == 0


def test_every_fault_has_its_sentence_and_every_header_one_meaning() -> None:
    words = [word for group in HEADERS.values() for word in group]
    assert len(words) == len(set(words))
    assert set(imports._SENTENCES) >= {
        "purpose",
        "decided",
        "stopped",
        "frozen",
        "decided there",
        "frozen there",
        "several",
        "version",
        "unproved",
    }


async def test_the_first_letter_says_where_the_address_is_from_and_no_later_one(each_office: Office) -> None:
    """In the reader's language; whoever gave the address here themselves is told nothing of the kind."""
    step = each_office.step
    step.desk.url = "https://desk.alit.kz"
    await step.person("saule").registers()
    await step.person("saule").gives_email("saule@mail.kz", "Kim Saule")
    await each_office.go(each_office.row(), each_office.row("dias@mail.kz", "Ахметов", "Диас", language="ru"))

    def letters(visit: Visit) -> list[str]:
        author = staff.acting(visit.operator, "gulnar@alit.kz", "")
        one = drafts.begin(visit, author, "informing", (EMAIL,))
        words = {"kk": "Жаңалық", "ru": "Новость", "en": "News"}
        one = drafts.edit(visit, one, broadcasts.Content(texts=words, subjects=words))
        one = drafts.counted(visit, one, audiences.count(visit, one).told())
        one = broadcasts.start(visit, broadcasts.confirm(visit, one, one.digest, author))
        while audiences.address(visit, one):
            one = broadcasts.known(visit, one.number)
        one, made = broadcasts.known(visit, one.number), []
        for each in deliveries.take(visit, one, EMAIL, 10)[0]:
            made.append(bodies.letter(visit, one, each.locale, each.contact_id, "informing-email")["text"])
            deliveries.settle(visit, each, outbox.SENT)
        return made

    now = step.desk.clock.now()
    step.desk.clock.move(now.replace(hour=7) + timedelta(days=1) - now)  # nobody is written to at night
    first, second = await step.keep(letters), await step.keep(letters)
    year = each_office.day()[:4]
    said = {"Жаңалық": "KazGer» ЖШС", "Новость": "ТОО «KazGer»"}
    assert len(first) == len(second) == 3
    for text in first:
        brought = [word for word in text.split("\n") if year in word]
        assert bool(brought) == (not text.startswith("News")), text
        assert all(name in brought[0] for start, name in said.items() if text.startswith(start))
    assert not any(year in text for text in second)


async def test_who_was_brought_in_stops_and_withdraws_like_everybody(each_office: Office) -> None:
    """By the link in a letter, and by a letter of their own; the next file does not undo it."""
    step, rows = each_office.step, [each_office.row(), each_office.row("dias@mail.kz", "Ахметов", "Диас")]
    await each_office.go(*rows)

    def act(visit: Visit) -> None:
        find = visit.desk.vault.find
        (aigul,) = subjects.with_mailbox(visit, find(EMAIL, "aigul@mail.kz"))
        visit.subject = aigul
        (contact,) = subjects.contacts(visit, EMAIL)
        token = optouts.token(visit.desk, contact.id, "informing-email")
        assert optouts.act(visit, token)
        assert not gates.allows(visit, "informing-email")
        assert consents.withdraw_mailbox(visit, find(EMAIL, "dias@mail.kz"))

    await step.keep(act)
    later = [each_office.row(agreed=each_office.day(0)), [*rows[1][:5], each_office.day(0), *rows[1][6:]]]
    told = await each_office.go(*later, each_office.row(purpose="promotion-email"))
    assert "brought in 0, here already 1, refused 2" in told.text, told.text
    assert await each_office.states() == [("informing-email", "given"), ("informing-email", "withdrawn")]
    assert not await step.keep(lambda visit: [*_open(visit, "aigul@mail.kz"), *_open(visit, "dias@mail.kz")])
    await each_office.fits()


def _open(visit: Visit, address: str) -> list[str]:
    """The purposes that let a message out to this mailbox."""
    return [
        code
        for subject in subjects.with_mailbox(visit, visit.desk.vault.find(EMAIL, address))
        for code in visit.operator.pairs
        if gates.allows(visit, code, subject.id)
    ]


async def test_the_person_finds_the_record_from_their_chat_and_reads_its_evidence(office: Office) -> None:
    """Nothing of it is shown before the mailbox is proved; then it is theirs, with where it is from."""
    step = office.step
    await office.go(office.row(evidence="paper form 12"))
    aigul = await step.person("aigul").registers()
    assert "aigul@" not in (await aigul.say("/mydata")).text
    await aigul.press("Find my other data")
    await aigul.press("E-mail")
    await aigul.say("aigul@mail.kz")
    said = await aigul.say(await step.code("aigul@mail.kz"))
    assert "brought in by the operator" in said.text, said.text
    assert await step.keep(_evidence) == ["paper form 12"]


def _evidence(visit: Visit) -> list[str]:
    """The evidence of consents in the files of those who proved Aigul's mailbox."""
    told = []
    for each_of_them in subjects.with_mailbox(visit, visit.desk.vault.find(EMAIL, "aigul@mail.kz")):
        visit.subject = each_of_them
        told += [
            each["evidence"] for each in dossiers.gather(visit, "K-000000000")["consents"] if each["evidence"]
        ]
    return told


async def test_a_killed_import_goes_on_where_it_stopped(
    each_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [each_office.row(f"n{n}@mail.kz") for n in range(25)]
    monkeypatch.setattr(imports, "BATCH", 10)
    kept, calls = arrivals.keep, 0

    def dies(visit: Visit, verdicts: Any, actor: Any) -> int:
        nonlocal calls
        calls += 1
        done = kept(visit, verdicts, actor)
        if calls == 2:
            raise RuntimeError("the machine is gone")
        return done

    monkeypatch.setattr(arrivals, "keep", dies)
    with pytest.raises(RuntimeError):
        await each_office.go(*rows)
    assert (await counted(each_office.step))["consents"] == 10
    monkeypatch.setattr(arrivals, "keep", kept)
    told = await each_office.go(*rows)
    assert "brought in 15, here already 10, refused 0" in told.text
    await each_office.fits()
