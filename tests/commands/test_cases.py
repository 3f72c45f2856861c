"""`kelisim case …` beside a desk that serves: who acts, what is shown and noted, what is refused, what two at once hear."""

from __future__ import annotations

import asyncio
import base64
import getpass
import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.doorstep import KEY, LOOKUP, Doorstep, Person
from typer.testing import CliRunner

from kelisim.commands import cli
from kelisim.desk import attachments, blocking, cases, decisions, handoffs, mandates, staff
from kelisim.desk.cases import Case
from kelisim.desk.visit import Visit

ERLAN, GULNAR, DANA = "erlan@alit.kz", "gulnar@alit.kz", "dana@alit.kz"
CANARY = "CANARY-where-is-my-answer"


@dataclass(slots=True)
class Told:
    """How a command ended and all it said."""

    status: int
    text: str


@dataclass(slots=True)
class Shell:
    """A shell of the operator's machine, beside the desk that serves."""

    step: Doorstep
    environment: dict[str, str]

    async def case(self, *words: str, typed: str = "") -> Told:
        """`kelisim case …` in its own thread, as another process would."""
        runner = CliRunner()
        ended = await asyncio.to_thread(
            runner.invoke, cli, ["case", *words], input=typed, env=self.environment, catch_exceptions=False
        )
        return Told(ended.exit_code, ended.output)

    async def events(self, number: str) -> list[Any]:
        return await self.step.rows(
            "SELECT e.act, e.role, e.actor FROM case_events e JOIN cases c ON c.id = e.case_id WHERE c.number = :number "
            "ORDER BY e.at, e.id", number=number,
        )  # fmt: skip


def beside(step: Doorstep, home: Path) -> Shell:
    """A shell with the environment of the desk that serves."""
    return Shell(
        step,
        {
            "KELISIM_BOT_API": "http://127.0.0.1:9", "KELISIM_DATABASE": step.url, "KELISIM_HOME": str(home),
            "KELISIM_KEY": f"1:{base64.b64encode(KEY).decode()}",
            "KELISIM_LOOKUP_KEY": base64.b64encode(LOOKUP).decode(), "COLUMNS": "200",
        },
    )  # fmt: skip


@pytest.fixture
async def shell(doorstep: Doorstep, tmp_path: Path) -> Shell:
    """On SQLite."""
    return beside(doorstep, tmp_path / "home")


@pytest.fixture
async def each_shell(each_doorstep: Doorstep, tmp_path: Path) -> Shell:
    """On each store."""
    return beside(each_doorstep, tmp_path / "home")


async def asked(person: Person, kind: str = cases.QUESTION, words: str = CANARY) -> Case:
    made: Case = await person.step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, kind, words=words)), person
    )
    return made


async def test_staff_list_show_and_answer_and_the_person_reads_just_what_was_shown(each_shell: Shell) -> None:
    step = each_shell.step
    aigul = await step.person("aigul").registers()
    case = await asked(aigul)
    listed = await each_shell.case("list", "--as", ERLAN)
    assert case.number in listed.text and "question, with staff" in listed.text and ERLAN in listed.text
    assert CANARY not in listed.text
    assert await step.rows("SELECT count(*) FROM viewings") == [(0,)]
    shown = await each_shell.case("show", case.number, "--as", ERLAN, "--reason", "to answer it")
    assert CANARY in shown.text and "Received:" in shown.text and "English" in shown.text
    told = await each_shell.case("answer", case.number, "It is in the post.", "--as", ERLAN, "--yes")
    assert told.status == 0, told.text
    assert "In the chat, in English" in told.text and "It is in the post." in told.text
    assert f"{case.number} is answered" in told.text
    assert [tuple(row)[:2] for row in await each_shell.events(case.number)][-1] == ("answered", "staff")
    (parcel,) = [each for each in await step.courier("telegram") if each.message.kind == "answer"]
    assert case.number in parcel.body["text"] and "It is in the post." not in parcel.body["text"]
    promised = [line.removeprefix("  │ ") for line in told.text.split("\n") if line.startswith("  │ ")]
    assert parcel.body["text"].split("\n")[0] in promised
    await aigul.say("/requests")
    await aigul.press(case.number)
    assert "It is in the post." in (await aigul.press("Read the answer")).text


async def test_every_look_is_noted_with_its_reason_and_the_person_reads_it(each_shell: Shell) -> None:
    """T-STAFF-01, I15."""
    aigul = await each_shell.step.person("aigul").registers()
    case = await asked(aigul)
    assert (
        await each_shell.case("show", case.number, "--as", GULNAR)
    ).status == 1  # without a reason nothing opens
    assert await each_shell.step.rows("SELECT count(*) FROM viewings") == [(0,)]
    assert (await each_shell.case("show", case.number, "--as", GULNAR, "--reason", "  ")).status == 1
    told = await each_shell.case("show", case.number, "--as", GULNAR, "--reason", "a call about the date")
    assert told.status == 0
    rows = await each_shell.step.rows("SELECT role, what, number, actor FROM viewings")
    assert [tuple(row) for row in rows] == [
        ("staff", "case", case.number, f"{getpass.getuser()} as {GULNAR}")
    ]  # fmt: skip
    await aigul.say("/mydata")
    assert "a call about the date" in (await aigul.press("Who looked")).text


async def test_who_acts_is_kept_with_the_user_of_the_machine(shell: Shell) -> None:
    """T-STAFF-06: never "Erlan" alone; in the timeline, the viewing and the ledger."""
    aigul = await shell.step.person("aigul").registers()
    case = await asked(aigul)
    me = f"{getpass.getuser()} as {ERLAN}"
    await shell.case("show", case.number, "--as", ERLAN.upper(), "--reason", "to answer it")
    await shell.case("note", case.number, "Called her.", "--as", ERLAN)
    rows = await shell.events(case.number)
    assert tuple(rows[-1]) == ("noted", "staff", me)
    ledger = await shell.step.rows("SELECT actor FROM ledger WHERE what = 'shown case'")
    assert [row[0] for row in ledger] == [me[:40]]
    assert await shell.step.rows(
        "SELECT count(*) FROM outbox WHERE channel = 'telegram' AND kind = 'answer'"
    ) == [(0,)]


@pytest.mark.parametrize(
    "command",
    [
        ("list",), ("show", "@", "--reason", "x"), ("answer", "@", "x", "--yes"), ("ask", "@", "x", "--yes"),
        ("accept", "@", "--yes"), ("refuse", "@", "x", "--ground", "law", "--yes"), ("extend", "@", "--days", "1", "--yes"),
        ("assign", "@", "--to", GULNAR), ("note", "@", "x"), ("close", "@"), ("file", "@", "--reason", "x"),
        ("open", "question", "x", "--for", "@"), ("revoke", "@", "--yes"), ("dossier", "@", "--save", "nowhere"),
        ("holds", "list", "--for", "@"), ("holds", "place", "--for", "@", "--ground", "law", "--reason", "x"),
        ("holds", "lift", "1", "--for", "@"),
    ],
    ids=lambda command: " ".join(command[:2]),
)  # fmt: skip
async def test_nobody_outside_the_operator_file_does_anything(shell: Shell, command: tuple[str, ...]) -> None:
    """T-STAFF-02: every command, a stranger and somebody who has left."""
    aigul = await shell.step.person("aigul").registers()
    case = await asked(aigul)
    before = await shell.step.rows("SELECT count(*) FROM case_events")
    words = [case.number if word == "@" else word for word in command]
    told = await shell.case(*words, "--as", "left@alit.kz")
    assert told.status == 1 and "not among the staff" in told.text and CANARY not in told.text
    assert await shell.step.rows("SELECT count(*) FROM case_events") == before
    assert await shell.step.rows("SELECT count(*) FROM viewings") == [(0,)]


async def test_a_refusal_has_a_ground_or_is_none(shell: Shell) -> None:
    """T-STAFF-04: no ground, an unknown one, one that does not fit: nothing is refused; with one the person reads it whole."""
    aigul = await shell.step.person("aigul").registers()
    case = await asked(aigul)
    for ground in ((), ("--ground", "because"), ("--ground", "obligation"), ("--ground", "")):
        told = await shell.case("refuse", case.number, "No.", *ground, "--as", ERLAN, "--yes")
        assert told.status != 0, told.text
    assert [row[0] for row in await shell.step.rows("SELECT state FROM cases")] == ["with staff"]
    told = await shell.case("refuse", case.number, "We may not.", "--ground", "law", "--as", ERLAN, "--yes")
    assert told.status == 0 and "article 8, paragraph 2" in told.text and "or a court" in told.text
    assert [row[0] for row in await shell.step.rows("SELECT state FROM cases")] == ["refused"]


async def test_what_was_answered_meanwhile_is_told_to_the_second(each_shell: Shell) -> None:
    """T-STAFF-03: Gulnar accepts in the moment Erlan's question stands; his answer is not sent, he reads what she did."""
    aigul = await each_shell.step.person("aigul").registers()
    case = await asked(aigul)
    assert (await each_shell.case("answer", case.number, "First.", "--as", GULNAR, "--yes")).status == 0
    told = await each_shell.case("answer", case.number, "Second.", "--as", ERLAN, "--yes")
    assert told.status == 1 and "answered by staff" in told.text
    assert await each_shell.step.rows("SELECT count(*) FROM case_messages WHERE way = 'out'") == [(1,)]


async def test_a_note_between_the_question_and_the_yes_stops_the_answer(
    each_shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-STAFF-03: whoever is asked "Do it?" answers for the case as they saw it."""
    aigul = await each_shell.step.person("aigul").registers()
    case = await asked(aigul)
    gulnar = staff.Actor("staff", "root as gulnar@alit.kz", GULNAR)
    loop = asyncio.get_running_loop()

    def meanwhile(question: str) -> bool:
        noted = each_shell.step.keep(lambda visit: decisions.note(visit, case.number, "Wait!", gulnar))
        asyncio.run_coroutine_threadsafe(noted, loop).result(20)
        return True

    monkeypatch.setattr(typer, "confirm", meanwhile)
    told = await each_shell.case("answer", case.number, "Now.", "--as", ERLAN)
    assert told.status == 1 and "Somebody was faster" in told.text and "noted by staff" in told.text
    assert await each_shell.step.rows("SELECT count(*) FROM case_messages WHERE way = 'out'") == [(0,)]


async def test_two_answers_at_once_are_one(each_shell: Shell) -> None:
    """T-STAFF-03: a race of eight shells: one is told it is answered, seven what the first did."""
    aigul = await each_shell.step.person("aigul").registers()
    case = await asked(aigul)

    async def one(turn: int) -> str:
        actor = staff.Actor("staff", f"root as {turn}", ERLAN)
        try:
            await each_shell.step.keep(
                lambda visit: decisions.answer(visit, case.number, f"Answer {turn}", actor)
            )
        except (cases.Overtaken, decisions.Impossible) as fault:
            return type(fault).__name__
        return "done"

    ended = await asyncio.gather(*(one(turn) for turn in range(8)))
    assert ended.count("done") == 1
    assert await each_shell.step.rows("SELECT count(*) FROM case_messages WHERE way = 'out'") == [(1,)]
    assert await each_shell.step.rows("SELECT count(*) FROM outbox WHERE kind = 'answer'") == [(1,)]


async def test_without_a_yes_nothing_is_done_and_nothing_is_left_of_the_try(each_shell: Shell) -> None:
    aigul = await each_shell.step.person("aigul").registers()
    case = await asked(aigul)
    before = await each_shell.step.rows("SELECT * FROM case_events")
    told = await each_shell.case("answer", case.number, "Perhaps.", "--as", ERLAN, typed="n\n")
    assert told.status == 1 and "Perhaps." in told.text and "Nothing was done" in told.text
    assert await each_shell.step.rows("SELECT * FROM case_events") == before
    assert await each_shell.step.rows(
        "SELECT count(*) FROM outbox WHERE channel = 'telegram' AND kind = 'answer'"
    ) == [(0,)]


async def test_words_come_from_a_file_or_a_pipe_and_a_pipe_needs_a_yes(shell: Shell, tmp_path: Path) -> None:
    aigul = await shell.step.person("aigul").registers()
    case = await asked(aigul)
    assert (await shell.case("ask", case.number, "-", "--as", ERLAN, typed="Which year?")).status == 1
    told = await shell.case("ask", case.number, "-", "--as", ERLAN, "--yes", typed="Which year?\n")
    assert told.status == 0 and "Which year?" in told.text and "is waiting" in told.text
    path = tmp_path / "words.txt"
    path.write_text("Міне, жауап.", encoding="utf-8")
    told = await shell.case("answer", case.number, "--file", str(path), "--as", ERLAN, "--yes")
    assert told.status == 0 and "Міне, жауап." in told.text
    assert (await shell.case("answer", case.number, "--file", "/nowhere", "--as", ERLAN)).status == 1


async def test_blocked_data_open_only_with_a_reason_and_the_person_is_told(shell: Shell) -> None:
    """T-STAFF-05: show and file alike; the digest has numbers only."""
    step = shell.step
    aigul = await step.person("aigul").registers()
    case = await asked(aigul)
    await step.keep(lambda visit: blocking.block(visit, blocking.WRONG), aigul)
    for command in ("show", "file"):
        told = await shell.case(command, case.number, "--as", ERLAN, typed="why not\n")
        assert told.status == 1 and "blocked" in told.text and CANARY not in told.text
    assert CANARY not in (await shell.case("list", "--as", ERLAN)).text
    told = await shell.case("show", case.number, "--as", ERLAN, "--reason", "the court asks")
    assert CANARY in told.text
    assert await step.rows("SELECT count(*) FROM outbox WHERE kind = 'notice'") == [(1,)]


async def test_files_are_saved_under_names_that_name_nobody(shell: Shell, tmp_path: Path) -> None:
    step = shell.step
    aigul = await step.person("aigul").registers()

    def with_a_file(visit: Visit) -> Case:
        assert attachments.keep(visit, "../../Nurlanova passport.pdf", b"%PDF-1.7 paper") == ""
        case = cases.begin(visit, cases.QUESTION, words="see the file")
        attachments.adopt(visit, case)
        return handoffs.send(visit, case)

    case: Case = await step.keep(with_a_file, aigul)
    folder = tmp_path / "out"
    told = await shell.case(
        "file", case.number, "--as", ERLAN, "--reason", "to read it", "--save", str(folder)
    )
    assert told.status == 0 and "Nurlanova" not in told.text
    (saved,) = folder.iterdir()
    assert saved.name == f"{case.number}-1.pdf" and saved.read_bytes() == b"%PDF-1.7 paper"
    assert saved.stat().st_mode & 0o077 == 0
    assert await step.rows("SELECT count(*) FROM viewings") == [(1,)]
    again = await shell.case("file", case.number, "--as", ERLAN, "--reason", "again", "--save", str(folder))
    assert again.status == 1 and "there already" in again.text


async def test_a_persons_words_cannot_move_the_cursor(shell: Shell) -> None:
    """T-CHAT-09 at a terminal."""
    aigul = await shell.step.person("aigul").registers()
    case = await asked(aigul, words="\x1b[2J\x1b]0;owned\x07 hello \u202eolleh")
    told = await shell.case("show", case.number, "--as", ERLAN, "--reason", "x")
    assert "hello" in told.text
    assert not {"\x1b", "\x07", "\u202e"} & set(told.text)


async def test_a_letter_is_entered_with_its_own_day_and_the_clock_counts_from_it(each_shell: Shell) -> None:
    """R11, T-LAW-07: the day is staff's word and stands so in the timeline."""
    step = each_shell.step
    aigul = await step.person("aigul").registers()
    consent = (await step.rows("SELECT number FROM consent_records"))[0][0]
    came = date.today() - timedelta(days=30)
    told = await each_shell.case(
        "open",
        "access",
        "What do you hold about me?",
        "--for",
        consent,
        "--received",
        came.isoformat(),
        "--as",
        DANA,
    )
    assert told.status == 0, told.text
    number = re.findall(r"K-[0-9A-Z]{9}", told.text)[0]
    rows = await step.rows(
        "SELECT door, kind, received_at, due FROM cases WHERE number = :number", number=number
    )
    assert (rows[0][0], rows[0][1]) == ("letter", "access") and str(rows[0][2])[:10] == came.isoformat()
    first = (await each_shell.events(number))[0]
    assert (first[0], first[1]) == ("received", "responsible") and DANA in first[2]
    listed = await each_shell.case("list", "--overdue", "--as", ERLAN)
    assert number in listed.text and "OVERDUE" in listed.text
    await aigul.say("/requests")
    assert number in aigul.said.text
    for words in (("--received", "2999-01-01"), ("--received", "soon")):
        assert (
            await each_shell.case("open", "access", "x", "--for", consent, *words, "--as", DANA)
        ).status == 1
    assert (await each_shell.case("open", "access", "x", "--as", DANA)).status == 1  # whose?
    assert (await each_shell.case("open", "access", "x", "--for", "C-000000000", "--as", DANA)).status == 1
    assert (await each_shell.case("open", "representation", "x", "--for", consent, "--as", DANA)).status == 1


async def test_a_letter_that_asks_to_block_blocks_at_once(shell: Shell) -> None:
    step = shell.step
    await step.person("aigul").registers()
    consent = (await step.rows("SELECT number FROM consent_records"))[0][0]
    told = await shell.case(
        "open", "blocking", "Stop it.", "--for", consent, "--why", "noconsent", "--as", ERLAN
    )
    assert told.status == 0, told.text
    assert [row[0] for row in await step.rows("SELECT state FROM subjects")] == ["blocked"]
    assert (await shell.case("open", "blocking", "Stop it.", "--for", consent, "--as", ERLAN)).status == 1


async def test_an_inquiry_of_the_authority_has_its_own_clock_and_nobody_behind_it(shell: Shell) -> None:
    """P19, D14: ten calendar days."""
    told = await shell.case("open", "authority", "Which methods do you use?", "--as", DANA)
    assert told.status == 0, told.text
    rows = await shell.step.rows("SELECT subject_id, kind, assignee FROM cases")
    assert [tuple(row) for row in rows] == [(None, "authority", DANA)]
    number = re.findall(r"K-[0-9A-Z]{9}", told.text)[0]
    answered = await shell.case("answer", number, "See the dossier.", "--as", DANA, "--yes")
    assert answered.status == 0 and "Nobody is told" in answered.text


async def test_an_authority_is_accepted_by_the_number_of_the_person_concerned(each_shell: Shell) -> None:
    step = each_shell.step
    aigul, dias = await step.person("aigul").registers(), await step.person("dias").registers("ru")
    case: Case = await step.keep(
        lambda visit: mandates.ask(visit, "parent", "Omarov Dias", "dias@mail.kz", None, "Paper 5"), aigul
    )
    theirs = await asked(dias)
    shown = await each_shell.case("show", case.number, "--as", DANA, "--reason", "to decide")
    assert "Authority" in shown.text and "asked" in shown.text
    assert (
        await each_shell.case("answer", case.number, "All about him: …", "--as", DANA, "--yes")
    ).status == 1
    assert (
        await each_shell.case("accept", case.number, "--subject", case.number, "--as", DANA, "--yes")
    ).status == 1
    assert (
        await each_shell.case("accept", case.number, "--scope", "everything", "--as", DANA, "--yes")
    ).status == 1
    told = await each_shell.case(
        "accept", case.number, "He is 14.", "--subject", theirs.number, "--scope", "access, correction", "--until",
        "31.12.2099", "--as", DANA, "--yes",
    )  # fmt: skip
    assert told.status == 0, told.text
    assert (
        "He is 14." not in told.text
    )  # it waits for the day of disclosure, and the preview says what is read now
    rows = await step.rows("SELECT state, scope, until FROM representations")
    assert [(row[0], row[1], str(row[2])) for row in rows] == [
        ("accepted", "access,correction", "2099-12-31")
    ]
    assert (await each_shell.case("revoke", case.number, "--as", DANA, "--yes")).status == 0
    assert (await each_shell.case("revoke", case.number, "--as", DANA, "--yes")).status == 1


async def test_an_extension_wants_a_pack_that_knows_it(shell: Shell) -> None:
    aigul = await shell.step.person("aigul").registers()
    case = await asked(aigul)
    told = await shell.case("extend", case.number, "--days", "2", "--as", ERLAN, "--yes")
    assert told.status == 1 and "allow to add 0 days" in told.text


async def test_holds_are_placed_listed_and_lifted(shell: Shell) -> None:
    step = shell.step
    await step.person("aigul").registers()
    consent = (await step.rows("SELECT number FROM consent_records"))[0][0]
    for words in (("--ground", "none"), ("--ground", "law", "--until", "2020-01-01")):
        assert (
            await shell.case("holds", "place", "--for", consent, "--reason", "x", *words, "--as", DANA)
        ).status == 1
    told = await shell.case(
        "holds",
        "place",
        "--for",
        consent,
        "--ground",
        "law",
        "--reason",
        "a court",
        "--until",
        "2099-01-01",
        "--as",
        DANA,
    )
    assert told.status == 0, told.text
    listed = await shell.case("holds", "list", "--for", consent, "--as", DANA)
    assert "law" in listed.text and "2099-01-01" in listed.text
    row = listed.text.split()[0]
    assert (await shell.case("holds", "lift", row, "--for", consent, "--as", DANA)).status == 0
    assert (await shell.case("holds", "lift", row, "--for", consent, "--as", DANA)).status == 1


async def test_assigned_closed_and_mine(shell: Shell) -> None:
    step = shell.step
    aigul = await step.person("aigul").registers()
    case = await asked(aigul)
    assert (await shell.case("assign", case.number, "--to", "left@alit.kz", "--as", ERLAN)).status == 1
    assert (await shell.case("assign", case.number, "--to", GULNAR, "--as", ERLAN)).status == 0
    assert case.number in (await shell.case("list", "--mine", "--as", GULNAR)).text
    assert case.number not in (await shell.case("list", "--mine", "--as", ERLAN)).text
    letters = [parcel.address for parcel in await step.courier("email") if parcel.message.kind == "case"]
    assert letters == [ERLAN, GULNAR]
    assert (await shell.case("close", case.number, "--as", GULNAR)).status == 1  # answer it first
    assert (await shell.case("answer", case.number, "Yes.", "--as", GULNAR, "--yes")).status == 0
    assert (await shell.case("close", case.number, "--as", GULNAR)).status == 0
    assert "Nothing is open" in (await shell.case("list", "--as", GULNAR)).text


async def test_a_number_that_is_none_and_a_store_that_is_none_are_sentences(
    shell: Shell, tmp_path: Path
) -> None:
    assert (await shell.case("show", "K-000000000", "--as", ERLAN, "--reason", "x")).status == 1
    shell.environment["KELISIM_DATABASE"] = f"sqlite:///{tmp_path}/empty.db"
    told = await shell.case("list", "--as", ERLAN)
    assert told.status == 1 and "kelisim migrate" in told.text
    shell.environment["KELISIM_KEY"] = f"1:{base64.b64encode(bytes(32)).decode()}"
    shell.environment["KELISIM_DATABASE"] = shell.step.url
    told = await shell.case("list", "--as", ERLAN)
    assert told.status == 1 and "key" in told.text


async def test_the_dossier_is_of_an_inquiry_only_and_readable_as_json(shell: Shell, tmp_path: Path) -> None:
    aigul = await shell.step.person("aigul").registers()
    case = await asked(aigul)
    told = await shell.case("dossier", case.number, "--save", str(tmp_path / "a"), "--as", DANA)
    assert told.status == 1 and "no inquiry" in told.text
    opened = await shell.case("open", "authority", "Methods?", "--as", DANA)
    number = re.findall(r"K-[0-9A-Z]{9}", opened.text)[0]
    told = await shell.case(
        "dossier", number, "--save", str(tmp_path / "b"), "--language", "ru", "--as", DANA
    )
    assert told.status == 0, told.text
    made = json.loads((tmp_path / "b" / f"dossier-{number}.json").read_text())
    assert made["operator"]["bin"] == "000000000000" and made["language"] == "ru"
    assert CANARY not in (tmp_path / "b" / f"dossier-{number}.html").read_text()
