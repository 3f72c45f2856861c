"""What makes the desk write a letter: one occasion each, with invented people and words."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from kelisim import texts
from kelisim.desk import (
    access,
    acknowledgements,
    alerts,
    answers,
    cases,
    codes,
    consents,
    decisions,
    digests,
    explanations,
    handoffs,
    identity,
    kinds,
    letters,
    orders,
    outbox,
    replies,
    staff,
    subjects,
    suppressions,
    tellings,
    viewings,
)
from kelisim.desk.answers import FROM
from kelisim.desk.cases import Case
from kelisim.desk.operator import Staff
from kelisim.desk.replies import Draft
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

Act = Callable[[Visit], object]

WHATS = (  # a request that was taken back is due no more: that comes last
    handoffs.NEW, handoffs.MORE, handoffs.RETURNED, handoffs.SOON, handoffs.OVER, handoffs.MOVED, handoffs.TAKEN_BACK,
    handoffs.GONE,
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


def comes(visit: Visit) -> None:
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
    ground, until = _ground(visit, case), date(2027, 3, 31)
    decisions.refuse(visit, case.number, ground, ANSWERED[visit.locale], _erlan(visit), until)


def _ground(visit: Visit, case: Case) -> str:
    known = visit.operator.grounds.items()
    return next(code for code, ground in known if not ground.kinds or case.kind in ground.kinds)


def _asked(visit: Visit) -> Case:
    case = cases.begin(visit, cases.QUESTION, words=ASKED[visit.locale], answer_by=EMAIL)
    return cases.act(
        visit, case, cases.HANDED, to=cases.WITH_STAFF, actor=staff.DESK, assignee=_erlan(visit).address
    )


def _person(visit: Visit) -> Staff:
    """One who answers."""
    return staff.chosen(visit, cases.QUESTION)


def _erlan(visit: Visit) -> staff.Actor:
    """The same as an actor."""
    person = _person(visit)
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
ALONE: dict[str, Act] = {
    "digest": digests.post,
    "code": lambda visit: codes.send(visit, "example", _mailbox(visit)),
    "code-known": lambda visit: codes.send(visit, "example-known", _mailbox(visit), "code-known"),
    "stop-notice": lambda visit: suppressions.stop_address(visit, _mailbox(visit)),
    "answer-letter": _answer,
    "answer-letter-refusal": _refusal,
    "ack": lambda visit: acknowledgements.taken(visit, _by_letter(visit), _mailbox(visit), THEIR_LETTER),
    "ack-without-files": lambda visit: acknowledgements.taken(
        visit, _by_letter(visit), identity.email("other@poshta.example"), THEIR_LETTER, without_files=True
    ),
    "stop-ack": lambda visit: acknowledgements.stopped(visit, "S-7Q2MX4TB9", _mailbox(visit), THEIR_LETTER),
    "confirm": lambda visit: acknowledgements.asked(visit, _by_letter(visit), _mailbox(visit), THEIR_LETTER),
    "notice-letter": lambda visit: _late(visit),
    **{f"alert-letter-{what}": _alert(what) for what in alerts.WHAT},
    "file-letter": lambda visit: access.order(visit, access.MAIL),
    "conditions": lambda visit: letters.conditions(visit, "C-7Q2MX4TBD", CONDITIONS[visit.locale]),
    "alarm-telegram": _failing,
    "alarm-aside": lambda visit: letters.set_aside(visit, visit.at, "TooMuch"),
    "alarm-unread": lambda visit: letters.unread(
        visit, f"{visit.at - timedelta(minutes=40):%Y-%m-%d %H:%M}", "no answer"
    ),
    "alarm-not-arrived": lambda visit: letters.not_arrived(visit, _person(visit), "K-7Q2MX4TBD"),
    "alarm-looks": lambda visit: viewings.alarm(visit, _erlan(visit), 31, 1),
    "anchor": _anchor,
}


THEIR_LETTER = "<1@poshta.example>"  # what the letters by letter answer


def _late(visit: Visit) -> None:
    number = _by_letter(visit).number
    body = {"screen": "svc.late", "ref": number}
    outbox.post(visit, answers.NOTICE_LETTER, EMAIL, body, address=MAILBOXES[visit.locale], number=number)


def _by_letter(visit: Visit) -> Case:
    """A revocation that came by letter and nobody has confirmed yet."""
    facts = {FROM: MAILBOXES[visit.locale], acknowledgements.UNCONFIRMED: True}
    return cases.begin(visit, cases.REVOCATION, words=ASKED[visit.locale], facts=facts, answer_by=EMAIL)


def _echo(
    order: str, why: str = "", *, by: str = TELEGRAM, late: bool = False, other: bool = False, **details: Any
) -> Act:
    """The letter that shows one of the staff what they are about to do."""

    def act(visit: Visit) -> None:
        case = cases.answer_by(visit, _asked(visit), by)
        locale = next(each for each in texts.LOCALES if each != visit.locale) if other else visit.locale
        if order == orders.REFUSE:
            details["ground"] = _ground(visit, case)
        draft = Draft(order, words=ANSWERED[locale], letter="<2@alit.example>", **details)
        then = visit.at + timedelta(minutes=visit.operator.mail.echo_minutes) if late else None
        replies.begin(visit, case, draft, _person(visit), why=why, release_at=then)

    return act


def _told(what: str, **details: str) -> Act:
    """What one of the staff is told of their own reply."""

    def act(visit: Visit) -> None:
        case = _asked(visit) if what != tellings.GONE else None
        if what == tellings.OVERTAKEN:
            details.update(
                act=cases.ANSWERED, role="staff", by=_person(visit).address, at=visit.at.isoformat()
            )
        number = {"number": "K-7Q2MX4TBD"} if case is None else {}
        tellings.tell(visit, case, what, _person(visit), answers="<2@alit.example>", **details, **number)

    return act


# What staff get back when they reply.
OF_STAFF: dict[str, Act] = {
    "echo-answer": _echo(orders.ANSWER, late=True),
    "echo-answer-by-letter": _echo(orders.ANSWER, by=EMAIL),
    "echo-answer-other-language": _echo(orders.ANSWER, other=True),
    "echo-question": _echo(orders.ASK),
    "echo-refusal": _echo(orders.REFUSE, by=EMAIL),
    "echo-held": _echo(orders.ANSWER, replies.SENDER, claimed="e…n@alit.example"),
    "echo-write-anew": _echo(orders.ANSWER, replies.LEAK),
    "echo-note": _echo(orders.NOTE, replies.SENDER, claimed="e…n@alit.example"),
    **{f"told-{what}": _told(what) for what in (
        tellings.HELP, tellings.GROUND, tellings.COLLEAGUE, tellings.EMPTY, tellings.LONG, tellings.STANDS, tellings.OVERTAKEN,
        tellings.UNABLE, tellings.NOTHING, tellings.UNSAFE, tellings.GONE, tellings.NOTED, tellings.ASSIGNED, tellings.DROPPED,
    )},
    "told-template": _told(tellings.TEMPLATE, key="documents"),
    "told-number": _told(tellings.NUMBER, other="K-7Q2MX4TBD"),
    "told-cannot": _told(tellings.CANNOT, why="it is over"),
    "told-outsider": _told(tellings.OUTSIDER, who="x…y@mail.example"),
    "told-left": _told(tellings.LEFT, who="e…n@alit.example"),
}  # fmt: skip


def case(visit: Visit, kind: str) -> Case:
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


def write(visit: Visit, case: Case, what: str) -> None:
    if what == handoffs.MOVED and case.due is not None:
        before = case.due - timedelta(days=1)
        cases.remark(visit, case, cases.MOVED, f"{before}|{case.due}|{explanations.HOLIDAY}")
    known = cases.known(visit, case.number)
    if what == handoffs.TAKEN_BACK:
        cases.act(visit, known, cases.WITHDRAWN, to=cases.WITHDRAWN)
    handoffs.write(visit, case, what, case.assignee)
