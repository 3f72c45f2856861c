"""Silence about a changed text: when its day is over, who said nothing, and the pause of that one purpose (P03).

Nobody is paused before a week has passed since the last message left, whatever day it named.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, select

from kelisim.desk import broadcasts, cases, consents, gates, notices, subjects, versions
from kelisim.desk.broadcasts import POLICY, Broadcast
from kelisim.desk.purposes import Pair
from kelisim.desk.staff import DESK as BY_ITSELF
from kelisim.desk.visit import TELEGRAM, Found, Visit
from kelisim.store.models import Broadcast as Row
from kelisim.store.models import Consent, Contact, Fact, Subject

LEAST = 7  # days between the message and the pause, however late it left

_B, _C, _K, _S, _F = (
    Row.__table__.c, Consent.__table__.c, Contact.__table__.c, Subject.__table__.c, Fact.__table__.c,
)  # fmt: skip
_ENDED_BEFORE = select(_B.id).where(
    _B.kind == POLICY, _B.state.in_(bindparam("states", expanding=True)), _B.answer_by < bindparam("today")
)
_given = _C.state == consents.GIVEN
_SILENT = (
    select(_C.subject_id, _K.hash)
    .select_from(Consent)
    .outerjoin(Contact, (_K.subject_id == _C.subject_id) & (_K.channel == TELEGRAM))
    .join(Subject, (_S.id == _C.subject_id) & (_S.state != subjects.MERGED))
    .where(
        _C.purpose == bindparam("use"), _given, _C.version.not_in(bindparam("fresh", expanding=True)),
        _C.subject_id > bindparam("after"),
    )
    .order_by(_C.subject_id)
    .limit(bindparam("most"))
)  # fmt: skip
_STANDS = (
    select(_C.version)
    .where(_C.subject_id == bindparam("subject"), _C.purpose == bindparam("use"), _given)
    .with_for_update()
)
_FACT = select(_F.value).where(_F.name == bindparam("named"))


class Silent(NamedTuple):
    """Somebody who agreed to an older text and said nothing: their row, and the turn of their own visits."""

    subject_id: int
    turn: int | None


def due(visit: Visit) -> list[Broadcast]:
    """Campaigns whose last day is over and whose silent people are still to be paused."""
    return [
        one
        for one in opened(visit, visit.all(_ENDED_BEFORE, today=visit.today, states=[broadcasts.DONE]))
        if visit.today > last_day(visit, one) and not is_over(visit, one)
    ]


def opened(visit: Visit, rows: Sequence[Found]) -> list[Broadcast]:
    """The broadcasts of rows that name them, in order."""
    return [one for row in rows if (one := broadcasts.by_id(visit, row.id)) is not None]


def last_day(visit: Visit, broadcast: Broadcast) -> date:
    """The last day on which nobody is paused: the one that was named, and a week after the last message at least."""
    named = broadcast.answer_by or visit.today
    if broadcast.ended_at is None:
        return named
    return max(named, visit.day_of(broadcast.ended_at) + timedelta(days=LEAST))


def silent(visit: Visit, broadcast: Broadcast, pair: Pair, after: int, most: int) -> list[Silent]:
    """Those who agreed to an older text of a pair and said nothing, in order."""
    fresh = versions.since(visit, pair.code, broadcasts.version_asked(broadcast))
    return [
        Silent(
            row.subject_id, int.from_bytes(row.hash[:8], "big", signed=True) if row.hash is not None else None
        )
        for row in visit.all(_SILENT, use=pair.code, fresh=fresh, after=after, most=most)
    ]


def anybody(visit: Visit, pair: Pair, version: str) -> bool:
    """Whether anyone still stands by a text of a pair that is older than a version."""
    fresh = versions.since(visit, pair.code, version)
    return bool(visit.all(_SILENT, use=pair.code, fresh=fresh, after=0, most=1))


def pause(visit: Visit, broadcast: Broadcast, pair: Pair, subject_id: int) -> bool:
    """Pause one purpose of one silent person, with its record and receipt, and tell them; False: it is not to be (any more).

    The desk's own consent waits until no request of theirs is open, for with it the chat closes. Who has stopped messages gets
    the receipt and no notice.
    """
    stands = visit.one(_STANDS, subject=subject_id, use=pair.code)
    asked = versions.order(broadcasts.version_asked(broadcast))
    if stands is None or versions.order(stands.version) >= asked:
        return False
    visit.subject = subjects.by_id(visit, subject_id)
    if visit.subject is None:
        return False
    visit.locale = visit.subject.locale
    if pair.code == consents.DESK and cases.all_in_hand(visit):
        return False
    may_tell = gates.allows(visit, pair.code)
    number = consents.suspend(visit, pair.code)
    if number and may_tell and pair.code != consents.DESK:
        notices.tell(visit, notices.PAUSED, number)
    return bool(number)


def over(visit: Visit, broadcast: Broadcast) -> None:
    """Nobody is left to pause: the campaign is looked at no more."""
    if not is_over(visit, broadcast):
        visit.add(Fact, name=_fact(broadcast), value=visit.today.isoformat())


def is_over(visit: Visit, broadcast: Broadcast) -> bool:
    """Whether its silent people were paused, all of them."""
    return visit.one(_FACT, named=_fact(broadcast)) is not None


def late(visit: Visit) -> list[Broadcast]:
    """Campaigns that were still to leave when the day they name was over."""
    return opened(visit, visit.all(_ENDED_BEFORE, today=visit.today, states=list(broadcasts.LIVE)))


def belated(visit: Visit) -> int:
    """Stop those for good, for nobody could answer in time; nobody is paused for their sake. How many."""
    found = late(visit)
    for one in found:
        broadcasts.cancel(visit, one, BY_ITSELF)
    return len(found)


def _fact(broadcast: Broadcast) -> str:
    return f"renewal {broadcast.number}"
