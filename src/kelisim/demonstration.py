"""`kelisim demo`: the town square and the desk in one go, on a free port, in a folder that it names."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from pathlib import Path
from urllib.parse import quote

from kelisim import app as house
from kelisim import opening
from kelisim.desk import operator as operators
from kelisim.sandbox import Sandbox
from kelisim.settings import Settings
from kelisim.store import schema

DANA = 'address = "dana@alit.kz"\nrole = "responsible"\n'  # of the sample's staff; /broadcast is there in her chat


def own_operator(folder: Path) -> Path:
    """The demo's own operator file: the sample, with Dana's chat. One that lies there already stays, to be tried out."""
    path = folder / "operator.toml"
    if not path.exists():
        path.write_text(with_dana(operators.sample()), encoding="utf-8")
    return path


def with_dana(sample: str) -> str:
    """The sample with the chat of the one person of the square who works for the operator."""
    assert DANA in sample
    return sample.replace(DANA, f"{DANA}telegram = 7100004\n", 1)


async def run(folder: Path, port: int) -> None:
    """Serve until a signal. KELISIM_DATABASE is honoured, so the same is tried on PostgreSQL."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = os.environ.get("KELISIM_DATABASE") or f"sqlite:///{folder / 'kelisim.db'}"
    token = "1000000000:trial-token-of-the-sandbox-0000000"
    url = Settings.read(
        {"HOME": str(folder), "KELISIM_DATABASE": database, "KELISIM_BOT_API": "http://127.0.0.1:1"}
    ).database
    with opening.answering():
        await schema.migrate(url.render_as_string(hide_password=False))
    logging.getLogger("kelisim").setLevel(logging.WARNING)  # the page shows what comes and goes
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    maildir = folder / "mail"
    for each in ("tmp", "new", "cur"):
        (maildir / each).mkdir(parents=True, exist_ok=True, mode=0o700)
    sandbox = Sandbox(
        port=port,
        smtp_port=0,
        database=url.render_as_string(hide_password=False),
        maildir=maildir,
        token=token,
    )
    async with contextlib.AsyncExitStack() as square:
        try:
            await square.enter_async_context(sandbox)
        except OSError as fault:
            raise opening.CannotServe(
                f"cannot listen on port {port}: {os.strerror(fault.errno or 0)}"
            ) from None
        door = square.enter_context(socket.create_server(("127.0.0.1", 0)))  # links in letters lead here
        host, web_port = door.getsockname()[:2]
        settings = Settings.read(
            {
                "KELISIM_URL": f"http://{host}:{web_port}",
                "KELISIM_LISTEN": f"{host}:{web_port}",
                "KELISIM_TOKEN": token,
                "KELISIM_BOT_API": sandbox.bot_api,
                "KELISIM_HOME": str(folder),
                "KELISIM_OPERATOR": str(own_operator(folder)),
                "KELISIM_DATABASE": database,
                "KELISIM_SMTP": sandbox.smtp,
                "KELISIM_IMAP": f"maildir://{quote(str(maildir.absolute()))}",
                "HOME": str(folder),
            }
        )

        def ready() -> None:
            print(f"\n  kelisim demo: {sandbox.url}\n  data: {folder}\n  stop: Ctrl-C\n", flush=True)

        await house.serve(settings, ready=ready, stop=stop, sock=door)
