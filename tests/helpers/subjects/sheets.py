"""Small tables as text, archives and workbooks."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from mediagym.data.sheets.cells import Sheet, read_sheets

ROWS = [["Day", "Campaign", "Cost"], ["2025-01-01", "Brand", "1.5"], ["2025-01-02", "Brand", "2"]]
CSV = "".join(",".join(row) + "\n" for row in ROWS)
JAPANESE = "日,キャンペーン,費用\n2025-01-01,検索ブランド,100\n2025-01-02,ポイント,200\n"
WORKBOOK_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
Write = Callable[[str, bytes], Path]


def only_sheet(path: Path) -> Sheet:
    (sheet,) = read_sheets(path)
    return sheet


def workbook(sheets: dict[str, str], hidden: str = "") -> bytes:
    """An xlsx file; the cells of each sheet are given as XML."""
    names = list(sheets)
    states = ['state="hidden" ' if name == hidden else "" for name in names]
    book = "".join(
        f'<sheet name="{name}" sheetId="{k}" {state}r:id="rId{k}"/>'
        for k, (name, state) in enumerate(zip(names, states, strict=True), 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{k}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{k}.xml"/>'
        for k in range(1, len(names) + 1)
    )
    relations += f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": WORKBOOK_TYPES,
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="b" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{book}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{relations}'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for k, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{k}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return archive({name: part.encode() for name, part in parts.items()})


def archive(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return stream.getvalue()


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


DAILY = (
    f'<row r="2">{text_cell("B2", "Day")}{text_cell("C2", "Cost")}{text_cell("D2", "CTR")}</row>'
    '<row r="4"><c r="B4" s="1"><v>45658</v></c><c r="C4"><v>1234.5</v></c>'
    '<c r="D4" t="e"><v>#DIV/0!</v></c></row>'
    '<row r="5"><c r="B5" s="2"><v>45659.5</v></c><c r="C5"><v>7</v></c>'
    '<c r="D5" t="b"><v>1</v></c></row>'
    '<row r="6"><c r="B6" t="str"><f>"Total"</f><v>Total</v></c><c r="C6"><f>SUM(C4:C5)</f></c>'
    "</row>"
)
