"""Who answers for the data: the operator file, read whole, every fault named at once."""

from __future__ import annotations

import tomllib
from datetime import date, time
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from kelisim.desk.faults import OperatorFaults, crossing, plain
from kelisim.desk.packs import Days, Ground, PolicyPack
from kelisim.desk.purposes import Code, Frozen, Pair, Purpose, Recipient, Said, Text, pair_code

__all__ = ["Operator", "OperatorFaults", "Pair", "Purpose", "Recipient", "Said", "load"]

SAMPLE_BIN = "000000000000"
Address = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\s@<>\",;]+@[^\s@<>\",;]+$")]


class Responsible(Frozen):
    """The person responsible for organising processing (art. 25 p. 2(10), p. 3)."""

    name: Said
    address: Address


class Staff(Frozen):
    """One who answers letters; `deputy` is the address of the colleague who takes over while absent."""

    name: Text
    address: Address
    role: Literal["responsible", "staff"]
    locale: Literal["kk", "ru", "en"]
    deputy: Address | None = None
    absent_until: date | None = None
    telegram: int | None = None


class Holidays(Frozen):
    """What the known calendar does not know yet; `weekend` counts Monday as 0."""

    weekend: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (5, 6)
    extra_days_off: tuple[date, ...] = ()
    extra_working_days: tuple[date, ...] = ()


class Near(Frozen):
    """When a subject nearly is ours: of each group a word stands there, and of `unless` none."""

    groups: tuple[tuple[Text, ...], ...] = Field(min_length=1)
    unless: tuple[Text, ...] = ()


class NearMisses(Frozen):
    """Near-miss rules per language; the words are beginnings of words in lower case."""

    kk: Near
    ru: Near
    en: Near

    def to(self, locale: str) -> Near:
        """The rule for `locale` (kk, ru or en)."""
        return {"kk": self.kk, "ru": self.ru, "en": self.en}[locale]


class LetterSubject(Frozen):
    """The exact subject of a letter and what comes near it."""

    subject: Said
    near: NearMisses


class Letters(Frozen):
    """The three letters the mailbox acts on; `typos` is how many letters of an exact subject may be wrong."""

    typos: Annotated[int, Field(ge=0, le=5)] = 2
    opt_out: LetterSubject
    update: LetterSubject
    revoke: LetterSubject


class Template(Frozen):
    """An answer staff may pick by its key or one of its names: they write in their language, the person reads theirs."""

    name: Said
    text: Said
    kinds: tuple[Text, ...] = ()


class DocumentEdition(Frozen):
    """Raised whenever a value that the document quotes changes; `material` asks people again."""

    edition: Annotated[int, Field(gt=0)]
    material: bool
    since: date
    changes: Said | None = None

    @model_validator(mode="after")
    def _people_are_told_what_changed(self) -> Self:
        if self.material and self.changes is None:
            raise ValueError("people are asked again (material), so changes must say what changed for them")
        for said in (self.changes.kk, self.changes.ru, self.changes.en) if self.changes is not None else ():
            lines = [line for line in said.splitlines() if line.strip()]
            if len(lines) > 3 or any(len(line) > 200 for line in lines):
                raise ValueError("changes: say it in three lines at most, of 200 characters each")
        return self


class Retention(Frozen):
    """How long what is kept stays: years after its end or closing for proof, days for all else.

    `ended_days`: data that no purpose in force and no open request needs are destroyed so many days after the end, and
    after a withdrawal on its due date at the latest. `answered_days`: an answered request closes by itself.
    """

    consent_records_years: Days
    cases_years: Days
    viewings_years: Days = 3
    ended_days: Days = 7
    answered_days: Days = 30
    settled_days: Days = 400
    backups_days: Days
    logs_days: Days


class Mail(Frozen):
    """The mail provider's pace, whom its stamps may be believed for, and how the desk keeps its mailbox.

    `authserv` is the name under which the operator's own server writes Authentication-Results (RFC 8601): only its results are
    believed. `inside` says what it stamps on letters of the operator's own people: `auth`, `dkim`, or nothing. `plus`: letters
    to `mailbox+anything` arrive too (RFC 5233). `folder` is where letters that were taken lie. `questions`: a person's letter
    that is none of the three becomes a question; else it is left alone. `echo_minutes`: a plain answer leaves by itself after
    so long in working hours; 0: never.
    """

    letters_per_second: Annotated[int, Field(gt=0, le=1000)] = 10
    automatic_per_hour: Annotated[int, Field(gt=0)] = 200
    authserv: Text | None = None
    inside: Literal["auth", "dkim"] | None = None
    plus: bool = True
    folder: Text = "kelisim"
    expunge: bool = True
    first_days: Annotated[int, Field(ge=0)] = 3
    questions: bool = True
    echo_minutes: Annotated[int, Field(ge=0)] = 15


class Limits(Frozen):
    """How much one person may send; `hourly` 0 means no limit. Acts that only take away are never limited."""

    burst: Annotated[int, Field(gt=0)] = 20  # updates in ten seconds
    hourly: Annotated[int, Field(ge=0)] = 200


class Broadcasting(Frozen):
    """How the operator writes to many: when a second pair of eyes is needed, when it pauses, how fast it goes.

    Above `approval_above` messages somebody else of the staff has to approve (`approval`), or it waits `delay_minutes` with a
    Stop link in the mailboxes of all who may broadcast. One that is later than `late_minutes` does not fire. It pauses when
    more than `failures_percent` of the last 200 failed. `per_second` is Telegram's limit for the whole bot. A link or button
    may lead to the operator's site and to these `hosts` (and what lies under them), nowhere else.
    """

    approval_above: Annotated[int, Field(ge=0)] = 200
    approval: bool = False
    delay_minutes: Annotated[int, Field(ge=0)] = 15
    late_minutes: Annotated[int, Field(gt=0)] = 120
    failures_percent: Annotated[int, Field(gt=0, le=100)] = 5
    per_second: Annotated[int, Field(gt=0, le=1000)] = 30
    hosts: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.\-]+$")], ...] = ()


class Route(Frozen):
    """One way to complain: what it wants and where it stands written."""

    how: Said
    article: Said


class Routes(Frozen):
    """Whom people may turn to beside the operator, and the article of that right."""

    right: Said
    authority: Route
    akimat: Route
    court: Route


class Operator(Frozen):
    """The operator file."""

    name: Said
    bin: Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
    address: Said | None = None
    site: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.\-]+\.[a-z0-9\-]+$")]
    mailbox: Address
    responsible: Responsible
    storage_place: Said
    law: Said
    authority: Said
    akimat: Said
    routes: Routes
    zone: Text
    working_hours: tuple[time, time]
    quiet_hours: tuple[time, time]
    staff: tuple[Staff, ...] = Field(min_length=1)
    purposes: dict[Code, Purpose]
    recipients: dict[Code, Recipient]
    policy_pack: PolicyPack
    earlier_packs: tuple[PolicyPack, ...] = ()
    grounds: dict[Code, Ground] = Field(min_length=1)
    holidays: Holidays
    letters: Letters
    templates: dict[Code, Template] = Field(default={})
    documents: dict[Code, DocumentEdition]
    retention: Retention
    mail: Mail
    limits: Limits = Limits()
    broadcast: Broadcasting = Broadcasting()

    @field_validator("zone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone {zone!r}") from None
        return zone

    @model_validator(mode="after")
    def _hours_have_an_order(self) -> Self:
        opens, closes = self.working_hours
        if opens >= closes:
            raise ValueError("working_hours: must open before they close")
        return self

    @cached_property
    def pairs(self) -> dict[str, Pair]:
        """Purpose × channel by code, for the purposes that are on, in the order of the file."""
        return {code: pair for code, pair in self.every_pair.items() if self.purposes[pair.purpose.code].on}

    @cached_property
    def every_pair(self) -> dict[str, Pair]:
        """The pairs of all purposes, also of those that are off: old records still name them."""
        return {
            pair_code(purpose.code, channel): Pair(
                code=pair_code(purpose.code, channel),
                purpose=purpose,
                channel=channel,
                way=way,
                recipients=tuple(self.recipients[code] for code in way.recipients),
            )
            for purpose in self.purposes.values()
            for channel, way in purpose.ways.items()
        }

    @property
    def url(self) -> str:
        """The address of the operator's site."""
        return f"https://{self.site}"

    def pack_on(self, day: date) -> PolicyPack:
        """The terms that held on a day: the youngest pack that had begun, else the oldest there is."""
        packs = sorted((self.policy_pack, *self.earlier_packs), key=lambda pack: pack.since)
        return next((pack for pack in reversed(packs) if pack.since <= day), packs[0])

    def pack_named(self, name: str, day: date) -> PolicyPack:
        """A pack by its name; the one of that day when the file no longer has it."""
        packs = (self.policy_pack, *self.earlier_packs)
        return next((pack for pack in packs if pack.name == name), self.pack_on(day))

    def lacks(self) -> list[str]:
        """What art. 8 p. 4, 12 and 25 of the Law want and this file lacks; production wants it empty."""
        return _lacking(self)


def load(path: Path | None) -> Operator:
    """Read an operator file, or the packaged sample for None.

    Raises OperatorFaults with every fault at once, an unreadable file included.
    """
    try:
        source = sample() if path is None else path.read_text(encoding="utf-8")
        raw = tomllib.loads(source)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OperatorFaults([f"the file cannot be read: {error}"]) from None
    _give_codes(raw)
    faults = crossing(raw)
    try:
        operator = Operator.model_validate(raw)
    except ValidationError as error:
        raise OperatorFaults([*plain(error), *faults]) from None
    if faults:
        raise OperatorFaults(faults)
    return operator


def sample() -> str:
    """The text of the packaged sample."""
    return resources.files("kelisim").joinpath("operator.toml").read_text(encoding="utf-8")


def _give_codes(raw: dict[str, Any]) -> None:
    """A purpose is named once, by its table."""
    purposes = raw.get("purposes")
    if isinstance(purposes, dict):
        for code, purpose in purposes.items():
            if isinstance(purpose, dict):
                purpose.setdefault("code", code)


def bin_is_true(number: str) -> bool:
    """Whether the last digit of a BIN is the checksum of the others (modulo 11, two sets of weights)."""
    digits = [int(digit) for digit in number]
    for weights in ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]):
        rest = sum(digit * weight for digit, weight in zip(digits[:11], weights, strict=True)) % 11
        if rest < 10:
            return rest == digits[11]
    return False


def _lacking(operator: Operator) -> list[str]:
    found = []
    if operator.bin == SAMPLE_BIN:
        found.append("bin: is the sample's 000000000000; give the operator's own (art. 8 p. 4(1))")
    elif not bin_is_true(operator.bin):
        found.append(f"bin: {operator.bin} is no true BIN, its checksum does not fit (art. 8 p. 4(1))")
    if operator.address is None:
        found.append("address: the operator's postal address is missing, people need it for letters on paper")
    example = load(None)
    if operator.responsible.name == example.responsible.name:
        found.append("responsible: is the sample's; name your own responsible person (art. 25 p. 3)")
    if operator.storage_place == example.storage_place:
        found.append("storage_place: is the sample's; name the place in Kazakhstan (art. 12 p. 2)")
    found += [
        f"staff: {person.name} is the sample's, not yours"
        for person in operator.staff
        if person.name in {other.name for other in example.staff}
    ]
    used = {code for pair in operator.pairs.values() for code in pair.way.recipients}
    for code in sorted(used - {"telegram"}):
        if code in example.recipients and operator.recipients[code].name == example.recipients[code].name:
            found.append(f"recipients.{code}: is the sample's; name the company (art. 8 p. 4(4))")
    return found
