"""Sending and editing: a real aiogram bot is answered, and declined, as by Telegram."""

from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BufferedInputFile,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)

from kelisim.sandbox.driver import Chat, NoAnswer, NotPossible, Town


def keys(*rows: tuple[str, str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=text, callback_data=data)] for text, data in rows]
    )


async def test_a_message_reaches_the_person_with_its_keyboard(bot: Bot, aigul: Chat) -> None:
    sent = await bot.send_message(aigul.id, "Сәлем", reply_markup=keys(("Мәзір", "menu:kk")))
    (seen,) = await aigul.messages()
    assert (seen.id, seen.text, seen.labels) == (sent.message_id, "Сәлем", ("Мәзір",))
    assert seen.data("Мәзір") == "menu:kk"


async def test_message_numbers_grow_in_each_chat_alone(bot: Bot, town: Town, aigul: Chat) -> None:
    dias = await town.chat("dias")
    await dias.say("/start", wait=0)
    assert [(await bot.send_message(chat.id, "1")).message_id for chat in (aigul, dias, aigul)] == [2, 2, 3]


async def test_html_becomes_plain_text_and_entities(bot: Bot, aigul: Chat) -> None:
    sent = await bot.send_message(aigul.id, "😀 <b>a &lt; b</b>", parse_mode="HTML")
    assert sent.text == "😀 a < b"
    assert [(one.type, one.offset, one.length) for one in sent.entities or ()] == [("bold", 3, 5)]
    assert sent.html_text == "😀 <b>a &lt; b</b>"


@pytest.mark.parametrize("markup", ["<b>open", "a < b <i>", "</b>", "<h1>no</h1>", "<b><i>x</b></i>"])
async def test_html_telegram_cannot_parse_is_declined(bot: Bot, aigul: Chat, markup: str) -> None:
    with pytest.raises(TelegramBadRequest, match="can't parse entities"):
        await bot.send_message(aigul.id, markup, parse_mode="HTML")


@pytest.mark.parametrize(
    ("text", "fault"),
    [("", "message text is empty"), (" \n ", "message text is empty"), ("x" * 4097, "message is too long")],
)
async def test_a_text_has_a_size(bot: Bot, aigul: Chat, text: str, fault: str) -> None:
    with pytest.raises(TelegramBadRequest, match=fault):
        await bot.send_message(aigul.id, text)


async def test_length_is_counted_in_utf16_units(bot: Bot, aigul: Chat) -> None:
    await bot.send_message(aigul.id, "😀" * 2048)
    with pytest.raises(TelegramBadRequest, match="message is too long"):
        await bot.send_message(aigul.id, "😀" * 2048 + "!")


async def test_an_entity_must_end_inside_the_text(bot: Bot, aigul: Chat) -> None:
    await bot.send_message(aigul.id, "abc", entities=[MessageEntity(type="bold", offset=1, length=2)])
    with pytest.raises(TelegramBadRequest, match="entity ends"):
        await bot.send_message(aigul.id, "abc", entities=[MessageEntity(type="bold", offset=1, length=3)])


@pytest.mark.parametrize(
    ("button", "fault"),
    [
        ({"text": "Bare"}, "Text buttons are unallowed"),
        ({"text": "Two", "callback_data": "a", "url": "https://mail.kz"}, "exactly one kind"),
        ({"text": "Long", "callback_data": "ә" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": " ", "callback_data": "a"}, "must not be empty"),
        ({"text": "Link", "url": "mail.kz"}, "Wrong HTTP URL"),
        ({"text": "Odd", "callback_data": "a", "colour": "red"}, "unknown field colour"),
    ],
)
async def test_an_inline_button_has_exactly_one_valid_kind(
    bot: Bot, aigul: Chat, button: dict[str, Any], fault: str
) -> None:
    markup = InlineKeyboardMarkup.model_construct(inline_keyboard=[[button]])
    with pytest.raises(TelegramBadRequest, match=fault):
        await bot.send_message(aigul.id, "?", reply_markup=markup)


async def test_64_bytes_of_data_and_a_copy_button_are_fine(bot: Bot, aigul: Chat) -> None:
    row = [
        InlineKeyboardButton(text="a", callback_data="ә" * 32),
        InlineKeyboardButton(text="b", copy_text=CopyTextButton(text="C-12345678")),
    ]
    await bot.send_message(aigul.id, "?", reply_markup=InlineKeyboardMarkup(inline_keyboard=[row]))
    await aigul.press("b", wait=0)
    assert aigul.last["note"] == {"copy_text": {"text": "C-12345678"}}


async def test_an_edit_changes_the_message_and_the_same_edit_again_is_declined(bot: Bot, aigul: Chat) -> None:
    sent = await bot.send_message(aigul.id, "one", reply_markup=keys(("a", "a")))
    await bot.edit_message_text(
        "two", chat_id=aigul.id, message_id=sent.message_id, reply_markup=keys(("b", "b"))
    )
    (seen,) = await aigul.messages()
    assert (seen.text, seen.labels, seen.edited) == ("two", ("b",), True)
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_text(
            "two", chat_id=aigul.id, message_id=sent.message_id, reply_markup=keys(("b", "b"))
        )


async def test_an_edit_without_a_keyboard_takes_the_keyboard_away(bot: Bot, aigul: Chat) -> None:
    sent = await bot.send_message(aigul.id, "one", reply_markup=keys(("a", "a")))
    await bot.edit_message_reply_markup(chat_id=aigul.id, message_id=sent.message_id, reply_markup=None)
    assert (await aigul.messages())[0].labels == ()


async def test_what_cannot_be_edited_is_declined(bot: Bot, aigul: Chat) -> None:
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await bot.edit_message_text("x", chat_id=aigul.id, message_id=77)
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await bot.edit_message_text("x", chat_id=aigul.id, message_id=1)
    sent = await bot.send_message(aigul.id, "one")
    await aigul.forget(sent.message_id, freeze=True)
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await bot.edit_message_text("x", chat_id=aigul.id, message_id=sent.message_id)
    await aigul.forget(sent.message_id)
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await bot.edit_message_text("x", chat_id=aigul.id, message_id=sent.message_id)


async def test_a_deleted_message_is_gone(bot: Bot, aigul: Chat) -> None:
    sent = await bot.send_message(aigul.id, "one")
    assert await bot.delete_message(aigul.id, sent.message_id)
    assert await aigul.messages() == []
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await bot.delete_message(aigul.id, sent.message_id)


async def test_a_document_can_be_opened_fetched_and_sent_again(bot: Bot, town: Town, aigul: Chat) -> None:
    receipt = "<h1>Түбіртек</h1>".encode()
    sent = await bot.send_document(aigul.id, BufferedInputFile(receipt, "receipt-C-1.html"), caption="Міне")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size, sent.caption) == (
        "receipt-C-1.html",
        len(receipt),
        "Міне",
    )
    assert sent.document.mime_type == "text/html"
    assert await town.file(sent.document.file_id) == receipt
    file = await bot.get_file(sent.document.file_id)
    fetched = await bot.download_file(str(file.file_path))
    assert fetched is not None and fetched.read() == receipt
    again = await bot.send_document(aigul.id, sent.document.file_id)
    assert again.document is not None and again.document.file_id == sent.document.file_id
    with pytest.raises(TelegramBadRequest, match="no text in the message to edit"):
        await bot.edit_message_text("x", chat_id=aigul.id, message_id=sent.message_id)
    with pytest.raises(TelegramBadRequest, match="caption is too long"):
        await bot.send_document(aigul.id, sent.document.file_id, caption="x" * 1025)
    with pytest.raises(TelegramBadRequest, match="wrong remote file"):
        await bot.send_document(aigul.id, "https://mail.kz/file.pdf")


async def test_a_photo_and_a_chat_action_arrive(bot: Bot, aigul: Chat) -> None:
    sent = await bot.send_photo(aigul.id, BufferedInputFile(b"\x89PNG", "plot.png"))
    assert sent.photo and sent.photo[0].file_size == 4
    assert await bot.send_chat_action(aigul.id, "typing")
    assert (await aigul.state())["action"] == "typing"


async def test_a_reply_keyboard_stays_until_it_is_removed(bot: Bot, aigul: Chat) -> None:
    button = KeyboardButton(text="Share", request_contact=True)
    sent = await bot.send_message(
        aigul.id, "?", reply_markup=ReplyKeyboardMarkup(keyboard=[[button]], resize_keyboard=True)
    )
    await aigul.press("Share", wait=0)
    updates = await bot.get_updates(offset=0)
    contact = updates[-1].message.contact if updates[-1].message else None
    assert contact is not None and (contact.user_id, contact.phone_number) == (aigul.id, "+77010000001")
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await bot.edit_message_text("x", chat_id=aigul.id, message_id=sent.message_id)
    await bot.send_message(aigul.id, "!", reply_markup=ReplyKeyboardRemove())
    with pytest.raises(NotPossible, match="no button"):
        await aigul.press("Share")


async def test_a_reply_quotes_what_is_there(bot: Bot, aigul: Chat) -> None:
    sent = await bot.send_message(aigul.id, "yes?", reply_parameters=ReplyParameters(message_id=1))
    assert sent.reply_to_message is not None and sent.reply_to_message.text == "/start"
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await bot.send_message(aigul.id, "yes?", reply_parameters=ReplyParameters(message_id=9))


async def test_nobody_is_written_to_who_did_not_begin_or_who_blocked(
    bot: Bot, town: Town, aigul: Chat
) -> None:
    dias = await town.chat("dias")
    with pytest.raises(TelegramForbiddenError, match="can't initiate conversation"):
        await bot.send_message(dias.id, "hello")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(12345, "hello")
    await aigul.act("block", wait=0)
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(aigul.id, "hello")
    await aigul.act("block", blocked=False, wait=0)
    await bot.send_message(aigul.id, "hello")
    await town.post("people", person="aigul", gone=True)
    with pytest.raises(TelegramForbiddenError, match="user is deactivated"):
        await bot.send_message(aigul.id, "hello")


async def test_the_flood_limit_names_the_seconds_to_wait(bot: Bot, town: Town, aigul: Chat) -> None:
    for number in range(5):
        await bot.send_message(aigul.id, str(number))
    await town.limits(per_chat=1)
    await bot.send_message(aigul.id, "5")
    with pytest.raises(TelegramRetryAfter) as caught:
        await bot.send_message(aigul.id, "6")
    assert caught.value.retry_after == 1


async def test_a_press_is_answered_once_and_in_time(bot: Bot, town: Town, aigul: Chat) -> None:
    await bot.send_message(aigul.id, "?", reply_markup=keys(("Go", "go")))
    await aigul.press("Go", wait=0)
    press = (await bot.get_updates())[-1].callback_query
    assert press is not None and press.data == "go" and press.chat_instance
    await press.answer("Done", show_alert=True).as_(bot)
    assert (await aigul.state())["toast"]["text"] == "Done"
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await press.answer().as_(bot)
    await town.limits(query_seconds=0)
    await aigul.press("Go", wait=0)
    late = (await bot.get_updates())[-1].callback_query
    assert late is not None
    with pytest.raises(TelegramBadRequest, match="query ID is invalid"):
        await late.answer().as_(bot)


async def test_a_modified_client_may_press_anything(bot: Bot, aigul: Chat) -> None:
    await bot.send_message(aigul.id, "?", reply_markup=keys(("Go", "go")))
    await aigul.press(data="forged", inaccessible=True, wait=0)
    press = (await bot.get_updates())[-1].callback_query
    assert press is not None and press.data == "forged"
    assert press.message is not None and press.message.date == 0


async def test_a_silent_bot_is_noticed(aigul: Chat) -> None:
    with pytest.raises(NoAnswer):
        await aigul.say("hello?", wait=0.1)


async def test_unknown_methods_fields_and_tokens_are_declined(bot: Bot, town: Town, aigul: Chat) -> None:
    assert town.session is not None
    base = f"{town.url}/bot{bot.token}"
    async with town.session.post(f"{base}/sendCarrierPigeon") as response:
        assert (response.status, await response.json()) == (
            404,
            {"ok": False, "error_code": 404, "description": "Not Found"},
        )
    said = {"chat_id": aigul.id, "text": "x", "markdown": True}
    async with town.session.post(f"{base}/sendMessage", json=said) as response:
        assert response.status == 400 and "no parameter markdown" in await response.text()
    async with Bot("1:wrong", session=bot.session) as stranger:
        with pytest.raises(TelegramUnauthorizedError):
            await stranger.get_me()


async def test_json_forms_and_query_strings_say_the_same(bot: Bot, town: Town, aigul: Chat) -> None:
    assert town.session is not None
    url = f"{town.url}/bot{bot.token}/sendMessage"
    said = {"chat_id": str(aigul.id), "text": "сәлем"}
    for how in ({"json": said}, {"data": said}, {"params": said}):
        async with town.session.post(url, **how) as response:  # type: ignore[arg-type]
            assert (await response.json())["result"]["text"] == "сәлем"
