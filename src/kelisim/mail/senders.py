"""Who a letter is from, read strictly, and what the operator's own server says of it (T-LET-01..04, RFC 8601)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import authres

from kelisim.desk import identity
from kelisim.desk.identity import Email
from kelisim.desk.operator import Mail, Operator
from kelisim.mail import charsets, headers
from kelisim.mail.headers import Headers
from kelisim.mail.letter import Sender

MOST = 10  # addresses of one letter that an opt-out may act on

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_SPEC = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[\w-]+(?:\.[\w-]+)+")
# A name as people have them: words, full stops, quoted strings. No comma, colon, semicolon, @ or bracket outside quotation marks.
_PHRASE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^"\\@<>(),:;\[\]])*')
_COMMENT = re.compile(r'\([^()<>@\\",:;]*\)')
_LOOSE = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,200}")
_BY = re.compile(r"(?:^|\s)by\s+\[?([\w.:-]+)", re.I)
_FROM = re.compile(r"^\s*from\s", re.I)
_HERE = frozenset(("localhost", "127.0.0.1", "::1", "localhost.localdomain"))


def sender(found: Headers, operator: Operator) -> Sender:
    """Who it is from and how far that may be believed."""
    given = found.all("from")
    address = mailbox(given[0]) if len(given) == 1 else None
    every = tuple(_every(address, given))
    mail = operator.mail
    if address is None or mail.authserv is None:
        return Sender(address, every=every)
    results = list(_results(found, mail.authserv))
    return Sender(address, _aligned(results, address), _inside(results, address, mail), every)


def mailbox(value: bytes) -> Email | None:
    """The one mailbox that a From names; nothing when it is a list, a group, or could be read in two ways (T-LET-04)."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode(
            "ascii", "replace"
        )  # a name in a charset of its own; an address in it is no address
    text = text.strip(" \t")
    if any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") and one != "\t" for one in text):
        return None
    if text.endswith(">") and "<" in text:
        phrase, _, spec = text[:-1].rpartition("<")
        if not _PHRASE.fullmatch(phrase.strip()):
            return None
    else:
        spec, bracket, comment = text.partition("(")
        if bracket and not _COMMENT.fullmatch(bracket + comment):
            return None
    return _address(spec.strip(" \t"))


def _address(spec: str) -> Email | None:
    local, _, domain = spec.rpartition("@")
    # What the domain is must be plain to see: full-width letters would be read as others.
    if not _SPEC.fullmatch(spec) or not local.isascii() or unicodedata.normalize("NFKC", domain) != domain:
        return None
    try:
        return identity.email(spec)
    except identity.Malformed:
        return None


def _every(address: Email | None, given: list[bytes]) -> Iterator[Email]:
    """Whatever in any From looks like an address, the sound one first."""
    seen: set[str] = set()
    loose = [
        spec
        for value in given[:MOST]
        for spec in _LOOSE.findall(charsets.line(headers.words(value)[0], 4000))
    ]
    for one in [address, *(_address(spec.strip(".'`")) for spec in loose[: MOST * 5])]:
        if one is not None and one.lookup not in seen and len(seen) < MOST:
            seen.add(one.lookup)
            yield one


def _results(found: Headers, authserv: str) -> Iterator[tuple[str, str, dict[str, set[str]]]]:
    """Method, result and properties as the operator's own server wrote them.

    Its topmost header counts, and only above the first Received of another host: what stands below came with the letter
    (T-LET-02). A server that lets foreign headers with its own name in is one that `check --mail` warns of.
    """
    value = _trusted(found, authserv.lower())
    if value is None:
        return
    try:
        told = authres.parse_value(value)
    except Exception:  # it raises more than its own faults; what cannot be read proves nothing
        return
    if told.authserv_id != authserv.lower():
        return
    for one in told.results:
        properties: dict[str, set[str]] = {}
        for known in getattr(one, "properties", None) or ():
            properties.setdefault(f"{known.type}.{known.name}", set()).add(
                str(known.value or "").strip().lower()
            )
        yield str(getattr(one, "method", "")).lower(), str(getattr(one, "result", "")).lower(), properties


def _trusted(found: Headers, authserv: str) -> str | None:
    for name, value in found.lines:
        text = value.decode("latin-1")
        if name == "received" and _foreign(text, authserv):
            return None
        if name == "authentication-results":
            first = re.match(r"\s*(?:\([^()]*\)\s*)*([^\s;()]+)", text)
            if first is not None and first[1].lower() == authserv:
                return text.strip() if text.isascii() else ""
    return None


def _foreign(received: str, authserv: str) -> bool:
    """Whether a host that is not the operator's wrote this Received; a hand-over within one host names no other."""
    by = _BY.search(received)
    if not _FROM.match(received):
        return False
    host = by[1].lower().rstrip(".") if by is not None else ""
    house = authserv.partition(".")[2] if authserv.count(".") > 1 else authserv
    return host not in _HERE and host != authserv and host != house and not host.endswith("." + house)


def _aligned(results: list[tuple[str, str, dict[str, set[str]]]], address: Email) -> bool:
    """DMARC passed, and for the very domain that stands in From."""
    domain = address.lookup.rpartition("@")[2]
    ours = [
        (result, known.get("header.from", set())) for method, result, known in results if method == "dmarc"
    ]
    return bool(ours) and all(result == "pass" and known == {domain} for result, known in ours)


def _inside(results: list[tuple[str, str, dict[str, set[str]]]], address: Email, mail: Mail) -> bool:
    """The stamp of `[mail] inside`: somebody logged in as this address, or the house signed for its domain."""
    domain = address.lookup.rpartition("@")[2]
    match mail.inside:
        case "auth":
            ours = [
                (result, known.get("smtp.auth", set()))
                for method, result, known in results
                if method == "auth"
            ]
            return bool(ours) and all(
                result == "pass" and known == {address.lookup} for result, known in ours
            )
        case "dkim":
            return any(
                method == "dkim" and result == "pass" and known.get("header.d") == {domain}
                for method, result, known in results
            )
    return False
