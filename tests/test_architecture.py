"""The arrows of the house: who may import whom, and what is said in one place only."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "kelisim"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

LEAVES = {"clock", "texts", "settings", "limiter", ""}  # "" is the package itself, which holds the version
RULES = LEAVES | {"store", "desk"}
SEES = {
    "": set(),
    "clock": set(),
    "texts": set(),
    "settings": set(),
    "limiter": set(),
    "logs": set(),
    "store": LEAVES,
    "desk": LEAVES | {"store"},
    "telegram": RULES,
    "web": RULES,
    "mail": RULES,
    "courier": RULES,
    "caretaker": RULES,
    "sandbox": set(),
}
SEE_EVERYTHING = {
    "app",
    "opening",
    "upkeep",
    "__main__",
    "commands",
    "checks",
    "demonstration",
}  # the commands and what they start
WIRES = {"aiogram", "aiohttp", "aiosmtplib", "aiosmtpd", "smtplib", "imaplib", "socket", "asyncio", "http"}
SANDBOX_NEEDS = {"aiohttp", "aiosmtpd", "sqlalchemy", "asyncpg", "aiosqlite"}
LOADED_BY_NAME = {"aiosqlite", "asyncpg", "tzdata"}  # by SQLAlchemy and zoneinfo


def layer(module: str) -> str:
    return module.partition(".")[2].partition(".")[0]


def imports(module: str, tree: ast.Module) -> Iterator[str]:
    """Every module an import statement may reach, those inside functions and TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield f"{module.rpartition('.')[0]}.relative"
        elif isinstance(node, ast.ImportFrom) and node.module == "kelisim":
            yield from (f"kelisim.{name.name}" for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def wrong_arrows(module: str, tree: ast.Module) -> list[str]:
    here = layer(module)
    if here in SEE_EVERYTHING:
        return []
    if here not in SEES:
        return [f"{module} has no place in the house"]
    faults = []
    for name in imports(module, tree):
        package = name.partition(".")[0]
        if name.endswith(".relative"):
            faults.append(f"{module} imports by dots instead of by name")
        elif package == "kelisim":
            there = "" if name == "kelisim.__version__" else layer(name)
            if there != here and there not in SEES[here]:
                faults.append(f"{module} imports {name}")
        elif here == "desk" and package in WIRES:
            faults.append(f"{module} imports {name}: the desk waits for no wire")
        elif here == "sandbox" and package not in SANDBOX_NEEDS | sys.stdlib_module_names:
            faults.append(f"{module} imports {name}: the sandbox stands outside")
    return faults


def second_clocks(module: str, tree: ast.Module) -> list[str]:
    """Places that read the time by themselves; the sandbox is another program with its own clock."""
    if module == "kelisim.clock" or layer(module) == "sandbox":
        return []
    clocks = r"(datetime|date|dt)(\.(datetime|date))?\.(now|utcnow|today)|time\.time(_ns)?|func\.now"
    return [
        f"{module}:{node.lineno} reads a clock of its own"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and re.fullmatch(clocks, ast.unparse(node.func))
    ]


def made_up_statements(module: str, tree: ast.Module) -> list[str]:
    """SQL put together from strings, where a value could become a command."""
    return [
        f"{module}:{node.lineno} builds SQL from pieces"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and re.search(r"^((sa|sqlalchemy)\.)?text$|\.exec_driver_sql$", ast.unparse(node.func))
        and node.args
        and not isinstance(node.args[0], ast.Constant | ast.Name | ast.Attribute)
    ]


def silent_modules(module: str, tree: ast.Module) -> list[str]:
    return [] if ast.get_docstring(tree) or not tree.body else [f"{module} does not say what it is"]


CHECKS = (wrong_arrows, second_clocks, made_up_statements, silent_modules)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_has_none_of(check: object) -> None:
    assert callable(check)
    assert [fault for module, tree in modules() for fault in check(module, tree)] == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("kelisim.desk.consents", "from kelisim.telegram import keyboards"),
        ("kelisim.desk.consents", "from kelisim import app"),
        ("kelisim.desk.consents", "import aiogram.types"),
        ("kelisim.desk.consents", "def wait():\n    import asyncio"),
        ("kelisim.desk.consents", "from . import cases"),
        ("kelisim.store.models", "from kelisim.desk import consents"),
        ("kelisim.clock", "from kelisim.texts import day"),
        ("kelisim.telegram.bot", "from kelisim.web.site import site"),
        ("kelisim.courier.loop", "from kelisim.caretaker import sealing"),
        ("kelisim.sandbox.post", "from kelisim import texts"),
        ("kelisim.sandbox.post", "import aiogram"),
        ("kelisim.utils", "import os"),
        ("kelisim.desk.cases", "from datetime import datetime\nat = datetime.now(UTC)"),
        ("kelisim.web.site", "import datetime\nat = datetime.date.today()"),
        ("kelisim.store.models", "from sqlalchemy import func\nat = func.now()"),
        ("kelisim.store.models", "statement = sa.text(f'DELETE FROM {table}')"),
        ("kelisim.store.models", "text('SELECT ' + column)"),
        ("kelisim.store.models", "connection.exec_driver_sql('SELECT %s' % value)"),
    ],
)
def test_a_wrong_line_is_found(module: str, line: str) -> None:
    tree = ast.parse(f'"""A module that says what it is."""\n{line}')
    assert [fault for check in CHECKS for fault in check(module, tree)] != []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("kelisim.app", "from kelisim import sandbox, telegram"),
        ("kelisim.telegram.bot", "import aiogram\nfrom kelisim.desk import consents"),
        ("kelisim.desk.visit", "from kelisim.store.models import Subject\nat = clock.now()"),
        ("kelisim.sandbox.post", "import aiosmtpd, time\nfrom kelisim.sandbox.town import Town\ntime.time()"),
        ("kelisim.store.models", "text('SELECT 1')"),
    ],
)
def test_a_right_line_is_left_alone(module: str, line: str) -> None:
    tree = ast.parse(f'"""A module that says what it is."""\n{line}')
    assert [fault for check in CHECKS for fault in check(module, tree)] == []


def distribution(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    outside = {
        name.partition(".")[0]
        for module, tree in modules()
        for name in imports(module, tree)
        if name.partition(".")[0] not in sys.stdlib_module_names | {"kelisim"}
    }
    providers = packages_distributions()
    imported = {distribution(providers.get(name, [name])[0]) for name in outside}
    extras = PROJECT["optional-dependencies"]
    declared = {distribution(line) for line in PROJECT["dependencies"]}
    optional = {distribution(line) for line in extras["postgres"] + extras["pdf"]}
    assert imported - declared - optional == set()
    assert declared - imported - LOADED_BY_NAME == set()


@pytest.mark.parametrize(
    ("file", "extras"),
    [
        ("requirements.lock", ["postgres"]),
        (".ci/tests.lock", ["postgres", "test"]),
        (".ci/all.lock", list(PROJECT["optional-dependencies"])),
    ],
)
def test_a_lock_file_pins_everything_declared_by_hash_and_names_no_registry(
    file: str, extras: list[str]
) -> None:
    lock = (ROOT / file).read_text()
    pinned = set(
        re.findall(r"^([a-z0-9-]+)==[^\s;]+.* \\\n    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)
    )
    declared = PROJECT["dependencies"] + [
        line for extra in extras for line in PROJECT["optional-dependencies"][extra]
    ]
    assert {distribution(line) for line in declared} - pinned == set()
    assert len(pinned) == len(re.findall(r"^\S", lock, re.MULTILINE))
    assert "://" not in lock
