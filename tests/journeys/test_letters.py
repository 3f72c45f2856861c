"""Every letter looked at as mail programs show it: phone width and a table, light and dark, nothing loaded, nothing cut off."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.page import ARGUMENTS, CHROMIUM

from kelisim.commands.examples import letters_of
from kelisim.desk import operator as operators

playwright = pytest.importorskip("playwright.async_api")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]

AT = "http://letters.invalid/"  # no letter comes from here: each is put in its place by the test
BARE = "default-src 'none'; style-src 'unsafe-inline'"  # what loads anything says so on the console
TOUCH = 40  # pixels a thumb needs


@pytest.fixture
async def page(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """A browser of a width and a colour scheme."""
    width, scheme = request.param
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": width, "height": 780}, color_scheme=scheme)
        yield page
        await browser.close()


def shots(locale: str) -> Path | None:
    """Where the pictures go: a folder per language in SCREENSHOTS, else nowhere."""
    base = os.environ.get("SCREENSHOTS")
    if not base:
        return None
    folder = Path(base, "letters", locale)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("locale", ["kk", "ru", "en"])
@pytest.mark.parametrize("page", [(360, "light"), (360, "dark"), (800, "light")], indirect=True, ids=str)
async def test_every_letter_fits_loads_nothing_and_can_be_read(page: Any, locale: str) -> None:
    """T-LET-20. On the lit phone every letter is measured, else the first of each kind, which axe looks at as well."""
    axe = pytest.importorskip("axe_playwright_python.async_playwright")
    faults: list[str] = []
    wanted: list[str] = []
    shown = {"html": ""}
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda asked: wanted.append(asked.url))

    async def answer(route: Any) -> None:
        headers = {"Content-Security-Policy": BARE, "Content-Type": "text/html; charset=utf-8"}
        await route.fulfill(body=shown["html"], headers=headers)

    await page.route("**/*", answer)
    width, dark = (
        page.viewport_size["width"],
        await page.evaluate("matchMedia('(prefers-color-scheme:dark)').matches"),
    )
    folder = shots(locale)
    kinds: set[str] = set()
    async with aclosing(letters_of(operators.load(None), locale)) as examples:
        async for example in examples:
            first = example.kind not in kinds
            if not first and (width, dark) != (360, False):
                continue
            shown["html"] = example.html
            await page.goto(f"{AT}{example.name}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, example.name
            assert await page.evaluate(CUT) == [], example.name
            for box in [await link.bounding_box() for link in await page.locator(".act").all()]:
                assert box is not None and box["height"] >= TOUCH, example.name
            if first:
                kinds.add(example.kind)
                found = await axe.Axe().run(page)
                grave = [
                    one["id"]
                    for one in found.response["violations"]
                    if one["impact"] in ("serious", "critical")
                ]
                assert grave == [], f"{example.name}: {found.generate_report()}"
            if folder is not None and width == 360:
                name = f"{example.name}{'-dark' if dark else ''}.png"
                await page.screenshot(path=folder / name, full_page=True)
    assert faults == []
    assert len(wanted) >= len(kinds) > 10 and {url for url in wanted if not url.startswith(AT)} == set()
    assert len(set(wanted)) == len(wanted)  # each letter once, and nothing beside it


# Words whose box is left or right of the page.
CUT = """() => [...document.querySelectorAll('p,dt,dd,li,code,a,blockquote,strong,span')]
  .filter(each => { const box = each.getBoundingClientRect(); return box.left < 0 || box.right > innerWidth + 0.5 })
  .map(each => each.textContent.slice(0, 40))"""


@pytest.mark.parametrize("page", [(360, "light")], indirect=True, ids=str)
async def test_the_measures_can_fail(page: Any) -> None:
    words = '<span style="white-space:nowrap;font-size:40px">a line that goes on and on and on</span>'
    await page.set_content(words)
    assert await page.evaluate(CUT) != []
    assert await page.evaluate("document.documentElement.scrollWidth") > 360
