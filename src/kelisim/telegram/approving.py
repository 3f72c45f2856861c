"""A second pair of eyes: a large broadcast waits until somebody else of the staff has seen it and says yes (T-CAST-05)."""

from __future__ import annotations

from kelisim.desk import broadcasts, bulletins, staff, watches
from kelisim.desk.broadcasts import APPROVING, Broadcast, NotYours
from kelisim.desk.operator import Staff
from kelisim.desk.visit import Visit
from kelisim.telegram.broadcasting import LIST, ONE, act, author, every, headed, named, one, view
from kelisim.telegram.press import Press
from kelisim.telegram.previewing import panel, previews
from kelisim.telegram.screens import Button, Go, Screen, split
from kelisim.texts import LOCALES, _

APPROVE, ASKED, PLANNED = "bc.approve", "bc.asked", "bc.planned"


def others(visit: Visit, broadcast: Broadcast) -> list[Staff]:
    """Who may say yes in a chat: everybody on the list but its author."""
    return [
        person
        for person in visit.operator.staff
        if person.telegram and not broadcast.written_by(person.address)
    ]


def ask(visit: Visit, broadcast: Broadcast) -> None:
    """The messages as people will read them, then the question, to each of the others."""
    for person in others(visit, broadcast):
        assert person.telegram is not None
        after = previews(visit, broadcast, person.telegram, person.address, LOCALES)
        panel(visit, person.telegram, person.locale, APPROVE, broadcast.number, after)


@view(ASKED, "bcaskd")
def waits(visit: Visit, ref: str) -> Screen:
    """✔: it waits for somebody else."""
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    lines = [headed(broadcast) + ".", bulletins.then(visit, broadcast)]
    lines.append(
        _("They have been asked in their chats just now.")
        if others(visit, broadcast)
        else _("Nobody else has a chat in the operator file: approve it with `kelisim broadcast approve`.")
    )
    return Screen(
        "\n".join(lines), buttons=[Button(_("Stop the broadcast"), "bc.stop", broadcast.number)], done=True
    )


@view(APPROVE, "bcappr")
def approve(visit: Visit, ref: str) -> Screen:
    """Purpose, who wrote it, count; the messages themselves stand above it in the chat."""
    broadcast, _page = named(visit, ref)
    if broadcast is None or broadcast.state != APPROVING:
        return one(visit, ref)
    person = staff.writer(visit)
    own = person is not None and broadcast.written_by(person.address)
    lines = [_("You wrote it, so somebody else has to approve it."), ""] if split(ref)[1] == "own" else []
    lines += [
        bulletins.title(visit, broadcast),
        _("Written by: {author}", author=_name(visit, broadcast)),
        "",
        *bulletins.count(broadcast),
    ]
    if broadcast.start_at is not None:
        lines.append(
            _("It begins on {moment} (Almaty time).", moment=bulletins.moment(visit, broadcast.start_at))
        )
    lines += ["", _("What has been sent cannot be called back.")]
    buttons = [Button(_("Stop the broadcast"), "bc.stop", broadcast.number, wide=True)]
    if not own:
        buttons.insert(0, Button(_("Approve"), "bc.yes", broadcast.number, broadcast.digest[:16], wide=True))
        buttons.insert(1, Button(_("Show the messages"), "bc.again", broadcast.number, wide=True))
    return Screen("\n".join(lines), title=headed(broadcast), buttons=buttons, up=Go(LIST))


def _name(visit: Visit, broadcast: Broadcast) -> str:
    """Its author as the operator file names them."""
    return next(
        (person.name for person in visit.operator.staff if broadcast.written_by(person.address)),
        broadcast.author,
    )


@act("bc.again", "bcagin")
def show_again(visit: Visit, press: Press) -> Go:
    """The messages once more, to the second person."""
    broadcast, _page = named(visit, press.ref)
    if broadcast is None or broadcast.state != APPROVING:
        return Go(ONE, press.ref)
    chat = int(visit.visitor.address)
    after = previews(visit, broadcast, chat, author(visit).address, LOCALES)
    panel(visit, chat, visit.locale, APPROVE, broadcast.number, after)
    return Go(APPROVE, broadcast.number)


@act("bc.yes", "bcyes")
def say_yes(visit: Visit, press: Press) -> Go:
    broadcast, _page = named(visit, press.ref)
    if broadcast is None:
        return Go("stale")
    if broadcast.state != APPROVING and press.digest and broadcast.digest.startswith(press.digest):
        return Go(ONE, broadcast.number)  # pressed twice, or somebody else was faster
    try:
        approved = broadcasts.approve(visit, broadcast, press.digest, author(visit))
    except NotYours:
        return Go(APPROVE, f"{broadcast.number}?own")
    watched = watches.screen(visit, approved)
    writer = next((known for known in visit.operator.staff if watched and known.telegram == watched[0]), None)
    if watched is not None and writer is not None:
        panel(visit, watched[0], writer.locale, "bc.approved", broadcast.number)
    return Go("bc.approved", broadcast.number)


@view("bc.approved", "bcappd")
def approved(visit: Visit, ref: str) -> Screen:
    """✔, to both of them."""
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    lines = [
        _("Broadcast No. {number} is approved.", number=broadcast.number),
        bulletins.then(visit, broadcast),
    ]
    return Screen(
        "\n".join(line for line in lines if line),
        buttons=[Button(_("Stop the broadcast"), "bc.stop", broadcast.number)],
        done=True,
    )
