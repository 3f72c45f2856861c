"""P11 (clause 8.3): data are updated field by field, with proof for e-mail and phone; documents are for staff, in 1 working day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person
from tests.mail.writers import answered, number_of, posts
from tests.promises.stories import ALMATY, LABELS, LOCALES, at, gives

from kelisim.desk import cases, decisions, gates, staff, subjects
from kelisim.desk.visit import Visit
from kelisim.texts import _, speaking

OLD, NEW = "aigul@mail.kz", "aigul.new@mail.kz"
MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=ALMATY).astimezone(UTC)


def label(locale: str, english: str) -> str:
    with speaking(locale):
        return _(english)


async def known(step: Doorstep, locale: str) -> Person:
    at(step, MONDAY)
    aigul = await step.person("aigul").registers(locale)
    await gives(aigul, "informing-email", locale, OLD, "Nurlanova Aigul")
    await step.courier()
    return aigul


def profile(visit: Visit) -> dict[str, str]:
    return subjects.profile(visit)


def mailbox(visit: Visit) -> str:
    found = subjects.proved_email(visit)
    return found.value if found is not None else ""


@pytest.mark.parametrize("locale", LOCALES)
async def test_p11_a_surname_is_decided_by_staff_within_one_working_day(
    doorstep: Doorstep, locale: str
) -> None:
    """P11, D3: in each language; the field stays until staff decide, and the last day is the next working one."""
    aigul = await known(doorstep, locale)
    await aigul.say("/correct")
    await aigul.press(label(locale, "Surname"))
    await aigul.say("Omarova")
    await aigul.press(label(locale, "Skip"))
    done = await aigul.press(LABELS[locale]["yes"])
    assert done.text.startswith("✔")
    assert (await doorstep.keep(profile, aigul))["surname"] == "Nurlanova"

    def accepts(visit: Visit) -> Any:
        case = cases.known(visit, done.number)
        actor = staff.acting(visit.operator, visit.operator.staff[0].address, "test")
        decisions.accept(visit, done.number, "", actor)
        return case.due, case.facts["before"], case.facts["after"]

    assert await doorstep.keep(accepts) == (date(2026, 11, 24), "Nurlanova", "Omarova")
    assert (await doorstep.keep(profile, aigul))["surname"] == "Omarova"


@pytest.mark.parametrize("locale", LOCALES)
async def test_p11_a_mailbox_changes_by_its_code_and_by_nothing_less(doorstep: Doorstep, locale: str) -> None:
    """P11, P24: until the code comes back and is confirmed the old one stands; then consents go on to the new one."""
    aigul = await known(doorstep, locale)
    await aigul.say("/correct")
    await aigul.press(label(locale, "E-mail"))
    await aigul.say(NEW)
    code = await doorstep.code(NEW)
    await aigul.say(f"{(int(code) + 1) % 1_000_000:06d}")
    await aigul.press(data=f"cyes:{locale}::")
    assert await doorstep.keep(mailbox, aigul) == OLD
    await aigul.say("/correct")
    await aigul.press(label(locale, "E-mail"))
    doorstep.later(minutes=2)
    await aigul.say(NEW)
    await aigul.say(await doorstep.code(NEW))
    assert await doorstep.keep(mailbox, aigul) == OLD
    assert (await aigul.press(LABELS[locale]["yes"])).text.startswith("✔")
    assert await doorstep.keep(mailbox, aigul) == NEW
    assert await doorstep.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)


async def test_p11_the_old_mailbox_hears_of_the_change(doorstep: Doorstep) -> None:
    """P11, T-ID-08: whoever took her phone cannot change the address in silence."""
    aigul = await known(doorstep, "en")
    await aigul.say("/correct")
    await aigul.press("E-mail")
    await aigul.say(NEW)
    await aigul.say(await doorstep.code(NEW))
    await aigul.press("Yes, correct")
    told = [parcel for parcel in await doorstep.courier("email") if parcel.address == OLD]
    assert len(told) == 1 and NEW not in told[0].body["text"]


async def test_p11_a_wrong_number_of_words_or_letters_is_told_and_nothing_is_kept(doorstep: Doorstep) -> None:
    """P11: a field is read before it is asked of anybody."""
    aigul = await known(doorstep, "en")
    await aigul.say("/correct")
    await aigul.press("Surname")
    for typed in ("Omarova 2", "a b c d e f", "<b>", "😀"):
        said = await aigul.say(typed)
        assert "Cancel" in said.buttons and "Skip" not in said.buttons
    assert await doorstep.rows("SELECT id FROM cases") == []


@pytest.mark.parametrize(
    "subject", ["Personal Data Update", "Актуализация персональных данных", "Дербес деректерді өзектендіру"]
)
@pytest.mark.parametrize("stamped", [True, False])
async def test_p11_by_letter(doorstep: Doorstep, subject: str, stamped: bool) -> None:
    """P11: the letter of the policy is a correction for staff with its own last day; no field moves before they decide."""
    aigul = await known(doorstep, "en")
    await posts(doorstep, OLD, subject, "My surname is Omarova now.", stamped=stamped)
    (told,) = await answered(doorstep)
    if not stamped:
        assert [row.state for row in await doorstep.rows("SELECT state FROM cases")] == ["waiting"]
        await posts(doorstep, OLD, f"Re: {told.body['subject']}", "да", answers=told)
    (case,) = await doorstep.rows("SELECT number, kind, state, due FROM cases")
    assert (case.number, case.kind, case.state) == (number_of(told), cases.CORRECTION, cases.WITH_STAFF)
    assert str(case.due) == "2026-11-24"
    await doorstep.courier("email")
    (handed,) = [parcel for parcel in doorstep.sent if parcel.message.kind == "case"]
    assert "My surname is Omarova now." in handed.body["text"]
    assert (await doorstep.keep(profile, aigul))["surname"] == "Nurlanova"
