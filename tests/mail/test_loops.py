"""T-LET-14: two robots stop by themselves; no vacation reply is an answer; our own letters that come back do nothing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from tests.doorstep import Doorstep, a_desk, doorstep_on
from tests.mail.desks import Mailroom
from tests.mail.post import bring, written
from tests.mail.postbag import LETTERS, believing, names

from kelisim.courier.outcome import Parcel
from kelisim.desk import cases, decisions, handoffs, staff
from kelisim.desk.visit import EMAIL, Visit
from kelisim.mail import brakes

SHOP = "orders@shop.kz"
ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
AT_MOST = 2  # letters of ours in one exchange of robots
ROUNDS, PAUSE = 40, 15  # minutes
_n = itertools.count(1)

Robot = Callable[[EmailMessage], Iterator[bytes]]


def an_answer(
    ours: EmailMessage,
    text: str,
    subject: str,
    *,
    sender: str = SHOP,
    marked: bool,
    threaded: bool,
    to: str = "",
) -> bytes:
    """What a robot sends back: to Reply-To as RFC 3834 wants, or to the address in From with nothing that names our letter."""
    back = EmailMessage()
    back["From"] = f"Shop <{sender}>"
    back["To"] = to or str(ours["Reply-To" if threaded else "From"])
    back["Subject"] = subject
    back["Message-ID"] = f"<r{next(_n)}@shop.kz>"
    back["Date"] = "Mon, 23 Nov 2026 10:00:00 +0500"
    if threaded:
        back["In-Reply-To"] = str(ours["Message-ID"])
        back["References"] = f"{ours['References'] or ''} {ours['Message-ID']}".strip()
    if marked:
        back["Auto-Submitted"] = "auto-replied"
    back.set_content(text)
    return back.as_bytes(policy=SMTP)


def polite(
    *, marked: bool, threaded: bool, changing: bool, text: str = "Thank you for your message."
) -> Robot:
    """Answers every letter, its own kind of letters too: always the same, or with a ticket number that changes."""

    def answer(ours: EmailMessage) -> Iterator[bytes]:
        ticket = f" Ticket {next(_n)}." if changing else ""
        subject = f"[#{next(_n)}] We have your letter" if changing else f"Re: {ours['Subject']}"
        yield an_answer(ours, text + ticket, subject, marked=marked, threaded=threaded)

    return answer


def quoting(ours: EmailMessage) -> Iterator[bytes]:
    """Sends our own words back below its own."""
    body = ours.get_body(("plain",))
    assert body is not None
    quoted = "\n".join(f"> {line}" for line in str(body.get_content()).splitlines())
    yield an_answer(ours, f"Received.\n\n{quoted}", f"AW: {ours['Subject']}", marked=False, threaded=False)


def doubling(ours: EmailMessage) -> Iterator[bytes]:
    """Answers twice, from two addresses of its own."""
    for sender in (SHOP, "desk@shop.kz"):
        yield an_answer(
            ours, f"Got it {next(_n)}", f"Ticket {next(_n)}", sender=sender, marked=False, threaded=True
        )


ROBOTS: dict[str, Robot] = {
    f"{'marked' if marked else 'unmarked'}-{'threaded' if threaded else 'loose'}-{'changing' if changing else 'same'}":
    polite(marked=marked, threaded=threaded, changing=changing)
    for marked in (True, False) for threaded in (True, False) for changing in (True, False)
} | {
    "quoting": quoting,
    "yes": polite(marked=False, threaded=True, changing=False, text="yes"),
    "no": polite(marked=False, threaded=True, changing=False, text="no"),
    "empty": polite(marked=False, threaded=True, changing=False, text=""),
}  # fmt: skip


async def first(step: Doorstep, begins: str) -> None:
    """What begins it: a letter of the robot's owner, or one of ours."""
    subjects = {
        "question": "Where is my order?",
        "opt-out": "Opt-out",
        "revoke": "Revoke consent",
        "update": "Update my data",
    }
    if begins in subjects:
        letter = EmailMessage()
        letter["From"], letter["To"] = f"Shop <{SHOP}>", "info@alit.kz"
        letter["Subject"], letter["Message-ID"] = subjects[begins], f"<first{next(_n)}@shop.kz>"
        letter["Date"] = "Mon, 23 Nov 2026 09:00:00 +0500"
        letter.set_content("Please tell me." if begins == "question" else "")
        handled = await bring(step, letter.as_bytes(policy=SMTP))
        assert handled.ours, handled
        return
    await first(step, "question")
    (case,) = await step.rows("SELECT number FROM cases")
    await step.courier()
    await step.keep(lambda visit: decisions.answer(visit, case.number, "It is on its way.", ERLAN))


async def play(
    step: Doorstep, robot: Robot, rounds: int = ROUNDS, minutes: float = PAUSE
) -> list[list[Parcel]]:
    """Our letters to the robot, round by round; each is answered before the next round."""
    done = []
    for _round in range(rounds):
        ours = [parcel for parcel in await step.courier(EMAIL) if parcel.address.endswith("shop.kz")]
        for parcel in ours:
            for content in robot(written(step, parcel)):
                await bring(step, content)
        done.append(ours)
        step.later(minutes=minutes)
    return done


@pytest.mark.parametrize("begins", ["question", "opt-out", "revoke", "update", "answer"])
@pytest.mark.parametrize("name", ROBOTS)
async def test_two_robots_stop_by_themselves(doorstep: Doorstep, name: str, begins: str) -> None:
    """Must 5: at most two letters of ours in ten hours, and none in the last half of them."""
    await first(doorstep, begins)
    rounds = await play(doorstep, ROBOTS[name])
    assert 1 <= sum(len(ours) for ours in rounds) <= AT_MOST, [
        [p.message.kind for p in ours] for ours in rounds
    ]
    assert not any(rounds[ROUNDS // 2 :])


async def test_a_robot_with_two_addresses_stops_too(each_doorstep: Doorstep) -> None:
    """Each address by itself has its own two."""
    await first(each_doorstep, "question")
    rounds = await play(each_doorstep, doubling)
    by = [parcel.address for ours in rounds for parcel in ours]
    assert max(by.count(address) for address in by) <= AT_MOST
    assert not any(rounds[ROUNDS // 2 :])


async def test_a_robot_that_hides_everything_gets_one_letter_a_day_and_no_more(doorstep: Doorstep) -> None:
    """Nothing in its letters says what they are: the day's limit holds for weeks, whatever it writes (T-LET-12)."""
    await first(doorstep, "question")
    rounds = await play(doorstep, ROBOTS["unmarked-loose-changing"], rounds=14 * 8, minutes=180)
    per_day = [sum(len(ours) for ours in rounds[day * 8 : day * 8 + 8]) for day in range(14)]
    assert max(per_day) <= AT_MOST and sum(per_day) <= 15, per_day


@pytest.mark.parametrize(
    "text", ["Received, thank you.", "ok", "help", "I am away until Monday.", "Ticket {n} is yours."]
)
@pytest.mark.parametrize("threaded", [True, False])
async def test_a_robot_at_a_desk_of_staff_stops_too(sqlite_url: str, text: str, threaded: bool) -> None:
    """Erlan's mailbox answers every letter of ours, unmarked and believed: echoes and what is told go round no more than that."""
    async with doorstep_on(sqlite_url, desk=a_desk(believing("mx.alit.kz"))) as step:
        aigul = await step.person("aigul").registers()
        await step.courier()
        await step.keep(
            lambda visit: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="Where?")), aigul
        )
        seen = []
        for _round in range(ROUNDS):
            ours = [
                parcel
                for parcel in await step.courier(EMAIL)
                if parcel.message.kind in ("case", "echo", "told")
            ]
            for parcel in ours:
                said = text.replace("{n}", str(next(_n)))
                letter = an_answer(written(step, parcel), said, f"Re: {parcel.body['subject']}", sender=parcel.address,
                                   marked=False, threaded=threaded)  # fmt: skip
                believed = b"Authentication-Results: mx.alit.kz; dmarc=pass header.from=alit.kz\r\n"
                await bring(step, believed + letter)
            seen.append([parcel.message.kind for parcel in ours])
            step.later(minutes=PAUSE)
        after = [kind for kinds in seen for kind in kinds if kind != "case"]
        assert len(after) <= (brakes.MOST if "{n}" in text else AT_MOST), seen
        assert not any(seen[ROUNDS // 2 :])


def as_vacation_of(content: bytes, sender: str, token: str) -> bytes:
    """A kept automatic letter as it would come from one of the staff, believed, in answer to a letter of ours."""
    head, _gap, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    kept = re.sub(
        rb"(?im)^(from|in-reply-to|references|message-id|authentication-results):.*(\n[ \t].*)*\n?",
        b"",
        head + b"\n",
    )
    ours = f"<{token}@alit.kz>"
    fresh = (
        "Authentication-Results: mx.alit.kz; dmarc=pass header.from=alit.kz\n"
        f"From: Erlan <{sender}>\nIn-Reply-To: {ours}\nReferences: {ours}\nMessage-ID: <away{next(_n)}@alit.kz>\n"
    )
    return fresh.encode() + kept.strip(b"\n") + b"\n\n" + body


async def test_no_vacation_reply_is_ever_an_answer(each_doorstep: Doorstep) -> None:
    """T-LET-08: every automatic letter of the corpus as the reply of the very member of staff the case is with."""
    async with doorstep_on(each_doorstep.url, desk=a_desk(believing("mx.alit.kz"))) as step:
        aigul = await step.person("aigul").registers()
        room = Mailroom(step)
        letter = await room.case(aigul)
        missed = []
        for name in names("automatic"):
            content = as_vacation_of(
                (LETTERS / f"{name}.eml").read_bytes(), letter.address, letter.body["token"]
            )
            handled = await bring(step, content)
            if handled.outcome != "automatic":
                missed.append(name)
        assert len(names("automatic")) - len(missed) >= 30, missed
        for _quarter in range(12):
            step.later(minutes=15)
            await step.caretaker()
        drafts = await step.rows("SELECT state FROM replies")
        assert len(drafts) <= len(missed)
        assert await room.said(letter.message.number) == [], missed
        assert await room.state(letter.message.number) == "with staff"


def moved(content: bytes, how: str) -> bytes:
    """Our own letter as it comes back into our mailbox."""
    return {
        "as it is": content,
        "forwarded by a rule": b"Resent-From: <aigul@mail.kz>\r\nResent-To: <info@alit.kz>\r\nDelivered-To: info@alit.kz\r\n"
        b"X-Forwarded-For: aigul@mail.kz info@alit.kz\r\n" + content,
        "from the sent folder": b"X-Mozilla-Status: 0001\r\n" + content,
        "with a new envelope": b"Return-Path: <aigul@mail.kz>\r\nReceived: from mx by mx.alit.kz; "
        b"Mon, 23 Nov 2026 10:00:00 +0500\r\n" + content,
    }[how]


@pytest.mark.parametrize(
    "how", ["as it is", "forwarded by a rule", "from the sent folder", "with a new envelope"]
)
async def test_our_own_letters_that_come_back_do_nothing(doorstep: Doorstep, how: str) -> None:
    """A rule that forwards the person's mail to us, a copy of what we sent: nobody is answered, nothing begins."""
    step = doorstep
    aigul = await step.person("aigul").registers()
    await aigul.gives_email("aigul@mail.kz")
    await first(step, "question")

    def asks(visit: Visit) -> str:
        case = handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="Where?", answer_by=EMAIL))
        return decisions.answer(visit, case.number, "Here.", ERLAN).number

    await step.keep(asks, aigul)
    ours = await step.courier(EMAIL)
    kinds = {parcel.message.kind for parcel in ours}
    assert {"ack", "answer-letter", "case"} <= kinds
    await step.courier()
    before = [
        await step.rows(f"SELECT count(*) FROM {table}")
        for table in ("cases", "outbox", "case_messages", "replies")
    ]
    for parcel in ours:
        handled = await bring(step, moved(written(step, parcel).as_bytes(policy=SMTP), how))
        assert (handled.outcome, handled.ours) == ("own", False), parcel.message.kind
    after = [
        await step.rows(f"SELECT count(*) FROM {table}")
        for table in ("cases", "outbox", "case_messages", "replies")
    ]
    assert after == before and await step.courier() == []
