"""The letter of every working morning to the person responsible: what is due, what is over, and who waits for whom.

Numbers, kinds, dates and who works on it; nobody's data (T-STAFF-05). It comes when nothing is open as well: whoever is used to
it every morning asks why when it does not come (T-LAW-01). It is made when it is taken, so what was answered since is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import cases, dates, letters, outbox, staff
from kelisim.desk.kinds import named
from kelisim.desk.letters import Letter
from kelisim.desk.outbox import Claimed
from kelisim.desk.visit import EMAIL, Visit, zone
from kelisim.store.models import Case as CaseRow
from kelisim.store.models import Fact, Reply
from kelisim.texts import _, day, plural, speaking

KIND = "digest"  # a kind of outbox messages; it waits for working hours
FACT = "digest"
MOST = 30  # lines of one part
PENDING = ("waiting", "held")  # replies of staff that no person has read

_F, _C, _W = Fact.__table__.c, CaseRow.__table__.c, Reply.__table__.c
_made = upsert(Fact)
# One statement: of two replicas at the same moment one writes the day, and the other finds it written.
_ONCE = _made.on_conflict_do_update(
    index_elements=["name"], set_={"value": _made.excluded.value}, where=_F.value != _made.excluded.value
).returning(_F.name)
_STATES = select(_C.id, _C.state, _C.assignee).where(_C.id.in_(bindparam("rows", expanding=True)))
_PENDING = (
    select(_C.number, _W.state, _W.at)
    .join_from(Reply, CaseRow, _W.case_id == _C.id)
    .where(_W.state.in_(PENDING))
    .order_by(_W.at, _W.id)
)


@dataclass(frozen=True, slots=True)
class _Line:
    """An open request as the digest names it; no due date while its clock stands."""

    number: str
    kind: str
    due: date | None
    who: str


@dataclass(frozen=True, slots=True)
class _Open:
    """The open requests, each in one part: by its date first, then by who waits for whom."""

    over: list[_Line]
    today: list[_Line]
    ours: list[_Line]
    theirs: list[_Line]
    by_itself: int  # what the desk carries out without staff


def post(visit: Visit) -> bool:
    """Promise today's digest, if this is a working day, work has begun and none was promised yet; whether it was."""
    here = visit.at.astimezone(zone(visit.operator.zone))
    opens, closes = visit.operator.working_hours
    if not opens <= here.time() < closes or not visit.desk.calendar.is_working(here.date()):
        return False
    if visit.one(_ONCE, name=FACT, value=here.date().isoformat()) is None:
        return False
    reader = staff.responsible(visit)
    evening = datetime.combine(here.date(), closes, here.tzinfo)  # yesterday's is of no use to anybody
    outbox.post(
        visit, KIND, EMAIL, {}, address=reader.address, locale=reader.locale, not_after=evening, to_subject=False
    )  # fmt: skip
    return True


def compose(visit: Visit, message: Claimed, address: str) -> Letter | None:
    """The letter as things stand now; nothing when its reader no longer is of the staff (T-STAFF-02)."""
    reader = next((known for known in visit.operator.staff if known.address == address), None)
    if reader is None:
        return None
    with speaking(reader.locale):
        found = _gather(visit)
        words = [
            *_part(_("Overdue: {n}", n=len(found.over)), found.over),
            *_part(_("Due today: {n}", n=len(found.today)), found.today),
            *_part(_("Waiting for us: {n}", n=len(found.ours)), found.ours),
            *_part(_("Waiting for the person: {n}", n=len(found.theirs)), found.theirs),
            *_replies(visit),
        ]
        if found.by_itself:
            words.append(
                plural("The desk itself works on {n} more.", "The desk itself works on {n} more.", found.by_itself)
            )  # fmt: skip
        head = _("Open requests this morning, {date}:", date=day(visit.today))
        if not words:
            head = _("Nothing is open this morning, {date}.", date=day(visit.today))
        tail = _("This letter comes every working morning. If it does not come, ask why.")
        return letters.letter(_("kelisim: the requests of today"), [head, *words, tail], visit, reader.locale)


def _gather(visit: Visit) -> _Open:
    found = _Open([], [], [], [], 0)
    open_ = sorted(dates.every(visit), key=lambda each: (each.clock.last, each.id))
    rows = {row.id: row for row in visit.all(_STATES, rows=[each.id for each in open_])} if open_ else {}
    names = {person.address: person.name for person in visit.operator.staff}
    by_itself = 0
    for each in open_:
        row = rows[each.id]
        who = names.get(row.assignee, row.assignee)
        line = _Line(each.number, each.kind, None if each.clock.standing else each.clock.last, who)
        if each.is_over(visit.today):
            found.over.append(line)
        elif line.due == visit.today:
            found.today.append(line)
        elif row.state == cases.WAITING:
            found.theirs.append(line)
        elif each.handed:
            found.ours.append(line)
        else:
            by_itself += 1
    return _Open(found.over, found.today, found.ours, found.theirs, by_itself)


def _part(title: str, lines: Sequence[_Line]) -> list[str]:
    """A part as one paragraph: its title, then two short lines of each request, which a phone shows without turning it."""
    if not lines:
        return []
    told = [title]
    for line in lines[:MOST]:
        told.append(f"• {line.number}, {named(line.kind)}")
        due = _("no date while the clock stands") if line.due is None else day(line.due)
        told.append(f"   {due}; {line.who}" if line.who else f"   {due}; {_('nobody')}")
    return ["\n".join([*told, *_more(len(lines))])]


def _replies(visit: Visit) -> list[str]:
    """What staff wrote by letter and nobody has read: held, or waiting for their confirmation."""
    rows = visit.all(_PENDING)
    if not rows:
        return []
    told = [_("Replies that have not left: {n}", n=len(rows))]
    for row in rows[:MOST]:
        since = day(visit.day_of(row.at))
        told.append(f"• {row.number}")
        told.append("   " + (_("held since {date}", date=since) if row.state == "held"
                             else _("waits to be confirmed since {date}", date=since)))  # fmt: skip
    return ["\n".join([*told, *_more(len(rows))])]


def _more(count: int) -> list[str]:
    if count <= MOST:
        return []
    return [plural("and {n} more: `kelisim case list`", "and {n} more: `kelisim case list`", count - MOST)]
