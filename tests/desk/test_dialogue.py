"""The one question that waits for words."""

from __future__ import annotations

from tests.doorstep import Doorstep

from kelisim.desk import dialogue


async def test_of_who_agreed_to_nothing_only_the_screen_waits(each_doorstep: Doorstep) -> None:
    """DESIGN.md 8.1: never typed words, a name or a readable address."""
    stranger = each_doorstep.person("777")
    draft = {"ref": "", "email": "canary@mail.kz"}
    await each_doorstep.keep(lambda visit: dialogue.ask(visit, "stop.mail", draft), stranger)
    rows = await each_doorstep.rows("SELECT hash, screen, ref, locale FROM prompts")
    assert [(len(row[0]), *row[1:]) for row in rows] == [(32, "stop.mail", "", "en")]
    waiting = await each_doorstep.keep(dialogue.waiting, stranger)
    assert (waiting.screen, waiting.draft, waiting.locale) == ("stop.mail", {"ref": ""}, "en")
    assert await each_doorstep.keep(dialogue.drop, stranger)
    assert not await each_doorstep.keep(dialogue.drop, stranger)


async def test_a_new_question_takes_the_place_of_the_old(each_doorstep: Doorstep) -> None:
    for person in (each_doorstep.person("777"), await each_doorstep.person("saule").registers()):
        for screen in ("first", "second"):
            await each_doorstep.keep(lambda visit, s=screen: dialogue.ask(visit, s, {"ref": s}), person)
        waiting = await each_doorstep.keep(dialogue.waiting, person)
        assert (waiting.screen, waiting.draft["ref"]) == ("second", "second")


async def test_what_was_typed_meanwhile_is_sealed(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await doorstep.keep(lambda visit: dialogue.ask(visit, "x", {"typed": ["Qanarysova"]}), saule)
    sealed = (await doorstep.rows("SELECT draft FROM subjects"))[0][0]
    assert b"Qanarysova" not in bytes(sealed)
    assert (await doorstep.keep(dialogue.waiting, saule)).draft == {"typed": ["Qanarysova"]}


async def test_nobody_waits_for_longer_than_a_day(doorstep: Doorstep) -> None:
    for person in (doorstep.person("777"), await doorstep.person("saule").registers()):
        await doorstep.keep(lambda visit: dialogue.ask(visit, "x", {"ref": ""}), person)
        doorstep.later(hours=24, seconds=1)
        assert (await doorstep.keep(dialogue.waiting, person)).screen == ""
