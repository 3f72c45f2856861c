"""Whom a broadcast reaches, when it begins, and the word that sends it: the button carries the digest of what was shown."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from babel.dates import format_date

from kelisim.desk import audiences, bodies, broadcasts, bulletins, drafts, moments, watches
from kelisim.desk.broadcasts import APPROVING, BREACH, DRAFT, SCHEDULED, Broadcast, Unfit
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit, zone
from kelisim.telegram import approving
from kelisim.telegram.broadcasting import (
    BODY,
    LIST,
    ONE,
    act,
    asked,
    author,
    every,
    followed,
    headed,
    named,
    one,
    reader,
    view,
)
from kelisim.telegram.composing import COUNTED_AT_ONCE
from kelisim.telegram.press import Press
from kelisim.telegram.previewing import PREVIEW
from kelisim.telegram.screens import Button, Go, Screen, refers, split
from kelisim.texts import _, plural, spoken

COUNT, COUNTING, WHEN, TIMED, PLANNED, RUNNING = (
    "bc.count", "bc.counting", "bc.when", "bc.timed", "bc.planned", "bc.running",
)  # fmt: skip
ASKED_BEFORE = "asked"  # by another of the staff, into whose chat the numbers come
NIGHT = "night"  # it goes on by itself after the quiet hours
MINUTE = 60

refers(NIGHT)


@act("bc.counts", "bccnts")
def count_now(visit: Visit, press: Press) -> Go:
    """Count it: at once where that is quick, else beside this visit, and the screen follows (`watching`)."""
    broadcast, _page = named(visit, press.ref)
    if broadcast is None or broadcast.state != DRAFT:
        return Go(ONE, press.ref)
    if bodies.faults(visit, broadcast):
        return Go(BODY, f"{broadcast.number}?lacks")
    if audiences.large(visit, broadcast, COUNTED_AT_ONCE):
        if followed(visit, broadcast):
            return Go(COUNTING, f"{broadcast.number}?{ASKED_BEFORE}")
        watches.begin(visit, broadcast, int(visit.visitor.address), press.message)
        return Go(COUNTING, broadcast.number)
    drafts.counted(visit, broadcast, audiences.count(visit, broadcast).told())
    return Go(COUNT, broadcast.number)


@view(COUNTING, "bccing")
def counting(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    up = Go(PREVIEW, broadcast.number)
    if split(ref)[1] == ASKED_BEFORE:
        told = _(
            "Somebody else has just asked for the count; the numbers come into their chat. Look again in a moment."
        )
        again = Button(_("Recipients"), COUNT, broadcast.number, wide=True)
        return Screen(told, title=_("Recipients"), buttons=[again], up=up)
    return Screen(
        _("The people are being counted; the numbers will stand here in a moment."),
        title=_("Recipients"),
        up=up,
    )


@view(COUNT, "bccoun")
def count(visit: Visit, ref: str) -> Screen:
    """Per language and channel; left out and why; how long it takes; what cannot be undone."""
    broadcast, page = named(visit, ref)
    if broadcast is None or broadcast.state != DRAFT:
        return one(visit, ref)
    if not broadcast.counted:
        if followed(visit, broadcast):
            return counting(visit, f"{broadcast.number}?{ASKED_BEFORE}")
        return one(visit, ref)
    night = page == NIGHT
    lines = [_("It reaches nobody, so there is nothing to send.")] if not broadcast.to else []
    lines += bulletins.count(broadcast)
    if broadcast.to:
        lines += ["", *_ahead(visit, broadcast)]
    return Screen(
        "\n".join(lines), title=_("Recipients"), buttons=_ways_on(visit, broadcast, night),
        up=Go(PREVIEW, broadcast.number),
    )  # fmt: skip


def _ahead(visit: Visit, broadcast: Broadcast) -> list[str]:
    """What will happen after the word: how long, not before when, and who else is asked."""
    lines = [_lasting(visit, broadcast)]
    opens = broadcasts.in_hours(visit, broadcast, visit.at)
    if opens > visit.at:
        lines.append(
            _("It is quiet now; confirmed now, it begins on {moment} (Almaty time).",
              moment=bulletins.moment(visit, opens))
        )  # fmt: skip
    rules = visit.operator.broadcast
    if _many(visit, broadcast):
        lines.append(
            _("It is large: a second person has to approve it.")
            if rules.approval
            else plural(
                "It is large: it waits {n} minute, and a letter with a link that stops it goes to all who may broadcast.",
                "It is large: it waits {n} minutes, and a letter with a link that stops it goes to all who may broadcast.",
                rules.delay_minutes,
            )
        )
    lines.append(_("What has been sent cannot be called back."))
    return lines


def _many(visit: Visit, broadcast: Broadcast) -> bool:
    return broadcast.to > visit.operator.broadcast.approval_above and broadcast.kind != BREACH


def _lasting(visit: Visit, broadcast: Broadcast) -> str:
    """How long it takes at today's pace; the channels go side by side."""
    pace = {TELEGRAM: visit.operator.broadcast.per_second, EMAIL: visit.operator.mail.letters_per_second}
    of = {channel: 0 for channel in pace}
    for key, n in broadcast.counted.get("to", {}).items():
        of[key.split()[0]] += n
    seconds = max(n / pace[channel] for channel, n in of.items())
    return plural(
        "At today's pace it takes about {n} minute.",
        "At today's pace it takes about {n} minutes.",
        max(1, math.ceil(seconds / MINUTE)),
    )


def _ways_on(visit: Visit, broadcast: Broadcast, night: bool) -> list[Button]:
    number, digest = broadcast.number, broadcast.digest[:16]
    ref = f"{number}.{NIGHT}" if night else number
    if not broadcast.to:
        return [Button(_("Write again"), BODY, number, wide=True)]
    asks = _many(visit, broadcast) and visit.operator.broadcast.approval
    label = _("Ask for approval") if asks else _("Send to {n}", n=broadcast.to)
    morning = _("Go on in the morning")
    return [
        Button(label, "bc.send", ref, digest, wide=True),
        Button(_("Choose a time"), WHEN, ref, wide=True),
        Button(
            f"✓ {morning}" if night else morning, COUNT, number if night else f"{number}.{NIGHT}", wide=True
        ),
        Button(_("Write again"), BODY, number, wide=True),
    ]


@view(WHEN, "bcwhen", asks=True)
def when(visit: Visit, ref: str) -> Screen:
    broadcast, page = named(visit, ref)
    if broadcast is None or broadcast.state != DRAFT or not broadcast.counted:
        return one(visit, ref)
    why = {
        moments.PAST: _("That moment has passed, so it would not begin. Please choose a later one."),
        moments.FAR: _("That is more than two months ahead. Please choose an earlier moment."),
        moments.UNREAD: _("I did not understand the time."),
    }.get(split(ref)[1])  # fmt: skip
    lines = [why, ""] if why else []
    lines.append(
        _("Choose when it begins (Almaty time), or write it: 26.11 10:00, tomorrow 10:00, 18:30. People are written to from "
          "{from_} to {to} only.", from_=f"{visit.operator.quiet_hours[1]:%H:%M}", to=f"{visit.operator.quiet_hours[0]:%H:%M}")
    )  # fmt: skip
    number, night = broadcast.number, page == NIGHT
    buttons = [
        Button(
            _stamp(visit, at), "bc.send", f"{number}.{_packed(at, night)}", broadcast.digest[:16], wide=True
        )
        for at in moments.offered(visit)
    ]
    up = Go(COUNT, f"{number}.{NIGHT}" if night else number)
    return Screen("\n".join(lines), title=_("Choose a time"), buttons=buttons, up=up, cancel=True)


def _stamp(visit: Visit, at: datetime) -> str:
    here = at.astimezone(zone(visit.operator.zone))
    return f"{format_date(here.date(), 'd MMMM, EE', locale=spoken())}, {here:%H:%M}"


def _packed(at: datetime, night: bool) -> str:
    """A moment, to the minute, and whether it goes on in the morning: as digits, which a button may carry."""
    return f"{int(at.timestamp()) // MINUTE}{int(night)}"


def _unpacked(page: str) -> tuple[datetime | None, bool]:
    """Digits that name no moment are one that no button of ours offers, and never "at once"."""
    if not page.isdecimal():
        return None, page == NIGHT
    try:
        at = datetime.fromtimestamp(int(page[:-1] or "0") * MINUTE, UTC)
    except (ValueError, OverflowError, OSError):  # beyond the years a calendar has
        at = datetime.max.replace(tzinfo=UTC)
    return at, page[-1] == "1"


def _unfit(visit: Visit, at: datetime) -> str:
    """Why it cannot begin then: buttons are old, and their digits are anybody's who may press them."""
    if at < visit.at - timedelta(minutes=1):
        return moments.PAST
    return moments.FAR if at > visit.at + moments.FARTHEST else ""


@reader(WHEN)
def read_when(visit: Visit, typed: str, waiting: Waiting) -> Go:
    broadcast, page = named(visit, asked(waiting))
    if broadcast is None:
        return Go(LIST)
    try:
        at = moments.read(visit, typed)
    except moments.Unclear as fault:
        return Go(WHEN, f"{asked(waiting)}?{fault.why}")
    return Go(TIMED, f"{broadcast.number}.{_packed(at, page == NIGHT)}")


@view(TIMED, "bctime")
def timed(visit: Visit, ref: str) -> Screen:
    """The moment that was typed, before it counts."""
    broadcast, page = named(visit, ref)
    at, night = _unpacked(page)
    if broadcast is None or broadcast.state != DRAFT or not broadcast.counted or at is None:
        return one(visit, ref)
    if why := _unfit(visit, at):
        return when(visit, f"{ref}?{why}")
    begins = broadcasts.in_hours(visit, broadcast, at)
    lines = [_("It begins on {moment} (Almaty time).", moment=bulletins.moment(visit, begins))]
    if begins > at:
        lines.insert(0, _("At that hour nobody is written to."))
    if night:
        lines.append(_("What is left in the evening goes on in the morning."))
    lines.append(_("What has been sent cannot be called back."))
    label = _("Send to {n}", n=broadcast.to)
    number = broadcast.number
    return Screen(
        "\n".join(lines), title=_("Choose a time"),
        buttons=[Button(label, "bc.send", f"{number}.{page}", broadcast.digest[:16], wide=True)],
        up=Go(WHEN, f"{number}.{NIGHT}" if night else number),
    )  # fmt: skip


@act("bc.send", "bcsend")
def send(visit: Visit, press: Press) -> Go:
    """The author's word. Twice does nothing twice; on another count or other words than were shown it does nothing at all."""
    broadcast, page = named(visit, press.ref)
    if broadcast is None:
        return Go("stale")
    if broadcast.state != DRAFT and press.digest and broadcast.digest.startswith(press.digest):
        return Go(ONE, broadcast.number)
    if broadcast.state == DRAFT and bodies.faults(
        visit, broadcast
    ):  # the operator file may have changed since
        return Go(BODY, f"{broadcast.number}?lacks")
    at, night = _unpacked(page)
    if at is not None and (why := _unfit(visit, at)):
        return Go(WHEN, f"{broadcast.number}?{why}")
    try:
        confirmed = broadcasts.confirm(visit, broadcast, press.digest, author(visit), at=at, night=night)
    except Unfit:
        return Go(COUNT, broadcast.number)
    return _confirmed(visit, press, confirmed)


def _confirmed(visit: Visit, press: Press, broadcast: Broadcast) -> Go:
    chat = int(visit.visitor.address)
    if broadcast.state == APPROVING:
        watches.begin(visit, broadcast, chat, 0)
        approving.ask(visit, broadcast)
        return Go(approving.ASKED, broadcast.number)
    if broadcast.state == SCHEDULED and broadcast.start_at is not None and broadcast.start_at > visit.at:
        watches.begin(visit, broadcast, chat, 0)  # its own screen comes when it begins
        return Go(PLANNED, broadcast.number)
    watches.begin(visit, broadcast, chat, press.message)
    return Go(RUNNING, broadcast.number)


@view(PLANNED, "bcplan")
def planned(visit: Visit, ref: str) -> Screen:
    """✔: it is settled when it begins."""
    broadcast, _page = named(visit, ref)
    if broadcast is None or broadcast.state != SCHEDULED or broadcast.start_at is None:
        return one(visit, ref)
    lines = [
        headed(broadcast) + ".",
        bulletins.then(visit, broadcast),
        _("Once it has begun, a screen here shows how far it is."),
    ]
    return Screen(
        "\n".join(lines), buttons=[Button(_("Stop the broadcast"), "bc.stop", broadcast.number)], done=True
    )
