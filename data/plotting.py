"""Matplotlib figures that need no display, and their PNG bytes."""

import io
import warnings
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from .display import shortened

_MAX_NAME = 48  # characters of a name in a figure


class PlainFigure(Figure):
    """Figure whose texts are drawn as they are: dollar signs enclose no formula.

    A character that no font has is drawn as a box, without a warning.
    """

    def draw(self, renderer: Any) -> None:
        """Draw all artists, including texts that are made while drawing, such as tick labels."""
        for text in self.findobj(Text):
            assert isinstance(text, Text)  # noqa: S101  # for the type checker
            text.set_parse_math(False)
        with rc_context({"text.parse_math": False}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
            warnings.filterwarnings("ignore", "Matplotlib currently does not support", UserWarning)
            super().draw(renderer)


def blank(width: float, height: float) -> Figure:
    """Empty figure of the given size in inches, with constrained layout and without formulas."""
    figure = PlainFigure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def drawn(name: str, most: int = _MAX_NAME) -> str:
    """User-defined name for a figure: on one line, and the middle of a long one is left out."""
    return shortened(name, most)


def in_legend(name: str) -> str:
    """`drawn` name for a legend, which hides labels that begin with an underscore."""
    label = drawn(name)
    return f" {label}" if label.startswith("_") else label


def png_of(figure: Figure, dpi: int = 130) -> bytes:
    """Content of a PNG file of the figure, at ``dpi`` dots per inch.

    To be written by `storage.write_bytes`: matplotlib would write over, or into, anything.
    """
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    return stream.getvalue()
