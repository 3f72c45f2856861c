"""`kelisim check`: everything that is missing or wrong, each by its name, and a status other programs can read."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.doorstep import Doorstep, doorstep_on
from tests.test_app import opens, sample, trial

from kelisim import checks, opening, texts
from kelisim.desk import deadlines
from kelisim.settings import Settings

SMTP = {"KELISIM_SMTP": "smtp://127.0.0.1:1025"}


async def found(settings: Settings) -> dict[str, checks.Section]:
    return {section.name: section for section in await checks.run(settings)}


async def faults(settings: Settings) -> list[str]:
    return [fault for section in (await found(settings)).values() for fault in section.faults]


async def test_a_trial_in_order_has_no_fault_and_says_that_it_is_one(store_url: str, tmp_path: Path) -> None:
    settings = trial(store_url, tmp_path, **SMTP)
    await opens(settings)
    sections = await found(settings)
    assert await faults(settings) == []
    assert "a trial" in " ".join(sections["machine"].notes)
    assert any("there are no links" in note for note in sections["machine"].notes)


async def test_a_store_that_was_never_migrated_is_named(tmp_path: Path) -> None:
    settings = trial(f"sqlite:///{tmp_path / 'new.db'}", tmp_path)
    assert any("kelisim migrate" in fault for fault in await faults(settings))


async def test_an_operator_file_tells_all_its_faults_at_once(sqlite_url: str, tmp_path: Path) -> None:
    path = sample(tmp_path, ('bin = "000000000000"', 'bin = "1"\nsurprise = 1'))
    sections = await found(trial(sqlite_url, tmp_path, KELISIM_OPERATOR=str(path)))
    assert len(sections["operator file"].faults) >= 2
    assert sections["store"].notes == ["not looked at until the rest is right"]


async def test_a_text_changed_under_its_version_is_a_fault(sqlite_url: str, tmp_path: Path) -> None:
    """T-ADMIN-01."""
    await opens(trial(sqlite_url, tmp_path))
    path = sample(tmp_path, ('mailbox = "info@alit.kz"', 'mailbox = "other@alit.kz"'))
    told = await faults(trial(sqlite_url, tmp_path, KELISIM_OPERATOR=str(path)))
    assert any("published with another text" in fault for fault in told)


TAMPERED = {
    "UPDATE consents SET state = 'withdrawn' WHERE purpose = 'desk'": "in the records",
    "UPDATE consent_counts SET n = n + 1": "counted",
    "UPDATE ledger SET verb = 'destroyed' WHERE position = 1": "does not hold from place 1",
    "DELETE FROM ledger WHERE position = (SELECT max(position) FROM ledger)": "names a head that is no longer",
    "UPDATE facts SET value = 'x' WHERE name = 'lookup'": "lookup is not the one",
}


@pytest.mark.parametrize("statement", TAMPERED)
async def test_a_store_that_was_tampered_with_is_named(
    sqlite_url: str, tmp_path: Path, statement: str
) -> None:
    """I4, I5, T-STORE-13."""
    settings = trial(sqlite_url, tmp_path)
    desk = opening.open_desk(settings)
    async with doorstep_on(sqlite_url, desk=desk) as step:
        await lives(step)
    assert await faults(settings) == []
    with closing(sqlite3.connect(sqlite_url.partition("///")[2], isolation_level=None)) as file:
        file.execute(statement)
    told = await faults(settings)
    assert any(TAMPERED[statement] in fault for fault in told), told


async def lives(step: Doorstep) -> None:
    saule = await step.person("saule").registers()
    await step.caretaker()
    await saule.say("STOP")


async def test_entries_that_wait_for_their_seal_are_noted(sqlite_url: str, tmp_path: Path) -> None:
    """T-STORE-12: the age of what is not sealed is told."""
    settings = trial(sqlite_url, tmp_path)
    async with doorstep_on(sqlite_url, desk=opening.open_desk(settings)) as step:
        step.later(minutes=-3)
        await step.person("saule").registers()
    notes = (await found(settings))["store"].notes
    assert any("wait for their seal" in note for note in notes)


async def test_a_machine_in_another_zone_is_a_fault(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-ADMIN-02."""

    def old(at: object) -> None:
        raise deadlines.WrongZone("Almaty is UTC+6 here: take tzdata of 2024a or later")

    monkeypatch.setattr(checks, "assert_zone", old)
    assert "Almaty is UTC+6" in " ".join(await faults(trial(sqlite_url, tmp_path)))


@pytest.mark.parametrize(("version", "warned"), [((3, 11, 7), True), ((3, 11, 2), False), ((3, 11, 10), False),
                                                 ((3, 12, 1), True), ((3, 12, 7), False), ((3, 13, 0), False)])  # fmt: skip
def test_a_python_that_lets_line_breaks_into_headers_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], warned: bool
) -> None:
    """T-LET-05."""
    monkeypatch.setattr(checks.sys, "version_info", (*version, "final", 0))  # type: ignore[attr-defined]
    section = checks.Section("machine")
    checks._machine(section, trial(f"sqlite:///{tmp_path / 'x.db'}", tmp_path))
    assert any("CVE-2024-6923" in note for note in section.notes) == warned


CATALOGUE = """msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Not translated"
msgstr ""

#, fuzzy
msgid "Fuzzy"
msgstr "Нечётко"

msgid "Hello {name}"
msgstr "Здравствуйте, {nom}"

msgid "Number {number}"
msgstr "Номер"

msgid "Fine {n}"
msgstr "Хорошо {n}"
"""


def test_catalogues_are_compared_with_the_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for locale in ("kk", "ru"):
        (tmp_path / locale / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / locale / "LC_MESSAGES" / "kelisim.po").write_text(CATALOGUE, "utf-8")
    monkeypatch.setattr(texts, "LOCALES_FOLDER", tmp_path)
    told = checks.catalogues()
    assert "en: there is no catalogue" in told
    for fault in ("not translated: Not translated", "not translated: Fuzzy", "other placeholders: Hello {name}",
                  "a placeholder is missing: Hello {name}", "a placeholder is missing: Number {number}"):  # fmt: skip
        assert f"ru: {fault}" in told
    assert not [fault for fault in told if "Fine" in fault]


def test_our_own_catalogues_are_whole() -> None:
    assert checks.catalogues() == []


def command(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    source = str(Path(__file__).parents[1] / "src")
    return subprocess.run(
        [sys.executable, "-m", "kelisim", *arguments], env={"PYTHONPATH": source, "PATH": "/usr/bin:/bin", **env},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_status_tells_whether_all_is_well(sqlite_url: str, tmp_path: Path) -> None:
    env = {"KELISIM_BOT_API": "http://127.0.0.1:9", "KELISIM_DATABASE": sqlite_url, "KELISIM_HOME": str(tmp_path),
           "HOME": str(tmp_path)}  # fmt: skip
    fine = command("check", env=env)
    assert (fine.returncode, fine.stderr) == (0, ""), fine.stdout
    assert "✘" not in fine.stdout
    env["KELISIM_LOOKUP_KEY"] = "short"
    env["KELISIM_LISTEN"] = "nowhere"
    wrong = command("check", env=env)
    assert wrong.returncode == 1
    assert (
        wrong.stdout.count("✘") == 2 and "KELISIM_LOOKUP_KEY" in wrong.stdout and "short" not in wrong.stdout
    )
