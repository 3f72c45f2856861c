"""P14 (clauses 4.1, 2.14): destruction is seen before, irreversible after, and certified by a number."""

from __future__ import annotations

from tests.doorstep import Doorstep
from tests.promises.stories import gives

from kelisim.desk import attachments, cases
from kelisim.desk.visit import TELEGRAM, Visit

GONE = (
    "subjects",
    "contacts",
    "profile",
    "consents",
    "documents_shown",
    "case_messages",
    "attachments",
    "viewings",
    "links",
)


async def test_rows_files_words_and_drafts_are_gone_and_a_numbered_certificate_says_so(
    each_doorstep: Doorstep,
) -> None:
    """P14."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")

    def asks(visit: Visit) -> None:
        case = cases.begin(visit, cases.QUESTION, words="Where is it?")
        attachments.keep(visit, "a.pdf", b"%PDF-1.7 a file")
        attachments.adopt(visit, case)

    await step.keep(asks, aigul)
    said = await aigul.say("/delete")
    for what in ("Destroyed:", "Kept without your name:", "Kept, on which ground, until when:"):
        assert what in said.text
    said = await aigul.press("Delete for good")
    assert "no later than" in said.text and await step.rows("SELECT 1 FROM profile") != []
    await step.courier()
    step.later(hours=24, minutes=1)
    await step.caretaker()
    for table in GONE:
        assert await step.rows(f"SELECT 1 FROM {table}") == [], table
    await step.courier()
    step.later(seconds=20)
    (last,) = await step.courier(TELEGRAM)
    assert last.body["text"].startswith(f"✔ Certificate No. {last.message.number}")
    assert "Gone from backups on:" in last.body["text"]
    (number,) = await step.rows("SELECT number FROM erasures WHERE stage = 'certified'")
    assert number[0] == last.message.number and number[0].startswith("E-")
