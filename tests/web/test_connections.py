"""Slow clients: silent sockets and half headers end in time, and what is served meanwhile is served."""

from __future__ import annotations

import asyncio
import time
from ipaddress import ip_network
from typing import Any

import pytest
from tests.doorstep import Doorstep
from tests.web.conftest import Opened, Web

from kelisim.web.limits import Budget, Connections, Limits, place

HEADERS = b"GET /nowhere HTTP/1.1\r\nHost: desk\r\n"


async def dial(web: Web, said: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket that says only this."""
    host, _colon, port = web.base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(said)
    return reader, writer


async def ended(reader: asyncio.StreamReader) -> tuple[float, bytes]:
    """When the other side closed, in seconds from now, and what it said before."""
    began = time.monotonic()
    try:
        said = await asyncio.wait_for(reader.read(), 10)
    except ConnectionResetError:
        said = b""
    return time.monotonic() - began, said


def test_the_numbers_are_those_that_were_decided() -> None:
    """THREATS section 5."""
    limits = Limits()
    assert (limits.header_seconds, limits.body_seconds, limits.idle_seconds) == (10, 30, 15)


@pytest.mark.parametrize("said", [b"", b"GE", HEADERS, HEADERS + b"X: " + b"y" * 3000])
async def test_half_a_header_and_silence_end_in_time(opened: Opened, doorstep: Doorstep, said: bytes) -> None:
    """T-WEB-09."""
    web: Web = await opened(doorstep, Limits(header_seconds=0.3, idle_seconds=5))
    reader, writer = await dial(web, said)
    took, answered = await ended(reader)
    writer.close()
    assert 0.2 < took < 1.5 and answered == b""


async def test_dripping_bytes_do_not_move_the_deadline(opened: Opened, doorstep: Doorstep) -> None:
    """T-WEB-09: a byte now and then keeps nothing open."""
    web: Web = await opened(doorstep, Limits(header_seconds=0.4, idle_seconds=5))
    reader, writer = await dial(web)
    asked = asyncio.create_task(ended(reader))
    for byte in HEADERS * 10:
        if asked.done():
            break
        writer.write(bytes((byte,)))
        await asyncio.sleep(0.05)
    took, _said = await asked
    writer.close()
    assert took < 1.5


async def test_a_whole_header_in_pieces_is_answered_and_an_idle_connection_ends(
    opened: Opened, doorstep: Doorstep
) -> None:
    web: Web = await opened(doorstep, Limits(header_seconds=2, idle_seconds=0.4))
    reader, writer = await dial(web)
    for piece in (HEADERS, b"\r", b"\n"):
        writer.write(piece)
        await asyncio.sleep(0.05)
    took, said = await ended(reader)
    writer.close()
    assert said.startswith(b"HTTP/1.1 404") and 0.2 < took < 2


async def test_a_long_answer_outlives_the_deadline_of_the_header(opened: Opened, doorstep: Doorstep) -> None:
    """The deadline is for what people say, not for what the desk does."""
    web: Web = await opened(doorstep, Limits(header_seconds=0.2, gets=1000))
    link = await web.link(await doorstep.person().registers())
    look = web.site.door.look

    async def slowly(work: Any) -> Any:
        await asyncio.sleep(0.6)
        return await look(work)

    object.__setattr__(web.site, "door", _Slow(web.site.door, slowly))
    assert (await (await web.browser()).get(link)).status == 200


class _Slow:
    def __init__(self, door: Any, look: Any) -> None:
        self.desk, self.keep, self.look = door.desk, door.keep, look


async def test_one_place_has_so_many_connections_and_the_others_are_served(
    opened: Opened, doorstep: Doorstep
) -> None:
    """T-WEB-09: the 21st is closed at once; when one ends there is room again."""
    web: Web = await opened(doorstep, Limits(per_place=3, header_seconds=5))
    silent = [await dial(web) for _n in range(3)]
    await asyncio.sleep(0.05)
    reader, writer = await dial(web, HEADERS + b"\r\n")
    took, said = await ended(reader)
    writer.close()
    assert said == b"" and took < 1
    silent[0][1].close()
    await asyncio.sleep(0.05)
    reader, writer = await dial(web, HEADERS + b"\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 404")
    for _reader, other in [*silent, (reader, writer)]:
        other.close()


async def test_five_hundred_idle_sockets_leave_the_site_quick_and_end_in_time(
    opened: Opened, doorstep: Doorstep
) -> None:
    """T-WEB-09: behind a proxy they count together, and those who ask are answered meanwhile."""
    web: Web = await opened(
        doorstep, Limits(gets=10_000, proxies=(ip_network("127.0.0.1/32"),), header_seconds=1.5)
    )
    idle = [await dial(web) for _n in range(500)]
    browser, times = await web.browser(), []
    for _n in range(50):
        began = time.monotonic()
        assert (await browser.get("/nowhere")).status == 404
        times.append(time.monotonic() - began)
    assert sorted(times)[48] < 0.5
    ends = await asyncio.gather(*(ended(reader) for reader, _writer in idle))
    assert max(took for took, _said in ends) < 5
    for _reader, writer in idle:
        writer.close()


def test_connections_are_counted_per_place_and_in_all() -> None:
    counted = Connections(Limits(per_place=2, connections=4, proxies=(ip_network("10.0.0.0/8"),)))
    assert [counted.enter("192.0.2.1") is not None for _n in range(3)] == [True, True, False]
    assert [counted.enter("10.1.1.1") is not None for _n in range(3)] == [True, True, False]
    counted.leave("192.0.2.1")
    assert counted.enter("10.1.1.1") is not None
    counted.leave("")
    assert counted.enter("192.0.2.1") is not None


def test_a_place_is_an_address_or_the_half_of_a_long_one() -> None:
    assert place("2001:db8:1:1::5") == place("2001:db8:1:1:ffff::1") != place("2001:db8:1:2::5")
    assert place("::ffff:192.0.2.1") == place("192.0.2.1") != place("192.0.2.2")
    assert place("fe80::1%eth0") == place("fe80::2") and place("nowhere") == "nowhere"


def test_a_budget_forgets_the_oldest_place_and_holds_no_address() -> None:
    budget = Budget(1, places=2)
    assert [budget.over(address) for address in ("a", "a", "b", "c", "a")] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert len(budget._counted) == 2 and all(
        isinstance(known, bytes) and len(known) == 16 for known in budget._counted
    )
