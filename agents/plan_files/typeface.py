"""Texts of a PDF in any script: an embedded font, and the viewer's own for Chinese to Korean."""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

from ...data.display import visible

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
_HANGUL, _KANA, _HAN = "HYGothic-Medium", "HeiseiKakuGo-W5", "STSong-Light"
_MISSING = "\ufffd"


@cache
def _face(name: str) -> Any:
    """An embedded font, which matplotlib ships."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    font = TTFont(name, str(folder / f"{name}.ttf"))
    pdfmetrics.registerFont(font)
    return font.face.charToGlyph


@cache
def _viewers_font(name: str) -> str:
    """A font of East Asian scripts that PDF viewers bring; it is named, not embedded."""
    pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name


def runs(text: str, font: str) -> list[tuple[str, str]]:
    """Pieces of a line in the order in which they are drawn, each with its font.

    Text that is written from right to left is drawn in visual order, letters unjoined.
    """
    glyphs = _face(font)
    has_kana = _has_kana(text)
    pieces: list[tuple[str, str]] = []
    for character in _visual(visible(text)):
        if ord(character) in glyphs:
            name = font
        elif unicodedata.east_asian_width(character) in "WF" and ord(character) < 0x10000:
            name = _viewers_font(_east_asian(character, has_kana))
        else:
            character, name = _MISSING, font
        if pieces and pieces[-1][1] == name:
            pieces[-1] = (pieces[-1][0] + character, name)
        else:
            pieces.append((character, name))
    return pieces


def width_of(text: str, font: str, size: float) -> float:
    """Width of a line in points."""
    return sum(float(pdfmetrics.stringWidth(part, name, size)) for part, name in runs(text, font))


def fitted(text: str, font: str, size: float, width: float) -> str:
    """The text, or its beginning and an ellipsis where it is wider than `width` points."""
    line = visible(text)
    if width_of(line, font, size) <= width:
        return line
    low, high = 0, len(line)
    while low < high:  # the most characters that fit
        middle = (low + high + 1) // 2
        fits = width_of(f"{line[:middle]}…", font, size) <= width
        low, high = (middle, high) if fits else (low, middle - 1)
    return f"{line[:low].rstrip()}…"


def wrapped(text: str, font: str, size: float, width: float, most: int) -> list[str]:
    """Lines of at most `width` points; the last of `most` lines ends with an ellipsis if cut."""
    words, lines = visible(text).split(" "), [""]
    for position, word in enumerate(words):
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or width_of(longer, font, size) <= width:
            lines[-1] = longer
        elif len(lines) < most:
            lines.append(word)
        else:
            lines[-1] = " ".join([lines[-1], *words[position:]])
            break
    return [fitted(line, font, size, width) for line in lines]


def _east_asian(character: str, has_kana: bool) -> str:
    if unicodedata.name(character, "").startswith("HANGUL"):
        return _HANGUL
    return _KANA if has_kana else _HAN


def _has_kana(text: str) -> bool:
    return any(
        unicodedata.name(character, "").startswith(("HIRAGANA", "KATAKANA")) for character in text
    )


def _visual(text: str) -> str:
    """Characters from left to right; runs of Hebrew or Arabic are turned round."""
    if not any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        return text
    pieces: list[tuple[bool, str]] = []
    backward = False
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL", "L", "EN", "AN"):
            backward = kind in ("R", "AL")
        neutral = kind not in ("R", "AL", "L", "EN", "AN", "NSM")
        turned = backward and not neutral
        if pieces and (pieces[-1][0] == turned):
            pieces[-1] = (turned, pieces[-1][1] + character)
        else:
            pieces.append((turned, character))
    return _joined(pieces)


def _joined(pieces: list[tuple[bool, str]]) -> str:
    """Pieces in visual order; words that follow each other from right to left change places."""
    parts: list[str] = []
    stretch: list[str] = []
    for position, (turned, piece) in enumerate(pieces):
        following = position + 1 < len(pieces) and pieces[position + 1][0]
        if turned:
            stretch.append(piece[::-1])
        elif stretch and following and not piece.strip():
            stretch.append(piece)  # a space between two words
        else:
            parts += stretch[::-1]
            stretch = []
            parts.append(piece)
    return "".join([*parts, *stretch[::-1]])
