"""The letters by which the desk answers a letter at once: taken, stopped, please confirm.

The same words whoever wrote, known here or not (I13), and nothing that the writer typed (T-LET-13): a number, a kind, days.
They are made when they are claimed, so that neither a secret nor a date waits in the outbox.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kelisim.desk import automatic, cases, kinds, letters, links
from kelisim.desk.answers import FROM
from kelisim.desk.automatic import ACK, CONFIRM, STOP_ACK
from kelisim.desk.cases import Case
from kelisim.desk.identity import Email
from kelisim.desk.letters import Letter
from kelisim.desk.outbox import Claimed
from kelisim.desk.visit import Visit
from kelisim.texts import _, day, speaking

KINDS = (ACK, STOP_ACK, CONFIRM)
USE = "confirm"  # of the link in the letter
LIFE = timedelta(hours=48)
UNCONFIRMED = "unconfirmed"  # among the facts of a case: nobody has shown that the address's owner wrote


def taken(visit: Visit, case: Case, email: Email, answers: str, *, without_files: bool = False) -> bool:
    """Promise the writer the number and the date of what their letter became; `answers` is its Message-ID."""
    body = {"case": case.number, "answers": answers, "without": without_files}
    return automatic.post(visit, ACK, email, body, number=case.number, locale=visit.locale)


def stopped(visit: Visit, number: str, email: Email, answers: str) -> bool:
    """Promise a mailbox the number of the stop that a letter in its name made."""
    body = {"answers": answers}
    return automatic.post(visit, STOP_ACK, email, body, number=number, locale=visit.locale, to_subject=False)


def asked(visit: Visit, case: Case, email: Email, answers: str) -> bool:
    """Promise the question whether the owner of the mailbox wrote."""
    body = {"case": case.number, "answers": answers}
    return automatic.post(visit, CONFIRM, email, body, number=case.number, locale=visit.locale)


def compose(visit: Visit, message: Claimed) -> dict[str, Any] | None:
    """The letter as it is today; nothing when there is nothing left to say: the request has ended, or was confirmed."""
    visit.locale = message.locale  # the writer's, whatever a person of this address chose elsewhere
    with speaking(message.locale):
        made = _stopped(visit, message.number) if message.kind == STOP_ACK else _about(visit, message)
    if made is None:
        return None
    return {**made, "answers": message.body.get("answers", ""), "auto": "auto-replied"}


def _about(visit: Visit, message: Claimed) -> Letter | None:
    try:
        case = cases.known(visit, message.body["case"])
    except LookupError:
        return None
    if not case.in_hand or FROM not in case.facts:
        return None
    if message.kind == ACK:
        return _taken(visit, case, without_files=message.body["without"])
    return _asked(visit, case) if UNCONFIRMED in case.facts and visit.subject is not None else None


def _stopped(visit: Visit, number: str) -> Letter:
    words = [
        _("A letter in the name of this mailbox asked us to stop our messages. From now on we send it no news and no advertising. "
          "Number: {number}.", number=number),
        _("Answers to your own requests still come."),
        _("If it was not you and you would like our letters, give your consent again in the bot or write to us: {mailbox}.",
          mailbox=visit.operator.mailbox),
    ]  # fmt: skip
    return letters.letter(_("Our letters to you are stopped, No. {number}", number=number), words, visit)


def _taken(visit: Visit, case: Case, *, without_files: bool) -> Letter:
    clock = cases.clock(visit, case)
    words = [
        _("Your letter of {date} has come and became request No. {number}: {kind}.", date=_received(visit, case),
          number=case.number, kind=kinds.named(case.kind)),
        _("Answer due by the end of {due}, Almaty time. It comes to this mailbox.", due=day(clock.last)),
        _("To add something, just reply to this letter."),
    ]  # fmt: skip
    if without_files:
        words.insert(1, _("Not all files could be kept: PDF, JPEG and PNG of at most 10 MB, five with a letter. Please send the "
                          "others anew in this form."))  # fmt: skip
    return letters.letter(
        _("No. {number}, {kind}", number=case.number, kind=kinds.named(case.kind)), words, visit
    )


def _asked(visit: Visit, case: Case) -> Letter:
    words = [
        _("On {date} a letter in the name of this mailbox came to us. It asks: {kind}. Number: {number}.",
          date=_received(visit, case), kind=kinds.named(case.kind), number=case.number),
        _("Anybody can write such a letter in another's name. So please confirm that it was you; then we act at once."),
    ]  # fmt: skip
    if links.able(visit):
        url = links.make(visit, USE, case.number, LIFE)
        words.append(_("To confirm: {url} (works for 48 hours)", url=url))
        words.append(_("Or reply to this letter with the one word: yes."))
    else:
        words.append(_("To confirm, reply to this letter with the one word: yes."))
    words.append(
        _(
            "If it was not you, reply with the word: no. Without your confirmation nothing is changed in your name."
        )
    )
    return letters.letter(_("Was it you? No. {number}", number=case.number), words, visit)


def _received(visit: Visit, case: Case) -> str:
    return day(visit.day_of(case.received_at))
