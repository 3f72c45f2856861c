"""Ask, complain, object, report a leak: the four questions, what may come with them and what happens next (SCREENS 3.7)."""

from __future__ import annotations

from kelisim.desk import asking, attachments, cases
from kelisim.desk.cases import Case
from kelisim.desk.visit import Visit
from kelisim.desk.wordings import sentence
from kelisim.telegram.screens import Button, Go, Screen, refers, split, view
from kelisim.texts import _, day, plural

ASK, QUESTION, COMPLAIN, OBJECT, LEAK, CHECK, MORE = (
    "ask", "ask.question", "ask.complain", "ask.object", "ask.leak", "ask.check", "requests.more",
)  # fmt: skip
KINDS = {QUESTION: cases.QUESTION, COMPLAIN: cases.COMPLAINT, OBJECT: cases.OBJECTION, LEAK: cases.BREACH}
PROMPTS = (QUESTION, COMPLAIN, OBJECT, LEAK, MORE)
QUOTED = 300  # characters of the words shown back before sending
KEPT, AGAIN, EMPTY, MANY = "kept", "again", "nothing", "much"  # beside a reference: what is said first
refers(ASK)


@view(ASK, "ask")
def ask(visit: Visit, ref: str) -> Screen:
    lines = [
        _("• “Ask a question”: about your data or anything in the policy; a person answers."),
        _("• “Complain”: to the person responsible here, or at once to the authorities."),
        _("• “Object to automation”: what the desk did by itself is looked at again by a person."),
        _("• “Report a leak”: you saw personal data where they should not be."),
    ]
    if ref == "cancelled":
        lines[:0] = [_("Cancelled. What you typed is forgotten."), ""]
    return Screen(
        "\n".join(lines),
        title=_("Ask or complain"),
        buttons=[
            Button(_("Ask a question"), QUESTION),
            Button(_("Complain"), COMPLAIN),
            Button(_("Object to automation"), OBJECT),
            Button(_("Report a leak"), LEAK),
        ],
        up=Go("menu"),
    )


@view(QUESTION, "askq", asks=True)
def question(visit: Visit, ref: str) -> Screen:
    return _prompt(
        visit, ref, QUESTION, _("Ask a question"),
        [_("Please write it in your own words, in one message or several. A person will read it and answer.")],
    )  # fmt: skip


@view(COMPLAIN, "askc", asks=True)
def complain(visit: Visit, ref: str) -> Screen:
    screen = _prompt(visit, ref, COMPLAIN, _("Complain"), [
        _("Please write what happened. Your words go to the person responsible for personal data: {name}.",
          name=visit.operator.responsible.name.to(visit.locale)),
        *routes(visit),
        _("“Complaint file” makes a paper for them from your words; you file it yourself."),
    ])  # fmt: skip
    screen.buttons = [Button(_("Complaint file"), "complaint.words")]
    return screen


def routes(visit: Visit) -> list[str]:
    """Whom one may turn to beside the operator, at once, and what each wants (P20)."""
    operator, locale = visit.operator, visit.locale
    ways = (
        (operator.authority.to(locale), operator.routes.authority),
        (operator.akimat.to(locale), operator.routes.akimat),
        (_("a court"), operator.routes.court),
    )
    lines = [_("You may also turn at once to:")]
    for whom, way in ways:
        basis = _("Basis: {article}.", article=way.article.to(locale))
        lines.append(f"• {sentence(whom)}. {way.how.to(locale)} {basis}")
    return lines


@view(OBJECT, "asko", asks=True)
def object_(visit: Visit, ref: str) -> Screen:
    basis = visit.operator.policy_pack.basis.get("objection")
    lines = [
        _("This desk is a program. By itself, without a person, it does only this:"),
        _("• stops messages at your word, and messages cease at once;"),
        _("• records a consent you give and one you take back; processing begins or ends at once;"),
        _("• ends a consent on its last day;"),
        _("• freezes and frees your data at your request;"),
        _("• changes an e-mail or phone you have proved, and hands you your own data;"),
        _("• destroys data whose time is over, or which you told it to delete."),
        _("It never refuses you anything: each refusal is decided and signed for by a person."),
        _("Write what you object to: a person will look at it again and tell you the result."),
    ]
    if basis is not None:
        lines.append(_("Where the term stands: {basis}.", basis=basis.to(visit.locale)))
    return _prompt(visit, ref, OBJECT, _("Object to automation"), lines)


@view(LEAK, "askl", asks=True)
def leak(visit: Visit, ref: str) -> Screen:
    return _prompt(visit, ref, LEAK, _("Report a leak"), [
        _("Please write what happened, where you saw it and when. Send no copies of the data themselves."),
        _("The staff and the person responsible are told at once."),
    ])  # fmt: skip


@view(MORE, "rmore", asks=True)
def more(visit: Visit, ref: str) -> Screen:
    number, beside = split(ref)
    case = cases.find(visit, number)
    if case is None or case.state not in asking.GROWS:
        return over()
    lines = said_first(visit, beside)
    lines += [_("Please write what you want to add to request No. {number}.", number=number), papers()]
    return Screen("\n".join(lines), title=_("Add more"), up=Go("cancel", number), cancel=True)


def _prompt(visit: Visit, ref: str, screen: str, title: str, lines: list[str]) -> Screen:
    """One of the four questions, with its date and what may be sent along."""
    due = _("Answer due: {due}.", due=day(asking.due(visit, KINDS[screen])))
    told = [*said_first(visit, split(ref)[1]), *lines, due, "", papers(), no_identity()]
    return Screen("\n".join(told), title=title, up=Go("cancel", ASK), cancel=True)


def papers() -> str:
    """What may be sent along."""
    return _("You may add up to {n} files, PDF or photos, of at most 10 MB each.", n=attachments.A_MESSAGE)


def no_identity() -> str:
    """S26."""
    return _("Please send no photos of identity documents: we do not need them and do not keep them.")


def said_first(visit: Visit, beside: str) -> list[str]:
    """What happened to the file or the words that came just now."""
    told = {
        KEPT: plural("{n} file is here.", "{n} files are here.", len(attachments.loose(visit)))
        + " " + _("Please write a few words to it too."),
        AGAIN: _("The words you wrote are no longer at hand. Please write them once more."),
        EMPTY: _("There is nothing to send yet."),
        MANY: _("That is a lot already. Please send it; more can be added afterwards."),
    }.get(beside) or file_fault(beside)  # fmt: skip
    return [told, ""] if told else []


def file_fault(fault: str) -> str:
    """Why a file was not kept, and what to do; nothing for no fault."""
    return {
        attachments.TOO_LARGE: _(
            "This file is larger than 10 MB and was not kept. Please send a smaller one."
        ),
        attachments.TOO_MANY: _(
            "There are as many files as can be kept already; this one was not. Please send what is here first."
        ),
        attachments.WRONG_TYPE: _(
            "This is not a PDF, a JPEG or a PNG, whatever its name says, and was not kept. Please send one of these."
        ),
        attachments.EMPTY: _("The file could not be taken over. Please send it again."),
    }.get(fault, "")


def over() -> Screen:
    """A step that is over, of a flow that was left or finished."""
    return Screen(
        _("This step is already over. Here is how things stand now: “My requests”."),
        buttons=[Button(_("My requests"), "requests")],
    )


def dated(number: str) -> list[Button]:
    """What stands on every confirmation with a date (SCREENS, head)."""
    return [Button(_("Why this date?"), "requests.one.clock", number), Button(_("My requests"), "requests")]


def following(case: Case) -> str:
    """What happens next with a request that staff have now, as a clause."""
    return {
        cases.COMPLAINT: _("the person responsible examines it and answers you"),
        cases.OBJECTION: _("a person looks at it again and tells you the result"),
        cases.BREACH: _(
            "the staff and the person responsible are told already; they look into it and answer you"
        ),
        cases.REPRESENTATION: _("staff look at the authority and answer you"),
        cases.ACCESS: _("the data are gathered and handed to you"),
        cases.CORRECTION: _("staff look at the documents and decide"),
        cases.BLOCKING: _("staff look into your reason and decide"),
        cases.ERASURE: _("the data are destroyed, and you get a certificate"),
        cases.REVOCATION: _("the data are destroyed, or it is explained what must stay"),
    }.get(case.kind, _("a person reads it and answers you"))
