"""The working calendar of Kazakhstan: the last day of every term and why a day was not counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from holidays.countries.kazakhstan import Kazakhstan
from holidays.observed_holiday_base import ObservedRule

ZONE = "Asia/Almaty"
OFFSET = timedelta(hours=5)  # one zone for the whole country since 1 March 2024
ONE_DAY = timedelta(days=1)

_EXTRA = {"kk": "Қосымша демалыс күні", "ru": "Дополнительный выходной", "en": "Extra day off"}
# The package has no Russian names and its Kazakh ones are long: ours are those of the law's own list of days.
# Keys are the package's English names: a holiday it renames keeps the package's word, never silence.
_NAMES: dict[str, dict[str, str]] = {
    "New Year's Day": {"kk": "Жаңа жыл", "ru": "Новый год", "en": "New Year"},
    "Orthodox Christmas": {
        "kk": "Православиелік Рождество",
        "ru": "Православное Рождество",
        "en": "Orthodox Christmas",
    },
    "International Women's Day": {
        "kk": "Халықаралық әйелдер күні",
        "ru": "Международный женский день",
        "en": "International Women's Day",
    },
    "Nowruz Holiday": {"kk": "Наурыз мейрамы", "ru": "Наурыз мейрамы", "en": "Nauryz"},
    "Kazakhstan's People Solidarity Holiday": {
        "kk": "Қазақстан халқының бірлігі мерекесі",
        "ru": "Праздник единства народа Казахстана",
        "en": "Unity Day of the People of Kazakhstan",
    },
    "Defender of the Fatherland Day": {
        "kk": "Отан қорғаушы күні",
        "ru": "День защитника Отечества",
        "en": "Defender of the Fatherland Day",
    },
    "Victory Day": {"kk": "Жеңіс күні", "ru": "День Победы", "en": "Victory Day"},
    "Eid al-Adha": {"kk": "Құрбан айт", "ru": "Курбан-айт", "en": "Kurban-ait"},
    "Capital Day": {"kk": "Астана күні", "ru": "День столицы", "en": "Capital Day"},
    "Constitution Day": {
        "kk": "Қазақстан Республикасының Конституциясы күні",
        "ru": "День Конституции",
        "en": "Constitution Day",
    },
    "Republic Day": {"kk": "Қазақстан Республикасы күні", "ru": "День Республики", "en": "Republic Day"},
    "First President Day": {
        "kk": "Тұңғыш Президент күні",
        "ru": "День Первого Президента",
        "en": "First President Day",
    },
    "Independence Day": {"kk": "Тәуелсіздік күні", "ru": "День Независимости", "en": "Independence Day"},
    "Day off": _EXTRA,  # a bridge day of a past year, exchanged for a working Saturday
}
_MOVED = {
    "kk": "{name} (ауыстырылған демалыс)",
    "ru": "{name} (перенос выходного)",
    "en": "{name} (day in lieu)",
}
_EXPECTED = {"kk": "{name} (күтілетін күні)", "ru": "{name} (ожидаемая дата)", "en": "{name} (expected date)"}
_WEEKDAYS: dict[str, tuple[str, ...]] = {
    "kk": ("дүйсенбі", "сейсенбі", "сәрсенбі", "бейсенбі", "жұма", "сенбі", "жексенбі"),
    "ru": ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
# Years whose Kurban-ait stands in the official calendar although the package still calls it an estimate.
_ANNOUNCED_YEARS = frozenset({2026})


class WrongZone(RuntimeError):
    """The time zone data of this machine are missing or older than 2024a."""


def assert_zone(at: datetime) -> ZoneInfo:
    """Return the zone of Almaty; raise WrongZone unless it stands at UTC+5 (old data say +6)."""
    try:
        zone = ZoneInfo(ZONE)
    except ZoneInfoNotFoundError as missing:
        raise WrongZone(f"{ZONE} is unknown: install tzdata 2024a or newer") from missing
    offset = at.astimezone(zone).utcoffset()
    if offset != OFFSET:
        raise WrongZone(f"{ZONE} stands at {offset} from UTC, not at {OFFSET}: install tzdata 2024a or newer")
    return zone


@dataclass(frozen=True, slots=True)
class Due:
    """A term and how it was counted; `skipped` are the days off between the receipt and the last day."""

    received: date
    n: int
    first: date
    last: date
    skipped: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day that was not counted and its name in the language asked for."""

    day: date
    name: str


class _KazakhstanDays(Kazakhstan):
    """The package's calendar with the operator's weekend: a holiday on a day of rest moves on."""

    def __init__(self, weekend: frozenset[int]) -> None:
        self.weekend = set(weekend)
        super().__init__(language="en_US", observed_rule=ObservedRule({day: +7 for day in weekend}))


@cache
def _days_of(weekend: frozenset[int]) -> _KazakhstanDays:
    """One package calendar per weekend: it fills itself year by year."""
    return _KazakhstanDays(weekend)


class Calendar:
    """Working days: the package's holidays, then the operator's own lists on top (weekend: 0 = Monday)."""

    def __init__(
        self,
        extra_days_off: Iterable[date] = (),
        extra_working_days: Iterable[date] = (),
        weekend: Iterable[int] = (5, 6),
    ) -> None:
        """Raise ValueError for a day in both lists and for a weekend that leaves nothing to count."""
        self.extra_days_off = frozenset(extra_days_off)
        self.extra_working_days = frozenset(extra_working_days)
        self.weekend = frozenset(weekend)
        both = sorted(self.extra_days_off & self.extra_working_days)
        if both:
            raise ValueError(f"{both[0]} is listed both as a day off and as a working day")
        if not self.weekend < frozenset(range(7)):
            raise ValueError("the weekend is a list of numbers from 0 (Monday) to 6, and not the whole week")
        self._days = _days_of(self.weekend)

    def is_working(self, day: date) -> bool:
        """Tell whether the day counts; the operator's lists win over the package."""
        _refuse_moment(day)
        if day in self.extra_working_days:
            return True
        return day not in self.extra_days_off and bool(self._days.is_working_day(day))

    def next_working(self, day: date) -> date:
        """The first working day after the given one."""
        day += ONE_DAY
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def due(self, received: date, working_days: int) -> Due:
        """Count a term: the day after the receipt is the first that can count (Civil Code art. 173)."""
        _refuse_moment(received)
        if working_days < 1:
            raise ValueError("a term is at least one working day")
        day, first, left, skipped = received, None, working_days, []
        while left:
            day += ONE_DAY
            if self.is_working(day):
                first = first or day
                left -= 1
            else:
                skipped.append(day)
        return Due(received, working_days, first or day, day, tuple(skipped))

    def explain(self, due: Due, locale: str) -> tuple[DayOff, ...]:
        """The days a term did not count, each with its name, in order."""
        return tuple(DayOff(day, self.day_off_name(day, locale)) for day in due.skipped)

    def day_off_name(self, day: date, locale: str) -> str:
        """Why the day is free: its holiday, the operator's list, or the day of the week."""
        return self.holiday_name(day, locale) or (
            _EXTRA[locale] if day in self.extra_days_off else _WEEKDAYS[locale][day.weekday()]
        )

    def holiday_name(self, day: date, locale: str) -> str | None:
        """The name of the holiday on that day, or None; a moved day and a date not yet announced say so."""
        if day in self.extra_working_days:
            return None
        names = dict.fromkeys(self._named(name, day, locale) for name in self._days.get_list(day))
        return "; ".join(names) or None

    def is_expected(self, day: date) -> bool:
        """Tell whether the day is off only by an estimate (Kurban-ait before it is announced)."""
        announced = day.year in _ANNOUNCED_YEARS or day in self.extra_days_off | self.extra_working_days
        return not announced and any("estimated" in name for name in self._days.get_list(day))

    def _named(self, english: str, day: date, locale: str) -> str:
        """Our name for one of the package's English names, with its remarks."""
        plain, _, remark = english.partition(" (")
        name = _NAMES.get(plain, {}).get(locale, plain)
        if "observed" in remark:
            name = _MOVED[locale].format(name=name)
        if "estimated" in remark and self.is_expected(day):
            name = _EXPECTED[locale].format(name=name)
        return name


def _refuse_moment(day: date) -> None:
    """A moment is not a day: which day it is depends on the zone, so the caller must have chosen."""
    if isinstance(day, datetime):
        raise TypeError("a date in Almaty is needed, not a moment")


def holiday_name(day: date, locale: str) -> str | None:
    """The name of a holiday in the calendar without an operator's lists, or None."""
    return _PLAIN.holiday_name(day, locale)


_PLAIN = Calendar()
