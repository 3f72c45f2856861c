"""Numbers, rows and references of another: no button, command or word with them reaches anything (T-CHAT-01, I2, I13)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.attacks.hostile import Victim, state, strangers, subject_of, victim
from tests.doorstep import Doorstep, Person, Said

from kelisim.desk import cases, numbers, subjects
from kelisim.desk.visit import Visit
from kelisim.telegram.screens import ACTS, ASKS, REFERENCES, VIEWS, code_of

# What a person does for all by saying so, with no number needed: tried by the tests of STOP.
_OWN_WORDS = {"stop.do", "revoke.do"}


def _references(whose: Victim) -> Iterator[str]:
    """Each number and row of the victim as a button may carry it, alone and with every page and way behind it."""
    for number in whose.numbers:
        yield number
    for number in whose.numbers[:3]:
        for beside in sorted(REFERENCES - {""}):
            yield f"{number}.{beside}"
        yield from (f"{number}.0", f"{number}.1", f"{number}?given")
    yield from map(str, whose.rows)


async def _presses(person: Person, data: str) -> Said:
    return await person.press(data=data[:64])


@pytest.mark.timeout(240)
async def test_no_act_and_no_screen_opens_what_is_anothers(each_doorstep: Doorstep) -> None:
    """T-CHAT-01: every registered code with every number of Aigul, pressed by Dias and by somebody nobody knows."""
    step = each_doorstep
    aigul = await victim(step)
    dias, x = await step.person("dias").registers("en"), step.person("9999")
    whose = await subject_of(step, aigul.person)
    before = await state(step, whose)
    codes = [code_of(identity) for identity in (*ACTS, *VIEWS) if identity not in _OWN_WORDS]
    references = list(_references(aigul))
    for place, code in enumerate(codes):
        for reference in (*aigul.numbers[:4], *references[place % 11 :: 11]):
            said = await _presses(dias, f"{code}:en::{reference}")
            assert said.calls, (code, reference)
            assert aigul.told_to(said) == [], (code, reference)
        said = await _presses(x, f"{code}:en::{aigul.numbers[place % len(aigul.numbers)]}")
        assert said.calls and aigul.told_to(said) == [], code
    assert await state(step, whose) == before


async def test_a_number_of_another_and_one_of_nobody_are_answered_alike(each_doorstep: Doorstep) -> None:
    """I13: what differs only in whether a request exists gives equal bytes, whatever the screen or act."""
    step = each_doorstep
    aigul = await victim(step)
    dias = await step.person("dias").registers("en")
    hers = next(number for number in aigul.numbers if number.startswith("K-"))
    nobodys = strangers(step)[0]
    for identity in (*ACTS, *VIEWS):
        if identity in _OWN_WORDS:
            continue
        told = []
        for number in (hers, nobodys):
            await dias.say("/menu")
            said = await _presses(dias, f"{code_of(identity)}:en::{number}")
            told.append([{**call, "callback_query_id": "", "message_id": 0} for call in said.calls])
        assert repr(told[0]).replace(hers, nobodys) == repr(told[1]), identity


@pytest.mark.parametrize(
    "words",
    [
        "{n}",
        "/start {n}",
        "/requests {n}",
        "/verify {n}",
        "/mydata {n}",
        "/delete {n}",
        "No. {n}",
        "show {n}",
    ],
)
async def test_words_and_commands_with_anothers_number_tell_nothing(doorstep: Doorstep, words: str) -> None:
    aigul = await victim(doorstep)
    whose = await subject_of(doorstep, aigul.person)
    dias, x = await doorstep.person("dias").registers("en"), doorstep.person("9999")
    before = await state(doorstep, whose)
    for number in aigul.numbers:
        for person in (dias, x):
            assert aigul.told_to(await person.say(words.format(n=number))) == []
    assert await state(doorstep, whose) == before


async def test_anothers_number_typed_into_every_question_stays_words(doorstep: Doorstep) -> None:
    """Each screen that waits for words, with her numbers, mailbox and name: they are his words and open nothing."""
    aigul = await victim(doorstep)
    whose = await subject_of(doorstep, aigul.person)
    before = await state(doorstep, whose)
    dias = await doorstep.person("dias").registers("en")
    for screen in sorted(ASKS):
        for typed in aigul.numbers[:3]:
            await dias.press(data=f"{code_of(screen)}:en::")
            said = await dias.say(typed)
            assert aigul.told_to(said) == [], (screen, typed)
    assert await state(doorstep, whose) == before


async def test_guessing_numbers_costs_a_guess_each_and_finds_nobody() -> None:
    """2^40 numbers and a check letter: of ten thousand drawn none is another's, and none can be counted on from one."""
    drawn = [numbers.number(numbers.CASE) for _each in range(10_000)]
    assert len(set(drawn)) == len(drawn) and all(numbers.is_number(each) for each in drawn)
    first = drawn[0]
    following = [first[:-1] + letter for letter in numbers.ALPHABET if letter != first[-1]]
    assert not any(numbers.is_number(each) for each in following)
    assert len({each[2:5] for each in drawn}) > 8_000  # no part of it is a clock or a counter


async def test_the_desks_own_look_up_is_scoped_by_the_person(each_doorstep: Doorstep) -> None:
    """A number is a pointer: `cases.find` of another's is nothing, of no person is nothing."""
    aigul = await victim(each_doorstep)
    dias = await each_doorstep.person("dias").registers("en")

    def found(visit: Visit) -> list[str]:
        return [number for number in aigul.numbers if cases.find(visit, number) is not None]

    assert await each_doorstep.keep(found, dias) == []
    assert len(await each_doorstep.keep(found, aigul.person)) >= 7

    def nobody(visit: Visit) -> list[str]:
        visit.subject = None
        return found(visit)

    assert await each_doorstep.keep(nobody) == []
    assert await each_doorstep.keep(lambda visit: subjects.by_number(visit, "K-000000000")) is None
