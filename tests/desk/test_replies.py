"""What waits for a confirmation: its time, its echo, its secret, and that it is done once whoever comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import ALMATY, altered, at

from kelisim.courier.outcome import GONE, LATER, REFUSED, Outcome
from kelisim.desk import cases, decisions, handoffs, leaks, operator, orders, quiet, releases, replies, staff
from kelisim.desk.cases import Case
from kelisim.desk.decisions import Impossible
from kelisim.desk.operator import Staff
from kelisim.desk.replies import Draft, Reply
from kelisim.desk.visit import Visit

SAMPLE = operator.load(None)
ERLAN, GULNAR = (
    next(person for person in SAMPLE.staff if person.address == address) for address in ("erlan@alit.kz", "gulnar@alit.kz")
)  # fmt: skip
MONDAY = datetime(2027, 2, 1, 11, tzinfo=ALMATY)


async def begun(step: Doorstep, kind: str = cases.QUESTION, words: str = "Why?", when: datetime = MONDAY,
                key: str = "aigul") -> Case:  # fmt: skip
    """A request on a working day at that hour, its letters delivered."""
    at(step, when)
    person = await step.person(key).registers()
    made: Case = await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, kind, words=words)), person
    )
    await step.courier()
    return made


async def written(
    step: Doorstep, case: Case, words: str = "Because.", person: Staff = ERLAN, order: str = orders.ANSWER,
    why: str = "", ground: str = "",
) -> Reply:  # fmt: skip
    """One of the staff wrote so, and it was shown to them."""

    def work(visit: Visit) -> Reply:
        now = cases.known(visit, case.number)
        leaves = releases.leaves_at(visit) if order in orders.PLAIN and not why else None
        return replies.begin(
            visit, now, Draft(order, words, ground=ground), person, why=why, release_at=leaves
        )

    made: Reply = await step.keep(work)
    return made


async def shows(step: Doorstep, reply: Reply) -> Reply:
    now = await step.keep(lambda visit: replies.find(visit, reply.id))
    assert isinstance(now, Reply)
    return now


async def said(step: Doorstep, case: Case) -> list[str]:
    def read(visit: Visit) -> list[str]:
        return [
            message.words for message in cases.messages(visit, cases.known(visit, case.number), cases.OUT)
        ]

    found: list[str] = await step.keep(read)
    return found


async def release(step: Doorstep, reply: Reply, person: Staff = ERLAN) -> str:
    by = staff.acting(SAMPLE, person.address, releases.LETTER)
    became: str = await step.keep(lambda visit: releases.release(visit, reply, by))
    return became


@pytest.mark.parametrize(
    ("wrote", "leaves"),
    [
        ((1, 11, 0), (1, 11, 15)),
        ((1, 8, 0), (1, 9, 15)),
        ((1, 17, 44), (1, 17, 59)),
        ((1, 17, 50), (2, 9, 5)),
        ((1, 18, 5), (2, 9, 15)),
        ((5, 17, 59), (8, 9, 14)),  # Friday
        ((6, 12, 0), (8, 9, 15)),
    ],
)
async def test_the_minutes_lie_in_working_hours(
    doorstep: Doorstep, wrote: tuple[int, int, int], leaves: tuple[int, int, int]
) -> None:
    """T-LET-08."""
    day, hour, minute = wrote
    at(doorstep, datetime(2027, 2, day, hour, minute, tzinfo=ALMATY))
    found = await doorstep.keep(lambda visit: quiet.worked(visit, timedelta(minutes=15)))
    day, hour, minute = leaves
    assert abs(found - datetime(2027, 2, day, hour, minute, tzinfo=ALMATY)) < timedelta(seconds=5)


async def test_what_is_written_in_the_evening_leaves_in_the_morning(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    case = await begun(step, when=MONDAY.replace(hour=18, minute=5))
    await written(step, case)
    await step.courier()
    for hours in (1, 5, 7):
        step.later(hours=hours)
        await step.caretaker()
        assert await said(step, case) == []
    at(step, MONDAY.replace(day=2, hour=9, minute=16))
    await step.caretaker()
    assert await said(step, case) == ["Because."]


async def test_a_caretaker_that_slept_over_the_time_waits_for_the_office(doorstep: Doorstep) -> None:
    case = await begun(doorstep, when=MONDAY.replace(hour=17, minute=40))
    reply = await written(doorstep, case)
    await doorstep.courier()
    at(doorstep, MONDAY.replace(hour=18, minute=2))
    await doorstep.caretaker()
    assert (await shows(doorstep, reply)).state == replies.WAITING
    at(doorstep, MONDAY.replace(day=2, hour=9, minute=1))
    await doorstep.caretaker()
    assert await said(doorstep, case) == ["Because."]


@pytest.mark.parametrize(
    "outcome", [Outcome(GONE, "550"), Outcome(REFUSED, "554"), Outcome(LATER, "no connection")]
)
async def test_nothing_leaves_by_time_whose_echo_did_not(each_doorstep: Doorstep, outcome: Outcome) -> None:
    """T-LET-07: nobody has seen what the person would read."""
    step = each_doorstep
    case = await begun(step)
    await written(step, case)
    for _round in range(3):
        await step.courier("email", outcome)
        step.later(minutes=40)
        await step.caretaker()
    assert await said(step, case) == []


async def test_the_minutes_are_counted_from_the_echo_that_was_sent(doorstep: Doorstep) -> None:
    case = await begun(doorstep)
    reply = await written(doorstep, case)
    doorstep.later(minutes=30)  # the mail server was down
    (echo,) = await doorstep.courier("email")
    await doorstep.caretaker()
    assert await said(doorstep, case) == []
    now = await shows(doorstep, reply)
    assert now.release_at is not None and f"{now.release_at.astimezone(ALMATY):%H:%M}" in echo.body["text"]
    doorstep.later(minutes=16)
    await doorstep.caretaker()
    assert await said(doorstep, case) == ["Because."]


async def test_a_bounced_echo_holds_the_answer(each_doorstep: Doorstep) -> None:
    """T-LET-07."""
    step = each_doorstep
    case = await begun(step)
    reply = await written(step, case)
    await step.courier()
    assert reply.echo_id is not None
    row = reply.echo_id
    held = await step.keep(lambda visit: replies.hold(visit, row))
    assert isinstance(held, Reply)
    now = await shows(step, reply)
    assert (now.state, now.why, now.release_at, now.draft.words) == ("held", "bounced", None, "Because.")
    step.later(hours=2)
    await step.caretaker()
    assert await said(step, case) == []
    assert await step.keep(lambda visit: replies.hold(visit, 5)) is None
    assert await release(step, now) == releases.DONE  # it was right after all


async def test_minutes_of_nought_mean_never(doorstep: Doorstep, tmp_path: Path) -> None:
    doorstep.desk.operator = altered(tmp_path, ("[mail]\n", "[mail]\necho_minutes = 0\n"))
    case = await begun(doorstep)
    reply = await written(doorstep, case)
    assert reply.release_at is None
    await doorstep.courier()
    doorstep.later(days=2)
    await doorstep.caretaker()
    assert await said(doorstep, case) == []


@pytest.mark.parametrize("order", [orders.ACCEPT, orders.REFUSE, orders.CLOSE, orders.NOTE, orders.ASSIGN])
async def test_a_decision_never_leaves_by_time_even_if_a_row_said_so(doorstep: Doorstep, order: str) -> None:
    """I11, T-STAFF-04: not even straight past whoever begins it."""
    case = await begun(doorstep, cases.CORRECTION)

    def work(visit: Visit) -> Reply:
        draft = Draft(order, "Words", ground="documents", to="gulnar@alit.kz")
        return replies.begin(
            visit, cases.known(visit, case.number), draft, ERLAN, release_at=releases.leaves_at(visit)
        )

    reply = await doorstep.keep(work)
    await doorstep.courier()
    doorstep.later(minutes=30)
    with pytest.raises(Impossible):
        await doorstep.keep(lambda visit: releases.timed(visit, reply.id))
    assert (await shows(doorstep, reply)).state == replies.WAITING


async def test_of_many_at_once_one_does_it(each_doorstep: Doorstep) -> None:
    """A word in reply, the link and the caretaker in the same moment."""
    step = each_doorstep
    case = await begun(step)
    reply = await written(step, case)
    await step.courier()
    step.later(minutes=20)
    by = staff.acting(SAMPLE, ERLAN.address, releases.LETTER)
    act: list[Callable[[Visit], str]] = [
        lambda visit: releases.release(visit, reply, by),
        lambda visit: releases.timed(visit, reply.id),
    ]
    became = await asyncio.gather(*(step.keep(act[turn % 2]) for turn in range(8)))
    assert sorted(became) == [releases.DONE, *[releases.OVER] * 7]
    assert await said(step, case) == ["Because."]
    parcels = [parcel for parcel in await step.courier() if parcel.message.kind == "answer"]
    assert len(parcels) == 1


async def test_of_two_replies_at_once_one_is_answered_and_the_other_is_told(each_doorstep: Doorstep) -> None:
    """T-STAFF-03."""
    step = each_doorstep
    case = await begun(step, cases.CORRECTION)
    his = await written(step, case, "No.", order=orders.REFUSE, ground="documents")
    hers = await written(step, case, "Yes.", GULNAR)
    became = await asyncio.gather(release(step, his), release(step, hers, GULNAR))
    assert sorted(became) == [releases.DONE, releases.OVERTAKEN]
    assert len(await said(step, case)) == 1
    assert sorted([(await shows(step, his)).state, (await shows(step, hers)).state]) == [
        "dropped",
        "released",
    ]
    (told,) = [parcel for parcel in await step.courier() if parcel.message.kind == "told"]
    assert told.address == (GULNAR.address if became[0] == releases.DONE else ERLAN.address)


async def test_what_was_released_or_dropped_keeps_no_words(doorstep: Doorstep) -> None:
    case = await begun(doorstep)
    one = await written(doorstep, case, "CANARY one")
    two = await written(doorstep, case, "CANARY two")
    assert (await shows(doorstep, one)).draft.words == "" and (
        await shows(doorstep, two)
    ).draft.words == "CANARY two"
    await release(doorstep, two)
    assert (await shows(doorstep, two)).draft.words == ""


async def test_what_cannot_be_done_is_held_with_its_words_and_told(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    case = await begun(step)
    reply = await written(step, case, "No.", order=orders.REFUSE, ground="obligation")
    assert await release(step, reply) == releases.CANNOT
    now = await shows(step, reply)
    assert (now.state, now.why, now.draft.words) == ("held", "impossible", "No.")
    assert await said(step, case) == []  # what was begun is undone with it
    assert [parcel.address for parcel in await step.courier() if parcel.message.kind == "told"] == [
        ERLAN.address
    ]


@pytest.mark.parametrize("why", replies.NOT_AS_IT_IS)
async def test_what_is_not_safe_leaves_by_no_door(doorstep: Doorstep, why: str) -> None:
    """T-LET-10."""
    case = await begun(doorstep)
    reply = await written(doorstep, case, why=why)
    assert await release(doorstep, reply) == releases.UNSAFE
    assert await said(doorstep, case) == [] and (await shows(doorstep, reply)).state == replies.HELD


async def test_a_secret_opens_its_own_reply_and_a_wrong_one_nothing(doorstep: Doorstep) -> None:
    case = await begun(doorstep)
    one, two = await written(doorstep, case), await written(doorstep, case, "Two", GULNAR)
    secrets = [replies.secret(doorstep.desk, each) for each in (one, two)]
    assert len(set(secrets)) == 2 and all(len(secret) == 39 for secret in secrets)
    for secret, reply in zip(secrets, (one, two), strict=True):
        found = await doorstep.keep(lambda visit, given=secret: replies.of_secret(visit, given))
        assert found.id == reply.id
    for wrong in ("", "a" * 39, secrets[0][:-1] + "a", secrets[0] + "a", "é" * 39, str(one.id)):
        if wrong not in secrets:
            assert await doorstep.keep(lambda visit, given=wrong: replies.of_secret(visit, given)) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He was loud on the phone and we call again", "leak"),
        ("> he WAS loud, on the\n> phone -- and we call again!", "leak"),
        ("was loud on the phone and we call", "leak"),
        ("was loud on the phone", ""),
        ("Before. CANARY-short note. After.", "leak"),
        ("canary short", ""),
        ("You asked: where are all of my letters of last year, and we looked.", "history"),
        ("We wrote that we keep them for one year and no longer, and so it is.", "history"),
        ("We keep them.", ""),
        ("and here abcdefgh stands", "leak"),
        ("", ""),
    ],
)
async def test_six_words_in_a_row_or_a_whole_short_note_are_found(
    doorstep: Doorstep, text: str, found: str
) -> None:
    """T-LET-10."""
    case = await begun(doorstep, words="Where are all of my letters of last year?")

    def work(visit: Visit) -> str:
        for way, words in (
            (cases.NOTE, "He was loud on the phone and we call again on Monday."),
            (cases.NOTE, "CANARY-short note"),
            (cases.NOTE, "ok"),
            (cases.OUT, "We keep them for one year and no longer, and so it stays."),
        ):
            cases.say(visit, case, way, words)
        return leaks.found(visit, case, text, ["abcdefgh"])

    assert await doorstep.keep(work) == found


async def test_decisions_of_others_between_are_found_and_notes_are_not(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    case = await begun(step)
    reply = await written(step, case)
    gulnar = staff.acting(SAMPLE, GULNAR.address, "root")
    await step.keep(lambda visit: decisions.note(visit, case.number, "A note", gulnar))
    await step.keep(lambda visit: decisions.assign(visit, case.number, GULNAR.address, gulnar))
    assert await release(step, reply) == releases.DONE
    other = await begun(step, words="And?", when=MONDAY.replace(day=3), key="saule")
    asked = await written(step, other)
    await step.keep(lambda visit: decisions.ask(visit, other.number, "Which?", gulnar))
    assert await release(step, asked) == releases.OVERTAKEN
    assert await said(step, other) == ["Which?"]
