"""Files given to requests: told apart by content, counted over what is open, gone with a flow that was left."""

from __future__ import annotations

import pytest
from tests.doorstep import Doorstep

from kelisim.desk import attachments, cases, decisions, handoffs, staff
from kelisim.desk.visit import Visit

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
