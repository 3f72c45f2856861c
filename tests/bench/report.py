"""What the passes say together: medians, ratios to the bare echo bot, goals and floors; table and JSON."""

from dataclasses import dataclass
from statistics import median

from .cases import A2, Case, Outcome

FLOOR_ECHO, FLOOR_SESSION = 0.75, 4.0
COLUMNS = (
    *("case", "x a2", "min-max", "upd/s", "CPU s/1000", "x", "p50 ms", "p99 ms", "x", "MB", "x"),
    *("ready s", "x", "done", "lost", "receipts", "load"),
)


@dataclass(frozen=True)
class Row:
    """The medians of one case over its passes; every `…_ratio` is the median of ratios within one pass."""

    case: Case
    outcomes: tuple[Outcome, ...]
    ratio: float
    cpu_ratio: float
    p99_ratio: float
    memory_ratio: float
    ready_ratio: float
    spread: tuple[float, float]  # smallest and largest ratio

    def median(self, figure: str) -> float:
        """The median of one figure of the outcomes."""
        return float(median(getattr(outcome, figure) for outcome in self.outcomes))

    def total(self, figure: str) -> int:
        """The sum of one count of the outcomes."""
        return sum(getattr(outcome, figure) for outcome in self.outcomes)


@dataclass(frozen=True)
class Verdict:
    """A goal or floor beside what was measured; `met` is None when this run did not measure it."""

    name: str
    wanted: str
    measured: str
    met: bool | None


Passes = list[dict[str, Outcome]]  # per pass: the outcome by the name of its case


def rows(cases: list[Case], passes: Passes) -> list[Row]:
    """The cases that at least one pass measured beside the bare echo bot."""
    made = []
    for case in cases:
        pairs = [(p[case.name], p[A2.name]) for p in passes if case.name in p and A2.name in p]
        if not pairs:
            continue
        ratios = [_over(a.per_second, b.per_second) for a, b in pairs]
        made.append(
            Row(
                case,
                tuple(a for a, _ in pairs),
                median(ratios),
                median(_over(a.cpu_per_1000, b.cpu_per_1000) for a, b in pairs),
                median(_over(a.p99, b.p99) for a, b in pairs),
                median(_over(a.memory, b.memory) for a, b in pairs),
                median(_over(a.ready, b.ready) for a, b in pairs),
                (min(ratios), max(ratios)),
            )
        )
    return made


def between(passes: Passes, one: Case, other: Case) -> float | None:
    """How many times `other`'s rate `one` reaches: the median of the passes that measured both."""
    ratios = [
        _over(p[one.name].per_second, p[other.name].per_second)
        for p in passes
        if one.name in p and other.name in p
    ]
    return median(ratios) if ratios else None


def goals(passes: Passes, measured: list[Row]) -> list[Verdict]:
    """The goals U1-U6 and U8 of the design's performance document, as far as this run measured them."""
    by_name = {row.case.name: row for row in measured}
    made: list[Verdict] = []
    for database in ("sqlite", "postgres"):
        flow, consent = (Case("kelisim", w, database=database) for w in ("flow", "consent"))
        session = Case("session", "flow", database=database)
        slow = Case("kelisim", "flow", database=database, latency=0.05)
        at_least = 5.0 if database == "sqlite" else 2.0
        if database == "sqlite":
            made.append(_at_least("U1 flow / a2", 1.0, between(passes, flow, A2)))
            made.append(_at_least("U1 consent step / a2", 0.75, between(passes, consent, A2)))
        times = between(passes, flow, session)
        made.append(_at_least(f"U2 flow / session per update ({database})", at_least, times))
        if row := by_name.get(flow.name):
            made.append(_at_most(f"U5 p99 / a2's ({database})", 0.3, row.p99_ratio))
            made.append(_at_most(f"U8 memory / a2's ({database})", 1.2, row.memory_ratio))
            made.append(_at_most(f"U8 time to ready / a2's ({database})", 1.2, row.ready_ratio))
        made.append(_at_least(f"U6 at 50 ms / at 0 ms ({database})", 0.95, between(passes, slow, flow)))
    return [verdict for verdict in made if verdict.met is not None]


def floors(passes: Passes, measured: list[Row]) -> list[Verdict]:
    """What must hold for --assert: the two floors on SQLite, and that kelisim lost nothing."""
    flow = Case("kelisim", "flow", database="sqlite")
    session = Case("session", "flow", database="sqlite")
    faults = sum(
        row.total("lost") + row.total("unanswered_presses") + row.total("unconfirmed")
        for row in measured
        if row.case.bot == "kelisim"
    )
    return [
        _at_least("floor: flow / a2", FLOOR_ECHO, between(passes, flow, A2)),
        _at_least("floor: flow / session per update", FLOOR_SESSION, between(passes, flow, session)),
        Verdict("floor: turns lost, presses unanswered", "0", str(faults), faults == 0),
    ]


def table(measured: list[Row]) -> str:
    """The rows as aligned columns."""
    lines = [COLUMNS]
    for row in measured:
        lines.append(
            (
                row.case.name,
                f"{row.ratio:.2f}",
                f"{row.spread[0]:.2f}-{row.spread[1]:.2f}",
                f"{row.median('per_second'):.0f}",
                f"{row.median('cpu_per_1000'):.2f}",
                f"{row.cpu_ratio:.2f}",
                f"{row.median('p50') * 1000:.0f}",
                f"{row.median('p99') * 1000:.0f}",
                f"{row.p99_ratio:.2f}",
                f"{row.median('memory'):.0f}",
                f"{row.memory_ratio:.2f}",
                f"{row.median('ready'):.1f}",
                f"{row.ready_ratio:.2f}",
                str(row.total("done")),
                str(row.total("lost") + row.total("unanswered_presses") + row.total("unconfirmed")),
                str(row.total("receipts")),
                f"{row.median('load'):.0%}",
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def as_json(measured: list[Row], verdicts: list[Verdict], about: dict[str, object]) -> dict[str, object]:
    """Everything of the run as plain values."""
    return {
        "about": about,
        "cases": [
            {
                "name": row.case.name,
                "ratio": row.ratio,
                "ratio_spread": row.spread,
                "cpu_ratio": row.cpu_ratio,
                "p99_ratio": row.p99_ratio,
                "memory_ratio": row.memory_ratio,
                "ready_ratio": row.ready_ratio,
                "passes": [outcome.as_json() for outcome in row.outcomes],
            }
            for row in measured
        ],
        "verdicts": [vars(verdict) for verdict in verdicts],
    }


def verdict_lines(verdicts: list[Verdict]) -> str:
    """One line per verdict."""
    words = {True: "met", False: "MISSED", None: "not measured"}
    return "\n".join(f"{v.name}: {v.measured} (wanted {v.wanted}) {words[v.met]}" for v in verdicts)


def _over(one: float, other: float) -> float:
    return one / other if other else 0.0


def _at_least(name: str, wanted: float, measured: float | None) -> Verdict:
    if measured is None:
        return Verdict(name, f">= {wanted:g}", "-", None)
    return Verdict(name, f">= {wanted:g}", f"{measured:.2f}", measured >= wanted)


def _at_most(name: str, wanted: float, measured: float) -> Verdict:
    return Verdict(name, f"<= {wanted:g}", f"{measured:.2f}", measured <= wanted)
