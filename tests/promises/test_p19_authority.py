"""P19 (clause 3.2): the authorised body gets its information within 10 days; one command builds the dossier."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import ALMATY, LOCALES, at, gives

from kelisim.desk import cases, decisions, inquiries, openings, staff, viewings
from kelisim.desk.cases import Case

DANA = staff.Actor("responsible", "root as dana@alit.kz", "dana@alit.kz")
# Received, and the last of ten calendar days; one that would end on a day off ends before it (LAW.md D14).
VECTORS = [
    ("2026-11-23", "2026-12-03"),
    ("2026-11-25", "2026-12-04"),
    ("2026-12-06", "2026-12-15"),
    ("2026-12-22", "2026-12-31"),
]


async def opened(step: Doorstep, received: str = "2026-11-23") -> Case:
    """An inquiry of the authorised body, received on a day."""
    noon = datetime.fromisoformat(received).replace(hour=12, tzinfo=ALMATY)
    at(step, noon + timedelta(hours=2))
    made: Case = await step.keep(
        lambda visit: openings.begin(visit, cases.AUTHORITY, "By which methods?", DANA, received=noon)
    )
    return made


async def dossier(step: Doorstep, case: Case, language: str = "en", *more: Any) -> dict[str, bytes]:
    made: list[tuple[str, bytes]] = await step.keep(
        lambda visit: inquiries.dossier(visit, case.number, DANA, language, *more)
    )
    return dict(made)


@pytest.mark.parametrize("received, due", VECTORS)
async def test_p19_ten_calendar_days_and_the_letter_says_so(
    doorstep: Doorstep, received: str, due: str
) -> None:
    """P19: an inquiry has its own clock, and the responsible person has the letter at once."""
    case = await opened(doorstep, received)
    assert case.due is not None and case.due.isoformat() == due
    (letter,) = [parcel for parcel in await doorstep.courier("email") if parcel.message.number == case.number]
    assert letter.address == "dana@alit.kz" and f"kelisim case dossier {case.number}" in letter.body["text"]


@pytest.mark.parametrize("language", LOCALES)
async def test_p19_one_command_tells_what_why_how_by_whom_and_that_it_holds(
    doorstep: Doorstep, language: str
) -> None:
    """P19: operator, versions, registers, methods, counts and the head of the journal; no person's data among them."""
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-email", address="canary-aigul@mail.kz", name="Canarynova Aigul")
    await doorstep.caretaker()
    files = await dossier(doorstep, await opened(doorstep), language)
    page, told = (
        next(body for name, body in files.items() if name.endswith(end)) for end in (".html", ".json")
    )
    made = json.loads(told)
    operator = doorstep.desk.operator
    assert made["operator"]["name"] == operator.name.to(language) and made["operator"]["bin"] == operator.bin
    assert {each["code"] for each in made["purposes"]} == set(operator.every_pair)
    assert {each["code"] for each in made["recipients"]} == set(operator.recipients)
    assert all(each["actions"] and each["basis"] and each["data"] for each in made["purposes"])
    assert len(made["methods"]) >= 5 and made["counts"]["consents_in_force"]["informing-email"] == 1
    assert made["counts"]["people"] == {"active": 1}
    versions = {(each["document"], each["language"]) for each in made["documents"]}
    assert {("policy", locale) for locale in LOCALES} <= versions
    assert (
        made["ledger"]["holds"] is True and len(made["ledger"]["head"]) == 64 and made["ledger"]["sealed"] > 0
    )
    html = page.decode()
    for part in (
        operator.name.to(language),
        operator.bin,
        made["ledger"]["head"],
        made["purposes"][0]["label"],
    ):
        assert part in html
    assert "canary" not in (told + page).decode().lower() and "http" not in html.replace(
        "https://alit.kz", ""
    ).replace("http-equiv", "")


async def test_p19_a_person_the_inquiry_names_is_told_of_the_look(doorstep: Doorstep) -> None:
    """P19, I15: their records go with it only for a reason, and only theirs; the reason stands among who looked."""
    aigul, dias = await doorstep.person("aigul").registers(), await doorstep.person("dias").registers("ru")
    await dias.say("/language")
    await dias.press("English")
    for person, address in ((aigul, "canary-aigul@mail.kz"), (dias, "canary-dias@mail.kz")):
        await gives(person, "informing-email", address=address, name="Canarynova Name")
    whose = await doorstep.keep(lambda visit: visit.known.id, aigul)
    case = await opened(doorstep)
    with pytest.raises(viewings.NoReason):
        await dossier(doorstep, case, "en", whose, " ")
    files = await dossier(doorstep, case, "en", whose, "inquiry 5 of the ministry")
    assert sorted(name.partition("-")[0] for name in files) == ["dossier", "dossier", "person", "person"]
    both = b"".join(body for name, body in files.items() if name.startswith("person")).decode()
    assert "canary-aigul@mail.kz" in both and "canary-dias" not in both
    looks = await doorstep.keep(lambda visit: viewings.of_subject(visit), aigul)
    assert [(look.role, look.what, look.reason, look.number) for look in looks] == [
        ("responsible", "export", "inquiry 5 of the ministry", case.number)
    ]
    steps = await doorstep.keep(lambda visit: cases.events(visit, cases.known(visit, case.number)))
    assert (steps[-1].act, steps[-1].detail, steps[-1].actor) == (cases.NOTED, "dossier", DANA.label)


async def test_p19_a_dossier_belongs_to_an_inquiry(doorstep: Doorstep) -> None:
    """P19: of an ordinary request none is built."""
    aigul = await doorstep.person("aigul").registers()
    case = await doorstep.keep(lambda visit: cases.begin(visit, cases.QUESTION, words="?"), aigul)
    with pytest.raises(decisions.Impossible):
        await dossier(doorstep, case)
