"""A machine of people, time and mishaps over the doorstep; `holds.Book` says after every step what must be true."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.doorstep import Doorstep, Person, Said, doorstep_on
from tests.invariants.canaries import leaks
from tests.invariants.holds import ALMATY, Book, Stop, read
from tests.invariants.residents import VALUES, Resident
from tests.invariants.town import DESK

from kelisim import opening, texts
from kelisim.caretaker.rounds import Caretaker
from kelisim.clock import Clock
from kelisim.courier.loop import Courier
from kelisim.courier.outcome import GONE, LATER, SENT, UNKNOWN, Outcome, Parcel
from kelisim.desk import (
    audiences,
    broadcasts,
    deliveries,
    dialogue,
    drafts,
    gates,
    ledger,
    outbox,
    staff,
    subjects,
    words,
)
from kelisim.desk.broadcasts import Content, Unfit
from kelisim.desk.documents import Shelf
from kelisim.desk.operator import Operator
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.telegram import unasked
from kelisim.telegram.proving import USES
from kelisim.telegram.screens import ACTS, VIEWS, code_of

T = TypeVar("T")
WHO = st.sampled_from(["aigul", "dias", "saule", "x"])
PAIRS = ("informing-email", "informing-telegram", "promotion-email", "promotion-telegram")
STOPS = ("STOP", "стоп", "ТОҚТАТУ", "Тоқта!", "/stop", "stop.", "С\u200bТОП")
LEADS = re.compile(r"^[a-z0-9]+:")
CODES = {"consents.give.code": "", "prove.code": "withdraw", "correct.code": "correct"}
_shelves: dict[tuple[tuple[str, int], ...], Shelf] = {}


def edition(operator: Operator, name: str, material: bool) -> tuple[Operator, Shelf]:
    """The operator file and its documents after one document got a new edition."""
    known = operator.documents[name]
    raised = known.model_copy(update={"edition": known.edition + 1, "material": material})
    made = operator.model_copy(update={"documents": {**operator.documents, name: raised}})
    key = tuple(
        sorted((each, document.edition * 2 + document.material) for each, document in made.documents.items())
    )
    if key not in _shelves:
        _shelves[key] = Shelf(made, [texts.LOCALES_FOLDER], trial=True)
    return made, _shelves[key]


class Desk(RuleBasedStateMachine):
    """Aigul, Dias, Saule and a stranger, whatever they do and whatever befalls the desk."""

    runner: ClassVar[asyncio.Runner]
    BOOK: ClassVar[type[Book]] = Book

    def __init__(self) -> None:
        super().__init__()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        self.earlier: list[tuple[Resident, dict[str, Any], int, datetime]] = []
        self.number = 1_000

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Work on the loop of this test."""
        return self.runner.run(work)

    async def open(self, folder: Path) -> str:
        """The URL of a fresh store."""
        raise NotImplementedError

    @initialize(begun=st.sampled_from([0, 1, 2, 3, 3]))
    def opens(self, begun: int) -> None:
        """The desk opens at noon; so many people have given some consents already."""

        async def begin() -> None:
            url = await self.open(Path(self.folder.name))
            desk = replace(DESK, clock=Clock(), url="https://desk.example")
            self.step: Doorstep = await self.stack.enter_async_context(doorstep_on(url, desk=desk))
            here = desk.clock.now().astimezone(ALMATY)
            desk.clock.move(here.replace(hour=12, minute=0) + timedelta(days=1) - here)
            self.people = {
                key: Resident(
                    self.step, values, Person(self.step, values.id, values.first_name, values.client)
                )
                for key, values in VALUES.items()
                if key != "zhanat"
            }
            self.book = self.BOOK(self.step, self.people.values())
            self.caretaker = Caretaker(desk, self.step.database)

        self.run(begin())
        self.settle(begun)

    def settle(self, begun: int) -> None:
        """So many people have given some consents."""
        for who in ("aigul", "dias", "saule")[:begun]:
            self.registers(who=who, locale=VALUES[who].client)
            for pair in PAIRS if who == "dias" else PAIRS[:2]:
                self.gives(who=who, pair=pair, shared=who == "saule", phone=who == "aigul")

    # People

    async def act(
        self, person: Resident, update: dict[str, Any], *, shown: dict[str, str] | None = None
    ) -> Said:
        """One update of a person and everything that must hold after it."""
        self.number += 1
        before = self.book.store
        waits = await person.screen() or await self.prompt(person)
        proving = await self.proving(person) if waits == "prove.code" else ""
        said = person.look(await person.person.send(update, self.number))
        self.earlier.append((person, update, self.number, self.step.desk.clock.now()))
        self.book.away.discard(person.values.id)
        await self.book.look()
        self.book.answered(person, said.calls)
        assert said.text, f"no answer to {update}"
        typed = update.get("message", {}).get("text")
        if typed and "forward_origin" not in update["message"] and waits in CODES and self.read(typed):
            subject = self.book.subject(person)
            known = subject is not None and subject["state"] != "closed"
            use = CODES[waits] or (self.use(person) if known else "")
            if waits == "prove.code" and known:
                use = proving
            if use:
                self.book.code_typed(person, use, typed, before)
        return said

    async def proving(self, person: Resident) -> str:
        """What the mailbox that is being proved is proved for."""

        def read(visit: Visit) -> str:
            known = visit.subject is not None and visit.subject.state != subjects.CLOSED
            return str(dialogue.waiting(visit).draft.get("ref", "")) if known else ""

        ref: str = await self.step.keep(read, person.person)
        return ref if ref in USES else "withdraw"

    async def prompt(self, person: Resident) -> str:
        """The question that waits in a chat that agreed to nothing."""
        found = self.step.desk.vault.find(TELEGRAM, str(person.values.id))
        since = self.step.desk.clock.now() - timedelta(hours=24)
        rows = await self.step.rows("SELECT screen, at FROM prompts WHERE hash = :found", found=found)
        return next((row.screen for row in rows if str(row.at)[:19] > f"{since:%Y-%m-%d %H:%M:%S}"), "")

    @staticmethod
    def read(typed: str) -> bool:
        """Whether words are read by the question that waits, and not as a stop, a command or an exact word."""
        return not (
            words.is_stop(typed) or words.is_stop_phrase(typed) or typed.startswith("/") or words.exact(typed)
        )

    def use(self, person: Resident) -> str:
        """What the newest code of a person is for."""
        asker = self.step.desk.vault.find(TELEGRAM, str(person.values.id))
        rows = [
            (issued.sent_at, use)
            for (who, use), issued in self.book.codes.items()
            if who == asker and use in PAIRS
        ]
        return max(rows)[1] if len(rows) == 1 else ""

    async def say(self, person: Resident, typed: str, **content: Any) -> Said:
        self.book.typed[person.values.id] += typed
        return await self.act(person, {"message": person.person.written(text=typed, **content)})

    async def press(self, person: Resident, data: str, screen: str | None) -> Said:
        """Press a button; `screen` is the text it stood on, None when it stood on none of theirs."""
        code, _, rest = data.partition(":")
        locale, _, rest = rest.partition(":")
        if code in ("agree", "dagree"):
            self.book.pressed[person.values.id] = (rest.partition(":")[0], locale.rstrip("+"), screen)
        now = self.step.desk.clock.now()
        known = self.book.subject(person)
        query = {
            "id": str(self.number), "from": person.person.user(), "chat_instance": "1", "data": data,
            "message": {"message_id": person.person.message, "date": 1, "text": "…", "from": person.person.user(),
                        "chat": {"id": person.values.id, "type": "private"}},
        }  # fmt: skip
        said = await self.act(person, {"callback_query": query})
        if code == "stop" and said.text.startswith("✔") and screen is not None:
            scope = rest.partition(":")[2]
            if any(row["since"] >= now for row in self.book.store.of("suppressions")):
                self.book.stopped(person, scope if known else TELEGRAM)
        return said

    async def tap(self, person: Resident, code: str, ref: str = "", locale: str = "") -> bool:
        """Press the visible button of a code, when there is one."""
        for data in person.person.shown.values():
            parts = data.split(":", 3)
            if parts[0] == code and parts[3:] and parts[3].startswith(ref) and parts[1].startswith(locale):
                await self.press(person, data, person.said.text)
                return True
        return False

    @rule(who=WHO, nth=st.integers(0, 11))
    def presses_a_visible_button(self, who: str, nth: int) -> None:
        person = self.people[who]
        visible = [
            data for data in person.person.shown.values() if LEADS.match(data) and not data.startswith("http")
        ]
        if visible:
            self.run(self.press(person, visible[nth % len(visible)], person.said.text))

    @rule(who=WHO, nth=st.integers(0, 500))
    def presses_an_old_button(self, who: str, nth: int) -> None:
        person = self.people[who]
        if person.seen:
            data, screen = list(person.seen.items())[nth % len(person.seen)]
            self.run(self.press(person, data, screen))

    @rule(who=WHO, whose=WHO, nth=st.integers(0, 500))
    def presses_a_button_of_another(self, who: str, whose: str, nth: int) -> None:
        seen = list(self.people[whose].seen)
        if seen and who != whose:
            self.run(
                self.press(
                    self.people[who], seen[nth % len(seen)], self.people[who].seen.get(seen[nth % len(seen)])
                )
            )

    @rule(
        who=WHO, where=st.sampled_from(sorted({*VIEWS, *ACTS})), locale=st.sampled_from(["kk", "ru", "en+"]),
        ref=st.sampled_from(["", *PAIRS, "desk", "publication", "all", "email", "telegram", "here", "close",
                             "C-000000000", "?x", "9"]),
    )  # fmt: skip
    def presses_a_forged_button(self, who: str, where: str, locale: str, ref: str) -> None:
        reducing = where == "stop.do"  # a forged stop is a stop
        data = f"{code_of(where)}:{locale}::{ref}"
        self.run(self.press(self.people[who], data, "" if reducing else None))

    @rule(
        who=WHO, whose=WHO, what=st.sampled_from(["line", "email", "phone"]),
    )  # fmt: skip
    def types_a_value(self, who: str, whose: str, what: str) -> None:
        self.run(self.say(self.people[who], getattr(VALUES[whose], what)))

    @rule(
        who=WHO,
        typed=st.sampled_from(["menu", "/consent", "/menu", "/cancel", "/start", "/language", "/verify", "отмена", "қазақша",
                               "по-русски",
                               "English", "my data", "000000", "саясат", "hello", "…", "not.an@address", "Один", "/delete",
                               "1" * 4096]),
    )  # fmt: skip
    def types_words(self, who: str, typed: str) -> None:
        self.run(self.say(self.people[who], typed))

    @rule(who=WHO, whose=WHO)
    def types_a_code_that_came(self, who: str, whose: str) -> None:
        asker = self.step.desk.vault.find(TELEGRAM, str(VALUES[whose].id))
        found = [issued.digits for (known, _use), issued in self.book.codes.items() if known == asker]
        self.run(self.say(self.people[who], found[-1] if found else "123456"))

    @rule(who=WHO, whose=WHO, tries=st.integers(0, 7), wait=st.sampled_from([0, 0, 9, 11]))
    def guesses_the_code_of_a_mailbox(self, who: str, whose: str, tries: int, wait: int) -> None:
        """Wrong so many times, then right, in time or too late: `Book.code_typed` says what each try may do."""

        async def guess() -> None:
            person = self.people[who]
            await self.press(person, f"pmail:{person.values.client}::", None)
            await self.say(person, VALUES[whose].email)
            for nth in range(tries):
                if await person.screen() == "prove.code" or self.book.subject(person) is None:
                    await self.say(person, f"00000{nth}")
            self.step.later(minutes=wait)
            issued = self.book.codes.get(
                (self.step.desk.vault.find(TELEGRAM, str(person.values.id)), "withdraw")
            )
            if issued is not None:
                await self.say(person, issued.digits)

        self.run(guess())

    @rule(who=WHO, whose=WHO, forwarded=st.booleans(), bare=st.booleans())
    def brings_a_contact(self, who: str, whose: str, forwarded: bool, bare: bool) -> None:
        card: dict[str, Any] = {"phone_number": VALUES[whose].phone, "first_name": VALUES[whose].first_name}
        if not bare:
            card["user_id"] = VALUES[whose].id
        content: dict[str, Any] = {"contact": card}
        if forwarded:
            content["forward_origin"] = {"type": "hidden_user", "date": 1, "sender_user_name": "…"}

        person = self.people[who]
        self.run(self.act(person, {"message": person.person.written(**content)}))

    @rule(who=WHO, typed=st.sampled_from(["STOP", "удалите мои данные", "/menu", "000000"]))
    def forwards_words(self, who: str, typed: str) -> None:
        origin = {"type": "hidden_user", "date": 1, "sender_user_name": "…"}

        async def forward() -> None:
            before = len(self.book.store.rows["ledger"])
            await self.say(self.people[who], typed, forward_origin=origin)
            assert len(self.book.store.rows["ledger"]) == before, "a forward acted"

        self.run(forward())

    @rule(who=WHO)
    def edits_an_old_message_into_a_stop(self, who: str) -> None:
        async def edit() -> None:
            person = self.people[who]
            before = self.book.store.rows
            await self.act(person, {"edited_message": person.person.written(text="STOP")})
            assert self.book.store.rows["ledger"] == before["ledger"], "an edit acted"

        self.run(edit())

    @precondition(lambda self: self.earlier)
    @rule(nth=st.sampled_from([0, 0, 1, 2, 5, 30]), times=st.integers(1, 3))
    def telegram_repeats_an_update(self, nth: int, times: int) -> None:
        person, update, number, at = self.earlier[-1 - nth % len(self.earlier)]

        async def again() -> None:
            before = self.book.store
            for _time in range(times):
                said = await person.person.send(update, number)
                assert said.text, "a repeat was met with silence"
                person.look(said)
            await self.book.look()
            for table in ("consent_records", "ledger", "outbox", "consents", "codes", "suppressions", "cases", "case_events",
                          "case_messages", "attachments", "erasures", "profile", "contacts", "holds", "merges"):  # fmt: skip
                was, now = (
                    [row | {"reachable": True} for row in each.rows[table]]
                    for each in (before, self.book.store)
                )
                assert was == now, (
                    f"a repeat changed {table}"
                )  # but that a chat which writes takes letters again

        # Telegram keeps an update for a day, the desk remembers it for a week.
        if self.step.desk.clock.now() - at < timedelta(days=6):
            self.run(again())
            self.book.away.discard(person.values.id)

    @rule(who=WHO, spelling=st.sampled_from(STOPS))
    def says_stop(self, who: str, spelling: str) -> None:
        """From any state it takes effect at once, and has a number (I9)."""

        async def stop() -> None:
            person = self.people[who]
            said = await self.say(person, spelling)
            assert re.search(r"S-[0-9A-Z]{9}", said.text), f"a stop without a number: {said.text}"
            self.book.stopped(person, "all")
            subject = self.book.subject(person)
            if subject is not None:

                def open_still(visit: Visit) -> list[str]:
                    return [pair for pair in PAIRS if gates.allows(visit, pair)]

                assert await self.step.keep(open_still, person.person) == []
            assert await person.screen() == ""

        self.run(stop())

    @rule(who=WHO, whose=WHO)
    def stops_letters_to_an_address(self, who: str, whose: str) -> None:
        async def stop() -> None:
            person = self.people[who]
            await self.press(person, f"smail:{person.values.client}::", None)
            said = await self.say(person, VALUES[whose].email)
            if "✔" in said.text:
                self.book.stops.append(
                    Stop(self.step.desk.clock.now(), EMAIL, VALUES[whose].email.casefold())
                )

        self.run(stop())

    # The ways people really go, so that every place is reached

    @rule(who=st.sampled_from(["aigul", "dias", "saule"]), locale=st.sampled_from(["kk", "ru", "en"]))
    def registers(self, who: str, locale: str) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/start")
            if not await self.tap(person, "speak", locale=locale):
                return
            await self.tap(person, "desk")
            await self.tap(person, "dagree")

        self.run(go())

    @rule(
        who=st.sampled_from(["aigul", "dias", "saule"]),
        pair=st.sampled_from(PAIRS),
        shared=st.booleans(),
        phone=st.booleans(),
    )
    def gives(self, who: str, pair: str, shared: bool, phone: bool) -> None:
        """A whole consent; `shared`: the mailbox of the family."""

        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/consent")
            if not (await self.tap(person, "c1", pair) and await self.tap(person, "agree", pair)):
                return
            if await person.screen() == "consents.give.name":
                await self.say(person, person.values.line)
                await self.tap(person, "nyes")
            if await person.screen() == "consents.give.email":
                await self.say(person, VALUES["aigul"].email if shared else person.values.email)
            if await person.screen() == "consents.give.code":
                asker = self.step.desk.vault.find(TELEGRAM, str(person.values.id))
                issued = self.book.codes.get((asker, pair))
                await self.say(person, issued.digits if issued else "000000")
            if await person.screen() == "consents.give.phone":
                if phone:
                    for whose in ("x", who):  # another's card first: it proves nothing
                        card = {
                            "phone_number": VALUES[whose].phone,
                            "first_name": "…",
                            "user_id": VALUES[whose].id,
                        }
                        await self.act(person, {"message": person.person.written(contact=card)})
                else:
                    await self.tap(person, "pskip")

        self.run(go())

    @rule(
        who=st.sampled_from(["aigul", "dias", "saule"]),
        how=st.sampled_from([*PAIRS, "desk", "here", "close"]),
    )
    def takes_back(self, who: str, how: str) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/consent")
            if how in ("here", "close"):
                await self.tap(person, "revoke")
                await self.tap(person, "revdo", how)
            else:
                await self.tap(person, "c1", how)
                await self.tap(person, "wdraw", how)

        self.run(go())

    @rule(
        who=st.sampled_from(["aigul", "dias", "saule"]),
        channel=st.sampled_from([EMAIL, TELEGRAM]),
        stops=st.booleans(),
    )
    def resumes(self, who: str, channel: str, stops: bool) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.press(person, f"msgs:{person.values.client}::", None)
            if stops and await self.tap(person, "stop", channel):
                await self.tap(person, "msgs")
            await self.tap(person, "resume", channel)

        self.run(go())

    # The world

    @rule(
        by=st.sampled_from([{"seconds": 61}, {"minutes": 11}, {"hours": 2}, {"hours": 11}, {"hours": 25}, {"days": 8},
                            {"days": 100}]),
    )  # fmt: skip
    def time_passes(self, by: dict[str, float]) -> None:
        self.step.later(**by)

    @rule(
        who=st.sampled_from(["aigul", "dias", "saule"]),
        pair=st.sampled_from(PAIRS),
        days=st.sampled_from([0, 0, 0, 1, 30]),
    )
    def a_message_is_prepared(self, who: str, pair: str, days: int) -> None:
        def post(visit: Visit) -> None:
            if visit.subject is not None:
                channel = pair.rpartition("-")[2]
                body = {"subject": "News", "text": "News of the week."}
                outbox.post(
                    visit, "broadcast", channel, body, purpose=pair, due=visit.at + timedelta(days=days)
                )

        async def go() -> None:
            await self.step.keep(post, self.people[who].person)
            await self.book.look()

        self.run(go())

    @rule(
        channel=st.sampled_from([EMAIL, TELEGRAM]),
        outcome=st.sampled_from([Outcome(SENT)] * 5 + [Outcome(GONE, "403"), Outcome(LATER, "429", 5.0),
                                 Outcome(UNKNOWN, "no answer")]),
    )  # fmt: skip
    def the_courier_goes_round(self, channel: str, outcome: Outcome) -> None:
        self.run(self.deliver(channel, outcome))

    async def deliver(self, channel: str, outcome: Outcome) -> bool:
        """One round of the courier, judged; whether anything was there."""
        handed: list[Parcel] = []

        async def take(parcel: Parcel) -> Outcome:
            handed.append(parcel)
            return outcome

        courier = Courier(
            self.step.desk, self.step.database, channel, take, per_second=1e6, per_chat=0.0, screens=unasked.content
        )  # fmt: skip
        self.book.store = await read(self.step)
        busy = await courier.round()
        self.book.remember()
        self.book.fresh = await read(self.step)
        self.book.delivered(handed, outcome.kind)
        self.seen(handed)
        await self.book.look()
        return busy

    def seen(self, parcels: list[Parcel]) -> None:
        """The buttons of what came unasked can be pressed too."""
        for parcel in parcels:
            if parcel.message.channel == TELEGRAM:
                person = next(each for each in self.people.values() if str(each.values.id) == parcel.address)
                for line in parcel.body.get("reply_markup", {}).get("inline_keyboard", []):
                    for button in line:
                        if "callback_data" in button:
                            person.seen[button["callback_data"]] = parcel.body["text"]

    @rule(
        outcome=st.sampled_from(
            [Outcome(SENT)] * 4 + [Outcome(GONE, "403"), Outcome(LATER, "429", 5.0), Outcome(UNKNOWN)]
        ),
        hour=st.sampled_from([10, 10, 10, 20, 21, 3]),
    )
    def the_news_goes_out(self, outcome: Outcome, hour: int) -> None:
        """A message for everybody and every purpose, at some hour: it goes only to those, and when, it may."""

        def post(visit: Visit) -> None:
            for row in self.book.store.rows["subjects"]:
                visit.subject = subjects.by_id(visit, row["id"])
                for pair in PAIRS:
                    body = {"subject": "News", "text": "News of the week."}
                    outbox.post(visit, "broadcast", pair.rpartition("-")[2], body, purpose=pair)

        async def go() -> None:
            here = self.step.desk.clock.now().astimezone(ALMATY)
            morning = here.replace(hour=hour, minute=0)
            self.step.desk.clock.move((morning if morning >= here else morning + timedelta(days=1)) - here)
            await self.step.keep(post)
            await self.book.look()
            for channel in (EMAIL, TELEGRAM):
                await self.deliver(channel, outcome)

        self.run(go())

    @rule(
        purpose=st.sampled_from(["informing", "promotion"]),
        channel=st.sampled_from([TELEGRAM, TELEGRAM, EMAIL]),
        hour=st.sampled_from([10, 10, 20, 3]),
        agreed=st.sets(st.sampled_from(["aigul", "dias", "saule"])),
        stops=st.sampled_from(["", "", "aigul", "dias"]),
        outcome=st.sampled_from([SENT, SENT, UNKNOWN]),
    )
    def a_broadcast_goes_out(
        self, purpose: str, channel: str, hour: int, agreed: set[str], stops: str, outcome: str
    ) -> None:
        """Composed, counted, confirmed, addressed, and claimed after somebody stopped: to exactly those who may be written to."""
        pair = f"{purpose}-{channel}"
        for who in sorted(agreed):
            self.registers(who, "en")
            self.gives(who, pair, False, False)

        def begin(visit: Visit) -> str:
            author = staff.acting(visit.operator, visit.operator.staff[0].address, "test")
            one = drafts.begin(visit, author, purpose, (channel,))
            words = {locale: "News of the week." for locale in ("kk", "ru", "en")}
            one = drafts.edit(visit, one, Content(texts=words, subjects=words))
            one = drafts.counted(visit, one, audiences.count(visit, one).told())
            try:
                one = broadcasts.confirm(visit, one, one.digest, author)
            except Unfit:
                return ""
            visit.at = max(visit.at, one.start_at or visit.at)
            one = broadcasts.start(visit, one)
            while audiences.address(visit, one):
                one = broadcasts.known(visit, one.number)
            return one.number

        def claim(visit: Visit, number: str) -> list[deliveries.Delivery]:
            one = broadcasts.known(visit, number)
            taken, _looked = deliveries.take(visit, one, channel, 100)
            for delivery in taken:
                assert deliveries.settle(visit, delivery, outcome if outcome == SENT else outbox.UNCERTAIN)
            assert not deliveries.left(visit, one, channel)
            broadcasts.done(visit, one)
            return taken

        async def go() -> None:
            here = self.step.desk.clock.now().astimezone(ALMATY)
            day = here.replace(hour=hour, minute=0)
            self.step.desk.clock.move((day if day >= here else day + timedelta(days=1)) - here)
            number = await self.step.keep(begin)
            if hour == 3:  # confirmed at night, it begins in the morning
                self.step.later(hours=6)
            await self.book.look()
            able = self.book.able(pair, channel)
            if not number:
                assert not able, "nobody was counted and somebody may be written to"
                return
            if stops:
                await self.stop(self.people[stops])
                able = {who for who in able if who in self.book.able(pair, channel)}
            self.book.store = await read(self.step)
            taken = await self.step.keep(lambda visit: claim(visit, number))
            for delivery in taken:
                assert delivery.subject_id is not None
                fault = self.book.may_go(delivery.subject_id, pair, delivery.address)
                assert not fault, f"a broadcast of {pair} left although {fault}"
            reached = {delivery.subject_id for delivery in taken}
            if channel == TELEGRAM:
                assert able <= reached, f"{able - reached} agreed and were left out of {pair}"
            await self.book.look()

        self.run(go())

    async def stop(self, person: Resident) -> None:
        """STOP, typed."""
        await self.say(person, "STOP")
        self.book.stopped(person, "all")

    @rule(who=st.sampled_from(["aigul", "dias", "saule"]), years=st.sampled_from([0.95, 1.0, 2.0]))
    def a_consent_nears_its_last_day(self, who: str, years: float) -> None:
        """And its person comes to see how it stands: to keep it, or to find that it is over."""

        async def go() -> None:
            person = self.people[who]
            self.step.later(days=366 * years)
            for pair in PAIRS:
                await self.say(person, "/consent")
                await self.tap(person, "c1", pair)
                await self.tap(person, "agree", pair)

        self.run(go())

    @rule(channel=st.sampled_from([EMAIL, TELEGRAM]))
    def a_courier_dies_with_messages_in_its_hands(self, channel: str) -> None:
        """They may have left: what goes out at most once is not handed over again."""

        async def go() -> None:
            self.book.store = await read(self.step)

            def claim(visit: Visit) -> list[outbox.Claimed]:
                return outbox.claim(visit, channel, 25)

            for message in await self.step.keep(claim):
                if message.purpose:  # a code is only sent from the moment it is on the wire
                    self.book.handed[message.id] = "unknown"
            await self.book.look()

        self.run(go())
        self.step.later(seconds=31)

    @rule()
    def the_caretaker_goes_round(self) -> None:
        self.run(self.sweep())

    async def sweep(self) -> None:
        """Sealed, swept, ended, destroyed: and the chain holds (I5)."""
        self.book.rounding = True
        try:
            assert await self.caretaker.round()
            await self.book.look()
        finally:
            self.book.rounding = False
        now = self.step.desk.clock.now()
        assert await self.step.keep(ledger.broken) is None
        oldest = await self.step.keep(ledger.oldest_unsealed)
        assert oldest is None or now - oldest < timedelta(minutes=2)
        today = now.astimezone(ALMATY).date()
        for row in self.book.store.of("consents", state="given"):
            assert row["valid_until"] is None or row["valid_until"] >= today
        assert all(row["expires"] > now - timedelta(seconds=5) for row in self.book.store.rows["codes"])

    @rule(who=st.sampled_from(["aigul", "dias", "saule"]), gone=st.booleans())
    def blocks_or_lets_in_the_bot(self, who: str, gone: bool) -> None:
        person = self.people[who].person
        bot = {"id": 1000000000, "is_bot": True, "first_name": "k"}
        kicked, member = {"status": "kicked", "user": bot, "until_date": 0}, {"status": "member", "user": bot}
        change = {"chat": {"id": person.id, "type": "private"}, "from": person.user(), "date": 1,
                  "old_chat_member": member if gone else kicked, "new_chat_member": kicked if gone else member}  # fmt: skip

        async def go() -> None:
            before = self.book.store
            self.number += 1
            await self.step.feed({"my_chat_member": change}, self.number)
            await self.book.look()
            for table in ("consents", "consent_records", "suppressions"):
                assert self.book.store.rows[table] == before.rows[table], "a block was taken for a decision"

        self.run(go())
        if self.book.subject(self.people[who]) is not None:
            (self.book.away.add if gone else self.book.away.discard)(person.id)

    @rule(name=st.sampled_from(["desk", "informing", "promotion", "policy"]), material=st.booleans())
    def a_document_gets_a_new_edition(self, name: str, material: bool) -> None:
        desk = self.step.desk
        operator, shelf = edition(desk.operator, name, material)
        assert shelf.problems() == []
        desk.operator, desk.shelf = operator, shelf
        self.run(self.step.database.keep(lambda connection: opening.agree_with_store(desk, connection)))
        self.book.shelve()

    # Always, and at the end

    @invariant()
    def nobody_raised_a_consent_but_its_person(self) -> None:
        """Every subject of the store is one of the people, by an act of theirs."""
        if hasattr(self, "book"):
            for row in self.book.store.rows["subjects"]:
                self.book.owner(row["id"])

    def teardown(self) -> None:
        try:
            if hasattr(self, "book"):
                self.run(self.ends())
        finally:
            self.run(self.stack.aclose())
            self.folder.cleanup()

    async def ends(self) -> None:
        """Every promise is settled in the end (I15), and nothing can be read in the files (I14)."""
        for _day in range(3):
            here = self.step.desk.clock.now().astimezone(ALMATY)
            self.step.desk.clock.move(here.replace(hour=12, minute=0) + timedelta(days=31) - here)
            await self.sweep()
            for channel in (EMAIL, TELEGRAM):
                while await self.deliver(channel, Outcome(SENT)):
                    pass
        waiting = [row["kind"] for row in self.book.store.rows["outbox"] if row["settled_at"] is None]
        assert waiting == [], f"never settled: {waiting}"
        canaries = [value for person in self.people.values() for value in person.values.canaries()]
        assert leaks(await self.bytes(), canaries) == []

    async def bytes(self) -> bytes:
        """Everything a thief of the store would hold."""
        return b"".join(path.read_bytes() for path in sorted(Path(self.folder.name).iterdir()))
