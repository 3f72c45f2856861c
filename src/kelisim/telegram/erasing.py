"""Delete my data: what would go, stay and must stay, the day of regret, and the certificate as the last message (SCREENS 3.6)."""

from __future__ import annotations

from kelisim.desk import answers, cases, certificates, erasure, previews, subjects
from kelisim.desk.previews import Preview
from kelisim.desk.visit import EMAIL, PHONE, TELEGRAM, Visit, zone
from kelisim.telegram.freezing import offered
from kelisim.telegram.press import Press
from kelisim.telegram.screens import VIEWS, Button, Go, Screen, act, split, view
from kelisim.texts import _, day, plural

CHANGED = "changed"


@view("erase", "erase")
def look(visit: Visit, ref: str) -> Screen:
    if visit.known.state == subjects.BLOCKED:
        return VIEWS["frozen"](visit, "")
    if visit.known.state == subjects.ERASING:
        return waits(visit, "")
    found = previews.preview(visit)
    lines = []
    if split(ref)[1] == CHANGED:
        lines += [_("Your data have changed since this was shown. Please look again."), ""]
    lines += [
        _("Look before you decide: nobody can bring this back afterwards, not even we."),
        "",
        _("Destroyed:"),
        *_goes(visit, found),
        "",
        _("Kept without your name:"),
        *_nameless(visit, found),
        "",
        _("Kept, on which ground, until when:"),
        *_stays(visit, found),
    ]
    if found.ends:
        lines += ["", _("Open requests that end: {numbers}.", numbers=", ".join(found.ends))]
    lines += ["", _("Data that came by letter, from the site or in any other way, under an address you have not proved here, "
                    "are not included.")]  # fmt: skip
    return Screen(
        "\n".join(lines),
        title=_("Delete my data"),
        buttons=[
            Button(_("Delete for good"), "erase.do", digest=found.digest),
            *offered(Button(_("Get the file"), "data.file"), Button(_("Find my other data"), "prove")),
        ],
        up=Go("freeze"),
    )


def _goes(visit: Visit, found: Preview) -> list[str]:
    if found.whole is not None:
        return [_("• unfinished words and files, secret links; nothing else while the ground lasts")]
    channels = {TELEGRAM: _("the address of this chat"), EMAIL: _("e-mail"), PHONE: _("phone")}
    fields = {"surname": _("surname"), "name": _("name"), "patronymic": _("patronymic"),
              "conditions": _("conditions of publication")}  # fmt: skip
    held = [
        channels.get(channel, channel)
        for channel in dict.fromkeys(known for known, _proved in found.contacts)
    ]
    held += [fields.get(field, field) for field in found.fields]
    lines = ["• " + ", ".join(held)]
    counted = (
        (found.requests, plural("words of {n} request", "words of {n} requests", found.requests)),
        (found.files, plural("{n} file you gave", "{n} files you gave", found.files)),
        (found.looks, plural("{n} note of who looked", "{n} notes of who looked", found.looks)),
        (found.prepared, plural("{n} prepared message", "{n} prepared messages", found.prepared)),
    )
    lines += [f"• {told}" for n, told in counted if n]
    if not (found.fields or found.requests or found.files) and len(found.contacts) == 1:
        lines.append(_("• nothing else is held about you"))
    return lines


def _nameless(visit: Visit, found: Preview) -> list[str]:
    if found.whole is not None:
        return [_("• nothing: everything stays as it is")]
    lines = [
        plural("• {n} record of consents: purpose, version, act, time", "• {n} records of consents: purpose, version, act, time",
               found.records),
    ]  # fmt: skip
    if found.requests:
        lines.append(_("• numbers, kinds and dates of requests"))
    return [
        *lines,
        _("• the journal of acts, under a random name that no longer leads to you"),
        _("• a code computed from each proved address, so that nobody writes to it: still personal data, by your own decision; "
          "it ends with a consent you give yourself, or when you ask for it from that address: {mailbox}",
          mailbox=visit.operator.mailbox),
    ]  # fmt: skip


def _stays(visit: Visit, found: Preview) -> list[str]:
    if not found.kept:
        return [_("• nothing")]
    lines = []
    for known in found.kept:
        ground = visit.operator.grounds.get(known.ground)
        said = {
            "ground": ground.text.to(visit.locale) if ground is not None else known.ground,
            "article": ground.article.to(visit.locale) if ground is not None else "—",
        }
        if known.number:
            lines.append(_("• words and files of request No. {number}, until it is decided; nobody uses them for anything else. "
                           "Ground: {ground}. Article: {article}. If you withdraw it, they go too.",
                           number=known.number, **said))  # fmt: skip
        else:
            until = day(known.until) if known.until is not None else _("while the ground lasts")
            lines.append(
                _(
                    "• everything. Ground: {ground}. Article: {article}. Until when: {until}.",
                    until=until,
                    **said,
                )
            )
    return lines


@act("erase.do", "erasdo")
def delete(visit: Visit, press: Press) -> Go:
    if visit.known.state in (subjects.BLOCKED, subjects.ERASING):
        subjects.free(visit)
    if not press.digest or press.digest != previews.preview(visit).digest:
        return Go("erase", f"?{CHANGED}")
    case = erasure.ask(visit)
    return Go("erase.refused" if case.state == cases.REFUSED else "erase.done", case.number)


@view("erase.done", "erasdn", told=True)
def done(visit: Visit, ref: str) -> Screen:
    case = cases.find(visit, ref)
    due = day(case.due) if case is not None and case.due is not None else ""
    lines = [
        _("Accepted, No. {number}. Your data are not used from this minute on. They will be destroyed no later than {due}; the "
          "certificate will be the last message.", number=ref, due=due)
    ]  # fmt: skip
    return Screen("\n".join([*lines, *_regret(visit)]), buttons=_keep(visit), done=True)


def _regret(visit: Visit) -> list[str]:
    found = erasure.standing(visit)
    if found is None or not erasure.may_keep(visit, found):
        return []
    last = (found.begun_at + erasure.REGRET).astimezone(zone(visit.operator.zone))
    return [_("You can still keep them: until {date}, {time} (Almaty time).", date=day(last.date()),
              time=last.strftime("%H:%M"))]  # fmt: skip


def _keep(visit: Visit) -> list[Button]:
    return [Button(_("Keep my data"), "erase.keep")] if _regret(visit) else []


@view("erase.waits", "eraswt")
def waits(visit: Visit, ref: str) -> Screen:
    """What data that are about to go do not take."""
    found = erasure.standing(visit)
    if found is None:
        return VIEWS["menu"](visit, "")
    lines = [
        _("Your data are about to be destroyed, No. {number}, no later than {due}, so this cannot be done now.",
          number=found.case_number, due=day(found.due)),
        *_regret(visit),
    ]  # fmt: skip
    return Screen("\n".join(lines), buttons=_keep(visit), up=Go("menu"))


@act("erase.keep", "eraskp")
def keep(visit: Visit, press: Press) -> Go:
    number = erasure.keep(visit)
    if number:
        return Go("erase.kept", number)
    return Go("erase.waits" if visit.known.state == subjects.ERASING else "freeze")


@view("erase.kept", "eraskd", told=True)
def kept(visit: Visit, ref: str) -> Screen:
    return Screen(
        _("Your data stay, No. {number}: nothing was destroyed. The consents that ended stay ended; to give one again, open "
          "“My consents”.", number=ref),
        buttons=offered(Button(_("My consents"), "consents"), Button(_("My data"), "data")),
        done=True,
    )  # fmt: skip


@view("erase.refused", "erasrf", told=True)
def refused(visit: Visit, ref: str) -> Screen:
    """S16: everything must stay; what went all the same."""
    case = cases.find(visit, ref)
    lines = answers.ground(visit, case) if case is not None else []
    lines = [_("No. {number}.", number=ref), *lines, _("Destroyed all the same: unfinished words and files, secret links. Your "
             "consents to messages have ended, and nothing is sent under them.")]  # fmt: skip
    buttons = offered(Button(_("Complaint file"), "complaint", ref), Button(_("My requests"), "requests"))
    return Screen("\n\n".join(lines), buttons=buttons, done=True)


@view("erase.certificate", "erascf", told=True)
def certificate(visit: Visit, ref: str) -> Screen:
    """S18, to nobody known any more: made of the destruction's own row."""
    found = certificates.find(visit, ref)
    return Screen(certificates.said(visit, found) if found is not None else "", done=True)
