"""Every typed field with every string that looks like an order, and then every output it may come back in (T-CHAT-09, T-WEB-10)."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.attacks.hostile import ERLAN, INJECTIONS, subject_of
from tests.doorstep import Doorstep, Person

from kelisim.desk import access, cases, complaints, decisions, handoffs, inquiries, openings, papers, subjects
from kelisim.desk.visit import Visit
from kelisim.telegram.bot import METHODS
from kelisim.telegram.screens import ASKS, code_of
from kelisim.telegram.wire import utf16

HIDDEN = "\x00\x07\x1b\x7f\x9b\u202e\u2066"


class Reader(HTMLParser):
    """The tags, their attributes and the words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data


def inert(page: bytes) -> Reader:
    """The page, when nothing in it runs, loads or leads away."""
    read = Reader(page.decode())
    assert not read.tags & {
        "script",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "svg",
        "link",
        "video",
        "input",
    }
    assert not [
        name
        for name, _value in read.attributes
        if name.startswith("on") or name in ("src", "style", "action")
    ]
    assert not [value for name, value in read.attributes if name == "href" and not value.startswith("#")]
    assert not any(letter in page.decode() for letter in "\x00\x07\x1b\x7f\x9b")
    return read


def fit(person: Person) -> None:
    """What was answered is plain text within the Bot API's limits, whose parts nobody typed."""
    for call in person.said.calls:
        METHODS[call["method"]](**{name: value for name, value in call.items() if name != "method"})
        assert "parse_mode" not in call
        if "text" in call:
            assert 1 <= utf16(call["text"]) <= 4096
            assert not any(letter in call["text"] for letter in HIDDEN)
            if person.said.buttons and call is person.said.calls[0]:
                entities = call.get("entities", [])
                assert len(entities) <= 1 and all(each["type"] == "bold" for each in entities)
        for row in call.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                assert 1 <= len(button.get("callback_data", "u").encode()) <= 64


FIELDS: dict[str, list[str]] = {
    "name": ["/consent", "Information: e-mail", "I agree"],
    "correct surname": ["/correct", "Surname"],
    "correct other": ["/correct", "Something else"],
    "question": ["/ask", "Ask a question"],
    "complaint": ["/ask", "Complain"],
    "reason of a block": ["/block", "Another reason"],
    "whom": ["/represent", "I am a parent"],
}


@pytest.mark.parametrize("field", FIELDS)
async def test_what_is_typed_into_a_field_comes_back_as_letters(doorstep: Doorstep, field: str) -> None:
    """Each string into each question, and one step on from what it answered."""
    aigul = await doorstep.person("aigul").registers("en")
    for words in INJECTIONS:
        for label in FIELDS[field]:
            if label.startswith("/"):
                await aigul.say(label)
            else:
                found = [known for known in aigul.shown if known == label]
                await aigul.press(found[0] if found else list(aigul.shown)[-3])
        await aigul.say(words[:4096])
        fit(aigul)
        for label in ("Skip", "No end date"):
            if label in aigul.shown:
                await aigul.press(label)
                fit(aigul)
        await aigul.say(words[:4096])
        fit(aigul)
        await aigul.press(data="unblck:en::")
        await aigul.say("/cancel")


async def test_every_waiting_screen_takes_every_string(each_doorstep: Doorstep) -> None:
    """Each screen that asks, opened by itself, on both stores: an answer that fits and no fault."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    for screen in sorted(ASKS):
        for words in INJECTIONS[:: 3 if "sqlite" in step.url else 5]:
            await aigul.press(data=f"{code_of(screen)}:en::")
            await aigul.say(words[:4096])
            fit(aigul)
    assert await step.rows("SELECT 1 FROM parked") == []


async def _full(step: Doorstep, words: str) -> tuple[Person, str]:
    """Aigul with one string in every field a person or staff can type, and the number of a refused request."""
    aigul = await step.person("aigul").registers("en")

    def work(visit: Visit) -> str:
        for field in ("surname", "name", "patronymic", "conditions"):
            subjects.keep_field(visit, field, words)
        facts = {
            "field": "surname",
            "before": words,
            "after": words,
            "reason": words,
            "reach": words,
            "whom": words,
        }
        case = handoffs.send(visit, cases.begin(visit, cases.CORRECTION, words=words, facts=facts))
        cases.say(visit, case, cases.IN, words)
        return decisions.refuse(visit, case.number, "law", words, ERLAN).number

    return aigul, await step.keep(work, aigul)


@pytest.mark.parametrize("words", INJECTIONS)
async def test_every_document_holds_it_as_letters(doorstep: Doorstep, words: str) -> None:
    """The file, the complaint, the dossier, the answer's pages: HTML inert, JSON exact, PDF made."""
    step = doorstep
    aigul, number = await _full(step, words)
    order = await step.keep(lambda visit: cases.begin(visit, cases.ACCESS).number, aigul)
    facts = await step.keep(lambda visit: access.facts(visit, order), aigul)
    inert(access.as_html(facts))
    told = json.loads(access.as_json(facts))
    assert any(each["words"] == words for request in told["requests"] for each in request["words"])
    complaint = await step.keep(lambda visit: complaints.facts(visit, number), aigul)
    inert(complaints.as_html(complaint))
    if papers.able():
        assert access.as_pdf(facts).startswith(b"%PDF-") and complaints.as_pdf(complaint).startswith(b"%PDF-")
        for paper in (access.as_pdf(facts), complaints.as_pdf(complaint)):
            assert not any(mark in paper for mark in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile"))
    whose = await subject_of(step, aigul)

    def dossier(visit: Visit) -> list[tuple[str, bytes]]:
        inquiry = openings.begin(visit, cases.AUTHORITY, words, ERLAN).number
        return inquiries.dossier(visit, inquiry, ERLAN, "en", whose, words)

    try:
        files = dict(await step.keep(dossier))
    except decisions.Impossible:
        files = {}
    for name, content in files.items():
        if name.endswith(".html"):
            inert(content)
        else:
            json.loads(content)
    await aigul.say("/requests")
    await aigul.press(number)
    await aigul.press("Read the answer")
    for _page in range(3):
        for call in aigul.said.calls:
            assert "parse_mode" not in call and utf16(call.get("text", "x")) <= 4096
        if "Next page" in aigul.shown:
            await aigul.press("Next page")


async def test_a_certificate_holds_no_word_of_anybody(each_doorstep: Doorstep) -> None:
    """What is certified is where and when; a name full of orders dies with its row and is in no part of it."""
    step = each_doorstep
    aigul, _number = await _full(step, "<img onerror=Aigulcanary> =HYPERLINK() #eval()")
    await aigul.press(data="erase:en::")
    await aigul.press("Delete for good")
    step.later(days=4)
    await step.caretaker()
    handed = await step.courier("telegram")
    assert handed and not [each for each in handed if "Aigulcanary" in repr(each.body)]


def test_no_document_of_ours_is_a_spreadsheet_yet() -> None:
    """Formula injection needs a table somebody opens with Excel: none is made, and JSON is quoted whatever it holds."""
    from kelisim.desk import files

    assert {part for maker in files.MAKERS.values() for part in maker.parts} <= {"html", "pdf", "json", "txt"}
    assert not [kind for kind in files.TYPES.values() if "csv" in kind or "sheet" in kind]
    for words in INJECTIONS:
        told: Any = json.loads(json.dumps({"a": words}, ensure_ascii=False))
        row = next(csv.reader(io.StringIO(json.dumps([words]))), [])
        assert told["a"] == words and not "".join(row).startswith(("=", "+", "-", "@"))
