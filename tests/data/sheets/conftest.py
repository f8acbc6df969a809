"""Files to be read as sheets."""

from pathlib import Path

import pytest
from helpers.subjects.sheets import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write
