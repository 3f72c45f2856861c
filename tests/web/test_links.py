"""One-time links over HTTP: looking uses nothing up, one browser gets the file, everybody else the same page."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest
from tests.doorstep import Doorstep
from tests.web.conftest import CANARY, USE, Browser, Opened, Web, together

from kelisim.desk import files, links
from kelisim.web.limits import Limits

pytestmark = pytest.mark.usefixtures("opened")


async def counted(web: Web) -> list[object]:
    """All that the store holds of links and of what was done, as one value."""
    rows = await web.step.rows("SELECT use, used_at, browser FROM links")
    acts = await web.step.rows("SELECT count(*) FROM ledger")
    return [tuple(row) for row in rows] + [tuple(acts[0])]


async def test_looking_uses_nothing_up_and_the_button_takes_the_file(each_site: Web) -> None:
    """T-WEB-02, T-LET-16: HEAD, GET five times by five scanners, then the person."""
    aigul = await each_site.step.person().registers("kk")
    link = await each_site.link(aigul)
    before = await counted(each_site)
    for method in ("HEAD", "GET", "GET", "GET", "GET", "GET"):
        seen = await (await each_site.browser()).get(link, method)
        assert seen.status == 200 and CANARY not in seen.body.decode()
    assert await counted(each_site) == before
    browser = await each_site.browser()
    page = (await browser.get(link)).text
    assert 'method="post" action="/l"' in page and '<html lang="kk">' in page
    taken = await browser.take(link)
    assert taken.status == 200 and CANARY in taken.text
    assert taken.headers["Content-Disposition"] == 'attachment; filename="test-file.html"'
    assert taken.headers["Content-Security-Policy"].startswith("sandbox")
    assert (
        len(await each_site.step.rows("SELECT 1 FROM ledger WHERE what = :what", what=f"file taken {USE}"))
        == 1
    )


async def test_the_same_browser_takes_the_other_parts_for_ten_minutes_and_nobody_else_does(site: Web) -> None:
    """T-WEB-02: also when the letter is opened again from another site, where the strict cookie does not come along."""
    link = await site.link(await site.step.person().registers("ru"))
    own, other = await site.browser(), await site.browser()
    await own.get(link)
    assert (await own.take(link)).status == 200
    assert (await own.take(link, "json")).body == b"{}"
    again = await own.get(link)
    assert again.status == 200 and "Set-Cookie" not in again.headers
    assert (await other.take(link)).status == 404
    site.step.later(minutes=9)
    assert (await own.take(link)).status == 200
    site.step.later(minutes=2)
    assert (await own.take(link)).status == 404
    assert (await own.get(link)).status == 404


async def test_a_browser_that_never_looked_gets_its_cookie_with_the_file(site: Web) -> None:
    link = await site.link(await site.step.person().registers())
    browser = await site.browser()
    assert (await browser.take(link)).status == 200
    assert (await browser.take(link, "json")).status == 200


async def test_of_fifty_browsers_exactly_one_gets_the_file(each_site: Web) -> None:
    """T-WEB-03."""
    link = await each_site.link(await each_site.step.person().registers())
    browsers = [await each_site.browser() for _n in range(50)]
    answers = await together([browser.take(link) for browser in browsers])
    assert sorted(answer.status for answer in answers) == [200] + [404] * 49
    assert len({answer.body for answer in answers if answer.status == 404}) == 1
    assert sum(CANARY in answer.text for answer in answers) == 1


async def test_used_over_unknown_and_malformed_are_one_page(site: Web) -> None:
    """I13: nobody learns from the answer whether there ever was such a link."""
    dias = await site.step.person("dias").registers("ru")
    used, over = await site.link(dias), await site.link(dias)
    await (await site.browser()).take(used)
    site.step.later(hours=73)
    unknown = f"{site.base}/l/{'x' * 43}"
    seen, taken = set(), set()
    for link in (
        used,
        over,
        unknown,
        f"{site.base}/l/%D2%9B",
        f"{site.base}/l/{'y' * 500}",
        f"{site.base}/nowhere",
    ):
        browser = await site.browser()
        shown = await browser.get(link)
        seen.add(
            (
                shown.status,
                shown.body,
                frozenset(set(shown.headers.items()) - {("Date", shown.headers["Date"])}),
            )
        )
        pressed = await browser.take(link)
        taken.add((pressed.status, pressed.body))
    assert len(seen) == 1 and len(taken) == 1
    status, body, _headers = seen.pop()
    assert status == 404 and taken == {(404, body)}
    for locale in ("kk", "ru", "en"):
        assert f'lang="{locale}"' in body.decode()


async def test_a_link_of_an_erased_person_or_to_nothing_is_over(site: Web) -> None:
    aigul = await site.step.person().registers()
    link = await site.link(aigul)
    await site.step.keep(lambda visit: links.void(visit), aigul)
    assert (await (await site.browser()).take(link)).status == 404
    assert (await (await site.browser()).get(await site.link(aigul, "no-maker"))).status == 404


async def test_a_part_that_is_not_there_uses_nothing_up(site: Web) -> None:
    link = await site.link(await site.step.person().registers())
    browser = await site.browser()
    assert (await browser.take(link, "exe")).status == 404
    assert (await (await site.browser()).take(link)).status == 200


async def test_a_link_hands_out_the_data_of_its_own_person_alone(site: Web) -> None:
    """I2: Dias's link in Aigul's browser is Dias's file still, and Aigul's cookie does not open it again."""
    aigul, dias = await site.step.person().registers(), await site.step.person("dias").registers()
    hers, his = await site.link(aigul), await site.link(dias)
    rows = await site.step.rows("SELECT id FROM subjects ORDER BY id")
    ids = [str(row[0]) for row in rows]
    browser = await site.browser()
    assert (await browser.take(hers)).text == f"<p>{CANARY} {ids[0]}"
    assert (await browser.take(his)).text == f"<p>{CANARY} {ids[1]}"


async def test_the_cookie_is_for_this_host_and_this_link_alone(opened: Opened, doorstep: Doorstep) -> None:
    web = await opened(doorstep, url="https://desk.example/k")
    aigul = await doorstep.person().registers()
    link = await web.link(aigul)
    assert link.startswith("https://desk.example/k/l/")
    shown = await (await web.browser()).get(f"/l/{link.rpartition('/')[2]}")
    cookie = shown.headers["Set-Cookie"]
    assert re.match(r"__Host-link-[0-9a-f]{12}=[\w-]{22}; ", cookie)
    for wanted in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert wanted in cookie
    assert "Domain" not in cookie and link.rpartition("/")[2] not in cookie
    assert 'action="/k/l"' in shown.text
    assert shown.headers["Strict-Transport-Security"]


async def test_a_page_is_shown_in_the_person_s_language_and_in_the_one_turned_to(site: Web) -> None:
    link = await site.link(await site.step.person("dias").registers("ru"))
    browser = await site.browser()
    assert '<html lang="ru">' in (await browser.get(link)).text
    secret = link.rpartition("/")[2]
    assert '<html lang="kk">' in (await browser.get(f"/l/{secret}?in=kk")).text
    assert '<html lang="ru">' in (await browser.get(f"/l/{secret}?in=%3Cscript%3E")).text


async def test_a_file_that_cannot_be_made_may_be_asked_for_again(
    site: Web, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    link = await site.link(await site.step.person().registers())
    browser = await site.browser()
    sound = files.MAKERS[USE]

    def broken(facts: files.Facts) -> bytes:
        raise ValueError(f"{CANARY} {facts}")

    monkeypatch.setitem(files.MAKERS, USE, files.Maker(sound.facts, {"html": broken}))
    failed = await browser.take(link)
    assert failed.status == 500 and CANARY not in failed.text
    assert [record.getMessage() for record in caplog.records if record.name == "kelisim.web"] == [
        "link taken: ValueError"
    ]
    monkeypatch.setitem(files.MAKERS, USE, sound)
    assert (await browser.take(link)).status == 200


async def test_no_secret_and_no_path_is_in_any_log(
    site: Web, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-WEB-05: every level, every library; the secret is in no header of the answers either."""
    caplog.set_level(logging.DEBUG)
    link = await site.link(await site.step.person().registers())
    secret = link.rpartition("/")[2]
    browser = await site.browser()
    for shown in (await browser.get(link), await browser.take(link), await browser.get(f"/l/{secret}/x"),
                  await browser.post(f"/o/{secret}")):  # fmt: skip
        assert secret not in str(dict(shown.headers))

    async def broken(*_given: object) -> None:
        raise RuntimeError(secret)

    monkeypatch.setattr(type(site.site.door), "look", broken)
    assert (await browser.get(link)).status == 500
    logged = [
        f"{record.name} {record.getMessage()}"
        for record in caplog.records
        if not record.name.startswith("asyncio")
    ]
    assert any(line.startswith("kelisim.web link: RuntimeError") for line in logged)
    for line in logged:
        assert secret not in line and "/l/" not in line and "/o/" not in line


async def test_a_slow_or_large_form_is_given_up(opened: Opened, doorstep: Doorstep) -> None:
    """T-WEB-09: the body has its own deadline and size."""
    web = await opened(doorstep, Limits(body_seconds=0.2, body=200))
    browser: Browser = await web.browser()
    assert (await browser.post("/l", {"token": "x" * 300})).status == 413
    assert (await browser.post("/l", b"{}", Content_Type="application/json")).status == 404

    async def dripping() -> object:
        yield b"token="
        await asyncio.sleep(1)
        yield b"x"

    began = asyncio.get_running_loop().time()
    slow = await browser.post("/l", dripping(), Content_Type="application/x-www-form-urlencoded")
    assert slow.status == 408 and asyncio.get_running_loop().time() - began < 0.9
