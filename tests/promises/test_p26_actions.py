"""P26 (clauses 9.1, 9.2): the list of actions performed on data: the journal's verbs are the policy's own."""

from sqlalchemy import Connection
from tests.doorstep import Doorstep
from tests.promises.stories import at_noon, gives

from kelisim.desk import identity, ledger, subjects
from kelisim.desk.visit import Visit

VERBS = [
    "collected",
    "recorded",
    "stored",
    "updated",
    "used",
    "transferred",
    "blocked",
    "anonymised",
    "destroyed",
]


async def lines(step: Doorstep) -> list[tuple[str, str]]:
    """What the journal says, oldest first."""
    return [(row.verb, row.what) for row in await step.rows("SELECT verb, what FROM ledger ORDER BY at, id")]


async def broken(step: Doorstep) -> int | None:
    """The first place where the chain does not hold."""
    found: int | None = await step.keep(ledger.broken)
    return found


def test_p26_the_verbs_are_the_policys_own() -> None:
    """P26: nine verbs, those of clause 9.1, and every purpose of the operator file uses no other."""
    assert list(ledger.VERBS) == VERBS


async def test_p26_the_documents_list_them(doorstep: Doorstep) -> None:
    """P26: the policy and the consent name the actions to the person, in words."""
    for name in ("policy", "informing-email"):
        text = doorstep.desk.shelf.current(name, "en").text
        for word in ("collecting", "recording", "storing", "updating", "using", "transferring", "blocking", "anonymising",
                     "destroying"):  # fmt: skip
            assert word in text, (name, word)


async def test_p26_every_act_of_a_day_has_its_line(doorstep: Doorstep) -> None:
    """P26: what was collected, given, changed, stopped and taken back, in this order, under a pseudonym."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")

    def changes_her_name(visit: Visit) -> None:
        subjects.keep_name(visit, identity.name("Omarova Aigul"))

    await doorstep.keep(changes_her_name, aigul)
    await aigul.say("stop")
    await aigul.say("/consent")
    await aigul.press("Information: e-mail")
    await aigul.press("Withdraw")
    told = await lines(doorstep)
    assert {verb for verb, _what in told} <= set(VERBS)
    expected = [
        ("collected", "telegram"), ("recorded", "given desk"), ("collected", "surname"), ("collected", "name"),
        ("collected", "email"), ("recorded", "given informing-email"), ("updated", "surname"),
        ("recorded", "stopped all"), ("recorded", "withdrawn informing-email"),
    ]  # fmt: skip
    assert [line for line in told if line in expected] == expected
    names = await doorstep.rows("SELECT DISTINCT pseudonym FROM ledger")
    assert len(names) == 1 and len(names[0][0]) == 24
    whole = str(await doorstep.rows("SELECT * FROM ledger"))
    assert [value for value in ("Nurlanova", "Omarova", "aigul@mail.kz", "5001") if value in whole] == []


async def test_p26_a_rewritten_journal_shows(doorstep: Doorstep) -> None:
    """P26: a line changed, taken out or put in after it was sealed is named by its place."""
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-telegram")
    await aigul.say("stop")
    await doorstep.caretaker()
    places = [row.position for row in await doorstep.rows("SELECT position FROM ledger ORDER BY position")]
    assert places == list(range(1, len(places) + 1)) and len(places) >= 4
    assert await broken(doorstep) is None

    def forge(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE ledger SET verb = 'used' WHERE position = 2")

    def cut(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM ledger WHERE position = 1")

    await doorstep.database.keep(forge)
    assert await broken(doorstep) == 2
    await doorstep.database.keep(cut)
    assert await broken(doorstep) == 1
