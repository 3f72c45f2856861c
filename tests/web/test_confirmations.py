"""«Was it you?»: the page of the link in the letter; looking confirms nothing, the button does, once."""

from __future__ import annotations

import re

import pytest
from tests.mail.writers import Writer, answered, number_of
from tests.promises.stories import at_noon, gives
from tests.web.conftest import Web

from kelisim.desk import consents

HERS = "aigul@mail.kz"
REVOKE = "Отзыв согласия на обработку персональных данных"
CANARY = "Омарова-9471"


async def asked(web: Web, address: str = HERS) -> tuple[str, str]:
    """A letter in the name of an address: its number and the link that comes there."""
    await Writer(web.step, address).writes(REVOKE, CANARY)
    (letter,) = await answered(web.step, address)
    found = re.search(rf"{web.base}/l/[\w-]+", letter.body["text"])
    assert found is not None
    return number_of(letter), found[0]


async def test_looking_confirms_nothing_and_the_button_does_once(each_site: Web) -> None:
    """T-LET-16, P10: a scanner that opens every link revokes nobody's consent."""
    step = each_site.step
    at_noon(step)
    aigul = await step.person("aigul").registers("ru")
    await gives(aigul, "informing-email", "ru", HERS, "Nurlanova Aigul")
    await step.courier()
    number, link = await asked(each_site)
    browser = await each_site.browser()
    for method in ("HEAD", "GET", "GET"):
        page = await browser.get(link, method)
        assert page.status == 200
    assert number in page.text and CANARY not in page.text and HERS not in page.text
    assert "informing-email" in await step.keep(consents.given, aigul)
    secret = link.rpartition("/")[2]
    assert (await browser.post("/l", {"token": secret, "act": "maybe"})).status == 404
    done = await browser.post("/l", {"token": secret, "act": "yes"})
    assert done.status == 200 and number in done.text and CANARY not in done.text
    assert await step.keep(consents.given, aigul) == ["desk"]  # until the answer
    again = await browser.post("/l", {"token": secret, "act": "yes"})
    assert again.body == done.body
    other = await (await each_site.browser()).post("/l", {"token": secret, "act": "yes"})
    assert other.status == 404 and (await browser.get(link)).status == 404
    assert len(await step.rows("SELECT id FROM cases")) == 1


async def test_it_was_not_me(site: Web) -> None:
    """T-LET-01: the owner of the mailbox ends it."""
    number, link = await asked(site)
    browser = await site.browser()
    done = await browser.post("/l", {"token": link.rpartition("/")[2], "act": "no"})
    assert done.status == 200 and number in done.text
    assert [row.state for row in await site.step.rows("SELECT state FROM cases")] == ["withdrawn"]
    later = await browser.post("/l", {"token": link.rpartition("/")[2], "act": "yes"})
    assert later.status == 200
    assert [row.state for row in await site.step.rows("SELECT state FROM cases")] == ["withdrawn"]


@pytest.mark.parametrize("act", ["yes", "no"])
async def test_known_and_unknown_see_the_same_pages(site: Web, act: str) -> None:
    """I13."""
    step = site.step
    at_noon(step)
    aigul = await step.person("aigul").registers("ru")
    await gives(aigul, "informing-email", "ru", HERS, "Nurlanova Aigul")
    await step.courier()
    seen = []
    for address in (HERS, "stranger@mail.kz"):
        number, link = await asked(site, address)
        browser = await site.browser()
        page = await browser.get(link)
        done = await browser.post("/l", {"token": link.rpartition("/")[2], "act": act})
        seen.append(
            [shown.text.replace(number, "№").replace(link.rpartition("/")[2], "…") for shown in (page, done)]
        )
    assert seen[0] == seen[1]


async def test_the_link_lives_48_hours(site: Web) -> None:
    _number, link = await asked(site)
    browser = await site.browser()
    site.step.later(hours=47)
    assert (await browser.get(link)).status == 200
    site.step.later(hours=2)
    assert (await browser.get(link)).status == 404
    assert (await browser.post("/l", {"token": link.rpartition("/")[2], "act": "yes"})).status == 404
