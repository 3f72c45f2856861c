"""Slow clients: a connection must bring a whole header in time, and there are only so many (T-WEB-09)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from kelisim.web.limits import Connections, Limits

_END = b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """Stands before aiohttp's own protocol until the first header is whole; later ones end with its idle time."""

    def __init__(self, inner: asyncio.Protocol, connections: Connections, header_seconds: float) -> None:
        self._inner, self._connections, self._seconds = inner, connections, header_seconds
        self._known: str | None = None
        self._tail = b""
        self._timer: asyncio.TimerHandle | None = None
        self.pause_writing, self.resume_writing = inner.pause_writing, inner.resume_writing  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or close it at once when there are too many."""
        assert isinstance(transport, asyncio.Transport)
        peer = transport.get_extra_info("peername")
        self._known = self._connections.enter(peer[0] if peer else "")
        if self._known is None:
            transport.abort()
            return
        self._timer = asyncio.get_running_loop().call_later(self._seconds, transport.abort)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Look for the end of the first header, then step aside."""
        if self._known is None:
            return
        if _END in self._tail + data:
            self._stop_waiting()
            self.data_received = self._inner.data_received  # type: ignore[method-assign]
        self._tail = (self._tail + data)[-3:]
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Nothing more comes."""
        return self._inner.eof_received() if self._known is not None else None

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        self._stop_waiting()
        if self._known is not None:
            self._connections.leave(self._known)
            self._inner.connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@contextlib.asynccontextmanager
async def listening(
    app: web.Application, limits: Limits, host: str, port: int, *, sock: socket.socket | None = None
) -> AsyncIterator[None]:
    """Serve an application at host:port, or on a socket that is bound already; raises OSError. Requests are not logged."""
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=limits.idle_seconds)
    await runner.setup()
    server: asyncio.Server | None = None
    try:
        made: Callable[[], asyncio.Protocol] | None = runner.server
        assert made is not None
        connections = Connections(limits)

        def protocol() -> asyncio.Protocol:
            return Connection(made(), connections, limits.header_seconds)

        loop = asyncio.get_running_loop()
        if sock is not None:
            server = await loop.create_server(protocol, sock=sock, backlog=1024)
        else:
            server = await loop.create_server(protocol, host, port, backlog=1024)
        yield
    finally:
        if server is not None:
            server.close()
        await runner.cleanup()
