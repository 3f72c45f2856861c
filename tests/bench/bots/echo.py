"""The bare aiogram echo bot on a webhook in the foreground (a2): the unit of every ratio."""

import os

from aiogram import Bot, Dispatcher, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

router = Router()


@router.message()
async def echo(message: Message) -> None:
    """Send the words back."""
    await message.answer(message.text or "")


async def register(bot: Bot) -> None:
    """Tell the Bot API where updates go."""
    await bot.set_webhook(
        f"http://127.0.0.1:{os.environ['BENCH_PORT']}/webhook", secret_token=os.environ["BENCH_SECRET"]
    )


def main() -> None:
    """Serve until told to stop."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["BENCH_API"]))
    bot = Bot(os.environ["BENCH_TOKEN"], session=session)
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    dispatcher.startup.register(register)
    app = web.Application()
    handler = SimpleRequestHandler(
        dispatcher, bot, handle_in_background=False, secret_token=os.environ["BENCH_SECRET"]
    )
    handler.register(app, "/webhook")
    setup_application(app, dispatcher, bot=bot)
    web.run_app(app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), access_log=None, print=None)


if __name__ == "__main__":
    main()
