"""The report of a broadcast: everything that can become of a message is counted once, named where it must be, and said in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text
from tests import campaigns
from tests.desk.test_broadcasts import agreed, running
from tests.doorstep import Doorstep

from kelisim.desk import audiences, broadcasts, bulletins, charts, deliveries, drafts, outbox, reports
from kelisim.desk.reports import Part, Report
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.texts import LOCALES, speaking

LANGUAGES = ("kk", "ru", "en")


@pytest.mark.parametrize(
    ("state", "cause", "outcome"),
    [
        (outbox.SENT, "", reports.SENT), (outbox.SENT, outbox.CROSSED, reports.SENT),
        (outbox.WAITING, "429", reports.LEFT), (outbox.CLAIMED, outbox.STARTED, reports.LEFT),
        (outbox.CANCELLED, "", reports.SUPPRESSED), (outbox.CANCELLED, "429", reports.SUPPRESSED),
        (outbox.CANCELLED, deliveries.SUPPRESSED, reports.SUPPRESSED),
        (outbox.CANCELLED, deliveries.ENDED, reports.ENDED), (outbox.CANCELLED, deliveries.SAME_MAILBOX, reports.TWICE),
        (outbox.CANCELLED, deliveries.NO_LANGUAGE, reports.LACKING), (outbox.CANCELLED, "unreadable", reports.FAILED),
        (outbox.FAILED, "403", reports.UNREACHABLE),
        (outbox.FAILED, "gone 550", reports.UNREACHABLE), (outbox.FAILED, "550", reports.FAILED),
        (outbox.FAILED, "returned 5.1.1", reports.UNREACHABLE),
        (outbox.FAILED, "returned 4.2.2", reports.FAILED), (outbox.FAILED, "400", reports.FAILED),
        (outbox.FAILED, "5xx", reports.FAILED), (outbox.UNCERTAIN, "lease lost", reports.UNCERTAIN),
    ],
)  # fmt: skip
def test_what_became_of_a_message_is_one_of_nine_things(state: str, cause: str, outcome: str) -> None:
    assert reports.became(state, cause) == outcome


async def test_the_report_adds_up_and_names_those_of_whom_nobody_knows(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    campaigns.by_day(step)
    for chat in range(8001, 8010):
        await agreed(step, str(chat), LANGUAGES[chat % 3])
    number = await step.keep(lambda visit: running(visit).number)
    await step.person("8009").say("STOP")

    def settled(visit: Visit) -> None:
        one = broadcasts.known(visit, number)
        taken, _looked = deliveries.take(visit, one, TELEGRAM, 6)
        outcomes = [
            ("sent", ""),
            ("sent", ""),
            ("failed", "403"),
            ("failed", "400"),
            ("failed", "400"),
            ("uncertain", "no answer"),
        ]
        for each, (outcome, cause) in zip(taken, outcomes, strict=True):
            assert deliveries.settle(visit, each, outcome, cause)
        (last,), _looked = deliveries.take(visit, one, TELEGRAM, 1)
        visit.subject = None
        visit.connection.execute(
            text("UPDATE outbox SET cause = :why WHERE id = :row"), {"why": outbox.CROSSED, "row": last.id}
        )
        assert deliveries.settle(visit, last, outbox.SENT)

    await step.keep(settled)

    def told(visit: Visit) -> Report:
        found = reports.of(visit, broadcasts.known(visit, number))
        assert {row.ref for row in reports.every(visit, found.broadcast)} >= {
            found.uncertain[0].ref,
            found.crossed[0].ref,
        }
        assert len(list(reports.every(visit, found.broadcast))) == found.made
        with speaking("en"):
            lines = bulletins.report(visit, found)
        assert f"  {found.uncertain[0].ref}, " in "\n".join(
            lines
        ) and f"  {found.crossed[0].ref}, " in "\n".join(lines)
        return found

    found = await step.keep(told)
    assert (found.whole, found.made, found.gone, found.over) == (9, 9, 0, 8)
    assert {name: found.of(name) for name in reports.OUTCOMES if found.of(name)} == {
        "sent": 3, "suppressed": 1, "unreachable": 1, "failed": 2, "uncertain": 1, "left": 1,
    }  # fmt: skip
    assert found.causes == {"400": 2} and len(found.uncertain) == len(found.crossed) == 1
    assert sum(part.total for part in found.parts) == 9
    sent = Counter(part.locale for part in found.parts for _one in range(part.became["sent"]))
    assert sum(sent.values()) == 3 and "" not in sent  # of what was sent the language is known


async def test_people_who_are_gone_are_a_number_and_no_line(doorstep: Doorstep) -> None:
    campaigns.by_day(doorstep)
    for chat in (8001, 8002):
        await agreed(doorstep, str(chat), "en")
    number = await doorstep.keep(lambda visit: running(visit).number)
    await doorstep.keep(
        lambda visit: visit.connection.execute(
            text("DELETE FROM outbox WHERE subject_id = (SELECT min(id) FROM subjects)")
        )
    )
    found = await doorstep.keep(lambda visit: reports.of(visit, broadcasts.known(visit, number)))
    assert (found.whole, found.made, found.gone, found.over) == (2, 1, 1, 1)


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_state_outcome_reason_and_fault_has_words_in_each_language(
    doorstep: Doorstep, locale: str
) -> None:
    details = {"by": 3, "most": 4096, "bytes": 3_000_000, "host": "shop.example", "url": "x", "near": "<", "tag": "font",
               "inside": "a", "attribute": "style", "entity": "&nbsp;", "version": "1.2", "number": "B-1", "days": 7}  # fmt: skip
    states = (broadcasts.DRAFT, *broadcasts.LIVE, *broadcasts.OVER)

    def said(visit: Visit) -> list[tuple[str, str]]:
        one = _draft(visit)
        with speaking(locale):
            found = [(name, bulletins.state(name)) for name in states]
            found += [(name, bulletins.outcome(name)) for name in reports.OUTCOMES]
            found += [(name, bulletins.left_out(name)) for name in audiences.REASONS]
            found += [
                (name, bulletins.kind(name))
                for name in (broadcasts.CONSENT, broadcasts.POLICY, broadcasts.BREACH)
            ]
            found += [(code, bulletins.fault(code, details)) for code in bulletins.FAULTS]
            found += [
                (state, bulletins.then(visit, _in(one, state)))
                for state in states
                if state not in ("done", "cancelled")
            ]
            return found

    for name, words in await doorstep.keep(said):
        assert words and "{" not in words, name
        assert " " not in name or words != name


def _draft(visit: Visit) -> broadcasts.Broadcast:
    return drafts.begin(visit, campaigns.responsible(visit), "informing", (TELEGRAM,))


def _in(one: broadcasts.Broadcast, state: str) -> broadcasts.Broadcast:
    return replace(one, state=state, start_at=one.start_at or one.at)


async def test_the_picture_shows_what_the_report_says(doorstep: Doorstep) -> None:
    def drawn(visit: Visit) -> dict[str, object]:
        part = Part(TELEGRAM, "kk", Counter(sent=998, failed=2))
        with speaking("kk"):
            return charts.facts(visit, Report(_draft(visit), [part], {"400": 2}, 0))

    facts = await doorstep.keep(drawn)
    assert [entry[2] for entry in facts["legend"]] == [998, 2]
    assert charts.draw(facts) == charts.draw(facts)  # the same wherever it is drawn
    assert charts.draw(facts).startswith(b"\x89PNG")
