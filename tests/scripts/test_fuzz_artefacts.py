"""The fuzzer of artefacts: that it sees what it looks for, and a small run of it."""

import io
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest

from mediagym.data.errors import DataError
from mediagym.scripts.fuzzing.durability import LOADING_FAILURES, Loading, loading_table
from mediagym.scripts.fuzzing.durability.artefacts import answer_of, forked, load_case
from mediagym.scripts.fuzzing.durability.cases import ALL, FILES, mutated, mutation_of
from mediagym.scripts.fuzzing.durability.mutations import MARKER
from mediagym.scripts.fuzzing.durability.originals import Originals, digest_of

SECONDS, MEGABYTES = 10.0, 500


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    return Originals(tmp_path_factory.mktemp("originals"))


def run(work: Callable[[], object], seconds: float = SECONDS) -> str:
    def answer() -> tuple[str, str]:
        return answer_of(work, digest_of(1))

    return forked(answer, seconds, MEGABYTES)[0]


def refuse(message: str) -> None:
    raise DataError(message)


def write(path: Path) -> int:
    path.write_text("x")
    return 1


def forever() -> None:
    while True:
        pass


def fill(megabytes: int) -> int:
    return len(b"x" * (megabytes << 20)) * 0 + 1


def fill_and_refuse() -> None:
    try:
        fill(8000)
    except MemoryError as error:
        raise DataError("no archive") from error


def test_outcomes_are_told_apart(tmp_path: Path) -> None:
    assert run(lambda: 1) == "equal"
    assert run(lambda: 2) == "changed"
    assert run(lambda: refuse("one message")) == "refused"
    assert run(lambda: refuse("a\x1b[31mb")) == "garbled"
    assert run(lambda: refuse("long " * 1000)) == "garbled"
    assert run(lambda: {}["key"]) == "traceback"
    assert run(forever, seconds=0.2) == "hang"
    assert run(lambda: os._exit(1)) == "memory"
    assert run(lambda: fill(8000)) == "memory"
    assert run(fill_and_refuse) == "memory"
    assert run(lambda: fill(300)) == "memory"  # half of the limit is too much for a small file
    assert run(lambda: write(tmp_path / "escaped")) == "outside"
    assert run(lambda: pickle.loads(pickle.dumps(Path("x")))) == "code"  # noqa: S301


def test_every_mutation_has_its_turn_and_equal_numbers_give_equal_cases(
    originals: Originals,
) -> None:
    assert {mutation_of(number) for number in range(len(ALL))} == set(ALL)
    assert {each.kind for each in ALL} == set(FILES) == set(originals.loaders)
    for mutation in ALL:
        files = originals.files(mutation.kind)
        assert set(files) == set(FILES[mutation.kind])
        first, second = (mutated(mutation, Random("a"), files) for _ in range(2))  # noqa: S311
        assert first == second


def test_originals_are_read_as_they_were_written(originals: Originals) -> None:
    for kind, load in originals.loaders.items():
        assert digest_of(load(originals.folder / kind)) == originals.digests[kind]


def test_the_pickles_among_the_mutations_would_run(
    originals: Originals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pickled = [each for each in ALL if each.how in ("pickle", "objects", "extra_objects")]
    assert {each.kind for each in pickled} == {"policy", "posterior", "checkpoint"}
    for mutation in pickled:
        files = mutated(mutation, Random(0), originals.files(mutation.kind))  # noqa: S311
        content = files[mutation.file]
        if mutation.how == "pickle":
            pickle.loads(content)  # noqa: S301  # our own
        else:
            with np.load(io.BytesIO(content), allow_pickle=True) as archive:
                assert len([archive[name] for name in archive.files]) > 1
        Path(MARKER).unlink()


def test_no_artefact_runs_code_or_writes(originals: Originals) -> None:
    dangerous = ("pickle", "objects", "extra_objects", "hostile_text", "key_added")
    for number in [n for n in range(len(ALL)) if mutation_of(n).how in dangerous]:
        loading = load_case(number, 1, originals, SECONDS, MEGABYTES)
        assert loading.outcome not in ("code", "outside"), loading


@pytest.mark.parametrize("kind", ["plan", "attribution", "history", "evaluation"])
def test_a_small_run(kind: str, originals: Originals) -> None:
    numbers = [n for n in range(len(ALL)) if mutation_of(n).kind == kind]
    loadings = [load_case(n, 2, originals, SECONDS, MEGABYTES) for n in numbers]
    assert [each for each in loadings if each.outcome in LOADING_FAILURES] == []
    assert {"refused"} <= {each.outcome for each in loadings}


@pytest.mark.parametrize("kind", ["policy", "checkpoint"])
def test_what_is_no_file_is_refused_in_the_place_of_weights(
    kind: str, originals: Originals
) -> None:
    special = [n for n in range(len(ALL)) if mutation_of(n)[0::2] == (kind, "special")]
    loadings = [load_case(number, 0, originals, SECONDS, MEGABYTES) for number in special]
    assert len(loadings) == 5 * len(FILES[kind])
    assert {each.outcome for each in loadings} == {"refused"}


def test_a_failed_case_is_kept(originals: Originals, tmp_path: Path) -> None:
    originals.loaders["broken"] = originals.loaders.pop("evaluation")
    originals.loaders["evaluation"] = lambda place: json.loads(place.read_text())
    number = next(n for n in range(len(ALL)) if mutation_of(n).kind == "evaluation")
    loading = load_case(number, 0, originals, SECONDS, MEGABYTES, tmp_path)
    originals.loaders["evaluation"] = originals.loaders.pop("broken")
    assert loading.outcome == "traceback"
    assert list((tmp_path / f"traceback-{number}").iterdir())


def test_the_table_counts_by_kind_and_over_all() -> None:
    rows = loading_table(
        [Loading(1, "plan", "x", "equal", ""), Loading(2, "policy", "x", "hang", "")]
    )
    assert rows[0][:4] == ("artefact", "equal", "refused", "changed")
    assert rows[1][:2] == ("plan", "1")
    assert rows[-1][:2] == ("all", "1")
    assert rows[-1][rows[0].index("hang")] == "1"


def test_a_version_of_any_length_is_one_short_message(originals: Originals, tmp_path: Path) -> None:
    for name, content in originals.files("policy").items():
        (tmp_path / name).write_bytes(content)
    facts = json.loads((tmp_path / "policy.json").read_text())
    (tmp_path / "policy.json").write_text(json.dumps({**facts, "version": ["\x1b"] * 10_000}))
    outcome, message = answer_of(lambda: originals.loaders["policy"](tmp_path), "")
    assert outcome == "refused"
    assert len(message) < 400
