"""Files are made aside, and the people at the screen go first."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from kelisim import texts
from kelisim.courier import workshop


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own here")
async def test_the_workshop_steps_back_and_the_loop_does_not() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = min(priority(), 10)
    assert await workshop.make(priority) > before
    assert min(priority(), 10) == before


async def test_the_workshop_speaks_the_language_of_who_asked() -> None:
    with texts.speaking("ru"):
        assert await workshop.make(texts.spoken) == "ru"
    with texts.speaking("kk"):
        assert await workshop.make(texts.spoken) == "kk"


async def test_what_fails_in_the_workshop_fails_where_it_was_asked_for() -> None:
    def fails() -> None:
        raise ValueError("no paper")

    with pytest.raises(ValueError, match="no paper"):
        await workshop.make(fails)
