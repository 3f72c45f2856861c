"""What people write: the three letters of the policy, answers to our letters, and everything else as a question."""

from __future__ import annotations

from dataclasses import replace

from kelisim.desk import acknowledgements, automatic, cases, petitions, threads, words
from kelisim.desk.cases import LONGEST
from kelisim.desk.letterbox import Handled
from kelisim.desk.petitions import Asked
from kelisim.desk.threads import Posted
from kelisim.desk.visit import Visit
from kelisim.mail import consenting, quotes, subjects
from kelisim.mail.letter import Letter
from kelisim.mail.quotes import Extract
from kelisim.mail.subjects import NONE, OPT_OUT, REVOKE

_KINDS = {REVOKE: cases.REVOCATION, subjects.UPDATE: cases.CORRECTION}


def act(visit: Visit, letter: Letter, posted: Posted | None) -> Handled:
    """Do what the letter asks; `posted` is the letter of ours to a person that it answers, if any."""
    marks = [threads.marker(visit.desk, posted.id)] if posted is not None else []
    fresh = quotes.extract(letter, marks)
    clear = fresh.sure or fresh.why in (quotes.NO_END, quotes.EMPTY)
    text = fresh.text.strip() if clear else letter.text.strip()
    answers = posted is not None or bool(
        threads.rows(visit.desk, letter.named)
    )  # a receipt or news of ours, perhaps
    asks = _asks(visit, letter, text if clear else None, answers=answers)
    visit.locale = asks.language or subjects.language(text, letter.subject)
    sender = letter.sender
    named = [sender.address] if sender.address is not None else list(sender.every)
    if asks.act == OPT_OUT and named:
        petitions.opt_out(visit, named, letter.message_id, answer=sender.address is not None)
        return Handled("opt-out")
    if sender.address is None:
        return Handled("unsound", ours=False)  # nobody could be answered: it stays for staff to look at
    asked = Asked(
        sender.address, sender.authentic, letter.message_id, letter.received_at, text[:LONGEST], letter.files
    )
    if asks.act == NONE:
        handled = (
            _answer(visit, posted, asked, fresh) if posted is not None else _by_number(visit, letter, asked)
        )
        if handled is not None:
            return handled
    asked = replace(asked, words=_whole(letter.subject, text))
    if asks.act in _KINDS:
        case = petitions.ask(visit, _KINDS[asks.act], asked)
        return _handled("confirm" if acknowledgements.UNCONFIRMED in case.facts else asks.act, case)
    if not visit.operator.mail.questions or not (text or letter.files):
        return Handled("left", ours=False)
    return _handled("question", petitions.question(visit, asked))


def _asks(visit: Visit, letter: Letter, text: str | None, *, answers: bool) -> subjects.Reading:
    """Which of the three acts; an answer to us is one of them only by a STOP, or by a subject typed anew."""
    if not answers:
        return subjects.read(visit.operator, letter.subject, text)
    if text and words.is_stop_phrase(text):
        return subjects.Reading(OPT_OUT, words.language_of(text) or "", subjects.BODY)
    return subjects.of_subject(visit.operator, letter.subject, exactly=True)


def _answer(visit: Visit, posted: Posted, asked: Asked, fresh: Extract) -> Handled | None:
    """An answer to a letter of ours: yes or no to what it asked, or more words; nothing when it is not theirs to add to."""
    case = petitions.theirs(visit, posted.number, asked.email)
    if case is None:
        return None
    if posted.kind == automatic.CONFIRM and not asked.files:
        said, rest = _said(fresh)
        if said == consenting.NO:
            petitions.decline(visit, case.number)
            return _handled("declined", case)
        if said == consenting.YES:
            done = petitions.confirm(visit, case.number, asked.message_id) or case
            if rest:
                petitions.add(visit, done, replace(asked, words=rest))
            return _handled("confirmed", done)
    if not asked.words and not asked.files:
        return _handled("empty", case)
    grown = petitions.add(visit, case, asked, quietly=words.exact(asked.words) in ("thanks", "greeting"))
    return _handled("added", grown) if grown is not None else None


def _by_number(visit: Visit, letter: Letter, asked: Asked) -> Handled | None:
    """A letter that names a request in its subject, as a new letter of somebody whom the server vouches for may."""
    number = subjects.number(letter.subject)
    case = petitions.theirs(visit, number, asked.email) if number and asked.authentic else None
    grown = petitions.add(visit, case, asked) if case is not None and (asked.words or asked.files) else None
    return _handled("added", grown) if grown is not None else None


def _said(fresh: Extract) -> tuple[str, str]:
    """Yes or no, and what stands below it. Nothing above a quotation says nothing: a robot may send our own letter back."""
    if not fresh.text.strip():
        return consenting.UNCLEAR, ""
    said, rest = consenting.read(fresh.text)
    return said, rest if fresh.sure else ""


def _handled(outcome: str, case: cases.Case) -> Handled:
    return Handled(outcome, case_id=case.id, subject_id=case.subject_id)


def _whole(subject: str, text: str) -> str:
    """Subject and words as staff will read them."""
    told = [part for part in ("" if subjects.says_nothing(subject) else subject.strip(), text) if part]
    return "\n\n".join(told)[:LONGEST]
