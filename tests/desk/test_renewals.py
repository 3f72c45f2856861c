"""Consent asked for anew: who is asked, what they read, what they choose, and what silence does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import campaigns
from tests.campaigns import agreed, care, changed, confirmed, responsible, sent, states
from tests.doorstep import Doorstep, Person

from kelisim.desk import (
    audiences,
    broadcasts,
    consents,
    deliveries,
    drafts,
    funnels,
    gates,
    renewals,
    silences,
    staff,
    versions,
)
from kelisim.desk.broadcasts import Unfit
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.telegram.press import Press
from kelisim.telegram.screens import identity_of
from kelisim.texts import speaking


@pytest.fixture(autouse=True)
def _by_day(doorstep: Doorstep) -> None:
    campaigns.by_day(doorstep)


def begun(visit: Visit) -> str:
    """The codes of what stands in the way of a campaign; empty: nothing does."""
    try:
        renewals.begin(visit, responsible(visit), "informing", channels=(TELEGRAM,))
    except Unfit as unfit:
        return " ".join(code for code, _details in unfit.faults)
    return ""


def test_versions_are_numbers() -> None:
    order = versions.order
    assert order("1.10") > order("1.9") > order("1.2") and order("2.1") > order("1.99")
    assert order("paper 2019") == order("") < order("1.1")


async def test_only_those_who_agreed_to_an_older_text_are_asked(doorstep: Doorstep) -> None:
    aigul = await agreed(doorstep, "aigul", "kk")
    await changed(doorstep)
    await agreed(doorstep, "dias", "ru")  # agrees to the new text
    await doorstep.person("saule").registers("en")  # agreed to nothing
    number, arrived = await sent(doorstep, TELEGRAM)
    assert set(arrived) == {str(aigul.id)}
    told = arrived[str(aigul.id)]["text"]
    assert "Телефоныңыз сұралмайды" in told and "&lt;елде&gt;" in told and "Ақпараттық хабарламалар" in told
    one = await doorstep.keep(lambda visit: broadcasts.known(visit, number))
    assert one.counted["to"] == {"telegram kk": 1} and one.answer_by is not None
    assert f"{one.answer_by.day}" in told


async def test_each_reads_it_in_their_language_with_two_choices_that_lead_to_the_chats_own_screens(
    doorstep: Doorstep,
) -> None:
    people = {await_locale: await agreed(doorstep, name, await_locale)
              for name, await_locale in (("aigul", "kk"), ("dias", "ru"), ("saule", "en"))}  # fmt: skip
    await changed(doorstep)
    _number, arrived = await sent(doorstep, TELEGRAM)
    words = {
        "kk": "Саясаттың жаңа нұсқасы: 1.2",
        "ru": "Новая версия политики: 1.2",
        "en": "New version of the policy: 1.2",
    }
    for locale, person in people.items():
        body = arrived[str(person.id)]
        assert words[locale] in body["text"]
        rows = body["reply_markup"]["inline_keyboard"]
        presses = [Press.unpack(button["callback_data"]) for row in rows for button in row]
        assert [identity_of(press.code) for press in presses if press] == ["consents.keep", "withdraw"]
        assert all(
            press and press.kept and press.locale == locale and press.ref == "informing-telegram"
            for press in presses
        )


async def test_the_new_text_is_kept_or_withdrawn_and_silence_pauses_that_purpose_only(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    campaigns.by_day(step)
    people = [
        await agreed(step, name, locale)
        for name, locale in (("aigul", "kk"), ("dias", "ru"), ("saule", "en"))
    ]
    aigul, dias, saule = people
    await changed(step)
    number, arrived = await sent(step, TELEGRAM)
    data = {person.id: [row[0]["callback_data"] for row in arrived[str(person.id)]["reply_markup"]["inline_keyboard"]]
            for person in people}  # fmt: skip
    shown = await aigul.press(data=data[aigul.id][0])
    assert "Келісемін" in shown.buttons
    done = await aigul.press("Келісемін")
    assert done.number.startswith("C-")
    gone = await dias.press(data=data[dias.id][1])
    assert "Согласие отозвано" in gone.text
    record = await step.rows(
        "SELECT act, version, door FROM consent_records WHERE number = :n", n=done.number
    )
    assert [tuple(row) for row in record] == [("given", "1.2", "telegram")]
    await care(step)
    assert await states(step) == ["given", "given", "withdrawn"]  # the last day is not over
    step.later(days=15)
    await care(step)
    assert await states(step) == ["given", "suspended", "withdrawn"]
    assert await states(step, "desk") == ["given"] * 3
    assert await step.keep(lambda visit: gates.allows(visit, "informing-telegram"), saule) is False
    assert await step.keep(consents.differences) == []
    last = await step.rows("SELECT act, version, number FROM consent_records WHERE act = 'suspended'")
    assert len(last) == 1
    handed = await step.courier(TELEGRAM)
    notices = [one.body["text"] for one in handed if one.address == str(saule.id) and "text" in one.body]
    assert any("Consent paused" in words and "Information: Telegram" in words for words in notices)
    assert any(one.message.kind == "receipt" and one.message.number == last[0][2] for one in handed)
    told = await step.keep(lambda visit: funnels.funnel(visit, broadcasts.known(visit, number)))
    assert told == [funnels.Funnel(TELEGRAM, 3, 1, 1, 0, 1, 0)]
    await saule.press(data=data[saule.id][0])  # later is not too late
    restored = await saule.press("I agree")
    assert "Consent recorded" in restored.text
    assert await states(step) == ["given", "given", "withdrawn"]
    assert await step.keep(consents.differences) == []
    assert await step.keep(lambda visit: gates.allows(visit, "informing-telegram"), saule) is True


async def test_who_stops_before_it_leaves_is_told_of_no_pause(doorstep: Doorstep) -> None:
    dias, saule = await agreed(doorstep, "dias", "en"), await agreed(doorstep, "saule", "en")
    await changed(doorstep)
    await sent(doorstep, TELEGRAM)
    doorstep.later(days=15)
    await care(doorstep)
    await saule.say("STOP")
    handed = await doorstep.courier(TELEGRAM)
    told = [one.address for one in handed if "Consent paused" in one.body.get("text", "")]
    assert told == [str(dias.id)]


async def test_nobody_is_asked_twice_about_one_version_but_for_one_reminder(doorstep: Doorstep) -> None:
    """T-LAW-06."""
    await agreed(doorstep, "aigul", "kk")
    dias = await agreed(doorstep, "dias", "ru")
    assert await doorstep.keep(begun) == "unchanged"
    await changed(doorstep)
    number, _arrived = await sent(doorstep, TELEGRAM)
    first = await doorstep.keep(lambda visit: broadcasts.known(visit, number))
    await doorstep.person("aigul").press(data="ckeep:kk+::informing-telegram")
    aigul = doorstep.person("aigul")
    await aigul.press(data="ckeep:kk+::informing-telegram")
    await aigul.press("Келісемін")
    second, arrived = await sent(doorstep, TELEGRAM)
    assert set(arrived) == {str(dias.id)}
    reminder = await doorstep.keep(lambda visit: broadcasts.known(visit, second))
    assert reminder.answer_by == first.answer_by  # the day that was named stays
    assert await doorstep.keep(begun) == "asked"


async def test_whoever_agrees_before_the_message_leaves_is_not_asked(doorstep: Doorstep) -> None:
    aigul = await agreed(doorstep, "aigul", "kk")
    await changed(doorstep)

    def running(visit: Visit) -> str:
        one = broadcasts.start(visit, confirmed(visit, TELEGRAM))
        while audiences.address(visit, one):
            one = broadcasts.known(visit, one.number)
        return one.number

    number = await doorstep.keep(running)
    await aigul.press(data="ckeep:kk+::informing-telegram")
    await aigul.press("Келісемін")

    def taken(visit: Visit) -> int:
        return len(deliveries.take(visit, broadcasts.known(visit, number), TELEGRAM, 10)[0])

    assert await doorstep.keep(taken) == 0
    assert (await doorstep.rows("SELECT state, cause FROM outbox WHERE broadcast_id IS NOT NULL"))[0] == (
        "cancelled", deliveries.ANSWERED,
    )  # fmt: skip


async def test_a_change_that_is_not_material_is_told_and_asks_nothing(doorstep: Doorstep) -> None:
    saule = await agreed(doorstep, "saule", "en")
    await changed(doorstep, material=False)
    number, arrived = await sent(doorstep, TELEGRAM)
    body = arrived[str(saule.id)]
    assert "What changed:" in body["text"] and "you need do nothing" in body["text"]
    [[button]] = body["reply_markup"]["inline_keyboard"]
    assert button["text"] == "My consents"
    assert (await saule.press(data=button["callback_data"])).buttons.get("I agree") is None
    one = await doorstep.keep(lambda visit: broadcasts.known(visit, number))
    assert one.answer_by is None
    doorstep.later(days=40)
    await care(doorstep)
    assert await states(doorstep) == ["given"]
    assert await doorstep.keep(begun) == "asked"


async def test_an_older_consent_is_asked_for_though_the_newest_text_changed_little(
    doorstep: Doorstep,
) -> None:
    """1.1 agreed, 1.2 material, 1.3 not: the one of 1.1 still has to be asked, and sees so on the screen."""
    saule = await agreed(doorstep, "saule", "en")
    await changed(doorstep)
    await changed(doorstep, material=False)
    await saule.say("/consent")
    seen = await saule.press("Information: Telegram")
    assert "There is a new version of the text: 1.3" in seen.text and "I agree" in seen.buttons
    _number, arrived = await sent(doorstep, TELEGRAM)
    assert "Last day to decide" in arrived[str(saule.id)]["text"]
    await saule.say("/consent")
    assert "Last day to decide" in (await saule.press("Information: Telegram")).text
    await saule.press("I agree")
    doorstep.later(days=20)
    await care(doorstep)
    assert await states(doorstep) == ["given"]


async def test_stopped_blocked_and_unreachable_people_are_not_asked_and_are_paused_without_a_notice(
    doorstep: Doorstep,
) -> None:
    """T-CAST-09: an opt-out is respected; the older text holds for nobody after the day."""
    aigul = await agreed(doorstep, "aigul", "kk")
    await agreed(doorstep, "saule", "en")
    await aigul.say("STOP")
    await changed(doorstep)
    number, arrived = await sent(doorstep, TELEGRAM)
    assert str(aigul.id) not in arrived
    await doorstep.courier()
    doorstep.later(days=16)
    await care(doorstep)
    assert await states(doorstep) == ["suspended", "suspended"]
    told = await doorstep.keep(lambda visit: funnels.funnel(visit, broadcasts.known(visit, number)))
    assert told == [funnels.Funnel(TELEGRAM, 1, 0, 0, 0, 1, 0, 1)]  # she was silent, Aigul was not asked
    words = [
        one.body.get("text", "") for one in await doorstep.courier(TELEGRAM) if one.address == str(aigul.id)
    ]
    assert not any("тоқтат" in each.lower() or "paused" in each for each in words if each)


async def test_a_paused_consent_can_be_taken_back_and_ends_on_its_last_day(doorstep: Doorstep) -> None:
    aigul, saule = await agreed(doorstep, "aigul", "kk"), await agreed(doorstep, "saule", "en")
    await changed(doorstep)
    await sent(doorstep, TELEGRAM)
    doorstep.later(days=16)
    await care(doorstep)
    await saule.say("/consent")
    seen = await saule.press("Information: Telegram")
    assert "is paused" in seen.text and {"I agree", "Withdraw"} <= set(seen.buttons)
    assert "Consent withdrawn" in (await saule.press("Withdraw")).text
    assert await states(doorstep) == ["suspended", "withdrawn"]
    await aigul.say("/menu")  # the chat itself stays open
    doorstep.later(days=2 * 365)
    await care(doorstep)
    assert await states(doorstep) == ["expired", "withdrawn"]
    assert await doorstep.keep(consents.differences) == []


async def test_the_chat_itself_is_not_closed_over_an_open_request(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers("en")
    dias = await doorstep.person("dias").registers("ru")
    await saule.say("/ask")
    await saule.press("Ask a question")
    await saule.say("When is the office open?")
    await saule.press("Send")
    await changed(doorstep, "desk")
    await sent(doorstep, TELEGRAM, purpose="desk")
    doorstep.later(days=16)
    await care(doorstep)
    rows = await doorstep.rows(
        "SELECT s.locale, c.state, s.state FROM consents c JOIN subjects s ON s.id = c.subject_id ORDER BY s.locale"
    )
    assert [tuple(row) for row in rows] == [("en", "given", "active"), ("ru", "suspended", "closed")]
    assert "Қазақша" in (await dias.say("/menu")).buttons  # begins anew
    await dias.registers("ru")
    assert await doorstep.keep(consents.differences) == []


async def test_who_may_begin_one_and_when(doorstep: Doorstep) -> None:
    await agreed(doorstep, "aigul", "kk")
    await changed(doorstep)

    def work(visit: Visit) -> None:
        other = next(one for one in visit.operator.staff if one.role != staff.RESPONSIBLE)
        with pytest.raises(broadcasts.NotYours):
            renewals.begin(
                visit, staff.acting(visit.operator, other.address, "test"), "informing", channels=(TELEGRAM,)
            )
        who = responsible(visit)
        for purpose, channels, code in (("nothing", (), "purpose"), ("publication", (), "purpose"),
                                        ("desk", ("email",), "purpose"), ("informing", (), "web")):  # fmt: skip
            with pytest.raises(Unfit) as unfit:
                renewals.begin(visit, who, purpose, channels=channels)
            assert unfit.value.faults[0][0] in (code, "unchanged"), purpose
        with pytest.raises(Unfit) as soon:
            renewals.begin(
                visit, who, "informing", channels=(TELEGRAM,), answer_by=visit.today + timedelta(days=3)
            )
        assert soon.value.faults == (("answer_by", {"days": silences.LEAST}),)

    await doorstep.keep(work)


async def test_a_campaign_that_comes_too_late_is_stopped_and_pauses_nobody(doorstep: Doorstep) -> None:
    await agreed(doorstep, "aigul", "kk")
    await changed(doorstep)
    number = await doorstep.keep(lambda visit: confirmed(visit, TELEGRAM).number)
    doorstep.later(days=20)
    await care(doorstep)
    assert (await doorstep.keep(lambda visit: broadcasts.known(visit, number))).state == broadcasts.CANCELLED
    assert await states(doorstep) == ["given"]


async def test_a_funnel_is_said_in_words_and_leaves_noughts_out(doorstep: Doorstep) -> None:
    told = funnels.lines(
        [funnels.Funnel("telegram", 5, 2, 1, 0, 2, 0), funnels.Funnel("email", 1, 1, 0, 0, 0, 0)]
    )
    assert len(told) == 4
    with speaking("en"):
        told = funnels.lines([funnels.Funnel("telegram", 0, 0, 0, 0, 0, 0, 3)])
    assert len(told) == 1 and "Not asked" in told[0] and "3" in told[0]
    assert funnels.lines([]) == []


async def paused(step: Doorstep, name: str = "saule", locale: str = "en") -> Person:
    """Somebody whose consent to information by Telegram is paused."""
    person = await agreed(step, name, locale)
    await changed(step)
    await sent(step, TELEGRAM)
    step.later(days=16)
    await care(step)
    assert await states(step) == ["suspended"]
    return person


async def test_withdrawing_everything_takes_what_is_paused_back_too(each_doorstep: Doorstep) -> None:
    campaigns.by_day(each_doorstep)
    saule = await paused(each_doorstep)
    await saule.say("/consent")
    await saule.press("Withdraw everything")
    assert "Information: Telegram" in saule.said.text
    await saule.press("Withdraw, answer me here")
    assert await states(each_doorstep) == ["withdrawn"]
    assert await each_doorstep.keep(consents.differences) == []


async def test_a_paused_consent_goes_with_the_data(doorstep: Doorstep) -> None:
    saule = await paused(doorstep)
    await saule.say("/delete")
    assert "Delete for good" in saule.said.buttons
    await saule.press("Delete for good")
    assert await states(doorstep) == ["withdrawn"]
    doorstep.later(days=3)
    await care(doorstep)
    assert await states(doorstep) == []
    assert await doorstep.rows("SELECT count(*) FROM subjects") == [(0,)]


async def test_who_agreed_elsewhere_to_an_older_text_can_be_asked_after_the_others(
    doorstep: Doorstep,
) -> None:
    await paused(doorstep)
    assert await doorstep.keep(begun) == "asked"
    dias = await agreed(doorstep, "dias", "ru")

    def imported(visit: Visit) -> None:  # as an import leaves it: given, by no version of ours
        visit.connection.exec_driver_sql(
            "UPDATE consents SET version = '' WHERE purpose = 'informing-telegram' AND state = 'given'"
        )

    await doorstep.keep(imported)
    number, arrived = await sent(doorstep, TELEGRAM)
    assert set(arrived) == {str(dias.id)}
    assert await doorstep.keep(begun) == ""  # the one reminder
    doorstep.later(days=16)
    await care(doorstep)
    assert await states(doorstep) == ["suspended", "suspended"]
    assert number


async def test_each_channel_is_asked_for_itself_and_none_twice(doorstep: Doorstep) -> None:
    saule = await agreed(doorstep, "saule", "en")
    await saule.gives_email("canary@mail.kz")
    await changed(doorstep)
    doorstep.desk.url = "https://desk.example"
    assert await doorstep.keep(renewals.unasked) == ["informing"]
    await sent(doorstep, TELEGRAM)
    assert await doorstep.keep(renewals.unasked) == []
    _number, arrived = await sent(doorstep, "email")
    assert list(arrived) == ["canary@mail.kz"]

    def both(visit: Visit) -> None:
        with pytest.raises(Unfit) as unfit:
            renewals.begin(visit, responsible(visit), "informing")
        assert [code for code, _details in unfit.value.faults] == ["asked"]

    await doorstep.keep(both)


async def test_a_paused_consent_carries_no_broadcast(doorstep: Doorstep) -> None:
    """I1: counted as left out, addressed to nobody."""
    await paused(doorstep)

    def work(visit: Visit) -> None:
        draft = drafts.begin(visit, responsible(visit), "informing", (TELEGRAM,))
        assert audiences.count(visit, draft).told() == {"to": {}, "out": {"telegram suspended": 1}}

    await doorstep.keep(work)


async def test_what_waits_for_a_person_is_cancelled_by_the_pause(doorstep: Doorstep) -> None:
    saule = await agreed(doorstep, "saule", "en")
    await changed(doorstep)
    await sent(doorstep, TELEGRAM)
    doorstep.later(days=16)

    def addressed(visit: Visit) -> None:
        draft = drafts.begin(visit, responsible(visit), "informing", (TELEGRAM,))
        words = broadcasts.Content(texts={locale: "News" for locale in ("kk", "ru", "en")})
        draft = drafts.edit(visit, draft, words)
        draft = drafts.counted(visit, draft, audiences.count(visit, draft).told())
        one = broadcasts.start(visit, broadcasts.confirm(visit, draft, draft.digest, responsible(visit)))
        assert not audiences.address(visit, one)

    await doorstep.keep(addressed)
    await care(doorstep)
    rows = await doorstep.rows("SELECT state FROM outbox WHERE kind = 'broadcast'")
    assert rows == [("cancelled",)]
    [(cancelled,)] = await doorstep.rows("SELECT cancelled FROM consent_records WHERE act = 'suspended'")
    assert cancelled == 1 and saule
