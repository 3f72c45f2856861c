"""Proving a phone: Telegram's own contact of this very person, sent by the button; typed digits prove nothing (P24)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiogram.types import Message

from kelisim.desk import dialogue, identity
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import Visit
from kelisim.telegram.mailboxes import Draft
from kelisim.telegram.screens import Go, Screen, reader, split, view
from kelisim.texts import _


@dataclass(frozen=True, slots=True)
class Flow:
    """What a flow does with a phone: its screen, and what the proved number (+, country, digits) brings."""

    screen: str
    framed: Callable[[Visit, str], Screen]
    proved: Callable[[Visit, Draft, str], Go]

    def show(self, visit: Visit, ref: str) -> Screen:
        """The question, with Telegram's contact button."""
        asked = _(
            "Your phone is taken from Telegram's own contact: please use the button below the typing field."
        )
        _main, beside = split(ref)
        screen = self.framed(visit, "\n".join([fault(beside), "", asked]) if beside else asked)
        if screen.cancel:  # it is a question, and not the line that says it is over
            screen.share = _("Send my number")
        return screen

    def read(self, visit: Visit, words: str, waiting: Waiting) -> Go:
        """Digits were typed: they prove nothing."""
        return Go(self.screen, "?typed")


FLOWS: dict[str, Flow] = {}


def flow(made: Flow, code: str, *, asks: bool = False) -> Flow:
    """Register the screen of a flow under its short code."""
    FLOWS[made.screen] = made
    view(made.screen, code, asks=asks)(made.show)
    reader(made.screen)(made.read)
    return made


def shared(visit: Visit, message: Message) -> Go | None:
    """A contact came: the number is proved when it is the sender's own and not forwarded (T-CHAT-08).

    Nothing when no phone is asked for.
    """
    waiting = dialogue.waiting(visit)
    made = FLOWS.get(waiting.screen)
    contact = message.contact
    if made is None or contact is None:
        return None
    own = (
        message.from_user is not None
        and contact.user_id == message.from_user.id
        and message.forward_origin is None
    )
    if not own:
        return Go(made.screen, "?other")
    try:
        phone = identity.phone(contact.phone_number)
    except identity.Malformed:
        return Go(made.screen, "?other")
    return made.proved(visit, waiting.draft, phone.e164)


def fault(part: str) -> str:
    """Why what came proves no number."""
    if part == "other":
        return _("This contact is not your own. Please use the button.")
    return _("A typed number proves nothing. Please use the button.")
