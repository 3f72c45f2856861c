"""My requests: number, state in plain words, due date that explains itself, the answer, and what one may do (SCREENS 3.7)."""

from __future__ import annotations

from kelisim.desk import (
    answers,
    asking,
    cases,
    decisions,
    enclosures,
    explanations,
    handoffs,
    representatives,
    staff,
)
from kelisim.desk.cases import Case, Event
from kelisim.desk.kinds import named
from kelisim.desk.visit import Visit
from kelisim.telegram.asking import following
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, act, view
from kelisim.texts import _, day, plural

A_PAGE = 5
STEPS = 20  # of a timeline, the last ones
LONGEST = 3000  # characters of an answer on one screen


@view("requests", "reqs")
def requests(visit: Visit, ref: str) -> Screen:
    page = int(ref) if ref.isdecimal() and len(ref) < 6 else 0
    total = cases.how_many(visit)
    found = cases.of_subject(visit, A_PAGE, page * A_PAGE)
    if not found:
        return Screen(
            _("You have no requests here yet."),
            title=_("My requests"),
            buttons=[Button(_("Ask or complain"), "ask")],
            up=Go("menu"),
        )
    buttons = [Button(case.number, "requests.one", case.number) for case in found]
    if page:
        buttons.append(Button(_("Previous page"), "requests", str(page - 1)))
    if total > (page + 1) * A_PAGE:
        buttons.append(Button(_("Next page"), "requests", str(page + 1)))
    lines = [_line(visit, case) for case in found]
    return Screen("\n".join(lines), title=_("My requests"), buttons=buttons, up=Go("menu"))


def _line(visit: Visit, case: Case) -> str:
    said = {"number": case.number, "kind": about(case), "state": state_of(case)}
    if case.in_hand and case.due is not None:
        return _("• No. {number}, {kind}: {state}; answer due: {due}.", due=day(case.due), **said)
    return _("• No. {number}, {kind}: {state}; received: {received}.",
             received=day(visit.day_of(case.received_at)), **said)  # fmt: skip


def about(case: Case) -> str:
    """What a request is about, and that it is for another where it is."""
    kind = named(case.kind)
    return _("{kind}, for another", kind=kind) if case.facts.get(representatives.FOR) else kind


def state_of(case: Case) -> str:
    """The state of a request in plain words."""
    return {
        cases.OPEN: _("received"),
        cases.WITH_STAFF: _("with staff"),
        cases.WAITING: _("staff wait for your word"),
        cases.ANSWERED: _("answered"),
        cases.REFUSED: _("refused"),
        cases.DONE: _("done"),
        cases.WITHDRAWN: _("withdrawn by you"),
        cases.CLOSED: _("closed"),
    }[case.state]


def _step(step: Event) -> str:
    """A step of the timeline in plain words; nothing for what concerns staff among themselves."""
    return {
        cases.RECEIVED: _("received"),
        cases.HANDED: _("given to staff"),
        cases.ADDED: _("you added to it"),
        cases.DOUBTED: _("the mailbox was asked to confirm"),
        cases.CONFIRMED: _("the mailbox confirmed"),
        cases.ASKED: _("staff asked you something"),
        cases.ACCEPTED: _("staff agreed and did it"),
        cases.ANSWERED: _("staff answered"),
        cases.REFUSED: _("staff refused; the ground is in the answer"),
        cases.DONE: _("done"),
        cases.WITHDRAWN: _("you withdrew it"),
        cases.CLOSED: _("closed"),
        cases.MOVED: _("the date moved"),
        cases.RETURNED: _("the answer could not be delivered"),
        cases.LATE: _("the term ended without an answer"),
        "stopped": _("the clock stands until you answer"),
        "resumed": _("the clock runs again"),
        "extended": _("time was added to the term"),
    }.get(step.act, "")


def _next(case: Case) -> str:
    return {
        cases.WAITING: _("Next: read what staff ask and answer with “Add more”."),
        cases.ANSWERED: _("Next: read the answer. If something is still unclear, “Add more” brings it back to staff."),
        cases.REFUSED: _("Next: read the answer. If you disagree, “Add more” brings it back to staff, or you may complain."),
    }.get(case.state) or (_("What next: {next}.", next=following(case)) if case.in_hand else "")  # fmt: skip


def _unknown() -> Screen:
    """The same for another's number and for one that does not exist (I2)."""
    return Screen(
        _("This number is not among your requests."),
        buttons=[Button(_("My requests"), "requests")],
        up=Go("requests"),
    )


def _answers(visit: Visit, case: Case) -> list[cases.Message]:
    """What staff wrote and may be read now, the last word first."""
    if not representatives.may_read(visit, case):
        return []
    return list(reversed(cases.messages(visit, case, cases.OUT)))


def _has_answer(visit: Visit, case: Case) -> bool:
    decided = case.kind == cases.REPRESENTATION and bool(representatives.told(visit, case))
    return decided or bool(_answers(visit, case))


@view("requests.one", "req1")
def one(visit: Visit, ref: str) -> Screen:
    case = cases.find(visit, ref)
    if case is None:
        return _unknown()
    lines = [_("State: {state}.", state=state_of(case))]
    if case.in_hand and case.due is not None:
        lines.append(_("Answer due: {due}, by the end of the day (Almaty time).", due=day(case.due)))
        if visit.today > case.due:
            lines.append(_("We are late, and we apologise. You may complain right now."))
    if told := _next(case):
        lines.append(told)
    lines.append("")
    for step in cases.events(visit, case)[-STEPS:]:
        if said := _step(step):
            lines.append(_("• {date}: {what}", date=day(visit.day_of(step.at)), what=said))
    operator, locale = visit.operator, visit.locale
    lines += ["", _("You may complain at any time: {authority}, {akimat}, or a court.",
                    authority=operator.authority.to(locale), akimat=operator.akimat.to(locale))]  # fmt: skip
    return Screen(
        "\n".join(lines),
        title=_("No. {number}, {kind}", number=case.number, kind=about(case)),
        buttons=_offered(visit, case),
        up=Go("requests"),
    )


def _offered(visit: Visit, case: Case) -> list[Button]:
    buttons = []
    if _has_answer(visit, case):
        buttons.append(Button(_("Read the answer"), "requests.read", case.number))
    if case.in_hand and case.due is not None:
        buttons.append(Button(_("Why this date?"), "requests.one.clock", case.number))
    if case.state in asking.GROWS:
        buttons.append(Button(_("Add more"), "requests.more", case.number))
    if case.in_hand:
        buttons.append(Button(_("Withdraw the request"), "requests.take", case.number))
    return [*buttons, Button(_("Complaint file"), "complaint", case.number)]


@view("requests.one.clock", "rclock")
def clock(visit: Visit, ref: str) -> Screen:
    case = cases.find(visit, ref)
    if case is None or case.due is None:
        return _unknown()
    lines = explanations.explain(visit, cases.clock(visit, case))
    lines += [
        _("The date moved: it was {old}, now it is {new}. Why: {reason}.", old=day(old), new=day(new), reason=why)
        for old, new, why in explanations.moved(visit, case)
    ]  # fmt: skip
    return Screen("\n".join(lines), title=_("Why this date?"), up=Go("requests.one", case.number))


@act("requests.take", "rtake")
def take_back(visit: Visit, press: Press) -> Go:
    """Withdraw a request: it ends now, staff are told, and what it asked for by itself is undone."""
    case = cases.find(visit, press.ref)
    if case is None:
        return Go("requests.one", press.ref)
    if not case.in_hand:
        return Go("already", case.number)
    case = cases.act(visit, case, cases.WITHDRAWN, to=cases.WITHDRAWN)
    decisions.happen(visit, case, cases.WITHDRAWN, staff.SUBJECT)
    handoffs.send(visit, case, handoffs.TAKEN_BACK)
    return Go("requests.one.withdrawn", case.number)


@view("requests.one.withdrawn", "rwdrn", told=True)
def withdrawn(visit: Visit, ref: str) -> Screen:
    case = cases.find(visit, ref)
    if case is None:
        return _unknown()
    stops = {
        cases.BLOCKING: _("The block it asked for is lifted, unless something else holds it."),
        cases.ERASURE: _("Nothing more is destroyed because of it."),
        cases.CORRECTION: _("Your data stay as they are."),
        cases.REPRESENTATION: _("Nothing is done for the other person."),
    }.get(case.kind, _("Staff no longer work on it, and there will be no answer."))
    told = _("Request No. {number} is withdrawn.", number=case.number)
    return Screen(f"{told} {stops}", buttons=[Button(_("My requests"), "requests")], done=True)


@act("requests.read", "rread")
def read(visit: Visit, press: Press) -> Go:
    """Open the answer: from now on it counts as read."""
    number = press.ref.partition(".")[0]
    case = cases.find(visit, number)
    if case is not None and _has_answer(visit, case):
        if _answers(visit, case):
            cases.read(visit, case)
        return Go("requests.answer", press.ref)
    return Go("requests.one", number)


@view("requests.answer", "ransw")
def answer(visit: Visit, ref: str) -> Screen:
    number, _dot, shown = ref.partition(".")
    case = cases.find(visit, number)
    if case is None or not _has_answer(visit, case):
        return _unknown()
    pages = _pages(visit, case)
    page = min(int(shown), len(pages) - 1) if shown.isdecimal() and len(shown) < 6 else 0
    buttons = []
    if page:
        buttons.append(Button(_("Previous page"), "requests.answer", f"{number}.{page - 1}"))
    if page + 1 < len(pages):
        buttons.append(Button(_("Next page"), "requests.answer", f"{number}.{page + 1}"))
    if files := len(enclosures.released(visit, case)):
        buttons.append(
            Button(plural("Get {n} file", "Get {n} files", files), "requests.files", number, wide=True)
        )
    if case.state in asking.GROWS:
        buttons.append(Button(_("Add more"), "requests.more", number))
    buttons.append(Button(_("Complaint file"), "complaint", number))
    title = _("No. {number}, {kind}", number=number, kind=about(case))
    return Screen(pages[page], title=title, buttons=buttons, up=Go("requests.one", number))


@act("requests.files", "rfiles")
def files(visit: Visit, press: Press) -> Go:
    """What staff sent comes into the chat, every file as a document; pressed again while it is on its way it comes once."""
    case = cases.find(visit, press.ref)
    if case is None or not enclosures.promise(visit, case):
        return Go("requests.one", press.ref)
    return Go("requests.files.sent", case.number)


@view("requests.files.sent", "rfsent")
def files_sent(visit: Visit, ref: str) -> Screen:
    case = cases.find(visit, ref)
    if case is None:
        return _unknown()
    told = plural("{n} file to request No. {number} comes into this chat in a moment.",
                  "{n} files to request No. {number} come into this chat in a moment.",
                  len(enclosures.released(visit, case)), number=case.number)  # fmt: skip
    return Screen(
        told,
        buttons=[Button(_("Read the answer"), "requests.read", case.number)],
        up=Go("requests.one", case.number),
    )


def _pages(visit: Visit, case: Case) -> list[str]:
    """What staff wrote, the last word first, in pieces that fit a screen; of a refusal its legal side too."""
    parts = [*representatives.told(visit, case), *answers.ground(visit, case)]
    for message in _answers(visit, case):
        parts.append(_("{date}, staff:", date=day(visit.day_of(message.at))) + "\n" + message.words)
    told, pages = "\n\n".join(parts), []
    while len(told) > LONGEST:
        cut = max(told.rfind("\n", 0, LONGEST), told.rfind(" ", 0, LONGEST))
        cut = cut if cut > LONGEST // 2 else LONGEST
        pages.append(told[:cut])
        told = told[cut:].lstrip()
    return [*pages, told]


@view("svc.answer", "sansw", told=True)
def answered(visit: Visit, ref: str) -> Screen:
    """S28: number alone; words are read with the button."""
    return Screen(
        _("An answer has come to request No. {number}.", number=ref),
        buttons=[Button(_("Read the answer"), "requests.read", ref)],
        done=True,
    )


@view("svc.refused", "srefus", told=True)
def refused(visit: Visit, ref: str) -> Screen:
    """S28 and inside it S16: ground, article, until when, and where to complain."""
    case = cases.find(visit, ref)
    if case is None:
        return answered(visit, ref)
    told = [_("An answer has come to request No. {number}.", number=ref)]
    if representatives.may_read(visit, case):
        told += answers.ground(visit, case)
    return Screen(
        "\n".join(told),
        buttons=[
            Button(_("Read the answer"), "requests.read", ref),
            Button(_("Complaint file"), "complaint", ref),
        ],
        done=True,
    )
