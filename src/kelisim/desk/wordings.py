"""Codes of the store in the reader's words: roles, channels, outcomes, states, steps, verbs, moments. Nobody's name."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from kelisim.desk import cases, kinds, receipts
from kelisim.texts import N_, _, day, spoken


def role(name: str) -> str:
    """Who acted, by role, never by name."""
    return {
        "subject": _("you"), "desk": _("the program itself"), "staff": _("a member of staff"),
        "responsible": _("the person responsible"),
    }.get(name, name)  # fmt: skip


def shown(what: str, number: str | None) -> str:
    """What a member of staff was shown."""
    named = {
        "case": _("a request"), "letter": _("a letter about a request"), "data": _("the data"), "export": _("an export"),
    }.get(what, what)  # fmt: skip
    return f"{named}, № {number}" if number else named


def reason(each: dict[str, Any]) -> str:
    """Why it was looked at. A letter's reason is the letter: it was written in the language of staff."""
    return _("to answer the request") if each["what"] == "letter" else str(each["reason"])


def channel(name: str) -> str:
    """A way to reach someone, in words."""
    return {"telegram": "Telegram", "email": _("E-mail"), "phone": _("Phone")}.get(name, name)


def message(kind: str) -> str:
    """A kind of message to the person, in words."""
    return {
        "receipt": _("a receipt"), "code": _("a code"), "code-known": _("a code"), "stop-notice": _("a notice of a stop"),
        "answer": _("an answer"), "answer-letter": _("an answer"), "file": _("a file you asked for"),
        "file-letter": _("a file you asked for"), "broadcast": _("a message you agreed to"),
        "policy": _("a notice of a change of the policy"), "breach": _("a notice of a breach of security"),
    }.get(kind, _("a notice"))  # fmt: skip


def outcome(name: str, cause: str = "") -> str:
    """What became of a message; `cause` says more of one that was cancelled."""
    if name == "cancelled" and cause in _CANCELLED:
        return _(_CANCELLED[cause])
    return {
        "waiting": _("waits to be sent"), "claimed": _("waits to be sent"), "sent": _("delivered"),
        "failed": _("could not be delivered"), "uncertain": _("perhaps delivered: no answer came"),
        "cancelled": _("cancelled by your stop or withdrawal"), "expired": _("not sent: it came too late"),
        "dropped": _("not sent: there was nowhere to send it"),
    }.get(name, name)  # fmt: skip


# Of a broadcast (`deliveries`): no stop or withdrawal of the person's own, and not called one.
_CANCELLED = {
    "broadcast ended": N_("not sent: we stopped the whole broadcast"),
    "same mailbox": N_("not sent: the same letter went to this mailbox already"),
    "answered before": N_("not sent: you had agreed to the new text already"),
    "no language": N_("not sent: it was not written in your language"),
    "unreadable": N_("could not be delivered"),
    "suppressed": N_("not sent: your stop, your consent or a block stood against it"),
}


def became(name: str) -> str:
    """What became of a letter that was taken from the mailbox."""
    return {
        "aside": _("set aside: it could not be read"),
        "bounce": _("a letter of ours that came back"),
    }.get(name, _("taken and acted upon"))


def state(name: str) -> str:
    """Where a request stands."""
    return {
        cases.OPEN: _("received"), cases.WITH_STAFF: _("with staff"), cases.WAITING: _("staff wait for your word"),
        cases.ANSWERED: _("answered"), cases.REFUSED: _("refused"), cases.DONE: _("done"),
        cases.WITHDRAWN: _("withdrawn by you"), cases.CLOSED: _("closed"),
    }.get(name, name)  # fmt: skip


def act(name: str) -> str:
    """One step of a request."""
    return {
        cases.RECEIVED: _("received"), cases.ADDED: _("you added to it"), cases.HANDED: _("given to staff"),
        cases.ASKED: _("staff asked you something"), cases.ACCEPTED: _("staff agreed and did it"),
        cases.RETURNED: _("the answer could not be delivered"),
        cases.NOTED: _("a note among staff"), cases.ASSIGNED: _("passed to a colleague"),
        cases.DOUBTED: _("the mailbox was asked to confirm"), cases.CONFIRMED: _("the mailbox confirmed"),
        cases.MOVED: _("the date moved"), cases.LATE: _("the date has passed"),
        cases.REMINDED: _("staff were reminded"), cases.ANSWERED: _("answered"), cases.REFUSED: _("refused"),
        cases.DONE: _("done"), cases.WITHDRAWN: _("withdrawn by you"), cases.CLOSED: _("closed"),
    }.get(name, name)  # fmt: skip


def standing(name: str) -> str:
    """Where an authority stands."""
    return {
        "asked": _("being looked at"), "accepted": _("accepted"), "refused": _("refused"), "revoked": _("taken back"),
        "ended": _("ended"),
    }.get(name, name)  # fmt: skip


def verb(name: str) -> str:
    """A verb of the policy."""
    return {
        "collected": _("collected"), "recorded": _("recorded"), "stored": _("stored"), "updated": _("updated"),
        "used": _("used"), "transferred": _("transferred"), "blocked": _("blocked"), "anonymised": _("anonymised"),
        "destroyed": _("destroyed"),
    }.get(name, name)  # fmt: skip


def thing(what: str, labels: dict[str, str]) -> str:
    """What an entry of the journal was about: its codes in words, one by one."""
    words = {
        **labels, "telegram": "Telegram", "email": _("E-mail"), "phone": _("Phone"), "surname": _("Surname"), "name": _("Name"),
        "patronymic": _("Patronymic"), "all": _("all messages"), "stop": _("stop"), "case": _("request"),
        "file": _("file of the data"), "shown": _("shown to staff"), "letter": _("a letter about a request"),
        "conditions": _("conditions of publication"), "link": _("by a one-time link"), "here": _("to the chat"),
        "data": _("the data"), "export": _("an export"),
        **{kind: kinds.named(kind) for kind in cases.KINDS},
    }  # fmt: skip
    told = []
    for word in what.split():
        given = receipts.act_named(word)
        told.append(words.get(word) or given)
    return " · ".join(told)


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1048576:.1f} MB" if count >= 1 << 20 else f"{max(1, count // 1024)} KB"


def when(moment: str | None) -> str:
    """A moment with weekday and minute; empty for none."""
    return _when(moment, spoken()) if moment else ""


@lru_cache(maxsize=4096)
def _when(moment: str, locale: str) -> str:
    known = datetime.fromisoformat(moment)
    return f"{day(known.date())}, {known:%H:%M}"


def on(when_: str | None) -> str:
    """A day with its weekday; empty for none."""
    return day(date.fromisoformat(when_)) if when_ else ""


def sentence(words: str) -> str:
    """With a capital at its beginning."""
    return words[:1].upper() + words[1:]
