"""The letter «this is exactly what the person will read»: made by trying the act and undoing it, when the courier takes it.

It goes to the listed address of one of the staff (T-LET-07), shows whom it is about and their own last words (T-LET-11), and
says how it leaves: by a word in reply, by a link, or by itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from kelisim.desk import (
    attachments,
    cases,
    doubts,
    identity,
    kinds,
    letters,
    orders,
    readings,
    releases,
    replies,
    staff,
    subjects,
    templates,
    threads,
    tongues,
    viewings,
)
from kelisim.desk.attachments import Refused
from kelisim.desk.cases import Case, NotAllowed, Overtaken
from kelisim.desk.decisions import Impossible
from kelisim.desk.errors import Refusal
from kelisim.desk.operator import Staff
from kelisim.desk.orders import ANSWER, CANCEL, OK, word
from kelisim.desk.outbox import Claimed
from kelisim.desk.readings import Reading, Screens
from kelisim.desk.replies import Reply
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit, zone
from kelisim.texts import _, day, plural, speaking, spoken

PATH = "/r/"  # of the link, below KELISIM_URL


class _Tried(Exception):
    """Carries what was read out of the savepoint, which is undone by it."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading


def compose(visit: Visit, message: Claimed, address: str, screens: Screens | None) -> dict[str, Any] | None:
    """The letter; nothing when its reader left the staff, or when nothing waits any more."""
    person = next((known for known in visit.operator.staff if known.address == address), None)
    reply = replies.find(visit, message.body["reply"])
    if person is None or reply is None or not reply.active:
        return None
    if reply.state == replies.WAITING and reply.release_at is not None:
        then = (
            releases.leaves_at(visit) or reply.release_at
        )  # counted from now: nobody reads it before it is sent
        replies.leave_at(visit, reply, then)
        reply = replace(reply, release_at=then)
    case = cases.known(visit, reply.number)
    visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
    with speaking(person.locale):
        mark = letters.marker_line(visit, threads.marker(visit.desk, message.id))
        shown = _tried(visit, reply, person, screens)
        said = [mark, *_head(reply, case), *_whom(visit, case, person), *_wrote(visit, case, reply), _exactly(reply), shown,
                *_files(visit, reply), *_how(visit, reply)]  # fmt: skip
        made = letters.letter(_subject(reply, case), said, visit, person.locale)
    replies.echoed(visit, reply, made["text"])
    return {**made, "answers": reply.draft.letter, "auto": "auto-replied"}


def _subject(reply: Reply, case: Case) -> str:
    told = {"number": case.number, "kind": kinds.named(case.kind)}
    return (
        _("Please confirm: No. {number}, {kind}", **told)
        if reply.safe
        else _("Held: No. {number}, {kind}", **told)
    )


def _tried(visit: Visit, reply: Reply, person: Staff, screens: Screens | None) -> str:
    """What the person would read, or why that cannot be done."""
    if reply.draft.order in orders.AT_ONCE or reply.draft.order == orders.CLOSE:
        return _among_staff(reply)
    actor = staff.acting(visit.operator, person.address, releases.LETTER)
    try:
        with visit.connection.begin_nested():
            inner = replace(visit)
            case = releases.carry_out(inner, reply, actor)
            raise _Tried(readings.of(inner, case, releases.screen(reply.draft.order), screens))
    except _Tried as tried:
        return readings.told(tried.reading) + _later(visit, reply, tried.reading)
    except Overtaken:
        return _("As the request stands now this cannot leave: somebody acted on it since you wrote.")
    except (Impossible, NotAllowed, Refusal, LookupError) as fault:
        return doubts.forbidden(str(fault))


def _later(visit: Visit, reply: Reply, reading: Reading) -> str:
    """Words that are not read yet: what is asked for another waits for the day of disclosure."""
    words = releases.said(visit, cases.known(visit, reply.number), reply)
    if not words or words in reading.first or words in reading.words:
        return ""
    return "\n\n" + readings.framed(_("Only on the day of disclosure, not before:"), words)


def _among_staff(reply: Reply) -> str:
    told = _("The person is told nothing.")
    return readings.framed(told, reply.draft.words) if reply.draft.words else told


def _head(reply: Reply, case: Case) -> list[str]:
    """Whether it may leave, and which request and act it is."""
    head = []
    if reply.why == replies.SENDER and reply.draft.claimed:
        head.append(_("Nothing has left. The letter says it is from {who}; the mail server does not vouch for it.",
                      who=reply.draft.claimed))  # fmt: skip
    elif reply.why:
        head.append(_("Nothing has left. {reason}", reason=doubts.told(reply.why)))
    if reply.draft.replaced:
        head.append(_("It replaces what you wrote before, which has not left and will not."))
    head.append(_("Request No. {number}, {kind}. What you do: {act}.", number=case.number, kind=kinds.named(case.kind),
                  act=named(reply.draft.order)))  # fmt: skip
    return head


def _exactly(reply: Reply) -> str:
    """What the text below is."""
    if not reply.safe:
        return _("Please write the answer anew, above the line: what was found in your letter cannot be confirmed as it is. It "
                 "was read like this:")  # fmt: skip
    if reply.draft.order not in orders.TO_PERSON:
        return _("Please look at it once more.")
    return _("This is exactly what the person will read. Please look at it once more.")


def named(order: str) -> str:
    """What an order does, in words."""
    return {
        orders.ANSWER: _("an answer"),
        orders.ASK: _("a question to the person"),
        orders.ACCEPT: _("what was asked is done"),
        orders.REFUSE: _("a refusal"),
        orders.ASSIGN: _("passing it to a colleague"),
        orders.NOTE: _("a note among staff"),
        orders.CLOSE: _("closing the request"),
    }[order]


def _whom(visit: Visit, case: Case, person: Staff) -> list[str]:
    """Whose request it is and their own last words: who answers the wrong one sees it here. Blocked data stay closed."""
    subject = visit.subject
    if subject is None:
        return []
    if subject.state == subjects.BLOCKED and case.kind != cases.BLOCKING:
        return [_("The data are blocked: name and words are not shown here.")]
    kept = subjects.profile(visit)
    name = " ".join(kept[part] for part in ("surname", "name", "patronymic") if kept.get(part))
    told = [_("Person: {name}", name=" ".join(identity.lines(name)))] if name else []
    last = cases.messages(visit, case, cases.IN)[-1:]
    told += ["\n".join([_("Their last words:"), letters.quoted(message.words)]) for message in last]
    if told:
        actor = Actor(person.role, person.address, person.address)
        with speaking(subject.locale):  # the person reads it among who looked
            why = _("letter about request {number}", number=case.number)
        viewings.note(visit, actor, viewings.LETTER, why, case.number)
    return told


def _wrote(visit: Visit, case: Case, reply: Reply) -> list[str]:
    """A warning where the words are in another language than the person's, with the template that comes nearest."""
    draft, locale = reply.draft, releases.reads(visit, case)
    written = tongues.of(draft.words)
    if draft.order not in orders.TO_PERSON or not written or written == locale:
        return []
    told = [_("You wrote in another language than the person reads ({language}). It leaves as you wrote it, under one line that "
              "says so.", language=readings.named(locale))]  # fmt: skip
    near = templates.nearest(visit.operator, case.kind, draft.words, written) if not draft.template else None
    if near is not None:
        name = visit.operator.templates[near].name.to(spoken())
        told.append(_("The template “{name}” comes near. The person reads it in their own language; reply with this line alone: "
                      "{line}", name=name, line=f"{word(ANSWER)} {near}"))  # fmt: skip
    return told


def _files(visit: Visit, reply: Reply) -> list[str]:
    count = len(attachments.of_reply(visit, reply.id))
    told = [plural("With it goes {n} file.", "With it go {n} files.", count)] if count else []
    return told + [attachments.refusal(Refused(name, why)) for name, why in reply.draft.refused]


def _how(visit: Visit, reply: Reply) -> list[str]:
    """How it leaves, and how it does not."""
    change = _("To change it, reply with the new text above the line. To drop it, reply with the one word: {word}",
               word=word(CANCEL))  # fmt: skip
    if not reply.safe:
        return [change]
    told = [_("To confirm, reply to this letter with the one word: {word}", word=word(OK))]
    if visit.desk.url:
        told.append(_("Or open this page and press the button: {url}", url=link(visit, reply)))
    if reply.release_at is not None:
        told.append(
            _(
                "If you do nothing, it leaves by itself: {date}, {time} (Almaty time).",
                **_moment(visit, reply.release_at),
            )
        )
    else:
        told.append(_("Without your confirmation it does not leave."))
    return [*told, change]


def link(visit: Visit, reply: Reply) -> str:
    """The address of the page with the button."""
    return f"{visit.desk.url}{PATH}{replies.secret(visit.desk, reply)}"


def _moment(visit: Visit, at: datetime) -> dict[str, str]:
    here = at.astimezone(zone(visit.operator.zone))
    return {"date": day(here.date()), "time": f"{here:%H:%M}"}
