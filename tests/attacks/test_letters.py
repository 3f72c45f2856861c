"""Letters of somebody who means harm: to the person, to staff, to whoever's address they use, and to the reader itself."""

from __future__ import annotations

import time

from tests.doorstep import Doorstep
from tests.mail import postbag
from tests.mail.desks import ERLAN, Mailroom
from tests.mail.post import bring
from tests.mail.writers import Writer, answered

from kelisim.mail import brakes, subjects
from kelisim.mail.letter import PERSON
from kelisim.mail.visit import TOLD_A_DAY

PRIZE = "Сіз жүлде ұттыңыз, бүгін evil.example бетіне кіріңіз."
OWN = "Хатыңызды таптық, ертең таңертең жауап береміз."


async def test_ok_to_the_request_confirms_what_one_wrote_oneself_and_nothing_in_ones_name(
    each_doorstep: Doorstep,
) -> None:
    """T-LET-06: a forwarded letter's token and a spoofed From put a draft beside the real one, later than it."""
    room = Mailroom(each_doorstep)
    about = await room.case(await each_doorstep.person("aigul").registers("kk"))
    number = about.message.number
    await room.reply(about, OWN)
    await room.reply(about, PRIZE, authentic=False)
    await room.deliver()

    assert (await room.reply(about, "ok")).outcome == "confirmed"
    assert await room.said(number) == [OWN]


async def test_ok_to_the_request_confirms_nothing_where_only_another_wrote_in_ones_name(
    doorstep: Doorstep,
) -> None:
    room = Mailroom(doorstep)
    about = await room.case(await doorstep.person("aigul").registers("kk"))
    await room.reply(about, PRIZE, authentic=False)
    await room.deliver()

    assert (await room.reply(about, "ok")).outcome == "told"
    assert await room.said(about.message.number) == []
    assert await room.replies() == [("answer", "held", "sender")]


async def test_a_forwarded_letter_does_not_fill_the_mailbox_of_staff(doorstep: Doorstep) -> None:
    """T-LET-12: each spoofed command was answered to the real Erlan, without end."""
    room = Mailroom(doorstep)
    about = await room.case(await doorstep.person("aigul").registers("kk"))
    told = 0
    for turn in range(60):
        await room.reply(about, f"/help\n{turn}", authentic=False)
        told += sum(parcel.address == ERLAN for parcel in await room.deliver())
    assert 0 < told <= brakes.MOST

    await room.reply(about, OWN)  # he himself is heard all the same
    assert [parcel.message.kind for parcel in await room.deliver()] == ["echo"]


async def test_one_mailbox_under_many_names_is_written_to_like_one(doorstep: Doorstep) -> None:
    """T-LET-12: aigul+1@, aigul+2@ … arrive in one mailbox."""
    for turn in range(30):
        await Writer(doorstep, f"aigul+{turn}@mail.kz").writes("Маған хат жібермеңіз")
        await Writer(doorstep, f"aigul+{turn}@mail.kz").writes("Сұрақ", f"Бұл {turn}-сұрақ, жауабын күтемін.")
    letters = await answered(doorstep)
    kinds = [parcel.message.kind for parcel in letters]
    assert letters and all(kinds.count(kind) == 1 for kind in kinds)
    await Writer(doorstep, "dias+1@mail.kz").writes("Сұрақ", "Менің де сұрағым бар, қашан жауап бересіз?")
    assert [parcel.address for parcel in await answered(doorstep)] == ["dias+1@mail.kz"]


def test_a_word_of_a_whole_letter_holds_nobody_up() -> None:
    """T-LET-18: its language was looked for at every letter of it, for minutes, and nobody else was served."""
    for word in ("a" * 200_000, "ab1" * 66_000, "a" * 100_000 + " " + "b" * 99_999, "aб" * 100_000):
        begun = time.monotonic()
        subjects.language(word, word[:500])
        assert time.monotonic() - begun < 5
    assert subjects.language("please delete Әйгерім Сәуле from the list of news, thank you") == "en"


async def test_letters_nobody_can_read_do_not_fill_the_mailbox_of_the_person_responsible(
    doorstep: Doorstep,
) -> None:
    """T-LET-12, T-LET-18: each is set aside with its row; who is responsible hears of the first of the day."""
    large = tuple(b"X-%d: %s" % (turn, b"a" * 16_000) for turn in range(20))
    for turn in range(TOLD_A_DAY + 20):
        handled = await bring(doorstep, postbag.letter(f"{turn}", lines=large))
        assert handled.outcome == "aside" and handled.ours
    assert len(await doorstep.rows("SELECT id FROM letters WHERE outcome = 'aside'")) == TOLD_A_DAY + 20
    assert [parcel.message.kind for parcel in await doorstep.courier()] == ["alarm"] * TOLD_A_DAY


def test_empty_lines_in_the_name_of_a_mail_server_hold_nobody_up() -> None:
    """T-LET-18: whether it is a bounce took the square of their number."""
    begun = time.monotonic()
    letter = postbag.read(postbag.letter("\n" * 1_000_000, sender=b"mailer-daemon@mail.kz"))
    assert letter.kind != PERSON and time.monotonic() - begun < 2
