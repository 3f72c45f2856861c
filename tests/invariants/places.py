"""Where a person can stand with a question waiting: the way to each, so that whatever is typed or sent meets every reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.doorstep import Doorstep
from tests.invariants.residents import Resident, Values, resident

from kelisim.desk import decisions, mandates, staff
from kelisim.desk.visit import Visit

Way = Callable[[Doorstep, Resident], Awaitable[Any]]
PAPER = {"document": {"file_id": "p", "file_unique_id": "p", "file_name": "paper.pdf", "file_size": 20}}
ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")


async def fetch(_id: str) -> bytes:
    """Any file is a small PDF."""
    return b"%PDF-1.7 a paper"


def shown_to(values: Values) -> str:
    """A person concerned whom nobody knows."""
    return f"{values.surname}ов Некто, +7 701 000 11 22"


async def _asks(step: Doorstep, one: Resident, code: str = "askq") -> None:
    await one.say("/ask")
    await one.tap(code)


async def _checks(step: Doorstep, one: Resident) -> None:
    await _asks(step, one)
    await one.say("What is kept about me?")


async def _adds(step: Doorstep, one: Resident) -> None:
    await _checks(step, one)
    await one.tap("askmor")


async def _brings(step: Doorstep, one: Resident) -> None:
    await _checks(step, one)
    await one.tap("askdoc")


async def _more(step: Doorstep, one: Resident) -> None:
    await _checks(step, one)
    await one.tap("asksnd")
    await one.say("/requests")
    await one.tap("req1")
    await one.tap("rmore")


async def _complains(step: Doorstep, one: Resident) -> None:
    await _asks(step, one, "askc")
    await one.tap("cmpltw")


async def _blocks(step: Doorstep, one: Resident) -> None:
    await one.say("/block")
    await one.tap("blckwy")


async def _corrects(step: Doorstep, one: Resident, field: str = "surname") -> None:
    await one.say("/correct")
    await one.tap("cfield", field)


async def _mails(step: Doorstep, one: Resident) -> None:
    await _corrects(step, one, "email")
    await one.say(one.values.email)


async def _papers(step: Doorstep, one: Resident) -> None:
    await _corrects(step, one)
    await one.say(one.values.surname)


async def _sees(step: Doorstep, one: Resident) -> None:
    await _papers(step, one)
    await one.tap("cskip")


async def _proves(step: Doorstep, one: Resident) -> None:
    await one.person.press(data="prove:en::")
    one.look(one.said)
    await one.tap("pmail", "prove")


async def _codes(step: Doorstep, one: Resident) -> None:
    await _proves(step, one)
    await one.say(one.values.email)


async def _joins(step: Doorstep, one: Resident) -> None:
    other = await resident(step, str(one.values.id % 1000 + 3000)).registers()
    await other.begins("informing-email")
    await other.say(other.values.line)
    await other.tap("nyes")
    await other.say(one.values.email)
    await other.say(await step.code(one.values.email))
    await other.tap("pskip")
    step.later(minutes=2)
    await _codes(step, one)
    await one.say(await step.code(one.values.email))


async def _calls(step: Doorstep, one: Resident) -> None:
    await one.person.press(data="prove:en::")
    one.look(one.said)
    await one.tap("pphone")


async def _acts(step: Doorstep, one: Resident) -> None:
    await one.say("/represent")
    await one.tap("repas", "parent")


async def _until(step: Doorstep, one: Resident) -> None:
    await _acts(step, one)
    await one.say(shown_to(one.values))


async def _says(step: Doorstep, one: Resident) -> None:
    await _until(step, one)
    await one.tap("repnon")


async def _shows(step: Doorstep, one: Resident) -> None:
    await _says(step, one)
    await one.tap("repdoc")


async def _sends(step: Doorstep, one: Resident) -> None:
    await _says(step, one)
    await one.say("A power of attorney, No. 7.")


async def _under(step: Doorstep, one: Resident) -> None:
    await _sends(step, one)
    number = (await one.tap("repsnd")).number

    def accept(visit: Visit) -> None:
        mandates.accept(visit, number, "", ERLAN, subject_id=None)

    await step.keep(accept)
    await one.say("/represent")
    await one.tap("repmor")


PLACES: dict[str, Way] = {
    "ask.question": _asks, "ask.complain": lambda step, one: _asks(step, one, "askc"),
    "ask.object": lambda step, one: _asks(step, one, "asko"), "ask.leak": lambda step, one: _asks(step, one, "askl"),
    "ask.check": _checks, "ask.more": _adds, "ask.document": _brings, "requests.more": _more,
    "complaint.words": _complains, "block.other": _blocks, "correct.one": _corrects,
    "correct.phone": lambda step, one: _corrects(step, one, "phone"), "correct.code": _mails,
    "correct.document": _papers, "correct.check": _sees, "prove.email": _proves, "prove.code": _codes,
    "prove.join": _joins, "prove.phone": _calls, "rep.whom": _acts, "rep.until": _until, "rep.words": _says,
    "rep.document": _shows, "rep.check": _sends, "rep.more": _under,
}  # fmt: skip


async def _blocked(step: Doorstep, one: Resident) -> None:
    await one.say("/block")
    await one.tap("blckdo", "wrong")


async def _erasing(step: Doorstep, one: Resident) -> None:
    await one.say("/delete")
    await one.tap("erasdo")


async def _answered(step: Doorstep, one: Resident) -> None:
    await _checks(step, one)
    number = (await one.tap("asksnd")).number

    def answer(visit: Visit) -> None:
        decisions.answer(visit, number, "Here it is.", ERLAN)

    await step.keep(answer)
    await one.say("/requests")


# Places without a question: blocked, about to be destroyed, with an answer to read.
STATES: dict[str, Way] = {"blocked": _blocked, "erasing": _erasing, "answered": _answered}


async def settle(step: Doorstep) -> dict[str, Resident]:
    """One person more in each place, by its name."""
    step.door.fetch = fetch
    town = {}
    for n, (place, way) in enumerate((PLACES | STATES).items(), 41):
        town[f"in {place}"] = await resident(step, str(n)).registers()
        await way(step, town[f"in {place}"])
    return town
