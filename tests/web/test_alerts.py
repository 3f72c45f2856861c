"""«It was not me» by letter: the page shows what was done, the button stops it, and nothing of the person stands there."""

from __future__ import annotations

import re

import pytest
from tests.desk.test_alerts import HERS, acted, known
from tests.doorstep import Person
from tests.web.conftest import Web

from kelisim.desk import alerts
from kelisim.desk.alerts import ERASURE
from kelisim.desk.visit import EMAIL, Visit


async def letter_link(web: Web, person: Person) -> tuple[str, str]:
    """The number of an act and the link in the letter about it."""
    number = await acted(web.step, person, ERASURE)
    [letter] = [parcel for parcel in await web.step.courier(EMAIL) if parcel.message.kind == alerts.LETTER]
    found = re.search(rf"{web.base}/l/[\w-]+", letter.body["text"])
    assert found is not None
    return number, found[0]


async def test_looking_undoes_nothing_and_the_button_does_once(
    each_site: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-LET-16, T-ID-08: a scanner that opens every link keeps nobody's data from being deleted."""
    undone: list[str] = []

    def undo(visit: Visit, number: str) -> bool:
        undone.append(number)
        return True

    monkeypatch.setitem(alerts.UNDOS, ERASURE, undo)
    aigul = await known(each_site.step)
    number, link = await letter_link(each_site, aigul)
    browser = await each_site.browser()
    for method in ("HEAD", "GET", "GET"):
        page = await browser.get(link, method)
        assert page.status == 200
    assert number in page.text and "your data stay" in page.text and undone == []
    done = await browser.post("/l", {"token": link.rpartition("/")[2], "act": "notme"})
    assert done.status == 200 and undone == [number]
    assert "It is stopped." in done.text and "K-" in done.text
    again = await browser.post("/l", {"token": link.rpartition("/")[2]})
    assert again.body == done.body and undone == [number]
    other = await (await each_site.browser()).post("/l", {"token": link.rpartition("/")[2]})
    assert other.status == 404
    rows = await each_site.step.rows("SELECT kind, door, answer_by FROM cases WHERE kind = 'question'")
    assert [tuple(row) for row in rows] == [("question", "web", "email")]


async def test_the_pages_hold_nothing_of_the_person(site: Web) -> None:
    """I2: the letter may have been forwarded."""
    aigul = await known(site.step)
    _number, link = await letter_link(site, aigul)
    browser = await site.browser()
    for page in (await browser.get(link), await browser.post("/l", {"token": link.rpartition("/")[2]})):
        assert page.status == 200
        for value in (HERS, "canary", "Nurlanova", "Айгүл", str(aigul.id)):
            assert value not in page.text


async def test_the_link_lives_72_hours(site: Web) -> None:
    aigul = await known(site.step)
    _number, link = await letter_link(site, aigul)
    browser = await site.browser()
    site.step.later(hours=71)
    assert (await browser.get(link)).status == 200
    site.step.later(hours=2)
    assert (await browser.get(link)).status == 404
    assert (await browser.post("/l", {"token": link.rpartition("/")[2]})).status == 404
