"""Hostile names, and checks that a surface shows them as they are."""

import io
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text
from rich.console import Console
from rich.table import Table

from mediagym.data.display import label, shortened, visible

Conf = Callable[..., dict[str, Any]]
NAMES = (
    "[/b]",
    "[red]x",
    ":smile:\\",
    r"$\frac{x$",
    "$a_1$ and $b^2$",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a|b",
    "`code` *bold* _x_ [link](https://example.org) @someone",
    "=cmd|' /C calc'!A0",
    "+1",
    "@x",
    "_hidden",
    "first\nsecond",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202eesrever",
    "long " * 1000,
    " \t ",
    "\U0001f600 \U0001f9ff",
    "../../x",
    "/etc/passwd",
    "{{ 7 * 7 }}{% raw %}",
)
TAME = tuple(f"Campaign {number}" for number in range(len(NAMES)))


class Elements(HTMLParser):
    """Elements of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "wbr":  # where the name of a campaign may be broken, after its channel
            self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def require_same_elements(page: str, tame: str, names: Iterable[str]) -> None:
    """The page has the elements of a page with tame names, and shows every name.

    The middle of a long one may be left out.
    """
    found = Elements(page)
    assert found.elements == Elements(tame).elements
    for name in names:
        assert visible(name) in found.text or label(name) in found.text
    assert not {"\x1b", "\u202e", "\x07"} & set(page)


def require_shown(tables: Iterable[Table], names: Iterable[str], most: int = 64) -> None:
    """Printed by a console that reads markup, the tables show every name as it is."""
    stream = io.StringIO()
    console = Console(file=stream, width=20_000, force_terminal=False)
    for table in tables:
        console.print(table)
    text = stream.getvalue()
    assert not {"\x1b", "\u202e", "\x07"} & set(text)
    for name in names:
        assert shortened(name, most).strip() in text


def texts_of(figure: Figure) -> list[str]:
    """Texts of a figure; all of them are drawn without formulas."""
    figure.canvas.draw()
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    assert not any(text.get_parse_math() for text in texts if text.get_text())
    return [text.get_text() for text in texts]


def with_names(content: Any, names: dict[str, str]) -> Any:
    """JSON with other names, as keys and as values."""
    if isinstance(content, dict):
        return {names.get(key, key): with_names(value, names) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [with_names(value, names) for value in content]
    return names.get(content, content) if isinstance(content, str) else content
