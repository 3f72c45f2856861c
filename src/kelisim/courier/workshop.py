"""Where files are made: one at a time, in a thread that lets the people at the screen go first."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

NICE = 5  # a quarter of a core while others want it, all of it when nobody does


def _step_back() -> None:
    if sys.platform == "linux":  # where each thread has a priority of its own
        os.nice(NICE)


_thread = ThreadPoolExecutor(1, thread_name_prefix="kelisim-workshop", initializer=_step_back)


async def make(maker: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """What `maker` makes of these, in the language that is spoken here; raises what it raises."""
    work = partial(copy_context().run, maker, *args, **named)
    return await asyncio.get_running_loop().run_in_executor(_thread, work)
