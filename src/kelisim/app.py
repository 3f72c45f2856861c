"""The only place that builds and wires what serves: the house of one bot, its doors, courier and caretaker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiohttp import web
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from kelisim.caretaker.rounds import Caretaker
from kelisim.courier import smtp, telegram
from kelisim.courier.broadcasting import Broadcaster
from kelisim.courier.conductor import Conductor
from kelisim.courier.loop import Courier
from kelisim.desk import broadcasts, handoffs, letters, subjects
from kelisim.desk import operator as operators
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.visit import EMAIL, TELEGRAM, Desk
from kelisim.limiter import Limiter
from kelisim.mail.imap import ImapBox
from kelisim.mail.mailbox import Mailbox
from kelisim.mail.maildir import MaildirBox
from kelisim.mail.reader import Reader
from kelisim.mail.visit import Door as LetterDoor
from kelisim.opening import (
    CannotServe,
    agree_with_store,
    answering,
    calendar_of,
    open_desk,
    publish,
    read_documents,
    read_operator,
    url_of,
)
from kelisim.settings import Maildir, Settings
from kelisim.store.database import Database, open_database, sqlite_path
from kelisim.store.lock import ServeLock
from kelisim.telegram import unasked
from kelisim.telegram.bot import fetch, introduce, open_bot, settle_memory
from kelisim.telegram.flood import Flood
from kelisim.telegram.polling import poll
from kelisim.telegram.visit import ALLOWED, Door
from kelisim.telegram.watching import Watcher
from kelisim.telegram.webhook import PATH, Webhook, application
from kelisim.web.connections import listening
from kelisim.web.guard import Site
from kelisim.web.limits import Limits
from kelisim.web.site import mount
from kelisim.web.visit import Door as WebDoor

log = logging.getLogger("kelisim")

# The turn in which replicas that begin together agree with their store, one after the other.
BEGINNING = 0x6B656C69
REREAD = 60.0  # seconds between looks at the operator file
COMPARED = 600.0  # seconds between looks at where Telegram sends our updates


@dataclass(slots=True)
class House:
    """Everything that serves one bot."""

    settings: Settings
    desk: Desk
    database: Database
    bot: Bot
    door: Door
    limiter: Limiter


@contextlib.asynccontextmanager
async def open_house(settings: Settings, *, flood: Flood | None = None) -> AsyncIterator[House]:
    """Build it, and take it down in order; raises what `open_desk` raises."""
    desk = open_desk(settings)
    url = url_of(settings)
    with contextlib.ExitStack() as locks:
        if make_url(url).get_backend_name() == "sqlite":
            with answering():
                locks.enter_context(ServeLock(sqlite_path(url)))
        database = open_database(url)
        try:
            with answering():
                await database.keep(partial(agree_with_store, desk), BEGINNING)
                await _reassign(desk, database)
            token = settings.token.get_secret_value()
            limiter = Limiter(desk.operator.broadcast.per_second)
            bot = open_bot(token, settings.bot_api, limiter)
            limits = desk.operator.limits
            door = Door(
                desk, database, int(token.partition(":")[0]), "", flood or Flood(limits.burst, limits.hourly),
                fetch=partial(fetch, bot),
            )  # fmt: skip
            try:
                yield House(settings, desk, database, bot, door, limiter)
            finally:
                await bot.session.close()
        finally:
            await database.close()


async def serve(
    settings: Settings,
    *,
    ready: Callable[[], None] | None = None,
    stop: asyncio.Event | None = None,
    sock: socket.socket | None = None,
) -> None:
    """Serve until a signal (or `stop`), on KELISIM_LISTEN or on a bound `sock`.

    Raises what `open_house` raises, and `Taken` for a second process.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold keys and names (T-STORE-09)
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with open_house(settings) as house:
        open_door = contextlib.AsyncExitStack()
        await _listen(house, open_door, sock)
        async with open_door, asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(_quietly(part)) for part in _parts(house)]
            settle_memory()
            if ready is not None:
                ready()
            await stop.wait()
            await open_door.aclose()
            for task in running:
                task.cancel()


def _parts(house: House) -> list[Coroutine[Any, Any, None]]:
    desk, database, limiter = house.desk, house.database, house.limiter
    alone = house.settings.database.get_backend_name() == "sqlite"  # the lock of the file is ours
    send, post = partial(telegram.send, house.bot), telegram.Post(house.bot, _file(desk, database))
    parts = [
        Caretaker(desk, database).run(),
        Courier(desk, database, TELEGRAM, send, screens=unasked.content).run(),
        Conductor(desk, database, alone=alone).run(),
        Broadcaster(desk, database, TELEGRAM, limiter, post.send, alone=alone).run(),
        Watcher(desk, database, house.bot).run(),
        _introduce(house),
        _reread(house),
    ]
    if (host := house.settings.smtp) is not None:
        operator = desk.operator
        server = smtp.Server(
            host.host,
            host.port,
            host.tls,
            host.user,
            host.password,
            operator.mailbox,
            operator.name.kk,
            operator.mail.plus,
            house.settings.url or "",
        )
        pace = float(operator.mail.letters_per_second)
        parts.append(Courier(desk, database, EMAIL, partial(smtp.send, server), per_second=pace).run())
        announce = partial(smtp.announce, server)
        parts.append(Broadcaster(desk, database, EMAIL, Limiter(pace), announce, alone=alone).run())
    if (mailbox := mailbox_of(house.settings)) is not None:
        parts.append(Reader(desk, database, mailbox, LetterDoor(desk, database), alone=alone).run())
    if house.settings.updates == "polling":
        parts.append(_poll(house))
    elif house.settings.url:
        parts.append(_set_webhook(house, f"{house.settings.url}{PATH}"))
    return parts


def _file(desk: Desk, database: Database) -> Callable[[Broadcast], Coroutine[Any, Any, bytes | None]]:
    """What reads the file of a broadcast."""

    def read(broadcast: Broadcast) -> Coroutine[Any, Any, bytes | None]:
        return database.look(
            lambda connection: broadcasts.enclosed(subjects.own_visit(desk, connection), broadcast)
        )

    return read


def mailbox_of(settings: Settings) -> Mailbox | None:
    """The mailbox that letters to the desk arrive in, if any."""
    if isinstance(settings.imap, Maildir):
        return MaildirBox(settings.imap.path)
    return ImapBox(settings.imap) if settings.imap is not None else None


async def _listen(house: House, door: contextlib.AsyncExitStack, sock: socket.socket | None) -> None:
    """One server for the webhook and the site, where there is either; `door` closes it. Raises CannotServe."""
    settings = house.settings
    if settings.updates == "webhook":
        secret = settings.webhook_secret
        assert secret is not None
        webhook = Webhook(house.bot, house.door, secret.get_secret_value(), house.limiter)
        app = application(webhook)
        app.on_cleanup.append(lambda _app: webhook.finish())
    elif settings.url:
        app = web.Application()
    else:
        return
    limits = Limits(proxies=settings.proxy)
    mount(app, Site(WebDoor(house.desk, house.database), limits))
    at = settings.listen
    try:
        await door.enter_async_context(listening(app, limits, at.host, at.port, sock=sock))
    except OSError as fault:
        raise CannotServe(f"cannot listen on {at.host}:{at.port}: {os.strerror(fault.errno or 0)}") from None


async def _quietly(part: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await part


async def _poll(house: House) -> None:
    await _until_done(lambda: house.bot.delete_webhook())
    await poll(house.bot, house.door)


async def _set_webhook(house: House, url: str) -> None:
    """Have updates sent here, and see to it that they stay here (T-CAST-11)."""
    secret = house.settings.webhook_secret
    assert secret is not None

    async def ours() -> None:
        await house.bot.set_webhook(
            url, secret_token=secret.get_secret_value(), allowed_updates=ALLOWED, max_connections=40
        )

    await _until_done(ours)
    while True:
        await asyncio.sleep(COMPARED)
        try:
            standing = (await house.bot.get_webhook_info()).url
            if standing == url:
                continue
            log.error("somebody else had this bot's updates sent to them; change its token with @BotFather")
            await ours()
            if standing:
                await house.database.keep(lambda c: letters.taken_over(subjects.own_visit(house.desk, c)))
        except (AiogramError, OSError, DBAPIError) as fault:
            log.warning("the webhook could not be compared: %s", type(fault).__name__)


async def _introduce(house: House) -> None:
    """Name, commands and descriptions: wanted, but nobody waits for them."""

    async def all_of_it() -> None:
        me = await house.bot.get_me()
        house.door.bot_name = me.username or ""
        await introduce(house.bot)

    await _until_done(all_of_it)


async def _until_done(call: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    pause = 1.0
    while True:
        try:
            await call()
            return
        except AiogramError as fault:
            log.warning("the Bot API: %s", type(fault).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 60.0)


async def _reread(house: House) -> None:
    """The operator file is read again on SIGHUP and when it changed; a faulty one is refused and the old one stays."""
    path = house.settings.operator
    asked = asyncio.Event()
    with contextlib.suppress(ValueError, RuntimeError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    known = _stamp(path)
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), REREAD)
        now = _stamp(path)
        if path is None or (not asked.is_set() and now == known):
            asked.clear()
            continue
        asked.clear()
        known = now
        try:
            operator = read_operator(house.settings)
            shelf = read_documents(house.settings, operator)
            await house.database.keep(partial(publish, house.desk, shelf), BEGINNING)
        except (operators.OperatorFaults, CannotServe) as fault:
            log.error("the operator file is refused, the old one stays: %s", fault)
            continue
        except Exception as fault:  # the store is away: the file is read again at the next look
            log.error("the operator file waits: %s", type(fault).__name__)
            known = 0
            continue
        house.desk.operator, house.desk.shelf, house.desk.calendar = operator, shelf, calendar_of(operator)
        log.info("the operator file was read again")
        await _reassign(house.desk, house.database)


async def _reassign(desk: Desk, database: Database) -> None:
    """The cases of those who left the operator file go to those who are in it (T-STAFF-02)."""

    def some(connection: Connection) -> int:
        visit = subjects.own_visit(desk, connection)
        return handoffs.reassign(visit)

    try:
        while passed := await database.keep(some):
            log.info("%s cases went to others of the staff", passed)
    except Exception as fault:  # the store is away: at the next start or reading
        log.error("cases wait to be passed on: %s", type(fault).__name__)


def _stamp(path: Path | None) -> int:
    """When the file changed last; 0 while it is not there, because an editor may be putting a new one in its place."""
    try:
        return path.stat().st_mtime_ns if path is not None else 0
    except OSError:
        return 0
