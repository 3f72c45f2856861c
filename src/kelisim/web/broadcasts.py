"""The Stop link of a broadcast (/b): a page says what is about to reach whom, its button stops it; looking stops nothing.

Programs that look at letters open every link (T-LET-16), so only the button posts. No login: whoever reads the listed address
has the link, and it is theirs as long as they are one of those who are told.
"""

from __future__ import annotations

from aiohttp import web

from kelisim.desk import broadcasts, bulletins, circulars
from kelisim.desk.visit import Visit
from kelisim.texts import _, speaking
from kelisim.web import pages
from kelisim.web.guard import Refused, Site, form, shown, tongue
from kelisim.web.pages import Form

STOP = "stop"


async def show(site: Site, request: web.Request) -> web.Response:
    """What it is, how many it reaches and where it stands, with the button while it can be stopped; no words of it."""
    given = request.match_info["token"]

    def work(visit: Visit) -> str:
        found = circulars.opened(visit, given)
        if found is None:
            raise Refused(404)
        broadcast, person = found
        locale = tongue(request, person.locale)
        with speaking(locale):
            words = [
                *circulars.about(visit, broadcast),
                _("Messages in all: {n}", n=broadcast.to),
            ]
            over = broadcast.state in broadcasts.OVER
            title = _("This broadcast is settled already") if over else _("Stop this broadcast?")
            button = Form(f"?in={locale}", [("act", STOP, _("Stop it for good"))])
            if not over:
                words += [
                    bulletins.then(visit, broadcast),
                    _("Stopped for good, it cannot be taken up again."),
                ]
            told = [line for line in words if line]
            return pages.page(visit.operator, locale, title, told, None if over else button)

    return shown(await site.door.look(work))


async def act(site: Site, request: web.Request) -> web.Response:
    """Stop it for good, as the one the link was sent to."""
    given = request.match_info["token"]
    if (await form(site, request)).get("act", "") != STOP:
        raise Refused(404)

    def work(visit: Visit) -> str:
        found = circulars.stop(visit, given)
        if found is None:
            raise Refused(404)
        (broadcast, stopped), opened = found, circulars.opened(visit, given)
        locale = tongue(request, opened[1].locale if opened is not None else "")
        with speaking(locale):
            if not stopped:
                words = [_("State: {state}", state=bulletins.state(broadcast.state)),
                         _("Nothing was done now, No. {number}.", number=broadcast.number)]  # fmt: skip
                return pages.page(
                    visit.operator, locale, _("This broadcast is settled already"), words, turn=False
                )
            words = [
                _("The broadcast No. {number} is stopped for good.", number=broadcast.number),
                _("What was sent before cannot be called back; nothing more is sent."),
            ]
            return pages.page(visit.operator, locale, "✔ " + _("Stopped"), words, turn=False)

    return shown(await site.door.keep(work))
