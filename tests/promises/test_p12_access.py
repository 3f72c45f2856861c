"""P12 (clauses 3.2, 4.1): information about processing on request, in an accessible form, free, without other people's data."""

import html
import json
from datetime import UTC, date, datetime

import pytest
from tests.desk import fullness
from tests.doorstep import Doorstep, Person
from tests.promises.stories import at, at_noon, gives

from kelisim.desk import access, cases, files, staff, viewings
from kelisim.desk.visit import Visit
from kelisim.texts import LOCALES, _, speaking

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
NAMES = {"kk": "Нұрланова Айгүл", "ru": "Нурланова Айгуль", "en": "Nurlanova Aigul"}


async def known(step: Doorstep, locale: str) -> Person:
    """Aigul with a consent, a proved mailbox, a request, and a look of staff at it."""
    aigul = await step.person("aigul").registers(locale)
    await gives(aigul, "informing-email", locale, address="aigul@mail.kz", name=NAMES[locale])

    def work(visit: Visit) -> None:
        case = cases.begin(visit, cases.QUESTION, words="Менің сөзім, мои слова, my words")
        viewings.note(visit, ERLAN, viewings.CASE, "a look", case.number)

    await step.keep(work, aigul)
    return aigul


def foretold(step: Doorstep, locale: str) -> list[str]:
    """What law and policy want to be told, as the operator file says it: purpose, basis, methods, recipients, countries."""
    operator, said = step.desk.operator, step.desk.shelf.phrases(locale)
    purpose, mail = operator.purposes["informing"], operator.recipients["mail"]
    return [purpose.why.to(locale), purpose.basis.to(locale), said.verbs["anonymised"], said.verbs["used"],
            operator.recipients["telegram"].country.to(locale), mail.name.to(locale)]  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES)
async def test_p12_the_card_tells_everything_at_once(doorstep: Doorstep, locale: str) -> None:
    """P12: /mydata answers at once: list, proof, source, purpose, basis, methods, period, recipients, viewings."""
    at_noon(doorstep)
    aigul = await known(doorstep, locale)
    said = await aigul.say("/mydata")
    told = said.text
    with speaking(locale):
        further = _("Next page")
    while further in said.buttons:
        said = await aigul.press(further)
        told += said.text
    for words in (
        *foretold(doorstep, locale),
        "a…l@mail.kz",
        doorstep.desk.shelf.phrases(locale).data["surname"],
    ):
        assert words.casefold() in told.casefold(), words
    assert NAMES[locale].split()[0] not in told  # masked until it is asked for
    assert await doorstep.rows("SELECT count(*) FROM cases WHERE kind = 'access'") == [
        (0,)
    ]  # nothing was waited for


@pytest.mark.parametrize("locale", LOCALES)
async def test_p12_the_file_tells_everything_in_each_form(doorstep: Doorstep, locale: str) -> None:
    """P12: the whole file to read, for paper and for machines, made for the chat that asked and for nobody else."""
    at_noon(doorstep)
    aigul = await known(doorstep, locale)
    await doorstep.person("dias").registers("ru")
    await doorstep.keep(lambda visit: fullness.fill(visit, "dias", "dias@mail.kz"), doorstep.person("dias"))
    await aigul.press(data=f"dfdo:{locale}::here")
    parcels = [parcel for parcel in await doorstep.courier("telegram") if parcel.message.kind == files.FILE]
    assert {parcel.address for parcel in parcels} == {"5001"}
    assert {parcel.body["part"] for parcel in parcels} == set(access.PARTS)
    number = parcels[0].message.number

    def gather(visit: Visit) -> files.Facts:
        visit.locale = locale
        found = files.gather(visit, access.USE, number)
        assert found is not None
        return found

    facts: files.Facts = await doorstep.keep(gather, aigul)
    made = {part: files.make(access.USE, part, facts) for part in access.PARTS}
    if "pdf" in made:
        assert made["pdf"].startswith(b"%PDF-")
    for part in ("html", "json"):
        words = html.unescape(made[part].decode())
        wanted = [
            *foretold(doorstep, locale),
            "aigul@mail.kz",
            *NAMES[locale].split(),
            "my words",
            "5001",
            "a look",
        ]
        assert [each for each in wanted if each not in words] == [], part
        assert "erlan" not in words and "5002" not in words and "Of Dias" not in words
    told = json.loads(made["json"])
    assert {each["source"] for each in told["held"]} == {"telegram"} and told["purposes"][0]["last_day"]


@pytest.mark.parametrize(
    "ordered, due",
    [(date(2026, 11, 20), "Wednesday 25 November 2026"), (date(2026, 3, 20), "Monday 30 March 2026")],
)
async def test_p12_a_file_is_a_request_with_a_number_and_three_working_days_at_most(
    each_doorstep: Doorstep, ordered: date, due: str
) -> None:
    """P12, LAW D1: the file comes at once; the request it answers has a number and the date the law gives."""
    at(each_doorstep, datetime(ordered.year, ordered.month, ordered.day, 7, tzinfo=UTC))
    aigul = await each_doorstep.person("aigul").registers()
    said = await aigul.press(data="dfdo:en::here")
    assert due in said.text and said.number.startswith("K-")
    rows = await each_doorstep.rows("SELECT kind, state, number FROM cases")
    assert [tuple(row) for row in rows] == [("access", "done", said.number)]
