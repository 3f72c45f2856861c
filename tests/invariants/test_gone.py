"""I8: after a certificate nothing of the person is left, in any table, in any byte of the files, by any key."""

from __future__ import annotations

import sqlite3
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from aiogram.types import Update
from sqlalchemy import text
from tests.desk import fullness
from tests.doorstep import Doorstep
from tests.invariants import remains
from tests.invariants.canaries import leaks
from tests.invariants.residents import Resident, Values, resident
from tests.mail.post import bring
from tests.mail.postbag import believing

from kelisim.checks import Section, _in_store
from kelisim.desk import (
    attachments,
    cases,
    consents,
    decisions,
    gates,
    handoffs,
    holds,
    ledger,
    outbox,
    staff,
    subjects,
    suppressions,
    viewings,
)
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.database import sqlite_path
from kelisim.store.models import Consent
from kelisim.telegram import repeats

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
WORDS = ["Тіректелгенқызғалдақ", "Бұғатсебебімқарлығаш", "Көрунегізіқараторғай", "Ұсталымсебебіақсұңқар", "Жауаптағысөзбозторғай",
         "Тоқтағанбастауақкептер", "Файлішіндегіжұмбақ", "құжататы-көгершін.pdf", "Өкілдікқағазытырна",
         "Хатпенжазғанбүркіт", "Қызметкердіңжобасықырғи"]  # fmt: skip
QUESTION, REASON, LOOK, HOLD, ANSWER, DRAFT, PARKED, FILE, REP, BYLETTER, DRAFTED = WORDS


def theirs(values: Values) -> list[str | int]:
    """Everything this person and staff ever said of them."""
    return [*values.canaries(), *WORDS]


async def lives(step: Doorstep, aigul: Resident) -> None:
    """Fill every table there is with the person's values, through the doors where there is a door for it."""
    await aigul.registers("kk")
    for pair in ("informing-email", "promotion-telegram"):
        await aigul.gives(pair, phone=True)
    person = aigul.person

    async def file(_id: str) -> bytes:
        return b"%PDF-1.7 " + FILE.encode() * 40

    step.door.fetch = file
    await aigul.say("/ask")
    await aigul.tap("askq")
    await aigul.say(QUESTION)
    await aigul.tap("askdoc")
    await person.bring(
        document={
            "file_id": "1",
            "file_unique_id": "1",
            "file_name": "құжататы-көгершін.pdf",
            "file_size": 400,
        }
    )
    await aigul.say("/menu")

    def asks(visit: Visit) -> str:
        case = cases.begin(visit, cases.QUESTION, words=QUESTION, facts={"what": QUESTION})
        attachments.keep(visit, "құжататы-көгершін.pdf", b"%PDF-1.7 " + FILE.encode() * 400)
        attachments.adopt(visit, case)
        handoffs.send(visit, case)
        return case.number

    question = await step.keep(asks, person)
    await writes(step, aigul, question)
    await step.keep(lambda visit: decisions.answer(visit, question, ANSWER, ERLAN))
    await aigul.say("/block")
    await aigul.tap("blckwy")
    await aigul.say(REASON)

    def looked(visit: Visit) -> None:
        viewings.note(visit, ERLAN, viewings.DATA, LOOK)
        hold = holds.place(visit, "law", HOLD, ERLAN)
        holds.lift(visit, hold, ERLAN)

    await step.keep(looked, person)
    await aigul.say("/block")
    await aigul.say("/menu")
    await aigul.tap("freeze")
    await aigul.tap("unblck")
    await aigul.say("/represent")
    await aigul.tap("repas")
    await aigul.say(REP)
    update = Update.model_validate({"update_id": 990_001, "message": person.written(text=PARKED)})

    def parks(visit: Visit) -> None:
        for _try in range(repeats.TRIES):
            repeats.failed(visit, step.door.source, update, "message", "ValueError")

    await step.keep(parks, person)
    await step.keep(
        lambda visit: outbox.post(visit, "broadcast", EMAIL, {"text": aigul.values.line}, purpose="informing-email",
                                  address=aigul.values.email), person
    )  # fmt: skip
    await aigul.say("/ask")
    await aigul.tap("askq")
    await aigul.say(DRAFT)


async def writes(step: Doorstep, aigul: Resident, question: str) -> None:
    """By letter too: an answer to a letter of ours, with a file; and staff have a draft for them with another."""
    letter = EmailMessage()
    letter["From"], letter["To"] = f"{aigul.values.surname} <{aigul.values.email}>", "info@alit.kz"
    letter["Subject"], letter["Message-ID"] = BYLETTER, "<gone@mail.kz>"
    letter["Date"] = "Mon, 23 Nov 2026 09:00:00 +0500"
    letter.set_content(f"{BYLETTER}. {QUESTION}")
    letter.add_attachment(
        b"%PDF-1.7 " + FILE.encode() * 40, maintype="application", subtype="pdf", filename=WORDS[7]
    )
    step.desk.operator = believing("mx.alit.kz")
    vouched = f"Authentication-Results: mx.alit.kz; dmarc=pass header.from={aigul.values.email.rpartition('@')[2]}\r\n"
    handled = await bring(step, vouched.encode() + letter.as_bytes(policy=SMTP))
    assert handled.ours and handled.case_id is not None
    letter.replace_header("Message-ID", "<gone-2@mail.kz>")
    letter.replace_header("Date", "Mon, 23 Nov 2026 09:01:00 +0500")
    handled = await bring(step, letter.as_bytes(policy=SMTP))  # nobody vouches: a record of letters alone
    assert handled.ours and handled.case_id is not None

    def draft(visit: Visit) -> None:
        fullness.draft(visit, cases.known(visit, question), DRAFTED)

    await step.keep(draft, aigul.person)
    held = await step.rows("SELECT content FROM letters")
    assert len(held) == 2 and all(each.content is not None for each in held)


async def erased(step: Doorstep, aigul: Resident) -> str:
    """Delete for good, let the day of regret pass, and read the certificate's number from the last message."""
    await aigul.say("/delete")
    await aigul.tap("erasdo")
    assert aigul.said.text.startswith("✔"), aigul.said.text
    step.later(hours=24, minutes=1)
    await step.courier()
    await step.caretaker()
    await step.courier()
    step.later(seconds=20)
    last = [parcel for parcel in await step.courier(TELEGRAM) if parcel.address == str(aigul.values.id)]
    assert len(last) == 1, "the certificate is not the last message"
    return last[0].message.number


def gone_of(before: dict[str, list[bytes]], after: dict[str, list[bytes]]) -> list[bytes]:
    """Sealed cells and keyed hashes that were there and are nowhere any more (the hash of a stop stays, as it must)."""
    left = {value for values in after.values() for value in values}
    return [value for values in before.values() for value in values if len(value) >= 29 and value not in left]


@pytest.mark.timeout(120)
async def test_nothing_of_an_erased_person_is_left_in_any_table_or_byte(each_doorstep: Doorstep) -> None:
    """Canaries through the doors, erasure, the certificate; then every table by all keys and every byte of the files."""
    step = each_doorstep
    aigul, dias = resident(step, "aigul"), resident(step, "dias")
    await lives(step, aigul)
    await dias.registers("ru")
    await dias.gives("informing-email")
    await step.courier()
    planted = {value for value, _form in await remains.found(step, theirs(aigul.values))}
    wanted = {
        str(aigul.values.id),
        aigul.values.surname,
        aigul.values.email,
        aigul.values.phone,
        *WORDS[:5],
        BYLETTER,
        DRAFT,
        PARKED,
        FILE,
    }
    assert wanted - planted == set(), "too little was planted to prove anything"
    before = await remains.cells(step)

    number = await erased(step, aigul)
    assert number.startswith("E-")
    assert await remains.found(step, theirs(aigul.values)) == []
    assert {value for value, _form in await remains.found(step, [dias.values.email])} == {dias.values.email}
    after = await remains.cells(step)
    gone = gone_of(before, after)
    assert len(gone) > 20
    if step.url.startswith("sqlite"):
        folder = sqlite_path(step.url).parent
        for path in folder.glob("kelisim.db*"):
            assert leaks(path.read_bytes(), theirs(aigul.values)) == [], path.name
        await rounds(step)
        assert await step.database.let_go()
        assert remains.in_files(folder, gone) == []
    await stands(step)


async def rounds(step: Doorstep) -> None:
    """The caretaker, once the lease of the last one is over."""
    step.later(minutes=2)
    await step.caretaker()


async def stands(step: Doorstep) -> None:
    """The rest of the store is sound: `kelisim check` has no fault, the consents fold, the ledger holds."""
    section = Section("store")
    await rounds(step)
    await step.database.keep(lambda connection: _in_store(section, step.desk, connection))
    assert section.faults == []
    assert await step.keep(consents.differences) == []
    assert await step.keep(ledger.broken) is None


async def test_the_suppression_bites_and_only_a_fresh_act_brings_the_person_back(
    each_doorstep: Doorstep,
) -> None:
    """I8: the stop outlives the person, whatever brings the address back; their own new consent lifts it."""
    step = each_doorstep
    aigul = resident(step, "aigul")
    await aigul.registers("kk")
    await aigul.gives("informing-email")
    address, chat = aigul.values.email, str(aigul.values.id)
    await step.courier()
    await erased(step, aigul)
    vault = step.desk.vault
    stopped = {bytes(row[0]): row[1] for row in await step.rows("SELECT hash, channel FROM suppressions")}
    assert stopped == {vault.find(EMAIL, address): EMAIL, vault.find(TELEGRAM, chat): TELEGRAM}

    assert "«" not in (await aigul.say("/menu")).text and await step.rows("SELECT 1 FROM subjects") == []
    await aigul.registers("kk")

    def standing(visit: Visit) -> tuple[set[str], list[str]]:
        return set(suppressions.stopped(visit)), consents.given(visit)

    assert await step.keep(standing, aigul.person) == ({TELEGRAM}, ["desk"])

    def restored(visit: Visit) -> bool:
        """A copy of yesterday comes back: the same consent, given before the destruction."""
        subjects.keep_email(visit, Email(address, address.casefold()))
        visit.add(
            Consent, subject_id=visit.known.id, purpose="informing-email", state="given", number="C-OLD", version="1.1",
            since=visit.at.replace(year=visit.at.year - 1), valid_until=None,
        )  # fmt: skip
        allowed = gates.allows(visit, "informing-email")
        visit.connection.execute(text("DELETE FROM consents WHERE number = 'C-OLD'"))
        return allowed

    assert not await step.keep(restored, aigul.person)
    await aigul.gives("informing-email")

    def allows(visit: Visit) -> bool:
        return gates.allows(visit, "informing-email")

    assert await step.keep(allows, aigul.person)
    await stands(step)


async def test_an_address_leads_to_nothing_its_person_did(each_doorstep: Doorstep) -> None:
    """T-STORE-11: no number, no moment and no name joins what is left of an address with records, requests or the journal."""
    step = each_doorstep
    aigul = resident(step, "aigul")
    await aigul.registers("kk")
    await aigul.gives("informing-email")
    await aigul.say("STOP")
    await step.courier()
    known = await step.rows("SELECT ref, pseudonym, id FROM subjects")
    await erased(step, aigul)
    left: dict[str, set[Any]] = {}
    for table in ("consent_records", "cases", "ledger", "erasures", "outbox", "case_events"):
        rows = await step.rows(f"SELECT * FROM {table}")
        left[table] = {str(value) for row in rows for value in row if value is not None}
    stops = await step.rows("SELECT number, since FROM suppressions")
    assert len(stops) == 3 and len({row[0] for row in stops}) == 3
    for table, values in left.items():
        assert not values & {str(value) for row in stops for value in row}, table
        assert not values & {known[0].ref, str(known[0].id)}, table
    names = {row[0] for row in await step.rows("SELECT DISTINCT pseudonym FROM ledger")}
    assert known[0].pseudonym in names  # the journal stays, and nothing says whose name it was
    others = {value for table, values in left.items() if table != "ledger" for value in values}
    assert known[0].pseudonym not in others


async def test_a_certificate_waits_for_a_reader_who_still_sees_what_was_destroyed(doorstep: Doorstep) -> None:
    """T-STORE-03: `wal_checkpoint(TRUNCATE)` must have returned 0; the caretaker tries again."""
    step = doorstep
    aigul = resident(step, "aigul")
    await aigul.registers("en")
    await step.courier()
    await aigul.say("/delete")
    await aigul.tap("erasdo")
    step.later(hours=24, minutes=1)
    reader = sqlite3.connect(sqlite_path(step.url), isolation_level=None)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM contacts").fetchone()
        await step.caretaker()
        assert [tuple(row) for row in await step.rows("SELECT stage FROM erasures")] == [("destroyed",)]
        assert not [parcel for parcel in await step.courier() if parcel.message.number.startswith("E-")]
        await rounds(step)
        assert [tuple(row) for row in await step.rows("SELECT stage FROM erasures")] == [("destroyed",)]
    finally:
        reader.close()
    await rounds(step)
    assert [tuple(row) for row in await step.rows("SELECT stage FROM erasures")] == [("certified",)]
    papers = [
        parcel.message.kind for parcel in await step.courier() if parcel.message.number.startswith("E-")
    ]
    assert papers and set(papers) == {"file"}
    step.later(seconds=20)
    assert [parcel.body["text"][:13] for parcel in await step.courier(TELEGRAM)] == ["✔ Certificate"]
