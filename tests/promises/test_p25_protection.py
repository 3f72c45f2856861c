"""P25 (clauses 3.2, 8.1, 8.7): protection from unauthorised access, destruction, change and copying."""

import base64
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import at_noon, gives, prepare

from kelisim.desk import cases, handoffs
from kelisim.desk.visit import Visit
from kelisim.logs import Redacting
from kelisim.store.database import sqlite_path
from kelisim.store.sealed import Unreadable

CHAT = "7418529634"
VALUES = ["Нурланова", "Қарлығаш", "Serikqyzy", "karlygash.n@mail.kz", "77019876543", CHAT]
CANARY = "Kanareyka-Canary"


def forms(value: str) -> set[bytes]:
    """How a value may stand readable in a file."""
    plain = {value, value.casefold(), value.upper(), value.encode("unicode_escape").decode()}
    return {way for word in plain for way in (
        word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"), base64.b64encode(word.encode()),
        word.encode().hex().encode(),
    )}  # fmt: skip


def readable(heap: bytes, values: list[str]) -> list[str]:
    return [value for value in values if any(form in heap for form in forms(value))]


def files(url: str) -> bytes:
    path = sqlite_path(url)
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


async def a_day(step: Doorstep) -> None:
    """Everything a person can give, in one day."""
    at_noon(step)
    person = await step.person(CHAT).registers()
    await person.say("/consent")
    await person.press("Information: e-mail")
    await person.press("I agree")
    await person.say("Нурланова Қарлығаш Serikqyzy")
    await person.press("Yes, correct")
    await person.say("karlygash.n@mail.kz")
    await person.say(await step.code("karlygash.n@mail.kz"))
    await person.bring(
        contact={"phone_number": "77019876543", "first_name": "Қарлығаш", "user_id": int(CHAT)}
    )
    await gives(person, "promotion-telegram")
    await prepare(step, person, "informing-email", f"Dear {VALUES[0]}")
    await person.say("STOP")
    await step.courier()
    await step.caretaker()
    # An unfinished flow waits with what was typed in it, and a message waits with its address and words.
    await person.say("/verify")
    await person.say("/stop")
    await step.person("5009").say("Serikqyzy")


async def test_p25_the_file_of_the_store_names_nobody(
    doorstep: Doorstep, caplog: pytest.LogCaptureFixture
) -> None:
    """P25: in the bytes of the SQLite file and of the log no name, mailbox, phone or chat of the day can be read."""
    caplog.set_level(logging.DEBUG)
    await a_day(doorstep)
    assert readable(files(doorstep.url), VALUES) == []
    assert readable(caplog.text.encode(), VALUES) == []
    # The search finds a value that does stand there.
    with closing(sqlite3.connect(sqlite_path(doorstep.url), isolation_level=None)) as connection:
        connection.execute("INSERT INTO facts (name, value) VALUES ('canary', ?)", (CANARY,))
    assert readable(files(doorstep.url), [CANARY, *VALUES]) == [CANARY]


async def test_p25_what_waits_is_sealed_too(doorstep: Doorstep) -> None:
    """P25: the words of an open question, the address and text of a message that has not left."""
    aigul = await doorstep.person(CHAT).registers()
    await aigul.say("/consent")
    await aigul.press("Information: e-mail")
    await aigul.press("I agree")
    await aigul.say("Нурланова Қарлығаш")
    await aigul.press("Yes, correct")
    await aigul.say("karlygash.n@mail.kz")
    waiting = await doorstep.rows("SELECT draft FROM subjects WHERE draft IS NOT NULL")
    letters = await doorstep.rows("SELECT address, body FROM outbox WHERE kind = 'code'")
    assert len(waiting) == len(letters) == 1
    assert readable(files(doorstep.url), VALUES) == []


async def test_p25_a_sealed_value_opens_in_its_own_cell_alone(doorstep: Doorstep) -> None:
    """P25: a value copied to another row, column or table, or changed by a bit, does not open."""
    await a_day(doorstep)
    rows = await doorstep.rows("SELECT id, value FROM profile ORDER BY id")
    vault = doorstep.desk.vault
    assert vault.unseal("profile", "value", rows[0].id, rows[0].value) in VALUES
    flipped = rows[0].value[:-1] + bytes((rows[0].value[-1] ^ 1,))
    for cell, value in [
        (("profile", "value", rows[1].id), rows[0].value),
        (("profile", "field", rows[0].id), rows[0].value),
        (("contacts", "value", rows[0].id), rows[0].value),
        (("profile", "value", rows[0].id), flipped),
    ]:
        with pytest.raises(Unreadable):
            vault.unseal(*cell, value)


async def test_p25_people_are_found_by_a_keyed_hash(doorstep: Doorstep) -> None:
    """P25: the look-up value is 32 bytes that nobody computes without the key, and differs per channel."""
    await a_day(doorstep)
    hashes = [row.hash for row in await doorstep.rows("SELECT hash FROM contacts")]
    assert {len(found) for found in hashes} == {32}
    assert doorstep.desk.vault.find("telegram", CHAT) in hashes
    assert doorstep.desk.vault.find("phone", CHAT) not in hashes


def test_p25_a_traceback_in_the_log_keeps_places_and_loses_words(tmp_path: Path) -> None:
    """P25: faults quote values; the log keeps where they happened and what kind they were."""
    formatter = Redacting("%(message)s")
    try:
        raise ValueError(f"duplicate key: {VALUES[3]}")
    except ValueError as fault:
        record = logging.LogRecord("kelisim", logging.ERROR, __file__, 1, "update %s failed", (7,), None)
        record.exc_info = (type(fault), fault, fault.__traceback__)
    line = formatter.format(record)
    assert "ValueError" in line and "test_p25_protection.py" in line
    assert readable(line.encode(), VALUES) == []


async def test_p25_every_look_of_staff_is_written_down_and_read_by_the_person(
    each_doorstep: Doorstep,
) -> None:
    """P25, T-STAFF-01: a letter about a request is a look: a row, an entry of the ledger, and a line the person reads."""
    at_noon(each_doorstep)
    aigul, dias = (
        await each_doorstep.person("aigul").registers(),
        await each_doorstep.person("dias").registers("ru"),
    )

    def ask(visit: Visit) -> str:
        return handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="Where?")).number

    number: str = await each_doorstep.keep(ask, aigul)
    assert "Nobody yet" in (await aigul.press(data="dlook:en::")).text
    await each_doorstep.courier("email")
    seen = (await aigul.press(data="dlook:en::")).text
    assert number in seen and "a member of staff" in seen
    journal = await each_doorstep.rows(
        "SELECT what FROM ledger WHERE number = :number AND verb = 'used'", number=number
    )
    assert [tuple(row) for row in journal] == [("shown letter",)]
    assert number not in (await dias.press(data="dlook:ru::")).text
