"""P02 (clauses 3.2, 12.3): the policy is published, anyone may read it without limits."""

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import LOCALES

NEXT = {"kk": "Келесі бет", "ru": "Следующая", "en": "Next page"}
SITE = {"kk": "Сайтта ашу", "ru": "Открыть на сайте", "en": "Open on the site"}


@pytest.mark.parametrize("locale", LOCALES)
async def test_p02_someone_unknown_reads_all_of_it_page_by_page(doorstep: Doorstep, locale: str) -> None:
    """P02: every word of the policy, its version and date, without agreeing to anything."""
    saule = doorstep.person("saule")
    saule.client = locale
    document = doorstep.desk.shelf.current("policy", locale)
    screen = await saule.say("/policy")
    assert document.summary.rpartition("\n\n")[2] in screen.text  # in short, with version and date
    assert document.version in screen.text and str(document.since.year) in screen.text
    assert screen.buttons[SITE[locale]] == "https://alit.kz"
    screen = await saule.press(document.sections[0].title)
    pages = [screen.text]
    while NEXT[locale] in saule.shown:
        pages.append((await saule.press(NEXT[locale])).text)
    assert len(pages) == len(document.sections) > 10
    for page, section in zip(pages, document.sections, strict=True):
        assert section.text in page
    everything = "\n".join(pages)
    further = document.text.removeprefix(document.title).strip().removeprefix(document.summary)
    assert [line for line in further.splitlines() if line not in everything] == []


async def test_p02_each_section_of_the_contents_opens(doorstep: Doorstep) -> None:
    """P02: the list of sections leads to each of them."""
    saule = doorstep.person("saule")
    document = doorstep.desk.shelf.current("policy", "en")
    for title in dict.fromkeys(section.title for section in document.sections):
        await saule.say("/policy")
        assert (await saule.press(title)).text.startswith(title)


async def test_p02_reading_leaves_nothing_about_the_reader(doorstep: Doorstep) -> None:
    """P02: no registration: what an unknown reader was shown is not written down; of the registered it is."""
    saule, aigul = doorstep.person("saule"), await doorstep.person("aigul").registers()
    await saule.say("/policy")
    await saule.press("Who we are")
    assert await doorstep.rows("SELECT name FROM documents_shown WHERE name = 'policy'") == []
    assert len(await doorstep.rows("SELECT id FROM subjects")) == 1
    await aigul.say("/policy")
    shown = await doorstep.rows("SELECT version, locale FROM documents_shown WHERE name = 'policy'")
    assert [tuple(row) for row in shown] == [("1.1", "en")]
