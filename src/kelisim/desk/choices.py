"""The two choices of a message about a changed text: its buttons in the chat, and the link of a letter with its page.

The link proves the mailbox it came to and shows the text; only the buttons of its page act, and it revives and resumes nothing.
"""

from __future__ import annotations

import base64
from datetime import date, timedelta

from sqlalchemy import bindparam, select

from kelisim.desk import bodies, consents, subjects, suppressions, tokens
from kelisim.desk.broadcasts import POLICY, Broadcast
from kelisim.desk.purposes import Pair
from kelisim.desk.visit import PHONE, TELEGRAM, Desk, Visit
from kelisim.store.models import Contact
from kelisim.texts import _, speaking

MATERIAL = "material"  # the ground of a change that asks for an answer, before its version

PATH = "/c/"  # below KELISIM_URL
LINK_LIVES = timedelta(days=90)
_LABEL = b"kelisim renewal"
_LONGEST = 120  # characters of a token
_EPOCH = date(2026, 1, 1)

OPEN, SETTLED, OVER, STOPPED = "open", "settled", "over", "stopped"

_K = Contact.__table__.c
_CONTACT = select(_K.subject_id).where(_K.id == bindparam("contact"), _K.confirmed_at.is_not(None))


def material(broadcast: Broadcast) -> bool:
    """Whether a change of the policy asks for an answer."""
    return broadcast.ground.startswith(MATERIAL)


def buttons(visit: Visit, broadcast: Broadcast, locale: str) -> bodies.Keyboard:
    """The choices below the message in the chat: the new text, and taking back at once.

    Their data are those of the chat's own buttons (`telegram.press`): code, language and the mark that keeps this message.
    """
    pair = next((one for one in broadcast.pairs(visit) if one.channel == TELEGRAM), None)
    if pair is None:
        return []
    asks = material(broadcast)
    with speaking(locale):
        labels = (
            [("ckeep", _("Keep the consent")), ("wdraw", _("Withdraw"))]
            if asks
            else [("c1", _("My consents"))]
        )
    return [[{"text": label, "callback_data": f"{code}:{locale}+::{pair.code}"}] for code, label in labels]


def paragraphs(visit: Visit, broadcast: Broadcast, locale: str, contact_id: int, pair: str) -> list[str]:
    """The last words of the letter: where to decide."""
    with speaking(locale):
        if not visit.desk.url:
            return [_("Questions: write to {mailbox}.", mailbox=visit.operator.mailbox)]
        where = url(visit, contact_id, pair)
        if material(broadcast):
            return [_("To keep the consent or to withdraw it, open this page: {url}", url=where)]
        return [_("Your consent, and a way to take it back: {url}", url=where)]


bodies.ADDED[POLICY] = bodies.Added(buttons, paragraphs)


def url(visit: Visit, contact_id: int, pair: str) -> str:
    """Where the holder of a mailbox decides about one purpose; raises LookupError without a web door."""
    if not visit.desk.url:
        raise LookupError("there is no web door: KELISIM_URL is empty")
    return f"{visit.desk.url}{PATH}{token(visit, contact_id, pair)}"


def token(visit: Visit, contact_id: int, pair: str) -> str:
    """Contact, day and pair, sealed: it tells nothing, cannot be made up, and is kept nowhere."""
    made = (visit.today - _EPOCH).days
    sealed = tokens.seal(
        visit.desk, _LABEL, contact_id.to_bytes(8, "big") + made.to_bytes(4, "big") + pair.encode()
    )
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read(desk: Desk, given: str) -> tuple[int, date, str] | None:
    """Contact, day and pair of a token we made, or nothing; the store is not asked."""
    if not given.isascii() or len(given) > _LONGEST:
        return None
    try:
        sealed = base64.b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True)
    except ValueError:
        return None
    opened = tokens.unseal(desk, _LABEL, sealed)
    if opened is None:
        return None
    made = _EPOCH + timedelta(days=int.from_bytes(opened[8:12], "big"))
    return int.from_bytes(opened[:8], "big"), made, opened[12:].decode()


def whose(visit: Visit, given: str) -> Pair | None:
    """The pair a link is about; the visit becomes its person's. Nothing for a link that is over, or a mailbox no longer theirs."""
    found = read(visit.desk, given)
    if found is None or visit.today > found[1] + LINK_LIVES:
        return None
    pair, row = visit.operator.pairs.get(found[2]), visit.one(_CONTACT, contact=found[0])
    visit.subject = subjects.by_id(visit, row.subject_id) if row is not None else None
    if pair is None or visit.subject is None or visit.subject.state == subjects.ERASING:
        return None
    visit.locale = visit.subject.locale
    return pair


def choice(visit: Visit, pair: Pair) -> str:
    """Whether there is anything to decide: OPEN, SETTLED (it holds as it is), OVER (ended: a link revives nothing), or STOPPED.

    While messages are stopped a link only withdraws: consent given anew would lift the stop, and whoever has a letter of
    earlier is not the one who stopped. In their own chat the person may.
    """
    known = consents.standing(visit).get(pair.code)
    if known is None or not known.stands or known.state == consents.ENDING:
        return OVER
    if suppressions.bars(visit, pair.channel, consents.given_at(visit, pair.code) or known.since):
        return STOPPED
    if known.state == consents.SUSPENDED:
        return OPEN
    current = visit.desk.shelf.current(pair.code, visit.locale).version
    ends = known.valid_until is not None and known.valid_until - visit.today <= consents.LAST_DAYS
    return OPEN if ends or known.version != current else SETTLED


def lacks(visit: Visit, pair: Pair) -> bool:
    """Whether the purpose needs data a page cannot prove: then the chat or a letter is the way."""
    need = set(pair.needs) - set(pair.optional)
    if pair.purpose.publication or ("phone" in need and not subjects.contacts(visit, PHONE)):
        return True
    return "name" in need and not subjects.profile(visit).get("surname")
