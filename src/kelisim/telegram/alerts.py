"""«It was not me» in the chat: what was done by another door, and the button that stops it (SCREENS 3.11, svc.alert)."""

from __future__ import annotations

from kelisim.desk import alerts, cases
from kelisim.desk.visit import Visit
from kelisim.telegram.asking import dated
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, act, refers, split, view
from kelisim.texts import _, day

refers("file", "contact", "erasure", "rep")  # behind the number of what was done


@view("svc.alert", "salert", told=True)
def alert(visit: Visit, ref: str) -> Screen:
    about = alerts.split(ref)
    if about is None:
        return Screen(_("This is not among your requests."))
    words = [alerts.said(visit, *about), _("If it was you, do nothing."), alerts.effect(about[0])]
    return Screen("\n\n".join(words), buttons=[Button(_("It was not me"), "alert.notme", ref)])


@act("alert.notme", "notme")
def not_me(visit: Visit, press: Press) -> Go:
    about = alerts.split(press.ref)
    done = alerts.not_me(visit, *about) if about is not None else None
    if done is None:
        return Go("stale")
    if not done.new:
        return Go("already", done.case.number)
    return Go("alert.stopped", f"{done.case.number}?{'stopped' if done.stopped else 'over'}")


@view("alert.stopped", "alstop", told=True)
def stopped(visit: Visit, ref: str) -> Screen:
    number, became = split(ref)
    case = cases.find(visit, number)
    if case is None:
        return Screen(_("This is not among your requests."))
    words = [
        _("It is stopped.")
        if became == "stopped"
        else _("There was nothing left to stop; our staff will look into it."),
        _("Your request is accepted, No. {number}. Answer due: {due}, by the end of the day (Almaty time). What next: {next}.",
          number=number, due=day(cases.clock(visit, case).last), next=_("a person looks at what happened and answers you")),
    ]  # fmt: skip
    return Screen(" ".join(words), buttons=dated(number), done=True)
