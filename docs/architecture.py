"""Draw the sub-packages and their imports as ``docs/architecture.svg``.

``python docs/architecture.py`` reads the imports from the code itself, so that the picture shows
what is there. An arrow goes from a sub-package to one that it imports; arrows that follow from
others are left out (transitive reduction).
"""

import ast
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
ROOMS = {"data": "what happened", "envs": "what would happen", "agents": "what to do",
         "scripts": "run it"}  # fmt: skip
COLOURS = {"data": "#e3ecf7", "envs": "#e4f3e6", "agents": "#fbeedb", "scripts": "#f1e6f5"}
WIDTH, GAP, BOX, PITCH, TOP = 250, 70, 46, 66, 70  # pixels
LINE = 38  # characters of a question per line


def package_of(module: str) -> str:
    """Return the sub-package of a module, or its room where it lies in none."""
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        folder = ROOT.joinpath(*parts[:end])
        if (folder / "__init__.py").exists():
            return ".".join(parts[:end])
    return parts[0]


def imports_of(path: Path) -> set[str]:
    """Return the project's modules that a file imports, as dotted names below the root."""
    here, modules = path.relative_to(ROOT).parts, set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            above = here[: len(here) - node.level]
            modules.add(".".join([*above, *([node.module] if node.module else [])]))
        elif node.module and node.module.startswith("mediagym."):
            modules.add(node.module.removeprefix("mediagym."))
    return modules


def graph() -> dict[str, set[str]]:
    """Return, by sub-package, those it imports; a room's loose files are the room itself."""
    edges: dict[str, set[str]] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            own = package_of(".".join(path.relative_to(ROOT).with_suffix("").parts[:-1]))
            found = {package_of(module) for module in imports_of(path)}
            edges.setdefault(own, set()).update(found - {own})
    return edges


def reduced(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the transitive reduction: no edge that a longer way implies."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            for target in edges.get(todo.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen

    below = {package: reachable(package) for package in edges}
    return {
        package: {t for t in targets if not any(t in below[other] for other in targets - {t})}
        for package, targets in edges.items()
    }


def heights(edges: dict[str, set[str]]) -> dict[str, int]:
    """Return the length of the longest chain of imports under each sub-package."""
    known: dict[str, int] = {}

    def height(package: str) -> int:
        if package not in known:
            known[package] = 1 + max(map(height, edges.get(package, ())), default=0)
        return known[package]

    for package in edges:
        height(package)
    return known


def question_of(package: str) -> str:
    """Return the first line of a package's docstring."""
    if "." not in package:
        loose = sorted(p.stem for p in (ROOT / package).glob("*.py") if p.stem != "__init__")
        return ", ".join(loose) if package != "scripts" else "one thin file per command"
    tree = ast.parse((ROOT / package.replace(".", "/") / "__init__.py").read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").splitlines()[0]


def wrapped(text: str) -> list[str]:
    """Return a text in at most two lines."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > LINE and len(lines) < 2:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def places(edges: dict[str, set[str]]) -> dict[str, tuple[int, int]]:
    """Return the upper left corner of every box; what is imported stands lower."""
    floors, corners = heights(edges), {}
    most = max(sum(p.split(".")[0] == room for p in edges) for room in ROOMS)
    for column, room in enumerate(ROOMS):
        own = [p for p in edges if p.split(".")[0] == room]
        own = [p for p in own if p != room or any((ROOT / room).glob("[!_]*.py"))]
        own.sort(key=lambda p: (floors[p], p))
        for row, package in enumerate(own):
            y = TOP + (most - 1 - row) * PITCH
            corners[package] = (40 + column * (WIDTH + GAP), y)
    return corners


def arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return an arrow between two boxes: straight to a neighbour, else around on the left."""
    (x1, y1), (x2, y2) = start, end
    if x1 == x2 and y2 - y1 == PITCH:
        middle = x1 + WIDTH // 2
        way = f"M{middle},{y1 + BOX} L{middle},{y2 - 4}"
    elif x1 == x2:
        side, from_y, to_y = x1 - 26, y1 + BOX // 2, y2 + BOX // 2
        way = f"M{x1},{from_y} C{side},{from_y} {side},{to_y} {x2 - 4},{to_y}"
    else:
        from_y, to_y, x3 = y1 + BOX // 2, y2 + BOX // 2, x2 + WIDTH
        bend = (x1 - x3) // 2
        way = f"M{x1},{from_y} C{x1 - bend},{from_y} {x3 + bend},{to_y} {x3 + 4},{to_y}"
    return f'<path d="{way}" marker-end="url(#head)"/>'


def picture() -> str:
    """Return the picture as SVG."""
    edges = graph()
    corners, bottom = places(edges), 0
    bottom = max(y for _, y in corners.values()) + BOX + 50
    width = 40 + len(ROOMS) * (WIDTH + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom}" '
        f'font-family="system-ui, sans-serif" role="img" aria-labelledby="title">',
        '<title id="title">Sub-packages of MediaGym and what each imports</title>',
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#667"/></marker></defs>',
        f'<rect width="{width}" height="{bottom}" fill="#ffffff"/>',
    ]
    for column, (room, meaning) in enumerate(ROOMS.items()):
        x = 40 + column * (WIDTH + GAP)
        parts.append(
            f'<text x="{x}" y="36" font-size="19" font-weight="600" fill="#223">{room}'
            f'<tspan dx="8" font-size="14" font-weight="400" fill="#556">{meaning}</tspan></text>'
        )
    parts.append('<g fill="none" stroke="#99a" stroke-width="1.3">')
    for package, targets in sorted(reduced(edges).items()):
        parts += [
            arrow(corners[package], corners[target])
            for target in sorted(targets)
            if package in corners and target in corners
        ]
    parts.append("</g>")
    for package, (x, y) in corners.items():
        room, _, name = package.partition(".")
        label = f"{name or room}/" if name else f"{room}/*.py"
        parts.append(
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{BOX}" rx="6" '
            f'fill="{COLOURS[room]}" stroke="#889"/>'
            f'<text x="{x + 10}" y="{y + 16}" font-size="13" font-weight="600" fill="#112">'
            f"{escape(label)}</text>"
        )
        for line, text in enumerate(wrapped(question_of(package))):
            parts.append(
                f'<text x="{x + 10}" y="{y + 29 + 12 * line}" font-size="10.5" fill="#334">'
                f"{escape(text)}</text>"
            )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    print(PICTURE)
