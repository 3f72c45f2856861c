"""Consent asked for anew: a text has changed, and whoever agreed to an older one is told what changed for them (P03).

A material change is a campaign: each purpose is kept by agreeing to the new text or withdrawn at once, and silence until the day
that was named pauses that purpose only (T-LAW-06: once per version and one reminder). A change that is not material is only told.
It goes the road of every broadcast; this module has its words, its two choices, the link of a letter, and what came of it.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, func, select, update

from kelisim.desk import (
    answers,
    bodies,
    broadcasts,
    cases,
    consents,
    gates,
    letters,
    outbox,
    subjects,
    suppressions,
    tokens,
    versions,
)
from kelisim.desk.broadcasts import POLICY, Broadcast, Content, Unfit
from kelisim.desk.documents import Document
from kelisim.desk.letters import Letter
from kelisim.desk.outbox import Claimed
from kelisim.desk.purposes import Pair
from kelisim.desk.staff import DESK as BY_ITSELF
from kelisim.desk.staff import Actor
from kelisim.desk.visit import CHANNELS, EMAIL, PHONE, TELEGRAM, Desk, Found, Visit
from kelisim.store.models import Broadcast as Row
from kelisim.store.models import Consent, Contact, Fact, OutboxMessage, Subject
from kelisim.texts import LOCALES, _, day, plural, speaking

DAYS = 14  # to answer, unless another day is named
LEAST = 7  # days between the message and the pause, however late it left
REMINDED = 2  # campaigns of one version: the question and one reminder
MATERIAL, CHANGED = "material", "changed"

PAUSED, EXPIRING = "svc.paused", "svc.expiring"  # screens that come unasked
LETTER = "renewal-letter"  # the same by letter, to those who have no chat

PATH = "/c/"  # below KELISIM_URL
LINK_LIVES = timedelta(days=90)
_LABEL = b"kelisim renewal"
_LONGEST = 120  # characters of a token
_EPOCH = date(2026, 1, 1)

KEPT, SILENT, PAUSED_NOW, WITHDREW, ENDED = "kept", "silent", "suspended", "withdrew", "ended"
OPEN, SETTLED, OVER, STOPPED = "open", "settled", "over", "stopped"

_B, _C, _O, _K, _S, _F = (
    Row.__table__.c, Consent.__table__.c, OutboxMessage.__table__.c, Contact.__table__.c, Subject.__table__.c,
    Fact.__table__.c,
)  # fmt: skip
_ANSWER_BY = update(Row).where(_B.id == bindparam("row")).values(answer_by=bindparam("until"))
_CAMPAIGNS = (
    select(_B.id)
    .where(
        _B.kind == POLICY, _B.purpose == bindparam("use"), _B.state.not_in((broadcasts.CANCELLED, broadcasts.MISSED))
    )
    .order_by(_B.at.desc(), _B.id.desc())
)  # fmt: skip
_ENDED_BEFORE = select(_B.id).where(
    _B.kind == POLICY, _B.state.in_(bindparam("states", expanding=True)), _B.answer_by < bindparam("today")
)
_DEADLINE = (
    select(_B.answer_by)
    .where(
        _B.kind == POLICY, _B.purpose == bindparam("use"), _B.ground == bindparam("named"), _B.channels.like(bindparam("by")),
        _B.begun_at.is_not(None), _B.state != broadcasts.CANCELLED,
    )
    .order_by(_B.answer_by.desc())
    .limit(1)
)  # fmt: skip
_older = _C.version.not_in(bindparam("fresh", expanding=True))
_given = _C.state == consents.GIVEN
_SILENT = (
    select(_C.subject_id, _K.hash)
    .select_from(Consent)
    .outerjoin(Contact, (_K.subject_id == _C.subject_id) & (_K.channel == TELEGRAM))
    .join(Subject, (_S.id == _C.subject_id) & (_S.state != subjects.MERGED))
    .where(_C.purpose == bindparam("use"), _given, _older, _C.subject_id > bindparam("after"))
    .order_by(_C.subject_id)
    .limit(bindparam("most"))
)  # fmt: skip
_STANDS = (
    select(_C.version)
    .where(_C.subject_id == bindparam("subject"), _C.purpose == bindparam("use"), _given)
    .with_for_update()
)
_BECAME = (
    select(
        _O.channel,
        case(
            (_given & ~_older, KEPT),
            (_given, SILENT),
            (_C.state == consents.SUSPENDED, PAUSED_NOW),
            (_C.state == consents.WITHDRAWN, WITHDREW),
            else_=ENDED,
        ).label("became"),
        func.count(),
    )
    .select_from(OutboxMessage)
    .outerjoin(Consent, (_C.subject_id == _O.subject_id) & (_C.purpose == _O.purpose))
    .where(
        _O.broadcast_id == bindparam("cast"), _O.broadcast_id.is_not(None), _O.purpose == bindparam("use"),
        _O.state.in_((outbox.SENT, outbox.UNCERTAIN)),
    )
    .group_by(_O.channel, "became")
)  # fmt: skip
_FACT = select(_F.value).where(_F.name == bindparam("named"))
_CONTACT = select(_K.subject_id).where(_K.id == bindparam("contact"), _K.confirmed_at.is_not(None))


class Funnel(NamedTuple):
    """What became of those whom a campaign reached, per channel: they kept the consent or withdrew it, say nothing (yet), were
    paused for it, or their consent ended otherwise."""

    channel: str
    asked: int
    kept: int
    withdrew: int
    silent: int
    suspended: int
    ended: int


class Silent(NamedTuple):
    """Somebody who agreed to an older text and said nothing: their row, and the turn of their own visits."""

    subject_id: int
    turn: int | None


def material(broadcast: Broadcast) -> bool:
    """Whether a change of the policy asks for an answer."""
    return broadcast.ground.startswith(MATERIAL)


def begin(
    visit: Visit,
    author: Actor,
    purpose: str,
    *,
    channels: tuple[str, ...] = (),
    answer_by: date | None = None,
) -> Broadcast:
    """A draft that tells everybody who agreed to an older text of this purpose what has changed, in their three languages.

    Whether it asks for an answer is for the operator file to say. Only the person responsible may begin it (NotYours). Raises
    Unfit: `purpose` (nobody can agree to it), `unchanged` (there is no newer text), `asked` (they were asked already), `changes`
    (the operator file does not say what changed), `answer_by` (too soon), `web` (letters need a web door for their link).
    """
    pairs = [
        pair
        for pair in visit.operator.pairs.values()
        if pair.purpose.code == purpose and pair.channel in CHANNELS
    ]
    ways = tuple(pair.channel for pair in pairs if not channels or pair.channel in channels)
    if not ways or not set(channels) <= set(ways):
        raise Unfit(("purpose", {}))
    document = visit.desk.shelf.current(pairs[0].code, "kk")
    ground, first = _asks(visit, purpose, ways, document.version)
    faults: list[tuple[str, dict[str, Any]]] = []
    if document.changes is None:
        faults.append(("changes", {"purpose": purpose}))
    until = None
    if ground.startswith(MATERIAL):
        until = first.answer_by if first is not None else answer_by or visit.today + timedelta(days=DAYS)
        if first is None and until is not None and until < visit.today + timedelta(days=LEAST):
            faults.append(("answer_by", {"days": LEAST}))
        if EMAIL in ways and not visit.desk.url:
            faults.append(("web", {}))
    if faults:
        raise Unfit(*faults)
    draft = broadcasts.begin(visit, author, purpose, ways, kind=POLICY, ground=ground)
    if until is not None:
        visit.run(_ANSWER_BY, row=draft.id, until=until)
        draft = broadcasts.known(visit, draft.number)
    return broadcasts.edit(visit, draft, _content(visit, draft, pairs[0]))


def _asks(visit: Visit, purpose: str, ways: tuple[str, ...], current: str) -> tuple[str, Broadcast | None]:
    """The ground of the next campaign, and the one it reminds of; raises Unfit when there is nothing to ask or tell.

    One that is over, its silent people paused, stands in nobody's way who agreed to an older text and was not among them
    (imported since, say).
    """
    pairs = [
        pair
        for pair in visit.operator.pairs.values()
        if pair.purpose.code == purpose and pair.channel in ways
    ]
    every = [
        one for one in _opened(visit, visit.all(_CAMPAIGNS, use=purpose)) if set(one.channels) & set(ways)
    ]
    asked = versions.last_material(visit, pairs[0].code)
    ground = f"{MATERIAL} {asked}"
    before = [one for one in every if one.ground == ground]
    standing = [one for one in before if visit.one(_FACT, named=_fact(one)) is None]
    if asked and not standing and (not before or any(_older_than(visit, pair, asked) for pair in pairs)):
        return ground, None
    if versions.order(current) > versions.order(asked):
        if not asked and versions.oldest(visit, pairs[0].code) == current:
            raise Unfit(("unchanged", {"version": current}))
        told = [one for one in every if one.ground == f"{CHANGED} {current}"]
        if told:
            raise Unfit(("asked", {"version": current, "number": told[0].number}))
        return f"{CHANGED} {current}", None
    first = (standing or before)[-1]
    answers_still = first.answer_by is not None and first.answer_by >= visit.today
    same = set(ways) <= set(first.channels)
    if len(standing) in range(1, REMINDED) and first.state == broadcasts.DONE and answers_still and same:
        return ground, first
    raise Unfit(("asked", {"version": asked, "number": before[0].number}))


def _older_than(visit: Visit, pair: Pair, version: str) -> bool:
    fresh = versions.since(visit, pair.code, version)
    return bool(visit.all(_SILENT, use=pair.code, fresh=fresh, after=0, most=1))


def deadline(visit: Visit, pair: Pair) -> date | None:
    """The last day to answer a change of a pair's text, where a campaign that has left asks for one."""
    row = visit.one(
        _DEADLINE, use=pair.purpose.code, named=f"{MATERIAL} {versions.last_material(visit, pair.code)}",
        by=f"%{pair.channel}%",
    )  # fmt: skip
    return row.answer_by if row is not None else None


def unasked(visit: Visit) -> list[str]:
    """Purposes whose text has changed materially while people stand by an older one, and no campaign was begun: their codes."""
    found = []
    for purpose in visit.operator.purposes.values():
        pairs = [
            pair
            for pair in visit.operator.pairs.values()
            if pair.purpose is purpose and pair.channel in CHANNELS
        ]
        asked = versions.last_material(visit, pairs[0].code) if pairs else ""
        begun = {one.ground for one in _opened(visit, visit.all(_CAMPAIGNS, use=purpose.code))}
        if (
            asked
            and f"{MATERIAL} {asked}" not in begun
            and any(_older_than(visit, pair, asked) for pair in pairs)
        ):
            found.append(purpose.code)
    return found


def _content(visit: Visit, draft: Broadcast, pair: Pair) -> Content:
    """The words in three languages; they are the operator's to edit, as those of any draft."""
    texts, subjects_ = {}, {}
    for locale in LOCALES:
        document = visit.desk.shelf.current(pair.code, locale)
        purpose = pair.purpose.title.to(locale)
        with speaking(locale):
            said = _asked(draft, document, purpose) if material(draft) else _told(document, purpose)
            title = _("Your consent: the text has changed") if material(draft) else _("A text has changed")
        texts[locale] = f"<b>{html.escape(title, quote=False)}</b>\n\n{html.escape(said, quote=False)}"
        subjects_[locale] = title
    return Content(texts=texts, subjects=subjects_)


def _asked(draft: Broadcast, document: Document, purpose: str) -> str:
    changes = _changes(document)
    said = _(
        "New version of the policy: {version}, in force from: {date}. What changed for you: {changes}. Last day to decide: "
        "{deadline}. Without an answer only this purpose pauses: {purpose}.",
        version=document.version, date=day(document.since), changes=changes,
        deadline=day(draft.answer_by) if draft.answer_by else "—", purpose=purpose,
    )  # fmt: skip
    return "\n\n".join([_laid(said, changes), _("To keep it, read the new text and agree to it. To withdraw it, one press is "
                                                "enough.")])  # fmt: skip


def _told(document: Document, purpose: str) -> str:
    changes = _changes(document)
    said = _("New version of the text “{purpose}”: {version}, in force from: {date}. What changed: {changes}. Your consent stays "
             "as it is, you need do nothing.",
             purpose=purpose, version=document.version, date=day(document.since), changes=changes)  # fmt: skip
    return _laid(said, changes)


def _changes(document: Document) -> str:
    """What changed, one line each (three at most, the operator file sees to that)."""
    lines = [line.strip().rstrip(".;") for line in (document.changes or "").splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else ";".join(f"\n– {line}" for line in lines)


def _laid(said: str, changes: str) -> str:
    """The sentence with what changed as a list of its own, where it is more than a line."""
    return said.replace(f" {changes}. ", f"{changes}.\n\n") if changes.startswith("\n") else said


def buttons(visit: Visit, broadcast: Broadcast, locale: str) -> bodies.Keyboard:
    """The choices below the message in the chat: the new text, and taking back at once.

    Their data are those of the chat's own buttons (`telegram.press`): code, language and the mark that keeps this message.
    """
    pair = next((one for one in broadcast.pairs(visit) if one.channel == TELEGRAM), None)
    if pair is None:
        return []
    asks = material(broadcast)
    with speaking(locale):
        labels = (
            [("ckeep", _("Keep the consent")), ("wdraw", _("Withdraw"))]
            if asks
            else [("c1", _("My consents"))]
        )
    return [[{"text": label, "callback_data": f"{code}:{locale}+::{pair.code}"}] for code, label in labels]


def paragraphs(visit: Visit, broadcast: Broadcast, locale: str, contact_id: int, pair: str) -> list[str]:
    """The last words of the letter: where to decide."""
    with speaking(locale):
        if not visit.desk.url:
            return [_("Questions: write to {mailbox}.", mailbox=visit.operator.mailbox)]
        where = url(visit, contact_id, pair)
        if material(broadcast):
            return [_("To keep the consent or to withdraw it, open this page: {url}", url=where)]
        return [_("Your consent, and a way to take it back: {url}", url=where)]


bodies.ADDED[POLICY] = bodies.Added(buttons, paragraphs)


# The link of a letter: it proves the mailbox it came to, shows the text, and only its buttons act.


def url(visit: Visit, contact_id: int, pair: str) -> str:
    """Where the holder of a mailbox decides about one purpose; raises LookupError without a web door."""
    if not visit.desk.url:
        raise LookupError("there is no web door: KELISIM_URL is empty")
    return f"{visit.desk.url}{PATH}{token(visit, contact_id, pair)}"


def token(visit: Visit, contact_id: int, pair: str) -> str:
    """Contact, day and pair, sealed: it tells nothing, cannot be made up, and is kept nowhere."""
    made = (visit.today - _EPOCH).days
    sealed = tokens.seal(
        visit.desk, _LABEL, contact_id.to_bytes(8, "big") + made.to_bytes(4, "big") + pair.encode()
    )
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read(desk: Desk, given: str) -> tuple[int, date, str] | None:
    """Contact, day and pair of a token we made, or nothing; the store is not asked."""
    if not given.isascii() or len(given) > _LONGEST:
        return None
    try:
        sealed = base64.b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True)
    except ValueError:
        return None
    opened = tokens.unseal(desk, _LABEL, sealed)
    if opened is None:
        return None
    made = _EPOCH + timedelta(days=int.from_bytes(opened[8:12], "big"))
    return int.from_bytes(opened[:8], "big"), made, opened[12:].decode()


def whose(visit: Visit, given: str) -> Pair | None:
    """The pair a link is about; the visit becomes its person's. Nothing for a link that is over, or a mailbox no longer theirs."""
    found = read(visit.desk, given)
    if found is None or visit.today > found[1] + LINK_LIVES:
        return None
    pair, row = visit.operator.pairs.get(found[2]), visit.one(_CONTACT, contact=found[0])
    visit.subject = subjects.by_id(visit, row.subject_id) if row is not None else None
    if pair is None or visit.subject is None or visit.subject.state == subjects.ERASING:
        return None
    visit.locale = visit.subject.locale
    return pair


def choice(visit: Visit, pair: Pair) -> str:
    """Whether there is anything to decide: OPEN, SETTLED (it holds as it is), OVER (ended: a link revives nothing), or STOPPED.

    While messages are stopped a link only withdraws: consent given anew would lift the stop, and whoever has a letter of
    earlier is not the one who stopped. In their own chat the person may.
    """
    known = consents.standing(visit).get(pair.code)
    if known is None or not known.stands or known.state == consents.ENDING:
        return OVER
    if suppressions.bars(visit, pair.channel, consents.given_at(visit, pair.code) or known.since):
        return STOPPED
    if known.state == consents.SUSPENDED:
        return OPEN
    current = visit.desk.shelf.current(pair.code, visit.locale).version
    ends = known.valid_until is not None and known.valid_until - visit.today <= consents.LAST_DAYS
    return OPEN if ends or known.version != current else SETTLED


def lacks(visit: Visit, pair: Pair) -> bool:
    """Whether the purpose needs data a page cannot prove: then the chat or a letter is the way."""
    need = set(pair.needs) - set(pair.optional)
    if pair.purpose.publication or ("phone" in need and not subjects.contacts(visit, PHONE)):
        return True
    return "name" in need and not subjects.profile(visit).get("surname")


# What follows by itself.


def due(visit: Visit) -> list[Broadcast]:
    """Campaigns whose last day is over and whose silent people are still to be paused."""
    return [
        one
        for one in _opened(visit, visit.all(_ENDED_BEFORE, today=visit.today, states=[broadcasts.DONE]))
        if visit.today > last_day(visit, one) and visit.one(_FACT, named=_fact(one)) is None
    ]


def _opened(visit: Visit, rows: Sequence[Found]) -> list[Broadcast]:
    return [one for row in rows if (one := broadcasts.by_id(visit, row.id)) is not None]


def last_day(visit: Visit, broadcast: Broadcast) -> date:
    """The last day on which nobody is paused: the one that was named, and a week after the last message at least."""
    named = broadcast.answer_by or visit.today
    if broadcast.ended_at is None:
        return named
    return max(named, visit.day_of(broadcast.ended_at) + timedelta(days=LEAST))


def silent(visit: Visit, broadcast: Broadcast, pair: Pair, after: int, most: int) -> list[Silent]:
    """Those who agreed to an older text of a pair and said nothing, in order."""
    fresh = versions.since(visit, pair.code, broadcasts.version_asked(broadcast))
    return [
        Silent(
            row.subject_id, int.from_bytes(row.hash[:8], "big", signed=True) if row.hash is not None else None
        )
        for row in visit.all(_SILENT, use=pair.code, fresh=fresh, after=after, most=most)
    ]


def pause(visit: Visit, broadcast: Broadcast, pair: Pair, subject_id: int) -> bool:
    """Pause one purpose of one silent person, with its record and receipt, and tell them; False: it is not to be (any more).

    The desk's own consent waits until no request of theirs is open, for with it the chat closes. Who has stopped messages gets
    the receipt and no notice.
    """
    stands = visit.one(_STANDS, subject=subject_id, use=pair.code)
    asked = versions.order(broadcasts.version_asked(broadcast))
    if stands is None or versions.order(stands.version) >= asked:
        return False
    visit.subject = subjects.by_id(visit, subject_id)
    if visit.subject is None:
        return False
    visit.locale = visit.subject.locale
    if pair.code == consents.DESK and cases.all_in_hand(visit):
        return False
    may_tell = gates.allows(visit, pair.code)
    number = consents.suspend(visit, pair.code)
    if number and may_tell and pair.code != consents.DESK:
        tell(visit, PAUSED, number)
    return bool(number)


def over(visit: Visit, broadcast: Broadcast) -> None:
    """Nobody is left to pause: the campaign is looked at no more."""
    if visit.one(_FACT, named=_fact(broadcast)) is None:
        visit.add(Fact, name=_fact(broadcast), value=visit.today.isoformat())


def late(visit: Visit) -> list[Broadcast]:
    """Campaigns that were still to leave when the day they name was over."""
    return _opened(visit, visit.all(_ENDED_BEFORE, today=visit.today, states=list(broadcasts.LIVE)))


def belated(visit: Visit) -> int:
    """Stop those for good, for nobody could answer in time; nobody is paused for their sake. How many."""
    found = late(visit)
    for one in found:
        broadcasts.cancel(visit, one, BY_ITSELF)
    return len(found)


def _fact(broadcast: Broadcast) -> str:
    return f"renewal {broadcast.number}"


def tell(visit: Visit, screen: str, number: str) -> None:
    """Say it in the chat, else by letter to the proved mailbox; it waits for the morning."""
    if answers.in_chat(visit):
        answers.notice(visit, screen, number)
    elif subjects.proved_email(visit) is not None:
        outbox.post(visit, LETTER, EMAIL, {"screen": screen, "number": number}, number=number)


def noticed(visit: Visit, screen: str, number: str) -> tuple[Pair, list[str]] | None:
    """The pair such a notice is about and its sentences; nothing when it is not so any more (the person has decided)."""
    known = next((one for one in consents.standing(visit).values() if one.number == number), None)
    pair = visit.operator.pairs.get(known.purpose) if known is not None else None
    if known is None or pair is None:
        return None
    label = pair.label(visit.locale)
    if screen == PAUSED and known.state == consents.SUSPENDED:
        return pair, [
            _("Consent paused, No. {number}. Purpose: {purpose}. Its text has changed, and no answer of yours came in time.",
              number=number, purpose=label),
            _("Nothing is used for this purpose until you decide. Your other consents stay as they are."),
        ]  # fmt: skip
    soon = (
        known.given
        and known.valid_until is not None
        and known.valid_until - visit.today <= consents.LAST_DAYS
    )
    if screen == EXPIRING and soon and known.valid_until is not None:
        return pair, [
            _("A consent of yours ends soon. Purpose: {purpose}. Last day: {date}.", purpose=label, date=day(known.valid_until)),
            _("Do nothing and it ends by itself."),
        ]  # fmt: skip
    return None


def compose(visit: Visit, message: Claimed) -> Letter | None:
    """The notice as a letter with the link to its page; nothing when the person has decided meanwhile or has no mailbox."""
    if visit.subject is None:
        return None
    with speaking(visit.locale):
        found = noticed(visit, message.body["screen"], message.body["number"])
        mailbox = subjects.proved_email(visit)
        if found is None or mailbox is None:
            return None
        pair, words = found
        if visit.desk.url:
            words.append(
                _(
                    "To keep the consent or to withdraw it, open this page: {url}",
                    url=url(visit, mailbox.id, pair.code),
                )
            )
        else:
            words.append(
                _("To keep it or to withdraw it, write to {mailbox}.", mailbox=visit.operator.mailbox)
            )
        return letters.letter(pair.label(visit.locale), words, visit)


# What came of it.


def funnel(visit: Visit, broadcast: Broadcast) -> list[Funnel]:
    """What became of those whom the campaign reached, per channel, as it stands today; empty for any other broadcast."""
    if broadcast.kind != POLICY:
        return []
    found = []
    for pair in broadcast.pairs(visit):
        fresh = versions.since(visit, pair.code, broadcasts.version_asked(broadcast))
        n: dict[str, int] = {
            row[1]: int(row[2]) for row in visit.all(_BECAME, cast=broadcast.id, use=pair.code, fresh=fresh)
        }
        parts = [n.get(each, 0) for each in (KEPT, WITHDREW, SILENT, PAUSED_NOW, ENDED)]
        found.append(Funnel(pair.channel, sum(parts), *parts))
    return found


def lines(funnels: list[Funnel]) -> list[str]:
    """A funnel in words, in the language being spoken; what is nought is left out."""
    total = [sum(int(one[place]) for one in funnels) for place in range(1, 7)]
    if not total[0]:
        return []
    asked, kept, withdrew, quiet, paused, ended = total
    said = [
        (asked, plural("Asked: {n} person.", "Asked: {n} people.", asked)),
        (kept, _("Kept the consent: {n}.", n=kept)),
        (withdrew, _("Withdrew it: {n}.", n=withdrew)),
        (quiet, _("No answer yet: {n}.", n=quiet)),
        (paused, _("Paused without an answer: {n}.", n=paused)),
        (ended, _("Ended otherwise: {n}.", n=ended)),
    ]
    return [words for n, words in said if n]
