"""My consents: every pair of purpose and channel, what was agreed to, and the way back, in as many taps."""

from __future__ import annotations

from kelisim.desk import consents, receipts, renewals, shown, versions
from kelisim.desk.consents import Standing
from kelisim.desk.visit import Visit
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, act, registered, split, view
from kelisim.texts import _, day, plural


@view("consents", "cs")
def overview(visit: Visit, ref: str) -> Screen:
    standing = consents.standing(visit)
    lines = [
        f"• {pair.label(visit.locale)}: {_state(visit, standing.get(code))}"
        for code, pair in visit.operator.pairs.items()
    ]
    lines += ["", _("Consent is as easy to take back as to give.")]
    buttons = [Button(pair.label(visit.locale), "consents.one", code, wide=True)
               for code, pair in visit.operator.pairs.items()]  # fmt: skip
    if any(known.stands for known in standing.values()):
        buttons.append(Button(_("Withdraw everything"), "revoke", wide=True))
    return Screen("\n".join(lines), title=_("My consents"), buttons=buttons, up=Go("menu"))


def _state(visit: Visit, known: Standing | None) -> str:
    if known is None:
        return _("not given")
    if known.given and known.valid_until is not None:
        return _("given, last day: {date}", date=day(known.valid_until))
    if known.state == consents.EXPIRED:
        return _("ended on its last day")
    if known.state == consents.SUSPENDED:
        return _("paused until you decide")
    return _("withdrawn, {date}", date=day(visit.day_of(known.since)))


@view("consents.one", "c1")
def one(visit: Visit, ref: str) -> Screen:
    code, beside = split(ref)
    pair = visit.operator.pairs.get(code)
    if pair is None:
        return overview(visit, "")
    document = visit.desk.shelf.current(code, visit.locale)
    shown.note(visit, document)
    known = consents.standing(visit).get(code)
    agree = Button(_("I agree"), "agree", code, document.token)
    full = Button(_("Full text"), "text", f"{code}.0")
    lines = (
        [_("The text has changed since it was shown to you. Please read it again."), ""]
        if beside == "changed"
        else []
    )
    if known is None or not known.given:
        buttons = [agree, full]
        if known is not None and known.state == consents.EXPIRED:
            lines += [_("This consent has ended on its last day. To go on, please agree anew."), ""]
        elif known is not None and known.state == consents.SUSPENDED:
            lines += [_("This consent is paused: its text has changed and you have not answered yet. Nothing is used for this "
                        "purpose until you decide."), ""]  # fmt: skip
            buttons.insert(1, Button(_("Withdraw"), "withdraw", code))
        lines.append(document.summary)
        needs = _needs(pair.needs, pair.optional)
        if needs:
            lines += ["", needs]
        return Screen("\n".join(lines), title=document.title, buttons=buttons, up=Go("consents"))
    renewed = versions.outdated(visit, code, known.version)
    if renewed:
        lines += [_("There is a new version of the text: {version}.", version=document.version)]
        if document.changes:
            lines.append(document.changes)
        if (last := renewals.deadline(visit, pair)) is not None:
            lines.append(
                _("Last day to decide: {date}. Without an answer only this purpose pauses.", date=day(last))
            )
        lines += ["", document.summary, ""]
    lines += [
        _("Consent in force, No. {number}.", number=known.number),
        _(
            "Since: {date}. Version of the text: {version}.",
            date=day(visit.day_of(known.since)),
            version=known.version,
        ),
    ]
    if known.valid_until is not None:
        lines.append(_("Last day: {date}.", date=day(known.valid_until)))
    lines += ["", _what_withdrawing_does(code)]
    buttons = [Button(_("Withdraw"), "withdraw", code)]
    if renewed:
        buttons.insert(0, agree)
    elif known.state == consents.ENDING or (
        known.valid_until is not None and known.valid_until - visit.today <= consents.LAST_DAYS
    ):
        buttons.insert(0, Button(_("Keep the consent"), "consents.keep", code))
    buttons += [full, Button(_("Receipt again"), "receipt", code)]
    return Screen("\n".join(lines), title=pair.label(visit.locale), buttons=buttons, up=Go("consents"))


@view("consents.keep", "ckeep")
def keep(visit: Visit, ref: str) -> Screen:
    """The text again, because «I agree» stands only where it was shown (I3)."""
    if ref not in visit.operator.pairs:
        return overview(visit, "")
    document = visit.desk.shelf.current(ref, visit.locale)
    shown.note(visit, document)
    buttons = [Button(_("I agree"), "agree", ref, document.token), Button(_("Full text"), "text", f"{ref}.0")]
    return Screen(document.summary, title=document.title, buttons=buttons, up=Go("consents.one", ref))


def _needs(needs: tuple[str, ...], optional: tuple[str, ...]) -> str:
    """Which data are asked for next: agreement comes first, collection after it."""
    words = {"name": _("your name"), "email": _("your e-mail"), "phone": _("your phone")}
    named = [_("{what} (if you wish)", what=words[need]) if need in optional else words[need]
             for need in needs if need in words]  # fmt: skip
    return _("After you agree we ask for: {data}.", data=", ".join(named)) if named else ""


def _what_withdrawing_does(code: str) -> str:
    if code == consents.DESK:
        return _(
            "If you withdraw it, this chat closes at once; open requests are answered by letter. Other consents stay."
        )
    return _("If you withdraw it, your data are no longer used for this purpose from that minute on.")


@act("receipt", "rcpt")
def receipt(visit: Visit, press: Press) -> Go:
    found = consents.given_record(visit, press.ref) if registered(visit) else None
    if found is None:
        return Go("consents")
    receipts.promise(visit, *found)
    return Go("receipt.again", found[1])


@view("receipt.again", "rcagn", told=True)
def receipt_again(visit: Visit, ref: str) -> Screen:
    return Screen(_("The receipt No. {number} is on its way to this chat.", number=ref), done=True,
                  buttons=[Button(_("My consents"), "consents")])  # fmt: skip


@act("withdraw", "wdraw")
def withdraw(visit: Visit, press: Press) -> Go:
    known = consents.standing(visit).get(press.ref)
    if known is None:
        return Go("consents")
    if not known.stands:
        return Go("already", known.number)
    return Go("consents.withdrawn", consents.withdraw(visit, press.ref))


@view("consents.withdrawn", "cwdn", told=True)
def withdrawn(visit: Visit, ref: str) -> Screen:
    records = consents.records(visit, ref)
    pairs = visit.operator.every_pair
    purpose = "; ".join(
        pairs[known.purpose].label(visit.locale) for known in records if known.purpose in pairs
    )
    return _withdrawn(visit, ref, purpose, records)


def _withdrawn(visit: Visit, number: str, purpose: str, records: list[consents.Record]) -> Screen:
    due = next((known.due for known in records if known.due), None) or consents.revocation_due(visit)
    lines = [
        _("Consent withdrawn, No. {number}. Purpose: {purpose}. From this minute your data are not used for it. We will "
          "destroy what was kept, or explain in writing what must stay and why. Last day: {due}.",
          number=number, purpose=purpose, due=day(due)),
    ]  # fmt: skip
    cancelled = sum(known.cancelled for known in records)
    if cancelled:
        lines.append(
            plural(
                "Already prepared and now cancelled: {n}.",
                "Already prepared and now cancelled: {n}.",
                cancelled,
            )
        )
    buttons = [Button(_("My consents"), "consents")] if registered(visit) else []
    if not registered(visit):
        lines += ["", _("This chat is closed. To come back, press Start; for an answer by letter, write the number to {mailbox}.",
                        mailbox=visit.operator.mailbox)]  # fmt: skip
    return Screen("\n".join(lines), buttons=buttons, done=True)


@view("revoke", "revoke")
def revoke(visit: Visit, ref: str) -> Screen:
    pairs = visit.operator.pairs
    labels = [pairs[code].label(visit.locale) for code in consents.undecided(visit) if code in pairs]
    lines = [
        _("This will end:"),
        *(f"• {label}" for label in labels),
        "",
        _("The law may oblige us to keep some of it for a time; then we explain what and why. Answer at the latest: {due}.",
          due=day(consents.revocation_due(visit))),
        "",
        _("If you want the answer here, this chat stays open until it has come; otherwise it closes now."),
    ]  # fmt: skip
    return Screen(
        "\n".join(lines),
        title=_("Withdraw everything"),
        buttons=[Button(_("Withdraw, answer me here"), "revoke.do", "here"),
                 Button(_("Withdraw and close the chat"), "revoke.do", "close")],
        up=Go("consents"),
    )  # fmt: skip


@act("revoke.do", "revdo")
def revoke_do(visit: Visit, press: Press) -> Go:
    close = press.ref == "close"
    standing = consents.standing(visit)
    given = [known for known in standing.values() if known.stands]
    if not given or (not close and all(known.state == consents.ENDING for known in given)):
        last = max(standing.values(), key=lambda known: known.since, default=None)
        return Go("already", last.number) if last else Go("consents")
    return Go("revoke.done", consents.revoke(visit, close=close))


@view("revoke.done", "revdn", told=True)
def revoke_done(visit: Visit, ref: str) -> Screen:
    return _withdrawn(visit, ref, _("everything you agreed to"), consents.records(visit, ref))
