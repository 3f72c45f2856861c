"""`python -m kelisim.sandbox`: the town square alone, for any bot that can be pointed at it."""

import argparse
import asyncio
import signal
from pathlib import Path

from kelisim.sandbox.sandbox import Sandbox
from kelisim.sandbox.town import DEFAULT_TOKEN


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m kelisim.sandbox",
        description="A local Bot API, a post office and one page, on 127.0.0.1 only; nothing leaves.",
    )
    parser.add_argument("--port", type=int, default=8081, help="the page and the Bot API (0: any free port)")
    parser.add_argument("--smtp-port", type=int, default=8025, help="the post office (0: any free port)")
    parser.add_argument("--database", metavar="URL", help="the store to show, read only (an SQLAlchemy URL)")
    parser.add_argument(
        "--maildir", type=Path, metavar="PATH", help="where answers written on the page are put"
    )
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the bot's token (default: %(default)s)")
    return parser


async def serve(given: argparse.Namespace) -> None:
    """Until a signal."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    sandbox = Sandbox(
        port=given.port,
        smtp_port=given.smtp_port,
        database=given.database,
        maildir=given.maildir,
        token=given.token,
    )
    async with sandbox:
        print(f"Open {sandbox.url}", flush=True)
        await stop.wait()


def main() -> None:
    """Run; a taken port is one plain sentence."""
    given = arguments().parse_args()
    try:
        asyncio.run(serve(given))
    except OSError as trouble:
        raise SystemExit(f"kelisim.sandbox: cannot listen: {trouble.strerror or trouble}") from None


if __name__ == "__main__":
    main()
