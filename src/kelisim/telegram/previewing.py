"""A draft as its readers will see it: a real message per language and channel, to whoever writes it, and a test to oneself."""

from __future__ import annotations

from datetime import datetime, timedelta

from kelisim.desk import bodies, outbox, proofs
from kelisim.desk.broadcasts import DRAFT, Broadcast
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.telegram.broadcasting import BODY, ONE, act, author, every, headed, named, one, view
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, split
from kelisim.texts import LOCALES, _

PREVIEW = "bc.preview"
ROOM = 20  # messages that are posted together, and keep their order


@act("bc.show", "bcshow")
def show(visit: Visit, press: Press) -> Go:
    """The messages themselves, each as its audience will see it, by the same road they will take; then the way on."""
    broadcast, _page = named(visit, press.ref)
    if broadcast is None or broadcast.state != DRAFT:
        return Go(ONE, press.ref)
    if bodies.faults(visit, broadcast):
        return Go(BODY, f"{broadcast.number}?lacks")
    person = author(visit)
    last = previews(visit, broadcast, int(visit.visitor.address), person.address, LOCALES)
    panel(visit, int(visit.visitor.address), visit.locale, PREVIEW, broadcast.number, last)
    return Go("bc.shown", broadcast.number)


def previews(visit: Visit, broadcast: Broadcast, chat: int, address: str, locales: tuple[str, ...]) -> int:
    """Post one message per language and channel to one of the staff; how many."""
    posted = 0
    for channel in broadcast.channels:
        for locale in locales:
            outbox.post(
                visit, proofs.KIND, channel, {"broadcast": broadcast.id, "locale": locale}, number=broadcast.number,
                address=str(chat) if channel == TELEGRAM else address, to_subject=False, locale=locale,
                due=_in_order(visit, posted),
            )  # fmt: skip
            posted += 1
    return posted


def panel(visit: Visit, chat: int, locale: str, screen: str, ref: str, after: int = 0) -> None:
    """Post a screen of ours into a chat of the staff, below what was posted before it."""
    outbox.post(visit, proofs.PANEL, TELEGRAM, {"screen": screen, "ref": ref}, number=ref.partition("?")[0], address=str(chat),
                to_subject=False, locale=locale, due=_in_order(visit, after))  # fmt: skip


def _in_order(visit: Visit, place: int) -> datetime:
    """Due at once, but the first of several messages before the second."""
    return visit.at - timedelta(milliseconds=ROOM - place)


@view("bc.shown", "bcshwn")
def shown(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    if split(ref)[1] == "test":
        told = _("The test is on its way, just as a recipient of your language gets it.")
        return Screen(told, title=headed(broadcast), up=Go(BODY, broadcast.number))
    lines = []
    if TELEGRAM in broadcast.channels:
        lines.append(
            _(
                "Three messages come below, as people read them in Kazakh, Russian and English; then the next step."
            )
        )
    if EMAIL in broadcast.channels:
        lines.append(_("The three letters go to your own mailbox."))
    return Screen("\n".join(lines), title=headed(broadcast), up=Go(BODY, broadcast.number))


@view(PREVIEW, "bcprev")
def preview(visit: Visit, ref: str) -> Screen:
    broadcast, _page = named(visit, ref)
    if broadcast is None or broadcast.state != DRAFT:
        return one(visit, ref)
    lines = [_("Is everything above right? Then see who will receive it.")]
    number = broadcast.number
    buttons = [Button(_("Test to myself"), "bc.test", number, wide=True), Button(_("Recipients"), "bc.counts", number, wide=True),
               Button(_("Write again"), BODY, number, wide=True)]  # fmt: skip
    return Screen("\n".join(lines), title=headed(broadcast), buttons=buttons, up=Go(BODY, number))


@act("bc.test", "bctest")
def test(visit: Visit, press: Press) -> Go:
    """The message as oneself would get it, by every channel it goes by."""
    broadcast, _page = named(visit, press.ref)
    if broadcast is None or broadcast.state != DRAFT:
        return Go(ONE, press.ref)
    if bodies.faults(visit, broadcast):
        return Go(BODY, f"{broadcast.number}?lacks")
    chat = int(visit.visitor.address)
    last = previews(visit, broadcast, chat, author(visit).address, (visit.locale,))
    panel(visit, chat, visit.locale, PREVIEW, broadcast.number, last)
    return Go("bc.shown", f"{broadcast.number}?test")
