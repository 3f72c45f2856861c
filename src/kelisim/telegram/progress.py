"""How far a broadcast is, in the chat: the bar, pause and go on, stop, and the report."""

from __future__ import annotations

from datetime import timedelta

from kelisim.desk import broadcasts, bulletins, reports, watches, wordings
from kelisim.desk.broadcasts import OVER, PAUSED, SCHEDULED, Broadcast
from kelisim.desk.reports import Report
from kelisim.desk.visit import Visit, zone
from kelisim.telegram.broadcasting import LIST, ONE, act, author, followed, headed, named, one, view
from kelisim.telegram.composing import COUNTED_AT_ONCE
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, split
from kelisim.texts import _

RUNNING, REPORT, GATHERED = "bc.running", "bc.report", "bc.gather"
AGAIN = "again"  # the report is to be asked for once more
CELLS = 20
LONGEST = 3_300  # characters of a report; the rest is in the file


@view(RUNNING, "bcrun")
def running(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None or broadcast.state not in (SCHEDULED, broadcasts.RUNNING, PAUSED):
        return one(visit, ref)
    small = broadcast.addressed <= COUNTED_AT_ONCE
    return bar(visit, broadcast, reports.numbers(visit, broadcast) if small else None)


def bar(visit: Visit, broadcast: Broadcast, told: Report | None, pace: float | None = None) -> Screen:
    """The screen of one under way. `told` none: the numbers come in a moment. `pace`: messages a second, lately."""
    lines = [
        bulletins.title(visit, broadcast),
        wordings.sentence(bulletins.state(broadcast.state)) + ".",
        "",
    ]
    lines += (
        _numbers(visit, broadcast, told, pace) if told is not None else [_("The numbers come in a moment.")]
    )
    lines += [
        "",
        *(line for line in (bulletins.why(visit, broadcast), bulletins.then(visit, broadcast)) if line),
    ]
    return Screen("\n".join(lines), title=headed(broadcast), buttons=_buttons(broadcast), up=Go(LIST))


def _numbers(visit: Visit, broadcast: Broadcast, told: Report, pace: float | None) -> list[str]:
    whole, over, sent = told.whole, told.over, told.of(reports.SENT)
    share = min(1.0, over / whole) if whole else 0.0
    full = int(share * CELLS)
    lines = ["▓" * full + "░" * (CELLS - full) + f" {int(share * 100)} %"]
    lines.append(_("Sent: {sent} of {whole}", sent=sent, whole=whole))
    for name in reports.OUTCOMES:
        if name not in (reports.SENT, reports.LEFT) and (n := told.of(name)):
            lines.append(f"{wordings.sentence(bulletins.outcome(name))}: {n}")
    if broadcast.state == broadcasts.RUNNING and over < whole:
        lines += _pace(visit, broadcast, whole - over, over, pace)
    return lines


def _pace(visit: Visit, broadcast: Broadcast, left: int, over: int, pace: float | None) -> list[str]:
    """Messages a second and when that ends; without a measured pace the mean since the beginning."""
    if pace is None and broadcast.begun_at is not None:
        pace = over / max(1.0, (visit.at - broadcast.begun_at).total_seconds())
    if not pace or pace < 0.05:
        return []
    end = (visit.at + timedelta(seconds=left / pace)).astimezone(zone(visit.operator.zone))
    rate = f"{pace:.0f}" if pace >= 10 else f"{pace:.1f}".replace(".0", "")
    return [
        _("{pace} messages a second; the end at about {time} (Almaty time)", pace=rate, time=f"{end:%H:%M}")
    ]


def _buttons(broadcast: Broadcast) -> list[Button]:
    number = broadcast.number
    buttons = [Button(_("Stop the broadcast"), "bc.stop", number, wide=True)]
    if broadcast.state == broadcasts.RUNNING:
        buttons.insert(0, Button(_("Pause"), "bc.pause", number, wide=True))
    elif broadcast.state == PAUSED:
        buttons.insert(0, Button(_("Continue"), "bc.cont", number, wide=True))
    return buttons


@act("bc.pause", "bcpaus")
def pause(visit: Visit, press: Press) -> Go:
    broadcast, _page = named(visit, press.ref)
    if broadcast is None:
        return Go(LIST)
    if broadcast.state == broadcasts.RUNNING:
        _here(visit, press, broadcasts.pause(visit, broadcast))
    return Go(ONE if broadcast.state in OVER else RUNNING, broadcast.number)


@act("bc.cont", "bccont")
def go_on(visit: Visit, press: Press) -> Go:
    broadcast, _page = named(visit, press.ref)
    if broadcast is None:
        return Go(LIST)
    if broadcast.state == PAUSED:
        _here(visit, press, broadcasts.resume(visit, broadcast))
    return Go(ONE if broadcast.state in OVER else RUNNING, broadcast.number)


def _here(visit: Visit, press: Press, broadcast: Broadcast) -> None:
    """Where somebody pressed is where it is shown from now on, if it is the chat that shows it already."""
    watched = watches.screen(visit, broadcast)
    chat = int(visit.visitor.address)
    if press.message and (watched is None or watched[0] == chat):
        watches.begin(visit, broadcast, chat, press.message)


@act("bc.stop", "bcstop")
def stop(visit: Visit, press: Press) -> Go:
    """For good: what has not left stays here."""
    broadcast, _page = named(visit, press.ref)
    if broadcast is None:
        return Go(LIST)
    if broadcast.state not in OVER:
        over = broadcasts.cancel(visit, broadcast, author(visit))
        watched = watches.screen(visit, over)
        if (
            watched is not None and watched[1] == press.message
        ):  # a ✔ stands there now; the end is told below it
            watches.begin(visit, over, watched[0], 0)
    return Go("bc.done", broadcast.number)


@view("bc.done", "bcdone")
def ended(visit: Visit, ref: str) -> Screen:
    """✔: it was stopped; what became of it so far."""
    broadcast, _page = named(visit, ref)
    if broadcast is None or broadcast.state not in OVER:
        return one(visit, ref)
    lines = [
        headed(broadcast) + ".",
        wordings.sentence(bulletins.state(broadcast.state)) + ".",
        _("What has not been sent stays here; what has been sent cannot be called back."),
    ]
    return Screen("\n".join(lines), buttons=[Button(_("Report"), "bc.tell", broadcast.number)], done=True)


@act("bc.tell", "bctell")
def tell(visit: Visit, press: Press) -> Go:
    """The report; of a large one it is gathered beside this visit, and the screen follows (`watching`)."""
    broadcast, _page = named(visit, press.ref)
    if broadcast is None:
        return Go(LIST)
    if broadcast.addressed > COUNTED_AT_ONCE and broadcast.state in OVER:
        if followed(visit, broadcast):  # its end comes into their chat first
            return Go(GATHERED, f"{broadcast.number}?{AGAIN}")
        # Below zero: it is the report that is waited for, and no end that has to be told.
        watches.begin(visit, broadcast, int(visit.visitor.address), -press.message)
        return Go(GATHERED, broadcast.number)
    return Go(REPORT, broadcast.number)


@view(GATHERED, "bcgath")
def gathered(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return one(visit, ref)
    if split(ref)[1] == AGAIN:
        told = _("It is just being told in the chat of whoever sent it. Look again in a moment.")
        again = Button(_("Report"), "bc.tell", broadcast.number, wide=True)
        return Screen(told, title=headed(broadcast), buttons=[again], up=Go(LIST))
    return Screen(
        _("The report is being made; it will stand here in a moment."), title=headed(broadcast), up=Go(LIST)
    )


@view(REPORT, "bcrep")
def report(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return one(visit, "")
    if broadcast.addressed > COUNTED_AT_ONCE:
        return gathered(visit, ref)
    return whole(visit, broadcast, reports.of(visit, broadcast))


def whole(visit: Visit, broadcast: Broadcast, told: Report) -> Screen:
    """The report of one that is over."""
    lines = [bulletins.title(visit, broadcast), wordings.sentence(bulletins.state(broadcast.state)) + "."]
    lines += [line for line in (bulletins.why(visit, broadcast),) if line]
    lines += ["", *bulletins.report(visit, told)]
    words = "\n".join(lines)
    if len(words) > LONGEST:
        words = words[:LONGEST].rsplit("\n", 1)[0] + "\n…"
        words += "\n" + _("All of it: kelisim broadcast report {number}", number=broadcast.number)
    return Screen(words, title=headed(broadcast), up=Go(LIST))


def caption(visit: Visit, broadcast: Broadcast, told: Report) -> Screen:
    """✔ bc.done: number and totals, under the picture."""
    lines = [headed(broadcast) + ".", wordings.sentence(bulletins.state(broadcast.state)) + "."]
    lines += [line for line in (bulletins.why(visit, broadcast),) if line]
    if told.made or told.gone:
        lines += ["", *bulletins.totals(told)]
    return Screen(
        "\n".join(lines), buttons=[Button(_("Report"), "bc.tell", broadcast.number)], menu=False, done=True
    )
