"""Opt-out over HTTP: GET shows a button, any POST acts, and nobody's address is on any page."""

from __future__ import annotations

from tests.desk.test_optouts import ADDRESS, allowed, reader
from tests.doorstep import Doorstep
from tests.web.conftest import Opened, Web

from kelisim.desk import numbers, optouts
from kelisim.web.limits import Limits


async def test_looking_stops_nothing_and_one_click_stops_without_cookie_origin_or_redirect(
    each_site: Web,
) -> None:
    """T-LET-16, RFC 8058: HEAD, GET and prefetch change nothing; the mail program's POST has nothing but its one field."""
    step = each_site.step
    aigul, token = await reader(step)
    browser = await each_site.browser()
    acts = await step.rows("SELECT count(*) FROM ledger")
    for method in ("HEAD", "GET", "GET"):
        assert (await browser.get(f"/o/{token}", method, Purpose="prefetch")).status == 200
    assert await step.rows("SELECT count(*) FROM ledger") == acts and await allowed(step, aigul)
    done = await browser.post(f"/o/{token}", b"List-Unsubscribe=One-Click",
                              Content_Type="application/x-www-form-urlencoded")  # fmt: skip
    assert done.status == 200 and "Set-Cookie" not in done.headers
    assert not await allowed(step, aigul)
    [(number,)] = await step.rows("SELECT number FROM suppressions")
    assert number in done.text and numbers.is_number(number)
    again = await browser.post(
        f"/o/{token}", b"x", Origin="https://mail.example", Sec_Fetch_Site="cross-site"
    )
    assert again.status == 200 and again.body == done.body


async def test_the_pages_tell_nothing_of_whose_letter_it_was(site: Web) -> None:
    """T-LET-17: the friend it was forwarded to sees no address, no name and no way to agree to anything."""
    _aigul, token = await reader(site.step)
    browser = await site.browser()
    gone = optouts.token(site.step.desk, numbers.row_id(), "informing-email")
    seen = await browser.get(f"/o/{token}")
    assert seen.body == (await browser.get(f"/o/{gone}")).body
    assert seen.text.count("<button") == 1
    done, nobody = await browser.post(f"/o/{token}"), await browser.post(f"/o/{gone}")
    assert len(done.body) == len(nobody.body) and done.status == nobody.status
    assert done.text[: done.text.index("S-")] == nobody.text[: nobody.text.index("S-")]
    for page in (seen, done, nobody):
        for secret in (ADDRESS, "canary", "Nurlanova", "a…l", token):
            assert secret not in page.text


async def test_a_token_that_is_not_ours_gets_the_page_of_every_dead_link(site: Web) -> None:
    _aigul, token = await reader(site.step)
    browser = await site.browser()
    dead = (await browser.get("/l/" + "x" * 43)).body
    other = "B" if token[0] == "A" else "A"
    for forged in (token[:-5], other + token[1:], "x", "x" * 400):
        assert (await browser.get(f"/o/{forged}")).body == dead
        assert (await browser.post(f"/o/{forged}")).body == dead
    assert await site.step.rows("SELECT count(*) FROM suppressions") == [(0,)]


async def test_an_opt_out_is_never_limited_and_forged_ones_are(opened: Opened, doorstep: Doorstep) -> None:
    """THREATS section 5: one-click POSTs of a whole provider come from a few addresses."""
    web: Web = await opened(doorstep, Limits(gets=3, posts=3))
    _aigul, token = await reader(doorstep)
    browser = await web.browser()
    assert {(await browser.post(f"/o/{token}")).status for _n in range(10)} == {200}
    assert {(await browser.get(f"/o/{token}")).status for _n in range(10)} == {200}
    assert {(await browser.post("/o/forged")).status for _n in range(3)} == {429}
