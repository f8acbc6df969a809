import fcntl
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mediagym.data.errors import DataError
from mediagym.data.storage import (
    read_arrays,
    read_json,
    require_replaceable,
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


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


OBSTACLES: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a pipe": _fifo,
    "a socket": _socket,
}


@pytest.mark.parametrize("linked", [False, True], ids=["itself", "by a link"])
@pytest.mark.parametrize("kind", OBSTACLES)
def test_only_regular_files_are_replaced(
    tmp_path: Path, kind: str, linked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the address of a socket has to be short
    obstacle = path = Path("obstacle")
    OBSTACLES[kind](obstacle)
    if linked:
        path = Path("link")
        path.symlink_to(obstacle)
    before = obstacle.lstat()
    with pytest.raises(DataError, match=f"{path}: cannot be written, it is {kind}") as caught:
        write_bytes(path, b"content")
    assert "\n" not in str(caught.value)
    assert obstacle.lstat() == before
    assert path.is_symlink() == linked
    assert {each.name for each in tmp_path.iterdir()} == {"obstacle", str(path)}


def test_a_device_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, usual = tmp_path / "device", Path.stat

    def with_device(self: Path, **arguments: bool) -> object:  # no real device is ever written to
        if self != path:
            return usual(self, **arguments)
        return os.stat_result((stat.S_IFCHR | 0o666, *[0] * 9))

    monkeypatch.setattr(Path, "stat", with_device)
    with pytest.raises(DataError, match="it is a device"):
        require_replaceable(path)


def test_a_link_to_a_file_is_replaced_and_the_file_keeps_its_content(tmp_path: Path) -> None:
    file, link = tmp_path / "elsewhere", tmp_path / "link"
    file.write_text("kept")
    link.symlink_to(file)
    write_text(link, "new")
    assert (link.read_text(), link.is_symlink()) == ("new", False)
    assert file.read_text() == "kept"


def test_a_dangling_link_is_never_followed(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match="a link that leads nowhere"):
        write_text(link, "new")
    assert list(tmp_path.iterdir()) == [link]


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 300):
        with pytest.raises(DataError, match="cannot be written"):
            write_text(tmp_path / name, "new")


def test_reading_a_pipe_does_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for read in (read_json, read_arrays):
        with pytest.raises(DataError, match=r"pipe: cannot be read \(it is a pipe\)"):
            read(tmp_path / "pipe")


def test_a_temporary_file_that_nobody_holds_is_removed_and_a_held_one_is_not(
    tmp_path: Path,
) -> None:
    target = tmp_path / "plan.json"
    stale, held, other = (tmp_path / f".plan.json.{name}" for name in ("stale_01", "held_002", "x"))
    for path in (stale, held, other):
        path.write_bytes(b"half")
    with held.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        write_bytes(target, b"whole")
    assert target.read_bytes() == b"whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [target.name, held.name, other.name]
    )
