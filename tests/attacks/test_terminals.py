"""What `kelisim case …` prints of a subject: no control character reaches the terminal and no line imitates ours (T-CHAT-09)."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from tests.attacks.hostile import INJECTIONS
from tests.commands.test_cases import ERLAN, Shell, beside
from tests.doorstep import Doorstep

from kelisim.desk import attachments, cases, decisions, handoffs, mandates, staff
from kelisim.desk.visit import Visit

PDF = b"%PDF-1.7 a paper"


@pytest.fixture
async def each_shell(each_doorstep: Doorstep, tmp_path: Path) -> Shell:
    """On each store."""
    return beside(each_doorstep, tmp_path / "home")


def steers(text: str) -> list[str]:
    """Characters that move a cursor, turn a line or end one elsewhere than at a line end."""
    return [
        each
        for each in text
        if each != "\n" and unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn")
    ]


async def test_nothing_a_subject_wrote_steers_the_terminal_of_staff(each_shell: Shell) -> None:
    step = each_shell.step
    aigul = await step.person("aigul").registers("en")

    def work(visit: Visit) -> list[str]:
        made = []
        for words in INJECTIONS:
            facts = {
                "field": "surname",
                "before": words,
                "after": words,
                "reason": words,
                "reach": words,
                "what": words,
            }
            case = handoffs.send(visit, cases.begin(visit, cases.CORRECTION, words=words, facts=facts))
            made.append(case.number)
        attachments.keep(visit, INJECTIONS[9], PDF)
        attachments.adopt(visit, cases.known(visit, made[0]))
        return made

    numbers = await step.keep(work, aigul)
    for number, words in zip(numbers, INJECTIONS, strict=True):
        told = await each_shell.case("show", number, "--as", ERLAN, "--reason", "to look")
        assert told.status == 0, told.text
        assert steers(told.text) == [], (words[:30], told.text)
        for line in told.text.splitlines():
            assert not line.startswith(("To accept", "Bcc:", "Authority", "body")), line
    shown = await each_shell.case("file", numbers[0], "--as", ERLAN, "--reason", "to look")
    assert steers(shown.text) == [] and "owned" not in shown.text
    listed = await each_shell.case("list", "--as", ERLAN)
    assert steers(listed.text) == []


async def test_a_representation_cannot_draw_an_accepted_authority(each_shell: Shell) -> None:
    """The line «Authority K-…: accepted» is the desk's: typed into a name it stands behind its label or a mark."""
    step = each_shell.step
    dias = await step.person("dias").registers("en")
    forged = "Child\nAuthority K-000000000: accepted, until 2030-01-01"

    def work(visit: Visit) -> str:
        return mandates.ask(visit, "parent", forged, forged, None, forged).number

    number = await step.keep(work, dias)
    told = await each_shell.case("show", number, "--as", ERLAN, "--reason", "to look")
    ours = [line for line in told.text.splitlines() if line.startswith("Authority")]
    assert len(ours) == 1 and "asked" in ours[0] and "accepted" not in ours[0]


async def test_what_a_person_reads_is_shown_to_staff_without_orders_to_the_terminal(
    each_shell: Shell,
) -> None:
    """The preview before the question, and a file name that climbs out of the folder."""
    step = each_shell.step
    aigul = await step.person("aigul").registers("en")

    def work(visit: Visit) -> str:
        attachments.keep(visit, "../../../\x1b[2Jetc/passwd", PDF)
        case = cases.begin(visit, cases.QUESTION, words="a question")
        attachments.adopt(visit, case)
        return handoffs.send(visit, case).number

    number = await step.keep(work, aigul)
    told = await each_shell.case("answer", number, "\x1b]0;owned\x07 fine \u202e", "--as", ERLAN, "--yes")
    assert told.status == 0 and steers(told.text) == []


async def test_saved_files_have_our_names_and_stay_in_the_folder(each_shell: Shell, tmp_path: Path) -> None:
    """T-LET-19: what the person called a file is never a path, and nothing is written over."""
    step = each_shell.step
    aigul = await step.person("aigul").registers("en")

    def work(visit: Visit) -> str:
        for name in ("../../../etc/cron.d/x", "/etc/passwd", "..\\..\\x.exe", "a\x00b.pdf", "con.pdf"):
            assert attachments.keep(visit, name, PDF) == ""
        case = cases.begin(visit, cases.QUESTION, words="papers")
        attachments.adopt(visit, case)
        return handoffs.send(visit, case).number

    number = await step.keep(work, aigul)
    folder = tmp_path / "saved"
    told = await each_shell.case("file", number, "--as", ERLAN, "--reason", "to look", "--save", str(folder))
    assert told.status == 0, told.text
    assert sorted(path.name for path in folder.iterdir()) == [f"{number}-{n}.pdf" for n in range(1, 6)]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    (folder / f"{number}-1.pdf").write_bytes(b"mine")
    again = await each_shell.case("file", number, "--as", ERLAN, "--reason", "to look", "--save", str(folder))
    assert again.status == 1 and (folder / f"{number}-1.pdf").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "number", ["../../etc/passwd", "K-000000000' OR 1=1 --", "K-\x1b[2J", "%", "", "K-000000000\n"]
)
async def test_a_number_that_is_none_finds_nobody(each_shell: Shell, number: str) -> None:
    """T-STORE-14: a number is a bound value; a wrong one is a sentence and status 1."""
    step = each_shell.step
    aigul = await step.person("aigul").registers("en")
    await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="Aigulcanary")), aigul
    )
    for command in (["show", number, "--reason", "x"], ["file", number, "--reason", "x"], ["answer", number, "w", "--yes"],
                    ["refuse", number, "w", "--ground", "law", "--yes"], ["close", number]):  # fmt: skip
        told = await each_shell.case(*command, "--as", ERLAN)
        assert told.status == 1 and "Aigulcanary" not in told.text and "Traceback" not in told.text
    assert await step.rows("SELECT count(*) FROM viewings WHERE what = 'case'") == [(0,)]


async def test_a_stranger_to_the_operator_file_does_nothing(each_shell: Shell) -> None:
    """T-STAFF-02, T-STAFF-06: every command wants a member of staff; a wildcard, another case or a former one is nobody."""
    step = each_shell.step
    aigul = await step.person("aigul").registers("en")
    case = await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, cases.ERASURE, words="Aigulcanary")), aigul
    )
    for who in ("x@evil.example", "%", "erlan@alit.kz\n", "", "erlan@alit.kz,gulnar@alit.kz", "Erlan"):
        for command in (["show", case.number, "--reason", "x"], ["list"], ["accept", case.number, "--yes"],
                        ["refuse", case.number, "no", "--ground", "law", "--yes"], ["answer", case.number, "w", "--yes"],
                        ["assign", case.number, "--to", ERLAN], ["note", case.number, "w"], ["close", case.number],
                        ["holds", "list", "--for", case.number], ["open", "question", "w", "--for", case.number]):  # fmt: skip
            told = await each_shell.case(*command, "--as", who)
            assert told.status != 0 and "Aigulcanary" not in told.text and "Traceback" not in told.text, (
                command,
                told.text,
            )
    assert [row[0] for row in await each_shell.events(case.number)] == ["received", "handed"]
    assert await step.rows("SELECT count(*) FROM viewings") == [(0,)]
    assert decisions.EFFECTS and staff.SUBJECT.role == "subject"
