"""P16 (clauses 5.7, 8.4, 8.8, 8.9): kept no longer than the purpose needs: a daily job of the operator file's terms that
destroys or anonymises, says what it did, and touches nothing that is blocked or held."""

from __future__ import annotations

from datetime import date

import pytest
from tests.doorstep import Doorstep, Person
from tests.promises.stories import at_noon, gives

from kelisim.desk import consents, holds, retention, staff, subjects

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")


async def given(step: Doorstep, who: str) -> Person:
    """Someone who gave a name and a mailbox for letters, and took that back."""
    at_noon(step)
    person = await step.person(who).registers()
    await gives(person, "informing-email", address=f"{who}@mail.kz", name="Nurlanova Aigul")
    await step.courier()
    await step.keep(lambda visit: consents.withdraw(visit, "informing-email"), person)
    await step.courier()
    return person


async def passes(step: Doorstep, days: float) -> None:
    """Time, and a round of the caretaker when the messages of the day have gone."""
    step.later(days=days)
    await step.courier()
    await step.caretaker()


async def test_p16_data_go_when_nothing_needs_them_and_the_job_says_so(
    each_doorstep: Doorstep, caplog: pytest.LogCaptureFixture
) -> None:
    step = each_doorstep
    caplog.set_level("INFO")
    await given(step, "saule")
    days = step.desk.operator.retention.ended_days
    await passes(step, days - 1)
    assert len(await step.rows("SELECT 1 FROM profile")) == 2
    await passes(step, 1)
    assert await step.rows("SELECT 1 FROM profile") == []
    assert [row[0] for row in await step.rows("SELECT channel FROM contacts")] == ["telegram"]
    verbs = await step.rows(
        "SELECT what FROM ledger WHERE verb = 'destroyed' AND actor = 'desk' ORDER BY what"
    )
    assert [row[0] for row in verbs] == ["email", "name", "surname"]
    assert (await step.keep(retention.last)).done == {"fields": 2, "addresses": 1}
    assert "retention is done: fields 2, addresses 1" in caplog.text and "Nurlanova" not in caplog.text


async def test_p16_the_blocked_and_the_held_are_not_touched(each_doorstep: Doorstep) -> None:
    """T-LAW-02."""
    step = each_doorstep
    blocked, held = await given(step, "aigul"), await given(step, "dias")
    await step.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), blocked)
    await step.keep(lambda visit: holds.place(visit, "justice", "an inquiry", ERLAN, date(2090, 1, 1)), held)
    free = await given(step, "saule")
    await passes(step, 400)
    await passes(step, 8)  # the chat ended with its own consent, and what was said of it has arrived
    assert await step.keep(lambda visit: visit.subject, free) is None
    assert len(await step.rows("SELECT 1 FROM profile")) == 4
    assert len(await step.rows("SELECT 1 FROM contacts")) == 4
