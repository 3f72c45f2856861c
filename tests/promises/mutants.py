"""Prove that every promise has a test that can fail: break one line of the program, run its tests, expect a failure.

`python -m tests.promises.mutants [--only P09]`: the program is copied to a temporary folder, so the checkout stays as
it is. The lines stand in `mutants.toml`; one that no longer stands in its file exactly once is an error.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import tomllib
import traceback
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIBRARIES = ("aiogram", "aiosmtplib", "aiosqlite", "alembic.command", "babel.messages.pofile", "cryptography.x509",
             "email_validator", "holidays", "phonenumbers", "pydantic",
             "sqlalchemy.ext.asyncio")  # fmt: skip
PASSED, FAILED = 0, 1  # exit statuses of pytest; any other means that no test has judged


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line of the program, what it is replaced by, and the tests that must notice."""

    promise: str
    file: str
    old: str
    new: str
    breaks: str

    @property
    def tests(self) -> str:
        """The promise's own file of tests."""
        (found,) = HERE.glob(f"test_{_number(self.promise).lower()}_*.py")
        return str(found.relative_to(ROOT))


def _number(promise: str) -> str:
    """P09 of P09-LETTER: a promise kept at two doors may have a line at each."""
    return promise.partition("-")[0]


def read() -> list[Mutant]:
    """All mutants; raises SystemExit naming every one that cannot be made and every promise without one."""
    entries = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))
    mutants = [Mutant(promise, **entry) for promise, entry in entries.items()]
    faults = []
    for mutant in mutants:
        times = (ROOT / "src" / "kelisim" / mutant.file).read_text(encoding="utf-8").count(mutant.old)
        if times != 1:
            faults.append(
                f"{mutant.promise}: its line stands {times} times in {mutant.file}, not once: {mutant.old}"
            )
    told = {path.name.split("_")[1].upper() for path in HERE.glob("test_p*_*.py")}
    mutated = set(map(_number, entries))
    faults += [f"{promise}: has tests and no mutant" for promise in sorted(told - mutated)]
    faults += [f"{promise}: has a mutant and no tests" for promise in sorted(mutated - told)]
    if faults:
        raise SystemExit("\n".join(faults))
    return mutants


def run(house: Path, tests: list[str]) -> tuple[int, str]:
    """Run tests against the program in this house: pytest's exit status and what it said.

    In a fork of this process, which has read the libraries already: they take longer than most of the tests.
    """
    said = house / "said"
    child = os.fork()
    if child == 0:
        status = 3
        try:
            with said.open("wb") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            os.chdir(ROOT)
            sys.dont_write_bytecode = True
            status = pytest.main(["-x", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(ROOT),
                                  "-o", f"pythonpath={house / 'src'} {ROOT}", *tests])  # fmt: skip
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    _child, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended), said.read_text(encoding="utf-8", errors="replace")


def copy(folder: Path) -> Path:
    """A copy of the program that reads the repository's own sentences."""
    house = Path(tempfile.mkdtemp(dir=folder))
    shutil.copytree(ROOT / "src", house / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (house / "locales").symlink_to(ROOT / "locales")
    return house


def prove(folder: Path, mutant: Mutant) -> tuple[str, float]:
    """Break the line in a copy of its own: `caught`, or what happened instead."""
    began = time.monotonic()
    house = copy(folder)
    path = house / "src" / "kelisim" / mutant.file
    path.write_text(path.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
    status, said = run(house, [mutant.tests])
    shutil.rmtree(house)
    told = {FAILED: "caught", PASSED: "NOT NOTICED"}.get(status, f"NO TEST JUDGED ({status})\n{said[-2000:]}")
    return told, time.monotonic() - began


def main() -> int:
    """Prove all of them, or the named ones; 0 when every one was caught."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", nargs="+", metavar="P09", help="these promises alone")
    options = asked.parse_args()
    mutants = read()
    if options.only:
        wanted = {promise.upper() for promise in options.only}
        mutants = [mutant for mutant in mutants if mutant.promise in wanted]
        if missing := wanted - {mutant.promise for mutant in mutants}:
            raise SystemExit(f"there is no mutant for {', '.join(sorted(missing))}")
    began = time.monotonic()
    for library in LIBRARIES:
        import_module(library)
    with tempfile.TemporaryDirectory(prefix="kelisim-mutants-") as name:
        folder = Path(name)
        status, said = run(copy(folder), [mutant.tests for mutant in mutants])
        if status != PASSED:
            print(f"the tests fail on the program as it is:\n{said[-4000:]}")
            return 1
        print(f"as it is: every test passes ({time.monotonic() - began:.0f} s)", flush=True)
        missed = 0
        for mutant in mutants:
            told, seconds = prove(folder, mutant)
            missed += told != "caught"
            print(f"{mutant.promise}  {told:12} {seconds:5.1f} s  {mutant.file}: {mutant.breaks}", flush=True)
    print(f"{len(mutants) - missed} of {len(mutants)} caught, {time.monotonic() - began:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
