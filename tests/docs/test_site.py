"""What the site generates from the code: every key, every face, every picture."""

import runpy
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
YAML = sorted((ROOT / "conf").rglob("*.yaml"))


@pytest.fixture(scope="module", autouse=True)
def _extensions() -> Iterator[None]:
    """The modules of ``docs/_ext``, importable as Sphinx imports them."""
    sys.path.insert(0, str(DOCS / "_ext"))
    yield
    sys.path.remove(str(DOCS / "_ext"))


@pytest.fixture
def configuration() -> ModuleType:
    return import_module("configuration")


@pytest.mark.parametrize("path", YAML, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_key_of_a_file_is_listed_with_its_value(
    path: Path, configuration: ModuleType
) -> None:
    source = path.read_text(encoding="utf-8")
    content = yaml.safe_load(source)
    expected = [key for key in content or {} if key not in ("defaults", "hydra")]
    keys = configuration.keys_of(source)
    assert list(dict.fromkeys(key.name.split(".")[0] for key in keys)) == expected
    for key in keys:
        if key.default:
            value = content
            for part in key.name.split("."):
                value = value[part]
            assert yaml.safe_load(key.default) == value, key.name


def test_a_comment_belongs_to_the_key_below_it(configuration: ModuleType) -> None:
    source = (
        "# The file.\n\n# first key\na: 1\ngroup:\n  # inner\n  b: {c: 2}\n# two\n# lines\nd: x\n"
    )
    keys = configuration.keys_of(source)
    assert [(key.name, key.default, key.comment) for key in keys] == [
        ("a", "1", "first key"),
        ("group", "", ""),
        ("group.b", "{c: 2}", "inner"),
        ("d", "x", "two lines"),
    ]


def test_links_to_files_lead_to_pages_of_the_site() -> None:
    links = import_module("links")
    page = (
        "[a](../conf/priors/default.yaml) [b](../envs/market/step.py) [c](tasks) [d](plan.md#x) "
        "[e](../data/policies) [f](../agents/plans/plan.schema.json) ![g](plan.png) [h](https://x.y)\n"
        "```\n[i](../conf/plan.yaml)\n```\n"
    )
    assert links.rewritten(page, DOCS) == (
        "[a](/reference/configuration/priors.md#conf-priors-default) "
        "[b](/reference/api/envs.market.md) [c](/reference/tasks.md) [d](/plan.md#x) "
        "e [f](/reference/schemas.md#plan-schema-json) ![g](/plan.png) [h](https://x.y)\n"
        "```\n[i](../conf/plan.yaml)\n```\n"
    )


def test_fields_of_a_record_have_the_comments_beside_them() -> None:
    from mediagym.envs.calibration import Forecast
    from mediagym.envs.market import Market

    records = import_module("records")
    fields = {name: comment for name, _, comment in records.fields_of(Market)}
    assert tuple(fields) == Market._fields
    assert fields["carryover"] == "share of the stock kept per day, in [0, 1)"
    assert "no count noise" in {n: c for n, _, c in records.fields_of(Forecast)}["expected"]


def test_commands_and_schemas_have_their_sections() -> None:
    reference = import_module("reference")
    commands, schemas = reference.commands_page(), reference.schemas_page()
    for path in (ROOT / "scripts").glob("[a-z]*.py"):
        if (ROOT / "conf" / path.name).with_suffix(".yaml").exists():
            assert f"\n## {path.stem}\n" in commands
    for path in ROOT.glob("[ade]*/*/*.schema.json"):
        assert f"`{path.relative_to(ROOT)}`" in schemas


def test_the_pictures_of_the_physics_are_drawn_and_shown() -> None:
    pictures = runpy.run_path(str(DOCS / "physics.py"))["PICTURES"]
    page = (DOCS / "physics.md").read_text(encoding="utf-8")
    for name, draw in pictures.items():
        assert all(axes.lines or axes.patches for axes in draw().axes)
        assert (DOCS / f"physics_{name}.png").exists()
        assert f"(physics_{name}.png)" in page
