"""What the desk says by itself about a consent, in the chat or else by letter: it is paused, or ends soon (SCREENS 3.11)."""

from __future__ import annotations

from kelisim.desk import answers, choices, consents, letters, outbox, subjects, suppressions
from kelisim.desk.letters import Letter
from kelisim.desk.outbox import Claimed
from kelisim.desk.purposes import Pair
from kelisim.desk.visit import EMAIL, Visit
from kelisim.texts import _, day, speaking

PAUSED, EXPIRING = "svc.paused", "svc.expiring"  # screens that come unasked
LETTER = "renewal-letter"  # the same by letter, to those who have no chat


def tell(visit: Visit, screen: str, number: str) -> None:
    """Say it in the chat, else by letter to the proved mailbox; it waits for the morning."""
    if answers.in_chat(visit):
        answers.notice(visit, screen, number)
    elif subjects.proved_email(visit) is not None:
        outbox.post(visit, LETTER, EMAIL, {"screen": screen, "number": number}, number=number)


def noticed(visit: Visit, screen: str, number: str) -> tuple[Pair, list[str]] | None:
    """The pair such a notice is about and its sentences; nothing when it is not so any more (the person has decided)."""
    known = next((one for one in consents.standing(visit).values() if one.number == number), None)
    pair = visit.operator.pairs.get(known.purpose) if known is not None else None
    if known is None or pair is None:
        return None
    label = pair.label(visit.locale)
    if screen == PAUSED and known.state == consents.SUSPENDED:
        return pair, [
            _("Consent paused, No. {number}. Purpose: {purpose}. Its text has changed, and no answer of yours came in time.",
              number=number, purpose=label),
            _("Nothing is used for this purpose until you decide. Your other consents stay as they are."),
        ]  # fmt: skip
    soon = (
        known.given
        and known.valid_until is not None
        and known.valid_until - visit.today <= consents.LAST_DAYS
    )
    if screen == EXPIRING and soon and known.valid_until is not None:
        return pair, [
            _("A consent of yours ends soon. Purpose: {purpose}. Last day: {date}.", purpose=label, date=day(known.valid_until)),
            _("Do nothing and it ends by itself."),
        ]  # fmt: skip
    return None


def due(visit: Visit, screen: str, number: str) -> tuple[Pair, list[str]] | None:
    """The same of a notice that is about to leave: nothing either when its messages were stopped while it waited (I1)."""
    found = noticed(visit, screen, number)
    if found is None:
        return None
    pair = found[0]
    barred = suppressions.bars(visit, pair.channel, consents.given_at(visit, pair.code) or visit.at)
    return None if barred else found


def compose(visit: Visit, message: Claimed) -> Letter | None:
    """The notice as a letter with the link to its page; nothing when the person has decided meanwhile or has no mailbox."""
    if visit.subject is None:
        return None
    with speaking(visit.locale):
        found = due(visit, message.body["screen"], message.body["number"])
        mailbox = subjects.proved_email(visit)
        if found is None or mailbox is None:
            return None
        pair, words = found
        if visit.desk.url:
            words.append(
                _(
                    "To keep the consent or to withdraw it, open this page: {url}",
                    url=choices.url(visit, mailbox.id, pair.code),
                )
            )
        else:
            words.append(
                _("To keep it or to withdraw it, write to {mailbox}.", mailbox=visit.operator.mailbox)
            )
        return letters.letter(pair.label(visit.locale), words, visit)
