"""The file of one's data over HTTP: ordered in the chat, opened by its link, read once, by nobody else."""

from __future__ import annotations

import json

import pytest
from tests.web.conftest import Web

from kelisim.desk import access, cases
from kelisim.desk.visit import Visit

pytestmark = pytest.mark.usefixtures("opened")


async def test_the_file_is_ordered_in_the_chat_and_read_in_a_browser(each_site: Web) -> None:
    """P12, T-WEB-02: the words of its own person in each form; a second browser finds nothing any more."""
    step = each_site.step
    aigul, dias = await step.person("aigul").registers(), await step.person("dias").registers("ru")
    for person, words in ((aigul, "Aigul <b>canary</b>"), (dias, "Dias canary")):

        def ask(visit: Visit, words: str = words) -> None:
            cases.begin(visit, cases.QUESTION, words=words)

        await step.keep(ask, person)
    await aigul.say("/mydata")
    await aigul.press("Get the file")
    said = await aigul.press("One-time link")
    link = said.buttons["One-time link"]
    browser = await each_site.browser()
    assert "The file with your data" in (await browser.get(link)).text
    for part in access.PARTS:
        taken = await browser.take(link, part)
        assert taken.status == 200, part
        assert taken.headers["Content-Disposition"] == f'attachment; filename="{said.number}.{part}"'
        if part == "pdf":
            assert taken.body.startswith(b"%PDF-")
            continue
        assert b"Dias" not in taken.body
        if part == "html":
            assert b"Aigul &lt;b&gt;canary&lt;/b&gt;" in taken.body
        else:
            assert json.loads(taken.body)["requests"][0]["words"][0]["words"] == "Aigul <b>canary</b>"
    assert (await (await each_site.browser()).take(link)).status == 404


async def test_another_order_ends_the_link_before(site: Web) -> None:
    """T-WEB-03: of the links to one file the last alone opens it."""
    aigul = await site.step.person("aigul").registers()
    taken = []
    for _time in range(2):
        await aigul.say("/mydata")
        await aigul.press("Get the file")
        said = await aigul.press("One-time link")
        taken.append(said.buttons["One-time link"])
    assert [(await (await site.browser()).take(link)).status for link in taken] == [404, 200]
