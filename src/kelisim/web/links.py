"""One-time links (/l): a page says what the secret opens, its button posts the secret and takes it (T-WEB-02, T-WEB-03)."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime

from aiohttp import web

from kelisim.desk import alerts, cases, files, ledger, links, numbers
from kelisim.desk.links import Link
from kelisim.desk.visit import Visit, zone
from kelisim.store.sealed import fingerprint
from kelisim.texts import _, day, speaking, spoken
from kelisim.web import confirmations, pages
from kelisim.web.guard import Refused, Site, form, shown, tongue
from kelisim.web.pages import Form
from kelisim.web.visit import become, turn

TAKE = "/l"
_SECRET = re.compile(r"[\w-]{16,64}", re.ASCII)
_COOKIE_LIVES = 3600
# A file is data: whatever opens it in a browser runs nothing of it.
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


async def show(site: Site, request: web.Request) -> web.Response:
    """What a link opens, with its buttons; nothing is used up however often it is looked at."""
    secret = _read(request.match_info["token"])

    def work(visit: Visit) -> tuple[Link, str] | None:
        link = _open(visit, secret)
        if link is None or not become(visit, link.subject_id):
            return None
        locale = tongue(request, link.locale)
        with speaking(locale):
            told = _page(site, visit, link, secret)
        return (link, told) if told is not None else None

    found = await site.door.look(work)
    if found is None:
        raise Refused(404)
    link, told = found
    response = shown(told)
    if link.used_at is None and _cookie(site, secret) not in request.cookies:
        _give_cookie(site, response, secret, numbers.token())
    return response


async def take(site: Site, request: web.Request) -> web.Response:
    """Use a link up for this browser: a file as an attachment, or «It was not me» with its number."""
    fields = await form(site, request)
    secret = _read(fields.get("token", ""))
    browser = request.cookies.get(_cookie(site, secret), "")[:64]
    holder = browser or numbers.token()

    def look(visit: Visit) -> tuple[Link, int | None] | None:
        link = links.look(visit, secret)
        if link is None or not become(visit, link.subject_id):
            return None
        return link, confirmations.turn(visit, link) if link.use == confirmations.USE else turn(visit)

    found = await site.door.look(look)
    if found is None:
        raise Refused(404)
    link, whose = found
    locale = tongue(request, link.locale)
    if link.use == alerts.USE:
        response = await _stop(site, secret, holder, locale, whose)
    elif link.use == confirmations.USE:
        response = await confirmations.act(site, secret, holder, fields.get("act", ""), locale, whose)
    else:
        response = await _hand_over(site, link, secret, holder, fields.get("part", ""), whose)
    if not browser:
        _give_cookie(site, response, secret, holder)
    return response


def _open(visit: Visit, secret: str) -> Link | None:
    """A link that can still be taken: unused, or used so lately that the same browser may repeat it."""
    link = links.look(visit, secret)
    if link is None or not (link.use in (alerts.USE, confirmations.USE) or link.use in files.MAKERS):
        return None
    return link if link.used_at is None or visit.at - link.used_at < links.AGAIN else None


def _page(site: Site, visit: Visit, link: Link, secret: str) -> str | None:
    """The page of a link by its use; nothing when what it is about is over."""
    if link.use == alerts.USE:
        return _alert(site, visit, link, secret)
    if link.use == confirmations.USE:
        return confirmations.page(site, visit, link, secret, f"{site.base}{TAKE}")
    return _file(site, visit, link, secret)


def _file(site: Site, visit: Visit, link: Link, secret: str) -> str:
    operator, locale = visit.operator, spoken()
    words = [
        _("{operator} has made this for you. It works until {date}, {time} (Almaty time).",
          operator=operator.name.to(locale), **_moment(visit, link.expires)),
        _("It can be downloaded once. For ten minutes after that the same browser may take it again, in the other forms too."),
        _("Do not pass the link on: whoever opens it first gets the file."),
    ]  # fmt: skip
    labels = {"html": _("Download to read (HTML)"), "pdf": _("Download to print (PDF)"),
              "json": _("Download for programs (JSON)"), "txt": _("Download as text")}  # fmt: skip
    buttons = [("part", part, labels[part]) for part in files.MAKERS[link.use].parts]
    posted = Form(f"{site.base}{TAKE}", buttons, {"token": secret})
    return pages.page(operator, locale, _named(link), words, posted)


def _alert(site: Site, visit: Visit, link: Link, secret: str) -> str | None:
    about = alerts.split(link.ref)
    if about is None:
        return None
    words = [alerts.said(visit, *about), _("If it was you, close this page."), alerts.effect(about[0])]
    posted = Form(
        f"{site.base}{TAKE}?in={spoken()}", [("act", "notme", _("It was not me"))], {"token": secret}
    )
    return pages.page(visit.operator, spoken(), _("Was it you?"), words, posted)


async def _hand_over(
    site: Site, link: Link, secret: str, holder: str, part: str, whose: int | None
) -> web.Response:
    """The file, made from the store as it is now, and then taken: a file that cannot be made uses no link up."""
    taken_by_other = link.used_at is not None and link.browser != fingerprint(holder)
    if taken_by_other or link.use not in files.MAKERS or part not in files.MAKERS[link.use].parts:
        raise Refused(404)

    def gather(visit: Visit) -> files.Facts | None:
        if not become(visit, link.subject_id):
            return None
        visit.locale = link.locale
        return files.gather(visit, link.use, link.ref)

    def used(visit: Visit) -> bool:
        taken = links.take(visit, secret, holder)
        if taken is None or not become(visit, taken.subject_id):
            return False
        if taken.used_at is None:
            ledger.note(visit, ledger.USED, f"file taken {taken.use}", taken.ref[:12])
        return True

    async with site.making:
        facts = await site.door.look(gather)
        made = await asyncio.to_thread(files.make, link.use, part, facts) if facts is not None else b""
    if facts is None or not await site.door.keep(used, whose):
        raise Refused(404)
    name = files.name(link.ref if numbers.is_number(link.ref) else link.use, part)
    response = web.Response(body=made, content_type=files.TYPES[part])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = _SANDBOX
    return response


async def _stop(site: Site, secret: str, holder: str, locale: str, whose: int | None) -> web.Response:
    def work(visit: Visit) -> str | None:
        link = links.take(visit, secret, holder)
        about = alerts.split(link.ref) if link is not None else None
        if link is None or about is None or not become(visit, link.subject_id):
            return None
        visit.locale = visit.known.locale
        with speaking(visit.locale):
            done = alerts.not_me(visit, *about)
        if done is None:
            return None
        with speaking(locale):
            due = day(cases.clock(visit, done.case).last)
            words = [
                _("It is stopped.") if done.stopped else _("There was nothing left to stop; our staff will look into it."),
                _("Your request is accepted, No. {number}. Answer due: {due}, by the end of the day (Almaty time). What next: "
                  "{next}.", number=done.case.number, due=due, next=_("a person looks at what happened and answers by letter")),
            ]  # fmt: skip
            return pages.page(visit.operator, locale, "✔ " + _("Thank you for telling us"), words, turn=False)

    told = await site.door.keep(work, whose)
    if told is None:
        raise Refused(404)
    return shown(told)


def _named(link: Link) -> str:
    return {"access": _("The file with your data"), "complaint": _("Your complaint file")}.get(
        link.use, _("A document for you")
    )


def _moment(visit: Visit, at: datetime) -> dict[str, str]:
    here = at.astimezone(zone(visit.operator.zone))
    return {"date": day(here.date()), "time": f"{here:%H:%M}"}


def _read(secret: str) -> str:
    """The secret, when it can be one."""
    if _SECRET.fullmatch(secret) is None:
        raise Refused(404)
    return secret


def _cookie(site: Site, secret: str) -> str:
    """A cookie of its own per link: opening another letter does not take this one's ten minutes away."""
    name = f"link-{fingerprint(secret).hex()[:12]}"
    return f"__Host-{name}" if site.secure else name


def _give_cookie(site: Site, response: web.Response, secret: str, holder: str) -> None:
    response.set_cookie(
        _cookie(site, secret), holder, max_age=_COOKIE_LIVES, path="/", secure=site.secure, httponly=True,
        samesite="Strict",
    )  # fmt: skip
