"""«Was it you?»: the link in the letter shows what was asked in a mailbox's name; only its buttons confirm or deny it."""

from __future__ import annotations

from aiohttp import web

from kelisim.desk import acknowledgements, cases, kinds, links, petitions
from kelisim.desk.cases import Case
from kelisim.desk.links import Link
from kelisim.desk.visit import Visit
from kelisim.texts import _, day, speaking, spoken
from kelisim.web import pages
from kelisim.web.guard import Refused, Site, shown
from kelisim.web.pages import Form
from kelisim.web.visit import become

USE = acknowledgements.USE
YES, NO = "yes", "no"


def page(site: Site, visit: Visit, link: Link, secret: str, action: str) -> str | None:
    """What is asked, without anybody's data, and the two buttons; nothing when there is nothing to confirm any more."""
    case = petitions.unconfirmed(visit, link.ref)
    if case is None:
        return None
    words = [
        _("On {date} a letter in the name of your mailbox came to us. It asks: {kind}. Number: {number}.",
          date=day(visit.day_of(case.received_at)), kind=kinds.named(case.kind), number=case.number),
        _("If you wrote it, confirm: then we act at once. If you did not, say so: then nothing is done."),
    ]  # fmt: skip
    buttons = [("act", YES, _("I wrote it, I confirm")), ("act", NO, _("It was not me"))]
    posted = Form(f"{action}?in={spoken()}", buttons, {"token": secret})
    return pages.page(visit.operator, spoken(), _("Was it you?"), words, posted)


async def act(
    site: Site, secret: str, holder: str, said: str, locale: str, whose: int | None
) -> web.Response:
    """Confirm or deny; the same browser is answered alike again for ten minutes."""
    if said not in (YES, NO):
        raise Refused(404)

    def work(visit: Visit) -> str | None:
        link = links.take(visit, secret, holder)
        if link is None or link.use != USE or not become(visit, link.subject_id):
            return None
        if said == YES:
            petitions.confirm(visit, link.ref)
        else:
            petitions.decline(visit, link.ref)
        return _told(visit, locale, cases.known(visit, link.ref))

    told = await site.door.keep(work, whose)
    if told is None:
        raise Refused(404)
    return shown(told)


def turn(visit: Visit, link: Link) -> int | None:
    """The turn of those whose mailbox the request is from."""
    case = petitions.unconfirmed(visit, link.ref)
    return petitions.turn(visit, case) if case is not None else None


def _told(visit: Visit, locale: str, case: Case) -> str:
    with speaking(locale):
        if case.state == cases.WITHDRAWN:
            words = [
                _("Nothing was done in your name. The request No. {number} has ended.", number=case.number)
            ]
            return pages.page(visit.operator, locale, _("Thank you for telling us"), words, turn=False)
        words = [
            _("Your request No. {number} is confirmed: {kind}. Answer due: {due}, by the end of the day (Almaty time). It comes "
              "by letter.", number=case.number, kind=kinds.named(case.kind), due=day(cases.clock(visit, case).last)),
        ]  # fmt: skip
        return pages.page(visit.operator, locale, "✔ " + _("Thank you, confirmed"), words, turn=False)
