"""P15 (clauses 2.5, 5.7): what must stay for proof or statistics keeps no way back to the person."""

from __future__ import annotations

from tests.doorstep import Doorstep
from tests.promises.stories import gives

from kelisim.desk import cases, consents


async def test_records_and_requests_that_stay_lead_to_nobody(each_doorstep: Doorstep) -> None:
    """P15, T-STORE-10: no link, no evidence, no words, and no hash that could be guessed."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    number = await gives(aigul, "informing-telegram")
    await step.keep(
        lambda visit: cases.begin(visit, cases.QUESTION, words="Who am I?", facts={"what": "I"}), aigul
    )
    await aigul.say("/delete")
    await aigul.press("Delete for good")
    await step.courier()
    step.later(hours=24, minutes=1)
    await step.caretaker()
    records = await step.rows("SELECT subject_id, evidence, number, purpose, act FROM consent_records")
    assert number in {row.number for row in records}
    assert {(row.subject_id, row.evidence) for row in records} == {(None, None)}
    requests = await step.rows("SELECT subject_id, facts, words, kind FROM cases")
    assert {row.kind for row in requests} == {"question", "erasure"}
    assert {(row.subject_id, row.facts, row.words) for row in requests} == {(None, None, None)}
    assert await step.rows("SELECT 1 FROM erasures WHERE subject_id IS NOT NULL") == []
    # The figures still add up: how many records there are, and that nobody has it in force.
    assert await step.keep(lambda visit: consents.how_many(visit, "informing-telegram")) == 0
