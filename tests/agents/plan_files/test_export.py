"""Writing: all files or none, only files are replaced, unknown formats are refused."""

import copy

import pytest

from mediagym.agents.plan_files import FORMATS, export_plan, require_formats
from mediagym.data.errors import ConfigError, DataError


def test_every_format_is_written_under_its_name_and_the_plan_is_left_alone(plan, tmp_path):
    content = plan(actual=2)
    before = copy.deepcopy(content)
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("Search: {A: 1}\nYouTube: {B: 1}\n")
    out = tmp_path / "new" / "folder"
    paths = export_plan(content, list(FORMATS), out, mapping=mapping)
    assert paths == [out / name for name in FORMATS.values()]
    assert all(path.stat().st_size > 50 for path in paths)
    assert content == before


def test_a_format_that_is_given_twice_is_written_once(plan, tmp_path):
    assert len(export_plan(plan(), ["xlsx", "xlsx"], tmp_path)) == 1
    assert export_plan(plan(), [], tmp_path) == []


def test_an_unknown_format_is_refused_with_the_known_ones(plan, tmp_path):
    with pytest.raises(ConfigError, match=r"export: 'excel' was given\. Allowed: xlsx, csv_long"):
        export_plan(plan(), ["xlsx", "excel"], tmp_path)
    assert not list(tmp_path.iterdir())
    assert require_formats(["pdf", "xlsx", "pdf"]) == ["pdf", "xlsx"]


def test_where_one_name_is_no_file_nothing_is_written(plan, tmp_path):
    (tmp_path / "plan.pdf").mkdir()
    with pytest.raises(DataError, match="a folder"):
        export_plan(plan(), ["xlsx", "pdf"], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.pdf"]


def test_a_link_is_replaced_and_its_target_left_alone(plan, tmp_path):
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "plan_long.csv").symlink_to(target)
    export_plan(plan(), ["csv_long"], tmp_path)
    assert target.read_text() == "mine"


@pytest.mark.parametrize("version", [1, 3, None])
def test_plans_of_another_schema_version_are_refused(plan, tmp_path, version):
    content = plan() | {"schema_version": version}
    with pytest.raises(ConfigError, match="make the plan again"):
        export_plan(content, ["xlsx"], tmp_path)
