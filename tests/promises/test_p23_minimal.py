"""P23 (clauses 5.4, 5.5): minimal data: no field without a purpose, no personal column outside the register."""

from sqlalchemy import Integer, LargeBinary, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column
from tests.doorstep import Doorstep
from tests.promises.stories import gives

from kelisim.desk import operator as operators
from kelisim.store.models import REGISTER, Base, Personal, personal, plain

SECRETS = {
    "codes.mac",
    "consent_records.receipt",
    "links.token",
    "links.browser",
}  # hashes of random values: they lead to nobody
HIDING = {
    "subjects.draft",
    "contacts.address",
    "profile.value",
    "outbox.address",
    "outbox.body",
    "parked.body",
}


def undeclared(metadata: MetaData) -> list[str]:
    """Columns declared neither as personal nor as plain, and binary ones said to be plain."""
    found = []
    for table in metadata.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            declared = column.info.get("personal", "missing")
            binary = isinstance(column.type, LargeBinary) and name not in SECRETS
            if declared == "missing" or (binary and not isinstance(declared, Personal)):
                found.append(name)
    return found


def test_p23_every_column_says_whether_it_is_about_a_person() -> None:
    """P23: no column escapes the register: what is sealed or hashed is personal, with why and what erasure does."""
    assert undeclared(Base.metadata) == []
    assert set(REGISTER) >= HIDING
    assert [
        name for name, entry in REGISTER.items() if not (entry.why and entry.access and entry.erasure)
    ] == []


def test_p23_a_column_that_says_nothing_is_found() -> None:
    """P23: the check above can fail."""

    class Other(DeclarativeBase):
        pass

    class Diary(Other):
        __tablename__ = "diary"
        id = plain(Integer, primary_key=True)
        mood = mapped_column(LargeBinary)
        words = plain(LargeBinary)
        mail = personal(LargeBinary, why="a test")

    assert Diary.__tablename__ == "diary"
    assert undeclared(Other.metadata) == ["diary.mood", "diary.words"]


async def test_p23_every_field_that_is_kept_belongs_to_a_purpose_that_was_given(doorstep: Doorstep) -> None:
    """P23: after all four consents Aigul's fields are those of her purposes and the schema has room for no other."""
    aigul = await doorstep.person("aigul").registers()
    given = {"desk", "informing-telegram", "informing-email", "promotion-telegram", "promotion-email"}
    for purpose in sorted(given - {"desk"}):
        await gives(aigul, purpose, address="aigul@mail.kz", name="Nurlanova Aigul Serikqyzy")
    fields = {row.field for row in await doorstep.rows("SELECT field FROM profile")}
    channels = {row.channel for row in await doorstep.rows("SELECT channel FROM contacts")}
    kept = fields | {{"telegram": "telegram_id"}.get(channel, channel) for channel in channels}
    asked = {datum for code in given for datum in doorstep.desk.operator.pairs[code].data}
    assert {"surname", "telegram_id", "email"} <= kept <= asked
    columns = {name.partition(".")[2] for name in REGISTER if name != "attachments.name"}  # of a file
    assert columns.isdisjoint({"surname", "phone", "name", "iin", "birthday", "username", "first_name"})


async def test_p23_a_purpose_asks_for_its_own_data_only(doorstep: Doorstep) -> None:
    """P23: informing in Telegram asks for nothing, promotion by mail for no phone."""
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-telegram")  # no name, no address: it would not have been ✔ otherwise
    assert await doorstep.rows("SELECT field FROM profile") == []
    await aigul.say("/consent")
    await aigul.press("Promotion: e-mail")
    await aigul.press("I agree")
    await aigul.say("Nurlanova Aigul")
    await aigul.press("Yes, correct")
    await aigul.say("aigul@mail.kz")
    said = await aigul.say(await doorstep.code("aigul@mail.kz"))
    assert "Consent recorded" in said.text  # and no question about a phone
    sample = operators.load(None)
    assert "phone" not in sample.pairs["promotion-email"].data
    assert sample.pairs["informing-telegram"].needs == ()


async def test_p23_what_telegram_tells_unasked_is_not_kept(doorstep: Doorstep) -> None:
    """P23: first name and language of the client come with every update; the store has neither the name nor a trace."""
    saule = await doorstep.person("saule").registers()
    saule.first_name = "Canarianna"
    await saule.say("/menu")
    await saule.bring(location={"latitude": 43.25, "longitude": 76.95})
    dump = [
        str(row)
        for table in Base.metadata.sorted_tables
        for row in await doorstep.rows(f"SELECT * FROM {table.name}")
    ]
    assert len(dump) > 10
    assert [row for row in dump if "Canarianna" in row or "43.25" in row] == []
