"""P17 (clause 3.1): staff may refuse on a ground of the law; the person sees ground, article, term and where to complain."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import at_noon, gives

from kelisim.desk import cases, decisions, staff, subjects
from kelisim.desk.visit import TELEGRAM

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")


async def test_a_refused_deletion_keeps_the_data_and_says_why_until_when_and_where_to_complain(
    each_doorstep: Doorstep,
) -> None:
    """P17."""
    step = each_doorstep
    at_noon(step)
    aigul = await step.person("aigul").registers("en")
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")
    await aigul.say("/delete")
    number = (await aigul.press("Delete for good")).number
    await step.courier()
    until = step.desk.clock.now().date() + timedelta(days=365)
    for code, words in (("nosuch", "No."), ("documents", "No."), ("storage", "  ")):
        with pytest.raises(decisions.Impossible):
            await step.keep(
                lambda visit, g=code, w=words: decisions.refuse(visit, number, g, w, ERLAN, until)
            )
    await step.keep(
        lambda visit: decisions.refuse(visit, number, "storage", "The tax code wants it.", ERLAN, until)
    )
    (told,) = [parcel.body["text"] for parcel in await step.courier(TELEGRAM)]
    ground = step.desk.operator.grounds["storage"]
    assert number in told
    for part in (
        ground.text.en,
        ground.article.en,
        str(until.year),
        step.desk.operator.authority.en,
        "court",
    ):
        assert part in told, part
    step.later(days=3)
    await step.caretaker()
    assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.ACTIVE
    assert await step.keep(subjects.profile, aigul) == {"surname": "Nurlanova", "name": "Aigul"}
    case = await step.keep(lambda visit: cases.find(visit, number), aigul)
    assert case.state == cases.REFUSED
