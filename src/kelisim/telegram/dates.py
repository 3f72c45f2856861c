"""What the desk says by itself about a date: that a term is over, that a date has moved (SCREENS 3.11)."""

from __future__ import annotations

from kelisim.desk import cases, explanations
from kelisim.desk.visit import Visit
from kelisim.telegram.screens import VIEWS, Button, Screen, view
from kelisim.texts import _, day


@view("svc.late", "slate", told=True)
def late(visit: Visit, ref: str) -> Screen:
    """S15; composed when it is taken, so it is never said of what was answered meanwhile (`unasked`)."""
    case = cases.find(visit, ref)
    if case is None:
        return Screen(_("This is not among your requests."))
    due = cases.clock(visit, case).last
    return Screen(
        _("We are late, and we apologise. Request No. {number}, answer was due: {due}. You may complain right now.",
          number=case.number, due=day(due)),
        buttons=[*_to(_("Complaint file"), "complaint", ref), *_about(ref)],
    )  # fmt: skip


@view("svc.moved", "smoved", told=True)
def moved(visit: Visit, ref: str) -> Screen:
    """Old, new, why, of the last time the date moved."""
    case = cases.find(visit, ref)
    steps = explanations.moved(visit, case) if case is not None else []
    if case is None or not steps:
        return Screen(_("This is not among your requests."))
    old, new, why = steps[-1]
    said = [
        _("The date of your request No. {number} has moved.", number=case.number),
        _("It was: {old}. Now: {new}, by the end of the day (Almaty time).", old=day(old), new=day(new)),
        _("Reason: {reason}.", reason=why),
    ]
    return Screen("\n\n".join(said), buttons=_about(ref))


def _about(ref: str) -> list[Button]:
    """On everything that names a due date."""
    return [*_to(_("Why this date?"), "requests.one.clock", ref), *_to(_("My requests"), "requests")]


def _to(label: str, screen: str, ref: str = "") -> list[Button]:
    return [Button(label, screen, ref)] if screen in VIEWS else []
