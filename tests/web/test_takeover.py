"""Somebody holds Aigul's unlocked phone: her old mailbox hears of everything before it is too late, and stops it (T-ID-08)."""

from __future__ import annotations

import re

import pytest
from tests.desk.test_alerts import HERS, known
from tests.doorstep import Person
from tests.web.conftest import CANARY, Browser, Shown, Web

from kelisim.desk import access, alerts, corrections, erasure, files, identity, links, subjects
from kelisim.desk.visit import EMAIL, Visit

THIEF = "thief@mail.kz"


async def not_me(web: Web, browser: Browser) -> tuple[Shown, list[str]]:
    """Press the link in the newest letter of alarm; the page, and where such letters went."""
    letters = [parcel for parcel in await web.step.courier(EMAIL) if parcel.message.kind == alerts.LETTER]
    found = re.search(rf"{web.base}/l/([\w-]+)", letters[-1].body["text"])
    assert found is not None
    return await browser.post("/l", {"token": found[1]}), [letter.address for letter in letters]


async def proved(web: Web, person: Person) -> set[str]:
    """The mailboxes that count as hers."""
    found: set[str] = await web.step.keep(
        lambda visit: {known.value for known in subjects.addresses(visit, EMAIL) if known.confirmed_at},
        person,
    )
    return found


async def test_a_changed_mailbox_falls_back_from_the_letter_to_the_old_one(each_site: Web) -> None:
    """The thief's mailbox proves nothing any more, and hears nothing of the alarm."""
    aigul = await known(each_site.step)
    await each_site.step.keep(lambda visit: corrections.change_email(visit, identity.email(THIEF)), aigul)
    assert THIEF in await proved(each_site, aigul)
    page, told = await not_me(each_site, await each_site.browser())
    assert page.status == 200 and "It is stopped." in page.text and told == [HERS]
    assert THIEF not in await proved(each_site, aigul)


async def test_an_erasure_the_thief_asked_for_is_undone_before_anything_is_gone(each_site: Web) -> None:
    aigul = await known(each_site.step)
    await each_site.step.keep(erasure.ask, aigul)
    each_site.step.later(hours=23)
    page, told = await not_me(each_site, await each_site.browser())
    assert "It is stopped." in page.text and told == [HERS]
    state = await each_site.step.keep(lambda visit: visit.known.state, aigul)
    assert state == subjects.ACTIVE and HERS in await proved(each_site, aigul)


async def test_the_old_mailbox_hears_for_three_days_what_is_done_after_it_was_changed(site: Web) -> None:
    """Else the thief changes the mailbox first, and the erasure is told to the thief alone."""
    aigul = await known(site.step)
    await site.step.keep(lambda visit: corrections.change_email(visit, identity.email(THIEF)), aigul)
    await site.step.courier()
    site.step.later(hours=1)
    await site.step.keep(erasure.ask, aigul)
    page, told = await not_me(site, await site.browser())
    assert sorted(told) == [HERS, THIEF] and "It is stopped." in page.text
    site.step.later(hours=72)
    await site.step.keep(erasure.ask, aigul)
    _page, told = await not_me(site, await site.browser())
    assert told == [THIEF]


async def test_a_link_to_the_file_dies_in_the_thiefs_hand(
    each_site: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        files.MAKERS, access.USE, files.Maker(lambda visit, ref: {}, {"html": lambda told: CANARY.encode()})
    )
    aigul = await known(each_site.step)

    def order(visit: Visit) -> str:
        case = access.order(visit, access.LINK)
        return links.make(visit, access.USE, case.number)

    link = await each_site.step.keep(order, aigul)
    thief = await each_site.browser()
    assert (await thief.get(link)).status == 200
    page, told = await not_me(each_site, await each_site.browser())
    assert "It is stopped." in page.text and told == [HERS]
    taken = await thief.take(link)
    assert taken.status == 404 and CANARY not in taken.text
