"""What must hold of requests, their dates, staff, blocks, links and destruction after every step: I2, I5, I7, I8, I10-I12, I15."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any

from tests.doorstep import Doorstep
from tests.invariants import remains
from tests.invariants.canaries import leaks
from tests.invariants.holds import ALMATY, Book, Store
from tests.invariants.residents import Resident

from kelisim.caretaker.reminders import OFTEN
from kelisim.courier.outcome import Parcel
from kelisim.desk import clocks

Row = dict[str, Any]
IN_HAND = ("open", "with staff", "waiting")
STAFF = ("staff", "responsible")
DECIDED = ("refused", "accepted", "answered", "asked", "extended")
# Rows of a frozen person in which nothing that was there may change, and the columns that may: what is asked where, what was
# read, that a chat takes nothing, that both sides were warned, and an authority that ends.
FROZEN: dict[str, set[str]] = {
    "subjects": {"draft", "screen", "asked_at", "locale", "state"}, "contacts": {"reachable"}, "profile": set(),
    "attachments": set(), "case_messages": {"read_at"}, "viewings": set(), "documents_shown": set(),
    "representations": {"warned_at", "state", "subject_id", "scope", "until", "discloses_on"}, "consent_records": set(),
    "holds": {"ended_at"}, "merges": set(),
}  # fmt: skip
ADDED_TO = FROZEN.keys() - {
    "contacts",
    "profile",
    "merges",
}  # new rows here are acts, looks and answers, never new data
# What may be said to somebody whose data are blocked: answers, dates, the block, looks, alarms and breaches (I7).
SAID = (
    "svc.answer",
    "svc.refused",
    "svc.late",
    "svc.moved",
    "svc.blockend",
    "svc.viewed",
    "svc.alert",
    "svc.breach",
)
WHOSE = ("subject_id", "representative_id")


class CaseBook(Book):
    """The book of everything asked, beside the consents."""

    def __init__(self, step: Doorstep, people: Any) -> None:
        super().__init__(step, people)
        self.words: dict[str, Resident] = {}  # a word that was said once, and whom it is about
        self.notes: set[str] = set()  # words among staff
        self.held_back: dict[str, str] = {}  # a word of an answer and the number of the case it answers
        self.gone: set[str] = set()  # words about people who are destroyed
        self.askers: dict[int, Resident] = {}  # a case and whose it was
        self.calendar_changed = False
        self.links: dict[str, Resident] = {}  # a secret and whose it is
        self.taken: dict[str, str] = {}  # a secret and the browser that used it
        self.certified: set[str] = set()
        self.counts: Counter[str] = Counter()

    async def look(self) -> None:
        """Everything that holds of consents, and of requests."""
        before = self.store
        await super().look()
        for case in self.store.rows["cases"]:
            if case["subject_id"] is not None:
                self.askers.setdefault(case["id"], self.owner(case["subject_id"]))
        self.timelines(before)
        self.dates(before)
        self.deciders(before)
        self.standing_still(before)
        self.unfrozen(before)
        self.used_once(before)
        await self.destroyed(before)
        if self.rounding:
            self.calendar_changed = False
            self.alarms()

    def count(self, what: str) -> None:
        """How often a thing happened: a run that never came there proves nothing of it."""
        self.counts[what] += 1

    # I5

    def timelines(self, before: Store) -> None:
        """Words and files of a case are never rewritten; they vanish in a round of the caretaker and no other time."""
        for table, once in (("case_messages", "read_at"), ("attachments", ""), ("viewings", "")):
            now = {row["id"]: row for row in self.store.rows[table]}
            for row in before.rows[table]:
                kept = now.get(row["id"])
                if kept is None:
                    loose = table == "attachments" and row["case_id"] is None  # of a flow that was left
                    assert self.rounding or loose, f"a row of {table} vanished by an act"
                    continue
                free = {once, "subject_id"} if row.get(once, "") is None else {"subject_id"}
                free |= {"case_id"} if table == "attachments" and row["case_id"] is None else set()
                same = {name: value for name, value in row.items() if name not in free}
                assert same.items() <= kept.items(), f"{table} was rewritten"
        cases = {row["id"] for row in self.store.rows["cases"]}
        assert {row["id"] for row in before.rows["cases"]} <= cases, "a request vanished"

    # I10

    def events(self, case: Row, store: Store | None = None) -> list[Row]:
        """The steps of a case, oldest first."""
        found = (store or self.store).of("case_events", case_id=case["id"])
        return sorted(found, key=lambda row: (row["at"], row["id"]))

    def fold(self, case: Row) -> date:
        """The last day of a case, counted anew from its events, day by day."""
        operator, calendar = self.step.desk.operator, self.step.desk.calendar
        begun, extended, ended = date.min, 0, False
        for step in self.events(case):
            if step["act"] == "received" or (step["act"] == "added" and ended):
                begun, extended, ended = step["at"].astimezone(ALMATY).date(), 0, False
            ended = ended or step["act"] in ("answered", "refused")
            extended = int(step["detail"]) if step["act"] == "extended" else extended
        pack = operator.pack_on(begun)
        term = clocks.TERM[case["kind"]]
        left = getattr(pack.terms, term) + min(extended, pack.extensions.get(term, 0))
        if case["kind"] == "authority":
            last = begun + timedelta(days=left)
            while not calendar.is_working(last) and last > begun + timedelta(days=1):
                last -= timedelta(days=1)
            return last
        day = begun
        while left:
            day += timedelta(days=1)
            left -= calendar.is_working(day)
        return day

    def dates(self, before: Store) -> None:
        """The date of an open case is the fold of its events, and moves later by an allowed event alone."""
        known = {row["id"]: row for row in before.rows["cases"]}
        for case in self.store.rows["cases"]:
            if case["state"] not in IN_HAND:
                continue
            if not self.calendar_changed or self.rounding:
                assert case["due"] == self.fold(case), (
                    f"{case['kind']} is due {case['due']}, not by its events"
                )
            old = known.get(case["id"])
            if old is not None and old["due"] is not None and case["due"] > old["due"]:
                new = {row["act"] for row in self.events(case)[len(self.events(old, before)) :]}
                assert new & {"extended", "moved", "resumed", "added"}, f"a date moved later by {new}"
                self.count("a date moved")

    def alarms(self) -> None:
        """After a round every case past its day has its alarm: the person was told, staff are reminded each working day."""
        now = self.step.desk.clock.now()
        today = now.astimezone(ALMATY).date()
        for case in self.store.rows["cases"]:
            if case["state"] not in IN_HAND or self.fold(case) >= today:
                continue
            steps = self.events(case)
            if now - max(row["at"] for row in steps) < OFTEN:
                continue  # the dates are looked at every quarter of an hour
            steps = [row for row in steps if row["act"] in ("late", "reminded")]
            assert case["subject_id"] is None or any(row["act"] == "late" for row in steps), (
                "late, and untold"
            )
            if self.step.desk.calendar.is_working(today):
                days = [row["at"].astimezone(ALMATY).date() for row in steps if row["detail"] == "over"]
                assert today in days, f"{case['kind']} is overdue and nobody is reminded"
                letters = self.store.of("outbox", kind="reminder", number=case["number"])
                assert any(row["at"].astimezone(ALMATY).date() == today for row in letters)
            self.count("overdue")

    # I11

    def deciders(self, before: Store) -> None:
        """Every refusal, accepted authority and destruction on request has a human actor; every refusal a ground."""
        known = {row["id"] for row in before.rows["case_events"]}
        cases = {row["id"]: row for row in self.store.rows["cases"]}
        for step in self.store.rows["case_events"]:
            if step["id"] in known or step["act"] not in DECIDED:
                continue
            kind = cases[step["case_id"]]["kind"]
            if step["act"] == "refused" or kind in ("representation", "blocking"):
                assert step["role"] in STAFF and step["actor"], f"{step['act']} of {kind} by nobody"
            if step["act"] == "refused":
                assert step["detail"].partition("|")[0] in self.step.desk.operator.grounds
            self.count(f"{kind} {step['act']}")
        for row in self.store.of("representations", state="accepted"):
            steps = self.store.of("case_events", case_id=row["case_id"], act="accepted")
            assert steps and all(step["role"] in STAFF for step in steps), "an authority nobody accepted"

    # I7

    def rows_of(self, store: Store, subject_id: int) -> dict[str, dict[Any, Row]]:
        """A subject's rows in the tables of data, by key, without what may change; files of unfinished flows aside."""
        own = {row["id"] for row in store.of("cases", subject_id=subject_id)}
        found: dict[str, dict[Any, Row]] = {}
        for table, free in FROZEN.items():
            rows = store.rows[table]
            if table == "case_messages":
                rows = [row for row in rows if row["case_id"] in own]
            elif table == "subjects":
                rows = [row for row in rows if row["id"] == subject_id]
            else:
                rows = [row for row in rows if subject_id in [row.get(name) for name in WHOSE]]
            if table == "attachments":
                rows = [row for row in rows if row["case_id"] is not None]
            if table == "merges":  # a question that waits for a Yes ends after a day, as every prompt does
                rows = [row for row in rows if row["state"] != "asked"]
            found[table] = {
                row.get("id", (row.get("name"), row.get("version"), row.get("locale"))):
                {name: value for name, value in row.items() if name not in free} for row in rows
            }  # fmt: skip
        return found

    def standing_still(self, before: Store) -> None:
        """Of whom is blocked, held or about to be destroyed before and after a step nothing changed but what was added."""
        for subject in self.store.rows["subjects"]:
            row = subject["id"]
            if not (
                before.of("subjects", id=row)
                and self.is_frozen(before, row)
                and self.is_frozen(self.store, row)
            ):
                continue
            was, now = self.rows_of(before, row), self.rows_of(self.store, row)
            for table, rows in was.items():
                for key, content in rows.items():
                    if table == "representations" and self.other_gone(before, key):
                        continue  # it named two people: what is kept of the destroyed one goes
                    assert now[table].get(key) == content, f"{table} of a frozen person changed"
                if table not in ADDED_TO:
                    assert now[table].keys() == rows.keys(), f"{table} of a frozen person grew"
            for record in set(now["consent_records"]) - set(was["consent_records"]):
                act = now["consent_records"][record]["act"]
                assert act not in ("given", "resumed", "kept"), f"{act} while the data are frozen"
            self.count("a frozen step")

    def other_gone(self, before: Store, row: int) -> bool:
        """Whether one of the two whom an authority names is destroyed."""
        (known,), subjects = before.of("representations", id=row), self.store.rows["subjects"]
        named = {known["representative_id"], known["subject_id"]} - {None}
        return not named <= {subject["id"] for subject in subjects}

    def unfrozen(self, before: Store) -> None:
        """A block ends by the person's own act, a decision of staff, or the end of what staff ordered (I11)."""
        for old in before.of("subjects", state="blocked"):
            now = next(iter(self.store.of("subjects", id=old["id"])), None)
            if now is None or now["state"] != "active":
                continue
            known = {row["id"] for row in before.rows["case_events"]}
            own = {row["id"] for row in self.store.of("cases", subject_id=old["id"])}
            steps = [
                row
                for row in self.store.rows["case_events"]
                if row["id"] not in known and row["case_id"] in own
            ]
            ended = {row["id"] for row in before.rows["holds"] if row["ended_at"] is None}
            lifted = [
                row
                for row in self.store.of("holds", subject_id=old["id"])
                if row["id"] in ended and row["ended_at"]
            ]
            by = [
                row
                for row in steps
                if row["act"] in ("withdrawn", "refused", "accepted") and row["role"] in (*STAFF, "subject")
            ]
            parted = before.of("merges", state="done") != self.store.of("merges", state="done")
            assert by or lifted or parted, "a block was lifted by nobody"
            asked = self.store.of("cases", subject_id=old["id"], kind="blocking")
            assert not any(row["state"] in IN_HAND for row in asked), (
                "a block was lifted while it is asked for"
            )
            assert not self.is_frozen(self.store, old["id"]), "a block was lifted while a hold stands"
            self.count("a block lifted")

    # I8

    async def destroyed(self, before: Store) -> None:
        """When the last message of an erasure has gone, no key opens anything of that person in any table."""
        for old in before.rows["subjects"]:
            if not self.store.of("subjects", id=old["id"]) and old["id"] in self.owners:
                assert self.rounding, "a person vanished by an act"
                known = {row["id"] for row in before.of("erasures", subject_id=old["id"])}
                stays = [row["kept"] for row in self.store.rows["erasures"] if row["id"] in known]
                if known:
                    self.gone |= self.words_of(before, old["id"], ",".join(stays).split(","))
        for row in self.store.of("erasures", stage="certified"):
            waits = [
                each for each in self.store.of("outbox", number=row["number"]) if each["settled_at"] is None
            ]
            if row["number"] not in self.certified and not waits:
                self.certified.add(row["number"])
                self.count("a certificate")
                assert await self.left() == []

    def words_of(self, store: Store, subject_id: int, stays: list[str]) -> set[str]:
        """The words in a subject's requests, but those of a dispute that must stay (T-LAW-03): nobody may find them again."""
        cases = {row["id"]: row["number"] in stays for row in store.of("cases", subject_id=subject_id)}
        told: dict[bool, str] = {True: "", False: ""}
        for row in store.rows["case_messages"]:
            if row["case_id"] in cases:
                told[cases[row["case_id"]]] += self.step.desk.vault.unseal(
                    "case_messages", "body", row["id"], row["body"]
                )
        return {word for word in self.words if word in told[False] and word not in told[True]}

    async def left(self) -> list[Any]:
        """What can still be read of people who are gone: their words, and the values that nobody else told."""
        values = []
        for person in self.people:
            if self.subject(person) is None and any(self.words[word] is person for word in self.gone):
                others = [typed for key, typed in self.typed.items() if key != person.values.id]
                strangers = [
                    each
                    for each in person.values.canaries()
                    if not any(str(each) in typed for typed in others)
                ]
                kin = [each for each in self.people if each is not person and self.akin(person, each)]
                values += strangers if all(self.subject(each) is None for each in kin) else []
        return await remains.found(self.step, [*self.gone, *values]) if self.gone or values else []

    # I12

    def used_once(self, before: Store) -> None:
        """A link that was used keeps its first moment and its browser; one that is over is not used any more."""
        now, known = self.step.desk.clock.now(), {row["token"]: row for row in self.store.rows["links"]}
        for row in before.rows["links"]:
            kept = known.get(row["token"])
            if kept is None or kept["used_at"] == row["used_at"]:
                continue
            assert row["used_at"] is None and row["expires"] > now, "a link was used twice or too late"

    # I2, I15

    def delivered(self, parcels: list[Parcel], outcome: str) -> None:
        """Also what goes to staff and what a person reads of a case."""
        super().delivered(parcels, outcome)
        for parcel in parcels:
            self.count(f"{parcel.message.kind} {outcome}")

    def own_eyes(self, parcel: Parcel) -> None:
        super().own_eyes(parcel)
        message, told = parcel.message, json.dumps(parcel.body, ensure_ascii=False, default=str)
        owner = self.asker(message.number)
        if message.subject_id is not None:
            owner = self.owners.get(message.subject_id)
        staff = message.kind in ("case", "reminder", "conditions", "alarm", "anchor")
        if staff:
            assert parcel.address in {person.address for person in self.step.desk.operator.staff}
        if message.kind in ("answer", "notice") and self.of_blocked(message.subject_id):
            assert message.body["screen"] in SAID, (
                f"{message.body['screen']} went to somebody whose data are blocked"
            )
        shown = [word for word in self.words if word in told]
        for word in shown:
            assert owner is not None and self.akin(owner, self.words[word]), (
                f"{message.kind} tells {word} of another"
            )
            assert message.kind not in ("answer", "notice"), "words of a case went through the chat unasked"
        if not staff:
            assert not any(word in told for word in self.notes), "a note among staff left"
        elif shown and message.subject_id is not None:
            self.noted(parcel)

    def of_blocked(self, subject_id: int | None) -> bool:
        """Whether a subject is blocked as the courier takes the message."""
        rows = self.store.of("subjects", id=subject_id)
        return bool(rows) and rows[0]["state"] == "blocked"

    def asker(self, number: str) -> Resident | None:
        """Whose request a number was, also of one that stays as a dispute after its person is gone (T-LAW-03)."""
        case = next(iter(self.store.of("cases", number=number)), None)
        return self.askers.get(case["id"]) if case is not None else None

    def noted(self, parcel: Parcel) -> None:
        """A letter that shows staff what a person said has its row among the looks (I15)."""
        now = self.step.desk.clock.now()
        assert any(
            row["number"] == parcel.message.number and row["actor"] == parcel.address and row["what"] == "letter"
            and now - row["at"] < timedelta(minutes=1)
            for row in self.fresh.rows["viewings"]
        ), "staff were shown words and no look was noted"  # fmt: skip
        self.count("a letter with words")

    def answered(self, person: Resident, calls: list[dict[str, Any]]) -> None:
        """No word of another's case, no note among staff, and nothing of anybody who is gone."""
        super().answered(person, calls)
        told = json.dumps(calls, ensure_ascii=False)
        for word, whose in self.words.items():
            assert word not in told or self.akin(person, whose), f"told {word} of another"
        assert not any(word in told for word in self.notes), "a note among staff was shown"

    def read_in(self, hay: bytes) -> list[Any]:
        """Which words of cases can be read in bytes that a thief would hold."""
        return leaks(hay, [*self.words, *self.notes])
