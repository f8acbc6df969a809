"""The check of dependencies: it finds each kind of fault, and this environment has none."""

import json
import re
import stat
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mediagym.data.errors import ConfigError, DataError, MediaGymError
from mediagym.scripts.supply import (
    CONSTRAINTS,
    LOCK,
    Package,
    Pin,
    Policy,
    Project,
    audit,
    bill_of_materials,
    disagreements,
    installed,
    is_allowed,
    licence_of,
    parse_pins,
    purl_of,
    reached,
    read_answer,
    read_arguments,
    read_pins,
    read_policy,
    read_project,
    review,
    run_command,
    scopes_of,
    this_environment,
    write_pins,
)
from mediagym.scripts.supply.check import main as check
from mediagym.scripts.supply.lock import lock_of, locked
from mediagym.scripts.supply.policy import POLICY
from mediagym.scripts.supply.sbom import main as sbom
from mediagym.scripts.supply.table import PAGE, page_of

PYTHON = sys.executable
A, B, C = "a" * 64, "b" * 64, "c" * 64
POLICY_TEXT = """
allowed = ["MIT", "BSD-3-Clause", "Apache-2.0 WITH LLVM-exception"]
[texts]
"MIT License" = "MIT"
[declared.vague]
states = "BSD License"
licence = "BSD-3-Clause"
evidence = "LICENSE"
[exceptions.copyleft]
licence = "GPL-2.0-or-later"
scope = "development"
reason = "tests only"
"""


def a_policy(tmp_path: Path, more: str = "") -> Policy:
    path = tmp_path / "policy.toml"
    path.write_text(POLICY_TEXT + more, encoding="utf-8")
    return read_policy(path)


def a_project(runtime: str = "top", optional: str = "", development: str = "copyleft") -> Project:
    return Project(*(tuple(map(Requirement, t.split())) for t in (runtime, optional, development)))


def some_packages(**changes: Package) -> dict[str, Package]:
    packages = {
        "top": Package("top", "1.0", ("vague>=1", 'windows; sys_platform == "win32"'), "MIT"),
        "vague": Package("vague", "2.0", classifiers=("BSD License",)),
        "copyleft": Package("copyleft", "3.0", expression="GPL-2.0-or-later"),
        "mediagym": Package("mediagym", "0.1.0", expression="MIT"),
        "pip": Package("pip", "23.0", expression="MIT"),
    }
    return {**packages, **changes}


def some_pins(**changes: str) -> dict[str, Pin]:
    versions = {"top": "1.0", "vague": "2.0", "copyleft": "3.0", **changes}
    return {name: Pin(name, version, ()) for name, version in versions.items()}


def with_hashes(pins: dict[str, Pin]) -> dict[str, Pin]:
    return {name: pin._replace(hashes=(A, B)) for name, pin in pins.items()}


def violations_of(policy: Policy, project: Project | None = None, **packages: Package) -> list[str]:
    pins = some_pins()
    found = review(
        pins, with_hashes(pins), project or a_project(), some_packages(**packages), policy
    )
    return list(found.violations)


def test_an_environment_that_is_as_pinned_has_no_violation_and_its_gaps_are_notes(tmp_path):
    pins = some_pins()
    packages = some_packages(stray=Package("stray", "1"))
    policy = a_policy(tmp_path, '[tools]\npip = "installer"\nmediagym = "itself"\n')
    result = review(pins, with_hashes(pins), a_project(), packages, policy)
    assert result.violations == ()
    assert result.checked == ("copyleft", "top", "vague")
    assert [note.split(":")[0] for note in result.notes] == ["windows", "stray"]


@pytest.mark.parametrize(
    ("package", "words"),
    [
        (Package("vague", "2.1", classifiers=("BSD License",)), "vague: 2.1 is installed. All"),
        (Package("vague", "2.0", classifiers=("BSD",)), "vague: its metadata say 'BSD' about"),
        (Package("vague", "2.0"), "vague: its metadata say nothing about its licence"),
        (Package("vague", "2.0", expression="GPL-3.0-only"), "vague: its licence is GPL-3.0-only"),
        (Package("vague", "2.0", ("new",), "MIT"), "new: vague asks for it and constraints.txt"),
    ],
)
def test_each_fault_of_a_package_is_one_violation(tmp_path, package, words):
    (violation,) = violations_of(a_policy(tmp_path), vague=package)
    assert violation.startswith(words)
    assert "Allowed: " in violation
    assert "To fix: " in violation


def test_a_local_build_of_the_pinned_version_is_a_note_but_another_one_a_violation(tmp_path):
    built = Package("vague", "2.0+cpu", classifiers=("BSD License",))
    assert violations_of(a_policy(tmp_path), vague=built) == []
    pins = some_pins(vague="2.0+gpu")
    result = review(
        pins, with_hashes(pins), a_project(), some_packages(vague=built), a_policy(tmp_path)
    )
    assert result.violations[0].startswith("vague: 2.0+cpu is installed. Allowed: 2.0+gpu")


def test_what_the_policy_calls_unpinned_is_a_note_with_its_dependencies_judged(tmp_path):
    policy = a_policy(tmp_path, '[[unpinned]]\npackages = "gpu-*"\nreason = "not used"\n')
    packages = some_packages(
        top=Package("top", "1.0", ("vague", "gpu-driver==7"), "MIT"),
        **{"gpu-driver": Package("gpu-driver", "7", ("new",), text="proprietary")},
    )
    pins = some_pins()
    result = review(pins, with_hashes(pins), a_project(), packages, policy)
    assert [violation.partition(" and ")[0] for violation in result.violations] == [
        "new: gpu-driver asks for it"
    ]
    assert result.notes[0].startswith("gpu-driver: top asks for it; neither pinned nor judged")
    assert "gpu-driver" not in result.checked


def test_another_version_of_what_only_the_lock_pins_is_a_note(tmp_path):
    policy = a_policy(tmp_path, '[also_locked.tool]\nversion = "5"\nreason = "why"\n')
    packages = some_packages(
        vague=Package("vague", "2.0", ("tool",), classifiers=("BSD License",)),
        tool=Package("tool", "6", expression="MIT"),
    )
    result = review(some_pins(), with_hashes(some_pins(tool="5")), a_project(), packages, policy)
    assert result.violations == ()
    assert result.notes[0].startswith("tool: 6 is installed, 5 locked")


def test_a_missing_package_and_a_pin_that_nothing_brings_are_violations(tmp_path):
    packages = some_packages()
    del packages["vague"]
    pins = some_pins(unused="1", windows="1")
    result = review(pins, with_hashes(pins), a_project(), packages, a_policy(tmp_path))
    assert [violation.split(".")[0] for violation in result.violations] == [
        "vague: top asks for it and it is not installed",
        "unused: constraints",
    ]


@pytest.mark.parametrize("scope", ["runtime", "optional"])
def test_a_package_for_development_only_may_not_be_brought_by_what_users_install(tmp_path, scope):
    names = {"runtime": "top", scope: "copyleft top" if scope == "runtime" else "copyleft"}
    (violation,) = violations_of(a_policy(tmp_path), a_project(**names))
    assert violation.startswith(f"copyleft: {scope} dependencies bring it")


def test_an_exception_counts_for_its_licence_only(tmp_path):
    changed = Package("copyleft", "3.0", expression="AGPL-3.0-only")
    (violation,) = violations_of(a_policy(tmp_path), copyleft=changed)
    assert violation.startswith("copyleft: its licence is AGPL-3.0-only")


def test_an_entry_of_the_policy_about_nothing_is_a_violation(tmp_path):
    more = '[exceptions.gone]\nlicence = "MIT"\nscope = "runtime"\nreason = "once"\n'
    (violation,) = violations_of(a_policy(tmp_path, more))
    assert violation.startswith("gone: policy.toml names it")


def test_extras_and_markers_decide_what_is_reached():
    packages = {
        "top": Package("top", "1", ('plot; extra == "draw"', 'old; python_version < "3"', "low")),
        "low": Package("low", "1", ("top",)),  # a cycle
    }
    here = this_environment()
    assert reached([Requirement("Top")], packages, here) == {"top": "pyproject.toml", "low": "top"}
    assert "plot" in reached([Requirement("top[draw]")], packages, here)
    project = Project((Requirement("low"),), (Requirement("top[draw]"),), (Requirement("low"),))
    assert scopes_of(project, packages, here) == {
        "low": "runtime",
        "top": "runtime",
        "plot": "optional",
    }


@pytest.mark.parametrize(
    ("expression", "is_met"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only OR MIT AND GPL-2.0-only", False),
        ("(GPL-3.0-only OR MIT) AND BSD-3-Clause", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("Apache-2.0", False),
    ],
)
def test_an_expression_is_met_with_allowed_licences_alone(expression, is_met):
    allowed = {"MIT", "BSD-3-Clause", "Apache-2.0 WITH LLVM-exception"}
    assert is_allowed(expression, allowed) is is_met


def test_all_classifiers_of_a_package_count(tmp_path):
    policy = a_policy(tmp_path)
    both = Package("one", "1", classifiers=("MIT License", "ISC"))
    assert licence_of("one", both, policy) == "MIT AND ISC"
    assert licence_of("one", both._replace(classifiers=("MIT License", "odd")), policy) is None
    assert licence_of("one", both._replace(text="MIT License"), policy) == "MIT"


def test_pins_are_read_as_pip_reads_them_and_written_so_that_they_are_read_again():
    text = "# a comment\nOne==1.0  # why\ntwo_b==2.0+cpu \\\n"
    text += f"    --hash=sha256:{B} \\\n --hash=sha256:{A}\n"
    pins = parse_pins(text, "f")
    assert pins == {"one": Pin("One", "1.0", ()), "two-b": Pin("two_b", "2.0+cpu", (A, B))}
    again = parse_pins(write_pins(pins), "f")
    assert {name: pin[1:] for name, pin in again.items()} == {n: p[1:] for n, p in pins.items()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one>=1", "f, row 1: 'one>=1' is not an exact version"),
        ("one==1\n-e .", "f, row 2: '-e .' is not an exact version"),
        ("one==1\nONE==1", "f, row 2: ONE is pinned twice"),
        ("one==1 --hash=md5:00", "f, row 1: "),
        ("\none==1.*", "f, row 2: "),
        (f"one==1 \\\n --hash=sha256:{A[1:]}\n", "f, row 1: "),
    ],
)
def test_a_line_that_is_no_pin_is_refused(text, words):
    with pytest.raises(DataError, match=f"^{re.escape(words)}"):
        parse_pins(text, "f")


def test_each_difference_of_lock_and_constraints_is_found(tmp_path):
    policy = a_policy(tmp_path, '[also_locked.tool]\nversion = "5"\nreason = "why"\n')
    pins, lock = some_pins(), with_hashes(some_pins(tool="5"))
    assert disagreements(pins, lock, policy) == []
    assert disagreements(pins, {**lock, "top": Pin("top", "1.1", (A,))}, policy)[0].startswith(
        "top: requirements.lock has 1.1. Allowed: 1.0"
    )
    assert "has no hash" in disagreements(pins, {**lock, "top": Pin("top", "1.0", ())}, policy)[0]
    assert len(disagreements(pins, {}, policy)) == 4
    assert (
        "Allowed: nothing"
        in disagreements(some_pins(), with_hashes(some_pins(tool="5", x="1")), policy)[0]
    )
    assert "and in also_locked" in disagreements(some_pins(tool="5"), lock, policy)[0]


def a_wheel(version: str) -> str:
    file = f"top-{version}-cp311-cp311-linux_x86_64.whl"
    return f'[[wheels]]\nfile = "{file}"\nsha256 = "{C}"\nreason = "why"\n'


def test_an_additional_file_must_be_of_the_pinned_version_and_in_the_lock(tmp_path):
    pins, lock = some_pins(), with_hashes(some_pins())
    (missing,) = disagreements(pins, lock, a_policy(tmp_path, a_wheel("1.0+cpu")))
    assert missing.startswith("top: requirements.lock lacks the hash")
    lock["top"] = Pin("top", "1.0", (A, C))
    assert disagreements(pins, lock, a_policy(tmp_path, a_wheel("1.0+cpu"))) == []
    (old,) = disagreements(pins, lock, a_policy(tmp_path, a_wheel("0.9+cpu")))
    assert old.startswith("top: policy.toml has the hash of top-0.9+cpu")


PYLOCK = f"""
[[packages]]
name = "top"
version = "1.0"
sdist = {{ url = "x://host/top-1.0.tar.gz", hashes = {{ sha256 = "{A}" }} }}
wheels = [{{ url = "x://host/top-1.0%2B-cp311-gpu.whl", hashes = {{ sha256 = "{B}" }} }}]
"""


def test_the_lock_leaves_out_excluded_files_and_has_additional_ones(tmp_path):
    assert locked(PYLOCK, a_policy(tmp_path))["top"].hashes == (A, B)
    more = '[[excluded]]\nfiles = "top-*+-*gpu.whl"\nreason = "why"\n' + a_wheel("1.0+cpu")
    assert locked(PYLOCK, a_policy(tmp_path, more))["top"].hashes == (A, C)


def a_program(folder: Path, name: str, code: str) -> None:
    path = folder / name
    path.write_text(f"#!{PYTHON}\n{code}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_the_lock_is_of_the_pinned_versions_or_is_not_written(tmp_path, monkeypatch):
    policy, pins = a_policy(tmp_path), {"top": Pin("top", "1.0", ())}
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MediaGymError, match="uv: it was not found"):
        lock_of(pins, policy)
    a_program(
        tmp_path, "uv", f"import sys\nassert sys.stdin.read() == 'top==1.0'\nprint('''{PYLOCK}''')"
    )
    assert lock_of(pins, policy) == {"top": Pin("top", "1.0", (A, B))}
    a_program(tmp_path, "uv", f"print('''{PYLOCK.replace('1.0', '1.1')}''')")
    with pytest.raises(MediaGymError, match=r"top: requirements\.lock has 1\.1"):
        lock_of(pins, policy)
    a_program(tmp_path, "uv", "import sys\nsys.exit('no network')")
    with pytest.raises(MediaGymError, match=r"uv: it failed \(no network\)"):
        lock_of(pins, policy)


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
