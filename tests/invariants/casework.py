"""The machine goes on: people ask for every right in any order, two members of staff decide, holidays come late."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from tests.doorstep import Said
from tests.invariants import machine
from tests.invariants.casebook import IN_HAND, CaseBook
from tests.invariants.holds import ALMATY, Stop
from tests.invariants.machine import WHO
from tests.invariants.residents import VALUES, Resident

from kelisim import opening
from kelisim.courier.outcome import SENT, Outcome
from kelisim.desk import (
    blocking,
    cases,
    corrections,
    decisions,
    files,
    holds,
    inquiries,
    links,
    mandates,
    numbers,
    openings,
    optouts,
    representatives,
    staff,
    subjects,
    viewings,
)
from kelisim.desk.cases import NotAllowed, Overtaken
from kelisim.desk.decisions import Impossible
from kelisim.desk.errors import Refusal
from kelisim.desk.holds import NoGround
from kelisim.desk.staff import Actor
from kelisim.desk.viewings import NoReason
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

PEOPLE = st.sampled_from(["aigul", "dias", "saule"])
STAFF = st.sampled_from(["erlan@alit.kz", "dana@alit.kz"])
NTH = st.integers(0, 200)
GROUNDS = ("law", "obligation", "storage", "identity", "authority", "documents", "lawful", "others", "justice",
           "statistics")  # fmt: skip
KINDS = ("askq", "askc", "asko", "askl")
FIELDS = ("surname", "name", "patronymic", "email", "phone", "other")
NOES = (
    Impossible,
    NotAllowed,
    Overtaken,
    NoReason,
    NoGround,
    Refusal,
    LookupError,
)  # what a command says in a sentence
SECRET = re.compile(r"https://desk\.example/l/([\w-]+)")
FILES = {
    "pdf": b"%PDF-1.7 a paper", "png": b"\x89PNG\r\n\x1a\n a picture", "exe": b"MZ a program", "html": b"<script>alert(1)</script>",
    "empty": b"", "huge": b"%PDF-" + b"0" * (10 << 20),
}  # fmt: skip


class Desk(machine.Desk):
    """Three people and two members of staff, whatever they do and in whatever order."""

    BOOK = CaseBook
    book: CaseBook

    def __init__(self) -> None:
        super().__init__()
        self.said = 0

    @initialize(
        begun=st.sampled_from([0, 2, 3, 3]),
        asked=st.lists(
            st.tuples(PEOPLE, st.sampled_from([*KINDS, "correct", "represent", "file"])), max_size=6
        ),
    )
    def opens(self, begun: int, asked: list[tuple[str, str]]) -> None:
        """The desk opens; people are known already and have asked for this and that."""
        super().opens(begun)
        for who, what in asked:
            if what == "correct":
                self.corrects(who=who, field="surname", whose=who, file=True, sure=True)
            elif what == "represent":
                self.acts_for(
                    who=who, whose="dias" if who == "aigul" else "aigul", role="parent", paper=False
                )
            elif what == "file":
                self.takes_a_file(who=who, way="link", proves=False)
            else:
                self.asks(who=who, code=what, by="", file="pdf", twice=False)

    def word(self, about: str, kind: str = "") -> str:
        """A word nobody said before: of a person, or of staff about one."""
        self.said += 1
        letters = "".join("бгджзклмнп"[int(digit)] for digit in f"{self.said:04d}")
        made = f"Ерекше{letters}сөз"
        if kind == "note":
            self.book.notes.add(made)
        else:
            self.book.words[made] = self.people[about]
        return made

    def letters(self, values: str) -> str:
        """A name nobody had before."""
        return self.word(values).capitalize()

    # What people ask

    @rule(who=PEOPLE, code=st.sampled_from(KINDS), by=st.sampled_from(["", "", "email"]),
          file=st.sampled_from(["", "", *FILES]), twice=st.booleans())  # fmt: skip
    def asks(self, who: str, code: str, by: str, file: str, twice: bool) -> None:
        async def go() -> None:
            person = self.people[who]
            words = self.word(who)
            await self.say(person, "/ask")
            if not await self.tap(person, code):
                return
            await self.say(person, words)
            if file and await self.tap(person, "askdoc"):
                await self.bring(person, file)
            if by:
                await self.tap(person, "askby", by)
            if await self.tap(person, "asksnd"):
                self.numbered(person)
                if twice:  # the same words again are the same request
                    known = len(self.book.store.of("cases"))
                    await self.press(person, f"{code}:{person.values.client}::", None)
                    await self.say(person, words)
                    await self.tap(person, "asksnd")
                    assert len(self.book.store.of("cases")) == known, "the same words became two requests"

        self.run(go())

    def numbered(self, person: Resident) -> None:
        """An accepted request names a number that is its person's own (I6)."""
        if person.said.text.startswith("✔"):
            number = re.search(r"K-[0-9A-Z]{9}", person.said.text)
            assert number is not None, person.said.text
            subject, (case,) = self.book.subject(person), self.book.store.of("cases", number=number[0])
            assert subject is not None and case["subject_id"] == subject["id"]
            self.book.count(f"{case['kind']} asked")

    async def bring(self, person: Resident, file: str, *, by: str = "document") -> Said:
        """Send a file as Telegram would bring it."""

        async def fetch(_id: str) -> bytes:
            return FILES[file]

        self.step.door.fetch = fetch
        known = {"file_id": "1", "file_unique_id": "1", "file_size": len(FILES[file])}
        content: dict[str, Any] = {"document": {**known, "file_name": f"paper.{file}"}}
        if by == "photo":
            content = {"photo": [{**known, "width": 1, "height": 1}]}
        elif by == "liar":  # says it is small
            content["document"]["file_size"] = 10
        before = len(self.book.store.rows["attachments"])
        said = await self.act(person, {"message": person.person.written(**content)})
        if file not in ("pdf", "png"):
            assert len(self.book.store.rows["attachments"]) <= before, f"{file} was kept"
        elif len(self.book.store.rows["attachments"]) > before:
            self.book.count("a file")
        return said

    @rule(who=PEOPLE, file=st.sampled_from(list(FILES)), by=st.sampled_from(["document", "photo", "liar"]))
    def sends_a_file(self, who: str, file: str, by: str) -> None:
        self.run(self.bring(self.people[who], file, by=by))

    @rule(who=PEOPLE, field=st.sampled_from(FIELDS), whose=WHO, file=st.booleans(), sure=st.booleans())
    def corrects(self, who: str, field: str, whose: str, file: bool, sure: bool) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/correct")
            if not await self.tap(person, "cfield", field):
                return
            if field == "email":
                await self.say(person, VALUES[whose].email)
                await self.types_the_code(person, "correct")
            elif field == "phone":
                for each in (whose, who):
                    card = {"phone_number": VALUES[each].phone, "first_name": "…", "user_id": VALUES[each].id}
                    await self.act(person, {"message": person.person.written(contact=card)})
            else:
                await self.say(person, self.letters(who))
                await (self.bring(person, "png", by="photo") if file else self.tap(person, "cskip"))
            if sure and await self.tap(person, "cyes"):
                self.numbered(person)

        self.run(go())

    async def types_the_code(self, person: Resident, use: str) -> None:
        """The code of the newest letter of this use, if one was asked for."""
        if (await person.screen()).endswith(".code"):
            asker = self.step.desk.vault.find(TELEGRAM, str(person.values.id))
            issued = self.book.codes.get((asker, use))
            await self.say(person, issued.digits if issued else "000000")

    @rule(who=PEOPLE, reason=st.sampled_from([*blocking.REASONS]), lifts=st.booleans())
    def blocks(self, who: str, reason: str, lifts: bool) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/block")
            if reason == blocking.OTHER:
                if await self.tap(person, "blckwy"):
                    await self.say(person, self.word(who))
            else:
                await self.tap(person, "blckdo", reason)
            if person.said.text.startswith("✔"):
                subject = self.book.subject(person)
                assert subject is not None and subject["state"] == "blocked"
                self.book.count(f"blocked, {reason}")
            if lifts:
                await self.press(person, f"unblck:{person.values.client}::", None)

        self.run(go())

    @rule(who=PEOPLE)
    def lifts_the_block(self, who: str) -> None:
        person = self.people[who]
        self.run(self.press(person, f"unblck:{person.values.client}::", None))

    @rule(who=PEOPLE, keeps=st.booleans(), waits=st.booleans())
    def deletes(self, who: str, keeps: bool, waits: bool) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/delete")
            if not await self.tap(person, "erasdo"):
                return
            self.book.count("deletion asked")
            if keeps:
                await self.press(person, f"eraskp:{person.values.client}::", None)
            if waits:
                self.step.later(hours=26)
                for _round in range(2):
                    await self.sweep()
                    for channel in (EMAIL, TELEGRAM):
                        await self.deliver(channel, Outcome(SENT))
                    self.step.later(minutes=2)

        self.run(go())

    @rule(who=PEOPLE, way=st.sampled_from(["link", "mail", "chat"]), proves=st.booleans())
    def takes_a_file(self, who: str, way: str, proves: bool) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/mydata")
            await self.tap(person, "dfile")
            if proves and await self.tap(person, "pmail", "file"):
                await self.say(person, person.values.email)
                await self.types_the_code(person, "file")
            if await self.tap(person, "dfdo", way):
                self.keep_links(person)
                self.book.count(f"a file by {way}")

        self.run(go())

    def keep_links(self, person: Resident) -> None:
        """Remember the secrets that were shown to somebody."""
        for url in person.person.shown.values():
            if found := SECRET.search(url):
                self.book.links[found[1]] = person

    @rule(who=PEOPLE, whose=PEOPLE, role=st.sampled_from(representatives.ROLES), paper=st.booleans())
    def acts_for(self, who: str, whose: str, role: str, paper: bool) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/represent")
            if not await self.tap(person, "repas", role):
                return
            await self.say(person, f"{VALUES[whose].line}, {VALUES[whose].email}")
            await self.tap(person, "repnon")
            if paper:
                await self.bring(person, "pdf")
            await self.say(person, self.word(who))
            if await self.tap(person, "repsnd"):
                self.numbered(person)

        self.run(go())

    @rule(who=PEOPLE)
    def asks_under_an_authority(self, who: str) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/represent")
            if await self.tap(person, "repmor"):
                await self.say(person, self.word(who))
                self.book.count("asked under an authority")

        self.run(go())

    @rule(
        who=PEOPLE,
        nth=st.integers(0, 4),
        code=st.sampled_from(["rtake", "rmore", "rread", "rclock", "cmplt", "cmplts"]),
    )
    def opens_a_request(self, who: str, nth: int, code: str) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.say(person, "/requests")
            known = [data for data in person.person.shown.values() if data.startswith("req1:")]
            if not known:
                return
            await self.press(person, known[nth % len(known)], person.said.text)
            if await self.tap(person, code):
                self.book.count(f"a request, {code}")
                if code == "rmore":
                    await self.say(person, self.word(who))
                    await self.tap(person, "asksnd")
                elif code == "cmplt":
                    await self.tap(person, "cmpltb", "link")
                    self.keep_links(person)

        self.run(go())

    @rule(who=WHO, nth=NTH, code=st.sampled_from(["req1", "rread", "rtake", "rmore", "rclock", "cmplt"]))
    def presses_the_number_of_another(self, who: str, nth: int, code: str) -> None:
        """A request of somebody else is the same nothing as one that never was (I2, I13)."""
        person, case = self.people[who], self.case(nth)
        asker = self.book.askers.get(case["id"]) if case is not None else None
        if case is None or asker is None or self.book.akin(person, asker):
            return

        async def go() -> None:
            rows = self.book.store.of("cases", number=case["number"])
            said = await self.press(person, f"{code}:{person.values.client}::{case['number']}", None)
            nobody = numbers.number(numbers.CASE)
            none = await self.press(person, f"{code}:{person.values.client}::{nobody}", None)
            assert self.book.store.of("cases", number=case["number"]) == rows, "a stranger moved a request"
            assert said.text.replace(case["number"], nobody) == none.text, (
                "an answer tells that a request is there"
            )

        self.run(go())

    @rule(who=PEOPLE, whose=PEOPLE)
    def finds_other_data(self, who: str, whose: str) -> None:
        async def go() -> None:
            person = self.people[who]
            await self.press(person, f"prove:{person.values.client}::", None)
            if await self.tap(person, "pmail", "prove"):
                await self.say(person, VALUES[whose].email)
                await self.types_the_code(person, "prove")
                await self.tap(person, "pyes")

        self.run(go())

    @rule(who=PEOPLE, code=st.sampled_from(["pagree", "pagree", "pdeny", "notme", "ppart"]))
    def answers_what_came_unasked(self, who: str, code: str) -> None:
        async def go() -> None:
            person = self.people[who]
            while await self.deliver(TELEGRAM, Outcome(SENT)):
                pass
            if code == "ppart":
                await self.press(person, f"prove:{person.values.client}::", None)
            found = [data for data in person.seen if data.startswith(f"{code}:")]
            if found:
                await self.press(person, found[-1], person.seen[found[-1]])
                self.book.count(code)

        self.run(go())

    # Links

    @precondition(lambda self: self.book.links)
    @rule(nth=NTH, browser=st.sampled_from(["hers", "a robot's"]), taken=st.booleans())
    def opens_a_link(self, nth: int, browser: str, taken: bool) -> None:
        """Looking uses nothing up; the first who takes it has it, and nobody after (I12)."""
        secret, person = list(self.book.links.items())[nth % len(self.book.links)]

        def work(visit: Visit) -> tuple[bool, str]:
            found = links.take(visit, secret, browser) if taken else links.look(visit, secret)
            if found is None:
                return False, ""
            visit.subject = subjects.by_id(visit, found.subject_id)
            return True, str(files.gather(visit, found.use, found.ref)) if visit.subject is not None else ""

        async def go() -> None:
            before = self.book.store
            found, told = await self.step.keep(work)
            await self.book.look()
            if not taken:
                assert self.book.store.rows["links"] == before.rows["links"], "a look used a link up"
            elif found:
                assert self.book.taken.setdefault(secret, browser) == browser, "a link was taken twice"
                self.book.count("a link taken")
            for other in self.people.values():
                if not self.book.akin(person, other):
                    for value in other.values.canaries():
                        assert str(value) not in told or str(value) in self.book.typed[person.values.id]
            for word, whose in self.book.words.items():
                assert word not in told or self.book.akin(person, whose), "a file tells words of another"

        self.run(go())

    @rule(who=PEOPLE)
    def opts_out_by_a_link(self, who: str) -> None:
        """From any state it works, without a login (I9)."""

        async def go() -> None:
            person = self.people[who]
            subject = self.book.subject(person)
            contact = next(
                iter(
                    self.book.store.of("contacts", channel=EMAIL, subject_id=subject["id"] if subject else 0)
                ),
                None,
            )
            if contact is None:
                return
            token = optouts.token(self.step.desk, contact["id"], "informing-email")
            address = self.step.desk.vault.unseal("contacts", "address", contact["id"], contact["address"])
            number = await self.step.keep(lambda visit: optouts.act(visit, token))
            await self.book.look()
            assert number is not None and number.startswith("S-")
            self.book.stops.append(Stop(self.step.desk.clock.now(), EMAIL, address.casefold()))
            self.book.count("opted out")

        self.run(go())

    # Staff

    async def staff(self, who: str, work: Callable[[Visit, Actor], Any]) -> bool:
        """An act of one of the staff as a command does it; one that is refused leaves everything as it was."""
        before = self.book.store

        def whole(visit: Visit) -> Any:
            return work(visit, staff.acting(visit.operator, who, "root"))

        try:
            await self.step.keep(whole)
        except NOES:
            await self.book.look()
            assert self.book.store.rows == before.rows, "a refused act of staff changed something"
            return False
        await self.book.look()
        return True

    def case(self, nth: int) -> dict[str, Any] | None:
        """One of the cases, those in hand before the others."""
        rows = sorted(self.book.store.rows["cases"], key=lambda row: (row["state"] not in IN_HAND, row["id"]))
        return rows[nth % len(rows)] if rows else None

    def about(self, case: dict[str, Any]) -> str:
        """Whose case it is, by key."""
        owner = self.book.owners.get(case["subject_id"] or 0)
        return next((key for key, each in self.people.items() if each is owner), "x")

    def words(self, case: dict[str, Any], act: str = "") -> str:
        """What staff write about a case; to an authority, it is nobody's to read."""
        return self.word(self.about(case), "note" if case["kind"] == cases.AUTHORITY else act)

    @rule(actor=STAFF, nth=NTH,
          act=st.sampled_from(["answer", "answer", "ask", "accept", "accept", "refuse", "refuse", "extend", "assign", "note",
                               "close", "show", "show without a reason", "destroy"]),
          ground=st.sampled_from(GROUNDS), days=st.sampled_from([1, 5, 15]))  # fmt: skip
    def staff_act(self, actor: str, nth: int, act: str, ground: str, days: int) -> None:
        case = self.case(nth)
        if case is None:
            return
        number, words = case["number"], ""
        if act in ("answer", "ask", "accept", "refuse", "note"):
            words = self.words(case, act)

        def work(visit: Visit, who: Actor) -> Any:
            match act:
                case "answer" | "ask" | "note" | "accept":
                    return getattr(decisions, act)(visit, number, words, who)
                case "refuse":
                    return decisions.refuse(visit, number, ground, words, who)
                case "extend":
                    return decisions.extend(visit, number, days, who)
                case "assign":
                    return decisions.assign(visit, number, "gulnar@alit.kz", who)
                case "close":
                    return decisions.close(visit, number, who)
                case "destroy":
                    return corrections.destroy_field(visit, number, "", who)
            known = cases.known(visit, number)
            visit.subject = subjects.by_id(visit, known.subject_id) if known.subject_id is not None else None
            if visit.subject is None:
                raise LookupError
            return viewings.note(visit, who, viewings.CASE, "a check" if act == "show" else " ", number)

        async def go() -> None:
            looks = len(self.book.store.rows["viewings"])
            done = await self.staff(actor, work)
            if done:
                self.book.count(f"staff {act}")
            if act.startswith("show"):
                assert len(self.book.store.rows["viewings"]) - looks == done, "a look without its row (I15)"
                assert not (done and act != "show"), "a look without a reason"

        self.run(go())

    @rule(
        actor=STAFF,
        nth=NTH,
        whom=st.sampled_from(["", "aigul", "dias", "saule"]),
        days=st.sampled_from([0, 0, 10, 400]),
    )
    def staff_accept_an_authority(self, actor: str, nth: int, whom: str, days: int) -> None:
        rows = [row for row in self.book.store.rows["cases"] if row["kind"] == "representation"]
        if not rows:
            return
        number = rows[nth % len(rows)]["number"]
        subject = self.book.subject(self.people[whom]) if whom else None
        last = self.step.desk.clock.now().astimezone(ALMATY).date() + timedelta(days=days) if days else None

        def work(visit: Visit, who: Actor) -> Any:
            return mandates.accept(
                visit, number, "", who, subject_id=subject["id"] if subject else None, until=last
            )

        if self.run(self.staff(actor, work)):
            self.book.count("an authority")

    @rule(actor=STAFF, nth=NTH)
    def staff_end_an_authority(self, actor: str, nth: int) -> None:
        rows = [row for row in self.book.store.rows["cases"] if row["kind"] == "representation"]
        if rows:
            number = rows[nth % len(rows)]["number"]
            self.run(self.staff(actor, lambda visit, who: mandates.revoke(visit, number, who)))

    @rule(one=STAFF, other=STAFF, nth=NTH)
    def two_of_the_staff_act_at_once(self, one: str, other: str, nth: int) -> None:
        """Who read the case before the other acted is told so; nothing is done twice (T-STAFF-03)."""
        case = self.case(nth)
        if case is None or case["state"] not in IN_HAND or case["kind"] in ("representation", "blocking"):
            return
        number, words, again = case["number"], self.words(case), self.words(case)

        async def go() -> None:
            seen = await self.step.keep(lambda visit: cases.known(visit, number))
            assert await self.staff(one, lambda visit, who: decisions.answer(visit, number, words, who))
            assert not await self.staff(
                other, lambda visit, who: cases.act(visit, seen, cases.ANSWERED, to=cases.ANSWERED, actor=who)
            )
            assert not await self.staff(other, lambda visit, who: decisions.answer(visit, number, again, who))
            self.book.count("two at once")

        self.run(go())

    @rule(actor=STAFF, who=PEOPLE, ground=st.sampled_from(GROUNDS), days=st.sampled_from([0, 3, 30]))
    def staff_hold(self, actor: str, who: str, ground: str, days: int) -> None:
        subject = self.book.subject(self.people[who])
        if subject is None:
            return
        row, words = subject["id"], self.word(who)
        last = self.step.desk.clock.now().astimezone(ALMATY).date() + timedelta(days=days) if days else None

        def work(visit: Visit, who: Actor) -> Any:
            visit.subject = subjects.by_id(visit, row)
            return holds.place(visit, ground, words, who, last)

        assert self.run(self.staff(actor, work))
        self.book.count("a hold")

    @rule(actor=STAFF, nth=NTH)
    def staff_lift_a_hold(self, actor: str, nth: int) -> None:
        rows = [row for row in self.book.store.rows["holds"] if row["ended_at"] is None]
        if not rows:
            return
        row = rows[nth % len(rows)]

        def work(visit: Visit, who: Actor) -> Any:
            visit.subject = subjects.by_id(visit, row["subject_id"])
            if visit.subject is None:
                raise LookupError
            visit.locale = visit.subject.locale
            return blocking.lift_hold(visit, row["id"], who)

        self.run(self.staff(actor, work))

    @rule(actor=STAFF, who=PEOPLE, kind=st.sampled_from([*openings.KINDS]), ago=st.sampled_from([0, 0, 1, 9, 40]),
          reason=st.sampled_from([*blocking.REASONS]))  # fmt: skip
    def a_letter_comes(self, actor: str, who: str, kind: str, ago: int, reason: str) -> None:
        """Staff enter what came by post with its own day of receipt; an inquiry is nobody's, and gets its dossier."""
        subject = self.book.subject(self.people[who])
        row = subject["id"] if subject and kind != cases.AUTHORITY else None
        words, received = self.word(who), self.step.desk.clock.now() - timedelta(days=ago)
        if kind == cases.AUTHORITY:
            self.book.notes.add(words)
            del self.book.words[words]

        def work(visit: Visit, actor: Actor) -> Any:
            case = openings.begin(
                visit, kind, words, actor, subject_id=row, received=received if ago else None, reason=reason
            )
            if kind == cases.AUTHORITY:
                inquiries.dossier(
                    visit, case.number, actor, "kk", subject["id"] if subject else None, "an inquiry"
                )
            return case

        if self.run(self.staff(actor, work)):
            self.book.count(f"a letter, {kind}")

    # The world

    @rule(ahead=st.integers(0, 12))
    def a_holiday_is_announced_late(self, ahead: int) -> None:
        """The operator file says that one of the next days is free; open cases move at the next round, and never back."""
        desk = self.step.desk
        day = desk.clock.now().astimezone(ALMATY).date() + timedelta(days=ahead)
        off = (*desk.operator.holidays.extra_days_off, day)
        free = desk.operator.holidays.model_copy(update={"extra_days_off": tuple(sorted(set(off)))})
        desk.operator = desk.operator.model_copy(update={"holidays": free})
        desk.calendar = opening.calendar_of(desk.operator)
        self.book.calendar_changed = True

    async def ends(self) -> None:
        await super().ends()
        assert self.book.read_in(await self.bytes()) == []
        TOTAL.update(self.book.counts)


TOTAL: Counter[str] = Counter()  # how often what happened in all stories of a run
