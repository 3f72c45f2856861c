"""What a user writes: one AsyncSession per update, four statements and one commit before the answer."""

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiogram import BaseMiddleware, Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    TelegramObject,
    Update,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web
from sqlalchemy import BigInteger, String, event, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

router = Router()
KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="I agree", callback_data="agree")]]
)


class Base(DeclarativeBase):
    """The bot's tables."""


class Seen(Base):
    """An update that was handled."""

    __tablename__ = "seen"
    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Event(Base):
    """What somebody did."""

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    chat: Mapped[int] = mapped_column(BigInteger, index=True)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]


class State(Base):
    """How far somebody came."""

    __tablename__ = "states"
    chat: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]


class SessionPerUpdate(BaseMiddleware):
    """Opens a session for each update and drops an update that was handled before."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """Record the update id, then hand the session to the handler, which commits."""
        assert isinstance(event, Update)
        async with self._sessions() as session:
            session.add(Seen(update_id=event.update_id))
            try:
                await session.flush()
            except IntegrityError:
                return None
            return await handler(event, {**data, "session": session})


async def advance(session: AsyncSession, chat: int, step: str) -> None:
    """Read the state, append the event, set the state, commit."""
    now = datetime.now(UTC).replace(tzinfo=None)
    await session.scalar(select(State).where(State.chat == chat))
    session.add(Event(chat=chat, kind=step, at=now))
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    statement = insert(State).values(chat=chat, step=step, at=now)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[State.chat], set_={"step": step, "at": now})
    )
    await session.commit()


@router.message(CommandStart())
async def start(message: Message, session: AsyncSession) -> None:
    """The first screen."""
    await advance(session, message.chat.id, "started")
    await message.answer("Do you agree?", reply_markup=KEYBOARD)


@router.callback_query(F.data == "agree")
async def agree(query: CallbackQuery, session: AsyncSession) -> None:
    """The press of the button."""
    assert isinstance(query.message, Message)
    await advance(session, query.message.chat.id, "agreed")
    await query.answer()
    await query.message.edit_text("You agreed.")


def open_engine(url: str) -> AsyncEngine:
    """The engine; on SQLite every connection is set so that an acknowledged write survives power loss."""
    if not url.startswith("sqlite"):
        return create_async_engine(url)
    engine = create_async_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine.sync_engine, "connect")
    def set_durable(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return engine


def main() -> None:
    """Serve until told to stop."""
    engine = open_engine(os.environ["BENCH_DATABASE"])

    async def prepare(bot: Bot) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        await bot.set_webhook(
            f"http://127.0.0.1:{os.environ['BENCH_PORT']}/webhook", secret_token=os.environ["BENCH_SECRET"]
        )

    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["BENCH_API"]))
    bot = Bot(os.environ["BENCH_TOKEN"], session=session)
    dispatcher = Dispatcher()
    dispatcher.update.outer_middleware(SessionPerUpdate(async_sessionmaker(engine, expire_on_commit=False)))
    dispatcher.include_router(router)
    dispatcher.startup.register(prepare)
    app = web.Application()
    handler = SimpleRequestHandler(
        dispatcher, bot, handle_in_background=False, secret_token=os.environ["BENCH_SECRET"]
    )
    handler.register(app, "/webhook")
    setup_application(app, dispatcher, bot=bot)
    web.run_app(app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), access_log=None, print=None)


if __name__ == "__main__":
    main()
