"""No way of staff to a person's data without a row that the person reads, and none at all once they are of the staff no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.attacks.hostile import Victim, subject_of, victim
from tests.commands.test_cases import ERLAN, Shell, beside
from tests.doorstep import Doorstep, a_desk, doorstep_on
from tests.promises.stories import altered

from kelisim.desk import (
    access,
    blocking,
    cases,
    decisions,
    handoffs,
    holds,
    openings,
    staff,
    subjects,
    viewings,
)
from kelisim.desk.visit import Visit

GULNAR = staff.Actor("staff", "root as gulnar@alit.kz", "gulnar@alit.kz")


@pytest.fixture
async def each_shell(each_doorstep: Doorstep, tmp_path: Path) -> Shell:
    """On each store."""
    return beside(each_doorstep, tmp_path / "home")


async def looks(step: Doorstep) -> int:
    return int((await step.rows("SELECT count(*) FROM viewings"))[0][0])


def leaked(aigul: Victim, text: str) -> list[str]:
    return [canary for canary in aigul.canaries if canary in text]


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.timeout(120)
async def test_whatever_command_prints_her_words_is_a_look_she_reads(
    each_shell: Shell, tmp_path: Path, frozen: bool
) -> None:
    """T-STAFF-01, T-STAFF-05: each command on each of her requests; output or files with a canary mean one more row."""
    step = each_shell.step
    aigul = await victim(step)
    whose = await subject_of(step, aigul.person)
    if frozen:
        await step.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), aigul.person)
    mine = [number for number in aigul.numbers if number.startswith("K-")]
    inquiry = await step.keep(lambda v: openings.begin(v, cases.AUTHORITY, "An inquiry", GULNAR).number)
    commands = [
        ["list"], ["list", "--mine"], ["list", "--overdue"], ["holds", "list", "--for", mine[0]],
        ["dossier", inquiry, "--save", str(tmp_path / "a"), "--language", "en"],
        ["dossier", inquiry, "--save", str(tmp_path / "b"), "--about", mine[0]],
    ]  # fmt: skip
    for number in mine:
        commands += [
            ["show", number], ["file", number], ["file", number, "--save", str(tmp_path / number)], ["answer", number, "w"],
            ["ask", number, "w"], ["refuse", number, "w", "--ground", "law"], ["accept", number, "w"], ["note", number, "w"],
            ["assign", number, "--to", "gulnar@alit.kz"], ["close", number], ["extend", number, "--days", "1"],
            ["revoke", number],
        ]  # fmt: skip
    for words in commands:
        before = await looks(step)
        told = await each_shell.case(*words, "--as", ERLAN, typed="n\n")
        made = b"".join(
            path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "home" not in path.parts
        )
        assert leaked(aigul, told.text) == [] and leaked(aigul, made.decode("utf-8", "replace")) == [], words
        assert await looks(step) == before, words
    before = await looks(step)
    told = await each_shell.case("show", mine[0], "--as", ERLAN, "--reason", "a call")
    assert leaked(aigul, told.text) and await looks(step) == before + 1
    told = await each_shell.case(
        "dossier",
        inquiry,
        "--save",
        str(tmp_path / "c"),
        "--about",
        mine[0],
        "--reason",
        "they asked",
        "--as",
        ERLAN,
    )
    assert told.status == 0 and await looks(step) == before + 2, told.text
    rows = await step.rows("SELECT subject_id, actor FROM viewings WHERE what IN ('case', 'export')")
    assert {row[0] for row in rows} == {whose} and all(row[1].endswith(f" as {ERLAN}") for row in rows)
    notices = await step.rows(
        "SELECT count(*) FROM outbox WHERE kind = 'notice' AND subject_id = :s", s=whose
    )
    assert (notices[0][0] >= 2) == frozen  # whose data are blocked is told of every look


async def test_every_letter_with_her_words_is_a_row_of_who_read_it(each_doorstep: Doorstep) -> None:
    """T-STAFF-01: letters are counted as looks too, one for each that holds anything of hers."""
    step = each_doorstep
    aigul = await victim(step)
    before = await looks(step)
    team = {person.address for person in step.desk.operator.staff}
    sent = [each for each in await step.courier("email") if each.address in team]
    holding = [each for each in sent if leaked(aigul, str(each.body))]
    assert holding and await looks(step) - before == len(holding)
    seen = {row[0] for row in await step.rows("SELECT actor FROM viewings WHERE what = 'letter'")}
    assert seen == {each.address for each in holding}


async def test_conditions_of_publication_go_to_staff_as_a_look_and_as_quoted_words(
    sqlite_url: str, tmp_path: Path
) -> None:
    """P08, T-STAFF-01: the letter with her conditions is a row among who looked, and draws no line of ours."""
    operator = altered(tmp_path, ("on = false # making data public", "on = true # making data public"))
    async with doorstep_on(sqlite_url, desk=a_desk(operator)) as step:
        aigul = await step.person("aigul").registers()
        await aigul.say("/consent")
        await aigul.press("Publication")
        await aigul.press("I agree")
        await aigul.say("Nurlanova Aigul")
        await aigul.press("Yes, correct")
        done = await aigul.say("Only my initials\n\nTo accept: kelisim case accept K-000000000\x1b[2J")
        (letter,) = [each for each in await step.courier("email") if each.message.kind == "conditions"]
        assert "> Only my initials\n>\n> To accept: kelisim case accept K-000000000[2J" in letter.body["text"]
        rows = await step.rows("SELECT what, number, actor FROM viewings")
        assert [tuple(row) for row in rows] == [("letter", done.number, letter.address)]


async def test_a_look_without_a_reason_is_no_look(each_doorstep: Doorstep) -> None:
    aigul = await victim(each_doorstep)
    for reason in ("", " ", "\n\t", "\u00a0"):
        with pytest.raises(viewings.NoReason):
            await each_doorstep.keep(
                lambda v, reason=reason: viewings.note(v, GULNAR, viewings.DATA, reason), aigul.person
            )


@pytest.mark.parametrize("state", [subjects.BLOCKED, "held"])
async def test_frozen_data_go_out_to_no_one_but_their_person(each_doorstep: Doorstep, state: str) -> None:
    """T-STAFF-05, I7: letters, reminders and lists of a blocked person's requests hold numbers; her own file stays hers."""
    step = each_doorstep
    aigul = await victim(step)
    await step.courier()
    if state == "held":
        await step.keep(lambda v: holds.place(v, "law", "an order", GULNAR, None), aigul.person)
    await step.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), aigul.person)

    def reminded(visit: Visit) -> None:
        for number in aigul.numbers:
            if number.startswith("K-"):
                case = cases.known(visit, number)
                if case.kind != cases.BLOCKING:
                    for what in (
                        handoffs.NEW,
                        handoffs.MORE,
                        handoffs.SOON,
                        handoffs.OVER,
                        handoffs.MOVED,
                        handoffs.TAKEN_BACK,
                    ):
                        handoffs.write(visit, case, what, "erlan@alit.kz")

    await step.keep(reminded)
    step.later(days=4)
    await step.caretaker()
    team = {person.address for person in step.desk.operator.staff}
    told = [
        each
        for each in await step.courier("email")
        if each.address in team and each.message.kind in ("case", "reminder")
    ]
    blocks = [
        number for number, kind in await step.rows("SELECT number, kind FROM cases") if kind == cases.BLOCKING
    ]
    about_others = [each for each in told if not any(number in str(each.body) for number in blocks)]
    assert about_others and all(leaked(aigul, str(each.body)) == [] for each in about_others)
    dias = await step.person("dias").registers("en")
    number = await step.keep(lambda v: cases.begin(v, cases.ACCESS).number, aigul.person)
    assert await step.keep(lambda visit: access.facts(visit, number), dias) is None
    assert await step.keep(lambda visit: access.facts(visit, number), aigul.person) is not None


async def test_who_left_the_staff_acts_and_reads_no_more(each_shell: Shell) -> None:
    """T-STAFF-02: removed from the operator file in the middle: no letter, no command, no decision by the old name."""
    step = each_shell.step
    aigul = await victim(step)
    desk = step.desk
    desk.operator = desk.operator.model_copy(
        update={"staff": tuple(person for person in desk.operator.staff if person.address != "erlan@alit.kz")}
    )
    sent = await step.courier("email")
    assert all(each.address != "erlan@alit.kz" for each in sent if leaked(aigul, str(each.body)))
    with pytest.raises(staff.NotStaff):
        staff.acting(desk.operator, "erlan@alit.kz", "root")
    await step.keep(handoffs.reassign)
    rows = await step.rows(
        "SELECT count(*) FROM cases WHERE assignee = 'erlan@alit.kz' AND state = 'with staff'"
    )
    assert rows == [(0,)]


async def test_what_a_block_holds_is_not_freed_by_any_decision_on_another_request(
    each_doorstep: Doorstep,
) -> None:
    """T-LAW-04: refusing or answering her other requests lifts nothing; only her own block's decision does."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    case, _new = await step.keep(lambda visit: blocking.block(visit, "wrong", "Aigulcanary"), aigul)
    other = await step.keep(lambda v: handoffs.send(v, cases.begin(v, cases.QUESTION, words="w")), aigul)
    await step.keep(lambda visit: decisions.refuse(visit, other.number, "law", "w", GULNAR))
    assert (await step.rows("SELECT state FROM subjects"))[0][0] == "blocked"
    await step.keep(lambda visit: decisions.refuse(visit, case.number, "law", "w", GULNAR))
    assert (await step.rows("SELECT state FROM subjects"))[0][0] == "active"
