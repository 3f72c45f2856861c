"""Proving a mailbox by itself, for one of several uses: to end its consents, to find other data, to get a file there.

Until the proof the words are the same whatever is known (T-ID-04). What a proof brings belongs to its use; a module that needs
one says `use(…)` and leads to `prove.email` with the use's name as the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from kelisim.desk import consents, dialogue
from kelisim.desk.visit import Visit
from kelisim.telegram import mailboxes
from kelisim.telegram.screens import Go, Screen, refers, registered, split, view
from kelisim.texts import N_, _, day

MAIL, CODE = "prove.email", "prove.code"
WITHDRAW = "withdraw"  # the only one that people we do not know have


@dataclass(frozen=True, slots=True)
class Use:
    """What a mailbox is proved for: the screen's title, the question, what the proof brings, where Cancel leads."""

    title: str
    question: str
    proved: Callable[[Visit, dict[str, Any], bytes], Go]
    up: Go
    kind: str = "code"


USES: dict[str, Use] = {}


def use(name: str, made: Use) -> None:
    """Register a use under the name its codes are bound to; `title` and `question` are marked with N_."""
    USES[name] = made
    refers(name)


def _use(visit: Visit, draft: dict[str, Any]) -> str:
    name = str(draft.get("ref", "")) if registered(visit) else ""
    return name if name in USES else WITHDRAW


def _current(visit: Visit) -> Use:
    return USES[_use(visit, dialogue.waiting(visit).draft)]


def _words(visit: Visit, beside: str) -> str:
    lines = [mailboxes.fault(beside), ""] if beside else []
    return "\n".join([*lines, _(_current(visit).question)])


def _framed(visit: Visit, words: str) -> Screen:
    current = _current(visit)
    return Screen(words, title=_(current.title), up=current.up, cancel=True)


def _proved(visit: Visit, draft: dict[str, Any], found: bytes) -> Go:
    return USES[_use(visit, draft)].proved(visit, draft, found)


mailboxes.flow(
    mailboxes.Flow(
        MAIL, CODE, _use, _words, _framed, _proved, lambda visit: Go("stale"), lambda name: USES[name].kind
    ),
    "pmail",
    "pcode",
    before_consent=True,
    asks=True,
)


def _withdraw(visit: Visit, draft: dict[str, Any], found: bytes) -> Go:
    """Every consent to letters of those who proved this mailbox ends, by whoever has just proved it."""
    dialogue.drop(visit)
    number = consents.withdraw_mailbox(visit, found)
    due = consents.revocation_due(visit)
    return Go("prove.done", f"{number}?{due.isoformat()}") if number else Go("prove.none")


use(
    WITHDRAW,
    Use(
        N_("Withdraw"),
        N_("Which mailbox are the consents tied to? Please write its address; a code will come there."),
        _withdraw,
        Go("cancel"),
        kind="code-known",
    ),
)


@view("prove.done", "pdone", before_consent=True, told=True)
def prove_done(visit: Visit, ref: str) -> Screen:
    number, due = split(ref)
    return Screen(
        _("Consent withdrawn, No. {number}. Purpose: {purpose}. From this minute your data are not used for it. We will "
          "destroy what was kept, or explain in writing what must stay and why. Last day: {due}.",
          number=number, purpose=_("everything tied to this mailbox"),
          due=day(date.fromisoformat(due)) if due else ""),
        done=True,
    )  # fmt: skip


@view("prove.none", "pnone", before_consent=True, told=True)
def prove_none(visit: Visit, ref: str) -> Screen:
    return Screen(_("No consent is tied to this mailbox: there is nothing to end."), done=True)
