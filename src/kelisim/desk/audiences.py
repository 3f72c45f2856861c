"""Who a broadcast reaches: counted before it is sent, addressed row by row when it starts.

Both ask the conditions of the one gate (`gates`) of whole ranges of people instead of one, so what is counted is what is
addressed, and what is addressed is asked once more when it is claimed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)

from kelisim.desk import broadcasts, consents, gates, outbox, subjects, versions
from kelisim.desk.broadcasts import BREACH, POLICY, Broadcast
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.models import Broadcast as Row
from kelisim.store.models import Consent, Contact, OutboxMessage, Subject

BATCH = 500  # people in one transaction: some milliseconds, so that nobody who writes beside it waits

# Why people are left out, in the order in which they are asked.
WITHDRAWN, EXPIRED, SUSPENDED = "withdrawn", "expired", "suspended"
BLOCKED, UNREACHABLE, STOPPED = "blocked", "unreachable", "stopped"
REASONS = (WITHDRAWN, EXPIRED, SUSPENDED, BLOCKED, UNREACHABLE, STOPPED)
OPEN = "open"

_B, _S, _C = Row.__table__.c, Subject.__table__.c, Contact.__table__.c
_verdict = case(
    (Consent.state.in_((consents.EXPIRED, consents.ENDING)), EXPIRED),
    (Consent.state == consents.SUSPENDED, SUSPENDED),
    (Consent.state != consents.GIVEN, WITHDRAWN),
    (Consent.valid_until < bindparam("today"), EXPIRED),
    ((~gates.open_state) | gates.held, BLOCKED),
    (~gates.reachable, UNREACHABLE),
    (~gates.writable, STOPPED),
    else_=OPEN,
)
_COUNT = (
    select(Subject.locale, _verdict.label("verdict"), func.count())
    .select_from(Consent)
    .join(Subject, Subject.id == Consent.subject_id)
    .where(Consent.purpose == bindparam("use"), Subject.state != subjects.MERGED)
    .group_by(Subject.locale, literal_column("verdict"))
)
# A change of the policy is told to those who agreed to an older version than the one it is about.
_older = Consent.version.not_in(bindparam("fresh", expanding=True))
_COUNT_OLDER = _COUNT.where(_older)
_given = Consent.state == literal_column(f"'{consents.GIVEN}'")
_UPPER = (
    select(Consent.subject_id)
    .where(Consent.purpose == bindparam("use"), _given, Consent.subject_id > bindparam("after"))
    .order_by(Consent.subject_id)
    .offset(BATCH - 1)
    .limit(1)
)
_LAST = select(func.max(Consent.subject_id)).where(
    Consent.purpose == bindparam("use"), _given, Consent.subject_id > bindparam("after")
)


def _rows(purpose: Any, people: Select[Any], who: Any) -> Any:
    """The statement that makes an outbox row for each of these people; its language and address are found at the claim."""
    made = people.add_columns(
        (bindparam("base", type_=_B.id.type) + func.row_number().over(order_by=who)).label("id"),
        bindparam("kind"), bindparam("by"), purpose, bindparam("named"), literal(""), literal(outbox.WAITING),
        bindparam("now", type_=_B.at.type), literal(0, Integer), literal(""), literal(""), bindparam("at", type_=_B.at.type),
        bindparam("row", type_=_B.id.type),
    )  # fmt: skip
    return insert(OutboxMessage).from_select(
        ["subject_id", "id", "kind", "channel", "purpose", "number", "locale", "state", "due", "attempts", "token", "cause",
         "at", "broadcast_id"],
        made, include_defaults=False,
    )  # fmt: skip


_people = (
    select(Consent.subject_id)
    .join(Subject, Subject.id == Consent.subject_id)
    .where(
        Consent.purpose == bindparam("use"), Consent.subject_id > bindparam("after"), Consent.subject_id <= bindparam("upto"),
        gates.in_force, gates.open_state, ~gates.held, gates.writable,
    )
)  # fmt: skip
_ADDRESS = _rows(bindparam("use"), _people, Consent.subject_id)
_ADDRESS_OLDER = _rows(bindparam("use"), _people.where(_older), Consent.subject_id)

# A notice of a breach goes to everybody who can be reached, by one way each: the chat, else the mailbox.
_reached = and_(_C.subject_id == _S.id, _C.confirmed_at.is_not(None), _C.reachable)
_by_chat = select(_C.id).where(_reached, _C.channel == TELEGRAM).correlate(Subject.__table__).exists()
_by_mail = select(_C.id).where(_reached, _C.channel == EMAIL).correlate(Subject.__table__).exists()
_way = case((_by_chat, TELEGRAM), (_by_mail, EMAIL), else_=UNREACHABLE)
_living = _S.state != subjects.MERGED
_COUNT_ALL = (
    select(_S.locale, _way.label("way"), func.count())
    .where(_living)
    .group_by(_S.locale, literal_column("way"))
)
_SOME_PEOPLE, _SOME_CONSENTS = (
    select(func.count()).select_from(select(column).limit(bindparam("most")).subquery())
    for column in (_S.id, Consent.subject_id)
)
_UPPER_ALL = (
    select(_S.id).where(_living, _S.id > bindparam("after")).order_by(_S.id).offset(BATCH - 1).limit(1)
)
_LAST_ALL = select(func.max(_S.id)).where(_living, _S.id > bindparam("after"))
_ADDRESS_ALL = _rows(
    literal(""),
    select(_S.id).where(
        _living, _S.id > bindparam("after"), _S.id <= bindparam("upto"), _way == bindparam("by")
    ),
    _S.id,
)
_GO_ON = (
    update(Row)
    .where(_B.id == bindparam("row"), _B.cursor == bindparam("was"), _B.step == bindparam("on"))
    .values(
        step=bindparam("next"), cursor=bindparam("upto"), addressed=_B.addressed + bindparam("made"),
        addressed_at=bindparam("over"),
    )
)  # fmt: skip


class Count(NamedTuple):
    """How many messages would go out, by (channel, locale), and who is left out, by (channel, reason)."""

    to: dict[tuple[str, str], int]
    out: dict[tuple[str, str], int]

    def told(self) -> dict[str, Any]:
        """The count as it is kept with the broadcast: keys such as "telegram kk"."""
        return {
            "to": {" ".join(key): n for key, n in sorted(self.to.items()) if n},
            "out": {" ".join(key): n for key, n in sorted(self.out.items()) if n},
        }


def large(visit: Visit, broadcast: Broadcast, most: int) -> bool:
    """Whether more than about `most` people have to be looked at to count it; asking costs next to nothing at any size.

    A count also walks past those who took their consent back, and a notice of a breach past everybody, so the rows say it
    and not the counters alone; they are counted no further than it takes.
    """
    if broadcast.kind == BREACH:
        return _more(visit, _SOME_PEOPLE, most)
    if sum(consents.how_many(visit, pair.code) for pair in broadcast.pairs(visit)) > most:
        return True
    return _more(
        visit, _SOME_CONSENTS, most * len(visit.operator.pairs)
    )  # each person has so many rows at most


def _more(visit: Visit, some: Any, most: int) -> bool:
    row = visit.one(some, most=most + 1)
    return row is not None and int(row[0]) > most


def count(visit: Visit, broadcast: Broadcast) -> Count:
    """Whom it would reach now, and who is left out and why. One pass over the purpose's consents: seconds at a million."""
    to: dict[tuple[str, str], int] = {}
    out: dict[tuple[str, str], int] = {}
    if broadcast.kind == BREACH:
        for locale, way, n in visit.all(_COUNT_ALL):
            if way in broadcast.channels:
                to[way, locale] = n
            else:
                out[way, UNREACHABLE] = out.get((way, UNREACHABLE), 0) + n
        return Count(to, out)
    for pair in broadcast.pairs(visit):
        asked = {
            "use": pair.code,
            "by": pair.channel,
            "today": visit.today,
            **_fresh(visit, broadcast, pair.code),
        }
        for locale, verdict, n in visit.all(_COUNT_OLDER if "fresh" in asked else _COUNT, **asked):
            if verdict == OPEN:
                to[pair.channel, locale] = n
            else:
                out[pair.channel, verdict] = out.get((pair.channel, verdict), 0) + n
    return Count(to, out)


def address(visit: Visit, broadcast: Broadcast) -> bool:
    """Make the rows of the next `BATCH` people; whether there are more to come.

    Where it stands is kept with the rows in one transaction: begun again anywhere it goes on, with nobody twice or left out.
    """
    steps = _steps(visit, broadcast)
    if broadcast.addressed_at is not None:
        return False
    if broadcast.step >= len(steps):
        _go_on(visit, broadcast, broadcast.step, broadcast.cursor, 0, over=True)
        return False
    channel, code = steps[broadcast.step]
    upper, last, rows = (_UPPER, _LAST, _ADDRESS) if code else (_UPPER_ALL, _LAST_ALL, _ADDRESS_ALL)
    at = {"after": broadcast.cursor} | ({"use": code} if code else {})
    found = visit.one(upper, **at)
    upto = found[0] if found is not None else (visit.one(last, **at) or (None,))[0]
    made = 0
    if upto is not None:
        values = {"today": visit.today, **_fresh(visit, broadcast, code)} if code else {}
        made = visit.run(
            _ADDRESS_OLDER if "fresh" in values else rows, **at, **values, by=channel, upto=upto,
            base=_base(broadcast) + broadcast.addressed, now=visit.at, at=visit.at,
            kind="broadcast" if broadcast.kind == broadcasts.CONSENT else broadcast.kind, named=broadcast.number,
            row=broadcast.id,
        )  # fmt: skip
    if found is None:  # the last of this channel
        over = broadcast.step + 1 >= len(steps)
        _go_on(visit, broadcast, broadcast.step + 1, 0, made, over=over)
        return not over
    _go_on(visit, broadcast, broadcast.step, found[0], made)
    return True


def _fresh(visit: Visit, broadcast: Broadcast, code: str) -> dict[str, list[str]]:
    """Of a change of the policy: the versions whose people need not hear of it; for any other broadcast nothing."""
    if broadcast.kind != POLICY:
        return {}
    return {"fresh": versions.since(visit, code, broadcasts.version_asked(broadcast))}


def _go_on(
    visit: Visit, broadcast: Broadcast, step: int, cursor: int, made: int, *, over: bool = False
) -> None:
    """Raises RuntimeError when somebody else addresses it as well: then this batch is undone."""
    moved = visit.run(
        _GO_ON, row=broadcast.id, was=broadcast.cursor, on=broadcast.step, next=step, upto=cursor, made=made,
        over=visit.at if over else None,
    )  # fmt: skip
    if not moved:
        raise RuntimeError("somebody else addresses this broadcast")


def _base(broadcast: Broadcast) -> int:
    """Where its rows begin: above all ids that are drawn one by one, and in the order in which people are addressed."""
    return (1 << 62) | (broadcast.id >> 22 << 22)


def _steps(visit: Visit, broadcast: Broadcast) -> list[tuple[str, str]]:
    """The channels one after the other, each with its pair's code; a notice of a breach has none."""
    if broadcast.kind == BREACH:
        return [(channel, "") for channel in broadcast.channels]
    return [(pair.channel, pair.code) for pair in broadcast.pairs(visit)]
