"""The operator's /broadcast: only chats that the operator file names; for all others it does not exist (SCREENS 3.10).

Whoever writes here needs no consent of their own to the desk: nothing is kept of them but the number of what they work on,
and the words they type go straight into the draft.
"""

from __future__ import annotations

from collections.abc import Callable

from kelisim.desk import broadcasts, bulletins, consents, dialogue, drafts, staff, watches
from kelisim.desk.broadcasts import APPROVING, DRAFT, OVER, PAUSED, RUNNING, SCHEDULED, Broadcast, Stale
from kelisim.desk.dialogue import Waiting
from kelisim.desk.purposes import Pair
from kelisim.desk.staff import Actor
from kelisim.desk.visit import CHANNELS, Visit
from kelisim.telegram import screens
from kelisim.telegram.press import Press
from kelisim.telegram.screens import VIEWS, Brought, Button, Go, Screen, View, registered, split
from kelisim.texts import _, plural

SCREENS: set[str] = set()  # all of them
LIST, ONE, WAYS, BODY, MOVED = "bc", "bc.one", "bc.ways", "bc.body", "bc.moved"
BOTH = "2"  # channels: behind the dot of a pair
COURIER = "courier"  # it composes for chats that were on the list when it was asked to
DRAFTS, ENDED, LOOKED = 5, 3, 20  # how many of them are listed, and looked through for it


def view(identity: str, code: str, *, asks: bool = False) -> Callable[[View], View]:
    """Register a screen of /broadcast: in any other chat it is an old button."""

    def register(function: View) -> View:
        def shown(visit: Visit, ref: str) -> Screen:
            if visit.door != COURIER and staff.writer(visit) is None:
                return VIEWS["stale"](visit, "")
            return function(visit, ref)

        SCREENS.add(identity)
        screens.view(identity, code, before_consent=True, asks=asks)(shown)
        return function

    return register


def act(identity: str, code: str) -> Callable[[screens.Act], screens.Act]:
    """Register an act of /broadcast; what somebody else moved meanwhile is shown as it stands now."""

    def register(function: screens.Act) -> screens.Act:
        def done(visit: Visit, press: Press) -> Go:
            if staff.writer(visit) is None:
                return Go("stale")
            try:
                return function(visit, press)
            except Stale as fault:
                return moved(fault)

        screens.act(identity, code, before_consent=True)(done)
        return function

    return register


def reader(*identities: str, formatted: bool = False) -> Callable[[screens.Reader], screens.Reader]:
    """Register what reads the words typed into a screen of /broadcast, `formatted` with Telegram's own formatting."""

    def register(function: screens.Reader) -> screens.Reader:
        def read(visit: Visit, typed: str, waiting: Waiting) -> Go:
            if staff.writer(visit) is None:  # taken off the list while it waited
                dialogue.drop(visit)
                return Go("unknown" if registered(visit) else "language")
            try:
                return function(visit, typed, waiting)
            except Stale as fault:
                return moved(fault)

        screens.reader(*identities)(read)
        if formatted:
            screens.FORMATTED.update(identities)
        return function

    return register


def receiver(*identities: str) -> Callable[[screens.Receiver], screens.Receiver]:
    """Register what takes a file sent into a screen of /broadcast."""

    def register(function: screens.Receiver) -> screens.Receiver:
        def receive(visit: Visit, brought: Brought, waiting: Waiting) -> Go:
            if staff.writer(visit) is None:
                return Go("media", "file")
            try:
                return function(visit, brought, waiting)
            except Stale as fault:
                return moved(fault)

        screens.receiver(*identities)(receive)
        return function

    return register


def author(visit: Visit) -> Actor:
    """Who of the staff acts in this chat."""
    person = staff.writer(visit)
    if person is None:
        raise LookupError("nobody of the staff stands at the door")
    return staff.acting(visit.operator, person.address, "telegram")


def named(visit: Visit, ref: str) -> tuple[Broadcast | None, str]:
    """The broadcast a reference names, and what stands behind its dot."""
    number, _dot, page = split(ref)[0].partition(".")
    found = broadcasts.find(visit, number)
    return (found if found is not None and theirs(visit, found) else None), page


def theirs(visit: Visit, broadcast: Broadcast) -> bool:
    """Whether whoever stands here may work on it: the draft of a notice is the responsible person's alone (T-CAST-09)."""
    if visit.door == COURIER or broadcast.kind == broadcasts.CONSENT or broadcast.state != DRAFT:
        return True
    person = staff.writer(visit)
    return person is not None and person.role == staff.RESPONSIBLE


def followed(visit: Visit, broadcast: Broadcast) -> bool:
    """Whether the chat of another of the staff follows it: whoever looks as well takes nothing away from them."""
    watched = watches.screen(visit, broadcast)
    if watched is None or str(watched[0]) == visit.visitor.address:
        return False
    return any(person.telegram == watched[0] for person in visit.operator.staff)


def asked(waiting: Waiting) -> str:
    """What a waiting screen was asked about."""
    return str(waiting.draft.get("ref", ""))


def moved(fault: Stale) -> Go:
    """Where to see how it stands now."""
    if fault.now is None:
        return Go(LIST)
    return Go(BODY, f"{fault.now.number}?moved") if fault.now.state == DRAFT else Go(MOVED, fault.now.number)


def towards(broadcast: Broadcast) -> Go:
    """The screen of a broadcast as it stands: a draft waits for words, everything else is looked at."""
    return Go(BODY if broadcast.state == DRAFT else ONE, broadcast.number)


def headed(broadcast: Broadcast) -> str:
    """The first line of its screens."""
    return _("Broadcast No. {number}", number=broadcast.number)


def arrive(visit: Visit) -> Go:
    """/broadcast: whoever has agreed to nothing here is spoken to in the language of the operator file."""
    person = staff.writer(visit)
    if person is not None and not registered(visit):
        visit.locale = person.locale
    return Go(LIST)


@view(LIST, "bc")
def every(visit: Visit, ref: str) -> Screen:
    """The purposes with how many agreed, then what is under way and what is unfinished."""
    lines = [_("What will it be about? It goes to those who agreed to just that, by the channel they chose.")]
    buttons = []
    for own in purposes(visit).values():
        lines += [""] + [
            plural("{purpose}: {n} person agreed.", "{purpose}: {n} people agreed.",
                   consents.how_many(visit, pair.code), purpose=pair.label(visit.locale))
            for pair in own
        ]  # fmt: skip
        title = own[0].purpose.title.to(visit.locale)
        buttons.append(Button(_short(title), WAYS if len(own) > 1 else "bc.new", own[0].code, wide=True))
    under_way = broadcasts.listed(visit, APPROVING, SCHEDULED, RUNNING, PAUSED, most=10)
    unsent = [each for each in broadcasts.listed(visit, DRAFT, most=DRAFTS) if theirs(visit, each)]
    # One that was never counted is a draft that was deleted.
    over = [each for each in broadcasts.listed(visit, *OVER, most=LOOKED) if each.counted]
    known = under_way + unsent + over[:ENDED]
    if known:
        lines += ["", _("Broadcasts so far:")]
    for each in known:
        lines.append(f"• {each.number}: {bulletins.title(visit, each)}; {bulletins.state(each.state)}")
        buttons.append(Button(each.number, *towards(each), wide=True))
    return Screen("\n".join(lines), title=_("Broadcasts"), buttons=buttons)


def purposes(visit: Visit) -> dict[str, list[Pair]]:
    """The purposes people may agree to be written to about, each with its channels."""
    found: dict[str, list[Pair]] = {}
    for pair in visit.operator.pairs.values():
        if pair.purpose.code != consents.DESK and pair.channel in CHANNELS:
            found.setdefault(pair.purpose.code, []).append(pair)
    return found


def _short(label: str) -> str:
    return label if len(label) <= 28 else f"{label[:27].rstrip()}…"


@view(WAYS, "bcways")
def ways(visit: Visit, ref: str) -> Screen:
    """By which channel, where the purpose has both."""
    pair = visit.operator.pairs.get(split(ref)[0])
    own = purposes(visit).get(pair.purpose.code, []) if pair is not None else []
    if not own:
        return every(visit, "")
    lines = [
        own[0].purpose.title.to(visit.locale),
        "",
        _("Which channel? People receive it only through the channels they chose themselves."),
    ]
    buttons = [Button(each.label(visit.locale), "bc.new", each.code, wide=True) for each in own]
    if len(own) > 1:
        buttons.append(Button(_("By both channels"), "bc.new", f"{own[0].code}.{BOTH}", wide=True))
    return Screen("\n".join(lines), title=_("Broadcasts"), buttons=buttons, up=Go(LIST))


@act("bc.new", "bcnew")
def begin(visit: Visit, press: Press) -> Go:
    code, _dot, both = press.ref.partition(".")
    pair = visit.operator.pairs.get(code)
    own = purposes(visit).get(pair.purpose.code, []) if pair is not None else []
    if pair is None or not own:
        return Go("stale")
    channels = tuple(str(each.channel) for each in own) if both == BOTH else (str(pair.channel),)
    made = drafts.begin(visit, author(visit), pair.purpose.code, channels)
    return Go(BODY, made.number)


@act("bc.drop", "bcdrop")
def drop(visit: Visit, press: Press) -> Go:
    """A draft nobody wants any more."""
    broadcast, _page = named(visit, press.ref)
    if broadcast is None or broadcast.state != DRAFT:
        return Go(ONE, press.ref) if broadcast is not None else Go(LIST)
    broadcasts.cancel(visit, broadcast, author(visit))
    return Go(LIST)


@view(ONE, "bcone")
def one(visit: Visit, ref: str) -> Screen:
    """A broadcast by the screen that fits how it stands now."""
    broadcast, _page = named(visit, ref)
    if broadcast is None:
        return every(visit, "")
    if broadcast.state == DRAFT:
        return VIEWS[BODY](visit, broadcast.number)
    if broadcast.state == APPROVING:
        return VIEWS["bc.approve"](visit, broadcast.number)
    if broadcast.state in OVER:
        return VIEWS["bc.report"](visit, broadcast.number)
    return VIEWS["bc.running"](visit, broadcast.number)


@view(MOVED, "bcmove")
def moved_on(visit: Visit, ref: str) -> Screen:
    """What was pressed belonged to how it stood before."""
    now = one(visit, ref)
    now.text = "\n\n".join((changed(), now.text))
    return now


def changed() -> str:
    """Said above what was pressed on a screen of earlier."""
    return _("It has changed since that screen was shown. Here is how it stands now:")
