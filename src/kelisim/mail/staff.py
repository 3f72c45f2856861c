"""What staff reply: words for the person, or a command in the first line; nothing leaves unseen.

The token in the letter says which case is meant and gives no right (T-LET-06): whoever acts is of the staff, and the mail server
vouches for it; otherwise what they wrote is a draft that only a reader of the listed address can confirm (T-LET-03).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kelisim.desk import (
    cases,
    codes,
    decisions,
    guidance,
    handoffs,
    identity,
    leaks,
    orders,
    releases,
    replies,
    subjects,
    tellings,
    templates,
    threads,
)
from kelisim.desk.cases import Case
from kelisim.desk.letterbox import Handled
from kelisim.desk.operator import Staff
from kelisim.desk.replies import Draft, Reply
from kelisim.desk.staff import Actor, acting
from kelisim.desk.threads import Posted
from kelisim.desk.visit import Visit
from kelisim.mail import commands, quotes
from kelisim.mail.commands import Command
from kelisim.mail.letter import Letter

TOLD_A_DAY = 3  # letters about strangers who answer in one case
REPLY, CONFIRMED, COMMAND, TOLD, OUTSIDE = "reply", "confirmed", "command", "told", "outsider"  # outcomes
_ELSEWHERE = (quotes.BELOW, quotes.INLINE, quotes.SECOND)  # words stand where they are not read


def member(visit: Visit, letter: Letter) -> Staff | None:
    """Who of the staff the letter says it is from; whether that may be believed is `letter.sender.authentic`."""
    address = letter.sender.address
    if address is None:
        return None
    return next((one for one in visit.operator.staff if one.address.casefold() == address.lookup), None)


def act(visit: Visit, letter: Letter, person: Staff | None, posted: Posted) -> Handled:
    """An answer to one of our letters to staff, from `person` or from somebody who is none of them (T-LET-06)."""
    try:
        case = cases.known(visit, posted.number)
    except LookupError:
        if person is not None and letter.sender.authentic:
            tellings.tell(visit, None, tellings.GONE, person, answers=letter.message_id, number=posted.number)
        return Handled(TOLD)
    visit.subject = subjects.by_id(visit, case.subject_id) if case.subject_id is not None else None
    echo = replies.of_echo(visit, posted.id)
    hand = _Hand(visit, letter, case, posted, echo)
    outcome = hand.take(person) if person is not None else hand.outsider()
    return Handled(outcome, case_id=case.id, subject_id=case.subject_id)


@dataclass(slots=True)
class _Hand:
    """One reply in hand: the letter, the case it is about, and what waits if it answers an echo."""

    visit: Visit
    letter: Letter
    case: Case
    posted: Posted
    echo: Reply | None

    def outsider(self) -> str:
        """Nothing leaves; whoever works on the case hears of it, a few times a day, by number and masked address."""
        about = self.visit.desk.vault.find("automatic", f"outsider {self.case.number}")
        if codes.attempts(self.visit, replies.OUTSIDER, about, codes.DAY) >= TOLD_A_DAY:
            return OUTSIDE
        codes.attempted(self.visit, replies.OUTSIDER, about)
        sender = self.letter.sender.address
        who = identity.mask_email(sender.address) if sender is not None else "?"
        to = tellings.whose(self.visit, self.case)
        if self.echo is not None and self.echo.active:
            to = next((one for one in self.visit.operator.staff if one.address == self.echo.actor), to)
        cases.remark(self.visit, self.case, replies.DRAFT, f"{replies.HELD} {replies.OUTSIDER}")
        tellings.tell(self.visit, self.case, tellings.OUTSIDER, to, who=who)
        return OUTSIDE

    def take(self, person: Staff) -> str:
        """What one of the staff wrote, or somebody in their name."""
        marks = self._marks()
        found = quotes.extract(self.letter, marks, self._ours(person), self._own())
        if found.why == quotes.LONG:
            return self._tell(self._of(person), tellings.LONG)
        settled = commands.settling(found.text, person)
        if settled == orders.OK and found.why in _ELSEWHERE:
            return self._tell(
                self._of(person), tellings.EMPTY, why=found.why
            )  # «ok», and a change between the lines
        if settled is not None:
            return self._settle(person, settled)
        read = commands.read(found.text, self.visit.operator)
        first = found.text.strip().partition("\n")[0]
        unclear = read.unclear or (read.command is not None and leaks.is_theirs(self.visit, self.case, first))
        if unclear:
            read = commands.Reply(None, found.text.strip())
        command = read.command or self._as_before(person)
        if fault := self._fault(command, read.words):
            return self._tell(
                self._of(person), fault, key=command.template, other=command.number, why=found.why
            )
        leak = (
            leaks.found(self.visit, self.case, read.words, marks) if command.order in orders.TO_PERSON else ""
        )
        return self._order(person, command, read.words, self._why(found, leak, unclear=unclear))

    def _why(self, found: quotes.Extract, leak: str, *, unclear: bool) -> str:
        """Why it is held, the gravest reason first; empty when a sure text of somebody we know says something clear."""
        unsure = "" if found.sure else found.why
        grave = [why for why in (leak, unsure) if why in replies.NOT_AS_IT_IS]
        others = [
            "" if self.letter.sender.authentic else replies.SENDER,
            unsure,
            leak,
            replies.COMMAND if unclear else "",
        ]
        return next((why for why in (*grave, *others) if why), "")

    def _settle(self, person: Staff, settled: str) -> str:
        """«ok» or «cancel»: by the one the echo went to. An echo's token reached nobody else; without it, an authentic letter."""
        reply = self.echo
        if reply is None and self.letter.sender.authentic:
            # Their own words only: what came in their name unproved waits beside them, and only its echo shows it.
            mine = [
                each
                for each in replies.of_case(self.visit, self.case)
                if each.actor == person.address and not each.draft.claimed
            ]
            reply = mine[-1] if mine else None
        if reply is not None and reply.actor != person.address:
            return self.outsider()  # the echo was passed on: only the one it was for may confirm
        if reply is None or not reply.active:
            return self._tell(
                self._of(person), tellings.STANDS if not self.case.in_hand else tellings.NOTHING
            )
        if settled == orders.CANCEL:
            replies.drop(self.visit, reply)
            return self._tell(person, tellings.DROPPED)
        if releases.release(self.visit, reply, self._actor(person)) == releases.UNSAFE:
            return self._tell(person, tellings.UNSAFE)
        return CONFIRMED

    def _as_before(self, person: Staff) -> Command:
        """No command is an answer; in reply to an echo it is the new text of what waits."""
        waiting = self.echo
        if waiting is None or not waiting.active or waiting.actor != person.address:
            return Command(orders.ANSWER)
        draft = waiting.draft
        until = releases.last_day(draft)
        return Command(draft.order, draft.about, ground=draft.ground, until=until, to=draft.to)

    def _fault(self, command: Command, words: str) -> str:
        """Why a command cannot be taken, as something to tell; empty when it can."""
        order, case = command.order, self.case
        empty = not words.strip()
        about_another = order == orders.ACCEPT and case.kind == cases.REPRESENTATION
        checks: list[tuple[str, Callable[[], bool]]] = [
            (tellings.NUMBER, lambda: command.number not in ("", case.number) and not about_another),
            (tellings.HELP, lambda: order == orders.HELP),
            (tellings.STANDS, lambda: order in orders.TO_PERSON and not case.in_hand),
            (tellings.STANDS, lambda: order == orders.CLOSE and case.in_hand),
            (tellings.UNABLE, lambda: order == orders.ACCEPT and not guidance.acceptable(case)),
            (tellings.TEMPLATE, lambda: bool(command.template) and not self._template_fits(command.template)),
            (tellings.GROUND, lambda: order == orders.REFUSE and not self._ground_fits(command.ground)),
            (tellings.COLLEAGUE, lambda: order == orders.ASSIGN and not command.to),
            (tellings.EMPTY, lambda: order in (orders.REFUSE, orders.NOTE) and empty),
            (tellings.EMPTY, lambda: order in orders.PLAIN and empty and not command.template),
            (tellings.LONG, lambda: len(words) > decisions.LONGEST),
        ]
        return next((what for what, applies in checks if applies()), "")

    def _template_fits(self, key: str) -> bool:
        """T-LET-11."""
        return templates.fits(self.visit.operator.templates[key], self.case.kind)

    def _ground_fits(self, code: str) -> bool:
        """T-STAFF-04."""
        ground = self.visit.operator.grounds.get(code)
        return ground is not None and (not ground.kinds or self.case.kind in ground.kinds)

    def _order(self, person: Staff, command: Command, words: str, why: str) -> str:
        """Do at once what stays among staff; all else waits, and is shown first."""
        order = command.order
        if order in orders.AT_ONCE and not why:
            return self._at_once(person, command, words)
        about = command.number if command.number != self.case.number else ""
        claimed = "" if self.letter.sender.authentic else identity.mask_email(person.address)
        draft = Draft(
            order, words, command.template, command.ground, command.until.isoformat() if command.until else "", command.to,
            about, self.letter.message_id, claimed,
        )  # fmt: skip
        leaves = releases.leaves_at(self.visit) if order in orders.PLAIN and not why else None
        replies.begin(
            self.visit,
            self.case,
            draft,
            self._of(person),
            why=why,
            release_at=leaves,
            files=self.letter.files,
        )
        return REPLY

    def _at_once(self, person: Staff, command: Command, words: str) -> str:
        actor, number = self._actor(person), self.case.number
        if words:
            decisions.note(self.visit, number, words, actor)
        if command.order == orders.NOTE:
            self._tell(person, tellings.NOTED, files=len(self.letter.files))
        else:
            self.case = decisions.assign(self.visit, number, command.to, actor)
            self._tell(person, tellings.ASSIGNED, files=len(self.letter.files))
        return COMMAND

    def _of(self, person: Staff) -> Staff:
        """Whose draft it is and who is told: the writer where the server vouches for them, else who works on the case, or
        the one whose echo is answered."""
        if self.letter.sender.authentic:
            return person
        if self.echo is not None and self.echo.actor == person.address:
            return person
        return tellings.whose(self.visit, self.case)

    def _tell(self, to: Staff, what: str, **details: object) -> str:
        cases.remark(self.visit, self.case, replies.DRAFT, f"told {what}")
        tellings.tell(self.visit, self.case, what, to, answers=self.letter.message_id, **details)
        return TOLD

    def _actor(self, person: Staff) -> Actor:
        return acting(self.visit.operator, person.address, releases.LETTER)

    def _marks(self) -> list[str]:
        rows = threads.rows(self.visit.desk, self.letter.named)
        return [threads.marker(self.visit.desk, row) for row in rows]

    def _ours(self, person: Staff) -> str:
        """The text of the letter that is answered, as far as it can be told again."""
        if self.posted.kind in (handoffs.KIND, handoffs.REMINDER):
            return handoffs.wording(self.visit, self.case, person)
        return self.echo.echo if self.echo is not None else ""

    def _own(self) -> str:
        """What of it the writer wrote themselves: the echo shows it in a frame, and a corrected answer says it again."""
        if self.posted.kind in (handoffs.KIND, handoffs.REMINDER) or self.echo is None:
            return ""
        return "\n".join(line for line in self.echo.echo.split("\n") if line.lstrip().startswith("│"))
