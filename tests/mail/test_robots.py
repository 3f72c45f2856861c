"""Who wrote a letter: robots, lists and servers are known by their marks, and no person is taken for one (T-LET-08, T-LET-14)."""

from __future__ import annotations

import pytest
from tests.mail.postbag import OURS, TOKEN, kept, letter, mixed, names, part, read

from kelisim.mail.letter import AUTOMATIC, BOUNCE, LIST, PERSON

BOUNCES = {
    "bounces/postfix": ("5.1.1", "aigul@mail.kz"),
    "bounces/exchange": ("5.2.2", "aigul@mail.kz"),
    "bounces/gmail": ("5.1.1", "aigul@gmail.com"),
    "bounces/yandex": ("5.7.1", "aigul@yandex.kz"),
    "bounces/forwarded-address": (
        "5.0.0",
        "aigul@mail.kz",
    ),  # the address we wrote to, not where it was sent on
    "bounces/exim": ("5.1.1", "aigul@mail.kz"),
    "bounces/qmail": ("5.1.1", "aigul@mail.kz"),
    "bounces/local-ru": ("5.1.1", ""),
}


def test_the_corpus_is_as_large_as_was_promised() -> None:
    assert len(names("automatic")) >= 30
    assert len(names("people")) >= 15
    assert sorted(BOUNCES) == names("bounces")


@pytest.mark.parametrize("name", names("automatic"))
def test_an_automatic_letter_is_known(name: str) -> None:
    assert kept(name).kind == AUTOMATIC


@pytest.mark.parametrize("name", names("lists"))
def test_a_newsletter_is_known(name: str) -> None:
    assert kept(name).kind == LIST


@pytest.mark.parametrize("name", names("people"))
def test_a_person_is_no_robot(name: str) -> None:
    found = kept(name)
    assert (found.kind, found.status, found.returned) == (PERSON, "", ())


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_says_for_whom_and_names_our_letter(name: str) -> None:
    found = kept(name)
    assert (found.kind, (found.status, found.failed)) == (BOUNCE, BOUNCES[name])
    assert any(TOKEN in named for named in found.returned)


@pytest.mark.parametrize("name", ["postfix", "exchange", "gmail", "yandex", "exim", "qmail"])
def test_a_bounce_to_a_mailbox_without_plus_names_our_letter_by_what_came_back(name: str) -> None:
    """Where letters to mailbox+token do not arrive, the returned Message-ID is all there is."""
    path_free = kept(f"bounces/{name}").returned
    assert OURS in path_free


def test_what_a_bounce_merely_refers_to_is_not_what_it_returns() -> None:
    """The returned letter's own References name other letters of ours; those did not come back."""
    back = b"From: info@alit.kz\nReferences: " + OURS.encode() + b"\nMessage-ID: <other@mail.kz>\n\nwords\n"
    report = mixed(
        part("gone"),
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        b"Final-Recipient: rfc822; a@mail.kz\nAction: failed\nStatus: 5.1.1\n",
        b"Content-Type: message/rfc822\n\n" + back,
        kind="report; report-type=delivery-status",
    )
    found = read(report)
    assert (found.kind, found.failed) == (BOUNCE, "a@mail.kz")
    assert found.returned == ("<other@mail.kz>", "info@alit.kz")


def test_a_letter_returned_to_a_person_and_forwarded_to_us_is_that_person() -> None:
    report = kept("bounces/postfix")
    forwarded = mixed(
        part("See what I got."),
        b"Content-Type: message/rfc822\n\nSubject: Undelivered\n\n550 5.1.1 unknown\n",
    )
    assert report.kind == BOUNCE
    assert read(forwarded).kind == PERSON


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ((b"Auto-Submitted: auto-replied",), AUTOMATIC),
        ((b"Auto-Submitted: auto-generated; owner-email=x@y.kz",), AUTOMATIC),
        ((b"Auto-Submitted: No",), PERSON),
        ((b"Auto-Submitted: no (a person)",), PERSON),
        ((b"Return-Path: <>",), AUTOMATIC),
        ((b"Return-Path: <aigul@mail.kz>",), PERSON),
        ((b"X-Autoreply: yes",), AUTOMATIC),
        ((b"X-Autoreply: no",), PERSON),
        ((b"X-Auto-Response-Suppress: OOF, AutoReply",), AUTOMATIC),
        ((b"X-Auto-Response-Suppress: DR, RN",), PERSON),
        ((b"Precedence: Bulk",), AUTOMATIC),
        ((b"Precedence: auto_reply",), AUTOMATIC),
        ((b"Precedence: first-class",), PERSON),
        ((b"List-Id: <x.lists.kz>", b"Precedence: list"), LIST),
        ((b"List-Id: <x.lists.kz>",), PERSON),
        ((b"Subject: Re: Out of office",), PERSON),
        ((b"Subject: Automatic reply",), AUTOMATIC),
    ],
)
def test_one_header_decides(lines: tuple[bytes, ...], kind: str) -> None:
    assert read(letter(lines=lines)).kind == kind


@pytest.mark.parametrize(
    "subject",
    [
        "Автоответ",
        "Автоматический ответ: Сұрақ",
        "Автоматты жауап: Сұрақ",
        "Автожауап",
        "Out of office: Question",
        "[Auto-Reply] Question",
    ],
)
def test_a_subject_that_only_programs_write_is_enough(subject: str) -> None:
    assert read(letter(lines=(f"Subject: {subject}".encode(),))).kind == AUTOMATIC


@pytest.mark.parametrize("subject", ["Кеңседе емеспін", "Я в отпуске", "I am out of the office"])
def test_a_subject_that_people_write_too_needs_two_more_signs(subject: str) -> None:
    lines = (f"Subject: {subject}".encode(),)
    answering = (*lines, b"In-Reply-To: <2@alit.kz>")
    away = "Мен кеңседе емеспін. Я в отпуске. I am on leave.\n"
    assert read(letter(away, lines=lines)).kind == PERSON
    assert read(letter("Прошу ответить.\n", lines=answering)).kind == PERSON
    assert read(letter(away, lines=answering)).kind == AUTOMATIC
