"""Workflows and metadata of the repository: readable, and in agreement with the project."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

import mediagym

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
YAML = [
    *WORKFLOWS,
    *sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")),
    GITHUB / "dependabot.yml",
    ROOT / ".pre-commit-config.yaml",
    ROOT / "CITATION.cff",
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(path: Path) -> dict[Any, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in read(path)["jobs"].values():
        yield from job["steps"]


def tried_versions() -> list[str]:
    """Versions of Python whose classifier says that the tests have passed with them."""
    found = (re.fullmatch(r".*Python :: (\d\.\d+)", text) for text in PROJECT["classifiers"])
    return [match[1] for match in found if match]


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_each_yaml_is_a_mapping_in_lines_without_stray_whitespace(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert read(path)
    assert text.endswith("\n")
    assert not re.search(r"[ \t]$|\t", text, re.M)


def test_the_jobs_run_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.M))
    ran: dict[str, set[str]] = {path.stem: set() for path in WORKFLOWS}
    for path in WORKFLOWS:
        for step in steps(path):
            ran[path.stem] |= set(re.findall(r"^make (\w+)$", step.get("run", ""), re.M))
    assert ran == {"ci": {"check", "test", "slow", "docs", "package"}, "release": {"package"}}
    assert ran["ci"] <= targets


def test_the_versions_of_python_are_those_of_the_classifiers() -> None:
    matrix = read(GITHUB / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]["include"]
    required = [row["python"] for row in matrix if not row["experimental"]]
    assert required == tried_versions()
    assert all(SpecifierSet(PROJECT["requires-python"]).contains(row["python"]) for row in matrix)
    assert PROJECT["requires-python"] == f">={min(tried_versions())}"
    given = [step["with"]["python-version"] for p in WORKFLOWS for step in steps(p)
             if step.get("uses", "").startswith("actions/setup-python@")]  # fmt: skip
    assert set(given) == {"${{ matrix.python }}", tried_versions()[0]}
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["image"].startswith(f"python:{tried_versions()[0]}-")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_jobs_have_no_more_rights_than_they_need(path: Path) -> None:
    content = read(path)
    assert content["permissions"] == {"contents": "read"}
    assert "secrets." not in path.read_text(encoding="utf-8")
    for name, job in content["jobs"].items():
        assert job.get("permissions", {}) == ({"id-token": "write"} if name == "publish" else {})
        assert job["timeout-minutes"] <= 60
    for step in steps(path):
        if "uses" in step:
            assert re.fullmatch(r"(actions|pypa)/[\w-]+@(release/)?v\d+", step["uses"])


def test_a_release_publishes_what_was_built_and_checked() -> None:
    jobs = read(GITHUB / "workflows" / "release.yml")["jobs"]
    assert jobs["publish"]["needs"] == "build"
    uses = [step["uses"].partition("@")[0] for step in jobs["publish"]["steps"]]
    assert uses == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]


def test_hooks_before_a_commit_need_no_network() -> None:
    for repository in read(ROOT / ".pre-commit-config.yaml")["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert hook["language"] == "system"
            assert hook["entry"].startswith(".venv/bin/")


def test_the_citation_is_of_this_version_and_licence() -> None:
    citation = read(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["version"] == mediagym.__version__
    assert citation["license"] == PROJECT["license"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in PROJECT["authors"]
    ]
