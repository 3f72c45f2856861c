"""Crafted letters through the real door: none fails a visit, and what the desk sends goes where it should (T-LET-05, T-LET-13)."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.doorstep import Doorstep, a_desk, copied, doorstep_on
from tests.mail.post import bring, written
from tests.mail.postbag import OURS, TOKEN, believing, read
from tests.mail.test_headers_fuzz import bodies, lines, pieces, spoilt
from tests.promises.stories import at_noon

from kelisim.courier.outcome import Parcel
from kelisim.desk import cases, handoffs
from kelisim.desk.visit import EMAIL
from kelisim.mail.letter import TooMuch

SMALL, TOGETHER = 60, 10
OPERATOR = believing("mx.alit.kz", "auth")
STAFF = {one.address for one in OPERATOR.staff} | {OPERATOR.responsible.address}
CANARY = "CANARY-qazwsx"
# It came with the letter: below what another host wrote (T-LET-02).
FORGED = (
    b"Received: from laptop by mail.evil.example with ESMTPSA id 1\r\n"
    b"Authentication-Results: mx.alit.kz; auth=pass smtp.auth=erlan@alit.kz; dmarc=pass header.from=alit.kz\r\n"
)
HEADERS = {
    "from", "to", "subject", "date", "message-id", "reply-to", "references", "in-reply-to", "auto-submitted", "mime-version",
    "content-type", "content-transfer-encoding", "content-language", "list-unsubscribe", "list-unsubscribe-post",
}  # fmt: skip

_senders = st.sampled_from(
    [
        b"aigul@mail.kz",
        b"Erlan <erlan@alit.kz>",
        b"x@evil.example",
        b"erlan@alit.kz <x@evil.example>",
        b"info@alit.kz",
    ]
)
_subjects = st.sampled_from(
    ["Хабарламалардан бас тарту", "Отказ от уведомлений", "Отзыв согласия", "Келісімді кері қайтарып алу", "Обновить данные",
     "Re: K-2M4QX7RT1", "Автоответ: x", ""]
)  # fmt: skip
_said = st.sampled_from(
    [b"", b"ok", "иә".encode(), b"/refuse", "принять".encode(), b"close", "Дайын, жібердік.".encode()]
)


@st.composite
def _meant(draw: st.DrawFn) -> bytes:
    """A letter that would do something, with a few things in it that should not be."""
    head = [
        b"From: " + draw(_senders),
        b"To: info+" + TOKEN.encode() + b"@alit.kz",
        b"Subject: "
        + draw(_subjects).encode()
        + draw(st.one_of(st.just(b""), pieces))
        + b" "
        + CANARY.encode(),
        b"Message-ID: <" + str(draw(st.integers(0, 10**9))).encode() + b"@mail.kz>",
        *draw(st.lists(st.one_of(lines, st.just(b"In-Reply-To: " + OURS.encode())), max_size=4)),
    ]
    stamp = FORGED if draw(st.booleans()) else b""
    body = draw(_said) + b"\r\n\r\n" + draw(bodies) + b"\r\n" + CANARY.encode()
    return stamp + b"\r\n".join(head) + b"\r\n\r\n" + body


async def story(step: Doorstep) -> tuple[str, str]:
    """Aigul asked something in her chat; the number of it, and the name of the letter that Erlan has."""
    at_noon(step)
    aigul = await step.person("aigul").registers("kk")
    case = await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="Деректерім қайда?")),
        aigul,
    )
    [letter] = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == "case"]
    await step.courier()
    return case.number, letter.body["token"]


def judge(step: Doorstep, parcel: Parcel, writers: set[str]) -> None:
    """A letter of ours after hostile ones: to staff or to who wrote, our headers only, nothing typed in what people get."""
    made = written(step, parcel).as_bytes(policy=email.policy.SMTP)
    parsed = email.message_from_bytes(made, policy=email.policy.default)
    assert parcel.address in STAFF | writers
    assert [address.addr_spec for address in parsed["To"].addresses] == [parcel.address]
    assert {name.lower() for name in parsed} <= HEADERS
    assert len(parsed) == len({name.lower() for name in parsed})
    assert not any(CANARY.lower() in str(value).lower() for value in parsed.values())
    if parcel.address not in STAFF:
        assert parcel.message.kind in ("ack", "stop-ack", "confirm")
        assert CANARY.lower() not in str(parcel.body).lower()


async def unanswered(step: Doorstep, number: str, content: bytes = b"") -> None:
    """Nothing was confirmed, so nothing was answered, refused or closed."""
    [(state,)] = await step.rows("SELECT state FROM cases WHERE number = :number", number=number)
    assert state == cases.WITH_STAFF, (content, await step.rows("SELECT act, state, why FROM replies"))


def serve(url: str, wanted: int, caplog: pytest.LogCaptureFixture) -> Counter[str]:
    """Letters in bags of ten, all into one store (so there is nothing to shrink)."""
    counts: Counter[str] = Counter()

    async def bag(step: Doorstep, number: str, token: str, letters: list[bytes]) -> None:
        writers: set[str] = set()
        for content in letters:
            real = content.replace(TOKEN.encode(), token.encode())
            counts[(await bring(step, real)).outcome] += 1
            await unanswered(step, number, real)
            with suppress(TooMuch):
                writers |= {one.address for one in read(real, OPERATOR).sender.every}
        step.later(hours=1)
        for parcel in await step.courier():
            if parcel.message.channel == EMAIL:
                counts["sent"] += 1
                judge(step, parcel, writers | before)
        before.update(writers)  # what was put off for the next hour may still come
        await unanswered(step, number)

    before: set[str] = set()
    with asyncio.Runner() as runner:
        opened = doorstep_on(url, desk=a_desk(OPERATOR))
        step = runner.run(opened.__aenter__())
        number, token = runner.run(story(step))

        @settings(
            max_examples=-(-wanted // TOGETHER),
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(
            letters=st.lists(st.one_of(_meant(), _meant(), spoilt()), min_size=TOGETHER, max_size=TOGETHER)
        )
        def run(letters: list[bytes]) -> None:
            counts["letters"] += len(letters)
            runner.run(bag(step, number, token, letters))

        with caplog.at_level(logging.ERROR, "kelisim.mail"):
            run()
        runner.run(opened.__aexit__(None, None, None))
    assert [record.getMessage() for record in caplog.records if record.name == "kelisim.mail"] == []
    return counts


def test_crafted_letters_make_the_desk_send_nothing_wrong(
    sqlite_template: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    counts = serve(copied(sqlite_template, tmp_path), SMALL, caplog)
    assert counts["letters"] >= SMALL
    assert counts["sent"] > 0


@pytest.mark.ordeal
@pytest.mark.timeout(7200)
def test_ten_thousand_crafted_letters_make_the_desk_send_nothing_wrong(
    sqlite_template: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = int(os.environ.get("UPDATES", "10000"))
    counts = serve(copied(sqlite_template, tmp_path), wanted, caplog)
    print(f"\n{dict(counts.most_common())}")
    assert counts["letters"] >= wanted
