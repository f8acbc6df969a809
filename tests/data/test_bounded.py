"""Artefacts whose size is checked before they are unpacked."""

import io
import os
import zipfile

import numpy as np
import pytest

from mediagym.data import bounded
from mediagym.data.bounded import read_bounded_arrays, read_bounded_json
from mediagym.data.errors import DataError
from mediagym.data.storage import write_arrays


def test_arrays_and_a_mapping_are_read(tmp_path):
    write_arrays(tmp_path / "a.npz", {"x": np.arange(3)})
    assert read_bounded_arrays(tmp_path / "a.npz")["x"].tolist() == [0, 1, 2]
    (tmp_path / "a.json").write_text('{"a": 1}')
    assert read_bounded_json(tmp_path / "a.json") == {"a": 1}


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(tmp_path, monkeypatch):
    path = write_arrays(tmp_path / "bomb.npz", {"x": np.zeros(2**20)})
    assert path.stat().st_size < 2**20
    monkeypatch.setattr(bounded, "MAX_UNPACKED_BYTES", 2**20)
    monkeypatch.setattr(bounded, "read_arrays", pytest.fail)
    with pytest.raises(DataError, match=r"bomb\.npz: it unpacks to 1 arrays of 8 MiB\. Allowed"):
        read_bounded_arrays(path)


def test_an_archive_of_too_many_arrays_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded, "read_arrays", pytest.fail)
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as archive:
        for i in range(bounded.MAX_ARRAYS + 1):
            archive.writestr(f"{i}.npy", b"")
    with pytest.raises(DataError, match="1001 arrays"):
        read_bounded_arrays(tmp_path / "many.npz")


@pytest.mark.parametrize("content", ["[]", "3", "null", "[" * 50_000, '{"a": ' * 50_000, "{"])
def test_json_that_is_no_mapping_is_one_message(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DataError, match=r"a\.json"):
        read_bounded_json(tmp_path / "a.json")


def test_json_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded, "MAX_JSON_BYTES", 10)
    monkeypatch.setattr(bounded, "read_json", pytest.fail)
    (tmp_path / "a.json").write_text('{"a": "0123456789"}')
    with pytest.raises(DataError, match="its size is"):
        read_bounded_json(tmp_path / "a.json")


@pytest.mark.parametrize("read", [read_bounded_json, read_bounded_arrays])
def test_a_pipe_and_an_impossible_name_are_refused(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "a\0b", "absent"):
        with pytest.raises(DataError):
            read(tmp_path / name)


def test_an_array_that_claims_more_than_it_holds_is_not_made(tmp_path):
    path = tmp_path / "a.npz"
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**9,)}
    np.lib.format.write_array_header_1_0(stream, header)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", stream.getvalue() + bytes(800))
    with pytest.raises(DataError, match="claims 8,000,000,000 bytes"):
        read_bounded_arrays(path)
