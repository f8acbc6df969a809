"""Mutation testing: what is mutated, what a change reaches, and the whole of it on a small tree."""

import shutil
from pathlib import Path

import pytest
import yaml

pytest.importorskip("cosmic_ray", reason="cosmic-ray is not installed")

from mediagym.data.errors import MediaGymError
from mediagym.data.storage import CONF
from mediagym.scripts.fuzzing import mutation
from mediagym.scripts.fuzzing.mutation import (
    DRAWN,
    Equivalent,
    Fault,
    Finding,
    Mutant,
    MutationCommand,
    PackageResult,
    Record,
    Verdict,
    draw,
    faults_section,
    faulty,
    laboratory,
    run_faults,
    run_package,
    score,
    section,
    survivors,
    write_section,
)
from mediagym.scripts.fuzzing.mutation import faults as by_hand
from mediagym.scripts.fuzzing.mutation import run as running
from mediagym.scripts.fuzzing.mutation.imports import imports_of, reached, remove_compiled, stale
from mediagym.scripts.fuzzing.mutation.operators import OWN, annotated, mutated, places
from mediagym.scripts.fuzzing.mutation.run import ordered
from mediagym.scripts.fuzzing.mutation.selection import Costs

CODE = Path(mutation.__file__).parent
WORKER = ("imports.py", "selection.py", "worker.py")
PRICES = """\
LIMIT = 3


def price(clicks: int | None, rate: float = 2) -> float:
    if clicks is None or clicks < LIMIT:
        raise ValueError(clicks)
    return clicks * rate
"""
TESTS = """\
import pytest
from mediagym.data.shop import bill


def test_bill():
    assert bill(5) == 11


def test_few():
    with pytest.raises(ValueError):
        bill(2)
"""
TREE = {
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--import-mode=importlib'\n",
    "data/prices.py": PRICES,
    "data/shop.py": "from .prices import price\n\n\ndef bill(n):\n    return price(n) + 1\n",
    "data/other.py": "",
    "tests/data/test_prices.py": TESTS,
    "tests/conftest.py": "import hypothesis\n\nhypothesis.settings.register_profile('mediagym')\n",
}


@pytest.fixture
def tree(tmp_path):
    """A repository with two files of code, two tests and the worker."""
    root = tmp_path / "repository"
    for name in ("", "data", "scripts", "scripts/fuzzing", "scripts/fuzzing/mutation"):
        (root / name).mkdir(exist_ok=True, parents=True)
        (root / name / "__init__.py").touch()
    for name, text in TREE.items():
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_text(text)
    for name in WORKER:
        shutil.copy(CODE / name, root / "scripts/fuzzing/mutation" / name)
    return root


def options(**changes):
    content = yaml.safe_load((CONF / "mutation.yaml").read_text())
    room = {"files": ["prices.py"], "tests": ["data"]}
    return MutationCommand.read({**content, "rooms": {"data": room}, **changes})


def result(*outcomes, first=0):
    verdicts = [
        Verdict(
            Mutant("data", "data/a.py", "constant", "core/X", i, i, f"x = {i}", "x = 9"), o, "", 0
        )
        for i, o in enumerate(outcomes, first)
    ]
    return PackageResult("data", first, 3, 1, 2.0, verdicts)


def test_each_mutant_of_a_small_tree_is_judged_as_it_deserves(tree, monkeypatch):
    monkeypatch.setattr(running, "ROOT", tree)
    with laboratory(tree) as lab:
        *_, last = run_package(lab, options(mutants=100), "data", {})
    unseen = {  # by bills of 2 and 5
        ("LIMIT = 3", "LIMIT = 4"),
        ("if clicks is None or clicks < LIMIT:", "if clicks is None or clicks <= LIMIT:"),
    }
    for mutant, outcome, *_ in last.verdicts:
        harmless = (mutant.before, mutant.after) in unseen
        assert outcome == ("survived" if harmless else "killed"), mutant
    assert last.tests == 2
    assert len(last.verdicts) > 8
    assert (tree / "data/prices.py").read_text() == PRICES


def test_a_mutant_that_never_ends_is_stopped(tree, monkeypatch):
    monkeypatch.setattr(running, "ROOT", tree)
    monkeypatch.setattr(running, "_SPARE", 1)
    loop = "def price(n):\n    while n < 9:\n        n += 1\n    return n + 1\n"
    (tree / "data/prices.py").write_text(loop)
    (tree / "tests/data/test_prices.py").write_text(
        "from mediagym.data.shop import bill\n\n\ndef test_bill():\n    assert bill(5) == 11\n"
    )
    operators = {"statement": ["RemoveStatement"]}
    with laboratory(tree) as lab:
        *_, last = run_package(lab, options(operators=operators), "data", {})
    assert [verdict.outcome for verdict in last.verdicts] == ["stopped"]


def test_tests_that_fail_without_a_mutant_are_refused(tree, monkeypatch):
    monkeypatch.setattr(running, "ROOT", tree)
    (tree / "tests/data/test_prices.py").write_text("def test_wrong():\n    assert False\n")
    with (
        laboratory(tree) as lab,
        pytest.raises(MediaGymError, match=r"test_wrong.*without a mutant"),
    ):
        list(run_package(lab, options(), "data", {}))


def test_kills_count_only_if_the_tests_pass_again_without_a_fault(tree, monkeypatch):
    monkeypatch.setattr(running, "ROOT", tree)
    once = "import os\n\n\ndef test_once():\n    os.mkdir('only_once')\n"
    (tree / "tests/data/test_prices.py").write_text(once)
    with (
        laboratory(tree) as lab,
        pytest.raises(MediaGymError, match=r"test_once: fails once data/prices\.py is imported"),
    ):
        list(run_package(lab, options(), "data", {}))


def test_a_draw_is_repeated_by_its_seed_and_every_mutant_differs(tree):
    mutants = draw(tree, "data", ["prices.py"], options().operators, 8, 1)
    assert mutants == draw(tree, "data", ["prices.py"], options().operators, 8, 1)
    assert mutants != draw(tree, "data", ["prices.py"], options().operators, 8, 2)
    assert mutants[3:] == draw(tree, "data", ["prices.py"], options().operators, 5, 1, first=3)
    assert len(set(mutants)) == 8
    lines = PRICES.splitlines()
    for mutant in mutants:
        assert lines[mutant.line - 1].strip() == mutant.before != mutant.after


def test_annotations_are_not_mutated():
    (argument, default, outcome) = sorted(annotated(PRICES))
    assert [argument[0], default[0], outcome[0]] == [(4, 10), (4, 30), (4, 50)]


@pytest.mark.parametrize("name", sorted(OWN))
def test_our_operators_do_what_their_examples_say(name):
    for example in OWN[name].examples():
        assert mutated(example.pre_mutation_code, name, 0) == example.post_mutation_code


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("f(x)\n", 1),
        ("a[0] = 1\n", 1),
        ("x -= 1\n", 1),
        ("raise E\n", 1),
        ("x = 1\n", 0),
        ("a, b = c\n", 0),
        ("x: int = 1\n", 0),
        ("'text'\n", 0),
    ],
)
def test_a_statement_is_removed_only_if_every_name_stays_defined(code, count):
    assert len(places(code, "RemoveStatement")) == count


def test_a_change_reaches_those_that_import_it_through_a_face_too(tree):
    (tree / "data/__init__.py").write_text("from .shop import bill\n")
    (tree / "data/late.py").write_text("def f():\n    from mediagym.data import bill\n")
    found = {
        each.removeprefix("mediagym.data")
        for each in reached(imports_of(tree), "mediagym.data.prices")
    }
    assert found == {".prices", ".shop", "", ".late"}


def test_compiled_functions_are_dropped_if_they_use_what_changes(tree):
    compiled = "from .prices import LIMIT, price\n\n@compiled\ndef f(x):\n    return x + {}\n"
    (tree / "data/uses.py").write_text(compiled.format("LIMIT"))
    (tree / "data/imports_only.py").write_text(compiled.format("1"))
    (tree / "data/copies.py").write_text("from .prices import LIMIT\nTWICE = 2 * LIMIT\n")
    files = stale(imports_of(tree), "mediagym.data.prices")
    assert {path.name for path in files} == {"prices.py", "uses.py", "copies.py"}
    cache = tree.parent / "cache"
    for name in ("data_1/uses.f-3.nbi", "data_1/imports_only.f-3.nbi", "envs_2/uses.f-3.nbi"):
        (cache / name).parent.mkdir(exist_ok=True, parents=True)
        (cache / name).touch()
    remove_compiled(cache, files)
    left = sorted(str(path.relative_to(cache)) for path in cache.rglob("*.nbi"))
    assert left == ["data_1/imports_only.f-3.nbi", "envs_2/uses.f-3.nbi"]


def test_cheap_tests_come_first_and_fixtures_count():
    costs = Costs({"t/test_a.py::x": 0.1, "t/test_b.py::y": 0.5, "t/test_b.py::z": 0.1},
                  {"posterior": 5.0}, {"t/test_b.py::z": ["posterior"]})  # fmt: skip
    assert costs.of("t/test_b.py::z") == pytest.approx(5.1)
    order = ordered(list(costs.tests), costs, "t/b.py")
    assert order == ["t/test_b.py::y", "t/test_a.py::x", "t/test_b.py::z"]


def test_the_score_leaves_out_equivalent_mutants_only_if_they_survived():
    known = [
        Equivalent(file="data/a.py", before=f"x = {i}", after="x = 9", reason="r") for i in (0, 2)
    ]
    given = result("killed", "stopped", "survived", "survived")
    assert score(given.verdicts, known) == (2, 2, 3)
    assert [mutant.line for mutant in survivors(given.verdicts, known)] == [3]
    text = section([given], known)
    assert "| `data` | 4 | 1 | 1 | 1 | 1 | 0.67 | 0.67 | 3, without 1 of" in text
    assert "`x = 3` became `x = 9`" in text
    assert "`x = 2` became `x = 9`: r" in text


def test_batches_of_a_package_are_added_and_what_was_caught_at_first_counts_apart():
    again = result("killed", "killed", "survived", "killed", first=2)
    late = [again.verdicts[1]._replace(at_first="survived"), again.verdicts[2], again.verdicts[3]]
    batches = [result("killed", "survived"), again._replace(verdicts=[again.verdicts[0], *late])]
    text = section(batches, [])
    assert "| `data` | 6 | 4 | 0 | 0 | 2 | 0.67 | 0.50 | 3, without" in text
    assert "| all | 6 | 4 | 0 | 0 | 2 | 0.67 | 0.50 |  |" in text


def test_a_record_holds_batches_and_findings_and_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "mutation.json"
    record = Record(path, ["data"])
    assert (record.results, record.findings) == ([], [])
    finding = Finding("in words", "data/a.py", "t::x", "killed")
    record.add(result("killed", "survived", first=2))
    record.add(result("killed", "survived"))
    for outcomes in (["survived"], ["survived", "killed"]):  # again, written after every mutant
        record.add(result(*outcomes))
    record.add_findings([finding])
    again = Record(path, ["data", "envs"])
    outcomes = [[(v.outcome, v.at_first) for v in each.verdicts] for each in again.results]
    assert [(each.package, each.first) for each in again.results] == [("data", 0), ("data", 2)]
    again_and_first = [("survived", "killed"), ("killed", "survived")]
    assert outcomes == [again_and_first, [("killed",) * 2, ("survived",) * 2]]
    assert again.findings == [finding]
    path.write_text('{"packages": [{}], "faults": []}')
    with pytest.raises(MediaGymError, match=r"mutation\.json: has another form"):
        Record(path, ["data"])


def test_verdicts_that_are_kept_are_none_the_caught_and_equivalent_or_all(tmp_path):
    record = Record(tmp_path / "mutation.json", ["data"])
    record.add(result("killed", "stopped", "survived", "survived", "hung"))
    known = [Equivalent(file="data/a.py", before="x = 2", after="x = 9", reason="r")]
    kept = {keep: record.known(keep, known) for keep in ("none", "killed", "all")}
    lines = {keep: [mutant.line for mutant in verdicts] for keep, verdicts in kept.items()}
    assert lines == {"none": [], "killed": [0, 1, 2], "all": [0, 1, 2, 3, 4]}


def test_a_page_keeps_all_but_its_section(tmp_path):
    page = tmp_path / "page.md"
    first = "<!-- mutation: written by scripts/fuzzing/mutation/mutants.py -->"
    last = "<!-- mutation: end -->"
    page.write_text(f"before\n{first}\nold\n{last}\nafter\n")
    write_section(page, DRAWN, "new\n")
    assert page.read_text() == f"before\n{first}\nnew\n{last}\nafter\n"
    page.write_text("nothing")
    with pytest.raises(MediaGymError, match="no section of mutation"):
        write_section(page, DRAWN, "new\n")


def fault(before, after, test="data/test_prices.py"):
    return Fault(file="data/prices.py", fault="words", before=before, after=after, tests=[test])


def test_faults_by_hand_are_tried_under_their_own_tests(tree, monkeypatch):
    monkeypatch.setattr(by_hand, "ROOT", tree)
    faults = [
        fault("clicks * rate", "clicks + rate"),
        fault("LIMIT = 3", "LIMIT = 1"),
        fault("LIMIT = 3", "LIMIT = 1", "data/test_prices.py::test_bill"),
    ]
    with laboratory(tree) as lab:
        found = list(run_faults(lab, faults))
    tests = ["test_bill", "test_few", ""]
    assert [each.test.rpartition("::")[2] for each in found] == tests
    assert [each.is_caught for each in found] == [True, True, False]
    text = faults_section(found)
    assert text.startswith("2 of 3 faults are caught.")
    assert "| `data/prices.py` | words | `data/test_prices.py`: bill |" in text
    assert "| words | **none** |" in text
    assert faults_section([]) == "The command has not tried these faults yet.\n"


def test_a_fault_that_does_not_fit_its_file_is_refused(tree):
    for before, count in (("LIMIT = 4", 0), ("clicks", 5)):
        with pytest.raises(MediaGymError, match=rf"data/prices\.py: .* stands there {count} times"):
            faulty(tree, fault(before, "x"))


def test_an_unknown_package_is_refused():
    with pytest.raises(MediaGymError, match=r"packages: 'envs' was given. Allowed: data"):
        options(packages=["envs"]).chosen()
    assert options(packages=[]).chosen() == {}
    assert list(options(packages=None).chosen()) == ["data"]


def test_every_file_and_test_of_the_shipped_configuration_exists():
    shipped = MutationCommand.read(yaml.safe_load((CONF / "mutation.yaml").read_text()))
    root = Path(mutation.__file__).parents[3]
    for package, settings in shipped.rooms.items():
        assert all((root / package / name).is_file() for name in settings.files)
    for each in shipped.faults:
        assert faulty(root, each) != (root / each.file).read_text()
    for each in (*shipped.rooms.values(), *shipped.faults):
        for name in each.tests:
            file, _, test = name.partition("::")
            assert (root / "tests" / file).exists()
            assert (
                not test or f"def {test.partition('[')[0]}(" in (root / "tests" / file).read_text()
            )
