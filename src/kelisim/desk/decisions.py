"""What staff do with a case: answer, ask, accept, refuse, extend, assign, note, close. Each is a person's act (I11).

What accepting or refusing brings about belongs to the kind of case: its module registers it with `effect`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from kelisim.desk import answers, cases, clocks, handoffs, subjects
from kelisim.desk.cases import Case
from kelisim.desk.staff import Actor
from kelisim.desk.visit import Visit

Effect = Callable[[Visit, Case, Actor], None]
EFFECTS: dict[tuple[str, str], Effect] = {}
LONGEST = 20_000  # characters of one answer


class Impossible(Exception):
    """Staff asked for what a case of this kind or state, or the law, does not allow; the sentence says why, in English."""


def effect(kind: str, act: str) -> Callable[[Effect], Effect]:
    """Register what accepting (`cases.ACCEPTED`), refusing or answering a kind of case brings about."""

    def register(function: Effect) -> Effect:
        EFFECTS[kind, act] = function
        return function

    return register


def answer(visit: Visit, number: str, words: str, actor: Actor) -> Case:
    """Answer in plain words; the person is told at once. Raises LookupError, NotAllowed, Overtaken, Impossible."""
    case = _in_hand(visit, number, "answered")
    _spoken(words)
    cases.say(visit, case, cases.OUT, words)
    case = cases.act(visit, case, cases.ANSWERED, to=cases.ANSWERED, actor=actor)
    happen(visit, case, cases.ANSWERED, actor)
    _tell(visit, case, "svc.answer")
    return case


def ask(visit: Visit, number: str, words: str, actor: Actor) -> Case:
    """Ask the person something; the date stays unless the pack of the day of receipt lets the clock stand."""
    case = _in_hand(visit, number, "asked about")
    _spoken(words)
    cases.say(visit, case, cases.OUT, words)
    case = cases.act(visit, case, cases.ASKED, to=cases.WAITING, actor=actor)
    pack = visit.operator.pack_on(visit.day_of(case.received_at))
    if pack.stops:
        case = cases.act(visit, case, clocks.STOPPED, actor=actor)
    _tell(visit, case, "svc.answer")
    return case


def accept(visit: Visit, number: str, words: str, actor: Actor) -> Case:
    """Do what was asked; its kind says what that brings about. Raises Impossible where there is nothing to accept."""
    case = _in_hand(visit, number, "accepted")
    if (case.kind, cases.ACCEPTED) not in EFFECTS:
        raise Impossible(f"a case of kind {case.kind} is answered, there is nothing to accept")
    if words:
        _spoken(words)
        cases.say(visit, case, cases.OUT, words)
    case = cases.act(visit, case, cases.ACCEPTED, to=cases.DONE, actor=actor)
    happen(visit, case, cases.ACCEPTED, actor)
    _tell(visit, case, "svc.answer")
    return case


def refuse(
    visit: Visit, number: str, ground: str, words: str, actor: Actor, until: date | None = None
) -> Case:
    """Refuse on a ground of the operator file's catalogue, in own words; never without one (T-STAFF-04)."""
    case = _in_hand(visit, number, "refused")
    known = visit.operator.grounds.get(ground)
    if known is None:
        raise Impossible(f"there is no ground {ground!r}; known: {', '.join(visit.operator.grounds)}")
    if known.kinds and case.kind not in known.kinds:
        raise Impossible(f"the ground {ground!r} does not fit a case of kind {case.kind}")
    _spoken(words)
    cases.say(visit, case, cases.OUT, words)
    detail = f"{ground}|{until.isoformat() if until else ''}"
    case = cases.act(visit, case, cases.REFUSED, to=cases.REFUSED, actor=actor, detail=detail)
    happen(visit, case, cases.REFUSED, actor)
    _tell(visit, case, "svc.refused")
    return case


def extend(visit: Visit, number: str, days: int, actor: Actor) -> Case:
    """Move the date, once and only where the pack of the day of receipt allows it."""
    case = _in_hand(visit, number, "extended")
    pack = visit.operator.pack_on(visit.day_of(case.received_at))
    most = pack.extensions.get(clocks.TERM[case.kind], 0)
    if not 0 < days <= most:
        raise Impossible(f"the terms {pack.name} allow to add {most} days to a case of kind {case.kind}")
    if any(step.act == clocks.EXTENDED for step in cases.events(visit, case)):
        raise Impossible(f"{number} was extended already")
    case = cases.act(visit, case, clocks.EXTENDED, actor=actor, detail=str(days))
    _tell(visit, case, "svc.moved")
    return case


def assign(visit: Visit, number: str, address: str, actor: Actor) -> Case:
    """Pass a case to one of the staff, who gets the letter."""
    case = _case(visit, number)
    if all(person.address != address for person in visit.operator.staff):
        raise Impossible(f"nobody of the staff has the address {address}")
    case = cases.act(visit, case, cases.ASSIGNED, actor=actor, assignee=address)
    handoffs.write(visit, case, handoffs.NEW, address)
    return case


def note(visit: Visit, number: str, words: str, actor: Actor) -> Case:
    """Keep a note among staff; the person never reads it."""
    case = _case(visit, number)
    if visit.subject is None and case.kind != cases.AUTHORITY and not case.in_hand:
        # Nothing would ever destroy it: the certificate says that no words of this request are left (I8).
        raise Impossible(
            f"{number} is over and its person's data are destroyed: nothing is written to it any more"
        )
    _spoken(words)
    cases.say(visit, case, cases.NOTE, words)
    return cases.act(visit, case, cases.NOTED, actor=actor)


def close(visit: Visit, number: str, actor: Actor) -> Case:
    """Close what was answered, refused or done; an open case is ended by an answer, not by closing."""
    case = _case(visit, number)
    if case.in_hand:
        raise Impossible(f"{number} is {case.state}: answer it or refuse it first")
    return cases.act(visit, case, cases.CLOSED, to=cases.CLOSED, actor=actor)


def _case(visit: Visit, number: str) -> Case:
    """The case, and its person as the visit's subject: what staff do is written to the right ledger name."""
    case = cases.known(visit, number)
    visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
    if visit.subject is not None:
        visit.locale = visit.subject.locale
    return case


def _in_hand(visit: Visit, number: str, done: str) -> Case:
    case = _case(visit, number)
    if not case.in_hand:
        last = cases.events(visit, case)[-1]
        raise Impossible(
            f"{number} cannot be {done}: it is {case.state} ({last.act} by {last.role}, {last.at:%Y-%m-%d %H:%M} UTC)"
        )
    return case


def _spoken(words: str) -> None:
    if not words.strip():
        raise Impossible("write what the person is to read")
    if len(words) > LONGEST:
        raise Impossible(f"at most {LONGEST} characters")


def happen(visit: Visit, case: Case, act: str, actor: Actor) -> None:
    """Bring about what this act means for a case of this kind, where its module registered anything."""
    found = EFFECTS.get((case.kind, act))
    if found is not None:
        found(visit, case, actor)


def _tell(visit: Visit, case: Case, screen: str) -> None:
    if visit.subject is not None:
        answers.tell(visit, case, screen)
