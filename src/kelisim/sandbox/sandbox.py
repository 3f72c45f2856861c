"""The sandbox as one thing: started, listening on loopback, stopped."""

from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web

from kelisim.sandbox.bot_api import BotApi
from kelisim.sandbox.control import Control
from kelisim.sandbox.guard import only_loopback, plain_words
from kelisim.sandbox.post import DESK, PostOffice
from kelisim.sandbox.settings import Limits
from kelisim.sandbox.site import Site
from kelisim.sandbox.store_view import StoreView
from kelisim.sandbox.town import DEFAULT_TOKEN, Town


class Sandbox:
    """A town square on this machine only; ports of 0 choose free ones."""

    def __init__(
        self,
        *,
        port: int = 0,
        smtp_port: int = 0,
        database: str | None = None,
        maildir: Path | None = None,
        desk: str = DESK,
        token: str = DEFAULT_TOKEN,
        limits: Limits | None = None,
    ) -> None:
        self._ports = (port, smtp_port)
        self.token = token
        self.town = Town(token, limits)
        self.post = PostOffice(self.town.limits.letters, self.town.tell, maildir, desk)
        self.store = StoreView(database, self.town)
        self.api = BotApi(self.town)
        self.control = Control(self.town)
        self.site = Site(self.town, self.post, self.store)
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The page."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def bot_api(self) -> str:
        """The base for TelegramAPIServer.from_base, and for KELISIM_BOT_API."""
        return self.url

    @property
    def smtp(self) -> str:
        """The post office, for KELISIM_SMTP."""
        return f"smtp://127.0.0.1:{self.post.port}"

    async def start(self) -> None:
        """Listen."""
        app = web.Application(middlewares=[only_loopback, plain_words], client_max_size=60 * 1024 * 1024)
        app.add_routes([*self.api.routes(), *self.control.routes(), *self.site.routes()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await self.post.open(self._ports[1])
        site = web.TCPSite(self._runner, "127.0.0.1", self._ports[0], backlog=2048)
        await site.start()
        addresses: list[Any] = self._runner.addresses
        self.port = addresses[0][1]

    async def stop(self) -> None:
        """Let everybody go and close the ports."""
        self.control.close()
        self.town.close()
        await self.api.webhook.stop()
        await self.store.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.post.close()

    async def __aenter__(self) -> "Sandbox":
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
