"""Mutants of a package's files, drawn at random: first the kind of fault, then its place."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from .operators import Place, annotated, mutated, places


class Mutant(NamedTuple):
    """A file with one deliberate fault."""

    package: str  # such as envs/market
    file: str  # within the repository
    kind: str  # of the fault: a key of the operators
    operator: str
    occurrence: int  # of the operator in the file
    line: int  # first line that differs, from 1
    before: str  # the lines that differ, without indentation
    after: str


class _Site(NamedTuple):
    file: str
    place: Place
    choices: tuple[tuple[str, int], ...]  # operators and their occurrences there


def draw(
    root: Path,
    package: str,
    files: Sequence[str],
    operators: Mapping[str, Sequence[str]],
    count: int,
    seed: int,
    first: int = 0,
) -> list[Mutant]:
    """Return different mutants of a package, the same for the same sources and seed.

    A kind of fault is drawn first, so that frequent ones (numbers) do not crowd out the others.

    Args:
        root: root of the repository.
        package: folder of the files.
        files: names of the files that are mutated.
        operators: names of operators by kind of fault.
        count: number of mutants, fewer if there are no more places.
        seed: seed of the draw.
        first: number of mutants of the same draw that are passed over.
    """
    rng = Random(f"{seed}/{package}")  # noqa: S311  # no secret
    sources = {f"{package}/{name}": (root / package / name).read_text("utf-8") for name in files}
    sites = {kind: _sites(sources, names) for kind, names in operators.items()}
    for each in sites.values():
        rng.shuffle(each)
    mutants: list[Mutant] = []
    while len(mutants) < first + count and any(sites.values()):
        kind = rng.choice([kind for kind, left in sites.items() if left])
        site = sites[kind].pop()
        name, occurrence = rng.choice(site.choices)
        code = mutated(sources[site.file], name, occurrence)
        line, before, after = _difference(sources[site.file], code)
        if before != after and _compiles(code):
            mutants.append(Mutant(package, site.file, kind, name, occurrence, line, before, after))
    return mutants[first:]


def code_of(root: Path, mutant: Mutant) -> str:
    """Return the mutant's source."""
    source = (root / mutant.file).read_text("utf-8")
    return mutated(source, mutant.operator, mutant.occurrence)


def _sites(sources: Mapping[str, str], names: Sequence[str]) -> list[_Site]:
    sites = []
    for file, source in sources.items():
        at: dict[Place, list[tuple[str, int]]] = {}
        ignored = annotated(source)
        for name in names:
            for occurrence, place in enumerate(places(source, name)):
                if not any(start <= place[0] and place[1] <= end for start, end in ignored):
                    at.setdefault(place, []).append((name, occurrence))
        sites += [_Site(file, place, tuple(choices)) for place, choices in sorted(at.items())]
    return sites


def _difference(source: str, code: str) -> tuple[int, str, str]:
    """Line of the first difference, and the differing lines of both."""
    old, new = source.splitlines(), code.splitlines()
    head = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    tail = 0
    while tail < min(len(old), len(new)) - head - 1 and old[-1 - tail] == new[-1 - tail]:
        tail += 1

    def text(lines: list[str]) -> str:
        return " ".join(line.strip() for line in lines[head : len(lines) - tail])

    return head + 1, text(old), text(new)


def _compiles(code: str) -> bool:
    try:
        compile(code, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
