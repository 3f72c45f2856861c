"""Every button of every screen is pressed: none leads nowhere, and every screen speaks one language."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiogram.types import Update
from tests.doorstep import NUMBER, Doorstep, Said, a_desk, doorstep_on
from tests.journeys.snapshot import Moment, put_back, take
from tests.journeys.starts import FULL, STARTS, Crawler, Start
from tests.journeys.tongues import foreign, sentences
from tests.promises.stories import LABELS, altered, becomes

from kelisim.telegram import broadcasting, elsewhere
from kelisim.telegram.press import Press
from kelisim.telegram.screens import READERS, VIEWS, identity_of
from kelisim.telegram.wire import utf16
from kelisim.texts import LOCALES, NAMES, speaking

READING = {"policy", "policy.page", "text", "about", "help", "later", "media"}  # the same whatever was given
ALONE = {
    "unknown",
    "media",
    "edited",
    "error",
}  # their parent is the menu, which stands there anyway
TOP = {"menu", "notice"}
NOT_PRESSED = {
    "stale": "what a button must not lead to; held by tests/telegram",
    "error": "what a button must not lead to; looked at below",
    "svc.repend": "comes by the courier; held by tests/desk/test_representatives",
    "svc.answer": "comes by the courier; held by tests/telegram/test_requests",
    "svc.refused": "comes by the courier; held by tests/telegram/test_requests",
    "svc.paused": "comes by the courier; held by tests/desk/test_renewals",
    "svc.expiring": "comes by the courier; held by tests/desk/test_expirations",
    "svc.late": "comes by the courier; held by tests/caretaker",
    "svc.moved": "comes by the courier; held by tests/caretaker",
    "svc.viewed": "comes by the courier; held by tests/telegram/test_freezing",
    "svc.blockend": "comes by the courier; held by tests/telegram/test_freezing",
    "svc.alert": "comes by the courier; held by tests/desk/test_alerts",
    "alert.stopped": "a button of svc.alert; held by tests/desk/test_alerts",
    "erase.certificate": "comes by the courier; held by tests/telegram/test_erasing",
    "erase.refused": "needs a hold of staff; held by tests/telegram/test_erasing",
    "prove.asked": "comes to the other chat by the courier; held by tests/telegram/test_proving",
    "svc.unreached": "comes by the courier; held by tests/mail/test_bounces",
    "requests.files.sent": "needs files of staff; held by tests/desk/test_attachments",
    "consents.give.conditions": "publication is off in the sample; looked at below",
    **dict.fromkeys(broadcasting.SCREENS, "for chats of the staff; held by tests/telegram/test_broadcasting"),
}
# SCREENS.md rule 4: where Back leads; two where it depends on whether the person is known.
UP = {
    "desk": {"notice"}, "refused": {"desk"}, "minor": {"notice"}, "policy": {"menu", "notice"}, "policy.page": {"policy"},
    "text": {"desk", "consents.one"}, "help": {"menu", "notice"}, "about": {"menu", "notice"}, "later": {"menu", "notice"},
    "consents": {"menu"}, "consents.one": {"consents"}, "consents.keep": {"consents.one"}, "revoke": {"consents"},
    "messages": {"menu"}, "verify.told": {"menu", "notice"},
    "rep": {"menu"},
    "data": {"menu"}, "data.file": {"data"}, "data.looked": {"data"}, "data.sent": {"data"},
    "correct": {"menu", "freeze"}, "freeze": {"menu"}, "block": {"freeze"}, "frozen": {"freeze"}, "erase": {"freeze", "menu"},
    "erase.waits": {"menu"}, "correct.same": {"correct"}, "prove": {"data", "freeze"},
    "prove.proved": {"prove"}, "prove.joined": {"prove"},
    "prove.apart": {"prove"}, "ask": {"menu"}, "requests": {"menu"}, "requests.one": {"requests"},
    "requests.one.clock": {"requests.one"}, "requests.answer": {"requests.one"},
}  # fmt: skip
EDITION = "informing = { edition = 1, material = false, since = 2026-11-22 }"
CHANGES = (
    '{ kk = "Енді хат жиірек келеді.", ru = "Письма теперь чаще.", en = "Letters now come more often." }'
)
EDITION_2 = f"informing = {{ edition = 2, material = true, since = 2026-11-22, changes = {CHANGES} }}"
CANCELLED = {
    "menu",
    "consents.one",
    "language",
    "correct",
    "prove",
    "data.file",
    "ask",
    "requests.one",
    "block",
    "rep",
}


def known(moment: Moment) -> bool:
    """Whether the person is registered at this moment."""
    return moment.subject is not None and moment.subject[3] != "closed"


def signature(moment: Moment) -> tuple[object, ...]:
    """The state as far as screens depend on it, and the screen itself without its numbers."""
    state: tuple[object, ...] = (known(moment),)
    if moment.screen not in READING:
        given = any(row[1] != "desk" and row[2] == "given" for row in moment.rows["consents"])
        waiting = moment.subject[5] if moment.subject is not None else len(moment.rows["prompts"])
        state += (moment.subject and moment.subject[3], waiting, given, bool(moment.rows["suppressions"]))
    ref = NUMBER.sub("", moment.ref)
    return *state, moment.screen, ref, tuple(NUMBER.sub("", label) for label in moment.said.buttons)


def faults(said: Said, screen: str, locale: str, registered: bool) -> list[str]:
    """What is wrong with a screen by the rules of SCREENS.md section 1."""
    if screen == "menu" and sentences(locale)["I agree"][0] in said.buttons:
        screen = "desk"  # the desk consent has ended: it stands there instead of the menu
    call = said.calls[0]
    found = []
    if len(said.text) > 3_500 or utf16(said.text) > 4_096:
        found.append(f"{len(said.text)} characters")
    keyboard = call.get("reply_markup", {}).get("inline_keyboard", [])
    labels = [button["text"] for row in keyboard for button in row]
    if len(set(labels)) != len(labels):
        found.append(f"two buttons with one label: {labels}")
    for row in keyboard:
        if len(row) > 2 or (len(row) == 2 and any(len(button["text"]) > 16 for button in row)):
            found.append(f"a row too full: {[button['text'] for button in row]}")
    # A section of the policy stands on its button as it is named; all other labels are ours.
    own = labels if screen != "policy" else labels[-3:]
    found += [f"a label of {len(label)} characters: {label}" for label in own if len(label) > 28]
    for button in (button for row in keyboard for button in row):
        data = button.get("callback_data")
        if data is None:
            continue
        press = Press.unpack(data)
        if len(data.encode()) > 64 or press is None or identity_of(press.code) is None:
            found.append(f"{button['text']} carries {data}")
    found += footer_faults(said, screen, labels, locale, registered)
    for each in said.calls:
        words = each.get("text", "")
        shared = [key["text"] for row in each.get("reply_markup", {}).get("keyboard", []) for key in row]
        spoken = [words, *labels, *shared] if screen != "language" else []
        found += [f"not {locale}: {word}" for text in spoken for word in foreign(text, locale)]
    return found


def footer_faults(said: Said, screen: str, labels: list[str], locale: str, registered: bool) -> list[str]:
    """Back and Menu (before the desk consent: Start), Cancel at a question, Menu alone on a confirmation."""

    def label(english: str) -> str:
        return sentences(locale)[english][0] or english

    menu = label("Menu") if registered else label("Start")
    if screen in TOP or (screen == "language" and not registered):
        wanted: list[str] = []
    elif "✔" in said.text or screen in ALONE or screen == "language":
        wanted = [menu]
    elif screen in READERS:
        wanted = [label("Cancel"), menu]
    else:
        wanted = [label("Back"), menu]
    last = [each["text"] for each in said.calls[0].get("reply_markup", {}).get("inline_keyboard", [[]])[-1]]
    feet = [
        name for name in labels if name in {label("Back"), label("Cancel"), label("Menu"), label("Start")}
    ]
    if feet != wanted or (wanted and last != wanted):
        return [f"its last row is {last}, not {wanted}"]
    return []


def leads(moment: Moment, label: str, after: Moment, locale: str) -> list[str]:
    """What is wrong with where a press led."""
    if after.screen in ("stale", "error") or after.screen not in VIEWS:
        return [f"leads to {after.screen}"]
    expired = moment.screen == "menu" and sentences(locale)["I agree"][0] in moment.shown
    wanted = {
        "Back": UP["desk"] if expired else UP.get(moment.screen),
        "Cancel": CANCELLED,
        "Menu": {"menu"},
        "Start": {"language"},
    }
    for english, screens in wanted.items():
        if label == sentences(locale)[english][0] and after.screen not in (screens or set()):
            return [f"leads to {after.screen}, not to {screens}"]
    return []


@dataclass(slots=True)
class Crawl:
    """What a crawl has seen: screens, presses, and what was wrong."""

    crawler: Crawler
    screens: set[str] = field(default_factory=set)
    presses: int = 0
    found: list[str] = field(default_factory=list)

    async def begin(self, starts: dict[str, Start]) -> list[Moment]:
        """Every start from an empty store, its last screen looked at."""
        step, person, locale = self.crawler.step, self.crawler.person, self.crawler.locale
        person.client = locale
        blank = await take(step, person)
        reached = []
        for name, start in starts.items():
            await put_back(step, person, blank)
            await start(self.crawler)
            moment = await take(step, person)
            reached.append(moment)
            wrong = faults(person.said, moment.screen, locale, known(moment))
            self.found += [f"{name}: {moment.screen}: {fault}" for fault in wrong]
        return reached

    async def press_all(self, moment: Moment) -> list[Moment]:
        """Leave one moment by each of its buttons; where they led."""
        step, person, locale = self.crawler.step, self.crawler.person, self.crawler.locale
        self.screens.add(moment.screen)
        reached = []
        for label, data in moment.shown.items():
            if data.startswith("https://"):
                continue
            self.presses += 1
            await put_back(step, person, moment)
            said = await person.press(data=data)
            after = await take(step, person)
            wrong = leads(moment, label, after, locale)
            if "answerCallbackQuery" not in said.methods or not said.text:
                wrong.append("is not answered")
            elif label not in NAMES.values() or label == NAMES[locale]:  # another language has its own crawl
                wrong += faults(said, after.screen, locale, known(after))
                reached.append(after)
            self.found += [f"{moment.screen} «{label}» → {after.screen}: {fault}" for fault in wrong]
        return reached

    async def everywhere(self, starts: dict[str, Start]) -> None:
        """Breadth first over state, screen and button."""
        reached = deque(await self.begin(starts))
        seen: set[tuple[object, ...]] = set()
        while reached:
            moment = reached.popleft()
            if signature(moment) not in seen:
                seen.add(signature(moment))
                reached.extend(await self.press_all(moment))

    def told(self) -> str:
        """Everything that was wrong, each once."""
        return "\n".join(dict.fromkeys(self.found))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("locale", LOCALES)
async def test_every_button_of_every_screen_leads_to_a_screen_in_its_own_language(
    doorstep: Doorstep, locale: str
) -> None:
    crawl = Crawl(Crawler(doorstep, doorstep.person("saule"), locale))
    await crawl.everywhere(STARTS)
    assert crawl.told() == ""
    assert (
        sorted(VIEWS.keys() - crawl.screens - NOT_PRESSED.keys()) == []
    )  # every screen there is was reached
    assert crawl.presses > 1000


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_material_new_version_stands_with_both_ways_on_one_screen(
    doorstep: Doorstep, locale: str, tmp_path: Path
) -> None:
    changed = altered(tmp_path, (EDITION, EDITION_2))

    async def sees_it(crawler: Crawler) -> None:
        await crawler.chatted()
        await becomes(doorstep, changed)
        await crawler.say("/consent")
        await crawler.person.press(LABELS[locale]["informing-telegram"])

    crawl = Crawl(Crawler(doorstep, doorstep.person("saule"), locale))
    (moment,) = await crawl.begin({"new version": sees_it})
    assert {sentences(locale)[english][0] for english in ("I agree", "Withdraw")} <= moment.shown.keys()
    await crawl.press_all(moment)
    assert crawl.told() == ""


@pytest.mark.parametrize("locale", LOCALES)
async def test_where_data_are_made_public_the_conditions_are_asked(
    sqlite_url: str, locale: str, tmp_path: Path
) -> None:
    operator = altered(tmp_path, ("on = false # making", "on = true # making"))

    async def names_conditions(crawler: Crawler) -> None:
        await crawler.registered()
        await crawler.say("/consent")
        await crawler.person.press(operator.pairs["publication"].label(locale))
        await crawler.press("I agree")
        await crawler.say(FULL[locale])
        await crawler.press("Yes, correct")

    async def says_too_much(crawler: Crawler) -> None:
        await names_conditions(crawler)
        await crawler.say("!" * 1001)

    async with doorstep_on(sqlite_url, desk=a_desk(operator)) as step:
        crawl = Crawl(Crawler(step, step.person("saule"), locale))
        for moment in await crawl.begin({"conditions": names_conditions, "too many": says_too_much}):
            assert moment.screen == "consents.give.conditions"
            await crawl.press_all(moment)
    assert crawl.told() == ""


@pytest.mark.parametrize("registered", [True, False])
@pytest.mark.parametrize("locale", LOCALES)
async def test_when_something_fails_on_our_side_the_way_on_is_there(
    doorstep: Doorstep, locale: str, registered: bool
) -> None:
    async def fails(crawler: Crawler) -> None:
        await (crawler.registered() if registered else crawler.notice())
        crawler.person.said = Said("", {}, [])
        update = Update.model_validate(
            {"update_id": 900_000_000, "message": crawler.person.written(text="hello")}
        )
        for _try in range(5):
            answer = await doorstep.door.failed(update, RuntimeError("a bug"))
        assert answer is not None and answer.screen is not None
        keyboard = answer.screen["reply_markup"]["inline_keyboard"]
        crawler.person.shown = {button["text"]: button["callback_data"] for row in keyboard for button in row}
        crawler.person.said = Said(answer.screen["text"], crawler.person.shown, [answer.screen])

    crawl = Crawl(Crawler(doorstep, doorstep.person("saule"), locale))
    (moment,) = await crawl.begin({"error": fails})
    assert moment.screen == "error"
    await crawl.press_all(moment)
    assert crawl.told() == ""


@pytest.mark.parametrize("locale", LOCALES)
def test_the_lines_without_a_screen_speak_one_language_too(locale: str) -> None:
    with speaking(locale):
        for line in (elsewhere.flood(), elsewhere.group("kelisim_bot")):
            assert foreign(line.replace("kelisim_bot", ""), locale) == ()


@pytest.mark.parametrize(
    "text, locale",
    [("Menu\n\nНе приходят", "en"), ("Мәзір\n\nСогласие записано", "kk"), ("Меню\n\nКелісім тіркелді", "ru"),
     ("Назад", "kk"), ("Back", "ru"), ("Келісім тіркелді, № C-123456789. Purpose: Telegram", "kk")],
)  # fmt: skip
def test_another_language_on_a_screen_is_found(text: str, locale: str) -> None:
    assert foreign(text, locale) != ()


def test_names_links_and_numbers_are_no_other_language() -> None:
    assert (
        foreign("Тоқтату үшін ТОҚТАТУ деп жазыңыз: info@alit.kz, Telegram, https://alit.kz, /verify", "kk")
        == ()
    )
