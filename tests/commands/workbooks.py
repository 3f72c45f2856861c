"""Excel files as other programs write them: the least that is one, with shared words, days, numbers and formulas."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_IS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TYPES = f"""<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{_IS}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_IS}.worksheet+xml"/>
<Override PartName="/xl/styles.xml" ContentType="{_IS}.styles+xml"/>
</Types>"""
_RELS = f"""<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>
</Relationships>"""
_BOOK = """<?xml version="1.0" encoding="UTF-8"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="People" sheetId="1" r:id="r1"/></sheets></workbook>"""
_BOOK_RELS = f"""<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="r2" Type="{_OFFICE}/styles" Target="styles.xml"/>
</Relationships>"""
_STYLES = """<?xml version="1.0" encoding="UTF-8"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"""
_SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?>{before}'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
)

Cell = str | int | float | bool | datetime.date | None


class Formula(str):
    """A cell that computes; what was saved with it is the text after the last «=»."""


def workbook(
    path: Path, rows: Sequence[Sequence[Cell]], *, extra: str = "", before: str = "", beside: bytes = b""
) -> Path:
    """Write an Excel file; `extra` are further cells in its XML, `before` stands before it, `beside` is a part nobody reads."""
    written = "".join(
        f'<row r="{number}">' + "".join(_cell(f"{_letters(place)}{number}", cell) for place, cell in enumerate(row)) + "</row>"
        for number, row in enumerate(rows, 1)
    )  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELS), ("xl/workbook.xml", _BOOK),
            ("xl/_rels/workbook.xml.rels", _BOOK_RELS), ("xl/styles.xml", _STYLES),
            ("xl/worksheets/sheet1.xml", _SHEET.format(rows=written + extra, before=before)),
        ):  # fmt: skip
            archive.writestr(name, content)
        if beside:
            archive.writestr("xl/media/image1.png", beside)
    return path


def _cell(at: str, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, Formula):
        return f'<c r="{at}" t="str"><f>{escape(value)}</f><v>{escape(value.rpartition("=")[2])}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime.date):
        return f'<c r="{at}" s="1"><v>{(value - datetime.date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{at}"><v>{value}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def _letters(place: int) -> str:
    return chr(65 + place) if place < 26 else _letters(place // 26 - 1) + chr(65 + place % 26)
