"""Damage to bytes or lines; a damaged file may be read or refused, but not misread."""

import csv
import io
from collections.abc import Callable
from random import Random

Damage = Callable[[bytes, Random], bytes]


def flip_bytes(data: bytes, rng: Random) -> bytes:
    """A few bytes become others."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        changed[_place(data, rng)] = rng.randrange(256)
    return bytes(changed)


def flip_digits(data: bytes, rng: Random) -> bytes:
    """A few characters become others of those that numbers and dates have."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        changed[_place(data, rng)] = rng.choice(b'0123456789.,-;/" \tE%$')
    return bytes(changed)


def delete_bytes(data: bytes, rng: Random) -> bytes:
    """A few bytes are lost."""
    cut = _place(data, rng)
    return data[:cut] + data[cut + rng.choice((1, 1, 2, 4, 40, 400)) :]


def insert_bytes(data: bytes, rng: Random) -> bytes:
    """A few bytes appear."""
    cut = _place(data, rng)
    count = rng.choice((1, 1, 2, 4, 40))
    part = rng.choice((rng.randbytes(count), rng.choice((b",", b"\n", b'"', b"\0", b"0")) * count))
    return data[:cut] + part + data[cut:]


def truncate(data: bytes, rng: Random) -> bytes:
    """The end is lost."""
    return data[: _place(data, rng)]


def lose_start(data: bytes, rng: Random) -> bytes:
    """The start is lost."""
    return data[rng.randrange(1, min(400, len(data))) :]


def shuffle_bytes(data: bytes, rng: Random) -> bytes:
    """Some neighbouring bytes change places."""
    cut = _place(data, rng)
    part = list(data[cut : cut + rng.choice((2, 3, 8, 60))])
    rng.shuffle(part)
    return data[:cut] + bytes(part) + data[cut + len(part) :]


def repeat_part(data: bytes, rng: Random) -> bytes:
    """A part is there twice."""
    cut = _place(data, rng)
    part = data[cut : cut + rng.choice((1, 3, 20, 2000))]
    return data[:cut] + part + data[cut:]


def duplicate_lines(data: bytes, rng: Random) -> bytes:
    """A few lines are there twice."""
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 2, 10))):
        lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    return b"\n".join(lines)


def delete_lines(data: bytes, rng: Random) -> bytes:
    """A few lines are lost."""
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 2, 10))):
        if len(lines) > 2:
            del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def paste_below(data: bytes, rng: Random) -> bytes:
    """The file is there twice, one below the other."""
    return data + data


def swap_cells(data: bytes, rng: Random) -> bytes:
    """Two cells change places, of a row or of a column."""
    text = data.decode("latin-1")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    wide = [row for row in rows if len(row) > 3]
    if len(wide) < 2:
        return data
    first, second = rng.sample(wide, 2)
    if rng.random() < 0.5:
        a, b = rng.sample(range(len(first)), 2)
        first[a], first[b] = first[b], first[a]
    else:
        a = rng.randrange(min(len(first), len(second)))
        first[a], second[a] = second[a], first[a]
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode("latin-1")


def _place(data: bytes, rng: Random) -> int:
    """A random place; in half of the cases among the first lines."""
    end = min(600, len(data)) if rng.random() < 0.3 else len(data)
    return rng.randrange(max(1, end))


DAMAGES: dict[str, Damage] = {
    damage.__name__: damage
    for damage in (
        flip_bytes,
        flip_digits,
        delete_bytes,
        insert_bytes,
        truncate,
        lose_start,
        shuffle_bytes,
        repeat_part,
        duplicate_lines,
        delete_lines,
        paste_below,
        swap_cells,
    )
}
