"""One site log, and the landings that are read from it."""

from pathlib import Path

import pytest
from helpers.subjects.landing_logs import NAME, Make, Row, read

from mediagym.data.journeys import Landings


@pytest.fixture
def folder(export_folder: Path, exports) -> Path:
    exports.write_landings(export_folder)
    return export_folder


@pytest.fixture
def rows(folder: Path, exports) -> list[Row]:
    """Rows of the site log; those of taboola, a paid source of no platform, count as referrals."""
    return [row for row in exports.read_rows(folder / NAME) if row["Source"] != "taboola"]


@pytest.fixture
def expected(folder: Path, rows: list[Row], data_settings: Make, exports) -> Landings:
    exports.write_rows(folder / NAME, exports.LANDINGS_HEADER, rows)
    return read(data_settings(folder))
