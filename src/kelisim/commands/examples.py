"""An example desk: invented people in a store of its own, so that every letter can be read before anybody gets one.

Each example does what makes the desk write, and the courier composes the letter as it would for a person; only the wire
is missing. Nothing of a real store, mailbox or network is touched.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from kelisim import app as house
from kelisim import texts
from kelisim.courier import smtp
from kelisim.courier.loop import Courier
from kelisim.courier.outcome import SENT, Outcome, Parcel
from kelisim.desk import (
    access,
    alerts,
    cases,
    codes,
    consents,
    decisions,
    erasure,
    explanations,
    handoffs,
    identity,
    kinds,
    letters,
    outbox,
    removals,
    staff,
    subjects,
    suppressions,
    viewings,
)
from kelisim.desk.cases import Case
from kelisim.desk.documents import Shelf
from kelisim.desk.operator import Operator
from kelisim.desk.visit import EMAIL, TELEGRAM, Desk, Visit, zone
from kelisim.store import schema
from kelisim.store.database import Database, open_database
from kelisim.store.sealed import Vault
from kelisim.telegram import dialogue

assert dialogue.NOUNS  # whoever registers how an act is undone, or a file made, is loaded with the chat

T = TypeVar("T")
URL = "https://desk.example"
NOW = (2026, 11, 24, 11, 0)  # a working day, in working hours
BEFORE = timedelta(
    days=30
)  # when the people of the example came: their mailboxes are old enough for anything
WHATS = (  # a request that was taken back is due no more: that comes last
    handoffs.NEW, handoffs.MORE, handoffs.SOON, handoffs.OVER, handoffs.MOVED, handoffs.TAKEN_BACK, handoffs.GONE,
)  # fmt: skip
NAMES = {"kk": ("Айгүл", "Нұрланова"), "ru": ("Диас", "Ахметов"), "en": ("Saule", "Kim")}
MAILBOXES = {"kk": "aigul@poshta.example", "ru": "dias@pochta.example", "en": "saule@mail.example"}

# What the invented people wrote, and what the invented staff answered.
ASKED = {
    "kk": "Сәлеметсіз бе!\nМенің нөмірім сіздерге қайдан келді? Мен оны ешкімге бермеген едім.",
    "ru": "Здравствуйте!\nОткуда у вас мой номер? Я его никому не давал.",
    "en": "Hello,\nwhere did you get my number from? I never gave it to anybody.",
}
ADDED = {
    "kk": "Толықтырамын: SMS 20 қарашада келген еді.",
    "ru": "Дополняю: SMS пришла 20 ноября.",
    "en": "To add: the text message came on 20 November.",
}
ANSWERED = {
    "kk": "Сәлеметсіз бе!\n\nНөміріңізді 2025 жылы сауалнамада өзіңіз көрсетіпсіз. Қаласаңыз, оны жоямыз.\n\nКүн жақсы өтсін!",
    "ru": "Здравствуйте!\n\nНомер Вы указали сами в анкете 2025 года. Если хотите, мы его удалим.\n\nХорошего дня!",
    "en": "Hello,\n\nyou gave the number yourself in a form in 2025. We delete it if you wish.\n\nHave a good day!",
}
CONDITIONS = {
    "kk": "Тек аты-жөнім жариялансын, суретім емес.",
    "ru": "Публиковать только имя и фамилию, без фотографии.",
    "en": "Publish my name only, no picture.",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A letter as it would leave: what it shows, in which language, of which kind of outbox message."""

    name: str
    locale: str
    kind: str
    message: EmailMessage

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        found = self.message.get_body((kind,))
        assert found is not None
        content: str = found.get_content()
        return content


Act = Callable[[Visit], object]


async def letters_of(operator: Operator, locale: str) -> AsyncGenerator[Example, None]:
    """Every kind of letter the desk writes, in one language."""
    with tempfile.TemporaryDirectory(prefix="kelisim-letters-") as folder:
        url = f"sqlite+aiosqlite:///{Path(folder, 'example.db')}"
        await schema.migrate(url)
        desk = _desk(operator, locale)
        database = open_database(url)
        try:
            await database.keep(lambda connection: house.agree_with_store(desk, connection))
            scene = Scene(desk, database, locale)
            async with aclosing(_story(scene)) as told:
                async for example in told:
                    yield example
        finally:
            await database.close()


def _desk(operator: Operator, locale: str) -> Desk:
    """A desk with keys of its own whose staff read this language; its clock stands a month before the letters."""
    people = tuple(
        person.model_copy(update={"locale": locale, "absent_until": None}) for person in operator.staff
    )
    operator = operator.model_copy(update={"staff": people})
    shelf = Shelf(operator, [texts.LOCALES_FOLDER], trial=True)
    key = secrets.token_bytes(32)
    vault = Vault({1: secrets.token_bytes(32)}, (key,))
    desk = Desk(operator, shelf, vault, house.calendar_of(operator), receipt_key=key, url=URL)
    desk.clock.move(datetime(*NOW, tzinfo=zone(operator.zone)) - BEFORE - desk.clock.now())
    return desk


@dataclass(slots=True)
class Scene:
    """The example desk of one language."""

    desk: Desk
    database: Database
    locale: str
    people: int = 0

    async def do(self, work: Callable[[Visit], T], person: int = 1, door: str = TELEGRAM) -> T:
        """One visit of an invented person."""

        def whole(connection: Connection) -> T:
            visitor = subjects.visitor(self.desk, TELEGRAM, str(person))
            visit = Visit(connection, self.desk, door, "example", self.desk.clock.now(), self.locale, visitor)
            subjects.recognise(visit)
            with texts.speaking(self.locale):
                return work(visit)

        return await self.database.keep(whole)

    async def leaving(self, name: str) -> list[Example]:
        """The letters that leave now, as the courier makes them."""
        taken: list[Parcel] = []

        async def take(parcel: Parcel) -> Outcome:
            taken.append(parcel)
            return Outcome(SENT)

        courier = Courier(self.desk, self.database, EMAIL, take, per_second=1e6)
        while await courier.round():
            pass
        made = sorted(taken, key=lambda parcel: parcel.message.id)
        return [
            Example(f"{name}-{n}" if n > 1 else name, self.locale, parcel.message.kind, self._letter(parcel))
            for n, parcel in enumerate(made, 1)
        ]

    def _letter(self, parcel: Parcel) -> EmailMessage:
        operator = self.desk.operator
        server = smtp.Server(
            "localhost", 25, "none", None, None, operator.mailbox, operator.name.kk, operator.mail.plus, URL
        )
        return smtp.letter(server, parcel)


async def _story(scene: Scene) -> AsyncGenerator[Example, None]:
    await scene.do(_comes, 1)
    await scene.do(_comes, 2)
    await scene.leaving("")
    scene.desk.clock.move(BEFORE)
    for name, act in ACTS.items():
        await scene.do(act)
        for example in await scene.leaving(name):
            yield example
    for kind in cases.KINDS:
        case = await scene.do(lambda visit, kind=kind: _case(visit, kind))  # type: ignore[misc]
        await scene.leaving("")
        for what in WHATS:
            await scene.do(lambda visit, what=what, case=case: _write(visit, case, what))  # type: ignore[misc]
            for example in await scene.leaving(
                f"{'reminder' if what in _REMINDERS else 'case'}-{kind}-{what}"
            ):
                yield example
    async with aclosing(_end(scene)) as told:
        async for example in told:
            yield example


_REMINDERS = (handoffs.SOON, handoffs.OVER)


def _comes(visit: Visit) -> None:
    """Somebody agrees at the desk, gives a name and proves a mailbox."""
    consents.give(visit, visit.desk.shelf.current("desk", visit.locale))
    name, surname = NAMES[visit.locale]
    subjects.keep_name(visit, identity.Name(surname, name))
    subjects.keep_email(visit, _mailbox(visit))


def _mailbox(visit: Visit) -> identity.Email:
    return identity.email(MAILBOXES[visit.locale])


def _answer(visit: Visit) -> None:
    case = _asked(visit)
    decisions.answer(visit, case.number, ANSWERED[visit.locale], _erlan(visit))


def _refusal(visit: Visit) -> None:
    case = _asked(visit)
    ground = next(
        code
        for code, ground in visit.operator.grounds.items()
        if not ground.kinds or case.kind in ground.kinds
    )
    decisions.refuse(visit, case.number, ground, ANSWERED[visit.locale], _erlan(visit), date(2027, 3, 31))


def _asked(visit: Visit) -> Case:
    case = cases.begin(visit, cases.QUESTION, words=ASKED[visit.locale], answer_by=EMAIL)
    return cases.act(
        visit, case, cases.HANDED, to=cases.WITH_STAFF, actor=staff.DESK, assignee=_erlan(visit).address
    )


def _erlan(visit: Visit) -> staff.Actor:
    """One who answers."""
    person = staff.chosen(visit, cases.QUESTION)
    return staff.Actor(person.role, f"example as {person.address}", person.address)


def _failing(visit: Visit) -> None:
    letters.failing(visit, f"{visit.at - timedelta(minutes=40):%Y-%m-%d %H:%M}", "TelegramNetworkError")


def _anchor(visit: Visit) -> None:
    letters.anchor(visit, 17, secrets.token_hex(32), 4, 1, 12)


def _alert(what: str) -> Act:
    def act(visit: Visit) -> None:
        case = cases.begin(visit, cases.ACCESS)
        outbox.post(visit, alerts.LETTER, EMAIL, {"what": what}, number=case.number)

    return act


# What the desk writes beside the letters about requests to staff.
ACTS: dict[str, Act] = {
    "code": lambda visit: codes.send(visit, "example", _mailbox(visit)),
    "code-known": lambda visit: codes.send(visit, "example-known", _mailbox(visit), "code-known"),
    "stop-notice": lambda visit: suppressions.stop_address(visit, _mailbox(visit)),
    "answer-letter": _answer,
    "answer-letter-refusal": _refusal,
    **{f"alert-letter-{what}": _alert(what) for what in alerts.WHAT},
    "file-letter": lambda visit: access.order(visit, access.MAIL),
    "conditions": lambda visit: letters.conditions(visit, "C-7Q2MX4TBD", CONDITIONS[visit.locale]),
    "alarm-telegram": _failing,
    "alarm-aside": lambda visit: letters.set_aside(visit, visit.at, "TooMuch"),
    "alarm-looks": lambda visit: viewings.alarm(visit, _erlan(visit), 31, 1),
    "anchor": _anchor,
}


def _case(visit: Visit, kind: str) -> Case:
    """A request of each kind, with all that can be said in it."""
    facts: dict[str, object] = {}
    name, surname = NAMES[visit.locale]
    match kind:
        case cases.CORRECTION:
            facts = {"field": "surname", "before": surname, "after": surname.upper()}
        case cases.BLOCKING:
            facts = {"reason": "wrong"}
        case cases.REVOCATION:
            facts = {"purposes": list(visit.operator.pairs)[:2], "record": "C-7Q2MX4TBD"}
        case cases.REPRESENTATION:
            facts = {
                "role": "parent", "whom": f"{surname} {name}", "reach": "+7 700 000 00 00", "until": "2027-12-31"
            }  # fmt: skip
        case cases.AUTHORITY:
            facts = {"what": kinds.named(cases.ACCESS)}
    nobodys = kind == cases.AUTHORITY
    kept = visit.subject
    if nobodys:
        visit.subject = None
    case = cases.begin(visit, kind, words=ASKED[visit.locale], facts=facts)
    visit.subject = kept
    cases.say(visit, case, cases.IN, ADDED[visit.locale])
    return cases.act(
        visit, case, cases.HANDED, to=cases.WITH_STAFF, actor=staff.DESK, assignee=_erlan(visit).address
    )


def _write(visit: Visit, case: Case, what: str) -> None:
    if what == handoffs.MOVED and case.due is not None:
        before = case.due - timedelta(days=1)
        cases.remark(visit, case, cases.MOVED, f"{before}|{case.due}|{explanations.HOLIDAY}")
    known = cases.known(visit, case.number)
    if what == handoffs.TAKEN_BACK:
        cases.act(visit, known, cases.WITHDRAWN, to=cases.WITHDRAWN)
    handoffs.write(visit, case, what, case.assignee)


async def _end(scene: Scene) -> AsyncGenerator[Example, None]:
    """Somebody who left the chat deletes everything; the certificate goes to the mailbox."""

    def leaves(visit: Visit) -> None:
        subjects.unreachable(visit, TELEGRAM, visit.visitor.hash)
        erasure.ask(visit)

    def destroys(visit: Visit) -> None:
        for row, _turn in removals.ready(visit, 10):
            removals.carry_out(visit, row)
        removals.certify(visit, visit.at)

    await scene.do(leaves, 2)
    await scene.leaving("")
    scene.desk.clock.move(timedelta(hours=25))
    await scene.do(destroys, 0)
    for example in await scene.leaving("certificate"):
        yield example
