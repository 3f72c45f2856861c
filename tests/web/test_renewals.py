"""The link of a letter that asks anew: looking changes nothing, its two buttons do, and it opens nothing else."""

from __future__ import annotations

import re

import pytest
from tests import campaigns
from tests.campaigns import care, changed, sent
from tests.desk.test_optouts import ADDRESS
from tests.doorstep import Doorstep, Person
from tests.web.conftest import Browser, Opened, Web

from kelisim.desk import (
    broadcasts,
    choices,
    consents,
    funnels,
    gates,
    identity,
    notices,
    subjects,
    suppressions,
    tokens,
)
from kelisim.desk.visit import EMAIL, Visit

PAIR = "informing-email"
LINK = re.compile(r"(https?://\S+/c/\S+)")
DIGEST = re.compile(r'name="digest" value="([^"]+)"')


async def asked(web: Web, name: str = "aigul", address: str = ADDRESS) -> tuple[Person, str, str]:
    """Somebody with a proved mailbox whose text has changed: who, the letter, and its link."""
    campaigns.by_day(web.step)
    person = await web.step.person(name).registers()
    await person.gives_email(address)
    await changed(web.step)
    _number, arrived = await sent(web.step, EMAIL)
    letter = arrived[address]["text"]
    found = LINK.search(letter)
    assert found is not None, letter
    return person, letter, found[1]


async def state(web: Web) -> list[tuple[str, str]]:
    """State and version of the consent to letters."""
    found = await web.step.rows("SELECT state, version FROM consents WHERE purpose = :p", p=PAIR)
    return [tuple(row) for row in found]


async def pressed(browser: Browser, link: str, act: str) -> str:
    """The page after looking and pressing a button of it."""
    seen = await browser.get(link)
    digest = DIGEST.search(seen.text)
    data = {"act": act, "digest": digest[1] if digest else ""}
    done = await browser.post(link, data)
    assert done.status == 200
    return done.text


async def test_looking_changes_nothing_and_agreeing_is_recorded_with_the_new_version(each_site: Web) -> None:
    step, web = each_site.step, each_site
    aigul, letter, link = await asked(web)
    assert "What changed for you" in letter and "Your phone is not asked for" in letter
    browser = await web.browser()
    before = (
        await step.rows("SELECT count(*) FROM ledger"),
        await step.rows("SELECT count(*) FROM documents_shown"),
    )
    for method in ("HEAD", "GET", "GET"):
        assert (await browser.get(link, method, Purpose="prefetch")).status == 200
    assert before == (
        await step.rows("SELECT count(*) FROM ledger"), await step.rows("SELECT count(*) FROM documents_shown"),
    )  # fmt: skip
    seen = await browser.get(link)
    assert (
        "I agree" in seen.text and "Withdraw" in seen.text and "– Your phone is not asked for." in seen.text
    )
    assert "Last day to decide" in seen.text and "1.2" in seen.text and await state(web) == [("given", "1.1")]
    done = await pressed(browser, link, "keep")
    assert "Consent recorded" in done
    assert await state(web) == [("given", "1.2")]
    [(door, version, digest, locale)] = await step.rows(
        "SELECT door, version, digest, locale FROM consent_records WHERE purpose = :p AND version = '1.2'",
        p=PAIR,
    )
    assert (door, version, locale) == ("web", "1.2", "en")
    assert digest == step.desk.shelf.current(PAIR, "en").digest  # I3
    assert "Consent in force" in await pressed(browser, link, "keep")  # again does nothing again
    assert len(await step.rows("SELECT 1 FROM consent_records WHERE purpose = :p", p=PAIR)) == 2
    assert await step.keep(consents.differences) == []
    step.later(days=20)
    await care(step)
    assert await state(web) == [("given", "1.2")]
    assert aigul


async def test_withdrawing_is_one_press_and_the_link_revives_nothing(each_site: Web) -> None:
    web, step = each_site, each_site.step
    aigul, _letter, link = await asked(web)
    browser = await web.browser()
    assert "Consent withdrawn" in await pressed(browser, link, "withdraw")
    assert await state(web) == [("withdrawn", "1.1")]
    for act in ("keep", "withdraw"):
        assert "not in force" in await pressed(browser, link, act)
    page = (await browser.get(link)).text
    assert "<button" not in page
    assert await state(web) == [("withdrawn", "1.1")]
    assert not await step.keep(lambda visit: gates.allows(visit, PAIR), aigul)
    assert await step.keep(consents.differences) == []


async def test_silence_pauses_it_and_the_same_link_restores_it(site: Web) -> None:
    step = site.step
    aigul, _letter, link = await asked(site)
    step.later(days=16)
    await care(step)
    assert await state(site) == [("suspended", "1.1")]
    browser = await site.browser()
    assert "is paused" in (await browser.get(link)).text
    assert "Consent recorded" in await pressed(browser, link, "keep")
    assert await state(site) == [("given", "1.2")]
    assert await step.keep(lambda visit: gates.allows(visit, PAIR), aigul)


async def test_who_has_no_chat_hears_of_the_pause_by_letter_with_a_link(site: Web) -> None:
    step = site.step
    aigul, _letter, _link = await asked(site)
    await aigul.say("/consent")
    await aigul.press("Requests through this bot")
    await aigul.press("Withdraw")  # the chat closes, the letters go on
    step.later(days=16)
    await care(step)
    letters = [one for one in await step.courier(EMAIL) if one.message.kind == notices.LETTER]
    assert [one.address for one in letters] == [ADDRESS]
    words = letters[0].body["text"]
    assert "Consent paused" in words
    found = LINK.search(words)
    assert found is not None
    browser = await site.browser()
    assert "Consent recorded" in await pressed(browser, found[1], "keep")
    assert await state(site) == [("given", "1.2")]
    assert (await step.rows("SELECT state FROM subjects"))[0][0] == "closed"  # a letter opens no chat


@pytest.mark.parametrize(
    "late", [False, True]
)  # the consent is paused after the stop, and dated later than it
async def test_a_link_of_earlier_lifts_no_stop(each_site: Web, late: bool) -> None:
    """Whoever has the letter is not the one who stopped; the chat is where it starts again."""
    step, web = each_site.step, each_site
    aigul, _letter, link = await asked(web)
    await aigul.say("STOP")
    if late:
        step.later(days=16)
        await care(step)
    before = await state(web)
    assert before == [("suspended" if late else "given", "1.1")]
    browser = await web.browser()
    for locale, words in (
        ("kk", "тоқтатылған"),
        ("ru", "остановлены"),
        ("en", "Messages to you are stopped"),
    ):
        page = await (await browser.session.get(link, params={"in": locale})).text()
        assert words in page and 'value="keep"' not in page and 'value="withdraw"' in page
    assert "Messages to you are stopped" in await pressed(browser, link, "keep")
    current = step.desk.shelf.current(PAIR, "en")
    for data in ({"act": "keep", "digest": current.token}, {"act": "keep"}):
        assert "Messages to you are stopped" in (await browser.post(link, data)).text
    assert await state(web) == before
    assert not await step.keep(lambda visit: gates.allows(visit, PAIR), aigul)
    assert "Consent withdrawn" in await pressed(browser, link, "withdraw")
    assert (await state(web))[0][0] == "withdrawn"


async def test_a_stop_of_the_mailbox_named_by_anyone_bars_the_link_until_it_is_resumed(site: Web) -> None:
    step = site.step
    aigul, _letter, link = await asked(site)
    stopper = await step.person("dias").registers()

    def stop(visit: Visit) -> None:
        suppressions.stop_address(visit, identity.email(ADDRESS))

    await step.keep(stop, stopper)
    browser = await site.browser()
    assert "Messages to you are stopped" in await pressed(browser, link, "keep")
    assert await state(site) == [("given", "1.1")]
    step.later(minutes=1)
    await step.keep(lambda visit: suppressions.resume(visit, EMAIL), aigul)
    assert "Consent recorded" in await pressed(browser, link, "keep")
    assert await step.keep(lambda visit: gates.allows(visit, PAIR), aigul)


async def test_a_text_that_changed_since_it_was_shown_is_shown_again(site: Web) -> None:
    step = site.step
    _aigul, _letter, link = await asked(site)
    browser = await site.browser()
    old = DIGEST.search((await browser.get(link)).text)
    assert old is not None
    await changed(step)
    told = await browser.post(link, {"act": "keep", "digest": old[1]})
    assert "The text has changed since it was shown" in told.text
    assert await state(site) == [("given", "1.1")]
    assert "The text has changed" in (await browser.post(link, {"act": "keep"})).text
    assert "Consent recorded" in await pressed(browser, link, "keep")
    assert await state(site) == [("given", "1.3")]


async def test_blocked_data_take_no_consent_but_give_it_back(site: Web) -> None:
    """I7."""
    step = site.step
    aigul, _letter, link = await asked(site)
    await step.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), aigul)
    browser = await site.browser()
    assert "Your data are blocked" in await pressed(browser, link, "keep")
    assert await state(site) == [("given", "1.1")]
    assert "Consent withdrawn" in await pressed(browser, link, "withdraw")


async def test_dead_forged_and_foreign_links_get_the_page_of_every_dead_link(site: Web) -> None:
    step = site.step
    aigul, _letter, link = await asked(site)
    browser = await site.browser()
    dead = (await browser.get("/l/" + "x" * 43)).body
    token = link.rpartition("/")[2]
    forged = [token[:-6], ("B" if token[0] == "A" else "A") + token[1:], "x", "x" * 400]

    def others(visit: Visit) -> list[str]:
        contact = subjects.contacts(visit, EMAIL)[0].id
        return [choices.token(visit, 12345, PAIR), choices.token(visit, contact, "nothing"),
                tokens.letters(tokens.seal(visit.desk, b"kelisim opt-out", b"x" * 30))]  # fmt: skip

    for path in [*forged, *await step.keep(others, aigul)]:
        assert (await browser.get(f"/c/{path}")).body == dead
        assert (await browser.post(f"/c/{path}", {"act": "withdraw"})).body == dead
    assert (await browser.post(link, {"act": "steal"})).status == 404
    assert (
        await browser.post(
            link, {"act": "withdraw"}, Origin="https://evil.example", Sec_Fetch_Site="cross-site"
        )
    ).status == 403
    step.later(days=choices.LINK_LIVES.days + 1)
    assert (await browser.get(link)).body == dead
    assert await state(site) == [("given", "1.1")]


async def test_no_page_names_the_person_or_another_purpose(site: Web) -> None:
    _aigul, _letter, link = await asked(site)
    browser = await site.browser()
    for locale, label in (("kk", "Келісемін"), ("ru", "Даю согласие"), ("en", "I agree")):
        page = await browser.session.get(link, params={"in": locale})
        words = await page.text()
        assert label in words
        for secret in (ADDRESS, "Nurlanova", "Aigul", "5001"):
            assert secret not in words


async def test_a_mailbox_that_is_no_longer_theirs_opens_nothing(opened: Opened, doorstep: Doorstep) -> None:
    web: Web = await opened(doorstep)
    aigul, _letter, link = await asked(web)
    found = doorstep.desk.vault.find(EMAIL, subjects.lookup(ADDRESS))
    await doorstep.keep(lambda visit: subjects.unprove(visit, EMAIL, found), aigul)
    assert (await (await web.browser()).get(link)).status == 404


async def test_the_campaigns_funnel_counts_letters_too(site: Web) -> None:
    step = site.step
    aigul, _letter, link = await asked(site)
    [(number,)] = await step.rows("SELECT number FROM broadcasts")

    def told(visit: Visit) -> list[funnels.Funnel]:
        return funnels.funnel(visit, broadcasts.known(visit, number))

    assert await step.keep(told) == [funnels.Funnel(EMAIL, 1, 0, 0, 1, 0, 0)]
    await pressed(await site.browser(), link, "withdraw")
    assert await step.keep(told) == [funnels.Funnel(EMAIL, 1, 0, 1, 0, 0, 0)]
    assert aigul


@pytest.mark.parametrize("act", ["keep", "withdraw"])
async def test_a_press_needs_the_page_of_this_site(site: Web, act: str) -> None:
    _aigul, _letter, link = await asked(site)
    browser = await site.browser()
    assert (
        await browser.post(link, b"x", Content_Type="text/plain", Sec_Fetch_Site="same-origin")
    ).status == 404
    assert (await browser.post(link, {"act": act}, Sec_Fetch_Site="cross-site")).status == 403
    assert await state(site) == [("given", "1.1")]
