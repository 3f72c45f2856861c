"""The Stop link of a broadcast over HTTP: looking stops nothing, one button stops it, and a page shows none of its words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.desk.test_broadcasts import agreed, author, ready
from tests.desk.test_dispatches import many
from tests.doorstep import Doorstep
from tests.web.conftest import Web, together

from kelisim.desk import audiences, broadcasts, circulars, deliveries
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.visit import TELEGRAM, Visit

BUTTON = {"act": "stop"}


@pytest.fixture(autouse=True)
def _by_day(each_doorstep: Doorstep) -> None:
    now = each_doorstep.desk.clock.now()
    each_doorstep.desk.clock.move(now.replace(hour=7, minute=0) + timedelta(days=1) - now)


async def planned(step: Doorstep, who: str = "erlan@alit.kz") -> tuple[Broadcast, str]:
    """A broadcast to two people that waits, and the path of somebody's link."""
    many(step)
    await agreed(step, "aigul", "kk")
    await agreed(step, "dias", "ru")

    def work(visit: Visit) -> Broadcast:
        one = ready(visit)
        return broadcasts.confirm(visit, one, one.digest, author(visit))

    one: Broadcast = await step.keep(work)
    return one, f"/b/{circulars.token(step.desk, one, who)}"


async def state(step: Doorstep, one: Broadcast) -> str:
    found: str = await step.keep(lambda visit: broadcasts.known(visit, one.number).state)
    return found


async def test_a_scanner_stops_nothing_and_the_button_stops_it_once(each_site: Web) -> None:
    """T-LET-16, T-CAST-05."""
    step = each_site.step
    one, path = await planned(step)
    browser = await each_site.browser()
    acts = await step.rows("SELECT count(*) FROM ledger")
    for method in ("HEAD", "GET", "GET"):
        seen = await browser.get(path, method, Purpose="prefetch")
        assert seen.status == 200
    assert await step.rows("SELECT count(*) FROM ledger") == acts
    assert await state(step, one) == broadcasts.SCHEDULED
    assert seen.text.count("<button") == 1 and 'lang="kk"' in seen.text
    assert one.author in seen.text and ": 2" in seen.text
    for words in ("Жаңалық", "Новость", "<b>News", "aigul"):
        assert words not in seen.text
    done = await browser.post(path, BUTTON)
    assert done.status == 200 and one.number in done.text and "Set-Cookie" not in done.headers
    assert await state(step, one) == broadcasts.CANCELLED
    again = await browser.post(path, BUTTON)
    assert again.status == 200 and one.number in again.text and again.body != done.body
    assert (await browser.get(path)).text.count("<button") == 0
    assert (
        len(await step.rows("SELECT 1 FROM outbox WHERE kind = 'bulletin' AND number = :n", n=one.number))
        == 6
    )


@pytest.mark.parametrize(
    "data, headers, status",
    [
        (BUTTON, {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}, 403),
        ({"act": "go"}, {}, 404), ({}, {}, 404), (b"List-Unsubscribe=One-Click", {"Content_Type": "text/plain"}, 404),
    ],
)  # fmt: skip
async def test_nothing_but_its_own_button_stops_it(
    each_site: Web, data: object, headers: dict[str, str], status: int
) -> None:
    one, path = await planned(each_site.step)
    browser = await each_site.browser()
    assert (await browser.post(path, data, **headers)).status == status
    assert await state(each_site.step, one) == broadcasts.SCHEDULED


async def test_a_link_that_is_not_ours_gets_the_page_of_every_dead_link(site: Web) -> None:
    one, path = await planned(site.step)
    browser = await site.browser()
    dead = (await browser.get("/l/" + "x" * 43)).body
    for forged in (path[:-3], path + "A", f"/b/{'A' * 40}", "/b/x", "/b/" + "x" * 400):
        assert (await browser.get(forged)).body == dead
        assert (await browser.post(forged, BUTTON)).body == dead
    assert await state(site.step, one) == broadcasts.SCHEDULED


async def test_two_who_press_at_once_stop_it_once_and_both_are_answered(each_site: Web) -> None:
    step = each_site.step
    one, path = await planned(step)
    other = f"/b/{circulars.token(step.desk, one, 'dana@alit.kz')}"
    browser = await each_site.browser()
    answers = await together([browser.post(where, BUTTON) for where in (path, other, path, other)])
    assert {answer.status for answer in answers} == {200}
    assert await state(step, one) == broadcasts.CANCELLED
    assert (
        len(await step.rows("SELECT 1 FROM outbox WHERE kind = 'bulletin' AND number = :n", n=one.number))
        == 6
    )


async def test_one_that_runs_is_stopped_and_what_waits_never_leaves(each_site: Web) -> None:
    step = each_site.step
    one, path = await planned(step)
    step.later(minutes=16)

    def begun(visit: Visit) -> None:
        running = broadcasts.start(visit, broadcasts.known(visit, one.number))
        while audiences.address(visit, running):
            running = broadcasts.known(visit, one.number)

    await step.keep(begun)
    assert (await (await each_site.browser()).post(path, BUTTON)).status == 200

    def taken(visit: Visit) -> int:
        return len(deliveries.take(visit, broadcasts.known(visit, one.number), TELEGRAM, 10)[0])

    assert await step.keep(taken) == 0


async def test_each_reader_sees_it_in_their_language_or_the_one_they_turn_to(site: Web) -> None:
    one, path = await planned(site.step, "dana@alit.kz")
    browser = await site.browser()
    assert '<html lang="ru"' in (await browser.get(path)).text
    assert '<html lang="en"' in (await browser.get(path + "?in=en")).text
    stopped = await browser.post(path + "?in=kk", BUTTON)
    assert '<html lang="kk"' in stopped.text and one.number in stopped.text
