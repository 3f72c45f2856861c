"""Proving a mailbox: its address is asked for, a code goes there and is typed back in the chat that asked.

Each flow names its two screens and its use: a code is bound to chat, address and use, so that none opens anything else
(T-ID-03). Of a person who agreed to nothing no address waits; the code itself knows which one it proves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kelisim.desk import codes, dialogue, identity
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import EMAIL, Visit
from kelisim.telegram.press import Press
from kelisim.telegram.screens import REFERENCES, Button, Go, Screen, act, reader, split, view
from kelisim.texts import _

Draft = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Flow:
    """What a flow does with a mailbox: the screens that ask for its address and its code, and what the proof brings.

    `use` says what the code is for, by what was given so far (empty: the flow is no longer open, and `over` says where
    to go). `framed` puts words into the flow's screen; `proved` gets the keyed hash of the address.
    """

    mail: str
    code: str
    use: Callable[[Visit, Draft], str]
    words: Callable[[Visit, str], str]
    framed: Callable[[Visit, str], Screen]
    proved: Callable[[Visit, Draft, bytes], Go]
    over: Callable[[Visit], Go]
    kind: Callable[[str], str] = lambda use: "code"  # of the letter, by the use

    def ask(self, visit: Visit, draft: Draft, beside: str = "") -> Go:
        """Ask for the address; `beside` is what is wrong with the one that was typed."""
        dialogue.ask(visit, self.mail, draft)
        ref = draft.get("ref", "")
        return Go(self.mail, f"{ref}?{beside}" if beside else ref)

    def send(self, visit: Visit, draft: Draft, email: identity.Email) -> Go:
        """Send the code and wait for it; above the limits the address is asked for again, saying so."""
        outcome = self.post(visit, draft, email)
        if outcome == codes.MANY:
            return self.ask(visit, draft, outcome)
        dialogue.ask(visit, self.code, {**draft, "email": [email.address, email.lookup]})
        return Go(self.code, "" if outcome == codes.SENT else outcome)

    def post(self, visit: Visit, draft: Draft, email: identity.Email) -> str:
        """Promise the letter with a code; what `codes.send` says of it."""
        use = self.use(visit, draft)
        return codes.send(visit, use, email, self.kind(use))

    def read_address(self, visit: Visit, words: str, waiting: Waiting) -> Go:
        """An address was typed."""
        if not self.use(visit, waiting.draft):
            return self.over(visit)
        try:
            email = identity.email(words)
        except identity.Malformed as malformed:
            return self.ask(visit, waiting.draft, malformed.part)
        return self.send(visit, waiting.draft, email)

    def read_code(self, visit: Visit, words: str, waiting: Waiting) -> Go:
        """A code was typed."""
        draft, use = waiting.draft, self.use(visit, waiting.draft)
        if not use or (visit.subject is not None and "email" not in draft):
            return self.over(visit)
        answer = codes.verify(visit, use, words)
        if answer.outcome != codes.RIGHT or not _is(visit, draft, answer.address):
            return Go(self.code, wrong(answer))
        return self.proved(visit, draft, answer.address)

    def show_address(self, visit: Visit, ref: str) -> Screen:
        """The question for the address."""
        main, beside = split(ref)
        return self.framed(visit, self.words(visit, beside or (main if main not in REFERENCES else "")))

    def show_code(self, visit: Visit, ref: str) -> Screen:
        """The question for the code."""
        screen = self.framed(visit, code_words(ref))
        screen.buttons = [Button(_("Another address"), "code.other")]
        if visit.subject is not None:
            screen.buttons.insert(0, Button(_("New code"), "code.new"))
        return screen


FLOWS: dict[str, Flow] = {}  # by each of its screens
CODE_SCREENS: set[str] = set()  # what is typed there is taken out of the chat (T-CHAT-19)


def flow(made: Flow, mail: str, code: str, *, before_consent: bool = False, asks: bool = False) -> Flow:
    """Register the screens of a flow under the short codes of its two screens (no `mail`: its address is asked elsewhere)."""
    if mail:
        FLOWS[made.mail] = made
        view(made.mail, mail, before_consent=before_consent, asks=asks)(made.show_address)
        reader(made.mail)(made.read_address)
    FLOWS[made.code] = made
    CODE_SCREENS.add(made.code)
    view(made.code, code, before_consent=before_consent)(made.show_code)
    reader(made.code)(made.read_code)
    return made


def _is(visit: Visit, draft: Draft, found: bytes) -> bool:
    """Whether the proved address is the one this flow asked about."""
    return "email" not in draft or found == visit.desk.vault.find(EMAIL, draft["email"][1])


def _open(visit: Visit) -> tuple[Flow, Draft] | None:
    """The flow in which this chat proves a mailbox, and what it was given."""
    waiting = dialogue.waiting(visit)
    found = FLOWS.get(waiting.screen)
    return (found, waiting.draft) if found is not None and found.use(visit, waiting.draft) else None


@act("code.new", "cnew")
def new_code(visit: Visit, press: Press) -> Go:
    found = _open(visit)
    if found is None or "email" not in found[1]:
        return Go("stale")
    made, draft = found
    outcome = made.post(visit, draft, identity.Email(*draft["email"]))
    return Go(made.code, "again" if outcome == codes.SENT else outcome)


@act("code.other", "cother", before_consent=True)
def other_address(visit: Visit, press: Press) -> Go:
    found = _open(visit)
    if found is None:
        return Go("stale")
    made, draft = found
    codes.forget(visit, made.use(visit, draft))
    return made.ask(visit, {key: value for key, value in draft.items() if key != "email"})


def fault(part: str) -> str:
    """What is wrong with an address, or why no code was sent."""
    return {
        "at": _("An address has one @ in it, such as name@mail.kz."),
        "local": _("The part before @ is not right."),
        "domain": _("The part after @ is not right."),
        "space": _("An address has no spaces in it."),
        codes.MANY: _("Too many codes were asked for. Please try again later, or write to us by letter."),
        codes.SOON: _("A code was sent less than a minute ago. Please wait a little."),
    }.get(part, _("This does not look like an e-mail address."))


def code_words(ref: str) -> str:
    """What is said while a code is awaited: it was sent, it did not fit, it is over."""
    beside, _colon, left = ref.partition(":")
    sent = _("If the address is right, a six-digit code will come in a minute or two. It works for {minutes} minutes. "
             "Our staff will never ask you for it.", minutes=int(codes.LIFE.total_seconds() // 60))  # fmt: skip
    return {
        "": sent,
        codes.SOON: f"{fault(codes.SOON)}\n\n{sent}",
        "again": "\n\n".join((_("A new code has been sent; the earlier one no longer works."), sent)),
        codes.MANY: fault(codes.MANY),
        codes.WRONG: _("The code did not fit. Tries left: {n}.", n=left),
        "spent": _("The code did not fit, and its tries are used up. Please ask for a new one."),
        codes.LAPSED: _("This code is over. Please ask for a new one."),
    }.get(beside, sent)


def wrong(answer: codes.Answer) -> str:
    """How a code that did not prove anything is told."""
    if answer.outcome == codes.WRONG:
        return f"{codes.WRONG}:{answer.left}" if answer.left else "spent"
    return codes.LAPSED
