"""What a cache is given back is what was put in, or nothing."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mediagym.data.cache import Entry, user_cache, uses_heard
from mediagym.data.errors import DataError
from mediagym.data.storage import read_arrays, write_arrays, write_json

PLAN = np.arange(6.0).reshape(2, 3)
SHAPES = {"plan": (2, 3)}
NAMES = ("a.bin", "b.json")


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    """A sound entry of one array."""
    made = Entry(tmp_path / "entry.npz", "entry", 3)
    made.write_arrays({"plan": PLAN})
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Entry:
    """A sound entry of two files."""
    made = Entry(tmp_path / "entry", "entry", 3)
    made.path.mkdir()
    (made.path / "a.bin").write_bytes(b"content")
    (made.path / "b.json").write_text("{}")
    made.seal_files(NAMES)
    return made


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def _rewrite(change: Callable[[dict], dict]) -> Callable[[Path], None]:
    return lambda path: write_arrays(path, change(read_arrays(path))) and None


def _become_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _dangle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere")


DAMAGE: dict[str, Callable[[Path], None]] = {
    "truncated": _truncate,
    "empty": lambda path: path.write_bytes(b"") and None,
    "zeros by hand": _rewrite(lambda arrays: {**arrays, "plan": np.zeros((2, 3))}),
    "another type": _rewrite(lambda arrays: {**arrays, "plan": PLAN.astype(">f8")}),
    "another shape": _rewrite(lambda arrays: {**arrays, "plan": PLAN[:1]}),
    "a missing key": _rewrite(lambda arrays: {"seal": arrays["seal"]}),
    "one key more": _rewrite(lambda arrays: {**arrays, "more": PLAN}),
    "the old form": _rewrite(lambda arrays: {"plan": arrays["plan"]}),
    "a seal of nothing": _rewrite(lambda arrays: {**arrays, "seal": np.array("[1, 2]")}),
    "a seal of numbers": _rewrite(lambda arrays: {**arrays, "seal": np.arange(3)}),
    "a pipe": _become_pipe,
    "a folder": _become_folder,
    "a dangling link": _dangle,
}


def test_what_is_written_is_read_without_a_word(
    entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays = entry.arrays(SHAPES)
    assert arrays is not None
    assert set(arrays) == {"plan"}
    np.testing.assert_array_equal(arrays["plan"], PLAN)
    assert replace(entry, path=entry.path.parent / "other.npz").arrays(SHAPES) is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_entry_is_not_believed_and_said(
    entry: Entry, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(entry.path)
    assert entry.arrays(SHAPES) is None
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"note: cache entry {entry.path}: ")
    assert line.endswith("it is made anew.")


def test_an_entry_of_another_version_name_or_shape_is_not_believed(
    entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replace(entry, version=4).arrays(SHAPES) is None
    assert "another version" in capsys.readouterr().err
    assert replace(entry, key="other").arrays(SHAPES) is None
    assert "another entry's" in capsys.readouterr().err
    assert entry.arrays({"plan": (3, 2)}) is None
    assert "not those expected" in capsys.readouterr().err


def test_a_folder_is_believed_as_long_as_it_is_what_was_sealed(
    folder: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder.files_sound(NAMES)
    assert not replace(folder, path=folder.path / "absent").files_sound(NAMES)
    assert capsys.readouterr().err == ""
    assert not replace(folder, version=4).files_sound(NAMES)
    assert not replace(folder, key="other").files_sound(NAMES)
    assert not folder.files_sound((*NAMES, "c.json"))
    assert capsys.readouterr().err.count("it is made anew") == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: (path / "a.bin").write_bytes(b"Content"),
        lambda path: (path / "a.bin").unlink(),
        lambda path: _become_pipe(path / "b.json"),
        lambda path: (path / "seal.json").unlink(),
        lambda path: (path / "seal.json").write_text("{"),
        lambda path: write_json(path / "seal.json", []),
        lambda path: _become_pipe(path / "seal.json"),
    ],
    ids=["edited", "absent", "pipe", "old form", "torn seal", "list", "seal is a pipe"],
)
def test_a_damaged_folder_is_not_believed_and_said(
    folder: Entry, damage: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(folder.path)
    assert not folder.files_sound(NAMES)
    assert capsys.readouterr().err.count("it is made anew") == 1


def test_writers_at_the_same_time_leave_a_sound_entry(entry: Entry) -> None:
    def write_and_read(_: int) -> bool:
        entry.write_arrays({"plan": PLAN})
        return entry.arrays(SHAPES) is not None

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(write_and_read, range(40)))
    assert list(entry.path.parent.iterdir()) == [entry.path]


def test_an_entry_that_cannot_be_written_is_said_or_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    entry = Entry(tmp_path / "file" / "entry.npz", "entry", 1)
    with pytest.raises(DataError, match="cannot be written"):
        entry.write_arrays({"plan": PLAN})
    entry.keep_arrays({"plan": PLAN})
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be written" in line
    assert "computed again the next time" in line


def test_a_seal_is_plain_text(entry: Entry) -> None:
    seal = json.loads(str(read_arrays(entry.path)["seal"]))
    assert (seal["key"], seal["version"]) == ("entry", 3)
    assert set(seal["sha256"]) == {"plan"}


def test_the_user_s_cache_lies_in_the_home_folder_if_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = user_cache()
    assert folder is not None
    assert folder.is_relative_to(tmp_path)
    assert folder.name == "mediagym"
    for value in ("", None):
        monkeypatch.delenv("HOME") if value is None else monkeypatch.setenv("HOME", value)
        assert user_cache() is None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert user_cache() == tmp_path / "xdg" / "mediagym"


def test_a_cache_that_nobody_else_may_read_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", forbidden)
    entry = Entry(tmp_path / "entry", "key", 1)
    for look in (lambda: entry.files_sound(["a"]), lambda: entry.arrays({})):
        with pytest.raises(DataError, match=r"belongs to another user.*cache=FOLDER"):
            look()


def test_uses_of_entries_are_heard_within_their_context(tmp_path: Path) -> None:
    arrays, folder = Entry(tmp_path / "a.npz", "a", 1), Entry(tmp_path / "b", "b", 1)
    heard: list[Path] = []
    with uses_heard(heard.append):
        assert arrays.arrays({"x": (1,)}) is None
        assert not folder.files_sound(["f"])
        assert heard == []
        arrays.write_arrays({"x": np.zeros(1)})
        folder.path.mkdir()
        (folder.path / "f").write_text("content")
        folder.seal_files(["f"])
        assert heard == [arrays.path, folder.path]
        with uses_heard(lambda _: None):
            assert folder.files_sound(["f"])
        assert arrays.arrays({"x": (1,)}) is not None
        assert folder.files_sound(["f"])
        assert heard == 2 * [arrays.path, folder.path]
        (folder.path / "f").write_text("damaged")
        assert not folder.files_sound(["f"])
    arrays.write_arrays({"x": np.zeros(1)})
    assert heard == 2 * [arrays.path, folder.path]
