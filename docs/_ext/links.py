"""Links to files of the repository, rewritten as links to the pages of the site about them."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)\)")
IMAGE = re.compile(r"!\[(?P<text>[^\]]*)\]\((?P<target>[^()\s]+)\)")
CODE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)[^\S\n]*$", re.DOTALL | re.MULTILINE)
NO_COMMANDS = ("base", "problem", "renamed", "advertisers")  # YAML files that are no command's
COPIED = ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")  # pages of the site from the root


def rewritten(page: str, folder: Path) -> str:
    """Return a page whose links to files outside ``docs`` lead to what the site says of them.

    Args:
        page: Markdown.
        folder: folder in which the page's links are relative.
    """

    def link(found: re.Match[str]) -> str:
        target = site_target(found["target"], folder)
        return found["text"] if target is None else f"[{found['text']}]({target})"

    def image(found: re.Match[str]) -> str:
        if re.match(r"[a-z]+:", found["target"]):
            return found[0]
        return f"![{found['text']}](/{os.path.relpath(folder / found['target'], DOCS)})"

    def prose(text: str) -> str:
        return IMAGE.sub(image, LINK.sub(link, text))

    parts, end = [], 0
    for block in CODE.finditer(page):
        parts += [prose(page[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, prose(page[end:])])


def site_target(target: str, folder: Path) -> str | None:
    """Return the target of a link on the site; None where the site has no page about the file."""
    name, _, anchor = target.partition("#")
    if not name or re.match(r"[a-z]+:", name):
        return target
    path = Path(os.path.normpath(folder / name))
    anchor = f"#{anchor}" if anchor else ""
    if path == DOCS / "tasks":
        return "/reference/tasks.md"
    if path.is_relative_to(DOCS):
        return f"/{path.relative_to(DOCS)}{anchor}" if path.is_file() else None
    inside = path.relative_to(ROOT)
    if str(inside) == "README.md":
        return "/index.md"
    if str(inside) in COPIED:
        return f"/reference/{inside.stem.lower()}.md{anchor}"
    if inside.parts[0] == "conf":
        page = settings_page(inside)
        return page and f"/reference/{page}"
    if path.name.endswith(".schema.json"):
        return f"/reference/schemas.md#{path.name.replace('.', '-')}"
    if path.suffix == ".py" and path.parent.joinpath("__init__.py").is_file():
        return f"/reference/api/{'.'.join(inside.parts[:-1])}.md"
    return None


def settings_page(inside: Path) -> str | None:
    """Return the page, below ``reference``, of a file or folder of ``conf``; None: it has none."""
    if inside.suffix and len(inside.parts) == 2:
        is_command = inside.stem not in NO_COMMANDS
        return f"commands.md#{inside.stem.replace('_', '-')}-command" if is_command else None
    group = inside.parts[1] if len(inside.parts) > 1 else "index"
    anchor = f"#{'-'.join((*inside.parent.parts, inside.stem)).lower()}" if inside.suffix else ""
    return f"configuration/{group}.md{anchor}"
