"""How kelisim is started for the benchmark: a real process that is set by environment variables only."""

import importlib.util
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

SERVE = ("kelisim", "serve")
PREPARE = (("kelisim", "migrate"),)  # run before, in the same environment, outside all figures
RECEIPT = "sendDocument"  # what follows an act of consent by itself; counted beside the replies
EXTRA: dict[str, str] = {}  # further environment that the program should be measured with


def missing() -> str | None:
    """Why kelisim cannot be measured here, in words; None when it can."""
    if importlib.util.find_spec("kelisim") is None and not (REPOSITORY / "src/kelisim").is_dir():
        return "kelisim is neither installed nor beside the tests"
    if source() and not (REPOSITORY / "src/kelisim/__main__.py").is_file():
        return "kelisim has no __main__ yet"
    return None


def source() -> str | None:
    """The folder to put on PYTHONPATH when kelisim is not installed."""
    return str(REPOSITORY / "src") if importlib.util.find_spec("kelisim") is None else None


def command(arguments: tuple[str, ...], profile: Path | None = None) -> list[str]:
    """The command line for a module with arguments; with `profile`, under the profiler that writes there."""
    launcher = [str(Path(__file__).with_name("profiled.py")), str(profile)] if profile else ["-m"]
    return [sys.executable, *launcher, *arguments]


def environment(
    api: str, token: str, updates: str, secret: str, listen: str, home: Path, database: str
) -> dict[str, str]:
    """The variables of one run; `updates` is "webhook" or "polling", `listen` is host:port."""
    settings = {
        "KELISIM_TOKEN": token,
        "KELISIM_BOT_API": api,
        "KELISIM_UPDATES": updates,
        "KELISIM_WEBHOOK_SECRET": secret,
        "KELISIM_LISTEN": listen,
        "KELISIM_URL": f"http://{listen}",
        "KELISIM_HOME": str(home),
        "KELISIM_DATABASE": database,
        **EXTRA,
    }
    if updates != "webhook":
        del settings["KELISIM_WEBHOOK_SECRET"]
    if path := source():
        settings["PYTHONPATH"] = path
    return settings
