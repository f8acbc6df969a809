"""User-defined text where people read it: terminal, figures, Markdown, HTML and file names.

Names of campaigns, files and policies are data. Each surface has one function here that makes a
name safe for it; `plotting` draws figures without formulas. `stylesheet.css` is how pages look.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from .errors import without_settings
from .names import short_ids

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MAX_NAME = 64  # characters of a name in a table, a figure or a sentence
MAX_LABEL = 160  # characters of a name in a page, which breaks it over lines
MAX_MESSAGE = 2000  # characters of a line of a message in the terminal
STYLESHEET = Path(__file__).with_name("page") / "stylesheet.css"
"""The style that all pages share, written into the static ones and served by the app."""
_JOINERS = "\u200c\u200d"  # invisible, but part of words and emoji
_REPLACEMENT = "\ufffd"  # the replacement character
_FILE_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_MARKDOWN = re.compile(  # ASCII punctuation that Markdown, HTML or GitHub may read as markup
    r"""[\\`*\[\]{}<>&|~$#!@:;"'=^]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=www)\."""
)


def visible(text: str) -> str:
    """Text on one line, without characters that control a terminal or the direction of writing.

    White space becomes a space, any other character that cannot be printed (controls, overrides
    of the direction, lone surrogates) the replacement character.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return " " if character.isspace() else _REPLACEMENT


def shortened(text: str, most: int = MAX_NAME) -> str:
    """`visible` text of at most `most` characters; the middle of a longer one is left out."""
    line = visible(text)
    if len(line) <= most:
        return line
    tail = (most - 1) // 2
    return f"{line[: most - 1 - tail]}…{line[-tail:]}"


def terminal(text: str, most: int = MAX_NAME) -> Text:
    """Text for a cell or line of the terminal that is never read as markup or emoji codes."""
    return Text(shortened(text, most))


def terminal_lines(message: str) -> str:
    """Message whose lines are kept apart, each visible and of at most `MAX_MESSAGE` characters."""
    return "\n".join(shortened(line, MAX_MESSAGE) for line in message.split("\n"))


def markdown_text(text: str, most: int = 4 * MAX_NAME) -> str:
    """Text inside a line or table cell of Markdown that shows as it is.

    Punctuation with a meaning becomes an HTML character reference, which is never markup.
    """
    return _MARKDOWN.sub(lambda found: f"&#{ord(found[0])};", shortened(text, most))


def html_text(value: object) -> object:
    """Finaliser of templates: strings are made visible; escaping is left to `autoescape`."""
    return visible(value) if type(value) is str else value


def page_environment(*folders: Path, settings: bool = True) -> "Environment":
    """Environment of the HTML templates of folders: names are made visible and escaped.

    Args:
        folders: where the templates are.
        settings: the readers of the pages have settings; otherwise messages are shown without what
            a setting could do.

    Every template can use those of `data/page`, the filters `brief`, `label` and `breakable` for
    names, and `{{ stylesheet }}`, the style that all pages share.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # few commands write a page
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader([*folders, STYLESHEET.parent]),
        autoescape=True,
        finalize=html_text if settings else _text_without_settings,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["stylesheet"] = Markup(STYLESHEET.read_text(encoding="utf-8"))  # noqa: S704
    environment.filters |= {"brief": shortened, "label": label, "breakable": breakable}
    return environment


def _text_without_settings(value: object) -> object:
    return html_text(without_settings(value) if type(value) is str else value)


def label(name: object) -> str:
    """Name of at most `MAX_LABEL` visible characters."""
    return shortened(str(name), MAX_LABEL)


def breakable(name: str) -> "Markup":
    """`label` as HTML that may be broken after the channel."""
    from markupsafe import Markup, escape

    return escape(label(name)).replace("/", Markup("/<wbr>"), 1)


def file_name(text: str) -> str:
    """Name of one file or folder: the text itself if it is plain, otherwise its short id.

    Plain is a text of at most 64 ASCII letters, digits and `._-` that neither begins nor ends with
    a dot, does not begin with `-`, and is not reserved by an operating system. See `short_ids`.
    """
    plain = _FILE_NAME.fullmatch(text) and not _DEVICES.fullmatch(text)
    if plain:
        return text
    (name,) = short_ids([text])
    return f"{name}_" if _DEVICES.fullmatch(name) else name
