"""Why a date is what it is: the clock of a case in sentences, in the language being spoken (SCREENS S14)."""

from __future__ import annotations

from datetime import date

from kelisim.desk import cases
from kelisim.desk.cases import Case
from kelisim.desk.clocks import EXTENDED, RESUMED, Clock
from kelisim.desk.visit import Visit
from kelisim.texts import _, day, plural, spoken

HOLIDAY, TERMS = "holiday", "terms"  # why a date moved, beside the acts of the clock


def explain(visit: Visit, clock: Clock) -> list[str]:
    """Receipt, term, first day, days off by name, last day; then stops, an added time, and where the term stands written."""
    said = [_counted(visit, clock) if clock.working else _calendar(clock)]
    said.append(_("The day ends at midnight, Almaty time."))
    said += [
        _("While we waited for an answer the clock stood: after {begun}, up to and including {ended}.",
          begun=day(begun), ended=day(ended))
        for begun, ended in clock.stops
    ]  # fmt: skip
    if clock.extended:
        said.append(
            plural("The term holds {n} day that was added once.", "The term holds {n} days that were added once.",
                   clock.extended)
        )  # fmt: skip
    pack = visit.operator.pack_named(clock.pack, clock.due.received)
    basis = pack.basis.get(clock.term)
    if basis is not None:
        said.append(_("Where the term stands: {basis}.", basis=basis.to(spoken())))
    said.append(
        _("Terms in force on the day of receipt: {pack}, since {since}.", pack=pack.name, since=day(pack.since))
    )  # fmt: skip
    return said


def moved(visit: Visit, case: Case) -> list[tuple[date, date, str]]:
    """Every time the date of a case moved: old, new, and why in words; oldest first."""
    found = []
    for step in cases.events(visit, case):
        if step.act == cases.MOVED:
            old, new, why = step.detail.split("|")
            found.append((date.fromisoformat(old), date.fromisoformat(new), reason(why)))
    return found


def reason(why: str) -> str:
    """Why a date moved, in words."""
    return {
        HOLIDAY: _("the calendar of working days has changed"),
        TERMS: _("the terms that count for this request were corrected"),
        RESUMED: _("the clock stood while we waited for an answer"),
        EXTENDED: _("time was added, once, as the terms allow"),
    }[why]


def _counted(visit: Visit, clock: Clock) -> str:
    """S14; without days off its clause about them is left out."""
    due, calendar, locale = clock.due, visit.desk.calendar, spoken()
    free = [
        each for each in due.skipped if not calendar.is_working(each)
    ]  # a day the clock stood is told apart
    said = {"received": day(due.received), "first": day(due.first), "due": day(due.last)}
    if not free:
        return plural(
            "Received: {received}. Term: {n} working day. First day counted: {first}. Last day: {due}.",
            "Received: {received}. Term: {n} working days. First day counted: {first}. Last day: {due}.",
            due.n, **said,
        )  # fmt: skip
    named = []
    for each in free:
        holiday = calendar.holiday_name(each, locale)
        if holiday is None and each.weekday() not in calendar.weekend:
            holiday = calendar.day_off_name(each, locale)
        named.append(f"{day(each)} ({holiday})" if holiday else day(each))
    return plural(
        "Received: {received}. Term: {n} working day. First day counted: {first}. Days off not counted: {skipped}. "
        "Last day: {due}.",
        "Received: {received}. Term: {n} working days. First day counted: {first}. Days off not counted: {skipped}. "
        "Last day: {due}.",
        due.n, skipped="; ".join(named), **said,
    )  # fmt: skip


def _calendar(clock: Clock) -> str:
    """A term in calendar days, which ends on the working day before when its last is none (D14)."""
    due = clock.due
    said = {"received": day(due.received), "first": day(due.first), "due": day(due.last)}
    if not due.skipped:
        return plural(
            "Received: {received}. Term: {n} calendar day. First day counted: {first}. Last day: {due}.",
            "Received: {received}. Term: {n} calendar days. First day counted: {first}. Last day: {due}.",
            due.n, **said,
        )  # fmt: skip
    return plural(
        "Received: {received}. Term: {n} calendar day. First day counted: {first}. Its last day is a day off, so it ends on "
        "the working day before: {due}.",
        "Received: {received}. Term: {n} calendar days. First day counted: {first}. Its last day is a day off, so it ends on "
        "the working day before: {due}.",
        due.n, **said,
    )  # fmt: skip
