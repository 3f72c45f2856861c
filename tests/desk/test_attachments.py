"""Files given to requests: told apart by content, counted over what is open, gone with a flow that was left."""

from __future__ import annotations

import pytest
from tests.doorstep import Doorstep, Person
from tests.mail.post import written

from kelisim.desk import attachments, cases, decisions, enclosures, handoffs, numbers, staff, subjects
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.mail.letter import Part
from kelisim.store.models import Reply

PDF, PNG = b"%PDF-1.4 page", b"\x89PNG\r\n\x1a\n pixel"
ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")


@pytest.mark.parametrize(
    "content, fault",
    [
        (PDF, ""),
        (PNG, ""),
        (b"\xff\xd8\xff photo", ""),
        (b"", attachments.EMPTY),
        (b"<html>", attachments.WRONG_TYPE),
        (b"MZ\x90", attachments.WRONG_TYPE),
        (b" %PDF-1.4", attachments.WRONG_TYPE),
        (b"%PDF-" + b"0" * attachments.LARGEST, attachments.TOO_LARGE),
    ],
)
async def test_a_file_is_what_its_first_bytes_say(doorstep: Doorstep, content: bytes, fault: str) -> None:
    """T-LET-19: its name proves nothing."""
    aigul = await doorstep.person("aigul").registers()
    assert await doorstep.keep(lambda visit: attachments.keep(visit, "құжат.pdf", content), aigul) == fault
    kept = await doorstep.rows("SELECT name, content FROM attachments")
    assert len(kept) == (not fault) and all(b"PDF" not in bytes(row.content) for row in kept)


async def test_ten_files_are_enough_for_what_is_open_and_not_for_ever(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()

    def request(visit: Visit) -> str:
        for _n in range(attachments.A_MESSAGE):
            assert attachments.keep(visit, "a.pdf", PDF) == ""
        assert attachments.keep(visit, "a.pdf", PDF) == attachments.TOO_MANY
        case = handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="See the files"))
        assert attachments.adopt(visit, case) == attachments.A_MESSAGE
        return case.number

    first, second = await step.keep(request, aigul), await step.keep(request, aigul)
    assert first != second
    full = await step.keep(lambda visit: attachments.keep(visit, "a.pdf", PDF), aigul)
    await step.keep(lambda visit: decisions.answer(visit, first, "Seen.", ERLAN))
    again = await step.keep(lambda visit: attachments.keep(visit, "a.pdf", PDF), aigul)
    assert (full, again) == (attachments.TOO_MANY, "")


def files(*contents: bytes, name: str = "scan.pdf") -> list[Part]:
    return [Part(name, content) for content in contents]


async def a_case(step: Doorstep, *, by: str = TELEGRAM) -> tuple[Person, str]:
    """A question of Aigul's with two files, in the hands of staff; she has a proved mailbox."""
    aigul = await step.person("aigul").registers()
    await aigul.gives_email("aigul@mail.kz")
    await step.courier()

    def ask(visit: Visit) -> str:
        attachments.keep(visit, "Nurlanova Aigul.pdf", PDF + b" one")
        attachments.keep(visit, "b.png", PNG)
        case = cases.begin(visit, cases.QUESTION, words="See the files", answer_by=by)
        attachments.adopt(visit, case)
        return handoffs.send(visit, case).number

    return aigul, await step.keep(ask, aigul)


async def test_staff_get_the_persons_files_with_the_letter(each_doorstep: Doorstep) -> None:
    """Under the number alone; the outbox never holds them; a reminder says how to have them."""
    step = each_doorstep
    _aigul, number = await a_case(step)
    bodies = await step.rows("SELECT length(body) FROM outbox WHERE kind = 'case'")
    assert all(row[0] < 400 for row in bodies)
    (letter,) = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == "case"]
    assert letter.body["attached"] == [
        (f"{number}.1.pdf", "application/pdf", PDF + b" one"), (f"{number}.2.png", "image/png", PNG),
    ]  # fmt: skip
    assert "Nurlanova Aigul.pdf" not in letter.body["text"]
    message = written(step, letter)
    assert [part.get_filename() for part in message.iter_attachments()] == [
        f"{number}.1.pdf",
        f"{number}.2.png",
    ]


async def test_nothing_of_blocked_data_comes_along_and_too_much_says_how(
    each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = each_doorstep
    monkeypatch.setattr("kelisim.desk.enclosures.A_LETTER", len(PDF + b" one"))
    aigul, number = await a_case(step)
    (letter,) = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == "case"]
    assert [name for name, _type, _bytes in letter.body["attached"]] == [f"{number}.1.pdf"]
    assert f"kelisim case file {number}" in letter.body["text"]
    await step.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), aigul)
    await step.keep(lambda visit: handoffs.send(visit, cases.known(visit, number), handoffs.MORE), aigul)
    (blocked,) = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == "case"]
    assert "attached" not in blocked.body and "enclosed" not in blocked.body


async def replied(step: Doorstep, number: str, given: list[Part]) -> tuple[int, list[attachments.Refused]]:
    """What staff wrote with files, not yet released."""

    def work(visit: Visit) -> tuple[int, list[attachments.Refused]]:
        case = cases.known(visit, number)
        row, vault = numbers.row_id(), visit.desk.vault
        visit.add(
            Reply, id=row, case_id=case.id, act="answer", body=vault.seal("replies", "body", row, "{}"), actor=ERLAN.address,
            state="waiting", version=case.version, why="", release_at=None, echo_id=None, at=visit.at,
        )  # fmt: skip
        return row, attachments.keep_out(visit, case, row, given)

    found: tuple[int, list[attachments.Refused]] = await step.keep(work)
    return found


async def test_files_of_staff_are_told_apart_by_content_and_fit_into_one_letter(doorstep: Doorstep) -> None:
    step = doorstep
    _aigul, number = await a_case(step)
    big = PDF + b"0" * (8 << 20)
    _row, refused = await replied(
        step, number, files(b"<html>", b"", big, big, PDF + b"0" * attachments.LARGEST, *[PDF] * 5)
    )
    assert [each.why for each in refused] == [
        attachments.WRONG_TYPE, attachments.EMPTY, attachments.TOO_LARGE, attachments.TOO_LARGE, attachments.TOO_MANY,
    ]  # fmt: skip
    assert all("scan.pdf" in attachments.refusal(each) for each in refused)


@pytest.mark.parametrize("by", [EMAIL, TELEGRAM])
async def test_the_person_gets_files_of_staff_once_the_reply_is_released(
    each_doorstep: Doorstep, by: str
) -> None:
    step = each_doorstep
    aigul, number = await a_case(step, by=by)
    await step.courier()
    row, refused = await replied(step, number, files(PDF + b" answer", name="Erlan's own name.pdf"))
    assert refused == []
    seen = await step.keep(lambda visit: attachments.of_case(visit, cases.known(visit, number)))
    assert len(seen) == 2  # staff's own are not among the person's
    await aigul.say("/requests")
    await aigul.press(number)
    assert "Read the answer" not in aigul.shown
    later = await step.keep(lambda visit: enclosures.promise(visit, cases.known(visit, number)), aigul)
    assert later == 0 and await step.courier() == []

    def release(visit: Visit) -> None:
        decisions.answer(visit, number, "It is in the file.", ERLAN)
        attachments.release(visit, row)

    await step.keep(release)
    sent = await step.courier()
    wanted = [(f"{number}.1.pdf", "application/pdf", PDF + b" answer")]
    if by == EMAIL:
        (letter,) = [parcel for parcel in sent if parcel.message.kind == "answer-letter"]
        assert letter.body["attached"] == wanted and "With this letter comes 1 file." in letter.body["text"]
    await aigul.say("/requests")
    await aigul.press(number)
    await aigul.press("Read the answer")
    await aigul.press("Get 1 file")
    await aigul.press("Read the answer")
    await aigul.press("Get 1 file")  # pressed again while it is on its way
    got = [parcel for parcel in await step.courier(TELEGRAM) if parcel.message.kind == "file"]
    assert [parcel.body["attached"] for parcel in got] == [wanted]
    data = aigul.said.buttons.get("Read the answer", "")
    dias = await step.person("dias").registers()
    said = await dias.press(
        data=data.replace("rread", "rfiles")
    )  # nothing of hers is behind any press of his
    assert "Get" not in said.text and [p for p in await step.courier() if p.message.kind == "file"] == []


async def test_a_dropped_reply_drops_its_files(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    _aigul, number = await a_case(step)
    row, _refused = await replied(step, number, files(PDF))
    assert await step.keep(lambda visit: attachments.drop_reply(visit, row)) == 1
    assert [each.way for each in await step.rows("SELECT way FROM attachments")] == ["in", "in"]
