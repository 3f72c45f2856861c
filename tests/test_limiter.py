"""One limit for all that leaves: broadcasts sit on it, answers go first, a 429 holds everybody."""

from __future__ import annotations

import asyncio
from random import Random

from kelisim import limiter
from kelisim.limiter import Limiter, Slot


class Server:
    """Counts like Telegram: at most so many in any sliding second."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.seen: list[float] = []
        self.refused = 0

    def take(self) -> None:
        now = asyncio.get_running_loop().time()
        if sum(1 for at in self.seen if at > now - 1) >= self.most:
            self.refused += 1
        self.seen.append(now)


async def test_a_broadcast_sits_on_the_limit_and_never_crosses_it() -> None:
    one, server = Limiter(60), Server(60)
    began = asyncio.get_running_loop().time()
    for _n in range(180):
        assert await one.turn()
        server.take()
    took = asyncio.get_running_loop().time() - began
    assert server.refused == 0
    assert took < 180 / 60 * 1.1


async def test_answers_go_first_and_the_broadcast_leaves_them_room() -> None:
    one, server = Limiter(30), Server(30)
    waits: list[float] = []
    loop = asyncio.get_running_loop()

    async def broadcast() -> None:
        while True:
            await one.turn()
            server.take()

    async def answers() -> None:
        for _n in range(20):
            await asyncio.sleep(0.15)
            began = loop.time()
            await one.answer()
            waits.append(loop.time() - began)
            server.take()

    sending = asyncio.create_task(broadcast())
    await asyncio.sleep(1.0)
    await answers()
    sending.cancel()
    assert server.refused == 0
    assert sorted(waits)[len(waits) * 3 // 4] < 0.04


async def test_a_stall_is_made_good_as_far_as_nobody_waits_behind_it() -> None:
    for awaited, made_good in ((False, 13), (True, 7)):
        one, server = Limiter(20), Server(20)
        await one.answer(awaited=awaited)
        for _n in range(20):
            await one.turn()
            server.take()
        await asyncio.sleep(0.8)  # the disk
        n = 0
        while await one.turn(0.01):
            server.take()
            n += 1
        assert server.refused == 0 and abs(n - made_good) <= 1


async def test_only_for_answers_that_are_awaited_room_is_kept_and_none_is_remembered_for_long() -> None:
    one = Limiter(30)
    for _n in range(20):
        one.note(awaited=False)
    assert (one._for_broadcasts(), one.sent_last()) == (30, 20)
    await asyncio.sleep(1.05)
    assert one.sent_last() == 0 and not one._others
    one.note()
    await asyncio.sleep(1.05)
    assert (one._for_broadcasts(), one.sent_last()) == (28, 0)
    now = asyncio.get_running_loop().time()
    one._answers.extendleft(now - 60.0 for _n in range(100))
    one.note()
    assert len(one._answers) == 2, "answers of a desk that never broadcasts pile up"


async def test_a_429_holds_everybody_and_slows_the_broadcast() -> None:
    one = Limiter(50)
    await one.turn()
    one.hold(0.3)
    began = asyncio.get_running_loop().time()
    assert not one.room()
    assert not await one.turn(0.1)
    assert await one.turn()
    assert asyncio.get_running_loop().time() - began >= 0.3
    assert one._for_broadcasts() == 45


async def test_what_other_replicas_send_is_left_to_them() -> None:
    one = Limiter(30)
    one.elsewhere = 10
    assert one._for_broadcasts() == 20
    assert limiter.WINDOW > 1


async def test_a_chat_that_was_just_written_to_is_left_alone_for_a_second_and_no_other() -> None:
    one = Limiter(30)
    one.left("7")
    assert 0.9 < one.near("7") <= limiter.PER_CHAT
    assert one.near("8") == 0
    for chat in range(limiter.CHATS + 10):
        one.left(f"c{chat}")
    assert one.near("7") > 0, "nobody who was just written to is forgotten"


async def test_a_reply_waits_for_its_chat_and_two_to_one_chat_follow_each_other() -> None:
    one = Limiter(30)
    loop = asyncio.get_running_loop()
    began = loop.time()
    took = [loop.time() - began for _n in range(2) if await one.reply("7") and await one.reply("")]
    assert took[0] < 0.1 and 0.9 < took[1] < 2
    both = await asyncio.gather(one.reply("7"), one.reply("7"), one.reply("8"))
    assert list(both) == [True, False, True], "one chat keeps one connection at most"
    one.hold(limiter.BRIEFLY + 1)
    assert not await one.reply("9")


async def test_messages_that_are_late_on_their_way_crowd_nobody_behind_them() -> None:
    one, server, dice = Limiter(60), Server(60), Random(7)
    under_way = []

    async def carry(slot: Slot) -> None:
        await asyncio.sleep(0.01 + (0.08 if dice.random() < 0.05 else 0.0))
        server.take()
        await asyncio.sleep(0.01)
        one.arrived(slot)

    for _n in range(240):
        slot = await one.turn()
        assert slot is not None
        under_way.append(asyncio.create_task(carry(slot)))
    await asyncio.gather(*under_way)
    assert server.refused == 0
    assert server.seen[-1] - server.seen[0] < 240 / 60 * 1.15


async def test_a_broadcast_goes_on_beside_a_crowd_that_is_answered() -> None:
    one, server = Limiter(30), Server(30)
    sent = 0

    async def answers() -> None:
        while True:
            await asyncio.sleep(1 / 12)
            await one.answer()
            server.take()

    answering = asyncio.create_task(answers())
    loop = asyncio.get_running_loop()
    await asyncio.sleep(2.0)
    until = loop.time() + 3.0
    while loop.time() < until:
        slot = await one.turn()
        assert slot is not None
        server.take()
        one.arrived(slot)
        sent += 1
    answering.cancel()
    assert server.refused == 0
    assert sent > 3 * 10, f"{sent} in three seconds, of about 54 that there was room for"
