"""Who hears of a broadcast, what the letters say, and the link in them that stops it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.desk.test_broadcasts import agreed, author, ready
from tests.doorstep import Doorstep

from kelisim.desk import audiences, broadcasts, circulars, deliveries, dispatches, outbox, staff
from kelisim.desk.broadcasts import Broadcast, Stale
from kelisim.desk.operator import Broadcasting
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.texts import _, speaking

HOME = "https://desk.alit.kz"
ALL = {"dana@alit.kz", "gulnar@alit.kz", "erlan@alit.kz"}


@pytest.fixture(autouse=True)
def _by_day(doorstep: Doorstep) -> None:
    """Noon in Almaty; two of the staff may broadcast from a chat, and everything counts as many."""
    now = doorstep.desk.clock.now()
    doorstep.desk.clock.move(now.replace(hour=7, minute=0) + timedelta(days=1) - now)
    doorstep.desk.url = HOME
    many(doorstep)


def many(step: Doorstep, **rules: object) -> None:
    """Rules under which one message is many."""
    chats = {"gulnar@alit.kz": 501, "erlan@alit.kz": 502}
    people = tuple(
        person.model_copy(update={"telegram": chats.get(person.address)})
        for person in step.desk.operator.staff
    )
    given = Broadcasting.model_validate({"approval_above": 0, **rules})
    step.desk.operator = step.desk.operator.model_copy(update={"staff": people, "broadcast": given})


async def confirmed(step: Doorstep) -> Broadcast:
    """A broadcast to two people, confirmed by its author."""
    await agreed(step, "aigul", "kk")
    await agreed(step, "dias", "ru")
    await step.courier(EMAIL)

    def work(visit: Visit) -> Broadcast:
        one = ready(visit)
        return broadcasts.confirm(visit, one, one.digest, author(visit))

    made: Broadcast = await step.keep(work)
    return made


def waits(step: Doorstep, one: Broadcast) -> int:
    """Minutes until it begins."""
    assert one.start_at is not None
    return round((one.start_at - step.desk.clock.now()).total_seconds() / 60)


async def letters(step: Doorstep) -> dict[str, dict[str, str]]:
    """The letters about broadcasts that leave now, by their reader."""
    return {
        parcel.address: parcel.body
        for parcel in await step.courier(EMAIL)
        if parcel.message.kind == dispatches.KIND
    }


async def test_before_a_large_one_begins_everybody_hears_and_any_of_them_can_stop_it(
    doorstep: Doorstep,
) -> None:
    """T-CAST-05: whoever has a stolen chat cannot keep the letters from leaving: they are promised with the confirmation."""
    one = await confirmed(doorstep)
    assert one.state == broadcasts.SCHEDULED and waits(doorstep, one) == 15
    told = await letters(doorstep)
    assert set(told) == ALL
    for address, body in told.items():
        person = dispatches.reader(doorstep.desk.operator, address)
        assert person is not None and one.number in body["subject"]
        for words in ("> Жаңалық", "> Новость", "> News", "gulnar@alit.kz"):
            assert words in body["text"]
        assert f"{HOME}/b/{circulars.token(doorstep.desk, one, address)}" in body["text"]
        with speaking(person.locale):
            assert _("If it is right, do nothing.") in body["text"]
        for other in ALL - {address}:
            assert circulars.token(doorstep.desk, one, other) not in body["text"]
    given = circulars.token(doorstep.desk, one, "erlan@alit.kz")
    stopped = await doorstep.keep(lambda visit: circulars.stop(visit, given))
    assert stopped is not None and stopped[1] and stopped[0].state == broadcasts.CANCELLED
    again = await doorstep.keep(lambda visit: circulars.stop(visit, given))
    assert again is not None and not again[1]
    after = await letters(doorstep)
    assert set(after) == ALL and all("erlan@alit.kz" in body["text"] for body in after.values())
    with pytest.raises(Stale):
        await doorstep.keep(lambda visit: broadcasts.start(visit, one))


async def test_the_others_see_it_in_their_chats_with_a_button_that_stops_it(doorstep: Doorstep) -> None:
    one = await confirmed(doorstep)
    panels = [
        (parcel.address, parcel.body)
        for parcel in await doorstep.courier(TELEGRAM)
        if parcel.message.kind == "panel"
    ]
    [(chat, body)] = panels  # not the author
    assert chat == "502" and one.number in body["text"]
    buttons = [button["callback_data"] for row in body["reply_markup"]["inline_keyboard"] for button in row]
    assert any(data.startswith("bcstop") and one.number in data for data in buttons), buttons


async def test_nobody_hears_twice_of_the_same_beginning(doorstep: Doorstep) -> None:
    one = await confirmed(doorstep)
    assert await doorstep.keep(lambda visit: dispatches.tell(visit, one, dispatches.DELAYED)) == 0
    assert len(await letters(doorstep)) == 3


async def test_a_small_one_begins_at_once_and_nobody_is_bothered(doorstep: Doorstep) -> None:
    many(doorstep, approval_above=2)
    one = await confirmed(doorstep)
    assert one.state == broadcasts.SCHEDULED and waits(doorstep, one) == 0
    assert await letters(doorstep) == {}


async def test_one_that_waits_for_a_second_person_says_how_to_approve_and_how_to_stop(
    doorstep: Doorstep,
) -> None:
    many(doorstep, approval=True)
    one = await confirmed(doorstep)
    told = await letters(doorstep)
    assert one.state == broadcasts.APPROVING and set(told) == ALL
    assert f"kelisim broadcast approve {one.number} --as dana@alit.kz" in told["dana@alit.kz"]["text"]
    assert f"{HOME}/b/" in told["dana@alit.kz"]["text"]


async def test_without_a_web_door_the_letter_names_the_command(doorstep: Doorstep) -> None:
    doorstep.desk.url = ""
    one = await confirmed(doorstep)
    told = await letters(doorstep)
    assert f"kelisim broadcast cancel {one.number} --as dana@alit.kz" in told["dana@alit.kz"]["text"]
    assert "http" not in told["dana@alit.kz"]["text"].replace(doorstep.desk.operator.url, "")


async def test_who_left_neither_hears_nor_stops(doorstep: Doorstep) -> None:
    """T-STAFF-02: the link ends with the listing."""
    one = await confirmed(doorstep)
    given = circulars.token(doorstep.desk, one, "erlan@alit.kz")
    people = tuple(person for person in doorstep.desk.operator.staff if person.address != "erlan@alit.kz")
    doorstep.desk.operator = doorstep.desk.operator.model_copy(update={"staff": people})
    assert set(await letters(doorstep)) == ALL - {"erlan@alit.kz"}
    assert await doorstep.keep(lambda visit: circulars.stop(visit, given)) is None
    assert (
        await doorstep.keep(lambda visit: broadcasts.known(visit, one.number).state) == broadcasts.SCHEDULED
    )


@pytest.mark.parametrize("forged", ["", "x", "A" * 400, "қ", "AAAA", "%00"])
async def test_a_forged_token_opens_nothing(doorstep: Doorstep, forged: str) -> None:
    one = await confirmed(doorstep)
    true = circulars.token(doorstep.desk, one, "erlan@alit.kz")
    for given in (forged, true[:-4] + ("AAAA" if true[-4:] != "AAAA" else "BBBB"), true + "A"):
        assert await doorstep.keep(lambda visit, given=given: circulars.stop(visit, given)) is None


async def test_the_report_goes_to_the_author_alone(doorstep: Doorstep) -> None:
    one = await confirmed(doorstep)
    await letters(doorstep)
    doorstep.later(minutes=16)

    def work(visit: Visit) -> None:
        begun = broadcasts.start(visit, broadcasts.known(visit, one.number))
        while audiences.address(visit, begun):
            begun = broadcasts.known(visit, one.number)
        taken, _looked = deliveries.take(visit, broadcasts.known(visit, one.number), TELEGRAM, 10)
        for each in taken:
            deliveries.settle(visit, each, outbox.SENT)
        dispatches.tell(visit, broadcasts.done(visit, broadcasts.known(visit, one.number)), dispatches.DONE)

    await doorstep.keep(work)
    told = await letters(doorstep)
    assert set(told) == {"gulnar@alit.kz"}
    with speaking("ru"):
        sent = _("sent")
    text = told["gulnar@alit.kz"]["text"]
    assert f"{sent[:1].upper()}{sent[1:]}: 2" in text
    assert "kelisim broadcast report" in text and f"{HOME}/b/" not in text
    assert "aigul" not in text.casefold()


@pytest.mark.parametrize("event", [dispatches.FAILURES, dispatches.MISSED, dispatches.NIGHT])
async def test_whatever_happens_is_told_in_the_readers_language(doorstep: Doorstep, event: str) -> None:
    one = await confirmed(doorstep)
    await letters(doorstep)
    await doorstep.keep(lambda visit: dispatches.tell(visit, one, event))
    told = await letters(doorstep)
    assert set(told) == (ALL if event != dispatches.NIGHT else {"gulnar@alit.kz"})
    assert all(one.number in body["subject"] for body in told.values())


async def test_an_unknown_event_is_refused(doorstep: Doorstep) -> None:
    one = await confirmed(doorstep)
    with pytest.raises(ValueError):
        await doorstep.keep(lambda visit: dispatches.tell(visit, one, "strange"))


async def test_the_responsible_person_hears_also_when_they_are_none_of_the_staff(doorstep: Doorstep) -> None:
    people = tuple(person for person in doorstep.desk.operator.staff if person.role != staff.RESPONSIBLE)
    doorstep.desk.operator = doorstep.desk.operator.model_copy(update={"staff": people})
    await confirmed(doorstep)
    assert set(await letters(doorstep)) == ALL
