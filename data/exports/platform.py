"""The platform of a file, by its headings and, where they fit any, by a column or the name.

In order: `data.files`; a signature, headings that one platform alone writes; a column of platforms;
a word of the file's name. A file that nothing tells, such as `export.csv` with `Date, Cost`, is one
channel with the name of the file, with a warning.
"""

import re
from collections.abc import Sequence
from fnmatch import fnmatch

from ..errors import shown, with_setting
from ..formats import GENERIC, Column, Format, Heading, canonical_heading, formats
from ..sheets import Sheet
from .settings import DataSettings

_SPELLED = re.compile(r"[^\W_]+")


def given_columns(settings: DataSettings) -> dict[str, Column]:
    """Column by canonical heading, as the user declared them."""
    return {canonical_heading(name).text: column for column, name in settings.columns.items()}


def platform_of(
    sheet: Sheet, headings: Sequence[Heading], settings: DataSettings
) -> tuple[Format, str | None, list[str]]:
    """Format and channel of a file, and notes on how they were recognised.

    Args:
        sheet: all cells.
        headings: of the header.
        settings: reading options.

    Returns:
        The format; the channel of all rows, None where a column tells it; and the notes.
    """
    file, generic = sheet.file, formats()[-1]
    texts = {heading.text for heading in headings}
    own = [form for form in formats() if form.platform != GENERIC and form.fits(texts)]
    own.sort(key=lambda form: -sum(form.column_of(text) is not None for text in texts))
    declared = _declared(file, settings)
    if declared is not None:
        form = next((f for f in formats() if f.platform == declared), next(iter(own), generic))
        return form, declared, [_as_declared(file, declared)]
    if own:
        has_column = any(text in own[0].headings("platform") for text in texts)
        return own[0], None if has_column else own[0].platform, []
    given = given_columns(settings)
    if "platform" in given.values() or any(text in generic.headings("platform") for text in texts):
        return generic, None, []
    named = _named(file)
    if len(named) == 1:
        why = f"{file}: read as {named[0].title}, because of its name; its headings fit any."
        return named[0], named[0].platform, [why]
    channel = _plain_name(file)
    note = with_setting(
        f"{file}: WARNING, neither headings nor name tell a platform; all rows are taken as one "
        f"channel, {shown(channel)}, by the file's name. If they are of several, add a column "
        "Platform.",
        f"'data.files={{CHANNEL: [\"{file}\"]}}' gives another name",
    )
    return generic, channel, [note]


def _as_declared(file: str, channel: str) -> str:
    return with_setting(f"{file}: read as {channel}.", "data.files says so")


def _base_name(file: str) -> str:
    """Name of a file without the sheet of a workbook, and without the archive around it."""
    return file.partition(", sheet ")[0].rpartition(", file ")[2]


def _plain_name(file: str) -> str:
    """Name of a file without its suffixes."""
    return _base_name(file).partition(".")[0].strip() or "ads"


def _declared(file: str, settings: DataSettings) -> str | None:
    """Channel that `data.files` gives to a file."""
    names = {_base_name(file).lower(), file.lower()}
    for channel, patterns in settings.files.items():
        if any(fnmatch(name, pattern.lower()) for pattern in patterns for name in names):
            return channel
    return None


def _named(file: str) -> list[Format]:
    """Platforms that a word of the file's name means."""
    words = _SPELLED.findall(_base_name(file).lower())
    return [
        form
        for form in formats()
        if any(
            word == known or (word.startswith(known) and word.removeprefix(known)[:2] == "ad")
            for word in words
            for known in form.file_words
        )
    ]
