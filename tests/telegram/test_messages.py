"""What a message can be: words in every spelling, cards, forwards, edits, groups, and people who are not who they seem."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.doorstep import Doorstep, Person, doorstep_on

from kelisim.desk import dialogue, subjects
from kelisim.desk.visit import EMAIL, PHONE

STOPS = [
    "СТОП", "стоп", "Стоп!", "стоп.", "С\u200bТОП", "С\u2060Т\u2060О\u2060П", "CТОП", "СТOП", "CTOП", "CTOΠ", "стооооп",
    "с т о п", "С-Т-О-П", "«стоп»", "СТОП 🙏", "стоп!!!", "\u202eстоп", "ｓｔｏｐ", "STOP", "stop", "Stop.", "s.t.o.p",
    "ЅТОР", "stoooop", "STОP", "st0p", "ｓТｏｐ", "𝐒𝐓𝐎𝐏", "ⓢⓣⓞⓟ", "ыещз", "cnjg", "/stop", "/STOP", "/stop@kelisim_bot",
    "ТОҚТАТУ", "тоқтату", "ТОКТАТУ", "токтату", "тоқта", "Тоқтат", "тоқтатыңыз", "toqtatu", "toktatu", "TOQTA",
    "тоқ\u200cтату", "т о қ т а т у", "токтат!", "отписаться", "отпишись", "отпишите", "отписатся", "otpiska", "Отписка",
    "unsubscribe", "UNSUBSCRIBE", "unsubscibe", "opt out", "opt-out", "stop all", "please stop", "Stop please", "stop now",
    "стоп рассылка", "стоп всё", "прекратите", "перестаньте",
]  # fmt: skip


def test_sixty_spellings_are_tried() -> None:
    assert len(set(STOPS)) >= 60


async def test_stop_in_sixty_spellings_stops_at_the_door(doorstep: Doorstep) -> None:
    """T-CHAT-10."""
    missed = []
    for number, spelling in enumerate(STOPS):
        said = await doorstep.person(str(70_000 + number)).say(spelling)
        if not await doorstep.rows("SELECT 1 FROM suppressions WHERE number = :n", n=number_of(said.text)):
            missed.append(spelling)
    assert missed == []


def number_of(text: str) -> str:
    return next((word.strip(".,:") for word in text.split() if word.startswith("S-")), "")


CARDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("another's card", {"user_id": 5001}, {}),
    ("a card without an owner", {}, {}),
    ("one's own, forwarded", {"user_id": 5003}, {"forward_origin": {"type": "user", "date": 1, "sender_user": None}}),
]  # fmt: skip


@pytest.mark.parametrize(("card", "owner", "content"), CARDS)
async def test_a_card_proves_a_phone_only_when_it_is_telegrams_own_of_who_sends_it(
    doorstep: Doorstep, card: str, owner: dict[str, Any], content: dict[str, Any]
) -> None:
    """T-CHAT-08."""
    saule = await asked_for_the_phone(doorstep)
    if content:
        user = doorstep.person("aigul").user()
        content = {"forward_origin": {"type": "user", "date": 1, "sender_user": user}}
    said = await saule.bring(
        contact={"phone_number": "+77012345678", "first_name": "Saule", **owner}, **content
    )
    assert "not your own" in said.text
    assert await doorstep.rows("SELECT 1 FROM contacts WHERE channel = 'phone'") == []
    said = await saule.bring(contact={"phone_number": "77012345678", "first_name": "S", "user_id": saule.id})
    assert "Consent recorded" in said.text
    assert len(await doorstep.rows("SELECT 1 FROM contacts WHERE channel = 'phone'")) == 1


async def test_a_typed_number_is_no_proof_and_an_unasked_card_is_not_kept(doorstep: Doorstep) -> None:
    """T-CHAT-08."""
    saule = await asked_for_the_phone(doorstep)
    assert "proves nothing" in (await saule.say("+7 701 234 56 78")).text
    await saule.press("Without a phone")
    said = await saule.bring(contact={"phone_number": "+77012345678", "first_name": "S", "user_id": saule.id})
    assert "do not keep" in said.text
    assert await doorstep.rows("SELECT 1 FROM contacts WHERE channel = 'phone'") == []


async def asked_for_the_phone(step: Doorstep) -> Person:
    """Saule, where her phone is asked for."""
    saule = await step.person("saule").registers()
    await saule.say("/consent")
    await saule.press("Information: e-mail")
    await saule.press("I agree")
    await saule.say("Bek Saule")
    await saule.press("Yes, correct")
    await saule.say("saule@mail.kz")
    await saule.say(await step.code("saule@mail.kz"))
    assert "Without a phone" in saule.shown
    return saule


HOSTILE = [
    '<a href="https://evil.kz">x</a> y', "{0.__class__} {name}", "%s %(name)s", "\u202e" * 64 + "a b", "\u200b\u200b \u200b",
    "Служба поддержки ✓", "😀" * 300, "[x](https://evil.kz) *y*", "`a` _b_", "a\nb", "\u2066ab cd", "İi Iı", "ﷺ ﷺ",
    "=HYPERLINK(1) b", "\u0301" * 50 + " b", "\x00 \x1f", "null NULL", "'; DROP TABLE subjects; --", "Ұлы Жүз-О'Қ",
]  # fmt: skip
FORBIDDEN = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x200B, 0x2010), *range(0x20), 0x2060)} - {
    "\n"
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_is_refused_or_shown_as_plain_words(each_doorstep: Doorstep, name: str) -> None:
    """T-CHAT-09."""
    saule = each_doorstep.person("saule")
    saule.first_name = name
    await saule.registers()
    await saule.say("/consent")
    await saule.press("Information: e-mail")
    await saule.press("I agree")
    said = await saule.say(name)
    harmless(said.calls)
    assert said.text and len(said.text) <= 4096
    if "Yes, correct" in said.buttons:
        harmless((await saule.press("Yes, correct")).calls)
    for call in await each_doorstep.courier():
        harmless([call.body])


def harmless(calls: list[dict[str, Any]]) -> None:
    """No markup mode, no entity but our bold title, nothing unseen but our isolates."""
    for call in calls:
        assert "parse_mode" not in call
        for entity in call.get("entities", []):
            assert entity["type"] == "bold" and entity["offset"] == 0
        assert not FORBIDDEN & set(call.get("text", ""))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(min_size=1, max_size=300))
async def test_whatever_is_typed_is_answered_harmlessly_from_every_prompt(
    sqlite_url: str, words: str
) -> None:
    """T-CHAT-09, I9."""
    async with doorstep_on(sqlite_url) as step:
        saule = step.person("saule")
        if not await step.rows("SELECT 1 FROM subjects"):
            await saule.registers()
        for opening in ("agree", "/verify", "stop.mail", "nothing"):
            if opening == "agree":
                token = step.desk.shelf.current("informing-email", "en").token
                await saule.press(data=f"agree:en:{token}:informing-email")
            elif opening == "stop.mail":
                await saule.press(data="smail:en::")
            elif opening.startswith("/"):
                await saule.say(opening)
            said = await saule.say(words)
            assert said.text
            harmless(said.calls)
        await saule.say("/cancel")
        await saule.say("English")


async def test_an_edit_never_acts(doorstep: Doorstep) -> None:
    """T-CHAT-11: neither an old STOP edited after resuming, nor "hi" turned into STOP."""
    saule = await doorstep.person("saule").registers()
    before = await doorstep.rows("SELECT count(*) FROM consent_records")
    for number, words in enumerate(("STOP", "/stop", "I withdraw everything", "yes", "123456")):
        message = saule.written(text=words, edit_date=1_800_000_100)
        message["message_id"] = 4_000 + number
        said = await saule.send({"edited_message": message})
        assert "new messages only" in said.text and "Stop messages" in said.buttons
    assert await doorstep.rows("SELECT 1 FROM suppressions") == []
    assert await doorstep.rows("SELECT count(*) FROM consent_records") == before


async def test_a_burst_of_edits_is_answered_once(doorstep: Doorstep) -> None:
    """T-CHAT-11."""
    saule = await doorstep.person("saule").registers()
    message = saule.written(text="a", edit_date=1)
    said = [await saule.send({"edited_message": {**message, "text": "a" * n}}) for n in range(1, 8)]
    assert [bool(one.calls) for one in said] == [True] + [False] * 6


def in_chat(kind: str, **sender: Any) -> dict[str, Any]:
    user = {"id": 5003, "is_bot": False, "first_name": "Saule", "language_code": "en", **sender}
    chat = {"id": -100_500, "type": kind, "title": "Neighbours"}
    return {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": "/mydata@kelisim_bot"}


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_in_a_group_it_says_one_sentence_and_leaves(doorstep: Doorstep, kind: str) -> None:
    """T-CHAT-13."""
    saule = doorstep.person("saule")
    said = await saule.send({"message": in_chat(kind)})
    assert said.methods == ["sendMessage", "leaveChat"]
    assert (await saule.send({"message": in_chat(kind)})).calls == []
    for table in ("seen", "prompts", "subjects", "ledger"):
        assert await doorstep.rows(f"SELECT 1 FROM {table}") == []


@pytest.mark.parametrize(
    ("number", "is_bot"), [(777000, False), (1087968824, True), (136817688, True), (4242, True)]
)
async def test_voices_that_are_nobody_are_no_subjects(doorstep: Doorstep, number: int, is_bot: bool) -> None:
    """T-CHAT-13: Telegram itself, an anonymous administrator, a channel's voice, another bot."""
    nobody = doorstep.person(str(number))
    user = nobody.user() | {"is_bot": is_bot}
    for words in ("/start", "STOP"):
        said = await nobody.send({"message": nobody.written(text=words) | {"from": user}})
        assert said.calls == []
    group = in_chat("supergroup", id=1087968824, is_bot=True, first_name="Group")
    assert (await nobody.send({"message": group})).methods == ["sendMessage", "leaveChat"]
    for table in ("subjects", "suppressions", "seen"):
        assert await doorstep.rows(f"SELECT 1 FROM {table}") == []


UNKNOWN = {
    "business_message": {"message_id": 1, "date": 1, "chat": {"id": 5003, "type": "private"}, "text": "STOP"},
    "inline_query": {"id": "1", "from": {"id": 5003, "is_bot": False, "first_name": "S"}, "query": "x", "offset": ""},
    "message_reaction": {"chat": {"id": 5003, "type": "private"}, "message_id": 1, "date": 1, "old_reaction": [],
                         "new_reaction": []},
    "channel_post": {"message_id": 1, "date": 1, "chat": {"id": -1, "type": "channel", "title": "c"}, "text": "x"},
    "telepathy_of_2031": {"thought": "STOP"},
}  # fmt: skip


@pytest.mark.parametrize("kind", UNKNOWN)
async def test_a_kind_of_update_we_do_not_read_is_passed_over(doorstep: Doorstep, kind: str) -> None:
    """T-CHAT-14."""
    saule = doorstep.person("saule")
    assert (await saule.send({kind: UNKNOWN[kind]})).calls == []


async def test_forwarded_words_are_never_an_intent_nor_a_code(doorstep: Doorstep) -> None:
    """T-CHAT-15."""
    saule = await doorstep.person("saule").registers()
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "Aigul"}
    for words in ("STOP", "удалите мои данные", "/stop", "Menu"):
        said = await saule.say(words, forward_origin=origin)
        assert "Stopped" not in said.text and "Pass to staff" in said.buttons
    await saule.say("/consent")
    await saule.press("Information: e-mail")
    await saule.press("I agree")
    await saule.say("Bek Saule")
    await saule.press("Yes, correct")
    await saule.say("saule@mail.kz")
    code = await doorstep.code("saule@mail.kz")
    assert "phone" not in (await saule.say(code, forward_origin=origin)).text
    via = {"id": 9, "is_bot": True, "first_name": "bot"}
    assert "phone" not in (await saule.say(code, via_bot=via)).text
    assert (await doorstep.rows("SELECT tries FROM codes"))[0][0] == 0
    assert "phone" in (await saule.say(code)).text.lower()
    assert await doorstep.rows("SELECT 1 FROM suppressions") == []


async def test_another_account_with_the_same_username_is_a_stranger(doorstep: Doorstep) -> None:
    """T-CHAT-17."""
    aigul = await doorstep.person("aigul").registers()
    await aigul.gives_email("aigulcanary@mail.kz")
    heir = doorstep.person("5999")
    heir.first_name = aigul.first_name
    message = heir.written(text="/consent")
    message["from"]["username"] = message["chat"]["username"] = "aigul"
    said = await heir.send({"message": message})
    assert "language" in said.text.lower() and "informing" not in said.text
    assert len(await doorstep.rows("SELECT 1 FROM subjects")) == 1


async def test_a_phone_that_another_account_proved_opens_nothing(doorstep: Doorstep) -> None:
    """T-ID-07 as far as it stands: the new owner of a number shares his genuine contact."""
    saule = await asked_for_the_phone(doorstep)
    await saule.bring(contact={"phone_number": "+77012345678", "first_name": "S", "user_id": saule.id})
    dias = await doorstep.person("dias").registers()
    await dias.gives_email("dias@mail.kz", "Omarov Dias", "promotion-email")
    said = await dias.say("/consent")
    assert "saule" not in said.text.lower()

    def owners(visit: Any) -> list[str]:
        return [contact.value for contact in subjects.addresses(visit, EMAIL)]

    assert await doorstep.keep(owners, dias) == ["dias@mail.kz"]
    assert await doorstep.keep(lambda visit: len(subjects.addresses(visit, PHONE)), saule) == 1


@pytest.mark.parametrize("registered", [True, False])
async def test_a_typed_code_is_taken_out_of_the_chat(doorstep: Doorstep, registered: bool) -> None:
    """T-CHAT-19: for who agreed and for who did not."""
    saule = doorstep.person("saule")
    if registered:
        await saule.registers()
        await saule.say("/consent")
        await saule.press("Information: e-mail")
        await saule.press("I agree")
        await saule.say("Bek Saule")
        await saule.press("Yes, correct")
    else:
        aigul = await doorstep.person("aigul").registers()
        await aigul.gives_email("saule@mail.kz")
        doorstep.later(hours=1)
        await saule.say("/start")
        await saule.press("English")
        await saule.press("I am under 18")
        await saule.press("Withdraw")
    await saule.say("saule@mail.kz")
    code = await doorstep.code("saule@mail.kz")
    wrong = await saule.say("000000" if code != "000000" else "111111")
    assert "deleteMessage" in wrong.methods
    right = await saule.say(code)
    deleted = [call for call in right.calls if call["method"] == "deleteMessage"]
    assert len(deleted) == 1 and deleted[0]["chat_id"] == saule.id
    for call in right.calls:
        assert code not in call.get("text", "")


async def test_other_words_are_left_in_the_chat(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    assert "deleteMessage" not in (await saule.say("123456")).methods


async def test_a_question_a_newer_program_asked_is_answered_with_what_this_one_knows(
    each_doorstep: Doorstep,
) -> None:
    """T-ADMIN-03: unknown dialogue, unknown draft, and a flow whose purpose was switched off meanwhile."""
    saule = await each_doorstep.person("saule").registers()
    for screen, draft in (
        ("future.prompt", {"x": 1}), ("consents.give.code", {}), ("consents.give.email", {"pair": "gone"}),
        ("consents.give.name", {"pair": "gone"}), ("consents.give.phone", {}), ("consents.give.conditions", {}),
        ("consents.give.check", {"typed": 7}),
    ):  # fmt: skip
        await each_doorstep.keep(lambda visit, s=screen, d=draft: dialogue.ask(visit, s, d), saule)
        said = await saule.say("saule@mail.kz")
        assert said.text, screen
        await each_doorstep.keep(lambda visit, s=screen, d=draft: dialogue.ask(visit, s, d), saule)
        card = {"phone_number": "+77012345678", "first_name": "S", "user_id": saule.id}
        assert (await saule.bring(contact=card)).text, screen
        assert (await saule.press(data="nyes:en::")).text, screen
    assert await each_doorstep.rows("SELECT 1 FROM profile") == []
    await each_doorstep.keep(lambda visit: dialogue.drop(visit), saule)
    assert "Menu" in (await saule.say("menu")).text


async def test_a_command_with_letters_of_any_alphabet_behind_it_breaks_nothing(doorstep: Doorstep) -> None:
    saule = doorstep.person("saule")
    for payload in ("абвгдежзийклмнопрсту", "😀😀", "rep", "a" * 64, "a\nb", ""):
        assert (await saule.say(f"/start {payload}")).text
        await saule.press("English")
        await saule.press("I am 18 or over")
        assert "I agree" in saule.shown
