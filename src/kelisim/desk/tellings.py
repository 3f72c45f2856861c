"""What staff are told about their own replies when nothing is to be shown: done, not done, why, and how a request stands.

Numbers, kinds and days only; of a person nothing but the number (T-LET-06). Made when it is claimed, in the reader's language.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kelisim.desk import cases, doubts, guidance, identity, kinds, letters, outbox, staff, subjects, threads
from kelisim.desk.cases import Case, Event, Overtaken
from kelisim.desk.operator import Staff
from kelisim.desk.orders import NOTE, word
from kelisim.desk.outbox import Claimed
from kelisim.desk.replies import Reply
from kelisim.desk.visit import EMAIL, Visit, zone
from kelisim.texts import _, day, speaking

KIND = "told"  # of outbox messages

HELP, GROUND, TEMPLATE, COLLEAGUE, NUMBER, EMPTY, LONG = (
    "help", "ground", "template", "colleague", "number", "empty", "long",
)  # fmt: skip
STANDS, OVERTAKEN, CANNOT, UNABLE, NOTHING, UNSAFE, GONE = (
    "stands", "overtaken", "cannot", "unable", "nothing", "unsafe", "gone",
)  # fmt: skip
NOTED, ASSIGNED, DROPPED, OUTSIDER, LEFT = (
    "noted", "assigned", "dropped", "outsider", "left",
)  # fmt: skip


def tell(
    visit: Visit, case: Case | None, what: str, person: Staff, *, answers: str = "", **details: Any
) -> int:
    """Promise one of the staff such a letter; `answers` is the Message-ID of theirs."""
    number = case.number if case is not None else details.get("number", "")
    body = {"what": what, "case": number, "answers": answers, **details}
    return outbox.post(visit, KIND, EMAIL, body, address=person.address, number=number, locale=person.locale)


def whose(visit: Visit, case: Case) -> Staff:
    """Who is told what comes in about a case: who works on it, or whoever would."""
    found = next((person for person in visit.operator.staff if person.address == case.assignee), None)
    return found or staff.chosen(visit, case.kind)


def overtaken(visit: Visit, fault: Overtaken, reply: Reply) -> None:
    """Tell the second of two what the first did (T-STAFF-03)."""
    person = _writer(visit, reply)
    step = {"act": fault.by.act, "role": fault.by.role, "by": fault.by.actor, "at": fault.by.at.isoformat()}
    tell(visit, fault.case, OVERTAKEN, person, answers=reply.draft.letter, **step)


def cannot(visit: Visit, reply: Reply, why: str) -> None:
    """Tell the writer that what they wanted cannot be done, with the rule that forbids it."""
    case = cases.known(visit, reply.number)
    tell(visit, case, CANNOT, _writer(visit, reply), answers=reply.draft.letter, why=why)


def left(visit: Visit, reply: Reply) -> None:
    """Somebody who is no longer of the staff had written an answer: whoever works on the case decides about it (T-STAFF-02)."""
    case = cases.known(visit, reply.number)
    tell(visit, case, LEFT, whose(visit, case), who=identity.mask_email(reply.actor))


def _writer(visit: Visit, reply: Reply) -> Staff:
    found = next((person for person in visit.operator.staff if person.address == reply.actor), None)
    return found or whose(visit, cases.known(visit, reply.number))


def compose(visit: Visit, message: Claimed, address: str) -> dict[str, Any] | None:
    """The letter; nothing when its reader no longer is of the staff (T-STAFF-02)."""
    person = next((known for known in visit.operator.staff if known.address == address), None)
    if person is None:
        return None
    body, number = message.body, message.body["case"]
    try:
        case: Case | None = cases.known(visit, number)
    except LookupError:
        case = None
    with speaking(person.locale):
        mark = letters.marker_line(visit, threads.marker(visit.desk, message.id))
        if case is None:
            said = [_("There is no request No. {number} any more. Nothing was done.", number=number)]
            subject = _("No. {number}", number=number)
        else:
            visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
            said = _words(visit, case, body)
            subject = _("No. {number}, {kind}", number=number, kind=kinds.named(case.kind))
        made = letters.letter(subject, [mark, *said], visit, person.locale)
    return {**made, "answers": body["answers"], "auto": "auto-replied"}


def _words(visit: Visit, case: Case, body: dict[str, Any]) -> list[str]:
    number, what = case.number, body["what"]
    nothing = _("Nothing was done with your letter about request No. {number}.", number=number)
    match what:
        case "help":
            return guidance.whole(visit, case)
        case "ground":
            return [
                nothing,
                _("A refusal needs a ground that fits this kind of request."),
                *guidance.grounds(visit, case),
            ]
        case "template":
            return [nothing, _("The template “{key}” is for other kinds of requests.", key=body["key"]),
                    *guidance.templates_of(visit, case)]  # fmt: skip
        case "colleague":
            return [
                nothing,
                _("To whom? Write a name or an address behind the command:"),
                *guidance.colleagues(visit),
            ]
        case "number":
            return [nothing, _("Your first line names No. {other}, but you replied to a letter about No. {number}. Please look "
                               "once more which of them you meant.", other=body["other"], number=number)]  # fmt: skip
        case "empty":
            why = [doubts.told(body["why"])] if body.get("why") else []
            return [nothing, *why, _("Please write your words above the line: below it, and between the lines of the quotation, "
                                     "nothing is read.")]  # fmt: skip
        case "long":
            return [nothing, _("It is longer than an answer may be. Please make it shorter.")]
        case "unable":
            return [nothing, _("There is nothing to accept in a request of this kind: it is answered."),
                    *guidance.whole(visit, case)]  # fmt: skip
        case "unsafe":
            return [
                nothing,
                _(
                    "What was held cannot be confirmed as it is. Please write the answer anew, above the line."
                ),
            ]
        case "nothing":
            return [_("In request No. {number} nothing of yours waits for a confirmation. Nothing was done.", number=number),
                    stands(visit, case)]  # fmt: skip
        case "stands":
            return [nothing, stands(visit, case), *_possible(case)]
        case "cannot":
            return [nothing, doubts.forbidden(body["why"]), stands(visit, case)]
        case "overtaken":
            return [nothing, _("Somebody was faster."), _step(visit, body["act"], body["by"] or body["role"], body["at"]),
                    stands(visit, case),
                    _("What you wrote is in your own letter. If it still has to be said, reply with it once more.")]  # fmt: skip
        case "noted":
            return [_("Your note is kept with request No. {number}. The person does not read it.", number=number),
                    *_unkept(body)]  # fmt: skip
        case "assigned":
            return [
                _("Request No. {number} is with {who} now.", number=number, who=case.assignee),
                *_unkept(body),
            ]
        case "dropped":
            return [
                _("What you wrote to request No. {number} is dropped. Nothing has left.", number=number),
                stands(visit, case),
            ]
        case "outsider":
            return [_("A letter about request No. {number} came from {who}. This address is not of the staff, or the letter only "
                      "said so: it was held, nothing has left.", number=number, who=body["who"]),
                    _("If an answer is needed, please write it yourself.")]  # fmt: skip
        case "left":
            return [_("{who} wrote an answer to request No. {number} and is no longer of the staff: it is held, nothing has "
                      "left.", number=number, who=body["who"]),
                    _("If an answer is needed, please write it yourself.")]  # fmt: skip
    raise ValueError(f"{what} is nothing that staff are told")


def stands(visit: Visit, case: Case) -> str:
    """How a request stands: its last step that anybody decided, or its date."""
    if case.in_hand and case.due is not None:
        return _("The request is open; the answer is due by the end of {due}.", due=day(case.due))
    step = _last(visit, case)
    return _step(visit, step.act, step.actor or step.role, step.at.isoformat())


def _last(visit: Visit, case: Case) -> Event:
    ends = (cases.ANSWERED, cases.REFUSED, cases.ACCEPTED, cases.WITHDRAWN, cases.CLOSED)
    steps = cases.events(visit, case)
    return next((step for step in reversed(steps) if step.act in ends), steps[-1])


def _step(visit: Visit, act: str, who: str, at: str) -> str:
    here = datetime.fromisoformat(at).astimezone(zone(visit.operator.zone))
    told = {"who": who, "date": day(here.date()), "time": f"{here:%H:%M}"}
    return {
        cases.ANSWERED: _("It was answered: {who}, {date}, {time}.", **told),
        cases.REFUSED: _("It was refused: {who}, {date}, {time}.", **told),
        cases.ACCEPTED: _("It was accepted and done: {who}, {date}, {time}.", **told),
        cases.ASKED: _("The person was asked something: {who}, {date}, {time}.", **told),
        cases.CLOSED: _("It was closed: {who}, {date}, {time}.", **told),
        cases.WITHDRAWN: _("The person has withdrawn it: {date}, {time}.", **told),
        cases.ADDED: _("The person has added something: {date}, {time}.", **told),
    }.get(act, _("Last step: {act}, {who}, {date}, {time}.", act=act, **told))


def _possible(case: Case) -> list[str]:
    if case.in_hand:
        return [_("It is closed after it was answered or refused: reply with an answer first.")]
    return [_("Nothing more reaches the person unless they write again. A note is possible: “{word}” in the first line.",
              word=word(NOTE))]  # fmt: skip


def _unkept(body: dict[str, Any]) -> list[str]:
    return [_("The files that came with it were not kept.")] if body.get("files") else []
