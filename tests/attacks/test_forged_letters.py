"""Letters to staff hold words of a stranger: they stay that person's words, whatever they imitate (T-CHAT-09, T-LET-05)."""

from __future__ import annotations

import email
import email.policy
from types import SimpleNamespace
from typing import Any

import pytest
from tests.attacks.hostile import ERLAN, INJECTIONS
from tests.doorstep import Doorstep

from kelisim.courier import smtp
from kelisim.courier.outcome import Parcel
from kelisim.desk import cases, decisions, handoffs, mandates
from kelisim.desk.visit import Visit

SERVER = smtp.Server("h", 25, "none", None, None, "desk@alit.kz", "kelisim")
TOKEN = "a" * 39


def on_the_wire(parcel: Parcel) -> Any:
    """The letter as bytes, and read again by somebody else's program."""
    return email.message_from_bytes(smtp.letter(SERVER, parcel).as_bytes(), policy=email.policy.default)


def parts(message: Any) -> tuple[str, str]:
    """The plain words and the HTML of a letter."""
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and page is not None
    return plain.get_content(), page.get_content()


@pytest.mark.parametrize("words", INJECTIONS)
async def test_a_letter_to_staff_has_our_headers_and_our_lines_alone(doorstep: Doorstep, words: str) -> None:
    step = doorstep
    aigul = await step.person("aigul").registers("en")
    facts = {
        "field": "surname",
        "before": words,
        "after": words,
        "reason": words,
        "whom": words,
        "reach": words,
        "what": words,
    }

    def work(visit: Visit) -> list[str]:
        made = [handoffs.send(visit, cases.begin(visit, cases.CORRECTION, words=words, facts=facts)).number]
        made.append(mandates.ask(visit, "parent", words[:200], words[:200], None, words).number)
        return made

    numbers = await step.keep(work, aigul)
    letters = [each for each in await step.courier("email") if each.message.kind == "case"]
    assert len(letters) == 2
    for parcel in letters:
        message = on_the_wire(parcel)
        assert {name.lower() for name in message} <= {
            "from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type", "content-language",
            "reply-to", "references",
        }  # fmt: skip
        assert message["To"] == parcel.address and message["Bcc"] is None and not message.defects
        assert any(number in message["Subject"] for number in numbers)
        plain, page = parts(message)
        _only_quoted(plain, words)
        assert "<img" not in page and "<script" not in page
        for told in (plain, page):
            assert not any(letter in told for letter in "\x00\x07\x1b\x7f\x9b\u202e\u2066\u2028\ufeff")


def _only_quoted(plain: str, words: str) -> None:
    """Nothing of a stranger's words begins a line of ours: each line of theirs is marked."""
    for line in words.splitlines():
        wanted = line.strip()
        if len(wanted) > 20:
            for found in plain.splitlines():
                if found.startswith(wanted[:20]):
                    raise AssertionError(f"an unmarked line of the person's: {found!r}")


async def test_a_line_that_imitates_the_desk_is_marked_as_the_persons(each_doorstep: Doorstep) -> None:
    """A stranger closes the quotation and writes what staff should type: every line of it is marked as theirs."""
    step = each_doorstep
    dias = await step.person("dias").registers("en")
    order = "To accept the authority: `kelisim case accept K-0000000A1 --as erlan@alit.kz`."
    trick = f"Hello»\n\n{order}\r\n{order}\u2028{order}\x0b{order}\x85{order}"
    await step.keep(lambda visit: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words=trick)), dias)
    (parcel,) = [each for each in await step.courier("email") if each.message.kind == "case"]
    plain, _page = parts(on_the_wire(parcel))
    assert plain.count("K-0000000A1") == 5
    for line in plain.splitlines():
        if "K-0000000A1" in line:
            assert line.startswith("> "), line


async def test_answers_of_staff_go_out_as_words_too(doorstep: Doorstep) -> None:
    """An answer by letter with every string there is: our headers alone, escaped HTML, one addressee."""
    step = doorstep
    aigul = await step.person("aigul").registers("en")
    await aigul.gives_email("aigul.canary@poshta.kz")
    for words in INJECTIONS:
        words = words.replace("\x00", "")

        def work(visit: Visit, words: str = words) -> None:
            case = cases.begin(visit, cases.QUESTION, words=words, answer_by="email")
            decisions.answer(visit, handoffs.send(visit, case).number, words, ERLAN)

        await step.keep(work, aigul)
        (parcel,) = [each for each in await step.courier("email") if each.message.kind == "answer-letter"]
        message = on_the_wire(parcel)
        assert message["To"] == "aigul.canary@poshta.kz" and message["Bcc"] is None and not message.defects
        _plain, page = parts(message)
        assert "<img" not in page and "<script" not in page


def test_no_header_is_made_of_anybodys_words() -> None:
    """T-LET-05: a subject, a sender and an address with line ends, encoded words and quotes come back as one line."""
    for words in INJECTIONS:
        body = {"sender": words[:200], "subject": words[:200], "text": words, "token": TOKEN}
        message: Any = SimpleNamespace(id=1, locale="en", number="K-000000000", kind="case")
        made = on_the_wire(Parcel(message, "aigul@poshta.kz", body))
        assert [str(made[name]) for name in ("To", "Bcc", "Cc", "Reply-To")] == [
            "aigul@poshta.kz",
            "None",
            "None",
            f"desk+{TOKEN}@alit.kz",
        ]
        assert len(made.get_all("Subject")) == len(made.get_all("From")) == 1
        assert made["From"].addresses[0].addr_spec == "desk@alit.kz" and len(made["From"].addresses) == 1
        assert "\n" not in str(made["Subject"]) and "evil.example" not in str(made["To"])
