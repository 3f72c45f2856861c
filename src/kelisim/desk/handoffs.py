"""Handing a case to staff: a letter that says everything, made when it is taken and noted as a look at the person's data."""

from __future__ import annotations

from datetime import date
from typing import Any

from kelisim.desk import (
    answers,
    attachments,
    cases,
    clocks,
    enclosures,
    explanations,
    guidance,
    identity,
    kinds,
    letters,
    outbox,
    readings,
    staff,
    subjects,
    threads,
    viewings,
)  # fmt: skip
from kelisim.desk.acknowledgements import UNCONFIRMED
from kelisim.desk.cases import Case
from kelisim.desk.enclosures import Enclosure
from kelisim.desk.kinds import named
from kelisim.desk.operator import Staff
from kelisim.desk.outbox import Claimed
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, Visit
from kelisim.texts import _, day, plural, speaking, spoken

KIND, REMINDER = "case", "reminder"  # kinds of outbox messages; a reminder waits for working hours
_LAST = 5  # answers and notes that a letter repeats
NEW, MORE, TAKEN_BACK, SOON, OVER, MOVED, GONE, RETURNED = (
    "new", "more", "withdrawn", "soon", "over", "moved", "gone", "returned",
)  # fmt: skip


def send(visit: Visit, case: Case, what: str = NEW) -> Case:
    """Hand a case over: it is with staff now, and the letter is promised to the one who works on it."""
    whose = case.assignee or staff.chosen(visit, case.kind).address
    if what == NEW:
        case = cases.act(visit, case, cases.HANDED, to=cases.WITH_STAFF, actor=staff.DESK, assignee=whose)
    elif what == MORE and case.state in (cases.WAITING, cases.ANSWERED, cases.REFUSED):
        if case.in_hand and cases.clock(visit, case).standing:  # only a pack that allows stops lets it stand
            before = case.due
            case = cases.act(visit, case, clocks.RESUMED, assignee=whose)
            if case.due != before and visit.subject is not None:
                answers.notice(visit, "svc.moved", case.number)
        case = cases.act(visit, case, cases.ADDED, to=cases.WITH_STAFF, assignee=whose)
    write(visit, case, what, whose)
    if what == NEW and case.kind == cases.BREACH:  # staff and the responsible person learn of a leak at once
        for person in visit.operator.staff:
            if person.address != whose:
                write(visit, case, what, person.address)
    return case


def write(visit: Visit, case: Case, what: str, address: str) -> None:
    """Promise one letter about a case to one of the staff."""
    kind = REMINDER if what in (SOON, OVER) else KIND
    locale = next(
        (person.locale for person in visit.operator.staff if person.address == address), visit.locale
    )
    body = {"case": case.number, "what": what}
    outbox.post(visit, kind, EMAIL, body, address=address, number=case.number, locale=locale)


def reassign(visit: Visit, most: int = 200) -> int:
    """Pass on the cases of those who left the operator file, with a letter to who works on them now; how many (T-STAFF-02)."""
    done = 0
    for case in cases.astray(visit, most):
        whose = staff.chosen(visit, case.kind).address
        visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
        try:
            case = cases.act(visit, case, cases.ASSIGNED, actor=staff.DESK, assignee=whose)
        except cases.Overtaken:  # another replica reads the same file in this moment
            continue
        write(visit, case, NEW, whose)
        done += 1
    visit.subject = None
    return done


def compose(visit: Visit, message: Claimed, address: str) -> dict[str, Any] | None:
    """The letter about a case; nothing when the case is gone or its reader no longer is of the staff (T-STAFF-02).

    The person's files come along with a new request and with what was added to one; a reminder says how to have them.
    """
    person = next((known for known in visit.operator.staff if known.address == address), None)
    if person is None:
        return None
    try:
        case = cases.known(visit, message.body["case"])
    except LookupError:
        return None
    visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
    what = message.body["what"]
    if what in (SOON, OVER) and not case.in_hand:
        return None  # it was answered while the reminder waited for the morning
    with speaking(person.locale):
        mark = [] if what == GONE else [letters.marker_line(visit, threads.marker(visit.desk, message.id))]
        said = [*mark, _headline(case, what), *_date(visit, case)]
        given: list[Enclosure] = []
        if what == RETURNED:
            said.append(_("The mailbox it went to takes no letters, and there is no chat to write to. Please find another way, for "
                          "example by phone or on paper."))  # fmt: skip
        frozen = visit.subject is not None and visit.subject.state == subjects.BLOCKED
        if frozen and case.kind != cases.BLOCKING:
            said.append(_("The data are blocked: open them with `kelisim case show {number} --reason …`; the person sees the "
                          "reason.", number=case.number))  # fmt: skip
        elif what in (NEW, MORE, SOON, OVER):
            files = attachments.of_case(visit, case)
            given = enclosures.fitting(case, files) if what in (NEW, MORE) else []
            said += [*_content(visit, case), *_files(case, len(given), len(files)), _read(visit, case)]
            said += _before(visit, case)
            if visit.subject is not None:
                actor = Actor(person.role, person.address, person.address)
                with speaking(visit.subject.locale):  # the person reads it among who looked
                    reason = _("letter about request {number}", number=case.number)
                viewings.note(visit, actor, viewings.LETTER, reason, case.number)
        if case.in_hand:
            said += guidance.brief(visit, case, person)
        made = letters.letter(_subject(case, what), said, visit, person.locale)
        return {**made, enclosures.KEY: given} if given else {**made}


def _subject(case: Case, what: str) -> str:
    """Number and kind, nobody's name or words (T-LET-05)."""
    if what == OVER:
        return _("Overdue: No. {number}, {kind}", number=case.number, kind=named(case.kind))
    return _("No. {number}, {kind}", number=case.number, kind=named(case.kind))


def _headline(case: Case, what: str) -> str:
    kind = named(case.kind)
    return {
        NEW: _("A new request, No. {number}: {kind}.", number=case.number, kind=kind),
        MORE: _("The person has added to request No. {number}: {kind}.", number=case.number, kind=kind),
        TAKEN_BACK: _(
            "The person has withdrawn request No. {number}: {kind}.", number=case.number, kind=kind
        ),
        GONE: _(
            "Request No. {number} has ended: the person's data were destroyed. Delete what you have of it, letters too.",
            number=case.number,
        ),
        SOON: _("Request No. {number} is due soon: {kind}.", number=case.number, kind=kind),
        OVER: _("Request No. {number} is overdue: {kind}.", number=case.number, kind=kind),
        RETURNED: _(
            "The answer to request No. {number} did not arrive: {kind}.", number=case.number, kind=kind
        ),
        MOVED: _("The date of request No. {number} has moved: {kind}.", number=case.number, kind=kind),
    }[what]


def _date(visit: Visit, case: Case) -> list[str]:
    """The due date and how it came about, and where it stood before."""
    if not case.in_hand:
        return []
    clock = cases.clock(visit, case)
    said = [_("Answer due by the end of {due}, Almaty time.", due=day(clock.last))]
    said += [
        _("The date has moved from {old} to {new}: {reason}.", old=day(old), new=day(new), reason=why)
        for old, new, why in explanations.moved(visit, case)
    ]
    return [*said, " ".join(explanations.explain(visit, clock))]


def _content(visit: Visit, case: Case) -> list[str]:
    """What the person asked, in their own words, and what they gave."""
    told = _unconfirmed(case) + (_withdrawn(visit, case) if case.kind == cases.REVOCATION else [])
    # What was typed stays on one line after its label, or on lines that are marked: a stranger writes no sentence of ours.
    told += [f"{label}: {' '.join(identity.lines(value))}" for label, value in facts(case)]
    told += [letters.quoted(message.words) for message in cases.messages(visit, case, cases.IN)]
    return told


def _before(visit: Visit, case: Case) -> list[str]:
    """What was said before, the last of it, for staff alone: our answers, and notes."""
    heads = {cases.OUT: _("We wrote:"), cases.NOTE: _("Note among staff:")}
    last = cases.messages(visit, case, cases.OUT, cases.NOTE)[-_LAST:]
    told = [readings.framed(heads[message.way], message.words) for message in last]
    return (
        [_("Said before. Internal: none of this goes to the person with your reply."), *told] if told else []
    )


def wording(visit: Visit, case: Case, person: Staff) -> str:
    """All that letters about a case may say to one of the staff, in their order: what an answer to them is compared with."""
    with speaking(person.locale):
        every = (NEW, MORE, TAKEN_BACK, SOON, OVER, MOVED)
        files = attachments.of_case(visit, case)
        said = [*(_headline(case, what) for what in every), *_date(visit, case), *_content(visit, case),
                *_files(case, len(enclosures.fitting(case, files)), len(files)), *_files(case, 0, len(files)), _read(visit, case),
                *_before(visit, case), *guidance.brief(visit, case, person)]  # fmt: skip
        return letters.letter("", said, visit, person.locale)["text"]


def _read(visit: Visit, case: Case) -> str:
    """In which language the person reads."""
    locale = visit.subject.locale if visit.subject is not None else case.locale
    return _("The person reads: {language}.",
             language={"kk": "қазақша", "ru": "русский", "en": "English"}[locale])  # fmt: skip


def _files(case: Case, sent: int, count: int) -> list[str]:
    """How many of the person's files come with the letter, and how the others are had."""
    told = []
    if sent:
        told.append(plural("{n} file of the person is attached. Please open it with care: nobody has looked into it.",
                           "{n} files of the person are attached. Please open them with care: nobody has looked into them.",
                           sent))  # fmt: skip
    if count > sent:
        told.append(plural("{n} file that does not come with this letter: `kelisim case file {number}`",
                           "{n} files that do not come with this letter: `kelisim case file {number}`",
                           count - sent, number=case.number))  # fmt: skip
    return told


def _unconfirmed(case: Case) -> list[str]:
    """Of a letter whose sender nobody vouched for."""
    if UNCONFIRMED not in case.facts:
        return []
    said = [
        _(
            "It is not confirmed that the owner of this mailbox wrote: anybody can write a letter in another's name."
        )
    ]
    if case.kind != cases.QUESTION:
        said.append(
            _(
                "The mailbox was asked and has not answered. Change, destroy and disclose nothing by this letter alone."
            )
        )
    return said


def _withdrawn(visit: Visit, case: Case) -> list[str]:
    """Which consents were taken back, and what the law wants now."""
    if case.facts.get("record") == "":
        if UNCONFIRMED in case.facts:
            return [_("The letter takes back every consent of the owner of this mailbox.")]
        return [
            _("A letter takes back every consent. Here none is in force for whoever wrote it. Look for what is kept about them "
              "outside this desk, and answer.")
        ]  # fmt: skip
    pairs = visit.operator.every_pair
    labels = [pairs[code].label(spoken()) for code in case.facts.get("purposes", []) if code in pairs]
    return [
        _("Consent taken back, No. {number}: {purposes}. Processing for it has stopped by itself.",
          number=case.facts.get("record", ""), purposes="; ".join(labels)),
        _("Destroy what was kept for it, also outside this desk, and accept the request; or refuse on a ground of the law and "
          "explain in writing what must stay and why (Law No. 94-V, article 8, paragraph 7)."),
    ]  # fmt: skip


def facts(case: Case) -> list[tuple[str, str]]:
    """What is asked field by field, in words."""
    labels = {
        "field": _("Field"), "before": _("Before"), "after": _("After"), "reason": _("Reason"), "role": _("Role"),
        "from": _("Written from"), "whom": _("Person concerned"), "reach": _("E-mail or phone"), "until": _("Authority until"),
        "what": _("What is asked"), "for": _("For another person, under the authority No."),
    }  # fmt: skip
    told = {
        ("reason", "wrong"): _("The data are wrong"), ("reason", "noconsent"): _("I gave no consent"),
        ("reason", "toolong"): _("Kept too long"), ("reason", "other"): _("Another reason"),
        ("role", case.facts.get("role")): kinds.role(str(case.facts.get("role"))),
        ("field", case.facts.get("field")): kinds.field(str(case.facts.get("field"))),
    }  # fmt: skip
    until = str(case.facts.get("until") or "")
    if case.kind == cases.REPRESENTATION and until:
        told["until", until] = day(date.fromisoformat(until))
    return [
        (labels[key], told.get((key, str(value)), str(value)))
        for key, value in case.facts.items()
        if key in labels and value
    ]


def assignee(visit: Visit, case: Case) -> Staff | None:
    """Who works on a case, if they still are of the staff."""
    return next((person for person in visit.operator.staff if person.address == case.assignee), None)
