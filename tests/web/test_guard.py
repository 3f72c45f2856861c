"""What stands before every page: headers on all of them, no foreign posts, limits per place, no word of a header believed."""

from __future__ import annotations

import logging
import re
import time
from ipaddress import ip_network
from types import SimpleNamespace

import pytest
from tests.doorstep import Doorstep
from tests.web.conftest import Opened, Shown, Web

from kelisim.desk import optouts
from kelisim.store.database import Busy
from kelisim.web.limits import Limits


async def every_route(web: Web) -> dict[str, Shown]:
    """One answer of each route and of each kind of refusal."""
    aigul = await web.step.person().registers()
    link, taken = await web.link(aigul), await web.link(aigul)
    token = optouts.token(web.step.desk, 7, "informing-email")
    browser = await web.browser()
    return {
        "link": await browser.get(link),
        "link taken": await browser.take(taken),
        "link used": await (await web.browser()).take(taken),
        "opt-out": await browser.get(f"/o/{token}"),
        "opt-out act": await browser.post(f"/o/{token}"),
        "nothing": await browser.get("/"),
        "webhook of another": await browser.post("/telegram"),
        "foreign": await browser.take(link, Origin="https://evil.example"),
        "too large": await browser.post("/l", {"token": "x" * 9000}),
        "head": await browser.get(link, "HEAD"),
        "put": await browser.get("/l", "PUT"),
        "options": await browser.get("/l", "OPTIONS", Origin="https://evil.example"),
    }


async def test_every_answer_has_every_header(site: Web) -> None:
    """T-WEB-11, T-WEB-05, T-WEB-08: nothing is kept, framed, loaded, run, indexed or told to the next site."""
    for name, answer in (await every_route(site)).items():
        headers = answer.headers
        assert headers["Cache-Control"] == "no-store", name
        assert headers["Referrer-Policy"] == "no-referrer", name
        assert headers["X-Content-Type-Options"] == "nosniff", name
        assert headers["X-Robots-Tag"].startswith("noindex"), name
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, name
        assert "unsafe" not in policy and "script-src" not in policy and "*" not in policy, name
        assert "Access-Control-Allow-Origin" not in headers, name
        assert "aiohttp" not in headers["Server"] and "Python" not in headers["Server"], name
        if headers["Content-Type"].startswith("text/html") and answer.body and "sandbox" not in policy:
            page = answer.text
            assert "<script" not in page and not re.search(
                r"\son\w+=|src=|javascript:|url\(|@import", page
            ), name
            assert re.search(r'<html lang="(kk|ru|en)">', page) and "viewport" in page, name


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null", "Sec_Fetch_Site": "cross-site"}, 403),
        ({"Origin": "null", "Sec_Fetch_Site": "same-site"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "null", "Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": "null"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200),
    ],
)
async def test_a_post_from_another_site_is_refused_and_uses_nothing_up(
    site: Web, headers: dict[str, str], status: int
) -> None:
    """T-WEB-01."""
    link = await site.link(await site.step.person().registers())
    assert (await (await site.browser()).take(link, **headers)).status == status
    [(used,)] = await site.step.rows("SELECT count(*) FROM links WHERE used_at IS NOT NULL")
    assert used == (status == 200)


async def test_no_header_says_where_we_are(site: Web) -> None:
    """T-WEB-06: links, forms and redirects come from KELISIM_URL alone."""
    link = await site.link(await site.step.person().registers())
    browser = await site.browser()
    plain = await browser.get(link)
    for headers in (
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example"},
    ):
        shown = await browser.get(link, **headers)
        assert shown.body == plain.body and "evil" not in str(dict(shown.headers))
    assert (await browser.get("/l?next=https://evil.example")).status == 404


async def test_a_place_that_asks_too_much_waits_a_minute(
    opened: Opened, doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """THREATS section 5: 120 GET and 20 POST a minute."""
    assert (Limits().gets, Limits().posts, Limits().connections, Limits().per_place) == (120, 20, 1000, 20)
    web: Web = await opened(doorstep, Limits(gets=3, posts=2))
    browser = await web.browser()
    assert [(await browser.get("/")).status for _n in range(5)] == [404, 404, 404, 429, 429]
    assert [(await browser.take("/l/" + "x" * 43)).status for _n in range(3)] == [404, 404, 429]
    over = await browser.get("/")
    assert over.headers["Retry-After"] == "60" and over.headers["Cache-Control"] == "no-store"
    later = time.monotonic() + 61
    monkeypatch.setattr("kelisim.web.limits.time", SimpleNamespace(monotonic=lambda: later))
    assert (await browser.get("/")).status == 404


async def test_only_a_declared_proxy_says_where_a_request_comes_from(
    opened: Opened, doorstep: Doorstep
) -> None:
    """T-WEB-06: a forged X-Forwarded-For dodges no limit; behind the proxy only its own last hop counts."""
    open_web: Web = await opened(doorstep, Limits(gets=2))
    browser = await open_web.browser()
    seen = [(await browser.get("/", **{"X-Forwarded-For": f"192.0.2.{n}"})).status for n in range(4)]
    assert seen == [404, 404, 429, 429]
    behind: Web = await opened(doorstep, Limits(gets=2, proxies=(ip_network("127.0.0.1/32"),)))
    browser = await behind.browser()
    hops = [f"10.0.0.{n}, 192.0.2.7" for n in range(4)]
    assert [(await browser.get("/", **{"X-Forwarded-For": hop})).status for hop in hops] == [
        404,
        404,
        429,
        429,
    ]
    assert (await browser.get("/", **{"X-Forwarded-For": "192.0.2.8"})).status == 404
    v6 = [f"2001:db8:1:1::{n}" for n in range(4)]
    assert [(await browser.get("/", **{"X-Forwarded-For": hop})).status for hop in v6] == [404, 404, 429, 429]
    assert (await browser.get("/", **{"X-Forwarded-For": "2001:db8:1:2::1"})).status == 404


async def test_a_crowd_and_a_fault_get_a_page_and_a_line_without_words(
    site: Web, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    link = await site.link(await site.step.person().registers())
    browser = await site.browser()

    async def crowded(*_given: object) -> None:
        raise Busy

    monkeypatch.setattr(type(site.site.door), "look", crowded)
    assert (await browser.get(link)).status == 503
    assert [record for record in caplog.records if record.name == "kelisim.web"] == []

    async def away(*_given: object) -> None:
        raise OSError("the canary of a connection string")

    monkeypatch.setattr(type(site.site.door), "look", away)
    failed = await browser.get(link)
    assert failed.status == 500 and "canary" not in failed.text
    [line] = [record for record in caplog.records if record.name == "kelisim.web"]
    assert line.getMessage() == "link: OSError" and line.exc_info is None
