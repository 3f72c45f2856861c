"""A table of another program, row by row: CSV in the encodings and with the separators people have, or an Excel file.

A file from outside is not trusted (T-STORE-17): its size, rows, columns and cells have limits, an Excel file is unpacked and
counted in a stream before anything reads it, and formulas are never computed, only the values saved with them are read.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

ROWS = 1_000_000
COLUMNS = 100
CELL = 1_000  # characters
SIZE = 256 * 1024 * 1024  # bytes of a file
UNPACKED = 512 * 1024 * 1024  # bytes of what an Excel file holds
CELLS = 10_000_000  # of an Excel sheet, the empty ones between the others too: all of it is in memory at once
ENCODINGS = ("utf-8", "utf-16", "cp1251", "kz1048")

_SAMPLE = 64 * 1024
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_PLACE = re.compile(r"\$?([A-Za-z]{1,7})\$?(\d{1,12})")


class Unreadable(ValueError):
    """The file cannot be read as a table; the sentence says why, without a word of what it holds."""


class Row(NamedTuple):
    """A row as Excel would number it, its cells, and how much of the file has been read so far."""

    number: int
    cells: list[str]
    read: int


class Table(NamedTuple):
    """A file that was opened: how it was read, how much there is to read, and its rows, the header first."""

    how: str
    size: int
    rows: Iterator[Row]


def opened(path: Path, encoding: str = "") -> Table:
    """Open a CSV or Excel file; an empty `encoding` is found out. Raises Unreadable, also while the rows are read."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_SAMPLE)
    except OSError as fault:
        raise Unreadable(f"{path.name} cannot be read: {type(fault).__name__}") from None
    if size > SIZE:
        raise Unreadable(f"the file is larger than {SIZE >> 20} MB: split it")
    if not head.strip():
        raise Unreadable("the file is empty")
    if head.startswith(b"PK\x03\x04"):
        return _excel(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("this is an old Excel file (.xls), or one with a password: save it as .xlsx or CSV")
    return _text(path, size, head, encoding)


def _text(path: Path, size: int, head: bytes, encoding: str) -> Table:
    name = encoding or _encoding(path, head)
    try:
        first = codecs.getincrementaldecoder(name)().decode(head).split("\n", 1)[0]
    except (UnicodeDecodeError, LookupError):
        raise Unreadable(f"the file is not written in {name}: name another --encoding") from None
    separator = max(_SEPARATORS, key=first.count)
    return Table(f"{name}, {_SEPARATORS[separator]}", size, _lines(path, name, separator))


def _encoding(path: Path, head: bytes) -> str:
    """UTF-16 and UTF-8 by their marks, UTF-8 by its form, else what Windows writes for Cyrillic."""
    for sign, name in _MARKS.items():
        if head.startswith(sign):
            return name
    if b"\0" in head:
        raise Unreadable("the file is no text: save it as CSV (UTF-8) or .xlsx")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1251"
    return "utf-8"


def _lines(path: Path, encoding: str, separator: str) -> Iterator[Row]:
    with path.open("rb") as raw:
        text = io.TextIOWrapper(raw, encoding, newline="")
        limit = csv.field_size_limit(CELL)
        number = 0
        try:
            for cells in csv.reader(_bounded(text), delimiter=separator, strict=True):
                number += 1
                yield _checked(number, cells, raw.tell())
        except csv.Error:
            raise Unreadable(
                f"row {number + 1}: its quotation marks do not fit, or a cell has more than {CELL} characters"
            ) from None
        except UnicodeDecodeError:
            raise Unreadable(
                f"row {number + 1}: it is not written in {encoding}: name another --encoding"
            ) from None
        finally:
            csv.field_size_limit(limit)


def _bounded(text: IO[str]) -> Iterator[str]:
    """Lines without NUL; one without an end is not read whole."""
    longest = COLUMNS * CELL
    while line := text.readline(longest):
        if len(line) >= longest and not line.endswith(("\n", "\r")):
            raise csv.Error
        yield line.replace("\0", "")


def _checked(number: int, cells: list[str], read: int) -> Row:
    if number > ROWS + 1:
        raise Unreadable(f"the file has more than {ROWS:,} rows: split it")
    if len(cells) > COLUMNS:
        raise Unreadable(f"row {number}: it has more than {COLUMNS} columns")
    if any(len(cell) > CELL for cell in cells):
        raise Unreadable(f"row {number}: a cell has more than {CELL} characters")
    return Row(number, cells, read)


def _excel(path: Path) -> Table:
    _weighed(path)
    try:
        book = CalamineWorkbook.from_path(path)
        sheets = [
            sheet
            for sheet in book.sheets_metadata
            if "Visible" in str(sheet.visible) and "Very" not in str(sheet.visible)
        ]
        if not sheets:
            raise Unreadable("the Excel file has no sheet that can be seen")
        sheet = book.get_sheet_by_name(sheets[0].name)
        first = sheet.start[0] if sheet.start is not None else 0
        height = sheet.height
    except (CalamineError, OSError) as fault:
        raise Unreadable(f"the Excel file cannot be read: {type(fault).__name__}") from None
    how = "Excel, its first sheet" if len(sheets) > 1 else "Excel"

    def rows() -> Iterator[Row]:
        for place, cells in enumerate(sheet.iter_rows(), 1):
            yield _checked(first + place, [_cell(cell) for cell in cells], place)

    return Table(how, height, rows())


def _weighed(path: Path) -> None:
    """Unpack an Excel file in a stream and count: nothing larger than the limits, no far-off cells, no document types.

    Raises Unreadable. What lies about its own size breaks here, in a reader that believes no size it did not check.
    """
    room = UNPACKED
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if (
                path.suffix.lower() not in (".xlsx", ".xlsm")
                or "xl/workbook.xml" not in names
                or "content.xml" in names
            ):
                raise Unreadable(
                    "this is packed, but no Excel file with the name .xlsx: save it as .xlsx or CSV"
                )
            for each in archive.infolist():
                with archive.open(each) as part:
                    room -= _part(part, room)
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
    ):
        raise Unreadable("the Excel file is damaged, or has a password") from None


def _part(part: IO[bytes], room: int) -> int:
    """The size of one part; of what is XML the cells are counted too. Raises Unreadable."""
    size, extent = 0, None
    while block := part.read(1 << 20):
        if size == 0 and (
            block.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"))
            or block.strip(b"\0 \t\r\n")[:1] == b"<"
        ):
            extent = _Extent()
        size += len(block)
        if size > room:
            raise Unreadable("the Excel file unpacks to too much")
        if extent is not None:
            extent.parser.Parse(block)
    return size


class _Extent:
    """How far the cells of a sheet reach, as its reader will see it: whoever reads makes room for all that lies between."""

    def __init__(self) -> None:
        self.row = self.column = 0
        self.high = self.wide = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._element
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _element(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            number = attributes.get("r", "")
            self.row, self.column = int(number) if number.isdecimal() else self.row + 1, 0
        elif name == "c":
            place = _PLACE.fullmatch(attributes.get("r", ""))
            if place is not None:
                self.column, self.row = _column(place[1].upper()), int(place[2])
            else:
                self.column += 1
        else:
            return
        self.high, self.wide = max(self.high, self.row), max(self.wide, self.column)
        if self.high > ROWS + 1 or self.wide > COLUMNS or self.high * self.wide > CELLS:
            raise Unreadable(
                f"the Excel sheet has a cell too far off ({self.high:,} rows, {self.wide} columns): clear what lies outside the "
                f"table, or save it as CSV"
            )

    def _doctype(self, *declared: object) -> None:
        raise Unreadable("the Excel file declares a document type: no program of an office writes that")


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place


def _cell(value: object) -> str:
    """A cell as a person sees it: whole numbers without a point, days as 2027-12-31."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return str(value)
