"""The link in an echo: looking sends nothing, the button does it once, and only for who is still of the staff."""

from __future__ import annotations

import re
from pathlib import Path

from tests.mail.desks import ERLAN, Mailroom
from tests.promises.stories import altered, at_noon
from tests.web.conftest import Web

from kelisim.courier.outcome import Parcel
from kelisim.desk import cases, decisions, staff

NOBODY = ('[[staff]]\nname = "Erlan Akhmetov (sample)"\naddress = "erlan@alit.kz"\nrole = "staff"\nlocale = "kk"\n'
          'deputy = "gulnar@alit.kz"\n')  # fmt: skip


async def echoed(web: Web, text: str = "CANARY-answer We keep them.") -> tuple[Mailroom, str, str]:
    """A room, the number of a request that was answered by letter, and the link in the echo."""
    at_noon(web.step)
    room = Mailroom(web.step)
    aigul = await web.step.person("aigul").registers()
    letter = await room.case(aigul, "CANARY-question")
    echo = await room.echo(letter, text)
    return room, letter.message.number, link(web, echo)


def link(web: Web, echo: Parcel) -> str:
    found = re.search(rf"{web.base}/r/[\w-]+", echo.body["text"])
    assert found is not None, echo.body["text"]
    return found[0]


async def test_looking_sends_nothing_and_the_button_sends_once(each_site: Web) -> None:
    """T-LET-16; nothing of the person or the answer stands on the page."""
    room, number, address = await echoed(each_site)
    browser = await each_site.browser()
    for method in ("HEAD", "GET", "GET"):
        page = await browser.get(address, method)
        assert page.status == 200
    assert number in page.text and "CANARY" not in page.text
    assert await room.said(number) == []
    done = await browser.post(address, {"act": "send"})
    assert done.status == 200 and number in done.text and "CANARY" not in done.text
    assert await room.said(number) == ["CANARY-answer We keep them."]
    for again in (await browser.post(address, {"act": "send"}), await browser.get(address)):
        assert again.status == 404
    steps = await each_site.step.rows("SELECT actor FROM case_events WHERE act = 'answered'")
    assert [step[0] for step in steps] == ["link as erlan@alit.kz"]


async def test_the_other_button_drops_it(site: Web) -> None:
    room, number, address = await echoed(site)
    browser = await site.browser()
    for wrong in ({}, {"act": "sent"}, {"act": ""}):
        assert (await browser.post(address, wrong)).status == 404
    assert (await browser.post(address, {"act": "drop"})).status == 200
    assert (await browser.post(address, {"act": "send"})).status == 404
    assert await room.said(number) == []


async def test_another_site_cannot_press_it(site: Web) -> None:
    """T-WEB-01."""
    room, number, address = await echoed(site)
    browser = await site.browser()
    assert (await browser.post(address, {"act": "send"}, Origin="https://evil.example")).status == 403
    assert await room.said(number) == []


async def test_the_second_of_two_is_told_on_the_page_and_by_letter(each_site: Web) -> None:
    """T-STAFF-03."""
    room, number, address = await echoed(each_site)
    gulnar = staff.acting(each_site.step.desk.operator, "gulnar@alit.kz", "root")
    await each_site.step.keep(lambda visit: decisions.answer(visit, number, "First.", gulnar))
    page = await (await each_site.browser()).post(address, {"act": "send"})
    assert page.status == 200 and number in page.text
    assert await room.said(number) == ["First."]
    assert [(parcel.message.kind, parcel.address) for parcel in await room.deliver()] == [("told", ERLAN)]


async def test_the_link_of_who_left_opens_nothing(site: Web, tmp_path: Path) -> None:
    """T-STAFF-02."""
    room, number, address = await echoed(site)
    site.step.desk.operator = altered(
        tmp_path, (NOBODY, ""), ('deputy = "erlan@alit.kz"', 'deputy = "dana@alit.kz"')
    )
    browser = await site.browser()
    for page in (await browser.get(address), await browser.post(address, {"act": "send"})):
        assert page.status == 404
    assert await room.said(number) == []


async def test_what_is_not_safe_has_no_button_to_send(site: Web) -> None:
    """T-LET-10: also when the form is made by hand."""
    room, number, address = await echoed(site)
    await site.step.keep(
        lambda visit: visit.connection.exec_driver_sql("UPDATE replies SET state = 'held', why = 'leak'")
    )
    browser = await site.browser()
    assert 'value="send"' not in (await browser.get(address)).text
    assert (await browser.post(address, {"act": "send"})).status == 200
    assert await room.said(number) == [] and await room.state(number) == cases.WITH_STAFF


async def test_a_link_that_is_none_of_ours_gets_the_plain_page(site: Web) -> None:
    _room, _number, address = await echoed(site)
    browser = await site.browser()
    other = address[:-1] + ("a" if address[-1] != "a" else "q")
    pages = [await browser.get(path) for path in (other, f"{site.base}/r/{'a' * 39}", f"{site.base}/r/1")]
    assert {page.status for page in pages} == {404} and len({page.body for page in pages}) == 1
