"""`kelisim case replies`, `release` and `drop` beside a desk that serves."""

from __future__ import annotations

import re

from tests.commands.test_cases import Shell, each_shell, shell
from tests.mail.desks import ERLAN, GULNAR, STRANGER, Mailroom
from tests.promises.stories import at_noon

from kelisim.desk import cases

__all__ = ["each_shell", "shell"]


async def room_of(shell: Shell) -> tuple[Mailroom, str]:
    """A request, and Erlan's unproved answer to it."""
    at_noon(shell.step)
    room = Mailroom(shell.step)
    letter = await room.case(await shell.step.person("aigul").registers(), "CANARY-question")
    await room.reply(letter, "CANARY-answer we keep them.", authentic=False)
    return room, letter.message.number


async def test_what_waits_is_listed_by_number_and_released_as_who_acts(each_shell: Shell) -> None:
    """T-STAFF-06: by the name of who released it, and how they came in."""
    room, number = await room_of(each_shell)
    listed = await each_shell.case("replies", "--as", ERLAN)
    assert number in listed.text and "vouch" in listed.text and "CANARY" not in listed.text
    found = re.search(r"R-[0-9A-Z]{9}", listed.text)
    assert found is not None
    told = await each_shell.case("release", found[0], "--as", GULNAR, typed="n\n")
    assert "CANARY-answer" in told.text and told.status == 1 and await room.said(number) == []
    told = await each_shell.case("release", found[0], "--as", GULNAR, "--yes")
    assert told.status == 0 and await room.said(number) == ["CANARY-answer we keep them."]
    ((role, actor),) = [step[1:] for step in await each_shell.events(number) if step[0] == cases.ANSWERED]
    assert role == "staff" and actor.endswith(f" as {GULNAR}") and not actor.startswith("letter")
    again = await each_shell.case("release", found[0], "--as", GULNAR, "--yes")
    assert (
        again.status == 1
        and (await each_shell.case("replies", "--as", ERLAN)).text.strip() == "Nothing waits."
    )


async def test_a_reply_is_named_by_its_request_where_it_is_the_only_one(shell: Shell) -> None:
    room, number = await room_of(shell)
    letter = next(parcel for parcel in room.sent if parcel.message.kind == "case")
    await room.reply(letter, "Another answer.", GULNAR)
    two = await shell.case("drop", number, "--as", ERLAN)
    assert two.status == 1 and "R-" in two.text
    listed = await shell.case("replies", "--as", ERLAN)
    mine = next(line for line in listed.text.splitlines() if GULNAR in line).split()[0]
    assert (await shell.case("drop", mine, "--as", ERLAN)).status == 0
    assert (await shell.case("drop", number, "--as", ERLAN)).status == 0
    assert await room.said(number) == [] and await room.state(number) == cases.WITH_STAFF
    assert {state for _act, state, _why in await room.replies()} == {"dropped"}


async def test_a_leak_is_not_released_at_the_shell_either(shell: Shell) -> None:
    """T-LET-10."""
    room, number = await room_of(shell)
    await shell.step.keep(lambda visit: visit.connection.exec_driver_sql("UPDATE replies SET why = 'leak'"))
    told = await shell.case("release", number, "--as", ERLAN, "--yes")
    assert told.status == 1 and "CANARY" not in told.text and await room.said(number) == []


async def test_nobody_outside_the_staff_lists_or_releases(shell: Shell) -> None:
    _room, number = await room_of(shell)
    for words in (("replies",), ("release", number, "--yes"), ("drop", number)):
        assert (await shell.case(*words, "--as", STRANGER)).status == 1
