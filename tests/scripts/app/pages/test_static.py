"""The vendored scripts are those that were released, with their licences."""

import hashlib
import json

import pytest

from mediagym.scripts.app.pages.environment import FOLDER

VENDOR = FOLDER / "static" / "vendor"
LISTED = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", LISTED)
def test_a_vendored_script_is_as_it_was_released(name):
    row = LISTED[name]
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == row["sha256"]
    for package in (row["package"], *row["bundles"]):
        assert (VENDOR / "LICENSES" / f"{package}.txt").stat().st_size > 100


def test_nothing_is_vendored_without_a_line():
    assert {path.name for path in VENDOR.glob("*.js")} == set(LISTED)
