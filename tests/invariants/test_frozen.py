"""I7: while data are blocked or held no row of them is changed or removed, by any button, word, job or act of staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from tests.doorstep import Doorstep, Person
from tests.promises.stories import at_noon

from kelisim.desk import attachments, blocking, cases, decisions, gates, holds, outbox, staff, subjects
from kelisim.desk.errors import Refusal
from kelisim.desk.visit import Visit
from kelisim.store.models import Base, Case
from kelisim.telegram.press import Press
from kelisim.telegram.screens import ACTS, READERS, REFERENCES, TOLD, VIEWS, code_of

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
# Rows that may be added to, and in which nothing that was there may change. What the person reads is noted as read; a
# contact may turn out to be unreachable; a stop and the end of a consent are reducing acts.
DATA = {
    "subjects": {"draft", "screen", "asked_at", "locale", "state"}, "contacts": {"reachable"}, "profile": set[str](),
    "attachments": set[str](), "case_messages": {"read_at"}, "viewings": set[str](), "documents_shown": set[str](),
    "representations": {"warned_at"}, "consent_records": set[str](), "merges": set[str](),
}  # fmt: skip
LIFTS = {"unblock", "requests.take"}  # the person's own ways out
WORDS = (
    "Жаңатегі Айгүл",
    "new.canary@mail.kz",
    "87011234567",
    "22.11.2027",
    "delete my data",
    "менің тегім өзгерді",
)


async def rows(step: Doorstep, subject: int) -> dict[str, dict[Any, dict[str, Any]]]:
    """The subject's rows in the tables of data, by key, without what may change."""

    def read(visit: Visit) -> dict[str, dict[Any, dict[str, Any]]]:
        found: dict[str, dict[Any, dict[str, Any]]] = {}
        own = [row.id for row in visit.connection.execute(select(Case.id).where(Case.subject_id == subject))]
        for name, free in DATA.items():
            table = Base.metadata.tables[name]
            column = next(table.c[key] for key in ("subject_id", "case_id", "id") if key in table.c)
            wanted = own if column.name == "case_id" else [subject]
            told = visit.connection.execute(select(table).where(column.in_(wanted))).mappings()
            keys = [key.name for key in table.primary_key]
            found[name] = {
                tuple(row[key] for key in keys): {k: v for k, v in row.items() if k not in free}
                for row in told
            }
        return found

    told: dict[str, dict[Any, dict[str, Any]]] = await step.keep(read)
    return told


def unchanged(before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    """Every row that was there is there, word for word."""
    for name, known in before.items():
        for key, row in known.items():
            assert after[name].get(key) == row, f"{what} changed {name}"


async def lived(step: Doorstep) -> tuple[Person, int, str]:
    """Aigul with a name, a mailbox, consents, a question with a file and a correction that waits; her subject, its number."""
    aigul = await step.person("aigul").registers("en")
    await aigul.gives_email("aigul@mail.kz")
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")
    await aigul.press("I agree")

    def asks(visit: Visit) -> tuple[int, str]:
        case = cases.begin(visit, cases.QUESTION, words="A question")
        attachments.keep(visit, "a.pdf", b"%PDF-1.7 file")
        attachments.adopt(visit, case)
        facts = {"field": "surname", "before": "Nurlanova", "after": "Changed", "value": "Changed"}
        correction = cases.begin(visit, cases.CORRECTION, words="my name changed", facts=facts)
        return visit.known.id, correction.number

    subject, correction = await step.keep(asks, aigul)
    await step.courier()
    return aigul, subject, correction


def blocked(visit: Visit) -> None:
    blocking.block(visit, blocking.WRONG)


def held(visit: Visit) -> None:
    holds.place(visit, "justice", "an order", ERLAN)


FREEZES: dict[str, Callable[[Visit], None]] = {"blocked": blocked, "held": held}
freezes = pytest.mark.parametrize("freeze", FREEZES)


@pytest.mark.timeout(300)
@freezes
async def test_no_button_and_no_word_changes_frozen_data(doorstep: Doorstep, freeze: str) -> None:
    """T-LAW-02: every act and screen there is, with every reference a button may carry, and words into every question."""
    step = doorstep
    aigul, subject, correction = await lived(step)
    await step.keep(FREEZES[freeze], aigul)
    before = await rows(step, subject)
    pairs = tuple(step.desk.operator.pairs)
    tokens = {pair: step.desk.shelf.current(pair, "en").token for pair in pairs}
    tried = 0
    for identity in sorted((ACTS.keys() | VIEWS.keys()) - TOLD - LIFTS):
        ends = identity in (
            "withdraw",
            "revoke.do",
            "stop.do",
        )  # reducing acts: tried by others, and they end the chat
        refs = () if ends else ("", *sorted(REFERENCES - {""}), correction, *pairs)
        for ref in refs:
            press = Press(code_of(identity), "en", tokens.get(ref, ""), ref)
            await aigul.press(data=press.pack())
            tried += 1
        if identity in READERS:
            for words in WORDS:
                await aigul.press(data=Press(code_of(identity), "en").pack())
                await aigul.say(words)
        unchanged(before, await rows(step, subject), identity)
    assert tried > 300
    # Somebody whose data are held may block them too; nothing but the person's own «Lift the block» frees them.
    assert [tuple(row) for row in await step.rows("SELECT state FROM subjects")] == [(subjects.BLOCKED,)]
    assert await step.rows("SELECT 1 FROM erasures") == []


@pytest.mark.timeout(120)
@freezes
async def test_no_job_touches_frozen_data_in_three_years(each_doorstep: Doorstep, freeze: str) -> None:
    """T-LAW-02: retention, the ends of consents, lapses: every round of the caretaker, day by day and year by year."""
    step = each_doorstep
    aigul, subject, _correction = await lived(step)
    await step.keep(FREEZES[freeze], aigul)
    before = await rows(step, subject)
    for days in (1, 1, 5, 30, 365, 365, 365, 365):
        step.later(days=days)
        await step.caretaker()
        unchanged(before, await rows(step, subject), f"a round after {days} days")
    assert [tuple(row) for row in await step.rows("SELECT 1 FROM consents WHERE state = 'given'")] == []


@freezes
async def test_staff_do_not_change_frozen_data_either(each_doorstep: Doorstep, freeze: str) -> None:
    step = each_doorstep
    aigul, subject, correction = await lived(step)
    await step.keep(FREEZES[freeze], aigul)
    before = await rows(step, subject)
    with pytest.raises((Refusal, decisions.Impossible)):
        await step.keep(lambda visit: decisions.accept(visit, correction, "done", ERLAN))
    unchanged(before, await rows(step, subject), "an accepted correction")


@freezes
async def test_nothing_leaves_under_any_purpose_and_answers_do(each_doorstep: Doorstep, freeze: str) -> None:
    """I1, I7: the gate asks for blocks and holds in the transaction that claims."""
    step = each_doorstep
    at_noon(step)
    aigul, _subject, _correction = await lived(step)
    number = (await step.keep(lambda visit: cases.in_hand(visit, cases.QUESTION), aigul))[0].number
    await step.keep(
        lambda visit: outbox.post(
            visit, "broadcast", "telegram", {"text": "CANARY"}, purpose="informing-telegram"
        ),
        aigul,
    )
    assert await step.keep(lambda visit: gates.allows(visit, "informing-telegram"), aigul)
    await step.keep(FREEZES[freeze], aigul)
    assert not await step.keep(lambda visit: gates.allows(visit, "informing-telegram"), aigul)
    await step.keep(lambda visit: decisions.answer(visit, number, "Here it is.", ERLAN))
    sent = [parcel.body.get("text", "") for parcel in await step.courier()]
    assert not any("CANARY" in text for text in sent)
    assert any(number in text for text in sent)


@freezes
async def test_reducing_acts_are_added_and_honoured(each_doorstep: Doorstep, freeze: str) -> None:
    step = each_doorstep
    aigul, subject, _correction = await lived(step)
    await step.keep(FREEZES[freeze], aigul)
    before = await rows(step, subject)
    assert "Stopped, No. S-" in (await aigul.say("STOP")).text
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")
    assert "Consent withdrawn" in (await aigul.press("Withdraw")).text
    said = await aigul.say("/ask")
    await aigul.press("Ask a question")
    await aigul.say("Why is this so?")
    said = await aigul.press("Send")
    assert said.text.startswith("✔") and said.number.startswith("K-")
    assert (await aigul.say("/mydata")).text
    unchanged(before, await rows(step, subject), "a reducing act")
    assert await step.keep(lambda visit: visit.known.state, aigul) == (
        subjects.BLOCKED if freeze == "blocked" else subjects.ACTIVE
    )
