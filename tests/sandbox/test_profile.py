"""What the bot says about itself, by scope and language."""

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat

from kelisim.sandbox.driver import Chat, Town


async def test_the_bot_says_it_is_a_bot(bot: Bot) -> None:
    me = await bot.get_me()
    assert me.is_bot and me.id == bot.id and me.username


async def test_each_person_sees_commands_and_description_in_their_language(bot: Bot, town: Town) -> None:
    scope = BotCommandScopeAllPrivateChats()
    for code, menu in (("", "Open the menu"), ("kk", "Мәзірді ашу")):
        await bot.set_my_commands(
            [BotCommand(command="menu", description=menu)], scope, language_code=code or None
        )
        await bot.set_my_description(f"description {code}", language_code=code or None)
        await bot.set_my_short_description(f"short {code}", language_code=code or None)
    seen = {}
    for key in ("aigul", "saule"):
        about = (await (await town.chat(key)).state())["bot"]
        seen[key] = (about["commands"][0]["description"], about["description"], about["short_description"])
    assert seen == {
        "aigul": ("Мәзірді ашу", "description kk", "short kk"),
        "saule": ("Open the menu", "description", "short"),
    }
    assert (await bot.get_my_commands(scope, language_code="kk"))[0].description == "Мәзірді ашу"
    assert (await bot.get_my_description(language_code="kk")).description == "description kk"
    assert (await bot.get_my_short_description()).short_description == "short"
    await bot.delete_my_commands(scope, language_code="kk")
    assert await bot.get_my_commands(scope, language_code="kk") == []


async def test_one_chat_may_have_commands_of_its_own(bot: Bot, aigul: Chat) -> None:
    await bot.set_my_commands(
        [BotCommand(command="broadcast", description="Make a broadcast")],
        BotCommandScopeChat(chat_id=aigul.id),
    )
    assert [one["command"] for one in (await aigul.state())["bot"]["commands"]] == ["broadcast"]
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.set_my_commands([], BotCommandScopeChat(chat_id=55))


async def test_texts_about_the_bot_have_a_size(bot: Bot) -> None:
    await bot.set_my_description("ә" * 512)
    await bot.set_my_short_description("ә" * 120)
    for call in (
        bot.set_my_description("ә" * 513),
        bot.set_my_short_description("ә" * 121),
        bot.set_my_name("ә" * 65),
        bot.set_my_description("x", language_code="kaz"),
        bot.set_my_commands([BotCommand(command="Menu", description="x")]),
        bot.set_my_commands([BotCommand(command="menu", description="x" * 257)]),
    ):
        with pytest.raises(TelegramBadRequest):
            await call


async def test_the_name_has_languages_too(bot: Bot) -> None:
    await bot.set_my_name("Келісім", language_code="kk")
    assert (await bot.get_my_name(language_code="kk")).name == "Келісім"
    assert (await bot.get_my_name()).name == "kelisim"


async def test_a_chat_can_be_asked_about(bot: Bot, aigul: Chat) -> None:
    assert (await bot.get_chat(aigul.id)).first_name == "Айгүл"
