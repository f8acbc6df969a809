"""Packages that are installed against pins and policy."""

import pytest
from helpers.subjects.supply import (
    a_policy,
    a_project,
    some_packages,
    some_pins,
    violations_of,
    with_hashes,
)
from packaging.requirements import Requirement

from mediagym.scripts.supply import (
    Package,
    Project,
    is_allowed,
    licence_of,
    reached,
    review,
    scopes_of,
    this_environment,
)


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
