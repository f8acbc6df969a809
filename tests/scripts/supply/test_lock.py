"""Pins, constraints and the lock."""

import re

import pytest
from helpers.subjects.supply import (
    PYLOCK,
    A,
    B,
    C,
    a_policy,
    a_program,
    a_wheel,
    some_pins,
    with_hashes,
)

from mediagym.data.errors import DataError, MediaGymError
from mediagym.scripts.supply import (
    Pin,
    disagreements,
    parse_pins,
    write_pins,
)
from mediagym.scripts.supply.lock import lock_of, locked


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


def test_an_additional_file_must_be_of_the_pinned_version_and_in_the_lock(tmp_path):
    pins, lock = some_pins(), with_hashes(some_pins())
    (missing,) = disagreements(pins, lock, a_policy(tmp_path, a_wheel("1.0+cpu")))
    assert missing.startswith("top: requirements.lock lacks the hash")
    lock["top"] = Pin("top", "1.0", (A, C))
    assert disagreements(pins, lock, a_policy(tmp_path, a_wheel("1.0+cpu"))) == []
    (old,) = disagreements(pins, lock, a_policy(tmp_path, a_wheel("0.9+cpu")))
    assert old.startswith("top: policy.toml has the hash of top-0.9+cpu")


def test_the_lock_leaves_out_excluded_files_and_has_additional_ones(tmp_path):
    assert locked(PYLOCK, a_policy(tmp_path))["top"].hashes == (A, B)
    more = '[[excluded]]\nfiles = "top-*+-*gpu.whl"\nreason = "why"\n' + a_wheel("1.0+cpu")
    assert locked(PYLOCK, a_policy(tmp_path, more))["top"].hashes == (A, C)


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
