"""First contact: language, notice, the desk consent. Nothing personal is kept before «I agree»."""

from __future__ import annotations

from kelisim.desk import consents, shown, subjects
from kelisim.desk.visit import Visit
from kelisim.telegram.press import Press
from kelisim.telegram.screens import Button, Go, Screen, act, registered, split, view
from kelisim.texts import LOCALES, NAMES, _, day, speaking


@view("language", "lang", before_consent=True)
def language(visit: Visit, ref: str) -> Screen:
    order = sorted(LOCALES, key=lambda locale: locale != visit.locale)
    lines = []
    for locale in order:
        with speaking(locale):
            lines.append(_("Which language shall we speak?"))
    buttons = [Button(NAMES[locale], "speak", ref, locale=locale, wide=True) for locale in order]
    return Screen("\n".join(lines), buttons=buttons, menu=registered(visit))


@act("speak", "speak", before_consent=True)
def speak(visit: Visit, press: Press) -> Go:
    subjects.speak(visit, press.locale)
    return Go("menu") if registered(visit) else Go("notice", press.ref)


@view("notice", "notice", before_consent=True)
def notice(visit: Visit, ref: str) -> Screen:
    payload, beside = split(ref)
    operator, policy = visit.operator, visit.desk.shelf.current("policy", visit.locale)
    lines = [
        _("Operator: {operator}. Here you can see what is held about you, correct, block or delete it, and decide who may "
          "write to you. Telegram is a third party abroad: all that is written here passes through its servers. "
          "Until you agree we keep nothing.", operator=operator.name.to(visit.locale)),
        "",
        _("BIN: {bin}. Site: {site}.", bin=operator.bin, site=operator.url),
        _("Responsible person: {name}, {address}.", name=operator.responsible.name.to(visit.locale),
          address=operator.responsible.address),
        _("Policy: version {version}, {date}.", version=policy.version, date=day(policy.since)),
    ]  # fmt: skip
    if beside == "first":
        lines[:0] = [_("First, one question."), ""]
    if visit.desk.trial:
        lines += ["", _("This is a trial: the operator is a sample and its promises bind nobody.")]
    return Screen(
        "\n".join(lines),
        title=_("Your personal data"),
        buttons=[
            Button(_("I am 18 or over"), "desk", payload),
            Button(_("I act for someone else"), "desk", "rep"),
            Button(_("I am under 18"), "minor"),
            Button(_("Read the policy"), "policy"),
            Button(_("Stop messages"), "stop.do", "all"),
            Button(_("🌐 Language"), "language", payload),
        ],
        menu=False,
    )


@view("desk", "desk", before_consent=True)
def desk(visit: Visit, ref: str) -> Screen:
    payload, beside = split(ref)
    document = visit.desk.shelf.current(consents.DESK, visit.locale)
    lines = [document.summary]
    if beside == "changed":
        lines[:0] = [_("The text has changed since it was shown to you. Please read it again."), ""]
    elif beside == "expired":
        lines[:0] = [
            _("Your consent to the desk has ended on its last day. To go on here, please agree anew."),
            "",
        ]
    return Screen(
        "\n".join(lines),
        title=document.title,
        buttons=[
            Button(_("I agree"), "desk.agree", payload, document.token),
            Button(_("I do not agree"), "refused"),
            Button(_("Full text"), "text", f"{consents.DESK}.0"),
        ],
        up=Go("notice", payload),
    )


@act("desk.agree", "dagree", before_consent=True)
def agree(visit: Visit, press: Press) -> Go:
    document = visit.desk.shelf.current(consents.DESK, press.locale)
    if press.digest != document.token:
        return Go("desk", f"{press.ref}?changed")
    if registered(visit):
        known = consents.standing(visit).get(consents.DESK)
        if known is not None and known.state == consents.GIVEN and known.version == document.version:
            return Go("already", known.number)
    subjects.speak(visit, press.locale)
    number = consents.give(visit, document)
    shown.note(visit, document)
    return Go("desk.done", f"{number}?{press.ref}")


@view("desk.done", "ddone", told=True)
def done(visit: Visit, ref: str) -> Screen:
    number, payload = split(ref)
    records = consents.records(visit, number)
    last = records[0].valid_until if records else None
    told = _(
        "Consent recorded, No. {number}. Purpose: {purpose}. Last day: {date}. A receipt with the exact text follows. "
        "To withdraw it: “My consents”.",
        number=number,
        purpose=visit.operator.every_pair[consents.DESK].label(visit.locale),
        date=day(last) if last else "",
    )
    words = [told]
    buttons = []
    if payload == "rep":
        buttons = [Button(_("For someone else"), "rep")]
    elif payload in ("consents", "messages", "policy"):
        buttons = [
            Button(
                {"consents": _("My consents"), "messages": _("Messages")}.get(payload, _("📄 Policy")),
                payload,
            )
        ]
    return Screen("\n".join(words), buttons=buttons, done=True)


@view("refused", "refuse", before_consent=True)
def refused(visit: Visit, ref: str) -> Screen:
    operator, letters = visit.operator, visit.operator.letters
    lines = [
        _("That is your right. We have kept nothing. You can also reach us without this chat: {mailbox}, {url}.",
          mailbox=operator.mailbox, url=operator.url),
        "",
        _("A letter with one of these subjects is understood at once:"),
        *(f"• {letter.subject.to(visit.locale)}" for letter in (letters.opt_out, letters.update, letters.revoke)),
    ]  # fmt: skip
    if operator.address is not None:
        lines += ["", _("Postal address: {address}", address=operator.address.to(visit.locale))]
    return Screen(
        "\n".join(lines),
        buttons=[Button(_("Stop e-mails"), "stop.mail"), Button(_("Read the policy"), "policy")],
        up=Go("desk"),
    )


@view("minor", "minor", before_consent=True)
def minor(visit: Visit, ref: str) -> Screen:
    return Screen(
        _("Thank you for telling us. We have kept nothing. Please come back with a parent or guardian. Stopping messages "
          "and withdrawing consent you can do yourself."),
        buttons=[
            Button(_("Stop messages"), "stop.do", "all"),
            Button(_("Withdraw"), "prove.email"),
            Button(_("Continue with a parent"), "desk", "rep"),
            Button(_("Read the policy"), "policy"),
        ],
        up=Go("notice"),
    )  # fmt: skip
