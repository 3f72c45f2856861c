"""What comes unasked (SCREENS 3.11): answers, refusals, moved dates; rendered when the courier takes them, never edited."""

from __future__ import annotations

from typing import Any

from kelisim.desk import cases, notices, representatives, returns, subjects
from kelisim.desk.visit import EMAIL, Visit
from kelisim.telegram import broadcasting, wire
from kelisim.telegram.screens import VIEWS
from kelisim.texts import speaking

TO_NOBODY = ("erase.certificate",)  # goes to an address whose person is destroyed already


def content(visit: Visit, screen: str, ref: str) -> dict[str, Any] | None:
    """A `svc.*` screen as the Bot API's content, in the subject's language; nothing when there is no such screen or subject."""
    if screen in broadcasting.SCREENS:
        return _panel(visit, screen, ref)
    view = VIEWS.get(screen)
    known = screen in TO_NOBODY if visit.subject is None else _stands(visit, screen, ref)
    if view is None or not known:
        return None
    with speaking(visit.locale):
        shown = view(visit, ref)
        shown.done, shown.up = True, None
        return wire.content(visit, shown)


def _panel(visit: Visit, screen: str, ref: str) -> dict[str, Any]:
    """A screen of /broadcast that comes to one of the staff by itself, in the language it was posted in."""
    with speaking(visit.locale):
        shown = VIEWS[screen](visit, ref)
        shown.menu = False
        return wire.content(visit, shown)


def _stands(visit: Visit, screen: str, ref: str) -> bool:
    """Whether this may still be told: the authority of who acts for another is read again as it is taken (T-ID-11), and
    nobody reads in the morning that we are late with what was answered at night."""
    if screen == returns.SCREEN:
        return any(not known.reachable for known in subjects.contacts(visit, EMAIL))
    if screen in (notices.PAUSED, notices.EXPIRING):  # they may have decided meanwhile
        return notices.due(visit, screen, ref) is not None
    if screen not in ("svc.answer", "svc.refused", "svc.late", "svc.moved"):
        return True
    case = cases.find(visit, ref)
    if case is None or (screen in ("svc.late", "svc.moved") and not case.in_hand):
        return screen in ("svc.answer", "svc.refused")
    return representatives.stands(visit, case)
