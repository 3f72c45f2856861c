"""Messages and STOP: at once, without proof, from any state; and back in, only by the person."""

from __future__ import annotations

from kelisim.desk import codes, consents, dialogue, gates, identity, subjects, suppressions
from kelisim.desk.dialogue import Waiting
from kelisim.desk.visit import CHANNELS, EMAIL, TELEGRAM, Visit
from kelisim.telegram import mailboxes
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, act, reader, registered, split, view
from kelisim.texts import _, day, plural

NOTICES_A_DAY = 5


@view("messages", "msgs")
def messages(visit: Visit, ref: str) -> Screen:
    standing, stopped = consents.standing(visit), suppressions.stopped(visit)
    lines, live = [], set()
    for code, pair in visit.operator.pairs.items():
        if pair.channel not in CHANNELS or code == consents.DESK:
            continue
        known = standing.get(code)
        if known is None:
            state = _("never agreed to")
        elif not known.given:
            state = _("not in force")
        elif gates.allows(visit, code):
            state = _("on")
            live.add(pair.channel)
        elif pair.channel in stopped:
            state = _("stopped, {date}", date=day(visit.day_of(stopped[pair.channel][1])))
        else:
            state = _("cannot be delivered")
        lines.append(f"• {pair.label(visit.locale)}: {state}")
    buttons = [Button(_("Stop all"), "stop.do", "all", wide=True)]
    for channel, stop, resume in (
        (EMAIL, _("Stop: e-mail"), _("Resume: e-mail")),
        (TELEGRAM, _("Stop: Telegram"), _("Resume: Telegram")),
    ):
        if channel in stopped and channel not in live:
            buttons.append(Button(resume, "resume", channel, wide=True))
        else:
            buttons.append(Button(stop, "stop.do", channel, wide=True))
    lines += ["", _("Answers to your own requests come in any case.")]
    return Screen("\n".join(lines), title=_("Messages"), buttons=buttons, up=Go("menu"))


@act("stop.do", "stop", before_consent=True)
def stop(visit: Visit, press: Press) -> Go:
    return stop_now(visit, press.ref if press.ref in CHANNELS else "all")


def stop_now(visit: Visit, scope: str = "all") -> Go:
    """The shortest path there is: suppress, drop the flow that was open, answer with the number."""
    dropped = (
        dialogue.drop(visit) if visit.subject is not None else False
    )  # a closed chat may be asked something too
    number, new = suppressions.stop(visit, scope)
    if not new:
        return Go("already", number)
    if visit.subject is None:
        return Go("stop.unreg", number)
    return Go("stop", f"{number}?dropped" if dropped else number)


@view("stop", "stopd", before_consent=True, told=True)
def stopped(visit: Visit, ref: str) -> Screen:
    number, beside = split(ref)
    records = consents.records(visit, number)
    scope = records[0].purpose if records else "all"
    cancelled = sum(known.cancelled for known in records)
    lines = [
        {
            EMAIL: _("Stopped, No. {number}. No more messages by e-mail.", number=number),
            TELEGRAM: _("Stopped, No. {number}. No more messages in Telegram.", number=number),
        }.get(scope, _("Stopped, No. {number}. No more messages by any channel.", number=number))
    ]
    if cancelled:
        lines.append(
            plural(
                "Already prepared and now cancelled: {n}.",
                "Already prepared and now cancelled: {n}.",
                cancelled,
            )
        )
    lines.append(_("Answers to your own requests will still come."))
    if beside == "dropped":
        lines.append(_("What was begun is cancelled and forgotten."))
    buttons = [Button(_("Withdraw consent too"), "revoke"), Button(_("Messages"), "messages")]
    return Screen(" ".join(lines), buttons=buttons if registered(visit) else [Button(_("Stop e-mails"), "stop.mail")],
                  done=True)  # fmt: skip


@view("stop.unreg", "stopu", before_consent=True, told=True)
def stopped_unknown(visit: Visit, ref: str) -> Screen:
    return Screen(
        _("Stopped, No. {number}: nothing will come to this chat. To remember your choice we keep only a code computed from "
          "the chat's number.", number=ref),
        buttons=[Button(_("Stop e-mails"), "stop.mail")],
        done=True,
    )  # fmt: skip


@view("stop.mail", "smail", before_consent=True, asks=True)
def stop_mail(visit: Visit, ref: str) -> Screen:
    lines = [mailboxes.fault(ref), ""] if ref else []
    lines.append(_("Which e-mail address shall we write to no more? Please write one address."))
    return Screen("\n".join(lines), title=_("Stop e-mails"), up=Go("cancel"), cancel=True)


@reader("stop.mail")
def read_stop_mail(visit: Visit, words: str, waiting: Waiting) -> Go:
    try:
        email = identity.email(words)
    except identity.Malformed as fault:
        return Go("stop.mail", fault.part)
    number = suppressions.stop_address(visit, email, quietly=_often(visit))
    dialogue.drop(visit)
    return Go("stop.mail.done", number)


def _often(visit: Visit) -> bool:
    """Whether this chat named many addresses today: they are stopped all the same, only no notice is written."""
    often = codes.attempts(visit, "stop-mail", visit.visitor.hash, codes.DAY) >= NOTICES_A_DAY
    codes.attempted(visit, "stop-mail", visit.visitor.hash)
    return often


@view("stop.mail.done", "smaild", before_consent=True, told=True)
def stop_mail_done(visit: Visit, ref: str) -> Screen:
    return Screen(
        _("Stopped, No. {number}. If we used to write to this address, we no longer will. We say the same about every "
          "address, so that nobody learns whether we hold it.", number=ref),
        buttons=[Button(_("Stop e-mails"), "stop.mail")],
        done=True,
    )  # fmt: skip


@act("resume", "resume")
def resume(visit: Visit, press: Press) -> Go:
    if press.ref not in CHANNELS:
        return Go("messages")
    subjects.free(visit)
    pairs = [
        code
        for code, pair in visit.operator.pairs.items()
        if pair.channel == press.ref and code != consents.DESK
    ]
    given = [code for code in consents.given(visit) if code in pairs]
    if not given:
        return Go("consents.one", pairs[0]) if pairs else Go("messages")
    if press.ref not in suppressions.stopped(visit):
        return Go("messages")
    return Go("resumed", suppressions.resume(visit, press.ref))


@view("resumed", "resmd", told=True)
def resumed(visit: Visit, ref: str) -> Screen:
    records = consents.records(visit, ref)
    channel = records[0].purpose if records else ""
    lines = [
        _("Resumed, No. {number}, from {date}. What will come again:", number=ref, date=day(visit.today))
    ]
    for code in consents.given(visit):
        pair = visit.operator.pairs.get(code)
        if pair is not None and pair.channel == channel and code != consents.DESK:
            often = pair.purpose.how_often
            lines.append(f"• {pair.label(visit.locale)}" + (f": {often.to(visit.locale)}" if often else ""))
    return Screen("\n".join(lines), buttons=[Button(_("Messages"), "messages")], done=True)
