"""My data: everything held, at once and masked; the file by the person's own choice; who looked; what was sent."""

from __future__ import annotations

from datetime import timedelta

from kelisim.desk import access, cases, documents, dossiers, holdings, identity, outbox, viewings, wordings
from kelisim.desk.holdings import Holding, Use
from kelisim.desk.visit import Visit, zone
from kelisim.telegram.press import Press
from kelisim.telegram.screens import VIEWS, Button, Go, Screen, act, refers, split, view
from kelisim.texts import _, day, plural

IN_FULL = timedelta(minutes=10)
A_PAGE = 8
refers(access.LINK, access.MAIL, access.CHAT)


@view("data", "data")
def data(visit: Visit, ref: str) -> Screen:
    """The card. `ref`: the minute «Show in full» was pressed (0: masked) and the page."""
    moment, _dot, page = ref.partition(".")
    full = _lately(visit, moment)
    found, using = holdings.held(visit), holdings.uses(visit)
    sections = list(documents.pages(_("My data"), _card(visit, found, using, full)))
    at = min(int(page), len(sections) - 1) if page.isdecimal() and len(page) < 4 else 0
    shown = moment if full else "0"
    buttons = [Button(_("Show in full"), "data.full", str(at))] if not full else []
    if at:
        buttons.append(Button(_("Previous page"), "data", f"{shown}.{at - 1}"))
    if at + 1 < len(sections):
        buttons.append(Button(_("Next page"), "data", f"{shown}.{at + 1}"))
    buttons += [
        Button(label, to)
        for label, to in (
            (_("Get the file"), "data.file"),
            (_("Who looked"), "data.looked"),
            (_("Messages sent to me"), "data.sent"),
            (_("Correct my data"), "correct"),
            (_("Find my other data"), "prove"),
        )
        if to in VIEWS
    ]
    return Screen(sections[at].text, title=_("My data"), buttons=buttons, up=Go("menu"))


@act("data.full", "dfull")
def in_full(visit: Visit, press: Press) -> Go:
    """The button carries the page, the screen the minute: ten minutes later the same screen is masked again."""
    page = press.ref if press.ref.isdecimal() else "0"
    return Go("data", f"{_minute(visit)}.{page}")


def _minute(visit: Visit) -> int:
    return int(visit.at.timestamp()) // 60


def _lately(visit: Visit, moment: str) -> bool:
    if not moment.isdecimal() or len(moment) > 12:
        return False
    return 0 <= _minute(visit) - int(moment) < IN_FULL.total_seconds() // 60


def _card(visit: Visit, found: list[Holding], using: list[Use], full: bool) -> str:
    parts = ["\n".join(_line(visit, each, using, full) for each in found)]
    asked = holdings.requests(visit)
    if asked:
        parts.append(
            plural("• What you wrote in {n} request: word for word in the file.",
                   "• What you wrote in {n} requests: word for word in the file.", asked)
        )  # fmt: skip
    if holdings.only_the_chat(visit, found, using):
        parts.append(
            _("Beside this chat nothing is held about you: no name, no mailbox, no phone, no request.")
        )
    parts.append(_viewed(visit))
    if full:
        parts.append(_("Shown in full for 10 minutes: after that this screen opens masked again."))
    parts.append(_("What the data are used for"))
    parts += [_purpose(visit, use) for use in using]
    parts.append(
        _("Kept in: {place}. It is free to learn all this, as often as you wish.",
          place=visit.operator.storage_place.to(visit.locale))
    )  # fmt: skip
    return "\n\n".join(parts)


def _line(visit: Visit, each: Holding, using: list[Use], full: bool) -> str:
    value = identity.shown(each.value, 300) if full else holdings.masked(each)
    labels = {use.code: use.label for use in using}
    used = "; ".join(labels[code] for code in each.purposes if code in labels)
    last = [use.until for use in using if use.code in each.purposes and use.until is not None]
    said = {
        "kind": wordings.sentence(holdings.named(visit, each.kind)), "value": value, "source": holdings.door(each.door),
        "since": day(visit.day_of(each.since)),
    }  # fmt: skip
    if not each.provable:
        line = _("• {kind}: {value}. As you gave it, {source}, {since}.", **said)
    elif each.proved_at is not None:
        line = _("• {kind}: {value}. Proved; {source}, {since}.", **said)
    else:
        line = _("• {kind}: {value}. Not proved; {source}, {since}.", **said)
    if not used:
        return line + "\n" + _("No consent in force uses it.")
    return f"{line}\n" + _(
        "Used for: {purposes}. Until: {date}.", purposes=used, date=day(max(last)) if last else "—"
    )


def _purpose(visit: Visit, use: Use) -> str:
    to_whom = "; ".join(
        f"{recipient.name.to(visit.locale)} ({recipient.country.to(visit.locale)})"
        for recipient in use.recipients
    )
    return _(
        "▪ {label}: {why}. Basis: {basis}. Methods: {methods}. To whom: {recipients}.",
        label=use.label, why=use.why, basis=use.basis, methods=", ".join(use.methods), recipients=to_whom or _("nobody"),
    )  # fmt: skip


def _viewed(visit: Visit) -> str:
    times = viewings.how_many(visit)
    if not times:
        return _("Nobody of the staff has looked at your data yet.")
    last = viewings.of_subject(visit, 1)[0]
    return plural("Staff looked at your data {n} time, the last time {date}.",
                  "Staff looked at your data {n} times, the last time {date}.",
                  times, date=day(visit.day_of(last.at)))  # fmt: skip


@view("data.file", "dfile")
def file(visit: Visit, ref: str) -> Screen:
    """S21, and only the ways that are open today; `ref` says why the last one was not."""
    able = access.ways(visit)
    lines = [
        _("A file in the chat passes through Telegram's servers abroad. A link or e-mail is safer. How shall we send it?"),
        "",
        plural("This opens a request that is answered at once; by law at most in {n} working day.",
               "This opens a request that is answered at once; by law at most in {n} working days.",
               visit.operator.policy_pack.terms.access),
    ]  # fmt: skip
    lines += [said for said in (_why_not(visit, able),) if said]
    buttons = []
    if able.link:
        buttons.append(Button(_("One-time link"), "data.file.do", access.LINK))
    if able.mailbox is not None:
        buttons.append(Button(_("To my e-mail"), "data.file.do", access.MAIL))
    elif able.young_until is None and not access.too_large(visit, access.MAIL) and "prove" in VIEWS:
        buttons.append(Button(_("To my e-mail"), "prove.email", "file"))
    if able.chat:
        buttons.append(Button(_("Here in the chat"), "data.file.do", access.CHAT))
    return Screen("\n".join(lines), title=_("Get the file"), buttons=buttons, up=Go("data"))


def _why_not(visit: Visit, able: access.Ways) -> str:
    if able.young_until is not None:
        here = able.young_until.astimezone(zone(visit.operator.zone))
        return _("Your e-mail was proved less than 72 hours ago: the file can go there from {date}, {time} (Almaty time).",
                 date=day(here.date()), time=f"{here:%H:%M}")  # fmt: skip
    if not able.chat:
        return _("The file is larger than 20 MB: it goes by link only.")
    if access.too_large(visit, access.MAIL):
        return _("The file is too large for a letter.")
    return ""


@act("data.file.do", "dfdo")
def order(visit: Visit, press: Press) -> Go:
    if press.ref not in access.WAYS:
        return Go("data.file")
    try:
        case = access.order(visit, press.ref)
    except LookupError:  # the way has closed since the screen was shown
        return Go("data.file")
    return Go("data.file.done", f"{case.number}?{press.ref}")


@view("data.file.done", "dfdon", told=True)
def ordered(visit: Visit, ref: str) -> Screen:
    """The number and how the file goes. A link is made as the screen is: only its hash is kept, so it cannot be read back."""
    number, way = split(ref)
    case = cases.find(visit, number)
    if case is None or way not in access.WAYS:
        return file(visit, "")
    lines, buttons = [_("The file of your data is ready, No. {number}.", number=number)], []
    if way == access.LINK:
        if not access.ways(visit).link:
            return file(visit, "")
        url, end = access.link(visit, number)
        here = end.astimezone(zone(visit.operator.zone))
        lines.append(_("The button below opens it once, until {date}, {time} (Almaty time). Whoever has the link has the file: "
                       "pass it to nobody.", date=day(here.date()), time=f"{here:%H:%M}"))  # fmt: skip
        buttons.append(Button(_("One-time link"), url=url))
    elif way == access.MAIL:
        mailbox = access.ways(visit).mailbox
        lines.append(
            _("It goes to {address} now.", address=identity.mask_email(mailbox.value) if mailbox else "…")
        )
    else:
        parts = len(access.PARTS)
        lines.append(plural("It comes into this chat now: {n} file, all with the same content.",
                            "It comes into this chat now: {n} files, all with the same content.", parts))  # fmt: skip
    due = cases.clock(visit, case).last
    lines.append(
        _(
            "By law the answer is due by {due}; with the file it is given. What you want to know beside it, ask.",
            due=day(due),
        )
    )
    buttons += [
        Button(label, to, to_ref)
        for label, to, to_ref in (
            (_("Why this date?"), "requests.one.clock", number),
            (_("My requests"), "requests", ""),
        )
        if to in VIEWS
    ]
    return Screen("\n".join(lines), buttons=buttons, done=True)


@view("data.looked", "dlook")
def looked(visit: Visit, ref: str) -> Screen:
    """When, which role, why; never a name."""
    total = viewings.how_many(visit)
    at, buttons = _paged("data.looked", ref, total)
    lines = []
    for each in viewings.of_subject(visit, A_PAGE, at * A_PAGE):
        here = each.at.astimezone(zone(visit.operator.zone))
        facts = {"what": each.what, "reason": each.reason}
        lines.append(
            _("• {date}, {time}: {role} saw {what}. Why: {reason}",
              date=day(here.date()), time=f"{here:%H:%M}", role=wordings.role(each.role),
              what=wordings.shown(each.what, each.number),
              reason=identity.shown(dossiers.unnamed(visit, wordings.reason(facts)), 200))
        )  # fmt: skip
    if not lines:
        lines = [_("Nobody yet. Whenever one of the staff opens your data, it will stand here.")]
    return Screen("\n\n".join(lines), title=_("Who looked"), buttons=buttons, up=Go("data"))


@view("data.sent", "dsent")
def sent(visit: Visit, ref: str) -> Screen:
    """Messages nobody asked for: when, for what, by which way, the number of a broadcast, and what became of them."""
    total = outbox.how_many(visit)
    at, buttons = _paged("data.sent", ref, total)
    lines = [_sent(visit, each) for each in outbox.of_subject(visit, A_PAGE, at * A_PAGE)]
    if not lines:
        lines = [
            _("Nothing was sent to you under a consent. Answers to your own requests do not stand here.")
        ]
    buttons.append(Button(_("Stop all"), "stop.do", "all"))
    return Screen("\n".join(lines), title=_("Messages sent to me"), buttons=buttons, up=Go("data"))


def _sent(visit: Visit, each: outbox.Sent) -> str:
    pair = visit.operator.every_pair.get(each.purpose)
    what = pair.label(visit.locale) if pair is not None else each.purpose
    if each.kind in ("policy", "breach") or not what:
        what = wordings.sentence(wordings.message(each.kind))
    said = {"date": day(visit.day_of(each.at)), "purpose": what, "channel": wordings.channel(each.channel),
            "outcome": wordings.outcome(each.state, each.cause)}  # fmt: skip
    if each.number:
        return _("• {date}: {purpose} ({channel}), No. {number}: {outcome}.", **said, number=each.number)
    return _("• {date}: {purpose} ({channel}): {outcome}.", **said)


def _paged(screen: str, ref: str, total: int) -> tuple[int, list[Button]]:
    """The page that is asked for (the last one at most) and the buttons to its neighbours."""
    last = max(0, (total - 1) // A_PAGE)
    at = min(int(ref), last) if ref.isdecimal() and len(ref) < 8 else 0
    buttons = []
    if at:
        buttons.append(Button(_("Previous page"), screen, str(at - 1)))
    if at < last:
        buttons.append(Button(_("Next page"), screen, str(at + 1)))
    return at, buttons
