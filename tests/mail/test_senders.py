"""Who a letter is from and how far that is believed: crafted Froms, and what the operator's own server stamped (T-LET-01..04)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.mail.postbag import believing, letter, names, read

from kelisim.desk.operator import Operator
from kelisim.mail.letter import Sender

ERLAN, EVIL = "erlan@alit.kz", "x@evil.example"
MX = "mx.alit.kz"

SOUND = [
    (b"erlan@alit.kz", ERLAN),
    (b"<erlan@alit.kz>", ERLAN),
    (b"Erlan Sadykov <erlan@alit.kz>", ERLAN),
    (b"Dr. Erlan O'Neil-Sadykov <erlan@alit.kz>", ERLAN),
    (b'"Sadykov, Erlan" <erlan@alit.kz>', ERLAN),
    (b'"Erlan \\"the desk\\" Sadykov" <erlan@alit.kz>', ERLAN),
    (b"=?utf-8?B?0JXRgNC70LDQvQ==?= <erlan@alit.kz>", ERLAN),
    (b"=?windows-1251?Q?=C5=F0=EB=E0=ED?=\r\n =?windows-1251?Q?_=D1?=\r\n <erlan@alit.kz>", ERLAN),
    ("Ерлан Садықов <erlan@alit.kz>".encode(), ERLAN),
    ("Ерлан <erlan@alit.kz>".encode("cp1251"), ERLAN),
    ("Ерлан Қ <erlan@alit.kz>".encode("kz1048"), ERLAN),
    (b"erlan@alit.kz (Erlan Sadykov)", ERLAN),
    (b"Erlan <erlan@alit.kz>", ERLAN),
    (b"ERLAN@ALIT.KZ", "ERLAN@alit.kz"),
    (b"erlan+desk@alit.kz", "erlan+desk@alit.kz"),
    ("<erlan@қазақ.kz>".encode(), "erlan@" + "қазақ.kz".encode("idna").decode()),
    # A name may say whatever it likes: the address is the one in brackets.
    (b'"erlan@alit.kz" <x@evil.example>', EVIL),
    (b'"Erlan <erlan@alit.kz>" <x@evil.example>', EVIL),
    (b"=?utf-8?Q?Erlan_=3Cerlan=40alit.kz=3E?= <x@evil.example>", EVIL),
    # A domain in look-alike letters is another domain (T-LET-21).
    ("<erlan@аlit.kz>".encode(), "erlan@" + "аlit.kz".encode("idna").decode()),
]

UNSOUND = [
    b"",
    b"Erlan",
    b"erlan",
    b"erlan@alit.kz <x@evil.example>",
    b"erlan@alit.kz, x@evil.example",
    b"<erlan@alit.kz>, <x@evil.example>",
    b"<erlan@alit.kz>x@evil.example",
    b"<erlan@alit.kz> <x@evil.example>",
    b"Erlan <erlan@alit.kz> <x@evil.example>",
    b"Erlan <<erlan@alit.kz>>",
    b"Staff: erlan@alit.kz, x@evil.example;",
    b"undisclosed-recipients:;",
    b"<@evil.example:erlan@alit.kz>",
    b"erlan@alit.kz@evil.example",
    b"<erlan@alit.kz@evil.example>",
    b'"erlan@alit.kz"@evil.example',
    b'"erlan"@alit.kz',
    b'"erlan@alit.kz <x@evil.example>',
    b'"x@evil.example <" erlan@alit.kz>',
    b'"a" <erlan@alit.kz>"',
    b"erlan@alit.kz (<x@evil.example>)",
    b"erlan@alit.kz (a) (b)",
    b"(erlan@alit.kz) x@evil.example",
    b"erlan(@evil.example)@alit.kz",
    b"=?utf-8?Q?erlan=40alit.kz?=",
    b"<=?utf-8?Q?erlan?=@alit.kz>",
    b"=?utf-8?Q?erlan=40alit.kz=3E?= x@evil.example>",
    b"erlan@alit.kz\x00@evil.example",
    b"<erlan\x00@alit.kz>",
    b"erlan@alit.kz\x0bx@evil.example",
    b"erlan @alit.kz",
    b"erlan@ alit.kz",
    b"<erlan@alit.kz\r\n .evil.example>",
    b"erlan@alit.kz.",
    b".erlan@alit.kz",
    b"er..lan@alit.kz",
    b"erlan@[192.0.2.1]",
    b"erlan@localhost",
    b"erlan@alit.kz;x@evil.example",
    b"a\\@b <erlan@alit.kz>",
    "ерлан@alit.kz".encode(),
    "ерлан@alit.kz".encode("cp1251"),
    "erlan@ａlit.kz".encode(),  # full-width: another program would read it as alit.kz
    "<er\u200blan@alit.kz>".encode(),
    b"erlan@al\xffit.kz",
]


@pytest.mark.parametrize(("given", "address"), SOUND)
def test_a_sound_from_is_one_mailbox(given: bytes, address: str) -> None:
    sender = read(letter(sender=given)).sender
    assert sender.address is not None
    assert sender.address.address == address
    assert sender.every[0] == sender.address


@pytest.mark.parametrize("given", UNSOUND)
def test_an_unsound_from_is_nobody(given: bytes) -> None:
    sender = read(letter(sender=given), believing(MX)).sender
    assert (sender.address, sender.authentic) == (None, False)


def test_a_look_alike_domain_is_another_address() -> None:
    sender = read(letter(sender="<erlan@аlit.kz>".encode())).sender
    assert sender.address is not None
    assert sender.address.lookup != ERLAN
    assert sender.address.lookup.startswith("erlan@xn--")


@pytest.mark.parametrize(
    "lines", [(b"From: x@evil.example",), (b"from: erlan@alit.kz",), (b"FROM:",), (b"From : x@evil.example",)]
)
def test_two_froms_are_nobody(lines: tuple[bytes, ...]) -> None:
    sender = read(letter(sender=ERLAN.encode(), lines=lines)).sender
    assert sender.address is None
    assert ERLAN in [one.address for one in sender.every]


def test_no_from_is_nobody() -> None:
    assert read(
        b"To: info@alit.kz\nSender: erlan@alit.kz\nReply-To: erlan@alit.kz\n\nHello.\n"
    ).sender == Sender(None)


def test_all_addresses_of_a_doubtful_from_may_only_lose_something() -> None:
    """What takes away acts for each of them; what gives or opens, for none."""
    sender = read(letter(sender=b"erlan@alit.kz, Aigul <aigul@mail.kz>, erlan@ALIT.kz")).sender
    assert (sender.address, [one.address for one in sender.every]) == (None, [ERLAN, "aigul@mail.kz"])


def test_a_thousand_addresses_are_ten() -> None:
    many = ", ".join(f"a{number}@mail.kz" for number in range(800)).encode()
    assert len(read(letter(sender=many)).sender.every) == 10


# What the operator's server says --------------------------------------------------------------------------------------------

RECEIVED = b"Received: from mail.evil.example (mail.evil.example [192.0.2.66]) by mx.alit.kz (Postfix) with ESMTPS id 1; Tue"
ABROAD = b"Received: from laptop (unknown [192.0.2.1]) by mail.evil.example (Postfix) with ESMTPSA id 2; Tue"
PASS = b"Authentication-Results: mx.alit.kz; dmarc=pass (p=reject dis=none) header.from=alit.kz"


def stamped(
    *lines: bytes, operator: Operator | None = None, sender: bytes = b"Erlan <erlan@alit.kz>"
) -> Sender:
    """The sender of a letter with these lines above all others."""
    content = b"\r\n".join([*lines, b"From: " + sender, b"To: info@alit.kz", b"", b"Accept.", b""])
    return read(content, operator or believing(MX)).sender


@pytest.mark.parametrize(
    ("results", "believed"),
    [
        (b"dmarc=pass header.from=alit.kz", True),
        (b"dmarc=fail header.from=alit.kz", False),
        (b"dmarc=none header.from=alit.kz", False),
        (b"dmarc=temperror header.from=alit.kz", False),
        (b"spf=pass smtp.mailfrom=alit.kz; dkim=pass header.d=alit.kz", False),
        (b"none", False),
        (b"dmarc=pass header.from=evil.example", False),
        (b"dmarc=pass", False),
        (b"dmarc=pass header.from=evil.alit.kz", False),
        (b"dmarc=pass header.from=alit.kz; dmarc=fail header.from=alit.kz", False),
        (b"dmarc=pass header.from=alit.kz header.from=evil.example", False),
        (b"dmarc=bestguesspass header.from=alit.kz", False),
        (b"DMARC=PASS HEADER.FROM=ALIT.KZ", True),
        (b'dkim=pass header.d=alit.kz; dmarc=pass (p=NONE sp=NONE) action=none header.from="alit.kz"', True),
        (
            b"spf=pass smtp.mailfrom=x@evil.example;\r\n\tdmarc=pass\r\n\t(p=none)\r\n header.from=alit.kz",
            True,
        ),
        (b"x=fail (dmarc=pass header.from=alit.kz)", False),
        (b'spf=pass smtp.mailfrom="a; dmarc=pass header.from=alit.kz"@evil.example', False),
        (b'spf=pass reason="dmarc=pass header.from=alit.kz"', False),
        (b"dmarc=fail reason=(dmarc=pass header.from=alit.kz", False),
        (b"arc=pass (dmarc=pass header.from=alit.kz); dmarc=fail header.from=alit.kz", False),
        (b"dmarc=pass header.from=alit.kz\xff", False),
        (b"dmarc=pa" + b"(" * 900, False),
    ],
)
def test_only_a_pass_for_the_very_domain_is_believed(results: bytes, believed: bool) -> None:
    sender = stamped(b"Authentication-Results: mx.alit.kz; " + results, RECEIVED, ABROAD)
    assert (sender.dmarc, sender.inside, sender.authentic) == (believed, False, believed)


@pytest.mark.parametrize(
    ("lines", "believed"),
    [
        ((PASS, RECEIVED, ABROAD), True),
        ((RECEIVED, PASS, ABROAD), True),  # where Postfix puts what its filters add
        ((RECEIVED, ABROAD, PASS), False),  # came with the letter
        ((ABROAD, PASS), False),
        (
            (b"Authentication-Results: mx.alit.kz; dmarc=fail header.from=alit.kz", RECEIVED, PASS, ABROAD),
            False,
        ),
        ((PASS, b"Authentication-Results: mx.alit.kz; dmarc=fail header.from=alit.kz", RECEIVED), True),
        ((PASS.replace(b"mx.alit.kz", b"MX.Alit.KZ"), RECEIVED), True),
        ((PASS.replace(b"mx.alit.kz", b"mx.alit.kz 1"), RECEIVED), True),
        ((PASS.replace(b"mx.alit.kz", b"mx.alit.kz 2"), RECEIVED), False),
        ((PASS.replace(b"mx.alit.kz", b"(mx.alit.kz) mx.evil.example"), RECEIVED), False),
        ((PASS.replace(b"mx.alit.kz", b"mx.alit.kz.evil.example"), RECEIVED), False),
        ((PASS.replace(b"mx.alit.kz", b"alit.kz"), RECEIVED), False),
        ((PASS.replace(b"mx.alit.kz", b"xmx.alit.kz"), RECEIVED), False),
        ((PASS.replace(b"Authentication-Results", b"X-Authentication-Results"), RECEIVED), False),
        ((PASS.replace(b"Authentication-Results", b"ARC-Authentication-Results: i=1"), RECEIVED), False),
        ((b"Authentication-Results: mx.evil.example; dmarc=fail header.from=alit.kz", PASS, RECEIVED), True),
        (
            (b"Authentication-Results: mx.alit.kz; (", RECEIVED, PASS),
            False,
        ),  # its own, but broken: nothing below counts
        ((b"Authentication-Results:", PASS, RECEIVED), True),
        ((b"Received: by imap.alit.kz (Dovecot) with LMTP id 3", RECEIVED, PASS, ABROAD), True),
        ((b"Received: from mx.alit.kz by imap.alit.kz with LMTP", RECEIVED, PASS, ABROAD), True),
        ((b"Received: from mx.alit.kz by localhost (amavisd-new, port 10024)", RECEIVED, PASS, ABROAD), True),
        ((b"Received: by 2002:a05:6402:1f05 with SMTP id n5", RECEIVED, PASS, ABROAD), True),
        ((b"Received: from mx.alit.kz by mx.alit.kz.evil.example", PASS), False),
        ((b"Received: from a (by mx.alit.kz) by relay.evil.example", PASS), False),
        ((b"Received: from somewhere", PASS), False),
    ],
)
def test_only_what_the_own_server_wrote_counts(lines: tuple[bytes, ...], believed: bool) -> None:
    assert stamped(*lines).authentic == believed


def test_without_the_servers_name_nothing_is_believed() -> None:
    assert not stamped(PASS, RECEIVED, operator=believing(None)).authentic
    assert not stamped(PASS, RECEIVED, operator=believing(None, "auth")).authentic


def test_a_pass_says_nothing_of_an_unsound_from() -> None:
    assert not stamped(PASS, RECEIVED, sender=b"erlan@alit.kz <x@alit.kz>").authentic
    assert not stamped(PASS, RECEIVED, sender=b"erlan@alit.kz\r\nFrom: aigul@alit.kz").authentic


def test_an_international_domain_is_compared_as_ascii() -> None:
    results = b"Authentication-Results: mx.alit.kz; dmarc=pass header.from=" + "почта.kz".encode("idna")
    assert stamped(results, RECEIVED, sender="<aigul@почта.kz>".encode()).dmarc


@pytest.mark.parametrize(
    ("inside", "results", "believed"),
    [
        ("auth", b"auth=pass (login) smtp.auth=erlan@alit.kz", True),
        ("auth", b"auth=pass smtp.auth=ERLAN@alit.kz", True),
        ("auth", b"auth=pass smtp.auth=dias@alit.kz", False),  # a colleague who writes as Erlan
        ("auth", b"auth=pass smtp.auth=erlan", False),
        ("auth", b"auth=pass smtp.mailfrom=erlan@alit.kz", False),
        ("auth", b"auth=pass", False),
        ("auth", b"auth=fail smtp.auth=erlan@alit.kz", False),
        ("auth", b"auth=pass smtp.auth=erlan@alit.kz; auth=fail smtp.auth=erlan@alit.kz", False),
        ("auth", b"dkim=pass header.d=alit.kz", False),
        ("dkim", b"dkim=pass (2048-bit key) header.d=alit.kz header.s=m", True),
        ("dkim", b"dkim=pass header.d=evil.example; dkim=pass header.d=alit.kz", True),
        ("dkim", b"dkim=pass header.d=evil.example", False),
        ("dkim", b"dkim=pass header.i=@alit.kz", False),
        ("dkim", b"dkim=fail header.d=alit.kz", False),
        ("dkim", b"auth=pass smtp.auth=erlan@alit.kz", False),
        (None, b"auth=pass smtp.auth=erlan@alit.kz; dkim=pass header.d=alit.kz", False),
    ],
)
def test_inside_mail_is_believed_as_far_as_the_setting_says(
    inside: str | None, results: bytes, believed: bool
) -> None:
    """A colleague's letter crosses no border, so no DMARC exists (T-LET-03)."""
    submitted = b"Received: from [10.0.0.5] (unknown [10.0.0.5]) by mx.alit.kz (Postfix) with ESMTPSA id 4"
    sender = stamped(
        b"Authentication-Results: mx.alit.kz; " + results, submitted, operator=believing(MX, inside)
    )
    assert (sender.dmarc, sender.inside) == (False, believed)


def test_the_kept_letters_of_people_have_a_sound_sender() -> None:
    folder = Path(__file__).parent / "letters"
    found = [read((folder / f"{name}.eml").read_bytes()).sender.address for name in names("people")]
    assert None not in found
