"""What the ordeals share: their sizes, one seed, and the figures they leave behind."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest

_FIGURES = pytest.StashKey[list[str]]()


@dataclass(frozen=True)
class Sizes:
    """How much of an ordeal: small in .ci/run, full by option."""

    kills: int
    people: int
    crowd: int
    outage: int
    stops: int
    recipients: int
    seed: int

    def dice(self, name: str) -> random.Random:
        """Dice of one test: the same seed throws the same."""
        return random.Random(f"{self.seed} {name}")


class Figures:
    """Lines for the end of the run: what was measured, not only that it held."""

    def __init__(self, name: str, lines: list[str]) -> None:
        self._name, self._lines = name, lines

    def tell(self, line: str) -> None:
        """One line of figures."""
        self._lines.append(f"{self._name}: {line}")


@pytest.fixture(scope="session")
def sizes(request: pytest.FixtureRequest) -> Sizes:
    """The sizes of this run."""
    of: Any = request.config.getoption
    seed = of("--seed") or random.SystemRandom().randrange(1, 10**6)
    request.config.stash.setdefault(_FIGURES, []).append(f"seed {seed}")
    return Sizes(
        of("--kills"), of("--people"), of("--crowd"), of("--outage"), of("--stops"), of("--recipients"), seed
    )


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test tells what it saw."""
    return Figures(request.node.name, request.config.stash.setdefault(_FIGURES, []))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the seed and the figures, also when something failed."""
    if lines := config.stash.get(_FIGURES, None):
        terminalreporter.section("ordeals")
        for line in lines:
            terminalreporter.write_line(line)
