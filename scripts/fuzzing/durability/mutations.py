"""Mutations of an artefact's files: of bytes, of JSON, of arrays and of a table.

Each takes a source of random numbers and the files by name, and changes one of them. A pickle among
them would create the file `MARKER` in the working directory if anybody loaded it.
"""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

MARKER = "code_was_run"
HUGE = 8_000_000_000  # bytes that a bomb unpacks to
Files = dict[str, bytes]
_HOSTILE = (
    "../../../escaped",
    "/escaped",  # an absolute path
    "a\0b",
    "<script>alert(1)</script>",
    "[/b]",
    "$\\frac{x$",
    "=cmd|' /C calc'!A0",
    "x" * 1_000_000,
    "\u202e\x1b[31m",
    "\ud800",
    "",
)
_NUMBERS = ("1e308", "-1e308", "1" + "0" * 400, "-1", "9223372036854775808", "0", "1e18", "0.5")
_NUMBERS_THAT_ARE_NONE = ("NaN", "Infinity", "-Infinity")
_OTHERS: tuple[Any, ...] = (None, True, 1, 1.5, "text", [], {}, [[]], [1, "a"], {"a": 1})


_PICKLE = f"cos\nmknod\n(S{MARKER!r}\ntR.".encode()  # read as a pickle, it makes a file


class _Code:
    """An object whose unpickling creates a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path(MARKER),)


def flip(rng: Random, data: bytes) -> bytes:
    """One to eight bytes changed."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] ^= rng.randint(1, 255)
    return bytes(changed)


def cut(rng: Random, data: bytes) -> bytes:
    """The end lost."""
    return data[: rng.randrange(len(data))]


def duplicate(rng: Random, data: bytes) -> bytes:
    """A part there twice."""
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start:]


def zeros(rng: Random, data: bytes) -> bytes:
    """A part overwritten by zeros, as after a crash of the machine."""
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + bytes(end - start) + data[end:]


def places_of(content: Any) -> list[tuple[Any, Any]]:
    """All (container, key) of nested JSON."""
    places: list[tuple[Any, Any]] = []
    todo = [content]
    while todo:
        each = todo.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each))
        places += [(each, key) for key in keys]
        todo += [each[key] for key in keys if isinstance(each[key], dict | list)]
    return places


def change_json(rng: Random, data: bytes, how: str) -> bytes:
    """JSON with one place changed.

    Args:
        rng: source of all draws.
        data: the JSON, an object or a list.
        how: one of `JSON`.
    """
    content = json.loads(data)
    container, key = _place(rng, content, how)
    text = ""  # that stands for the place
    if how == "key_removed":
        del container[key]
    elif how == "key_added":
        target = container if isinstance(container, dict) else content
        if isinstance(target, dict):
            target[rng.choice(_HOSTILE)] = rng.choice(_OTHERS)
    elif how == "key_renamed":
        if isinstance(container, dict):
            container[rng.choice(_HOSTILE)] = container.pop(key)
        else:
            container.insert(key, container[key])
    elif how == "other_type":
        container[key] = rng.choice(_OTHERS)
    elif how == "top_replaced":
        content = rng.choice(_OTHERS)
    elif how == "hostile_text":
        container[key] = rng.choice(_HOSTILE)
    elif how == "huge_number":
        text = rng.choice(_NUMBERS)
    elif how == "not_a_number":
        text = rng.choice(_NUMBERS_THAT_ARE_NONE)
    elif how == "nested":
        depth = rng.choice((100, 900, 50_000))
        text = "[" * depth + "]" * depth
    elif how == "many_items":
        text = "[" + ",".join("0" * 1 for _ in range(300_000)) + "]"
    if text:
        container[key] = "\x01"
    return json.dumps(content).replace('"\\u0001"', text or '"\\u0001"').encode()


def _place(rng: Random, content: Any, how: str) -> tuple[Any, Any]:
    """A place to change; numbers are preferred for numbers, and the upper levels over all."""
    places = places_of(content)
    if how in ("huge_number", "not_a_number"):
        numbers = [p for p in places if type(p[0][p[1]]) in (int, float)]
        places = numbers or places
    upper = [p for p in places if p[0] is content]
    return rng.choice(upper if upper and rng.random() < 0.4 else places)


def change_npz(rng: Random, data: bytes, how: str) -> bytes:
    """An npz archive with one array changed; see `NPZ`."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        arrays: dict[str, Any] = {name: archive[name] for name in archive.files}
    if how == "bomb":
        return _bomb(rng.choice(sorted(arrays)), arrays)
    if how == "pickle":
        return _PICKLE
    name = rng.choice(sorted(arrays))
    array = arrays[name]
    if how == "missing":
        del arrays[name]
    elif how == "objects":
        arrays[name] = np.array([_Code()], dtype=object)
    elif how == "extra_objects":
        arrays["extra"] = np.array([_Code()], dtype=object)
    else:
        arrays[name] = other_array(rng, array, how)
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def other_array(rng: Random, array: Any, how: str) -> Any:
    """An array of other values, shape or type."""
    if how == "shape":
        shapes = [array[:0], array[..., None], array.ravel(), np.stack([array, array]), array[:-1]]
        return rng.choice(shapes) if array.ndim else np.zeros(3)
    if how == "dtype":
        kinds = ("int8", "float16", "complex128", "U3", "bool", ">f8", "S2", "datetime64[D]")
        return np.zeros(array.shape, rng.choice(kinds))
    changed = np.array(array, float)
    value = {"nan": np.nan, "inf": np.inf, "negative": -1.0, "extreme": 1e300}[how]
    if changed.size:
        changed.flat[rng.randrange(changed.size)] = value
    return changed


def _bomb(name: str, arrays: dict[str, Any]) -> bytes:
    """An archive whose array claims and holds zeros without end."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, array in arrays.items():
            head = io.BytesIO()
            if each != name:
                np.save(head, array)
                archive.writestr(_member(each), head.getvalue())
                continue
            facts = {"descr": "<f8", "fortran_order": False, "shape": (HUGE // 8,)}
            np.lib.format.write_array_header_1_0(head, facts)
            archive.writestr(_member(each), head.getvalue() + bytes(20_000_000))
    return stream.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    """A member of an npz archive, at the same time in every archive."""
    member = zipfile.ZipInfo(f"{name}.npy")
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def change_safetensors(rng: Random, data: bytes, how: str) -> bytes:
    """A safetensors file with its header or its numbers changed; see `SAFETENSORS`."""
    size = int.from_bytes(data[:8], "little")
    header, body = data[8 : 8 + size], data[8 + size :]
    if how == "pickle":
        return _PICKLE
    if how == "header_size":
        return struct.pack("<Q", rng.choice((0, 1, 2**32, 2**63, size - 1, size + 1))) + data[8:]
    if how == "header_nested":
        header = b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    elif how.startswith("header_"):
        header = change_json(rng, header, how.removeprefix("header_"))
    else:
        at = rng.randrange(len(body) // 4) * 4
        value = {"nan": np.nan, "inf": np.inf, "number": rng.uniform(-9, 9)}[how]
        body = body[:at] + struct.pack("<f", value) + body[at + 4 :]
    return struct.pack("<Q", len(header)) + header + body


def change_state(rng: Random, data: bytes, how: str) -> bytes:
    """A checkpoint whose state, JSON in the header, is changed."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    state = header["__metadata__"]["state"].encode()
    brackets = b"[" * 50_000 + b"]" * 50_000
    state = brackets if how == "brackets" else change_json(rng, state, how)
    header["__metadata__"]["state"] = state.decode("utf-8", "surrogatepass")
    content = json.dumps(header).encode()
    return struct.pack("<Q", len(content)) + content + data[8 + size :]


def change_table(rng: Random, data: bytes, how: str) -> bytes:
    """A CSV with one line or one cell changed; see `TABLE`."""
    lines = data.decode().splitlines()
    row = rng.randrange(1, len(lines))
    cells = lines[row].split(",")
    column = rng.randrange(len(cells))
    if how == "line_removed":
        del lines[row]
    elif how == "line_twice":
        lines.insert(row, lines[row])
    elif how == "column_removed":
        lines = [",".join(c for k, c in enumerate(x.split(",")) if k != column) for x in lines]
    else:
        given = (*_NUMBERS, *_NUMBERS_THAT_ARE_NONE) if how == "number" else _HOSTILE[:-2]
        cells[column] = rng.choice(given)
        lines[row] = ",".join(cells)
    return ("\n".join(lines) + "\n").encode()


def resealed(files: Files) -> Files:
    """The files of a policy, with the checksum of the weights as they now are."""
    facts = json.loads(files["policy.json"])
    facts["sha256"] = hashlib.sha256(files["policy.safetensors"]).hexdigest()
    return {**files, "policy.json": json.dumps(facts).encode()}


BYTES: dict[str, Callable[[Random, bytes], bytes]] = {
    "flip": flip,
    "cut": cut,
    "duplicate": duplicate,
    "zeros": zeros,
    "empty": lambda rng, data: b"",
}
JSON = (
    "key_removed",
    "key_added",
    "key_renamed",
    "other_type",
    "top_replaced",
    "hostile_text",
    "huge_number",
    "not_a_number",
    "nested",
    "many_items",
)
ARRAY = ("shape", "dtype", "nan", "inf", "negative", "extreme")
NPZ = (*ARRAY, "missing", "objects", "extra_objects", "pickle", "bomb")
SAFETENSORS = (
    "pickle",
    "header_size",
    "header_nested",
    *(f"header_{how}" for how in ("key_removed", "other_type", "huge_number", "hostile_text")),
    "nan",
    "inf",
    "number",
)
STATE = ("brackets", *JSON[:7])
TABLE = ("line_removed", "line_twice", "column_removed", "number", "text")
