"""Two records of one person: joined by both proofs, the stricter of each state, parted again for 30 days."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.doorstep import Doorstep, Person, copied, doorstep_on

from kelisim.desk import (
    alerts,
    cases,
    consents,
    corrections,
    destruction,
    gates,
    holds,
    ledger,
    merges,
    numbers,
    staff,
    subjects,
    suppressions,
)
from kelisim.desk.identity import email
from kelisim.desk.visit import EMAIL, Visit, Visitor
from kelisim.store.models import Contact, Merge, ProfileField
from kelisim.store.models import Subject as Row

PAIRS = ("informing-email", "informing-telegram", "promotion-email", "promotion-telegram")
MAIL, OTHER = "aigul@mail.kz", "aigul.work@mail.kz"


def a_record(visit: Visit, *addresses: str, door: str = "web", proved: bool = True, **fields: str) -> int:
    """A record that another door made: no chat, a mailbox or two, some fields."""
    made = numbers.row_id()
    visit.add(
        Row, id=made, ref=secrets.token_hex(6), locale="kk", state="active", pseudonym=secrets.token_hex(12), screen="",
        draft=None, asked_at=None, since=visit.at,
    )  # fmt: skip
    for address in addresses:
        row, vault = numbers.row_id(), visit.desk.vault
        visit.add(
            Contact, id=row, subject_id=made, channel=EMAIL, hash=vault.find(EMAIL, subjects.lookup(address)),
            address=vault.seal("contacts", "address", row, address), confirmed_at=visit.at if proved else None, door=door,
            since=visit.at,
        )  # fmt: skip
    for field, value in fields.items():
        row = numbers.row_id()
        visit.add(
            ProfileField, id=row, subject_id=made, field=field, door=door, since=visit.at,
            value=visit.desk.vault.seal("profile", "value", row, value),
        )  # fmt: skip
    return made


def by(visit: Visit, subject_id: int) -> Visit:
    found = merges.seen_as(visit, subject_id)
    assert found is not None
    return found


def gives(visit: Visit, *pairs: str) -> None:
    for pair in pairs:
        consents.give(visit, visit.desk.shelf.current(pair, "kk"))


async def proving(step: Doorstep, key: str = "aigul") -> Person:
    """Someone who has just proved the mailbox in the chat."""
    person = await step.person(key).registers("en")
    await step.keep(lambda visit: corrections.add_email(visit, email(MAIL)), person)
    return person


@dataclass
class Standing:
    """What may go out and what is kept, as one value to compare."""

    allowed: set[str]
    addresses: dict[str, bool]
    profile: dict[str, str]
    state: str


def standing(visit: Visit) -> Standing:
    return Standing(
        {pair for pair in PAIRS if gates.allows(visit, pair)},
        {known.value: known.confirmed_at is not None for known in subjects.addresses(visit)},
        subjects.profile(visit),
        visit.known.state,
    )


async def test_what_another_door_collected_comes_along(each_doorstep: Doorstep) -> None:
    """Fields, addresses, requests; what stood on both sides stays as it was here; a mailbox not proved here is none."""
    step = each_doorstep
    aigul = await proving(step)

    def work(visit: Visit) -> tuple[Standing, Standing, list[str]]:
        subjects.keep_field(visit, "surname", "Nurlanova")
        other = a_record(visit, MAIL, OTHER, surname="Omarova", name="Aigul")
        theirs = by(visit, other)
        asked = cases.begin(theirs, cases.QUESTION, words="from the site")
        before = standing(theirs)
        case = merges.join(visit, other)
        assert case is not None and case.state == cases.DONE
        assert by(visit, other).known.state == subjects.MERGED
        return before, standing(visit), [known.number for known in cases.of_subject(visit)] + [asked.number]

    before, after, known = await step.keep(work, aigul)
    assert before.addresses == {MAIL: True, OTHER: True}
    assert after.profile == {"surname": "Nurlanova", "name": "Aigul"}
    assert after.addresses == {"5001": True, MAIL: True, OTHER: False}
    assert known.count(known[-1]) == 2


async def test_parting_puts_everything_back(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await proving(step)

    def work(visit: Visit) -> Any:
        subjects.keep_field(visit, "surname", "Nurlanova")
        other = a_record(visit, MAIL, OTHER, surname="Omarova", name="Aigul")
        theirs = by(visit, other)
        gives(theirs, "informing-email")
        cases.begin(theirs, cases.QUESTION, words="from the site")
        before = standing(visit), standing(by(visit, other))
        merges.join(visit, other)
        row = merges.joined(visit)[0].id
        assert standing(by(visit, other)).allowed == set()
        assert merges.part(visit, row)
        assert not merges.part(visit, row)
        return before, (standing(visit), standing(by(visit, other))), len(cases.of_subject(by(visit, other)))

    before, after, asked = await step.keep(work, aigul)
    assert before == after
    assert "informing-email" in after[1].allowed
    assert asked == 1


async def test_parting_is_possible_for_thirty_days(doorstep: Doorstep) -> None:
    aigul = await proving(doorstep)

    def begin(visit: Visit) -> int:
        merges.join(visit, a_record(visit, MAIL, surname="Omarova"))
        return merges.joined(visit)[0].id

    row = await doorstep.keep(begin, aigul)
    doorstep.later(days=31)
    assert not await doorstep.keep(lambda visit: merges.part(visit, row), aigul)
    await doorstep.caretaker()
    assert await doorstep.rows("SELECT 1 FROM merges WHERE moved IS NOT NULL") == []


async def test_the_daily_work_leaves_what_parting_needs(doorstep: Doorstep) -> None:
    """P16 does not undo T-ID-12: an emptied record that was joined is no leftover for 30 days."""
    aigul = await proving(doorstep)

    def begin(visit: Visit) -> int:
        merges.join(visit, a_record(visit, MAIL, surname="Omarova"))
        return merges.joined(visit)[0].id

    row = await doorstep.keep(begin, aigul)
    for _day in range(3):
        doorstep.later(days=3)
        await doorstep.caretaker()
    assert await doorstep.keep(lambda visit: merges.part(visit, row), aigul)


async def test_what_parting_needs_is_kept_longer_only_while_the_data_are_blocked(
    each_doorstep: Doorstep,
) -> None:
    """I7: the daily work touches nothing of what is frozen."""
    step = each_doorstep
    aigul = await proving(step)
    await step.keep(lambda visit: merges.join(visit, a_record(visit, MAIL, surname="Omarova")), aigul)
    step.later(days=31)
    await step.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), aigul)
    assert await step.keep(merges.lapse) == 0
    await step.keep(lambda visit: subjects.set_state(visit, subjects.ACTIVE), aigul)
    assert await step.keep(merges.lapse) == 1


async def test_who_was_joined_is_destroyed_whole(each_doorstep: Doorstep) -> None:
    """I8: an erasure takes what came along, what was left out of it and the way back; no value is left in any row."""
    step = each_doorstep
    aigul = await proving(step)

    def work(visit: Visit) -> list[bytes]:
        subjects.keep_field(visit, "surname", "Nurlanova")
        other = a_record(visit, MAIL, OTHER, surname="Omarova", name="Aigul")
        gives(by(visit, other), "informing-email")
        merges.join(visit, other)
        hashes = [known.hash for known in subjects.contacts(visit)]
        destruction.destroy(visit, hashes, ())
        return hashes

    hashes = await step.keep(work, aigul)
    assert len(hashes) == 3
    for table in ("subjects", "contacts", "profile", "merges", "consents", "case_messages"):
        assert await step.rows(f"SELECT 1 FROM {table}") == [], table
    assert (
        await step.rows("SELECT 1 FROM consent_records WHERE subject_id IS NOT NULL OR evidence IS NOT NULL")
        == []
    )
    assert await step.rows("SELECT 1 FROM cases WHERE facts IS NOT NULL") == []


async def test_what_was_taken_back_meanwhile_is_not_given_again_by_parting(doorstep: Doorstep) -> None:
    """T-ID-12: parting raises no consent either."""
    aigul = await proving(doorstep)

    def work(visit: Visit) -> set[str]:
        gives(visit, "informing-email")
        other = a_record(visit, MAIL)
        gives(by(visit, other), "informing-email", "promotion-email")
        merges.join(visit, other)
        consents.withdraw(visit, "informing-email")
        merges.part(visit, merges.joined(visit)[0].id)
        return standing(by(visit, other)).allowed

    assert await doorstep.keep(work, aigul) == {"promotion-email"}


async def test_another_telegram_account_is_asked_and_never_opened(each_doorstep: Doorstep) -> None:
    """T-ID-06: mother and daughter share one mailbox; a second proof joins nothing by itself."""
    step = each_doorstep
    aigul, dias = await proving(step, "aigul"), await proving(step, "dias")
    await step.keep(lambda visit: subjects.keep_field(visit, "surname", "CanaryOfAigul"), aigul)

    def look(visit: Visit) -> tuple[Any, Any]:
        found = merges.candidates(visit, visit.desk.vault.find(EMAIL, MAIL))
        assert [each.chat for each in found] == [True]
        return merges.join(visit, found[0].id), subjects.profile(visit)

    assert await step.keep(look, dias) == (None, {})
    assert "surname" in await step.keep(subjects.profile, aigul)


async def test_both_yes_make_one_of_two_chats(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul, dias = await proving(step, "aigul"), await proving(step, "dias")

    def ask(visit: Visit) -> int:
        return merges.ask(visit, merges.candidates(visit, visit.desk.vault.find(EMAIL, MAIL))[0].id)

    row = await step.keep(ask, aigul)
    assert await step.keep(ask, aigul) == row
    stranger = await step.person("6001").registers("en")
    for person in (aigul, stranger):
        assert await step.keep(lambda visit: merges.agree(visit, row), person) is None

    def agree(visit: Visit) -> Any:
        return merges.agree(visit, row), visit.known.id

    case, now = await step.keep(agree, dias)
    assert case is not None
    assert (
        now
        == await step.keep(lambda visit: visit.known.id, aigul)
        == await step.keep(lambda visit: visit.known.id, dias)
    )
    assert await step.keep(lambda visit: merges.agree(visit, row), dias) is None
    assert await step.keep(lambda visit: merges.part(visit, row), aigul)
    assert await step.keep(lambda visit: visit.known.id, dias) != now


async def test_a_no_or_a_day_of_silence_joins_nothing(doorstep: Doorstep) -> None:
    aigul, dias = await proving(doorstep, "aigul"), await proving(doorstep, "dias")

    def ask(visit: Visit) -> int:
        return merges.ask(visit, merges.candidates(visit, visit.desk.vault.find(EMAIL, MAIL))[0].id)

    row = await doorstep.keep(ask, aigul)
    assert not await doorstep.keep(lambda visit: merges.decline(visit, row), aigul)
    assert await doorstep.keep(lambda visit: merges.decline(visit, row), dias)
    assert await doorstep.keep(lambda visit: merges.agree(visit, row), dias) is None
    row = await doorstep.keep(ask, aigul)
    doorstep.later(hours=25)
    assert await doorstep.keep(lambda visit: merges.agree(visit, row), dias) is None


@pytest.mark.parametrize("whose", ["aigul", "dias"])
async def test_what_an_order_holds_is_not_joined_by_a_yes(doorstep: Doorstep, whose: str) -> None:
    """I7: whichever of the two is held, both stay as they are."""
    people = {key: await proving(doorstep, key) for key in ("aigul", "dias")}

    def ask(visit: Visit) -> int:
        return merges.ask(visit, merges.candidates(visit, visit.desk.vault.find(EMAIL, MAIL))[0].id)

    row = await doorstep.keep(ask, people["aigul"])
    await doorstep.keep(lambda visit: holds.place(visit, "justice", "an order", staff.DESK), people[whose])
    assert await doorstep.keep(lambda visit: merges.agree(visit, row), people["dias"]) is None
    assert [row.state for row in await doorstep.rows("SELECT state FROM merges")] == ["declined"]


async def test_whoever_only_wrote_a_mailbox_down_is_neither_asked_nor_in_the_way(
    each_doorstep: Doorstep,
) -> None:
    """T-ID-05: X parks Aigul's address unproved; she proves it, X's row stays unproved and X is no candidate."""
    step = each_doorstep
    x = await step.person("6001").registers("en")

    def park(visit: Visit) -> None:
        row, vault = numbers.row_id(), visit.desk.vault
        visit.add(
            Contact, id=row, subject_id=visit.known.id, channel=EMAIL, hash=vault.find(EMAIL, MAIL),
            address=vault.seal("contacts", "address", row, MAIL), confirmed_at=None, since=visit.at,
        )  # fmt: skip

    await step.keep(park, x)
    aigul = await proving(step)
    found = await step.keep(lambda visit: merges.candidates(visit, visit.desk.vault.find(EMAIL, MAIL)), aigul)
    assert found == []
    assert (await step.keep(standing, x)).addresses == {"6001": True, MAIL: False}
    assert (await step.keep(standing, aigul)).addresses == {"5001": True, MAIL: True}


async def test_a_blocked_record_makes_the_whole_blocked(doorstep: Doorstep) -> None:
    """T-ID-12, and its holds come along."""
    aigul = await proving(doorstep)

    def work(visit: Visit) -> tuple[str, bool, str]:
        other = a_record(visit, MAIL)
        theirs = by(visit, other)
        subjects.set_state(theirs, subjects.BLOCKED)
        holds.place(theirs, "justice", "an order", staff.DESK)
        merges.join(visit, other)
        blocked = visit.known.state, holds.held(visit)
        merges.part(visit, merges.joined(visit)[0].id)
        return *blocked, visit.known.state

    assert await doorstep.keep(work, aigul) == ("blocked", True, "active")


async def test_a_change_of_contacts_that_was_not_hers_is_parted_by_it_was_not_me(doorstep: Doorstep) -> None:
    """T-ID-08: the notice goes to every other proved way and its button undoes the joining."""
    aigul = await proving(doorstep)

    def begin(visit: Visit) -> str:
        case = merges.join(visit, a_record(visit, MAIL, surname="Omarova"))
        assert case is not None
        return case.number

    number = await doorstep.keep(begin, aigul)
    letters = [parcel for parcel in await doorstep.courier("email") if parcel.message.kind == "alert-letter"]
    assert [parcel.address for parcel in letters] == [MAIL]

    def undo(visit: Visit) -> bool:
        return alerts.UNDOS[alerts.CONTACT](visit, number)

    assert await doorstep.keep(undo, aigul)
    assert await doorstep.keep(subjects.profile, aigul) == {}


async def test_the_journal_holds_and_every_state_is_the_fold_of_its_records(doorstep: Doorstep) -> None:
    """I4, I5: joining and parting are written down on both sides."""
    aigul = await proving(doorstep)

    def work(visit: Visit) -> Any:
        other = a_record(visit, MAIL)
        gives(by(visit, other), *PAIRS[:1])
        gives(visit, *PAIRS[:1])
        merges.join(visit, other)
        merges.part(visit, merges.joined(visit)[0].id)
        ledger.seal(visit)
        return consents.differences(visit), ledger.broken(visit)

    assert await doorstep.keep(work, aigul) == ([], None)
    rows = await doorstep.rows("SELECT pseudonym FROM ledger WHERE what IN ('joined', 'parted')")
    assert (len(rows), len({row.pseudonym for row in rows})) == (4, 2)


ACT = st.sampled_from(
    [*(f"give {pair}" for pair in PAIRS), *(f"withdraw {pair}" for pair in PAIRS), "stop all", "stop email", "stop telegram",
     "resume email", "resume telegram", "stop address", "block", "later"]
)  # fmt: skip


def acts(visit: Visit, step: Doorstep, did: str) -> None:
    """One act of one of the two, as far as their state allows it."""
    what, _space, which = did.partition(" ")
    if what == "give" and visit.known.state == subjects.ACTIVE:
        gives(visit, which)
    elif what == "withdraw" and which in consents.given(visit):
        consents.withdraw(visit, which)
    elif did == "stop address":
        suppressions.stop_address(visit, email(MAIL))
    elif what == "stop":
        suppressions.stop(visit, which)
    elif what == "resume" and visit.known.state == subjects.ACTIVE:
        suppressions.resume(visit, which)
    elif what == "block":
        subjects.set_state(visit, subjects.BLOCKED)


@settings(  # a store is made for each example: shrinking would take minutes
    max_examples=15, phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
@given(
    mine=st.lists(ACT, max_size=5),
    theirs=st.lists(ACT, max_size=5),
    between=st.lists(ACT, max_size=3),
    chat=st.booleans(),
)
@example(mine=["give informing-telegram", "stop telegram"], theirs=["resume telegram"], between=[], chat=True)
@example(mine=[], theirs=["give informing-telegram", "stop telegram"], between=["resume telegram"], chat=True)
@example(
    mine=[], theirs=["give informing-telegram", "stop telegram", "resume telegram"], between=[], chat=True
)
@example(
    mine=["stop telegram", "give promotion-telegram"],
    theirs=["give informing-telegram", "stop telegram"],
    between=[],
    chat=True,
)
@pytest.mark.timeout(300)
async def test_joining_never_raises_a_consent(
    sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory, mine: list[str], theirs: list[str], between: list[str],
    chat: bool,
) -> None:  # fmt: skip
    """T-ID-12: whatever both did before, nothing may go out afterwards that could not before; parting raises nothing."""
    async with doorstep_on(copied(sqlite_template, tmp_path_factory.mktemp("merge"))) as step:
        aigul = await proving(step)
        if chat:
            dias = await proving(step, "dias")
            other = await step.keep(lambda visit: visit.known.id, dias)
        else:
            other = await step.keep(lambda visit: a_record(visit, MAIL))
        for who, did in [("mine", each) for each in mine] + [("theirs", each) for each in theirs]:
            step.later(minutes=1)
            await step.keep(
                lambda visit, w=who, d=did: acts(visit if w == "mine" else by(visit, other), step, d), aigul
            )
        step.later(minutes=1)

        def whole(visit: Visit) -> list[Any]:
            theirs = by(visit, other)
            before, hers = standing(visit), standing(theirs)
            stopped = set(suppressions.stopped(by(replace(visit, visitor=Visitor("", "", b"")), other)))
            own = set(suppressions.stopped(visit))
            row = _asked(visit, other)
            merges._join(visit, theirs, row)
            return [
                before,
                hers,
                standing(visit),
                standing(theirs),
                stopped | own,
                set(suppressions.stopped(visit)),
                row,
            ]

        before, hers, after, left, stopped, stands, row = await step.keep(whole, aigul)
        assert after.allowed <= before.allowed
        assert left.allowed == set()
        assert stopped <= stands
        assert after.state == ("blocked" if "blocked" in (before.state, hers.state) else "active")
        for did in between:
            step.later(minutes=1)
            await step.keep(lambda visit, d=did: acts(visit, step, d), aigul)
        step.later(minutes=1)

        def parts(visit: Visit) -> list[Any]:
            lowered = standing(visit)
            assert merges.part(visit, row)
            return [lowered, standing(visit), standing(by(visit, other)), consents.differences(visit)]

        lowered, again, back, differences = await step.keep(parts, aigul)
        assert back.allowed <= hers.allowed
        assert differences == []
        if "blocked" not in (before.state, hers.state) and not between:
            assert again.allowed == lowered.allowed


def _asked(visit: Visit, other: int) -> int:
    return visit.add(Merge, subject_id=visit.known.id, other_id=other, state="asked", moved=None, at=visit.at)
