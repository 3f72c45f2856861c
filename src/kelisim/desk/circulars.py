"""The letters about a broadcast to those who answer for it, and the link in them that stops it.

The link is the broadcast and its reader's address, sealed, so it tells nothing and cannot be made up; nothing is kept for it. It
only stops, only what it was made for, and only as long as its reader is one of those who are told (T-CAST-05, T-STAFF-02).
"""

from __future__ import annotations

import base64

from kelisim.desk import bodies, broadcasts, bulletins, dispatches, letters, markup, reports, tokens
from kelisim.desk.broadcasts import Broadcast, Stale
from kelisim.desk.dispatches import STOPPED
from kelisim.desk.letters import Letter
from kelisim.desk.operator import Staff
from kelisim.desk.outbox import Claimed
from kelisim.desk.staff import Actor
from kelisim.desk.visit import EMAIL, Desk, Visit
from kelisim.texts import LOCALES, NAMES, _, plural, speaking

PATH = "/b/"  # below KELISIM_URL
LINK = "link"  # how they came in, in the label that is kept
_LABEL = b"kelisim broadcast stop"
_LONGEST = 300  # characters of a token


def compose(visit: Visit, message: Claimed, address: str) -> Letter | None:
    """The letter as things stand now; nothing when the broadcast is gone or its reader no longer is one of those who are told."""
    person = dispatches.reader(visit.operator, address)
    broadcast = broadcasts.by_id(visit, message.body["broadcast"])
    if person is None or broadcast is None:
        return None
    with speaking(person.locale):
        subject, words = _told(visit, broadcast, message.body, person)
        return letters.letter(subject, words, visit, person.locale)


def url(visit: Visit, broadcast: Broadcast, address: str) -> str:
    """The address of the page that stops it, for one reader; raises LookupError without a web door."""
    if not visit.desk.url:
        raise LookupError("there is no web door: KELISIM_URL is empty")
    return f"{visit.desk.url}{PATH}{token(visit.desk, broadcast, address)}"


def token(desk: Desk, broadcast: Broadcast, address: str) -> str:
    """The token of a broadcast and a reader: the same every time, and nobody else's."""
    sealed = tokens.seal(desk, _LABEL, broadcast.id.to_bytes(8, "big") + address.encode())
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def opened(visit: Visit, given: str) -> tuple[Broadcast, Staff] | None:
    """The broadcast behind a token and whose it is; nothing for one we never made, and where either is gone."""
    if not given.isascii() or len(given) > _LONGEST:
        return None
    try:
        sealed = base64.b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True)
    except ValueError:
        return None
    content = tokens.unseal(visit.desk, _LABEL, sealed)
    if content is None:
        return None
    person = dispatches.reader(visit.operator, content[8:].decode())
    broadcast = broadcasts.by_id(visit, int.from_bytes(content[:8], "big"))
    return (broadcast, person) if person is not None and broadcast is not None else None


def stop(visit: Visit, given: str) -> tuple[Broadcast, bool] | None:
    """Stop the broadcast of a token for good: how it stands now, and whether this stopped it; nothing where it opens nothing."""
    found = opened(visit, given)
    if found is None:
        return None
    broadcast, person = found
    by = Actor(person.role, f"{LINK} as {person.address}", person.address)
    for _turn in range(3):  # somebody moved it in this moment: a stop is not lost to that
        if broadcast.state in broadcasts.OVER:
            return broadcast, False
        try:
            stopped = broadcasts.cancel(visit, broadcast, by)
        except Stale as fault:
            if fault.now is None:
                return None
            broadcast = fault.now
            continue
        dispatches.tell(visit, stopped, STOPPED, by=person.address)
        return stopped, True
    return broadcast, False


def _told(visit: Visit, broadcast: Broadcast, body: dict[str, str], person: Staff) -> tuple[str, list[str]]:
    """The subject, which names a number alone, and the paragraphs."""
    number = broadcast.number
    facts = about(visit, broadcast)
    stands = [line for line in (bulletins.why(visit, broadcast), bulletins.then(visit, broadcast)) if line]
    match body["event"]:
        case "delayed":
            head = plural("A broadcast of {n} message is about to begin.", "A broadcast of {n} messages is about to begin.",
                          broadcast.to)  # fmt: skip
            return (
                _("kelisim: a broadcast begins soon, No. {number}", number=number),
                [head, *stands, *_stop(visit, broadcast, person), _("If it is right, do nothing."), *facts,
                 *_counted(broadcast), *_words(broadcast)],
            )  # fmt: skip
        case "approving":
            return (
                _("kelisim: a broadcast waits for a second person, No. {number}", number=number),
                [*stands, *facts, *_counted(broadcast), *_words(broadcast),
                 _("To approve it, send /broadcast to the bot, or run: `kelisim broadcast approve {number} --as {address}`",
                   number=number, address=person.address), *_stop(visit, broadcast, person)],
            )  # fmt: skip
        case "failures":
            return (
                _("kelisim: a broadcast stands still, No. {number}", number=number),
                [*stands, *facts, *_report(visit, broadcast), _go_on(broadcast, person),
                 *_stop(visit, broadcast, person)],
            )  # fmt: skip
        case "missed":
            return _("kelisim: a broadcast did not begin, No. {number}", number=number), [*stands, *facts]
        case "night":
            more = [] if broadcast.night else [_go_on(broadcast, person)]
            return (
                _("kelisim: a broadcast waits for the morning, No. {number}", number=number),
                [*stands, *facts, *_report(visit, broadcast), *more],
            )
        case "stopped":
            head = _("{who} stopped this broadcast for good by the link in a letter.", who=body["by"])
            gone = _("What was sent before cannot be called back; nothing more is sent.")
            return (
                _("kelisim: a broadcast was stopped, No. {number}", number=number),
                [f"{head} {gone}", *facts, *_report(visit, broadcast)],
            )
    return (
        _("kelisim: the report of a broadcast, No. {number}", number=number),
        [_("Everything that could be sent has been sent."), *facts, *_report(visit, broadcast),
         _("Every message, one by one: `kelisim broadcast report {number} --csv FILE`", number=number)],
    )  # fmt: skip


def about(visit: Visit, broadcast: Broadcast) -> list[str]:
    """What it is for, whose it is, and where it stands, as short facts."""
    facts = [
        _("What for: {what}", what=bulletins.title(visit, broadcast)),
        _("Written by: {who}", who=broadcast.author),
    ]
    if broadcast.approver:
        facts.append(_("Approved by: {who}", who=broadcast.approver))
    return [*facts, _("State: {state}", state=bulletins.state(broadcast.state))]


def _counted(broadcast: Broadcast) -> list[str]:
    return [_bullets(bulletins.count(broadcast))]


def _report(visit: Visit, broadcast: Broadcast) -> list[str]:
    """The report; not one line of it where nothing was addressed yet."""
    if not broadcast.addressed:
        return []
    return [_bullets(bulletins.report(visit, reports.of(visit, broadcast)))]


def _bullets(lines: list[str]) -> str:
    """Lines that stand in below a heading as a list below its title; each heading begins a paragraph."""
    made: list[str] = []
    for line in lines:
        if line.startswith("    "):
            made.append(f"   {line.strip()}")
        elif line.startswith("  "):
            made.append(f"• {line.strip()}")
        else:
            made.append(f"\n{line}" if made else line)
    return "\n".join(made)


def _words(broadcast: Broadcast) -> list[str]:
    """What people would read, marked as what it is, and where its links lead."""
    content = broadcast.content
    made = []
    for locale in LOCALES:
        if locale not in content.texts:
            continue
        label = f"[{content.labels[locale]}]" if content.labels.get(locale) else ""
        said = [part for part in (markup.words(content.texts[locale]), label) if part]
        made.append(f"{NAMES[locale]}:\n" + letters.quoted("\n\n".join(said)))
        if EMAIL in broadcast.channels:
            written = markup.letter_words(content.letters.get(locale, ""))
            said = [part for part in (content.subjects.get(locale, ""), written) if part]
            made.append(_("The letter, its subject first:") + "\n" + letters.quoted("\n\n".join(said)))
    if content.file is not None:
        made.append(_("With a file: {name}", name=" ".join(content.file[0].split())[:80]))
    hosts = bodies.hosts(content)
    made.append(_("Its links lead to: {hosts}", hosts=", ".join(hosts)) if hosts else _("It holds no link."))
    return made


def _stop(visit: Visit, broadcast: Broadcast, person: Staff) -> list[str]:
    if broadcast.state in broadcasts.OVER:
        return []
    if not visit.desk.url:
        return [_("To stop it, run: `kelisim broadcast cancel {number} --as {address}`", number=broadcast.number,
                  address=person.address)]  # fmt: skip
    return [
        _("Stop this broadcast: {url} (the page asks once more)", url=url(visit, broadcast, person.address))
    ]


def _go_on(broadcast: Broadcast, person: Staff) -> str:
    return _("To let it go on, send /broadcast to the bot, or run: `kelisim broadcast resume {number} --as {address}`",
             number=broadcast.number, address=person.address)  # fmt: skip
