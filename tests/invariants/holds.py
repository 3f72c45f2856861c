"""What must hold after every step, read from the store row by row and reckoned anew with a model of its own."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from tests.doorstep import NUMBER, Doorstep
from tests.invariants.residents import Resident

from kelisim.courier.outcome import Parcel
from kelisim.desk import consents
from kelisim.desk.documents import Document
from kelisim.desk.visit import CHANNELS, EMAIL, TELEGRAM, Visit
from kelisim.store.models import Base

ALMATY = ZoneInfo("Asia/Almaty")
TABLES = (
    "subjects", "contacts", "profile", "consent_records", "consents", "suppressions", "outbox", "ledger", "codes",
    "documents_shown", "cases", "case_events", "case_messages", "attachments", "viewings", "holds", "representations",
    "erasures", "links", "merges",
)  # fmt: skip
# What destruction and retention empty, and nothing else: the columns that the register calls unlinked or kept of staff.
ERASABLE = {"consent_records": ("subject_id", "evidence", "source"), "case_events": ("actor",)}
ANYBODY = ("code", "code-known", "stop-notice")  # fixed text, to an address nobody has proved
TO_STAFF = ("case", "reminder", "conditions", "alarm", "anchor")
# What may show the person's own data to them, or a case's to who works on it; to the chat only a number and a state go.
PERSONAL = ("receipt", "case", "reminder", "conditions", "answer-letter", "file", "file-letter")
OUTCOMES = {"sent", "failed", "uncertain", "cancelled", "expired", "dropped"}
ONCE = {"code", "code-known", "broadcast"}
FOLDED = {"given", "withdrawn", "expired", "suspended", "ending"}


@dataclass(slots=True)
class Store:
    """All rows of the tables that matter, as dictionaries."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})

    def of(self, table: str, **values: Any) -> list[dict[str, Any]]:
        """The rows with these values."""
        return [row for row in self.rows[table] if all(row[name] == value for name, value in values.items())]


async def read(step: Doorstep) -> Store:
    """The store as it is now."""

    def rows(visit: Visit) -> Store:
        found = {}
        for name in TABLES:
            told = visit.connection.execute(select(Base.metadata.tables[name])).mappings()
            found[name] = [dict(row) for row in told]
        return Store(found)

    told: Store = await step.keep(rows)
    return told


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop as the machine saw it made: when, on which channel, of which address."""

    at: datetime
    channel: str
    address: str


@dataclass(slots=True)
class Issued:
    """A code as its letter told it."""

    digits: str
    expires: datetime
    sent_at: datetime
    tries: int = 0


class Book:
    """The machine's own memory of what everybody did, beside what the store says."""

    def __init__(self, step: Doorstep, people: Iterable[Resident]) -> None:
        self.step = step
        self.people = list(people)
        self.hashes = {step.desk.vault.find(TELEGRAM, str(each.values.id)): each for each in self.people}
        self.owners: dict[int, Resident] = {}  # whose a subject was, also when it is gone
        # Who said Yes to being one person with another; parted again they still know what they were shown meanwhile.
        self.kin = {each.values.id: {each.values.id} for each in self.people}
        self.rounding = False  # the caretaker goes round: only it destroys, unlinks and forgets
        self.store = Store()
        self.fresh = Store()  # as the courier's round left it
        self.stops: list[Stop] = []
        self.away: set[int] = set()  # ids of people whose chat takes nothing
        self.handed: dict[int, str] = {}  # an outbox row and the outcome the wire gave
        self.documents: dict[tuple[str, str], Document] = {}  # by token and locale
        self.pressed: dict[
            int, tuple[str, str, str | None]
        ] = {}  # the last agreement pressed: token, locale, its screen
        self.codes: dict[tuple[bytes, str], Issued] = {}
        self.typed: dict[int, str] = {each.values.id: "" for each in self.people}
        self.shelve()

    def shelve(self) -> None:
        """Remember every document of today's shelf."""
        shelf = self.step.desk.shelf
        for name in shelf.names():
            for locale in ("kk", "ru", "en"):
                document = shelf.current(name, locale)
                self.documents[document.token, locale] = document

    def subject(self, person: Resident) -> dict[str, Any] | None:
        """The subject whose chat this is."""
        found = self.step.desk.vault.find(TELEGRAM, str(person.values.id))
        contact = next(iter(self.store.of("contacts", channel=TELEGRAM, hash=found)), None)
        return self.store.of("subjects", id=contact["subject_id"])[0] if contact else None

    def owner(self, subject_id: int) -> Resident:
        """The person behind a subject, the first whose chat it had; raises KeyError where no chat ever was."""
        return self.owners[subject_id]

    def remember(self) -> None:
        """Note whose chat leads to which subject; two chats of one subject are of people who said they are one."""
        chats: dict[int, list[Resident]] = {}
        for row in self.store.of("contacts", channel=TELEGRAM):
            self.owners.setdefault(row["subject_id"], self.hashes[row["hash"]])
            chats.setdefault(row["subject_id"], []).append(self.hashes[row["hash"]])
        for together in chats.values():
            one = set().union(*(self.kin[each.values.id] for each in together))
            for each in together:
                self.kin[each.values.id] |= one

    def akin(self, one: Resident, other: Resident) -> bool:
        """Whether two people are, or were, one person for the desk by the Yes of both."""
        return other.values.id in self.kin[one.values.id]

    def is_frozen(self, store: Store, subject_id: int) -> bool:
        """Whether the rows say that nothing of this subject may change or be sent: blocked, being destroyed, or held."""
        today = self.step.desk.clock.now().astimezone(ALMATY).date()
        state = next((row["state"] for row in store.of("subjects", id=subject_id)), "")
        return state in ("blocked", "erasing") or any(
            row["ended_at"] is None and (row["until"] is None or row["until"] >= today)
            for row in store.of("holds", subject_id=subject_id)
        )

    def mailboxes(self, subject_id: int) -> dict[bytes, str]:
        """The proved mailboxes of a subject, opened: keyed hash and address."""
        unseal = self.step.desk.vault.unseal
        return {
            row["hash"]: unseal("contacts", "address", row["id"], row["address"])
            for row in self.store.of("contacts", channel=EMAIL, subject_id=subject_id)
            if row["confirmed_at"] is not None
        }

    def stopped(self, person: Resident, scope: str) -> None:
        """Note a stop a person has just made; of people we do not know, of their chat alone."""
        now, subject = self.step.desk.clock.now(), self.subject(person)
        channels = CHANNELS if scope == "all" and subject else (TELEGRAM,) if not subject else (scope,)
        for channel in channels:
            self.stops.append(Stop(now, channel, str(person.values.id)))
            if channel == EMAIL and subject:
                self.stops += [
                    Stop(now, EMAIL, each.casefold()) for each in self.mailboxes(subject["id"]).values()
                ]

    def may_go(self, subject_id: int, purpose: str, address: str) -> str:
        """Why a message that needs consent may not go to this address now; empty when it may (I1)."""
        now, person = self.step.desk.clock.now(), self.owner(subject_id)
        today, channel = now.astimezone(ALMATY).date(), purpose.rpartition("-")[2]
        theirs = sorted(
            self.store.of("consent_records", subject_id=subject_id), key=lambda row: (row["at"], row["id"])
        )
        acts = [row for row in theirs if row["purpose"] == purpose and row["act"] in FOLDED]
        if not acts or acts[-1]["act"] != "given":
            return "there is no consent"
        until: date | None = acts[-1]["valid_until"]
        if until is not None and until < today:
            return f"its last day was {until}"
        if self.is_frozen(self.store, subject_id):
            return "the data are blocked or held"
        if channel == TELEGRAM and person.values.id in self.away:
            return "the chat takes nothing"
        resumed = [row["at"] for row in theirs if row["act"] == "resumed" and row["purpose"] == channel]
        lifted = max([acts[-1]["at"], *resumed])
        for stop in self.stops:
            if (
                stop.channel == channel
                and stop.address in (address.casefold(), address, str(person.values.id))
                and stop.at >= lifted
            ):
                return f"stopped at {stop.at}"
        if not 9 <= now.astimezone(ALMATY).hour < 21:
            return "it is quiet now"
        return ""

    def able(self, purpose: str, channel: str) -> set[int]:
        """The subjects a message of this purpose may go to now, by the model."""
        found = set()
        for row in self.store.of("contacts", channel=channel):
            if row["confirmed_at"] is None or self.owners.get(row["subject_id"]) is None:
                continue
            address = self.step.desk.vault.unseal("contacts", "address", row["id"], row["address"])
            if row["reachable"] and not self.may_go(row["subject_id"], purpose, address):
                found.add(row["subject_id"])
        return found

    def delivered(self, parcels: list[Parcel], outcome: str) -> None:
        """What the courier handed over, judged by the store as it stood before (I1, I2, I15)."""
        for parcel in parcels:
            message = parcel.message
            before = self.handed.get(message.id)
            assert before in (None, "later") or (
                before == "unknown" and not message.purpose and message.kind not in ONCE
            ), f"{message.kind} {message.id} was handed over again after {before}"
            self.handed[message.id] = outcome
            if message.purpose:
                assert message.subject_id is not None
                fault = self.may_go(message.subject_id, message.purpose, parcel.address)
                assert not fault, f"{message.purpose} left although {fault}"
            self.own_eyes(parcel)
        for parcel in parcels:
            if outcome == "gone" and parcel.message.channel == TELEGRAM:
                self.away.add(int(parcel.address))

    def own_eyes(self, parcel: Parcel) -> None:
        """A parcel goes to one of the owner's own addresses and tells of nobody else; unproved ones get fixed text."""
        told = json.dumps(parcel.body, ensure_ascii=False, default=str)
        message = parcel.message
        owner = self.owners.get(message.subject_id) if message.subject_id is not None else None
        if message.kind not in ANYBODY and message.subject_id is not None:
            assert owner is not None
            if message.kind not in TO_STAFF:
                self.own_address(parcel, owner)
        for person in self.people:
            for canary in person.values.canaries():
                theirs = owner is not None and (
                    self.akin(owner, person) or str(canary) in self.typed[owner.values.id]
                )
                assert (theirs and message.kind in PERSONAL) or str(canary) not in told, (
                    f"{message.kind} to {parcel.address} tells {canary}"
                )

    def own_address(self, parcel: Parcel, owner: Resident) -> None:
        """What is about a person goes to their chat or to a mailbox they proved, now or until three days ago."""
        if parcel.message.channel == TELEGRAM:
            assert int(parcel.address) in self.kin[owner.values.id]
        elif parcel.message.kind != "alert-letter":  # also goes to the mailbox that was changed (T-ID-08)
            assert parcel.address in self.mailboxes(parcel.message.subject_id or 0).values()

    def answered(self, person: Resident, calls: list[dict[str, Any]]) -> None:
        """A screen shows nobody else's values but what this very person typed (I2), and no number that is not there (I6)."""
        for call in calls:
            told = json.dumps(call, ensure_ascii=False)
            if call["method"] != "answerCallbackQuery":
                assert call["chat_id"] == person.values.id
            for other in self.people:
                if not self.akin(person, other):
                    for canary in other.values.canaries():
                        assert str(canary) not in told or str(canary) in self.typed[person.values.id], (
                            f"told {canary}"
                        )
            for number in (
                NUMBER.findall(call.get("text", "")) if call.get("text", "").startswith("✔") else ()
            ):
                # A stop that outlives its person gets a number of its own, which leads to nothing in the ledger (T-STORE-11).
                kept = self.store.of("ledger", number=number) or self.store.of("suppressions", number=number)
                assert kept, f"{number} was confirmed and is not in the store"

    async def look(self) -> None:
        """Read the store again and hold against it what was there before."""
        before, self.store = self.store, await read(self.step)
        self.remember()
        self.grows(before, "consent_records", ())
        self.grows(before, "case_events", ())
        self.grows(before, "ledger", ("position", "chain"))
        self.once(before)
        self.shown(before)
        self.promises(before)
        self.secrets()
        self.phones()
        assert await self.step.keep(consents.differences) == []

    def phones(self) -> None:
        """A phone is kept only as its owner's own contact."""
        for row in self.store.of("contacts", channel="phone"):
            owner = self.owner(row["subject_id"])
            own = [each.values.phone for each in self.people if self.akin(owner, each)]
            proved = [self.step.desk.vault.find("phone", number) for number in own]
            assert row["hash"] in proved, "a card of another proved a number"

    def grows(self, before: Store, table: str, later: tuple[str, ...]) -> None:
        """Rows that were there are there, word for word; `later` columns may be filled once (I5)."""
        now = {row["id"]: row for row in self.store.rows[table]}
        for row in before.rows[table]:
            for name, value in row.items():
                if self.rounding and name in ERASABLE.get(table, ()) and now[row["id"]][name] in (None, ""):
                    continue
                if value is not None or name not in later:
                    assert now[row["id"]][name] == value, f"{table}.{name} was rewritten"

    def once(self, before: Store) -> None:
        """One act has one number, and each piece of evidence carried one act (I6)."""
        carried: dict[bytes, set[str]] = {}
        for row in self.store.rows["consent_records"]:
            if row["door"] == TELEGRAM and row["evidence"] is not None:
                carried.setdefault(row["evidence"], set()).add(row["number"])
        assert all(len(found) == 1 for found in carried.values())

    def shown(self, before: Store) -> None:
        """Each new "given" names the document whose token was on the pressed button, and it stood on that screen (I3)."""
        known = {row["id"] for row in before.rows["consent_records"]}
        for row in self.store.of("consent_records", act="given"):
            if row["id"] in known:
                continue
            carried = urlsafe_b64encode(bytes.fromhex(row["digest"])[:12]).decode()
            pressed = [self.pressed.get(each) for each in self.kin[self.owner(row["subject_id"]).values.id]]
            (found,) = [each for each in pressed if each is not None and each[0] == carried][:1]
            token, locale, screen = found
            assert row["locale"] == locale
            document = self.documents[token, locale]
            assert (row["digest"], row["version"]) == (document.digest, document.version)
            assert document.name == row["purpose"]
            if screen is not None:
                assert document.summary in screen, (
                    f"{row['purpose']} was given on a screen that does not say what to"
                )

    def promises(self, before: Store) -> None:
        """An outbox row ends once, in one outcome, and then holds neither words nor address (I15)."""
        ended = {row["id"]: row["state"] for row in before.rows["outbox"] if row["settled_at"] is not None}
        for row in self.store.rows["outbox"]:
            if row["settled_at"] is None:
                assert row["state"] in ("waiting", "claimed")
                assert row["id"] not in ended
            else:
                assert row["state"] in OUTCOMES
                assert row["body"] is None and row["address"] is None, (
                    f"{row['kind']} {row['state']} keeps its words"
                )
                assert ended.get(row["id"], row["state"]) == row["state"]

    def secrets(self) -> None:
        """Never more than five tries; what the letter said is remembered beside (I12)."""
        for row in self.store.rows["codes"]:
            assert row["tries"] <= 5
            key, known = (row["asker"], row["use"]), self.codes.get((row["asker"], row["use"]))
            if known is None or known.sent_at != row["sent_at"]:
                self.codes[key] = Issued(
                    self._digits(row["sent_at"]), row["expires"], row["sent_at"], row["tries"]
                )
                assert row["expires"] - row["sent_at"] == timedelta(minutes=10)

    def _digits(self, sent_at: datetime) -> str:
        row = next(
            row
            for row in self.store.rows["outbox"]
            if row["kind"].startswith("code") and row["at"] == sent_at
        )
        if row["body"] is None:
            return "gone"
        told: str = json.loads(self.step.desk.vault.unseal("outbox", "body", row["id"], row["body"]))["text"]
        return next(word for word in told.replace("\n", " ").split() if len(word) == 6 and word.isdecimal())

    def code_typed(self, person: Resident, use: str, words: str, before: Store) -> None:
        """A typed code counts as one try of a living code, and proves only when it is the right one (I12)."""
        asker = self.step.desk.vault.find(TELEGRAM, str(person.values.id))
        rows = before.of("codes", asker=asker, use=use)
        after = self.store.of("codes", asker=asker, use=use)
        issued = self.codes.get((asker, use))
        if not rows or issued is None:
            assert not after, "a code appeared from nowhere"
            return
        now = self.step.desk.clock.now()
        alive = rows[0]["tries"] < 5 and rows[0]["expires"] > now
        digits = "".join(str(int(letter)) for letter in words if letter.isdecimal())
        if alive and digits == issued.digits:
            assert not after, "the right code was not taken"
        elif alive:
            assert after and after[0]["tries"] == rows[0]["tries"] + 1, "a wrong code was not counted"
        else:
            assert after and after[0]["tries"] == rows[0]["tries"], "a dead code was compared"
