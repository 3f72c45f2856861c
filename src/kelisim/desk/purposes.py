"""Why personal data are used, over which channel, for how long and who else receives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# Short, because a code travels in the 64 bytes of a button's data.
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,15}$")]
Datum = Literal["telegram_id", "words", "surname", "name", "patronymic", "email", "phone"]
Verb = Literal[
    "collected", "recorded", "stored", "updated", "used", "transferred", "blocked", "anonymised", "destroyed"
]
Channel = Literal["telegram", "email", "none"]

# The order in which a person is asked; three fields make one question, the name.
ASKED = {"surname": "name", "name": "name", "patronymic": "name", "email": "email", "phone": "phone"}


class Frozen(BaseModel):
    """Base of everything read from the operator file: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Frozen):
    """The same thing said in the three languages."""

    kk: Text
    ru: Text
    en: Text

    def to(self, locale: str) -> str:
        """The wording for `locale` (kk, ru or en); any other locale is a KeyError."""
        return {"kk": self.kk, "ru": self.ru, "en": self.en}[locale]


class Recipient(Frozen):
    """A third party that receives personal data (art. 8 p. 4(4), (5) and art. 16 of the Law)."""

    name: Said
    country: Said
    cross_border: bool
    steps: Said | None = None
    why: Said


class Way(Frozen):
    """What one channel of a purpose needs: its button, its data and its recipients.

    `required` and `optional` come with agreeing; `later` may come afterwards, if a request names it.
    """

    label: Said
    required: tuple[Datum, ...] = Field(min_length=1)
    optional: tuple[Datum, ...] = ()
    later: tuple[Datum, ...] = ()
    recipients: tuple[Code, ...] = ()

    @property
    def data(self) -> tuple[Datum, ...]:
        """All data of this way, the required first."""
        return self.required + self.optional + self.later


class Term(Frozen):
    """How long a consent lasts: `amount` years or days from the day it is given or from the last act."""

    unit: Literal["years", "days"]
    amount: int = Field(gt=0)
    counted_from: Literal["given", "last_act"] = "given"

    def valid_until(self, start: date) -> date:
        """The last day on which the consent is in force; a 29 February without its like ends on the 28th."""
        if self.unit == "days":
            return start + timedelta(days=self.amount)
        try:
            return start.replace(year=start.year + self.amount)
        except ValueError:
            return start.replace(year=start.year + self.amount, day=28)


class Purpose(Frozen):
    """One declared purpose of processing (art. 7 p. 8, art. 14 of the Law)."""

    code: Code
    on: bool
    title: Said
    why: Said
    basis: Said
    how_often: Said | None = None
    processing: tuple[Verb, ...] = Field(min_length=1)
    term_years: int | None = Field(default=None, gt=0)
    term_days: int | None = Field(default=None, gt=0)
    term_from: Literal["given", "last_act"] = "given"
    promotion: bool = False
    publication: bool = False
    ways: dict[Channel, Way] = Field(min_length=1)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if (self.term_years is None) == (self.term_days is None):
            raise ValueError("say the term once: either term_years or term_days")
        if "none" in self.ways and len(self.ways) > 1:
            raise ValueError("a purpose without a channel (ways.none) can have no other channel")
        if any(way.recipients for way in self.ways.values()) and "transferred" not in self.processing:
            raise ValueError('it has recipients, so processing must name "transferred"')
        for channel, way in self.ways.items():
            if len(set(way.data)) != len(way.data):
                raise ValueError(f"ways.{channel} names the same data twice")
            missing = {"email": "email", "telegram": "telegram_id"}.get(channel)
            if missing is not None and missing not in way.required:
                raise ValueError(f'ways.{channel} cannot reach anybody: required must name "{missing}"')
        return self

    @property
    def term(self) -> Term:
        """How long a consent to this purpose lasts."""
        if self.term_days is not None:
            return Term(unit="days", amount=self.term_days, counted_from=self.term_from)
        return Term(unit="years", amount=self.term_years or 1, counted_from=self.term_from)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels in the order of the file."""
        return tuple(self.ways)

    @property
    def data(self) -> tuple[Datum, ...]:
        """All data of all channels, each once."""
        return tuple(dict.fromkeys(datum for way in self.ways.values() for datum in way.data))


@dataclass(frozen=True)
class Pair:
    """A purpose over one channel: what a person agrees to, with its own document, number and last day."""

    code: str
    purpose: Purpose
    channel: Channel
    way: Way
    recipients: tuple[Recipient, ...]

    def label(self, locale: str) -> str:
        """The words on its button."""
        return self.way.label.to(locale)

    @property
    def needs(self) -> tuple[str, ...]:
        """What is asked after agreeing: of "name", "email", "phone"; the chat itself brings the rest."""
        asked = self.way.required + self.way.optional
        return tuple(dict.fromkeys(ASKED[datum] for datum in asked if datum in ASKED))

    @property
    def optional(self) -> tuple[str, ...]:
        """Those of `needs` that may be skipped."""
        required = {ASKED[datum] for datum in self.way.required if datum in ASKED}
        return tuple(need for need in self.needs if need not in required)

    @property
    def data(self) -> tuple[Datum, ...]:
        """All data this pair may hold, the required first."""
        return self.way.data

    @property
    def term(self) -> Term:
        """How long its consent lasts."""
        return self.purpose.term

    @property
    def cross_border(self) -> bool:
        """Whether anything leaves the country."""
        return any(recipient.cross_border for recipient in self.recipients)


def pair_code(purpose: str, channel: str) -> str:
    """The desk, and a purpose without a channel, are one pair only, so their code is the purpose's own."""
    return purpose if purpose == "desk" or channel == "none" else f"{purpose}-{channel}"
