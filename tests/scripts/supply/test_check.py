"""The audit, the check, the table and the bill of materials."""

import json
import re
import sys

import pytest
from helpers.subjects.supply import (
    A,
    a_policy,
    a_program,
)

from mediagym.data.errors import ConfigError, DataError, MediaGymError
from mediagym.scripts.supply import (
    CONSTRAINTS,
    LOCK,
    Package,
    audit,
    bill_of_materials,
    installed,
    purl_of,
    read_answer,
    read_arguments,
    read_pins,
    read_policy,
    read_project,
    run_command,
)
from mediagym.scripts.supply.check import main as check
from mediagym.scripts.supply.policy import POLICY
from mediagym.scripts.supply.sbom import main as sbom
from mediagym.scripts.supply.table import PAGE, page_of


def test_packages_that_the_audit_skipped_are_a_gap_although_it_found_nothing():
    checked = {"name": "top", "version": "1.0", "vulns": []}
    skipped = {"name": "vague", "skip_reason": "not found"}
    assert read_answer({"dependencies": [checked]}, ["top"]).gap == ""
    assert (
        "skipped 1 of 2" in read_answer({"dependencies": [checked, skipped]}, ["top", "vague"]).gap
    )
    assert "skipped 1 of 2" in read_answer({"dependencies": [checked]}, ["top", "vague"]).gap
    fault = {"id": "PYSEC-1", "fix_versions": ["1.1"]}
    found = read_answer({"dependencies": [{**checked, "vulns": [fault]}]}, ["top"])
    assert found.vulnerable == (
        "top: 1.0 has the known vulnerability PYSEC-1. Allowed: versions without one. "
        "To fix: pin 1.1.",
    )


def test_an_audit_that_cannot_be_made_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "")
    assert audit(LOCK, ["top"]).gap.startswith("pip-audit is not installed")
    code = "import sys\nprint('warning\\nno connection', file=sys.stderr)\nsys.exit(1)"
    a_program(tmp_path, "pip-audit", code)
    assert audit(LOCK, ["top"]).gap == "pip-audit ended with status 1 and said: no connection"


def test_the_check_fails_on_a_vulnerability_and_on_a_gap_if_an_answer_is_required(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(
        "mediagym.scripts.supply.check.audit", lambda lock, names: read_answer(answer, names)
    )
    answer = {"dependencies": []}
    assert check([]) == 0
    assert "NOT CHECKED: pip-audit skipped" in capsys.readouterr().out
    assert check(["advisories=required"]) == 1
    fault = {"id": "PYSEC-1", "fix_versions": []}
    answer = {"dependencies": [{"name": "numpy", "version": "1", "vulns": [fault]}]}
    assert check([]) == 1
    assert "VIOLATION  numpy: 1 has the known vulnerability PYSEC-1" in capsys.readouterr().out


def test_this_environment_is_as_pinned_and_its_licences_are_allowed(capsys):
    assert check(["advisories=off"]) == 0, capsys.readouterr().out
    out = capsys.readouterr().out
    assert "NOT CHECKED: advisories=off" in out
    assert "exception  quadprog: GPL-2.0-or-later, development" in out
    assert f"checked    {len(read_pins(LOCK))} dependencies" in out


def test_quadprog_is_imported_by_no_shipped_code_but_the_benchmark():
    root = CONSTRAINTS.parent
    importing = {
        path.relative_to(root).as_posix()
        for room in ("data", "envs", "agents", "scripts")
        for path in (root / room).rglob("*.py")
        if re.search(r"^\s*(import|from) quadprog", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert importing == {"scripts/benchmarks/run.py"}


def test_torch_comes_first_and_its_builds_with_gpu_packages_are_not_locked():
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("#")).startswith("torch==")
    assert any(each.files == "torch-*-manylinux*.whl" for each in read_policy().excluded)


def test_no_committed_file_of_the_supply_chain_names_a_host():
    for path in (LOCK, CONSTRAINTS, POLICY, PAGE):
        assert "://" not in path.read_text(encoding="utf-8"), path


def test_the_table_of_licences_is_that_of_the_installed_packages():
    text = PAGE.read_text(encoding="utf-8")
    assert page_of(text) == text, "run `python scripts/supply/table.py` and commit the page"
    with pytest.raises(DataError, match="a mark is missing"):
        page_of("no marks")


COMPONENT = {
    "type": "object",
    "required": ["type", "bom-ref", "name", "version", "scope", "hashes", "licenses", "purl"],
    "properties": {
        "type": {"const": "library"},
        "scope": {"enum": ["required", "optional", "excluded"]},
        "purl": {"pattern": "^pkg:pypi/[a-z0-9-]+@[^@+]+$"},
        "hashes": {
            "minItems": 1,
            "uniqueItems": True,
            "items": {
                "required": ["alg", "content"],
                "properties": {
                    "alg": {"const": "SHA-256"},
                    "content": {"pattern": "^[a-f0-9]{64}$"},
                },
            },
        },
        "licenses": {
            "minItems": 1,
            "maxItems": 1,
            "items": {"oneOf": [{"required": ["license"]}, {"required": ["expression"]}]},
        },
    },
}
SCHEMA = {
    "type": "object",
    "required": ["bomFormat", "specVersion", "serialNumber", "version", "metadata", "components"],
    "properties": {
        "bomFormat": {"const": "CycloneDX"},
        "specVersion": {"const": "1.5"},
        "serialNumber": {"pattern": "^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        "version": {"const": 1},
        "metadata": {"required": ["component"]},
        "components": {"items": COMPONENT},
        "dependencies": {"items": {"required": ["ref", "dependsOn"]}},
    },
}


def test_the_bill_of_materials_has_the_fields_of_cyclonedx_and_all_locked_packages(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    path = tmp_path / "sbom.json"
    assert sbom([f"output={path}"]) == 0
    document = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    lock = read_pins(LOCK)
    components = {each["name"]: each for each in document["components"]}
    assert {name: each["version"] for name, each in components.items()} == {
        name: pin.version for name, pin in lock.items()
    }
    assert {each["content"] for each in components["numpy"]["hashes"]} == set(lock["numpy"].hashes)
    assert components["numpy"]["scope"] == "required"
    assert components["optuna"]["scope"] == "optional"
    assert components["quadprog"]["scope"] == "excluded"
    assert components["quadprog"]["licenses"] == [{"license": {"id": "GPL-2.0-or-later"}}]
    refs = {
        document["metadata"]["component"]["bom-ref"],
        *(c["bom-ref"] for c in components.values()),
    }
    assert len(refs) == len(components) + 1
    edges = {each["ref"]: each["dependsOn"] for each in document["dependencies"]}
    assert edges.keys() == refs
    assert components["numpy"]["bom-ref"] in edges[components["pandas"]["bom-ref"]]
    direct = edges[document["metadata"]["component"]["bom-ref"]]
    assert components["matplotlib"]["bom-ref"] in direct
    assert components["kiwisolver"]["bom-ref"] not in direct  # matplotlib brings it
    assert {ref for below in edges.values() for ref in below} <= refs
    again = bill_of_materials(lock, read_project(), installed(), read_policy())
    assert again == document


def test_a_purl_escapes_a_local_version():
    assert purl_of("torch", "2.0+cpu") == "pkg:pypi/torch@2.0%2Bcpu"


def test_no_bill_is_written_for_an_environment_that_violates_the_policy(tmp_path, monkeypatch):
    wrong = {**installed(), "numpy": Package("numpy", "1.0", expression="MIT")}
    monkeypatch.setattr("mediagym.scripts.supply.sbom.installed", lambda: wrong)
    with pytest.raises(MediaGymError, match=r"numpy: 1\.0 is installed"):
        sbom([f"output={tmp_path / 'sbom.json'}"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("[oddity]\n", "oddity: Extra inputs"),
        ('[exceptions.One]\nlicence = "MIT"\nscope = "runtime"\nreason = "x"\n', "write one"),
        ('[exceptions.one]\nlicence = "MIT"\nscope = "runtime"\nreason = ""\n', "reason"),
        ('[exceptions.one]\nlicence = "MIT"\nscope = "tests"\nreason = "x"\n', "scope"),
        (f'[[wheels]]\nfile = "top.whl"\nsha256 = "{A}"\nreason = "x"\n', "Invalid wheel filename"),
        ("[texts", "it cannot be read"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused(tmp_path, more, words):
    with pytest.raises(DataError, match=f"^policy.toml: .*{re.escape(words)}"):
        a_policy(tmp_path, more)


def test_a_users_mistake_is_one_line_and_status_2(monkeypatch, capsys):
    for words in (["advisories=no"], ["advisories"], ["other=1"]):
        with pytest.raises(ConfigError, match=r"was given\. Allowed: "):
            read_arguments(words, {"advisories": ("auto", "off")})
    monkeypatch.setattr(sys, "argv", ["check.py", "advisories=never"])
    with pytest.raises(SystemExit) as exit_:
        run_command(check)
    assert exit_.value.code == 2
    assert capsys.readouterr().err.startswith("error: advisories: 'never' was given.")
    with pytest.raises(MediaGymError, match="output: nothing was given"):
        sbom([])
