"""What waited is done: once, as the one who answers for it, and only if nobody decided the case meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, select

from kelisim.desk import (
    attachments,
    cases,
    decisions,
    mandates,
    orders,
    outbox,
    quiet,
    replies,
    staff,
    subjects,
    tellings,
    templates,
    tongues,
)
from kelisim.desk.cases import Case, NotAllowed, Overtaken
from kelisim.desk.decisions import Impossible
from kelisim.desk.errors import Refusal
from kelisim.desk.replies import Draft, Reply
from kelisim.desk.staff import Actor, NotStaff
from kelisim.desk.visit import Visit
from kelisim.store.models import OutboxMessage
from kelisim.store.models import Reply as Row
from kelisim.texts import _, speaking

DONE, OVERTAKEN, OVER, CANNOT, UNSAFE = "done", "overtaken", "over", "cannot", "unsafe"
LETTER, LINK = "letter", "link"  # how whoever releases it came in

_R, _O = Row.__table__.c, OutboxMessage.__table__.c
_its_time = (
    select(_R.id)
    .join(OutboxMessage, _O.id == _R.echo_id)
    .where(_R.state == replies.WAITING, _R.release_at <= bindparam("now"), _O.state == outbox.SENT)
)
_DUE = _its_time.order_by(_R.release_at, _R.id).limit(bindparam("most"))
_IS_DUE = _its_time.where(_R.id == bindparam("row"))


def release(visit: Visit, reply: Reply, by: Actor) -> str:
    """Do what a reply wants, as `by`: DONE; OVERTAKEN and CANNOT are told to its writer by letter; OVER: it waits no more.

    The reply is taken first and its act tried in a savepoint, so that two confirmations at once do it once.
    """
    if not reply.safe:
        return UNSAFE
    if not replies.settle(visit, reply, replies.RELEASED):
        return OVER
    try:
        with visit.connection.begin_nested():
            carry_out(replace(visit), reply, by)
    except Overtaken as fault:
        replies.back(visit, reply, "overtaken")
        replies.settle(visit, reply, replies.DROPPED, "overtaken")
        tellings.overtaken(visit, fault, reply)
        return OVERTAKEN
    except (Impossible, NotAllowed, Refusal, LookupError) as fault:
        replies.back(visit, reply, replies.IMPOSSIBLE)
        tellings.cannot(visit, reply, str(fault))
        return CANNOT
    return DONE


def carry_out(visit: Visit, reply: Reply, by: Actor) -> Case:
    """The act itself. Raises Overtaken, Impossible, NotAllowed, LookupError and the desk's refusals."""
    case, draft, number = cases.known(visit, reply.number), reply.draft, reply.number
    not_overtaken(visit, case, reply)
    words = said(visit, case, reply)
    until = last_day(draft)
    attachments.release(visit, reply.id)
    match draft.order:
        case orders.ANSWER:
            return decisions.answer(visit, number, words, by)
        case orders.ASK:
            return decisions.ask(visit, number, words, by)
        case orders.REFUSE:
            return decisions.refuse(visit, number, draft.ground, words, by, until)
        case orders.ACCEPT if case.kind == cases.REPRESENTATION:
            concerned = subjects.by_number(visit, draft.about) if draft.about else None
            if draft.about and concerned is None:
                raise LookupError(f"nobody is found by the number {draft.about}")
            subject_id = concerned.id if concerned is not None else None
            return mandates.accept(visit, number, words, by, subject_id=subject_id, until=until)
        case orders.ACCEPT:
            return decisions.accept(visit, number, words, by)
        case orders.ASSIGN:
            if draft.words:
                decisions.note(visit, number, draft.words, by)
            return decisions.assign(visit, number, draft.to, by)
        case orders.NOTE:
            return decisions.note(visit, number, draft.words, by)
        case orders.CLOSE:
            if draft.words:
                decisions.note(visit, number, draft.words, by)
            return decisions.close(visit, number, by)
    raise Impossible(f"a reply cannot {draft.order}")


def screen(order: str) -> str:
    """The screen by which the person hears of an order in the chat (SCREENS 3.11)."""
    return "svc.refused" if order == orders.REFUSE else "svc.answer"


def said(visit: Visit, case: Case, reply: Reply) -> str:
    """What the person reads: a template in their language, own words as they are, under one line when these are in another."""
    draft, locale = reply.draft, reads(visit, case)
    told = []
    if draft.template:
        if draft.template not in visit.operator.templates:
            raise Impossible(f"the operator file has no template {draft.template!r} any more")
        told.append(templates.body(visit, case, draft.template, locale))
    if draft.words:
        written = tongues.of(draft.words)
        with speaking(locale):
            head = [named(written)] if written and written != locale else []
        told.append("\n".join([*head, draft.words]))
    return "\n\n".join(told)


def reads(visit: Visit, case: Case) -> str:
    """The language the person of a case reads."""
    subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
    return subject.locale if subject is not None else case.locale


def named(written: str) -> str:
    """The line over words in another language, said in the reader's."""
    return {
        "kk": _("This answer is written in Kazakh:"),
        "ru": _("This answer is written in Russian:"),
        "en": _("This answer is written in English:"),
    }[written]


def not_overtaken(visit: Visit, case: Case, reply: Reply) -> None:
    """Raise Overtaken when somebody decided, or the person added, since the reply was written (T-STAFF-03)."""
    if case.version == reply.version:
        return
    steps = replies.decided(visit, case)
    if len(steps) > reply.steps:
        raise Overtaken(case, next((step for step in reversed(steps) if step.actor), steps[-1]))


def last_day(draft: Draft) -> date | None:
    """Until when a refusal or an authority holds, where a day was named."""
    return date.fromisoformat(draft.until) if draft.until else None


def leaves_at(visit: Visit) -> datetime | None:
    """When a plain answer leaves by itself, the minutes lying in working hours; nothing where it never does."""
    minutes = visit.operator.mail.echo_minutes
    return quiet.worked(visit, timedelta(minutes=minutes)) if minutes else None


def due(visit: Visit, most: int = 50) -> list[int]:
    """The replies whose time has come, and whose echo has left."""
    return [row.id for row in visit.all(_DUE, now=visit.at, most=most)]


def timed(visit: Visit, row: int) -> str:
    """Let one reply go by time; OVER while the office is closed or when somebody was faster."""
    is_due = visit.one(_IS_DUE, row=row, now=visit.at) is not None
    reply = replies.find(visit, row) if is_due and quiet.until(visit, "reminder") is None else None
    if reply is None:
        return OVER
    if reply.draft.order not in orders.PLAIN:
        raise Impossible(
            f"{reply.draft.order} never leaves by time"
        )  # a decision is a person's act (DESIGN.md 8.7)
    try:
        by = staff.acting(visit.operator, reply.actor, LETTER)
    except NotStaff:  # left the operator file since (T-STAFF-02)
        replies.back(visit, reply, replies.LEFT)
        tellings.left(visit, reply)
        return CANNOT
    return release(visit, reply, by)
