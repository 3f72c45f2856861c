"""What makes the desk write letters about a broadcast, and one of its own: one occasion each, with invented words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from kelisim.desk import broadcasts, circulars, consents, dispatches, drafts, notices, outbox, proofs, staff
from kelisim.desk.broadcasts import Broadcast, Content
from kelisim.desk.operator import Staff
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

Act = Callable[[Visit], object]

NEWS = Content(
    texts={
        "kk": "<b>Сенбіде ашықпыз</b>\n28 қарашада сағат 10:00-ден 14:00-ге дейін кеңседе адамдарды қабылдаймыз.",
        "ru": "<b>Работаем в субботу</b>\n28 ноября с 10:00 до 14:00 принимаем людей в офисе.",
        "en": "<b>Open on Saturday</b>\nOn 28 November we see people at the office from 10:00 to 14:00.",
    },
    subjects={"kk": "Сенбіде ашықпыз", "ru": "Работаем в субботу", "en": "Open on Saturday"},
)
TOLD = {
    "to": {"email kk": 61, "email ru": 48, "telegram kk": 212, "telegram ru": 187, "telegram en": 9},
    "out": {"telegram stopped": 14, "telegram unreachable": 6},
}


def _purpose(visit: Visit) -> str:
    """A purpose people agree to by both channels, or by one."""
    found = [
        pair for pair in visit.operator.pairs.values() if pair.channel == EMAIL and not pair.purpose.promotion
    ]
    return (found or [pair for pair in visit.operator.pairs.values() if pair.channel == EMAIL])[
        0
    ].purpose.code


def _writer(visit: Visit) -> Staff:
    return staff.responsible(visit)


def _author(visit: Visit) -> staff.Actor:
    person = _writer(visit)
    return staff.Actor(person.role, f"example as {person.address}", person.address)


def _ready(visit: Visit) -> Broadcast:
    code = _purpose(visit)
    ways = {pair.channel for pair in visit.operator.pairs.values() if pair.purpose.code == code}
    channels = tuple(channel for channel in (TELEGRAM, EMAIL) if channel in ways)
    one = drafts.edit(visit, drafts.begin(visit, _author(visit), code, channels), NEWS)
    return drafts.counted(visit, one, TOLD)


def _confirmed(visit: Visit, *, approval: bool = False, told: bool = False) -> Broadcast:
    """One that was confirmed; its letters of that moment are for `told` alone."""
    one, kept = _ready(visit), visit.desk.operator
    rules = kept.broadcast.model_copy(
        update={"approval": approval, "approval_above": 200 if told else 1_000_000}
    )
    visit.desk.operator = kept.model_copy(update={"broadcast": rules})
    try:
        return broadcasts.confirm(visit, one, one.digest, _author(visit))
    finally:
        visit.desk.operator = kept


def _paused(visit: Visit, cause: str, event: str) -> None:
    running = broadcasts.start(visit, _confirmed(visit))
    dispatches.tell(visit, broadcasts.pause(visit, running, cause), event)


def _missed(visit: Visit) -> None:
    late = replace(visit, at=visit.at + timedelta(hours=3))
    dispatches.tell(visit, broadcasts.start(late, _confirmed(visit)), dispatches.MISSED)


def _done(visit: Visit) -> None:
    over = broadcasts.done(visit, broadcasts.start(visit, _confirmed(visit)))
    dispatches.tell(visit, over, dispatches.DONE)


def _stopped(visit: Visit) -> None:
    one = _confirmed(visit)
    circulars.stop(visit, circulars.token(visit.desk, one, _writer(visit).address))


def _as_people_get_it(visit: Visit) -> None:
    body = {"broadcast": _ready(visit).id, "locale": visit.locale}
    outbox.post(visit, proofs.KIND, EMAIL, body, address=_writer(visit).address, to_subject=False)


def _suspended(visit: Visit) -> None:
    code = next(code for code, pair in visit.operator.pairs.items() if pair.channel == EMAIL)
    consents.give(visit, visit.desk.shelf.current(code, visit.locale))
    number = consents.suspend(visit, code)
    outbox.post(
        visit, notices.LETTER, EMAIL, {"screen": notices.PAUSED, "number": number}, number=number
    )  # fmt: skip


OF_BROADCASTS: dict[str, Act] = {
    "bulletin-delayed": lambda visit: _confirmed(visit, told=True),
    "bulletin-approving": lambda visit: _confirmed(visit, approval=True, told=True),
    "bulletin-failures": lambda visit: _paused(visit, broadcasts.FAILURES, dispatches.FAILURES),
    "bulletin-night": lambda visit: _paused(visit, broadcasts.NIGHT, dispatches.NIGHT),
    "bulletin-missed": _missed,
    "bulletin-stopped": _stopped,
    "bulletin-done": _done,
    "broadcast": _as_people_get_it,
    "renewal-letter-paused": _suspended,
}
