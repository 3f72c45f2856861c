"""Two acts in one moment: erasure, blocks, joins and the daily work against staff and the person; never both, never half."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.attacks.hostile import ERLAN, MAILBOX, victim
from tests.doorstep import Doorstep, Person
from tests.web.conftest import Opened, Web, opened

from kelisim.desk import (
    attachments,
    blocking,
    cases,
    consents,
    corrections,
    decisions,
    erasure,
    files,
    handoffs,
    holds,
    identity,
    ledger,
    links,
    mandates,
    outbox,
    representatives,
    staff,
)
from kelisim.desk.cases import Case
from kelisim.desk.visit import Visit

__all__ = ["opened"]
DANA = staff.Actor("responsible", "root as dana@alit.kz", "dana@alit.kz")


async def together(*work: Any) -> list[Any]:
    return list(await asyncio.gather(*work, return_exceptions=True))


async def test_staff_who_decide_while_the_data_go_bring_nothing_back(each_doorstep: Doorstep) -> None:
    """T-LAW-02, I8: answer, accept, note, assign and a look in the very round that destroys: no word of hers is left after it."""
    step = each_doorstep
    aigul = await victim(step)
    await step.keep(lambda v: [holds.lift(v, each.id, DANA) for each in holds.standing(v)], aigul.person)
    mine = [number for number in aigul.numbers if number.startswith("K-")]
    kinds = {kind: number for number, kind in await step.rows("SELECT number, kind FROM cases")}
    block, dispute = kinds[cases.BLOCKING], kinds[cases.COMPLAINT]
    await step.keep(lambda v: decisions.refuse(v, block, "law", "w", DANA))
    await step.keep(lambda v: decisions.answer(v, dispute, "w", DANA))
    await step.keep(erasure.ask, aigul.person)
    step.later(days=4)
    acts = [step.keep(lambda v, n=n: decisions.note(v, n, "Aigulcanary was here", ERLAN)) for n in mine] + [
        step.keep(lambda v, n=n: decisions.answer(v, n, "Aigulcanary answer", ERLAN)) for n in mine
    ]
    await together(step.caretaker(), *acts, step.courier())
    step.later(minutes=5)
    await step.caretaker()
    assert await step.rows("SELECT 1 FROM subjects WHERE state <> 'merged'") == []
    assert await step.rows("SELECT 1 FROM cases WHERE subject_id IS NOT NULL") == []
    kept = await step.rows("SELECT m.id, m.body FROM case_messages m")
    vault = step.desk.vault
    told = [vault.unseal("case_messages", "body", row.id, row.body) for row in kept]
    late = [words for words in told if "Aigulcanary" in words]
    assert late == [], late
    assert await step.keep(ledger.broken) is None


async def test_nobody_writes_into_a_request_whose_person_was_destroyed(each_doorstep: Doorstep) -> None:
    """I8: a nameless request takes no words of staff any more, for nothing would ever destroy them."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    case = await step.keep(
        lambda v: handoffs.send(v, cases.begin(v, cases.QUESTION, words="Aigulcanary")), aigul
    )
    await step.keep(erasure.ask, aigul)
    step.later(days=4)
    await step.caretaker()
    assert await step.rows("SELECT 1 FROM subjects") == []
    for act in (decisions.note, decisions.answer, decisions.ask):
        with pytest.raises(decisions.Impossible):
            await step.keep(lambda v, act=act: act(v, case.number, "Aigulcanary", ERLAN))
    assert await step.rows("SELECT 1 FROM case_messages") == []


async def test_a_decision_and_a_withdrawal_at_once_are_one(each_doorstep: Doorstep) -> None:
    """T-STAFF-03: «Withdraw» by the person and accept, refuse, answer by three of the staff: one end, one notice."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")

    def begin(visit: Visit) -> Case:
        facts = {"field": "surname", "before": "", "after": "Aigulova"}
        return handoffs.send(visit, cases.begin(visit, cases.CORRECTION, words="w", facts=facts))

    for _round in range(4):
        case = await step.keep(begin, aigul)
        await together(
            step.keep(lambda v, n=case.number: decisions.accept(v, n, "", ERLAN)),
            step.keep(lambda v, n=case.number: decisions.refuse(v, n, "law", "w", DANA)),
            aigul.press(data=f"rwdraw:en::{case.number}"),
            step.keep(lambda v, n=case.number: decisions.answer(v, n, "w", ERLAN)),
        )
        rows = await step.rows("SELECT act FROM case_events e JOIN cases c ON c.id = e.case_id WHERE c.number = :n "
                               "AND act IN ('accepted', 'refused', 'withdrawn', 'answered')", n=case.number)  # fmt: skip
        assert len(rows) == 1, rows


async def test_a_consent_and_a_block_at_once_leave_blocked_data_unchanged(each_doorstep: Doorstep) -> None:
    """I7: staff enter a letter that blocks while the person is at the last step of a consent: what comes after is refused."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await aigul.say("/consent")
    await aigul.press("Information: e-mail")
    await aigul.press("I agree")
    await aigul.say("Aigulcanarova Aigul")
    await aigul.press("Yes, correct")
    await aigul.say(MAILBOX)
    code = await step.code(MAILBOX)
    await step.keep(lambda v: blocking.block(v, "wrong"), aigul)
    await aigul.say(code)
    if "Without a phone" in aigul.shown:
        await aigul.press("Without a phone")
    assert "✔ Consent recorded" not in aigul.said.text
    assert await step.rows("SELECT 1 FROM profile") == []
    assert await step.rows("SELECT 1 FROM contacts WHERE channel = 'email'") == []
    assert await step.keep(consents.given, aigul) == ["desk"]


async def test_a_field_cannot_be_corrected_by_an_acceptance_that_waited_through_a_block(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    case, _joined = await step.keep(lambda v: corrections.ask(v, "surname", "Aigulova"), aigul)
    await step.keep(lambda v: blocking.block(v, "wrong"), aigul)
    with pytest.raises(decisions.Impossible):
        await step.keep(lambda v: decisions.accept(v, case.number, "", ERLAN))
    with pytest.raises(decisions.Impossible):
        await step.keep(lambda v: corrections.destroy_field(v, case.number, "", ERLAN))
    assert await step.rows("SELECT 1 FROM profile") == []
    assert (await step.rows("SELECT state FROM cases WHERE number = :n", n=case.number))[0][0] == "with staff"


async def _with_link(step: Doorstep, web: Web, person: Person) -> str:
    def work(visit: Visit) -> str:
        return links.make(visit, "access", cases.begin(visit, cases.ACCESS).number)

    made: str = await step.keep(work, person)
    return made


ENDS: dict[str, Any] = {
    "erased": lambda v: erasure.ask(v),
    "another mailbox": lambda v: corrections.change_email(v, identity.email("new@poshta.kz")),
    "it was not me": lambda v: [links.void(v, use) for use in files.MAKERS],
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_link_dies_with_what_it_rests_on(each_doorstep: Doorstep, opened: Opened, end: str) -> None:
    """I12: made before an erasure or a change of contacts it opens nothing after, not for the one who looked before either."""
    step = each_doorstep
    web = await opened(step)
    aigul = await step.person("aigul").registers("en")
    await aigul.gives_email(MAILBOX, "Aigulcanarova Aigul")
    link = await _with_link(step, web, aigul)
    before, other = await web.browser(), await web.browser()
    assert (await before.get(link)).status == 200
    await step.keep(ENDS[end], aigul)
    for browser in (before, other):
        for answer in (await browser.get(link), await browser.take(link), await browser.take(link, "json")):
            assert answer.status == 404 and "Aigulcanarova" not in answer.text


@pytest.mark.parametrize(
    "wrong", ["A" * 43, "../../etc/passwd", "%00", "' OR 1=1 --", "A" * 5000, "Ж" * 30, "a" * 42 + "%0a"]
)
async def test_a_made_up_secret_opens_nothing_and_all_dead_links_look_alike(
    doorstep: Doorstep, opened: Opened, wrong: str
) -> None:
    web = await opened(doorstep)
    aigul = await doorstep.person("aigul").registers("en")
    link = await _with_link(doorstep, web, aigul)
    browser = await web.browser()
    unknown = await browser.get("/l/" + "B" * 43)
    told = await browser.get(f"/l/{wrong}")
    assert told.status in (400, 404, 414) and "Aigul" not in told.text
    if told.status == 404:
        assert told.body == unknown.body
    posted = await browser.post("/l", {"token": wrong, "part": "html"})
    assert posted.status in (404, 413)
    secret = link.rpartition("/")[2]
    swapped = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    assert (await browser.take(f"/l/{swapped}")).status == 404
    assert (await browser.take(link, "../../etc/passwd")).status == 404
    assert (await (await web.browser()).get(link)).status == 200


async def test_a_file_ordered_by_one_is_not_made_of_another(each_doorstep: Doorstep) -> None:
    """A link, a promise and a number put together by hand: the facts are of the subject the link belongs to, or none."""
    step = each_doorstep
    aigul = await victim(step)
    dias = await step.person("dias").registers("en")
    order = await step.keep(lambda v: cases.begin(v, cases.ACCESS).number, aigul.person)
    for use in files.MAKERS:
        for number in (order, *aigul.numbers):
            assert await step.keep(lambda v, u=use, n=number: files.gather(v, u, n), dias) is None, (
                use,
                number,
            )

    def promised(visit: Visit) -> None:
        for number in aigul.numbers[:3]:
            files.promise(visit, "access", number, number)
            files.promise_letter(visit, "access", number, number, "s", "t", address="dias@mail.kz")

    await step.keep(promised, dias)
    sent = [each for each in await step.courier() if each.address in (str(dias.id), "dias@mail.kz")]
    assert not [each for each in sent if any(canary in repr(each.body) for canary in aigul.canaries)]


async def test_an_authority_that_ends_in_the_moment_it_is_used_gives_nothing(each_doorstep: Doorstep) -> None:
    """T-ID-11: revoke and request at once; and no request under another's number, expired or refused."""
    step = each_doorstep
    saule, dias = await step.person("saule").registers("en"), await step.person("dias").registers("en")
    x = await step.person("7777").registers("en")
    row = await step.keep(lambda v: v.known.id, dias)
    number = await step.keep(
        lambda v: mandates.ask(v, "attorney", "Omarov Dias", "", None, "w").number, saule
    )
    for person in (x, dias):
        with pytest.raises(LookupError):
            await step.keep(lambda v: mandates.request(v, number, "all"), person)
    with pytest.raises(LookupError):  # not before staff accepted
        await step.keep(lambda v: mandates.request(v, number, "all"), saule)
    await step.keep(lambda v: mandates.accept(v, number, "SECRETWORDS", DANA, subject_id=row))
    case = await step.keep(lambda v: mandates.request(v, number, "all"), saule)
    await step.keep(lambda v: decisions.answer(v, case.number, "SECRETWORDS too", ERLAN))
    await aigul_reads_nothing(step, saule, (number, case.number))
    step.later(days=1)
    await together(step.keep(lambda v: mandates.revoke(v, number, DANA)), step.caretaker(), step.courier())
    step.later(days=30)
    await aigul_reads_nothing(step, saule, (number, case.number))
    with pytest.raises(LookupError):
        await step.keep(lambda v: mandates.request(v, number, "all"), saule)
    assert await step.keep(representatives.accepted, saule) == []


async def aigul_reads_nothing(step: Doorstep, person: Person, numbers: tuple[str, ...]) -> None:
    """Neither a screen nor a message holds what waits for the day of disclosure."""
    for number in numbers:
        for data in (
            f"req1:en::{number}",
            f"rread:en::{number}",
            f"ransw:en::{number}",
            f"cmplt:en::{number}",
        ):
            assert "SECRETWORDS" not in repr((await person.press(data=data)).calls)
        for use in files.MAKERS:
            facts = await step.keep(lambda v, u=use, n=number: files.gather(v, u, n), person)
            assert "SECRETWORDS" not in repr(facts)
    to_others = [
        each for each in await step.courier() if each.message.kind not in outbox.TO_STAFF
    ]  # staff wrote it
    assert not [each for each in to_others if "SECRETWORDS" in repr(each.body)]


async def test_files_of_a_flow_are_not_kept_by_a_person_who_is_gone(each_doorstep: Doorstep) -> None:
    """A file that arrives in the minute of destruction belongs to nobody: it is not kept, or goes with the rest."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await step.keep(lambda v: attachments.keep(v, "a.pdf", b"%PDF-1 Aigulcanary"), aigul)
    await step.keep(erasure.ask, aigul)
    step.later(days=4)
    await together(
        step.caretaker(), step.keep(lambda v: attachments.keep(v, "b.pdf", b"%PDF-1 Aigulcanary"), aigul)
    )
    step.later(minutes=5)
    await step.caretaker()
    assert await step.rows("SELECT 1 FROM attachments") == []
