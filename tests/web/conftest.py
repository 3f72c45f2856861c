"""The site over real HTTP: its own port, a client that keeps cookies, and links made as the desk makes them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar, web
from tests.doorstep import Doorstep, Person

from kelisim.desk import files, links
from kelisim.desk.visit import Visit
from kelisim.web.connections import listening
from kelisim.web.guard import Site
from kelisim.web.limits import Limits
from kelisim.web.site import mount
from kelisim.web.visit import Door

CANARY = "Құпиябек-9471"
USE = "test-file"


@dataclass(slots=True)
class Shown:
    """What came back: status, headers, text and the bytes themselves."""

    status: int
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        return unescape(self.body.decode())


@dataclass(slots=True)
class Browser:
    """Somebody's browser; nothing is followed and nothing is pressed by itself."""

    base: str
    session: ClientSession

    async def get(self, path: str, method: str = "GET", **headers: str) -> Shown:
        """Look at a path below the site, or at a whole address of it."""
        return await self._shown(
            self.session.request(method, self._at(path), headers=headers, allow_redirects=False)
        )

    async def post(self, path: str, data: Any = None, **headers: str) -> Shown:
        """Press a button: what a browser of our own page sends along, unless other headers are given."""
        sent = headers or {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        told = {name.replace("_", "-"): value for name, value in sent.items() if value}
        return await self._shown(
            self.session.post(self._at(path), data=data, headers=told, allow_redirects=False)
        )

    async def take(self, link: str, part: str = "html", **headers: str) -> Shown:
        """Press a button of the page of a link."""
        return await self.post("/l", {"token": link.rpartition("/")[2], "part": part}, **headers)

    def _at(self, path: str) -> str:
        return self.base + (urlsplit(path).path if "://" in path else path)

    @staticmethod
    async def _shown(asked: Any) -> Shown:
        response: ClientResponse
        async with asked as response:
            return Shown(response.status, response.headers, await response.read())


@dataclass(slots=True)
class Web:
    """The site of a doorstep, and browsers to look at it."""

    step: Doorstep
    site: Site
    base: str
    _stack: AsyncExitStack

    async def browser(self) -> Browser:
        """A new browser with its own cookies."""
        session = await self._stack.enter_async_context(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        return Browser(self.base, session)

    async def link(self, person: Person, use: str = USE, ref: str = "K-000000000") -> str:
        """A one-time link of a person."""

        def work(visit: Visit) -> str:
            visit.locale = visit.known.locale
            return links.make(visit, use, ref)

        made: str = await self.step.keep(work, person)
        return made


Opened = Callable[..., Any]


@pytest.fixture
async def opened(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened]:
    """Open the site of a doorstep, with other limits where they are given."""
    monkeypatch.setitem(
        files.MAKERS,
        USE,
        files.Maker(
            lambda visit, ref: {"ref": ref, "whose": visit.known.id, "locale": visit.locale},
            {"html": lambda told: f"<p>{CANARY} {told['whose']}".encode(), "json": lambda told: b"{}"},
        ),
    )
    async with AsyncExitStack() as stack:

        async def open_site(step: Doorstep, limits: Limits | None = None, url: str = "") -> Web:
            sock = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            base = f"http://127.0.0.1:{sock.getsockname()[1]}"
            step.desk.url = url or base
            app = web.Application()
            # A test is many people at one address, unless it is about just that.
            site = Site(
                Door(step.desk, step.database), limits or Limits(gets=10_000, posts=10_000, per_place=500)
            )
            mount(app, site)
            await stack.enter_async_context(listening(app, site.limits, "", 0, sock=sock))
            return Web(step, site, base, stack)

        yield open_site


@pytest.fixture
async def site(doorstep: Doorstep, opened: Opened) -> Web:
    """The site on SQLite."""
    made: Web = await opened(doorstep)
    return made


@pytest.fixture
async def each_site(each_doorstep: Doorstep, opened: Opened) -> Web:
    """The site on each store."""
    made: Web = await opened(each_doorstep)
    return made


async def together(calls: list[Any]) -> list[Any]:
    """All at once."""
    return list(await asyncio.gather(*calls))


__all__ = ["CANARY", "USE", "Browser", "Opened", "Shown", "Web", "together"]
