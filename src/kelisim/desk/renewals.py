"""Consent asked for anew: a text has changed, and whoever agreed to an older one is told what changed for them (P03).

A material change is a campaign: each purpose is kept by agreeing to the new text or withdrawn at once, and silence until the day
that was named pauses that purpose only (T-LAW-06: once per version and one reminder). A change that is not material is only told.
It goes the road of every broadcast. Here is how it begins and what it says; `choices` are its two ways on, `silences` what no
answer does, `funnels` what came of it.
"""

from __future__ import annotations

import html
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from kelisim.desk import broadcasts, choices, drafts, silences, versions
from kelisim.desk.broadcasts import POLICY, Broadcast, Content, Unfit
from kelisim.desk.choices import MATERIAL
from kelisim.desk.documents import Document
from kelisim.desk.purposes import Pair
from kelisim.desk.staff import Actor
from kelisim.desk.visit import CHANNELS, EMAIL, Visit
from kelisim.store.models import Broadcast as Row
from kelisim.texts import LOCALES, _, day, speaking

DAYS = 14  # to answer, unless another day is named
REMINDED = 2  # campaigns of one version: the question and one reminder
CHANGED = "changed"  # the ground of a change that is only told

_B = Row.__table__.c
_ANSWER_BY = update(Row).where(_B.id == bindparam("row")).values(answer_by=bindparam("until"))
_CAMPAIGNS = (
    select(_B.id)
    .where(
        _B.kind == POLICY, _B.purpose == bindparam("use"), _B.state.not_in((broadcasts.CANCELLED, broadcasts.MISSED))
    )
    .order_by(_B.at.desc(), _B.id.desc())
)  # fmt: skip
_DEADLINE = (
    select(_B.answer_by)
    .where(
        _B.kind == POLICY, _B.purpose == bindparam("use"), _B.ground == bindparam("named"), _B.channels.like(bindparam("by")),
        _B.begun_at.is_not(None), _B.state != broadcasts.CANCELLED,
    )
    .order_by(_B.answer_by.desc())
    .limit(1)
)  # fmt: skip


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
        if first is None and until is not None and until < visit.today + timedelta(days=silences.LEAST):
            faults.append(("answer_by", {"days": silences.LEAST}))
        if EMAIL in ways and not visit.desk.url:
            faults.append(("web", {}))
    if faults:
        raise Unfit(*faults)
    draft = drafts.begin(visit, author, purpose, ways, kind=POLICY, ground=ground)
    if until is not None:
        visit.run(_ANSWER_BY, row=draft.id, until=until)
        draft = broadcasts.known(visit, draft.number)
    return drafts.edit(visit, draft, _content(visit, draft, pairs[0]))


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
        one
        for one in silences.opened(visit, visit.all(_CAMPAIGNS, use=purpose))
        if set(one.channels) & set(ways)
    ]
    asked = versions.last_material(visit, pairs[0].code)
    ground = f"{MATERIAL} {asked}"
    before = [one for one in every if one.ground == ground]
    standing = [one for one in before if not silences.is_over(visit, one)]
    if asked and not standing and (not before or any(silences.anybody(visit, pair, asked) for pair in pairs)):
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
        begun = {one.ground for one in silences.opened(visit, visit.all(_CAMPAIGNS, use=purpose.code))}
        if (
            asked
            and f"{MATERIAL} {asked}" not in begun
            and any(silences.anybody(visit, pair, asked) for pair in pairs)
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
            said = _asked(draft, document, purpose) if choices.material(draft) else _told(document, purpose)
            title = (
                _("Your consent: the text has changed")
                if choices.material(draft)
                else _("A text has changed")
            )
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
