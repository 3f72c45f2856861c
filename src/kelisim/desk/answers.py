"""What the desk tells a person about their own requests, by the way they chose; composed when it is taken, in their language.

To the chat go a number and a state, never words: those are read with «Read the answer» (SCREENS rule 8). A mailbox that is
proved gets the words themselves. Nothing personal waits in the outbox.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from kelisim.desk import cases, enclosures, letters, outbox, representatives, subjects
from kelisim.desk.cases import Case
from kelisim.desk.letters import Letter
from kelisim.desk.outbox import Claimed
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.texts import _, day, plural, speaking

ANSWER, NOTICE, ANSWER_LETTER, NOTICE_LETTER = "answer", "notice", "answer-letter", "notice-letter"
FROM = "from"  # of a request that came by letter: the address it came from


def tell(visit: Visit, case: Case, screen: str, *, due: datetime | None = None) -> None:
    """Promise the person a screen about their case (`svc.answer`, …), or the words by letter where they chose so.

    Somebody who blocked the bot is written to at their proved mailbox instead (SCREENS 3.11). What is asked for another
    waits for the day of disclosure; `due` names a moment by itself.
    """
    if due is None and representatives.FOR in case.facts:
        due = representatives.opens(visit, case)
    if by_letter(visit, case):
        address = case.facts.get(FROM, "")  # who wrote a letter is answered there, whatever else is known
        outbox.post(
            visit, ANSWER_LETTER, EMAIL, {"case": case.number}, address=address, number=case.number, due=due
        )
        return
    if (
        visit.known.state == subjects.CLOSED
    ):  # not written to: the answer is among «My requests» when they come back
        return
    notice(visit, screen, case.number, answer=True, due=due)


def notice(
    visit: Visit, screen: str, ref: str = "", *, answer: bool = False, due: datetime | None = None
) -> None:
    """Promise the subject's chat a screen of SCREENS 3.11. `answer`: at any hour; else it waits for the morning.

    Who is here by letter alone reads its words at the address their request came from.
    """
    address = _written_from(visit, ref)
    if address:
        body = {"screen": screen, "ref": ref}
        outbox.post(visit, NOTICE_LETTER, EMAIL, body, address=address, number=ref[:12], due=due)
        return
    outbox.post(
        visit, ANSWER if answer else NOTICE, TELEGRAM, {"screen": screen, "ref": ref}, number=ref[:12], due=due,
    )  # fmt: skip


def compose(visit: Visit, message: Claimed) -> dict[str, Any] | None:
    """The letter with what was answered and its files; nothing when the case is gone or its representative may not know
    (any more)."""
    case = cases.find(visit, message.body["case"])
    if case is None or not representatives.stands(visit, case):
        return None
    given = enclosures.with_last_words(visit, case)
    made = letter(visit, case, len(given))
    return {**made, enclosures.KEY: given} if given else {**made}


def by_letter(visit: Visit, case: Case) -> bool:
    """Whether the words go to the proved mailbox: as the person chose, or because the chat is closed or takes nothing."""
    known, takes = _mailbox(visit, case)
    if case.answer_by == EMAIL:
        return known and (takes or not in_chat(visit))
    return known and not in_chat(visit)


def in_chat(visit: Visit) -> bool:
    """Whether the subject has a chat that takes what the desk says."""
    known = visit.known
    return known.contact_id is not None and known.reachable and known.state != subjects.CLOSED


def _mailbox(visit: Visit, case: Case) -> tuple[bool, bool]:
    """Whether there is a mailbox to answer to, and whether it takes letters: that of the letter, else the proved one."""
    mine = subjects.contacts(visit, EMAIL)
    if FROM in case.facts:
        found = visit.desk.vault.find(EMAIL, subjects.lookup(case.facts[FROM]))
        return True, all(one.reachable for one in mine if one.hash == found)
    proved = [one for one in mine if one.confirmed_at is not None]
    return bool(proved), bool(proved) and bool(proved[0].reachable)


def letter(visit: Visit, case: Case, files: int = 0) -> Letter:
    """The answer as a letter, with so many files; whoever makes it has it read."""
    with speaking(visit.locale):
        head = _("An answer has come to request No. {number}.", number=case.number)
        words = [head, *readable(visit, case)]
        if files:
            words.append(
                plural("With this letter comes {n} file.", "With this letter come {n} files.", files)
            )
        cases.read(visit, case)
        return letters.letter(_("Request No. {number}", number=case.number), words, visit)


def noticed(visit: Visit, number: str, words: str) -> Letter:
    """A screen's words as a letter about a request."""
    with speaking(visit.locale):
        return letters.letter(_("Request No. {number}", number=number), words.split("\n\n"), visit)


def _written_from(visit: Visit, ref: str) -> str:
    """Where a request came from by letter, when its person has no chat."""
    case = cases.find(visit, ref)
    if case is None or FROM not in case.facts or subjects.contacts(visit, TELEGRAM):
        return ""
    return str(case.facts[FROM])


def readable(visit: Visit, case: Case) -> list[str]:
    """What the person may read of an answer now, in the language being spoken: about the authority they act by, the last
    words of staff, the legal side of a refusal."""
    words = [message.words for message in cases.messages(visit, case, cases.OUT)][-1:]
    open_now = representatives.may_read(visit, case)
    return [*representatives.told(visit, case), *(words if open_now else []), *ground(visit, case)]


def ground(visit: Visit, case: Case) -> list[str]:
    """The legal side of a refusal, whole: ground, article, until when, and where to complain (S16); nothing if there is none."""
    refused = next((step for step in reversed(cases.events(visit, case)) if step.act == cases.REFUSED), None)
    if case.state != cases.REFUSED or refused is None:
        return []
    code, _bar, until = refused.detail.partition("|")
    operator, locale = visit.operator, visit.locale
    known = operator.grounds.get(code)
    text, article = (known.text.to(locale), known.article.to(locale)) if known is not None else (code, "—")
    return [
        _("We cannot do this. Ground: {ground}. Article: {article}. Until when: {until}. If you disagree, you may complain "
          "to: {authority}, or a court.", ground=text, article=article,
          until=day(date.fromisoformat(until)) if until else _("while the ground lasts"),
          authority=operator.authority.to(locale))
    ]  # fmt: skip
