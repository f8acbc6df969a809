"""One mutated artefact: which of its files is changed, and how."""

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from .mutations import (
    BYTES,
    JSON,
    NPZ,
    SAFETENSORS,
    STATE,
    TABLE,
    Files,
    change_json,
    change_npz,
    change_safetensors,
    change_state,
    change_table,
    resealed,
)

SPECIAL = ("pipe", "folder", "dangling_link", "link_to_itself", "absent")
_GROUPS = {".json": JSON, ".npz": NPZ, ".safetensors": SAFETENSORS, ".csv": TABLE}
FILES = {
    "policy": ("policy.json", "policy.safetensors"),
    "posterior": ("posterior.json", "posterior.npz"),
    "checkpoint": ("checkpoint.safetensors",),
    "plan": ("plan.json",),
    "attribution": ("attribution.json",),
    "history": ("history.csv",),
    "evaluation": ("evaluation.json",),
}


class Mutation(NamedTuple):
    """A kind of artefact, one of its files, and what is done to it."""

    kind: str  # key of FILES
    file: str
    group: str  # bytes, content, state or special
    how: str


def mutations() -> Iterator[Mutation]:
    """All mutations, kind by kind."""
    for kind, files in FILES.items():
        for file in files:
            yield from (Mutation(kind, file, "bytes", how) for how in BYTES)
            yield from (Mutation(kind, file, "content", how) for how in _GROUPS[Path(file).suffix])
            yield from (Mutation(kind, file, "special", how) for how in SPECIAL)
    yield from (Mutation("checkpoint", "checkpoint.safetensors", "state", how) for how in STATE)


ALL = tuple(mutations())


def mutation_of(number: int) -> Mutation:
    """The mutation of a case: each has its turn, and neighbours differ in kind."""
    return ALL[number * 37 % len(ALL)]  # 37 is a prime that does not divide the count


def mutated(mutation: Mutation, rng: Random, files: Files) -> Files:
    """The files of an artefact with one of them changed; it is left out if it is special.

    A policy's checksum is made to fit in two of three cases, so that the checks behind it have to
    hold too.
    """
    data, how = files[mutation.file], mutation.how
    if mutation.group == "special":
        return {name: content for name, content in files.items() if name != mutation.file}
    if mutation.group == "bytes":
        changed = BYTES[how](rng, data)
    elif mutation.group == "state":
        changed = change_state(rng, data, how)
    else:
        change = {
            ".json": change_json,
            ".npz": change_npz,
            ".safetensors": change_safetensors,
            ".csv": change_table,
        }[Path(mutation.file).suffix]
        changed = change(rng, data, how)
    result = {**files, mutation.file: changed}
    seal = mutation.kind == "policy" and mutation.file == "policy.safetensors"
    return resealed(result) if seal and rng.random() < 2 / 3 else result


def lay_out(mutation: Mutation, files: Files, place: Path) -> None:
    """Writes the files of a case, and what stands in the place of the special one."""
    place.mkdir(parents=True)
    for name, data in files.items():
        (place / name).write_bytes(data)
    if mutation.group != "special":
        return
    path = place / mutation.file
    if mutation.how == "pipe":
        os.mkfifo(path)
    elif mutation.how == "folder":
        path.mkdir()
    elif mutation.how == "dangling_link":
        path.symlink_to("nowhere")
    elif mutation.how == "link_to_itself":
        path.symlink_to(path.name)
