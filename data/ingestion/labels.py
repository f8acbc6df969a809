"""Names of campaigns in pictures: text of any script that the installed fonts can draw."""

import unicodedata
from collections.abc import Sequence
from functools import cache

import matplotlib
from matplotlib.font_manager import (
    FontEntry,
    FontProperties,
    findfont,
    fontManager,
    get_font,
    weight_dict,
)

_MAX_CHARACTERS = 34  # of a name in a picture
_REGULAR = 400  # weight
_PLACEHOLDERS = (".", "Last Resort")  # families that draw a box for every character
_SHAPES_TEXT = matplotlib.__version_info__[:2] >= (
    3,
    11,
)  # earlier ones draw one by one, rightwards
_SHAPED = ("ARABIC", "HEBREW", "SYRIAC", "THAANA", "NKO", "DEVANAGARI", "BENGALI", "GURMUKHI",
           "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI",
           "LAO", "TIBETAN", "MYANMAR", "KHMER", "MONGOLIAN")  # fmt: skip
"""Beginnings of the names of characters that run to the left or change with their neighbours."""


def picture_labels(
    names: Sequence[str], ids: Sequence[str], families: Sequence[str]
) -> tuple[str, ...]:
    """Names as they can be drawn: on one line, shortened, the short id where no font has them.

    Args:
        names: names of campaigns in any script.
        ids: short ids of the campaigns.
        families: result of `font_families` for the names.
    """
    fonts = _fonts()
    known = frozenset[str]().union(*(_characters(fonts[family]) for family in families))
    return tuple(
        label if _drawable(label, known) else short
        for label, short in zip(map(_shortened, names), ids, strict=True)
    )


def font_families(names: Sequence[str]) -> list[str]:
    """Families to draw the names with: matplotlib's own, then installed ones for what it lacks."""
    families, fonts = [_default()], _fonts()
    lacking = set("".join(map(_shortened, names))) - _characters(fonts[families[0]])
    lacking = {c for c in lacking if not _is_shaped(c)}
    for family, path in fonts.items():
        if not lacking:
            break
        if covered := lacking & _characters(path):
            families.append(family)
            lacking -= covered
    return families


def _default() -> str:
    return str(FontProperties(family=matplotlib.rcParams["font.family"]).get_name())


def _weight(font: FontEntry) -> int:
    weight = font.weight
    return weight if isinstance(weight, int) else weight_dict.get(weight, _REGULAR)


@cache
def _fonts() -> dict[str, str]:
    """Path of the regular face of each family, without serifs first."""
    faces = sorted(fontManager.ttflist, key=lambda font: -abs(_weight(font) - _REGULAR))
    paths = {
        font.name: font.fname
        for font in faces  # the face next to regular is the last
        if font.style == "normal" and not font.name.startswith(_PLACEHOLDERS)
    }
    plain = sorted(paths, key=lambda name: ("Serif" in name or "Mono" in name, name))
    return {name: paths[name] for name in plain} | {_default(): str(findfont(_default()))}


def _shortened(name: str) -> str:
    """One line of printable characters; the middle of a long name is left out."""
    visible = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", name))
    line = " ".join(visible.split())
    if len(line) <= _MAX_CHARACTERS:
        return line
    tail = (_MAX_CHARACTERS - 1) // 2
    return f"{line[: _MAX_CHARACTERS - 1 - tail]}…{line[-tail:]}"


def _drawable(label: str, known: frozenset[str]) -> bool:
    return bool(label) and all(c in known and not _is_shaped(c) for c in label)


@cache
def _is_shaped(character: str) -> bool:
    return not _SHAPES_TEXT and unicodedata.name(character, "").startswith(_SHAPED)


@cache
def _characters(path: str) -> frozenset[str]:
    """Characters that a font has outlines for; none if it is one of bitmaps or cannot be read."""
    try:
        font = get_font(path)
    except (OSError, RuntimeError):
        return frozenset()
    return frozenset(map(chr, font.get_charmap())) if font.scalable else frozenset()
