"""One thread for calls that wait for a server or a disk: none of them holds up the loop, nor the end of the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Thread:
    """Runs one call after another; a daemon, because a call that hangs on the wire must not keep the process alive."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    async def run(self, call: Callable[[], T]) -> T:
        """The call's result, or what it raises; cancelled, a call that has begun goes on and nobody hears of it."""
        future: Future[T] = Future()
        self._calls.put((future, call))
        return await asyncio.wrap_future(future)

    def end(self) -> None:
        """After the calls that wait."""
        self._calls.put(None)

    def _work(self) -> None:
        while (next_call := self._calls.get()) is not None:
            future, call = next_call
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call()
            except BaseException as fault:
                future.set_exception(fault)
            else:
                future.set_result(result)
            del next_call, future, call  # a letter is not kept until the next call
