"""Access: the file says everything that is held of one person, in three languages, and nothing of anybody else's."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest
from tests.desk import fullness, schemas
from tests.doorstep import Doorstep, Person

from kelisim.desk import access, cases, chapters, files, outbox, papers, subjects, viewings
from kelisim.desk import attachments as papers_of
from kelisim.desk.dossiers import PAGE, Rows
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, Visit
from kelisim.store.models import REGISTER, Representation
from kelisim.texts import LOCALES

SCHEMA = json.loads(
    resources.files("kelisim.desk").joinpath("access.schema.json").read_text(encoding="utf-8")
)
STAFF = ("erlan@alit.kz", "gulnar@alit.kz", "Erlan Akhmetov", "Gulnar Iskakova", "root as")


async def told(step: Doorstep, person: Person, locale: str = "en") -> dict[str, Any]:
    """The facts of a person's file."""

    def work(visit: Visit) -> dict[str, Any]:
        visit.locale = locale
        found = files.gather(visit, access.USE, fullness.access_case(visit))
        assert found is not None
        return found

    facts: dict[str, Any] = await step.keep(work, person)
    return facts


async def filled(step: Doorstep, key: str, mailbox: str) -> tuple[Person, dict[str, str]]:
    """A registered person of whom everything is held."""
    person = await step.person(key).registers()
    marks: dict[str, str] = await step.keep(lambda visit: fullness.fill(visit, key, mailbox), person)
    return person, marks


def parts(facts: dict[str, Any]) -> dict[str, str]:
    """The readable parts of a file."""
    return {"html": access.as_html(facts).decode(), "json": access.as_json(facts).decode()}


def test_every_column_the_register_calls_shown_has_a_chapter() -> None:
    """P12, P23: a personal column that is to be shown cannot be forgotten by the file."""
    shown = {
        name for name, entry in REGISTER.items() if entry.access.startswith(("shown", "said", "role only"))
    }
    assert chapters.TOLD_IN.keys() == shown
    assert {"held", "requests", "aside"} <= set(chapters.TOLD_IN.values())


def test_every_chapter_named_for_a_column_is_in_the_file() -> None:
    assert set(chapters.TOLD_IN.values()) <= {
        chapter.id for chapter in chapters.of({"purposes": [], "ledger": []})
    }


async def test_the_file_tells_every_shown_column(each_doorstep: Doorstep) -> None:
    """P12: each value that is held stands in the file, in the part to read and in the part for machines."""
    aigul, marks = await filled(each_doorstep, "aigul", "aigul@mail.kz")
    facts = await told(each_doorstep, aigul)
    assert (
        marks.keys() | fullness.IN_OTHER_WORDS
        == {
            name for name, entry in REGISTER.items() if entry.access.startswith(("shown", "said", "role only"))
        }
    )  # fmt: skip
    for part, words in parts(facts).items():
        assert [name for name, mark in marks.items() if mark not in words] == [], part
        assert "Answer to aigul" in words
    page = parts(facts)["html"]
    for said in ("Surname", "a member of staff", "These data must stay for a time", "Someone may act for you",
                 "Two records were found to be yours", "A one-time link was made on", "1 KB", "SHA-256"):  # fmt: skip
        assert said in page, said
    assert "5001" in page  # the chat itself


async def test_what_staff_have_not_sent_yet_is_not_in_the_file(each_doorstep: Doorstep) -> None:
    """A reply that waits is no answer; once it is released its file stands there, under a name that names nobody."""
    aigul, _marks = await filled(each_doorstep, "aigul", "aigul@mail.kz")
    facts = await told(each_doorstep, aigul)
    (request,) = [each for each in facts["requests"] if each["attachments"]]
    assert [file["way"] for file in request["attachments"]] == ["in"]
    (taken,) = facts["letters"]
    assert (taken["number"], taken["original"]) == (request["number"], True)
    for words in parts(facts).values():
        assert ("Not yet said to" not in words and "is kept" in words) or words.startswith("{")

    (reply,) = await each_doorstep.rows("SELECT id FROM replies")
    assert await each_doorstep.keep(lambda visit: papers_of.release(visit, reply.id), aigul) == 1
    facts = await told(each_doorstep, aigul)
    (request,) = [each for each in facts["requests"] if each["attachments"]]
    assert [(file["way"], file["name"]) for file in request["attachments"]][1] == (
        "out",
        f"{request['number']}.1.pdf",
    )
    for words in parts(facts).values():
        assert "Not yet said to" not in words and f"{request['number']}.1.pdf" in words


async def test_nothing_of_anybody_else_is_in_the_file(each_doorstep: Doorstep) -> None:
    """T-ID-06, I2: mother and daughter share a mailbox; their files have nothing else in common."""
    mother, hers = await filled(each_doorstep, "aigul", "family@mail.kz")
    daughter, other = await filled(each_doorstep, "saule", "family@mail.kz")
    first, second = parts(await told(each_doorstep, mother)), parts(await told(each_doorstep, daughter))
    assert {name for name in hers if hers[name] == other[name]} == {"contacts.address", "outbox.address"}
    for part in first:
        assert [mark for mark in other.values() if mark in first[part] and "family" not in mark] == []
        assert [mark for mark in hers.values() if mark in second[part] and "family" not in mark] == []
        assert "5003" not in first[part] and "5001" not in second[part]
        assert "to saule" not in first[part]


async def test_no_name_of_staff_and_no_note_among_them_is_in_the_file(each_doorstep: Doorstep) -> None:
    """T-STAFF-01: the person reads a role; the responsible person alone is named, as the policy names them."""
    aigul, _marks = await filled(each_doorstep, "aigul", "aigul@mail.kz")

    def look(visit: Visit) -> None:
        viewings.note(
            visit, fullness.GULNAR, viewings.CASE, "Gulnar Iskakova (sample) wrote to erlan@alit.kz"
        )

    await each_doorstep.keep(look, aigul)
    facts = await told(each_doorstep, aigul)
    assert len(facts["viewings"]) == 2
    for part, words in parts(facts).items():
        assert [name for name in STAFF if name in words] == [], part
        assert "Among staff about" not in words
        assert "wrote to" in words


@pytest.mark.parametrize("locale, words", [("kk", "Мәтіні"), ("ru", "Текст")])
async def test_languages_and_unfinished_words_are_called_by_their_names(
    doorstep: Doorstep, locale: str, words: str
) -> None:
    aigul, marks = await filled(doorstep, "aigul", "aigul@mail.kz")
    page = parts(await told(doorstep, aigul, locale))["html"]
    assert ">English<" in page and ">en<" not in page and ">words<" not in page
    assert f">{words}</dt>" in page.split(marks["subjects.draft"])[0][-200:]


async def test_a_code_that_waits_is_not_in_the_file(doorstep: Doorstep) -> None:
    """T-ID-03: the file goes to the chat, the code to the mailbox: one must not carry the other."""
    aigul, _marks = await filled(doorstep, "aigul", "aigul@mail.kz")
    facts = await told(doorstep, aigul)
    assert "code" in [each["kind"] for each in facts["messages"]]
    for words in parts(facts).values():
        assert "987123" not in words


async def test_what_a_representative_asked_keeps_silent_about_whom(each_doorstep: Doorstep) -> None:
    """T-ID-06, P18: her own words are hers; the other's name, address and the answer are not."""
    saule = await each_doorstep.person("saule").registers()

    def work(visit: Visit) -> None:
        facts = {"role": "parent", "whom": "Kairat Nurlanov", "reach": "kairat@mail.kz"}
        case = cases.begin(visit, cases.REPRESENTATION, words="I ask as a parent", facts=facts)
        cases.say(visit, case, cases.OUT, "Kairat lives in Almaty")
        visit.add(Representation, case_id=case.id, representative_id=visit.known.id, subject_id=7, role="parent",
                  state="accepted", until=None, discloses_on=None, warned_at=None, since=visit.at)  # fmt: skip

    await each_doorstep.keep(work, saule)
    for words in parts(await told(each_doorstep, saule)).values():
        assert "I ask as a parent" in words
        assert [said for said in ("Kairat", "kairat@mail.kz", "Almaty time")[:2] if said in words] == []


async def test_a_file_is_had_by_its_own_person_and_by_an_access_request_alone(
    each_doorstep: Doorstep,
) -> None:
    """I2: another's number, a number of another kind and no number at all give nothing."""
    aigul, _marks = await filled(each_doorstep, "aigul", "aigul@mail.kz")
    dias = await each_doorstep.person("dias").registers("ru")
    number: str = await each_doorstep.keep(fullness.access_case, aigul)
    question: str = await each_doorstep.keep(
        lambda visit: cases.begin(visit, cases.QUESTION, words="?").number, aigul
    )

    async def has(person: Person, ref: str) -> bool:
        found = await each_doorstep.keep(
            lambda visit: files.gather(visit, access.USE, ref) is not None, person
        )
        return bool(found)

    assert await has(aigul, number)
    assert [await has(dias, number), await has(aigul, question), await has(aigul, "K-000000000")] == [
        False
    ] * 3


async def test_a_damaged_seal_costs_one_value_and_not_the_file(doorstep: Doorstep) -> None:
    aigul, marks = await filled(doorstep, "aigul", "aigul@mail.kz")

    def damage(visit: Visit) -> None:
        visit.connection.exec_driver_sql("UPDATE profile SET value = CAST(x'01' || randomblob(60) AS BLOB)")
        visit.connection.exec_driver_sql("UPDATE viewings SET reason = CAST(x'01' || randomblob(60) AS BLOB)")

    await doorstep.keep(damage)
    facts = await told(doorstep, aigul)
    page = parts(facts)["html"]
    assert "cannot be read any more" in page and marks["case_messages.body"] in page
    assert schemas.faults(json.loads(access.as_json(facts)), SCHEMA) == []


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_part_for_machines_is_what_its_schema_says(each_doorstep: Doorstep, locale: str) -> None:
    """P12: the schema is published with the program and named in the file."""
    aigul, _marks = await filled(each_doorstep, "aigul", "aigul@mail.kz")
    made = json.loads(access.as_json(await told(each_doorstep, aigul, locale)))
    assert schemas.faults(made, SCHEMA) == []
    assert (made["$schema"], made["version"], made["language"]) == (SCHEMA["$id"], 1, locale)
    assert all(made[name] for name in SCHEMA["required"] if name not in ("stops", "erasures", "trial"))


async def test_the_schema_can_say_no(doorstep: Doorstep) -> None:
    aigul = await doorstep.person("aigul").registers()
    made = json.loads(access.as_json(await told(doorstep, aigul)))
    assert schemas.faults(made, SCHEMA) == []
    for broken in ({**made, "version": 2}, {**made, "more": 1}, {**made, "made_at": "today"},
                   {**made, "held": [{}]}, {**made, "retention": {**made["retention"], "logs_days": True}}):  # fmt: skip
        assert schemas.faults(broken, SCHEMA) != []
    del made["consents"]
    assert schemas.faults(made, SCHEMA) == [".consents is missing"]


HOSTILE = '</p><script>alert(1)</script><img src=x onerror=y>{0.__class__}{{7*7}}=HYPERLINK("x") #import $1$ **b** \u202e\x00'


class Reader(HTMLParser):
    """Tags, attributes and words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data


async def test_what_was_typed_is_inert_in_every_part(doorstep: Doorstep) -> None:
    """T-WEB-10, T-CHAT-09: a name or a word that looks like HTML, Typst, a formula or a format string stays letters."""
    aigul = await doorstep.person("aigul").registers()

    def work(visit: Visit) -> None:
        subjects.keep_field(visit, "surname", HOSTILE)
        case = cases.begin(visit, cases.CORRECTION, words=HOSTILE, facts={"after": HOSTILE})
        cases.say(visit, case, cases.OUT, HOSTILE)
        viewings.note(visit, fullness.GULNAR, viewings.DATA, HOSTILE)
        outbox.post(visit, "broadcast", EMAIL, {"subject": "s", "text": HOSTILE}, purpose="informing-email")

    await doorstep.keep(work, aigul)
    facts = await told(doorstep, aigul)
    page = access.as_html(facts).decode()
    reader = Reader()
    reader.feed(page)
    plain = HOSTILE.replace("\x00", "")
    assert reader.words.count(plain) == 6
    assert reader.tags & {"script", "img", "link", "iframe", "form", "object", "base"} == set()
    assert reader.attributes <= {"lang", "charset", "name", "content", "http-equiv", "aria-label", "href", "id", "scope",
                                 "data-head", "class"}  # fmt: skip
    assert "url(" not in page and 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in page
    assert json.loads(access.as_json(facts))["requests"][0]["words"][0]["words"] == HOSTILE
    if papers.able():
        assert access.as_pdf(facts).startswith(b"%PDF-")


async def test_paper_holds_so_much_and_says_where_the_rest_stands(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("typst")
    aigul, _marks = await filled(doorstep, "aigul", "aigul@mail.kz")
    facts = await told(doorstep, aigul)
    bound: list[Any] = []

    def book(*told: Any) -> bytes:
        bound.append(told)
        return b"%PDF-"

    monkeypatch.setattr(papers, "book", book)
    access.as_pdf(facts)
    monkeypatch.setattr(access, "ON_PAPER", 3)
    access.as_pdf(facts)
    whole, short = bound
    rows = [
        sum(len(piece.get("rows", ())) for _title, pieces in each[4] for piece in pieces) for each in bound
    ]
    assert rows[0] > 10 and rows[1] <= 3
    assert len(short[3]) == len(whole[3]) + 1 and "more than paper holds" in short[3][-1]


def test_rows_come_out_as_they_went_in_however_many() -> None:
    rows = Rows()
    for n in range(2 * PAGE + 7):
        rows.add({"n": n, "words": "Сәлем"})
    assert len(rows) == 2 * PAGE + 7
    assert [row["n"] for row in rows] == list(range(2 * PAGE + 7)) == [row["n"] for row in rows]


async def test_more_rows_than_one_page_are_all_told(each_doorstep: Doorstep) -> None:
    aigul = await each_doorstep.person("aigul").registers()
    count = PAGE + 3

    def work(visit: Visit) -> None:
        case = cases.begin(visit, cases.QUESTION)
        for n in range(count):
            cases.say(visit, case, cases.IN, f"word {n} end")

    await each_doorstep.keep(work, aigul)
    page = parts(await told(each_doorstep, aigul))["html"]
    assert [n for n in range(count) if page.count(f"word {n} end") != 1] == []


async def test_what_goes_where_depends_on_its_weight_and_the_age_of_the_mailbox(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-ID-08: a mailbox proved less than 72 hours ago gets no file; SCREENS 3.5: over 20 MB not to the chat."""
    aigul = await doorstep.person("aigul").registers()

    async def ways() -> access.Ways:
        found: access.Ways = await doorstep.keep(access.ways, aigul)
        return found

    assert (await ways()).mailbox is None and (await ways()).young_until is None and not (await ways()).link
    await doorstep.keep(lambda visit: subjects.keep_email(visit, Email("a@mail.kz", "a@mail.kz")), aigul)
    proved = doorstep.desk.clock.now()
    young = await ways()
    assert young.mailbox is None and young.young_until is not None
    assert abs((young.young_until - proved).total_seconds() - 72 * 3600) < 60
    doorstep.later(hours=72, minutes=-1)
    assert (await ways()).mailbox is None
    doorstep.later(minutes=2)
    assert (mailbox := (await ways()).mailbox) is not None and mailbox.value == "a@mail.kz"
    doorstep.desk.url = "https://k.example"
    monkeypatch.setattr(access, "CHAT_LIMIT", 100)
    monkeypatch.setattr(access, "MAIL_LIMIT", 100)
    heavy = await ways()
    assert (heavy.link, heavy.mailbox, heavy.chat) == (True, None, False)


async def test_the_weight_is_no_less_than_the_largest_part(each_doorstep: Doorstep) -> None:
    aigul, _marks = await filled(each_doorstep, "aigul", "aigul@mail.kz")

    def work(visit: Visit) -> int:
        case = cases.begin(visit, cases.QUESTION)
        for _n in range(400):
            cases.say(visit, case, cases.IN, "Сәлеметсіз бе? " * 20)
        return access._weight(visit)

    weight: int = await each_doorstep.keep(work, aigul)
    made = parts(await told(each_doorstep, aigul))
    assert weight > max(len(words.encode()) for words in made.values()) * 0.9
