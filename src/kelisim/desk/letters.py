"""Every letter the desk writes: a subject that tells nothing about anyone, and plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from kelisim.desk import identity, outbox, staff
from kelisim.desk.operator import Staff
from kelisim.desk.visit import EMAIL, Visit
from kelisim.texts import _, day, speaking

Letter = dict[str, str]  # sender (a name), subject and text; the SMTP courier makes the message


def code(visit: Visit, digits: str, minutes: int) -> Letter:
    """The letter that carries a code. It holds nothing the asker typed (T-LET-13) and no link (T-ID-09)."""
    operator = visit.operator
    # The words of an unregistered person are read before their language is known: the visit's is the chosen one.
    with speaking(visit.locale):
        words = [
            _("Your code: {code}", code=digits),
            _(
                "It works for {minutes} minutes, once, and only in the chat that asked for it.",
                minutes=minutes,
            ),
            _(
                "It confirms that this mailbox is yours. Our staff will never ask you for it: do not pass it on."
            ),
            _("If it was not you who asked, do nothing: without the code nothing happens."),
        ]
        return letter(_("A code from {operator}", operator=operator.name.to(visit.locale)), words, visit)


def stopped_by_other(visit: Visit, number: str) -> Letter:
    """To a mailbox we used to write to: someone stopped our letters in its name."""
    with speaking(visit.locale):
        words = [
            _("Someone asked us to write no more to this mailbox, and from now on we do not. Number: {number}.", number=number),
            _("If it was not you and you would like our letters, give your consent again in the bot or write to us: {mailbox}.",
              mailbox=visit.operator.mailbox),
        ]  # fmt: skip
        return letter(_("Our letters to you are stopped, No. {number}", number=number), words, visit)


def failing(visit: Visit, since: str, cause: str) -> None:
    """Tell the responsible person that the chat's messages do not get out: time and cause, nobody's name."""
    with _to_responsible(visit) as post:
        words = [
            _("Messages in Telegram have not been getting out since {since} (UTC).", since=since),
            _("Last cause: {cause}. They wait and are tried again; nothing is lost.", cause=cause),
        ]
        post("alarm", _("kelisim: messages are not getting out"), words)


def unread(visit: Visit, since: str, cause: str) -> None:
    """Tell the responsible person that the desk's mailbox cannot be read: time and cause."""
    with _to_responsible(visit) as post:
        words = [
            _("Letters to {mailbox} have not been read since {since} (UTC).", mailbox=visit.operator.mailbox, since=since),
            _("Last cause: {cause}. They wait in the mailbox and are read as soon as it can be reached; nothing is lost.",
              cause=cause),
        ]  # fmt: skip
        post("alarm", _("kelisim: the mailbox cannot be read"), words)


def set_aside(visit: Visit, received: datetime, cause: str) -> None:
    """Tell the responsible person that a letter could not be read: when it came and why, nothing of what is in it."""
    with _to_responsible(visit) as post:
        words = [
            _("A letter to {mailbox} could not be read and was set aside: {cause}.", mailbox=visit.operator.mailbox, cause=cause),
            _("It came on {date} and lies in the folder “{folder}” of the mailbox. Please look at it yourself.",
              date=day(visit.day_of(received)), folder=visit.operator.mail.folder),
        ]  # fmt: skip
        post("alarm", _("kelisim: a letter was set aside"), words)


def taken_over(visit: Visit) -> None:
    """Tell the responsible person that the bot's messages were sent to somebody else's address (T-CAST-11)."""
    with _to_responsible(visit) as post:
        words = [
            _("Somebody else had the messages of this bot sent to an address of theirs. Kelisim has set its own address again."),
            _("Whoever did that has the bot's token: please change it with @BotFather at once, put the new one in "
              "KELISIM_TOKEN and find out who could read the old one."),
        ]  # fmt: skip
        post("alarm", _("kelisim: somebody else uses the bot's token"), words)


def not_arrived(visit: Visit, person: Staff, number: str) -> None:
    """Tell the responsible person that a letter to one of the staff did not arrive; where it is theirs, their deputy or
    somebody else who works here. Nobody when there is nobody else: the log says it."""
    reader = staff.responsible(visit)
    if reader.address == person.address:
        others = [one for one in visit.operator.staff if one.address != person.address]
        if not others:
            return
        reader = next((one for one in others if one.address == person.deputy), others[0])
    with _to(visit, reader.address, reader.locale) as post:
        about = [_("It was about request No. {number}.", number=number)] if number else []
        words = [
            _("A letter to {who} did not arrive: the mailbox took it not or gave it back.", who=person.address),
            *about,
            _("Please look after this mailbox and after the requests this person works on: `kelisim case list`. You are told "
              "of one mailbox once a day."),
        ]  # fmt: skip
        post("alarm", _("kelisim: a letter to staff did not arrive"), words)


def anchor(visit: Visit, number: int, head: str, waiting: int, overdue: int, ended: int) -> None:
    """The ledger's head of the day, into another hand; with it how many requests are open and overdue, whether or not a
    reminder of them arrived (T-LAW-01), and how much retention ended since the letter before."""
    with _to_responsible(visit) as post:
        words = [
            _("Open requests: {open}. Overdue: {overdue}.", open=waiting, overdue=overdue),
            _("Destroyed or anonymised because its term was over, since the last letter: {n}. The ledger says what.", n=ended),
            _("Head of the ledger, {date}: {head}", date=day(visit.today), head=head),
            _("Keep this letter: it shows if an earlier entry is changed later. Letter No. {number}; the next one comes on the "
              "next working day with No. {next}. If it does not come, ask why.", number=number, next=number + 1),
        ]  # fmt: skip
        post("anchor", _("kelisim: head of the ledger, No. {number}", number=number), words)


def conditions(visit: Visit, number: str, words: str) -> None:
    """Tell the responsible person under which conditions a person's data may be made public (P08)."""
    person = staff.responsible(visit)
    address, locale = person.address, person.locale
    with speaking(locale):
        told = [
            _(
                "A person agreed to publication, No. {number}, under these conditions and prohibitions:",
                number=number,
            ),
            quoted(words),
        ]
        made = letter(_("Conditions of publication, No. {number}", number=number), told, visit, locale)
    outbox.post(visit, "conditions", EMAIL, made, address=address, number=number, locale=locale)


def marker_line(visit: Visit, mark: str) -> str:
    """The first line of a letter that staff answer: what stands above its mark is read, nothing below (T-LET-09)."""
    return _("▼ {mark} ▼ Please write your reply above this line.", mark=mark)


def quoted(words: str) -> str:
    """A person's own words in a letter of ours: every line is marked as theirs, so none can pass for the desk's (T-CHAT-09)."""
    return "\n".join(f"> {line}".rstrip() for line in identity.lines(words))


@contextmanager
def _to(visit: Visit, address: str, locale: str) -> Iterator[Callable[[str, str, list[str]], None]]:
    """Write to one of the staff in their language: what is yielded takes the kind, the subject and the paragraphs."""

    def post(kind: str, subject: str, words: list[str]) -> None:
        made = letter(subject, words, visit, locale)
        outbox.post(visit, kind, EMAIL, made, address=address, locale=locale, to_subject=False)

    with speaking(locale):
        yield post


def _to_responsible(visit: Visit) -> AbstractContextManager[Callable[[str, str, list[str]], None]]:
    person = staff.responsible(visit)
    return _to(visit, person.address, person.locale)


def letter(subject: str, words: list[str], visit: Visit, locale: str = "") -> Letter:
    """A letter of these paragraphs under the operator's name; its language is the visit's unless another is named."""
    operator = visit.operator
    locale = locale or visit.locale
    footer = f"{operator.name.to(locale)}\n{operator.url}\n{operator.mailbox}"
    return {
        "sender": operator.name.to(locale),
        "subject": subject,
        "text": "\n\n".join([*words, f"-- \n{footer}"]),
    }
