"""One story in which every right is asked for, decided both ways, blocked, held and destroyed: no run of it is empty."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from tests.invariants.casebook import IN_HAND
from tests.invariants.casework import TOTAL, Desk
from tests.invariants.holds import ALMATY
from tests.invariants.test_machine import on_postgres, on_sqlite

from kelisim.courier.outcome import SENT, Outcome

ERLAN, DANA = "erlan@alit.kz", "dana@alit.kz"
HAPPENS = {
    "question asked", "complaint asked", "objection asked", "breach asked", "correction asked", "representation asked",
    "question answered", "question refused", "correction accepted", "correction refused",
    "blocking refused", "blocking accepted", "erasure refused", "representation accepted",
    "representation refused", "asked under an authority", "staff answer", "staff ask", "staff accept", "staff refuse",
    "staff assign", "staff note", "staff close", "staff show", "two at once", "a hold", "a block lifted", "a frozen step",
    "a certificate", "a date moved", "overdue", "a letter with words", "a link taken", "a file by link", "opted out",
    "a request, rtake", "a request, rmore", "a request, rread", "a request, cmplt", "pagree", "ppart", "a letter, authority",
    "a letter, access", "answer sent", "notice sent", "reminder sent", "file sent", "alert-letter sent",
}  # fmt: skip


def of(story: Desk, kind: str, *, at: int = -1) -> int:
    """Which of the cases a rule of staff counts is the newest open one of a kind."""
    rows = sorted(story.book.store.rows["cases"], key=lambda row: (row["state"] not in IN_HAND, row["id"]))
    return [n for n, row in enumerate(rows) if row["kind"] == kind and row["state"] in IN_HAND][at]


def decides(
    story: Desk, kind: str, act: str, *, ground: str = "law", actor: str = ERLAN, at: int = -1
) -> None:
    story.staff_act(actor=actor, nth=of(story, kind, at=at), act=act, ground=ground, days=1)


def rounds(story: Desk) -> None:
    """The caretaker and both couriers, at noon."""
    here = story.step.desk.clock.now().astimezone(ALMATY)
    noon = here.replace(hour=12, minute=0)
    story.step.desk.clock.move((noon if noon > here else noon + timedelta(days=1)) - here)
    story.the_caretaker_goes_round()
    for channel in ("email", "telegram"):
        story.the_courier_goes_round(channel=channel, outcome=Outcome(SENT))


def asking(story: Desk) -> None:
    """Everything is asked; staff answer, ask back, refuse, pass on; people add, read, withdraw."""
    for who, code, file in (
        ("aigul", "askq", "pdf"),
        ("dias", "askc", "exe"),
        ("saule", "asko", "png"),
        ("dias", "askl", ""),
    ):
        story.asks(who=who, code=code, by="email", file=file, twice=True)
    story.corrects(who="aigul", field="surname", whose="aigul", file=True, sure=True)
    story.corrects(who="saule", field="other", whose="saule", file=False, sure=True)
    story.corrects(who="saule", field="email", whose="saule", file=False, sure=True)
    rounds(story)
    decides(story, "correction", "accept", at=0)
    decides(story, "correction", "refuse", ground="documents")
    decides(story, "question", "ask")
    story.opens_a_request(who="aigul", nth=0, code="rread")
    story.opens_a_request(who="aigul", nth=0, code="rmore")
    for act in ("note", "assign", "show", "show without a reason", "extend"):
        decides(story, "question", act, actor=DANA)
    story.two_of_the_staff_act_at_once(one=ERLAN, other=DANA, nth=of(story, "question"))
    for nth in range(4):
        story.opens_a_request(who="aigul", nth=nth, code="rread")
    story.asks(who="aigul", code="askq", by="", file="", twice=False)
    decides(story, "question", "refuse", ground="others")
    story.staff_act(
        actor=DANA, nth=len(story.book.store.rows["cases"]) - 1, act="close", ground="law", days=1
    )
    story.opens_a_request(who="aigul", nth=1, code="cmplt")
    story.opens_a_request(who="dias", nth=0, code="rtake")
    for nth in range(len(story.book.store.rows["cases"])):
        story.presses_the_number_of_another(
            who="dias", nth=nth, code=("req1", "rread", "rtake", "rmore")[nth % 4]
        )
    rounds(story)


def acting_for(story: Desk) -> None:
    """An authority is accepted, another refused; the one acted for is told; it is used, and ended."""
    story.acts_for(who="saule", whose="dias", role="parent", paper=True)
    story.staff_accept_an_authority(actor=DANA, nth=0, whom="dias", days=400)
    story.acts_for(who="aigul", whose="saule", role="attorney", paper=False)
    decides(story, "representation", "answer")
    decides(story, "representation", "refuse", ground="authority")
    rounds(story)
    story.asks_under_an_authority(who="saule")
    decides(story, "question", "answer")
    story.step.later(days=30)
    rounds(story)
    story.blocks(who="saule", reason="toolong", lifts=False)
    story.answers_what_came_unasked(who="dias", code="notme")
    rounds(story)
    story.lifts_the_block(who="saule")
    story.staff_end_an_authority(actor=ERLAN, nth=0)


def blocking(story: Desk) -> None:
    """A block is lifted by its person, by a refusal, kept by a hold, confirmed; a hold refuses a deletion."""
    story.blocks(who="dias", reason="toolong", lifts=True)
    story.blocks(who="dias", reason="other", lifts=False)
    rounds(story)
    story.corrects(who="dias", field="surname", whose="dias", file=False, sure=True)
    story.resumes(who="dias", channel="email", stops=True)
    story.gives(who="dias", pair="promotion-email", shared=False, phone=False)
    story.takes_a_file(who="dias", way="link", proves=False)
    for nth, browser in ((-1, "hers"), (-1, "hers"), (-1, "a robot's")):
        story.opens_a_link(nth=nth, browser=browser, taken=True)
    story.opts_out_by_a_link(who="dias")
    story.the_news_goes_out(outcome=Outcome(SENT), hour=10)
    story.says_stop(who="dias", spelling="STOP")
    decides(story, "blocking", "answer")
    decides(story, "blocking", "refuse", ground="lawful")
    story.staff_hold(actor=DANA, who="dias", ground="justice", days=0)
    story.corrects(who="aigul", field="email", whose="x", file=False, sure=False)
    story.staff_hold(actor=DANA, who="aigul", ground="justice", days=3)
    story.run(story.tap(story.people["aigul"], "cyes"))
    story.deletes(who="dias", keeps=False, waits=False)
    story.blocks(who="dias", reason="wrong", lifts=True)
    story.staff_lift_a_hold(actor=DANA, nth=0)
    decides(story, "blocking", "accept")
    rounds(story)


def joining(story: Desk) -> None:
    """Two chats of a family have proved one mailbox, say Yes and are parted again."""
    story.step.later(minutes=3)
    story.finds_other_data(who="aigul", whose="aigul")
    story.answers_what_came_unasked(who="saule", code="pagree")
    story.answers_what_came_unasked(who="aigul", code="ppart")


def ending(story: Desk) -> None:
    """A holiday comes late, days pass and nobody answers; then everything of one person is destroyed, and of another kept."""
    for kind, ago in (("access", 9), ("authority", 0), ("complaint", 1)):
        story.a_letter_comes(actor=ERLAN, who="dias", kind=kind, ago=ago, reason="other")
    story.asks(who="aigul", code="askl", by="", file="", twice=False)
    rounds(story)
    for ahead in range(1, 8):
        story.a_holiday_is_announced_late(ahead=ahead)
    rounds(story)
    for days in (1, 3, 9):
        story.step.later(days=days)
        rounds(story)
    story.deletes(who="saule", keeps=True, waits=False)
    story.deletes(who="saule", keeps=False, waits=True)
    story.deletes(who="aigul", keeps=False, waits=False)
    decides(story, "erasure", "refuse", ground="storage")
    story.deletes(who="dias", keeps=False, waits=True)
    rounds(story)


def tells(machine: type[Desk]) -> Counter[str]:
    """The whole story; what happened in it and how often."""
    TOTAL.clear()
    with asyncio.Runner() as runner:
        machine.runner = runner
        story = machine()
        story.opens(begun=3, asked=[])
        try:
            for part in (joining, asking, acting_for, blocking, ending):
                part(story)
        finally:
            story.teardown()
    return TOTAL


@pytest.mark.timeout(300)
def test_a_story_in_which_everything_happens_keeps_every_invariant(sqlite_template: Path) -> None:
    assert HAPPENS - tells(on_sqlite(sqlite_template)).keys() == set()


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_the_same_story_keeps_them_on_postgresql(postgres_machine_url: str) -> None:
    assert HAPPENS - tells(on_postgres(postgres_machine_url)).keys() == set()
