"""Write the tables of formats into ``docs/exports.md``, from ``conf/data``.

``python docs/formats.py`` replaces what stands between the markers; a test compares.
"""

from pathlib import Path

from mediagym.data.formats import formats_table, landing_formats_table

PAGE = Path(__file__).resolve().parent / "exports.md"


def with_tables(page: str) -> str:
    """Return the page with both tables as the declarations give them."""
    for name, table in (("formats", formats_table()), ("landings", landing_formats_table())):
        start, stop = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        page = f"{before}{start}{table}{stop}{rest.partition(stop)[2]}"
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
