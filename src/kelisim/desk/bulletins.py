"""What is said to staff about a broadcast, the same in the chat, by letter and at a shell, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kelisim.desk import audiences, broadcasts, funnels, readings, reports, wordings
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.reports import Report
from kelisim.desk.visit import Visit, zone
from kelisim.texts import NAMES, _, day, plural, spoken

Details = Mapping[str, Any]


def state(name: str) -> str:
    """Where a broadcast stands, in a word or two."""
    return {
        broadcasts.DRAFT: _("draft"), broadcasts.APPROVING: _("waiting for a second person"),
        broadcasts.SCHEDULED: _("planned"), broadcasts.RUNNING: _("running"), broadcasts.PAUSED: _("standing still"),
        broadcasts.DONE: _("over"), broadcasts.CANCELLED: _("stopped for good"),
        broadcasts.MISSED: _("not begun: it was too late"),
    }.get(name, name)  # fmt: skip


def kind(name: str) -> str:
    """Which class of message it is."""
    return {
        broadcasts.CONSENT: _("to those who agreed"), broadcasts.POLICY: _("a notice of a change of the policy"),
        broadcasts.BREACH: _("a notice of a breach of security"),
    }.get(name, name)  # fmt: skip


def purpose(visit: Visit, broadcast: Broadcast) -> str:
    """What it is for."""
    known = visit.operator.purposes.get(broadcast.purpose)
    return known.title.to(spoken()) if known is not None else wordings.sentence(kind(broadcast.kind))


def title(visit: Visit, broadcast: Broadcast) -> str:
    """What it is for, with its channels."""
    return " · ".join(
        [purpose(visit, broadcast), *(wordings.channel(channel) for channel in broadcast.channels)]
    )


def why(visit: Visit, broadcast: Broadcast) -> str:
    """Why it stands still or ended; empty where a state needs no reason."""
    if broadcast.state not in (broadcasts.PAUSED, broadcasts.CANCELLED, broadcasts.MISSED):
        return ""
    percent, minutes = visit.operator.broadcast.failures_percent, visit.operator.broadcast.late_minutes
    return {
        broadcasts.FAILURES: _(
            "More than {percent} % of the last 200 messages failed. Find out why before it goes on.", percent=percent
        ),
        broadcasts.NIGHT: _("The quiet hours have begun."),
        broadcasts.GROWN: _("Since the count, more people have agreed than one person alone may write to."),
        broadcasts.LATE: plural("It was due more than {n} minute before the desk could begin it.",
                                "It was due more than {n} minutes before the desk could begin it.", minutes),
        broadcasts.BY_PERSON: _("One of the staff decided so."),
    }.get(broadcast.cause, broadcast.cause)  # fmt: skip


def then(visit: Visit, broadcast: Broadcast) -> str:
    """What happens next, by itself or by somebody."""
    at = moment(visit, broadcast.start_at) if broadcast.start_at is not None else ""
    if broadcast.state == broadcasts.DRAFT:
        return _("Nothing leaves before it is counted, shown and confirmed.")
    if broadcast.state == broadcasts.APPROVING:
        return _("Somebody else of the staff has to approve it; whoever wrote it cannot.")
    if broadcast.state == broadcasts.SCHEDULED:
        if broadcast.start_at is None or broadcast.start_at <= visit.at:
            return _("It begins in a moment.")
        return _(
            "It begins on {moment} (Almaty time). Until then it can be stopped without a trace.", moment=at
        )
    if broadcast.state == broadcasts.RUNNING:
        return _("It goes on by itself. What has been sent cannot be called back.")
    if broadcast.state == broadcasts.PAUSED:
        return _paused(visit, broadcast)
    if broadcast.state == broadcasts.MISSED:
        return _("It does not begin by itself any more: make a new one and choose another time.")
    return ""


def _paused(visit: Visit, broadcast: Broadcast) -> str:
    opens = broadcasts.in_hours(visit, broadcast, visit.at)
    at = moment(visit, opens)
    if broadcast.cause == broadcasts.NIGHT and broadcast.night:
        return _("It goes on by itself on {moment} (Almaty time).", moment=at)
    if opens > visit.at:
        return _(
            "It waits for your word; in the quiet hours it would go on from {moment} (Almaty time).",
            moment=at,
        )
    return _("It waits for your word: continue it, or stop it for good.")


def moment(visit: Visit, at: datetime) -> str:
    """A day and an hour where the operator works."""
    here = at.astimezone(zone(visit.operator.zone))
    return f"{day(here.date())}, {here:%H:%M}"


def left_out(reason: str) -> str:
    """Why people are not written to, as the count says it."""
    return {
        audiences.WITHDRAWN: _("withdrew the consent"), audiences.EXPIRED: _("the consent has ended"),
        audiences.SUSPENDED: _("the consent is suspended"), audiences.BLOCKED: _("the data are blocked or held"),
        audiences.UNREACHABLE: _("cannot be reached"), audiences.STOPPED: _("stopped the messages"),
    }.get(reason, reason)  # fmt: skip


def count(broadcast: Broadcast) -> list[str]:
    """The count that is kept with it, line by line: whom it reaches, and who is left out and why."""
    if not broadcast.counted:
        return [_("It has not been counted yet.")]
    to = broadcast.counted.get("to", {})
    lines = [plural("{n} message would go out:", "{n} messages would go out:", broadcast.to)]
    lines += [f"  {_split(key)}: {n}" for key, n in sorted(to.items(), key=lambda item: _place(item[0]))]
    out = broadcast.counted.get("out", {})
    if out:
        lines.append(_("Left out:"))
        for key, n in out.items():
            channel, _space, reason = key.partition(" ")
            lines.append(f"  {wordings.channel(channel)}, {left_out(reason)}: {n}")
    return lines


def place(channel: str, locale: str) -> str:
    """A channel and a language, in words."""
    language = NAMES.get(locale) or _("language not asked yet")
    return f"{wordings.channel(channel)}, {language}"


def _split(key: str) -> str:
    channel, _space, locale = key.partition(" ")
    return place(channel, locale)


def _place(key: str) -> tuple[bool, int]:
    channel, _space, locale = key.partition(" ")
    return channel != "telegram", ("kk", "ru", "en", "").index(locale)


def outcome(name: str) -> str:
    """What became of messages, as the report says it."""
    return {
        reports.SENT: _("sent"), reports.SUPPRESSED: _("not sent: stopped or withdrew meanwhile"),
        reports.UNREACHABLE: _("unreachable: the chat or mailbox takes nothing"), reports.FAILED: _("failed"),
        reports.UNCERTAIN: _("uncertain: perhaps delivered, never sent again"),
        reports.TWICE: _("not sent: the same mailbox has its letter already"),
        reports.ANSWERED: _("not sent: had agreed to the new text already"),
        reports.LACKING: _("not sent: nothing in the person's language"),
        reports.ENDED: _("not sent: the broadcast was stopped"), reports.LEFT: _("not sent yet"),
    }.get(name, name)  # fmt: skip


def cause(code: str) -> str:
    """Why messages failed, in words where there are any; else what the server said."""
    if code.startswith("returned"):
        return _("came back: {code}", code=code.removeprefix("returned").strip())
    return {
        "": _("for no reason given"), "400": _("refused by Telegram (400)"), "429": _("too many requests (429)"),
        "5xx": _("the server was out of order (5xx)"), "no connection": _("no connection"),
        "no answer": _("no answer"), "unreadable": _("an address that cannot be opened"),
        "crossed a stop": _("stopped in the moment of sending"),
    }.get(code, _("the server said {code}", code=code))  # fmt: skip


def report(visit: Visit, told: Report) -> list[str]:
    """The report line by line: totals, what people answered, each channel and language, then those by name."""
    asked = funnels.lines(funnels.funnel(visit, told.broadcast))
    return [*totals(told), *asked, *_by_part(told), *_by_name(visit, told)]


def totals(told: Report) -> list[str]:
    """What became of all messages; lines of nothing are left out."""
    lines = [plural("{n} message in all.", "{n} messages in all.", told.whole)]
    for name in reports.OUTCOMES:
        if n := told.of(name):
            lines.append(f"  {wordings.sentence(outcome(name))}: {n}")
            if name == reports.FAILED:
                lines += [f"    {cause(code)}: {m}" for code, m in told.causes.items()]
    if told.gone:
        gone = _("Not kept any more: the people are gone, or the term is over")
        lines.append(f"  {gone}: {told.gone}")
    return lines


def _by_part(told: Report) -> list[str]:
    lines = [_("By channel and language:")] if told.parts else []
    for part in told.parts:
        became = "; ".join(
            f"{outcome(name)} {part.became[name]}" for name in reports.OUTCOMES if part.became[name]
        )
        lines.append(f"  {place(part.channel, part.locale)}: {became}")
    return lines


def _by_name(visit: Visit, told: Report) -> list[str]:
    lines = []
    for heading, found, n in (
        (_("Nobody knows whether these arrived; they are not sent again:"), told.uncertain,
         told.of(reports.UNCERTAIN)),
        (_("These were being sent at the very moment the person stopped the messages:"), told.crossed, len(told.crossed)),
    ):  # fmt: skip
        if found:
            lines.append(heading)
            lines += [f"  {_who(each.ref)}, {place(each.channel, each.locale)}" for each in found]
        if (more := n - len(found)) > 0:
            lines.append(
                "  "
                + plural("and {n} more: the file has them all.", "and {n} more: the file has them all.", more)
            )
    return lines


def _who(ref: str) -> str:
    return ref or _("somebody whose data are gone")


def faults(unfit: broadcasts.Unfit) -> list[str]:
    """Everything that keeps a draft from going on, a sentence each."""
    return [fault(code, details) for code, details in unfit.faults]


def fault(code: str, details: Details) -> str:
    """One fault in words, with the language and place where it is; one without words is named as it is, so that none is silent."""
    details = {
        name: readings.plain(value) if isinstance(value, str) else value for name, value in details.items()
    }
    told = FAULTS.get(code)
    words = told(details) if told is not None else f"{code} {dict(details)}".strip()
    at = [NAMES[details["locale"]]] if details.get("locale") in NAMES else []
    at += [_where(details["where"])] if details.get("where") else []
    return f"{', '.join(at)}: {words}" if at else words


def _where(name: str) -> str:
    return {"text": _("text"), "letter": _("letter"), "subject": _("subject"), "button": _("button")}.get(
        name, name
    )


# What the modules that find them call them: broadcasts, bodies (words, links, file) and markup (tags).
FAULTS: dict[str, Callable[[Details], str]] = {
    "purpose": lambda _d: _(
        "Nobody can have agreed to that. Choose a purpose that is switched on in the operator file, and its own channels."
    ),
    "ground": lambda _d: _("A notice names the ground on which it is sent."),
    broadcasts.NOBODY: lambda _d: _("It reaches nobody, so there is nothing to send."),
    "empty": lambda _d: _("There is no text yet."),
    "lacks": lambda _d: _("There is no text in this language: write one, or choose which language its readers get instead."),
    "subject": lambda _d: _("The letter has no subject."),
    "label": lambda _d: _("The button says nothing."),
    "url": lambda _d: _("The button leads nowhere."),
    "long": lambda d: plural(
        "Too long by {n} character: at most {most} fit, the line about stopping included.",
        "Too long by {n} characters: at most {most} fit, the line about stopping included.", d["by"], most=d["most"],
    ),
    "host": lambda d: _(
        "A link leads to {host}. Only your own site and the hosts listed in [broadcast] of the operator file are allowed.",
        host=d["host"] or d["url"],
    ),
    "advert": lambda d: _(
        "A link leads to {host}. A notice required by law may link to your own site only, and advertises nothing.",
        host=d["host"] or d["url"],
    ),
    "file": lambda d: _("The file is too large: {size}, at most {most}.",
                        size=wordings.size(d["bytes"]), most=wordings.size(d["most"])),
    "file type": lambda _d: _("The file is neither a PDF nor a JPEG or PNG picture."),
    "unchanged": lambda d: _("There is no newer text: {version} is what everybody agreed to.", version=d["version"]),
    "asked": lambda d: _("They were asked about {version} already: {number}.", version=d["version"], number=d["number"]),
    "changes": lambda _d: _("The operator file does not say what changed: write changes in [documents] in three languages."),
    "answer_by": lambda d: plural("The last day to answer is at least {n} day away.",
                                  "The last day to answer is at least {n} days away.", d["days"]),
    "web": lambda _d: _("Letters need a web address for their unsubscribe link: set KELISIM_URL."),
    "bracket": lambda d: _("A “<” or “>” begins no tag: {near}. Write &lt; and &gt; for the signs themselves.", near=d["near"]),
    "tag": lambda d: _("There is no tag <{tag}> here.", tag=d["tag"]),
    "unclosed": lambda d: _("<{tag}> is never closed.", tag=d["tag"]),
    "unopened": lambda d: _("</{tag}> closes nothing.", tag=d["tag"]),
    "nested": lambda d: _("<{tag}> cannot stand inside <{inside}>.", tag=d["tag"], inside=d["inside"]),
    "attribute": lambda d: _("<{tag}> takes no “{attribute}”.", tag=d["tag"], attribute=d["attribute"]),
    "link": lambda d: _("This is not an address a person could follow safely: {url}", url=d["url"]),
    "entity": lambda d: _("Telegram does not know {entity}: write the sign itself.", entity=d["entity"]),
}  # fmt: skip
