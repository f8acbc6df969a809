import os
from pathlib import Path

import numpy as np
import pytest

from mediagym.data.errors import DataError
from mediagym.data.storage import (
    read_arrays,
    read_json,
    write_arrays,
    write_bytes,
    write_json,
    write_text,
)


def test_text_json_and_arrays_survive_a_round_trip(tmp_path: Path) -> None:
    assert write_text(tmp_path / "a" / "b" / "note.txt", "één\n").read_bytes() == "één\n".encode()
    assert read_json(write_json(tmp_path / "plan.json", {"a": [1, 2.5, None]})) == {
        "a": [1, 2.5, None]
    }
    arrays = {"x": np.arange(6).reshape(2, 3), "name": np.array(["a", "bc"])}
    restored = read_arrays(write_arrays(tmp_path / "arrays.npz", arrays))
    assert set(restored) == {"x", "name"}
    assert (restored["x"] == arrays["x"]).all()
    assert (restored["name"] == arrays["name"]).all()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_text(tmp_path / "plan.json", "old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DataError, match=r"plan.json.*No space left"):
        write_text(path, "new and longer")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_invalid_json_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "plan.json", {"spend": float("nan")})
    assert not list(tmp_path.iterdir())


def test_a_written_file_has_the_usual_permissions(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("x")
    ours = write_bytes(tmp_path / "ours", b"x")
    assert ours.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_broken_files_are_data_errors(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    for read in (read_json, read_arrays):
        with pytest.raises(DataError, match="broken"):
            read(path)


def test_absent_files_are_data_errors(tmp_path: Path) -> None:
    for read in (read_json, read_arrays):
        with pytest.raises(DataError, match="No such file"):
            read(tmp_path / "absent")
    with pytest.raises(DataError, match="another output folder"):
        write_text(write_text(tmp_path / "file", "") / "below", "x")
