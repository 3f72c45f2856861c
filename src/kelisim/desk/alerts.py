"""«It was not me»: what opens, changes or ends something is told at once by every other proved way, and can be stopped there.

Whoever holds an unlocked phone acts as the person (T-ID-08); the notice goes where they do not sit. A letter holds one link,
which only stops: it proves nothing, shows nothing and gives nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from kelisim.desk import answers, cases, consents, files, handoffs, letters, links, numbers, outbox, subjects
from kelisim.desk.cases import Case
from kelisim.desk.letters import Letter
from kelisim.desk.outbox import CANCELLED, WAITING, Claimed
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit, zone
from kelisim.store.models import Link, OutboxMessage
from kelisim.texts import _, day, speaking

FILE, CONTACT, ERASURE, REPRESENTATION = "file", "contact", "erasure", "representation"
WHAT = (FILE, CONTACT, ERASURE, REPRESENTATION)
LETTER = "alert-letter"  # a kind of outbox message
SCREEN = "svc.alert"
USE = "notme"  # of the link in the letter
LIFE = timedelta(hours=72)

Undo = Callable[[Visit, str], bool]
UNDOS: dict[str, Undo] = {}
_SHORT = {
    FILE: "file",
    CONTACT: "contact",
    ERASURE: "erasure",
    REPRESENTATION: "rep",
}  # a button carries 22 characters

_O, _L = OutboxMessage.__table__.c, Link.__table__.c
_TOLD = select(_O.id).where(
    _O.subject_id == bindparam("subject"), _O.number == bindparam("about"), _O.kind.in_((LETTER, answers.ANSWER))
)  # fmt: skip
_UNUSED = select(_L.token).where(
    _L.subject_id == bindparam("subject"), _L.use.in_(bindparam("uses", expanding=True)), _L.used_at.is_(None),
    _L.expires > bindparam("now"),
)  # fmt: skip
_HOLD_BACK = (
    update(OutboxMessage)
    .where(
        _O.subject_id == bindparam("subject"), _O.number == bindparam("about"), _O.state == WAITING,
        _O.kind.in_(("file", "file-letter")),
    )
    .values(state=CANCELLED, body=None, address=None, settled_at=bindparam("now"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotMe:
    """What came of «It was not me»: the case, whether there was still something to stop, and whether it was said just now."""

    case: Case
    stopped: bool
    new: bool


def undo(what: str) -> Callable[[Undo], Undo]:
    """Register how an act is stopped: `function(visit, number)` acts for visit.subject and says whether there was anything to stop.

    It runs once per «It was not me», may be asked for a number that is over, and never opens or gives anything.
    """
    if what not in WHAT:
        raise ValueError(f"{what} is nothing that is alerted")

    def register(function: Undo) -> Undo:
        UNDOS[what] = function
        return function

    return register


def post(visit: Visit, what: str, number: str, *, but: bytes = b"") -> int:
    """Tell the visit's subject by every proved way but the one the act came by; by how many.

    Call it in the transaction of the act, with the number of its case (or consent), before an old contact goes: the letter
    keeps the address it has now. A mailbox that was changed stays among those told for three days. `but` is the hash of a
    contact that the act itself has brought.
    """
    if what not in WHAT:
        raise ValueError(f"{what} is nothing that is alerted")
    locale, told = visit.known.locale, 0
    spared = (visit.visitor.hash, but)
    known = [
        one for one in subjects.addresses(visit) if one.confirmed_at is not None and one.hash not in spared
    ]
    if any(one.channel == TELEGRAM for one in known):
        body = {"screen": SCREEN, "ref": reference(what, number)}
        outbox.post(visit, answers.ANSWER, TELEGRAM, body, number=number, locale=locale)
        told += 1
    mailboxes = {one.hash: one.value for one in known if one.channel == EMAIL}
    for address in _left_lately(visit):
        found = visit.desk.vault.find(EMAIL, subjects.lookup(address))
        if found not in spared:
            mailboxes.setdefault(found, address)
    for address in mailboxes.values():
        outbox.post(visit, LETTER, EMAIL, {"what": what}, address=address, number=number, locale=locale)
        told += 1
    return told


def _left_lately(visit: Visit) -> list[str]:
    """Mailboxes that were the subject's until lately: who took the chat and changed the mailbox must not go on unheard."""
    return [
        case.facts["before"]
        for case in cases.of_subject(visit, most=100)
        if case.kind == cases.CORRECTION and case.state == cases.DONE and visit.at - case.received_at < LIFE
        and case.facts.get("field") == EMAIL and case.facts.get("before")
    ]  # fmt: skip


def reference(what: str, number: str) -> str:
    """What a button or a link carries: the number and what it is about, 22 characters at most."""
    return f"{number}.{_SHORT[what]}"


def split(ref: str) -> tuple[str, str] | None:
    """What and number of a reference, or nothing when it is none of ours."""
    number, _dot, short = ref.partition(".")
    what = next((what for what, known in _SHORT.items() if known == short), None)
    return (what, number) if what is not None and numbers.is_number(number) else None


def said(visit: Visit, what: str, number: str) -> str:
    """What happened and when, in one sentence without anybody's data."""
    at = _when(visit, number).astimezone(zone(visit.operator.zone))
    told = {"number": number, "date": day(at.date()), "time": f"{at:%H:%M}"}
    match what:
        case "file":
            return _("A file with your data was ordered: {date}, {time}, No. {number}.", **told)
        case "contact":
            return _("The contacts we hold for you were changed: {date}, {time}, No. {number}.", **told)
        case "erasure":
            return _("Deletion of your data was asked for: {date}, {time}, No. {number}.", **told)
    return _("Someone asked to act on your behalf: {date}, {time}, No. {number}.", **told)


def effect(what: str) -> str:
    """What «It was not me» does, said before it is pressed."""
    return {
        FILE: _("If it was not you, we cancel the links to the file and look into it."),
        CONTACT: _("If it was not you, the new contact stops counting as yours and we look into it."),
        ERASURE: _("If it was not you, your data stay and we look into it."),
        REPRESENTATION: _("If you did not agree to it, nothing is told to that person and we look into it."),
    }[what]


def compose(visit: Visit, message: Claimed) -> Letter | None:
    """The letter, with a fresh link; nothing when the person is gone. The link is made only now, so no secret waits."""
    if visit.subject is None:
        return None
    what, number = message.body["what"], message.number
    with speaking(visit.locale):
        words = [said(visit, what, number), _("If it was you, do nothing."), effect(what)]
        if links.able(visit):
            url = links.make(visit, USE, reference(what, number), LIFE)
            words.append(_("It was not me: {url} (works for 72 hours)", url=url))
        else:
            words.append(
                _("It was not me: write to {mailbox} with the number.", mailbox=visit.operator.mailbox)
            )
        return letters.letter(_("Was it you? No. {number}", number=number), words, visit)


def not_me(visit: Visit, what: str, number: str) -> NotMe | None:
    """Stop the act of that number and open a question for staff.

    Nothing when this person was never alerted to that number. The same press again finds the same case and stops nothing
    twice. What staff find out is answered by letter when the letter's link was used, else in the chat.
    """
    if visit.one(_TOLD, subject=visit.known.id, about=number) is None:
        return None
    for known in cases.of_subject(visit, most=100):
        if known.facts.get("alert") == reference(what, number):
            return NotMe(known, bool(known.facts.get("stopped")), new=False)
    stopped = UNDOS[what](visit, number) if what in UNDOS else False
    facts = {"alert": reference(what, number), "stopped": stopped}
    words = " ".join((_("It was not me"), "—", said(visit, what, number)))
    by = TELEGRAM if visit.door == TELEGRAM or subjects.proved_email(visit) is None else EMAIL
    case = cases.begin(visit, cases.QUESTION, words=words, facts=facts, answer_by=by)
    return NotMe(handoffs.send(visit, case), stopped, new=True)


@undo(FILE)
def _no_file(visit: Visit, number: str) -> bool:
    """Every link to a file ends, and a file that has not left stays here; what was taken already nobody can call back."""
    waited = visit.one(_UNUSED, subject=visit.known.id, uses=list(files.MAKERS), now=visit.at)
    for use in files.MAKERS:
        links.void(visit, use)
    held = visit.run(_HOLD_BACK, subject=visit.known.id, about=number, now=visit.at)
    return waited is not None or held > 0


def _when(visit: Visit, number: str) -> datetime:
    """When it was asked for, by the case or the consent of that number."""
    try:
        return cases.known(visit, number).received_at
    except LookupError:
        records = consents.records(visit, number)
        return records[0].at if records else visit.at
