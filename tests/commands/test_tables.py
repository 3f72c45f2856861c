"""Tables of other programs: the encodings and separators people have, Excel, and files that want to hurt."""

from __future__ import annotations

import csv
import struct
import zipfile
from datetime import date
from pathlib import Path

import pytest
from tests.commands.workbooks import Formula, workbook

from kelisim.commands import tables
from kelisim.commands.tables import Unreadable

HEADER = ["e-mail", "Тегі", "Күні"]
PEOPLE = [["aigul@mail.kz", "Нұрланова; Ә.", "1"], ["dias@mail.kz", 'Ахметов "младший"', "2"]]
RUSSIAN = [["aigul@mail.kz", "Нурланова", "1"]]


def cells(path: Path, encoding: str = "") -> list[list[str]]:
    return [row.cells for row in tables.opened(path, encoding).rows]


def written(path: Path, encoding: str, separator: str, rows: list[list[str]]) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_is_read_as_it_was_meant(tmp_path: Path, encoding: str, separator: str) -> None:
    path = written(tmp_path / "a.csv", encoding, separator, [HEADER, *PEOPLE])
    assert cells(path) == [HEADER, *PEOPLE]


def test_what_windows_writes_for_cyrillic_is_read_and_kazakh_by_its_name(tmp_path: Path) -> None:
    header = ["e-mail", "Фамилия", "Дата"]
    russian = written(tmp_path / "ru.csv", "cp1251", ";", [header, *RUSSIAN])
    assert tables.opened(russian).how == "cp1251, semicolons"
    assert cells(russian) == [header, *RUSSIAN]
    kazakh = written(tmp_path / "kk.csv", "kz1048", ";", [HEADER, *PEOPLE])
    assert cells(kazakh, "kz1048") == [HEADER, *PEOPLE]


def test_rows_are_numbered_as_excel_numbers_them(tmp_path: Path) -> None:
    """An address in two lines is one row, an empty line is one too."""
    path = tmp_path / "a.csv"
    path.write_text('e-mail,evidence\na@mail.kz,"two\nlines"\n\nb@mail.kz,x\n')
    assert [(row.number, row.cells[:1]) for row in tables.opened(path).rows] == [
        (1, ["e-mail"]), (2, ["a@mail.kz"]), (3, []), (4, ["b@mail.kz"]),
    ]  # fmt: skip


def test_excel_cells_are_read_as_a_person_sees_them(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [["e-mail", "telegram id", "agreed at", "proved", "evidence"], [], [None, 5001.0, date(2026, 3, 1), True, "№ 1"],
         ["a@mail.kz", 77010001234, "01.03.2026", False, Formula('HYPERLINK("http://evil")=form 7')]],
    )  # fmt: skip
    assert [(row.number, row.cells) for row in tables.opened(path).rows] == [
        (1, ["e-mail", "telegram id", "agreed at", "proved", "evidence"]),
        (2, ["", "", "", "", ""]),
        (3, ["", "5001", "2026-03-01", "yes", "№ 1"]),
        (4, ["a@mail.kz", "77010001234", "01.03.2026", "no", "form 7"]),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"PK\x03\x04 nothing", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old Excel"),
        (b"e-mail\0\0\0,x\n", "no text"),
        (b"e-mail,x\na@mail.kz,\x98\xff\n", "not written in cp1251"),
        (b'e-mail,x\n"a@mail.kz"z,1\n', "row 2: its quotation marks"),
        (b"e-mail,x\na@mail.kz," + b"x" * 2000 + b"\n", "row 2"),
        (b"e-mail" + b"," * 200 + b"\n", "more than 100 columns"),
        (b"e-mail,x\n" + b"x" * 300_000, "row 2"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=says) as told:
        cells(path)
    assert "aigul" not in str(told.value) and "a@mail.kz" not in str(told.value)


def test_a_bomb_is_counted_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-STORE-17: what unpacks to a thousand times its size never stands in memory."""
    monkeypatch.setattr(tables, "UNPACKED", 8 << 20)
    path = workbook(tmp_path / "a.xlsx", [["e-mail"]], beside=bytes(32 << 20))
    assert path.stat().st_size < 100_000
    with pytest.raises(Unreadable, match="unpacks to too much"):
        tables.opened(path)


def test_a_bomb_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["e-mail"]], beside=bytes(4 << 20))
    with zipfile.ZipFile(path) as archive:
        true = archive.getinfo("xl/media/image1.png").file_size
    raw = path.read_bytes()
    assert raw.count(struct.pack("<I", true)) == 2
    path.write_bytes(raw.replace(struct.pack("<I", true), struct.pack("<I", 10)))
    with pytest.raises(Unreadable, match="damaged"):
        tables.opened(path)


@pytest.mark.parametrize(
    ("extra", "before", "says"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "", "too far off"),
        ('<row r="2"><c  s="0"   r="ZZ2"><v>1</v></c></row>', "", "too far off"),
        ('<row r="900000"><c><v>1</v></c></row><row r="900001"><c r="CV900001"><v>1</v></c></row>', "", "too far off"),
        ('<row><c r="a2"/></row><x:row xmlns:x="a"><x:c r=\'ZZ3\'/></x:row>', "", "too far off"),
        ("<row>" + "<c/>" * 101 + "</row>", "", "too far off"),
        ("<row>", "", "damaged"),
        ("", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', "document type"),
    ],
)  # fmt: skip
def test_a_cell_at_the_end_of_the_world_and_entities_are_refused(
    tmp_path: Path, extra: str, before: str, says: str
) -> None:
    path = workbook(tmp_path / "a.xlsx", [["e-mail"], ["a@mail.kz"]], extra=extra, before=before)
    with pytest.raises(Unreadable, match=says):
        tables.opened(path)


def test_what_is_packed_otherwise_is_no_excel_file(tmp_path: Path) -> None:
    """Another format has other ways to be endless: a repeated column of OpenDocument, a binary workbook."""
    path = workbook(tmp_path / "a.xlsx", [["e-mail"]])
    for name in ("a.ods", "a.xlsb", "a.csv"):
        with pytest.raises(Unreadable, match="save it as"):
            tables.opened(path.rename(tmp_path / name))
        path = tmp_path / name


def test_ten_million_rows_are_not_read_to_their_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS", 100)
    path = tmp_path / "a.csv"
    path.write_text("e-mail\n" + "a@mail.kz\n" * 200)
    rows = tables.opened(path).rows
    with pytest.raises(Unreadable, match="more than 100 rows"):
        for row in rows:
            assert row.number <= 101
