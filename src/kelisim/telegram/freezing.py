"""Block or delete: the choice between the two, the block that holds at once, and lifting it (SCREENS 3.6)."""

from __future__ import annotations

from kelisim.desk import attachments, blocking, cases, dialogue, holds, subjects, viewings
from kelisim.desk.dialogue import Waiting
from kelisim.desk.holds import Hold
from kelisim.desk.visit import Visit, zone
from kelisim.telegram.press import Press
from kelisim.telegram.screens import ACTS, VIEWS, Button, Go, Screen, act, reader, refers, view
from kelisim.texts import _, day

OTHER = "block.other"
refers(*blocking.REASONS)


def offered(*buttons: Button) -> list[Button]:
    """Those buttons whose screen this version has."""
    return [button for button in buttons if button.to in VIEWS or button.to in ACTS]


@view("freeze", "freeze")
def freeze(visit: Visit, ref: str) -> Screen:
    if visit.known.state == subjects.ERASING:
        return VIEWS["erase.waits"](visit, "")
    lines = [
        _("• Block: everything stands still until staff have decided; you can lift it at any moment."),
        _("• Delete: for good; nobody can bring it back."),
        "",
        *_state(visit),
    ]
    blocked = visit.known.state == subjects.BLOCKED
    first = Button(_("Lift the block"), "unblock") if blocked else Button(_("Block my data"), "block")
    return Screen(
        "\n".join(lines),
        title=_("Block or delete"),
        buttons=offered(first, Button(_("Delete my data"), "erase")),
        up=Go("menu"),
    )


def _state(visit: Visit) -> list[str]:
    case = blocking.standing(visit)
    if case is not None:
        return [_("Your data are blocked since {date}, No. {number}.", date=day(visit.day_of(case.received_at)),
                  number=case.number)]  # fmt: skip
    if visit.known.state == subjects.BLOCKED:
        return [_("Your data are blocked.")]
    held = holds.standing(visit)
    return [keeping(visit, held[0])] if held else [_("Your data are not blocked.")]


def keeping(visit: Visit, hold: Hold) -> str:
    """Why data must stay as they are, until when, and who decides."""
    ground = visit.operator.grounds.get(hold.ground)
    until = day(hold.until) if hold.until is not None else _("while the ground lasts")
    return _(
        "The data must stay as they are. Ground: {ground}. Until when: {until}. Whoever ordered it decides; write to {mailbox}.",
        ground=ground.text.to(visit.locale) if ground is not None else hold.ground, until=until,
        mailbox=visit.operator.mailbox,
    )  # fmt: skip


@view("block", "block")
def ask_why(visit: Visit, ref: str) -> Screen:
    case = blocking.standing(visit)
    if case is not None:
        return VIEWS["already"](visit, case.number)
    lines = [
        _("What stops: messages, changes, destruction, everything but keeping the data."),
        _(
            "What stays possible: to stop messages, withdraw consent, see your data, ask, complain, lift the block."
        ),
        "",
        _("Why shall the data be blocked?"),
    ]
    return Screen(
        "\n".join(lines),
        title=_("Block my data"),
        buttons=[
            Button(_("The data are wrong"), "block.do", blocking.WRONG, wide=True),
            Button(_("I gave no consent"), "block.do", blocking.NO_CONSENT, wide=True),
            Button(_("Kept too long"), "block.do", blocking.TOO_LONG, wide=True),
            Button(_("Another reason"), OTHER, wide=True),
        ],
        up=Go("freeze"),
    )


@act("block.do", "blckdo")
def block(visit: Visit, press: Press) -> Go:
    if press.ref not in blocking.REASONS:
        return Go("block")
    return _blocked(visit, press.ref, "")


@view(OTHER, "blckwy", asks=True)
def ask_other(visit: Visit, ref: str) -> Screen:
    lines = [_("Please write the reason in your own words.")]
    if ref == "long":
        lines[:0] = [_("This is too long. Please use at most {n} characters.", n=cases.LONGEST), ""]
    return Screen("\n".join(lines), title=_("Block my data"), up=Go("cancel", "block"), cancel=True)


@reader(OTHER)
def read_other(visit: Visit, words: str, waiting: Waiting) -> Go:
    if len(words) > cases.LONGEST:
        return Go(OTHER, "long")
    return _blocked(visit, blocking.OTHER, words)


def _blocked(visit: Visit, reason: str, words: str) -> Go:
    dialogue.drop(visit)
    attachments.drop(visit)  # a file of another flow is no part of this request
    case, new = blocking.block(visit, reason, words)
    return Go("blocked" if new else "already", case.number)


@view("blocked", "blockd", told=True)
def blocked(visit: Visit, ref: str) -> Screen:
    case = cases.find(visit, ref)
    due = day(case.due) if case is not None and case.due is not None else ""
    return Screen(
        _("Your data are blocked, No. {number}: nothing is sent, changed or destroyed. Staff may open them only by giving a "
          "reason, which you will see. Decision due: {due}.", number=ref, due=due),
        buttons=offered(
            Button(_("Add more"), "requests.more", ref),
            Button(_("Why this date?"), "requests.one.clock", ref),
            Button(_("My requests"), "requests"),
        ),
        done=True,
    )  # fmt: skip


@act("unblock", "unblck")
def unblock(visit: Visit, press: Press) -> Go:
    if visit.known.state != subjects.BLOCKED:
        last = blocking.last(visit)
        return Go("already", last.number) if last is not None else Go("freeze")
    case, held = blocking.unblock(visit)
    if held:
        return Go("unblocked", "held")
    return Go("unblocked", case.number) if case is not None else Go("freeze")


@view("unblocked", "unblkd", told=True)
def unblocked(visit: Visit, ref: str) -> Screen:
    if ref == "held":
        told = [_("The block cannot be lifted yet.")]
        told += [keeping(visit, hold) for hold in holds.standing(visit)]
        return Screen("\n\n".join(told), title=_("Lift the block"), buttons=offered(Button(_("My data"), "data")),
                      up=Go("freeze"))  # fmt: skip
    return Screen(
        _("The block is lifted, No. {number}. What you agreed to runs again; messages stopped before stay stopped.", number=ref),
        buttons=offered(Button(_("My data"), "data")),
        done=True,
    )  # fmt: skip


@view("frozen", "frozen")
def frozen(visit: Visit, ref: str) -> Screen:
    """S20: what blocked or held data do not take, and how to lift one's own block."""
    case, held = blocking.standing(visit), holds.standing(visit)
    if case is None:
        told = keeping(visit, held[0]) if held else _("Your data are blocked, so this cannot be done now.")
        return Screen(told, buttons=offered(Button(_("My data"), "data")), up=Go("freeze"))
    return Screen(
        _("Your data are blocked, No. {number}, so this cannot be done now. You can lift the block.", number=case.number),
        buttons=[Button(_("Lift the block"), "unblock")],
        up=Go("freeze"),
    )  # fmt: skip


@view("svc.blockend", "svblke", told=True)
def decided(visit: Visit, ref: str) -> Screen:
    """How a block ended; when it is taken it is read again, so it never says what is no longer so."""
    case = cases.find(visit, ref)
    ended = blocking.outcome(visit, case) if case is not None else blocking.LIFTED
    told = {
        blocking.LIFTED: _("No. {number}: a breach was not confirmed, the block is lifted. What you agreed to runs again; "
                           "messages stopped before stay stopped.", number=ref),
        blocking.CORRECTED: _("No. {number}: it is confirmed that the data are wrong. The block is lifted so that they can be "
                              "corrected.", number=ref),
        blocking.DESTROYED: _("No. {number}: a breach is confirmed. Your data are not used any more and are being destroyed; "
                              "the certificate will be the last message.", number=ref),
        blocking.BLOCKED: _("No. {number} is decided, but the data stay blocked for another reason: see “Block or delete”.",
                            number=ref),
    }[ended]  # fmt: skip
    correct = [Button(_("Correct my data"), "correct")] if ended == blocking.CORRECTED else []
    return Screen(told, buttons=offered(*correct, Button(_("My data"), "data")), done=True)


@view("svc.viewed", "svview", told=True)
def viewed(visit: Visit, ref: str) -> Screen:
    """Staff opened blocked data: when, in which role, why; never who."""
    found = viewings.find(visit, int(ref)) if ref.isdecimal() else None
    if found is None:
        return Screen(_("Staff opened your blocked data."), done=True)
    at = found.at.astimezone(zone(visit.operator.zone))
    role = _("the person responsible") if found.role == "responsible" else _("a member of staff")
    return Screen(
        _("Staff opened your blocked data. When: {date}, {time} (Almaty time). Who: {role}. Why: {reason}",
          date=day(at.date()), time=at.strftime("%H:%M"), role=role, reason=found.reason),
        buttons=offered(Button(_("Who looked"), "data.looked")),
        done=True,
    )  # fmt: skip
