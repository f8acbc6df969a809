"""A page of a PDF: texts, tables and rules at places that are measured from its top."""

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from .typeface import BOLD, REGULAR, fitted, runs, width_of, wrapped

INK, FAINT, RULE = "#1a1f2b", "#667085", "#d0d5dd"


class Column(NamedTuple):
    """A column of a table."""

    heading: str
    width: float  # points
    right: bool = True  # aligned to the right


class Page:
    """One page; y is measured downwards from its top edge, in points."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self.width, self.height = width, height
        self._stream = io.BytesIO()
        # invariant: no clock and no random number, so that equal plans make equal files
        self.canvas: Any = Canvas(self._stream, pagesize=(width, height), invariant=1)
        self.canvas.setTitle(title)
        self.canvas.setAuthor("MediaGym")

    def finished(self) -> bytes:
        """The file."""
        self.canvas.showPage()
        self.canvas.save()
        return self._stream.getvalue()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 8,
        font: str = REGULAR,
        colour: str = INK,
        width: float | None = None,
        right: bool = False,
    ) -> None:
        """Draw a line of text with its baseline at y; cut to `width` points if that is given."""
        line = text if width is None else fitted(text, font, size, width)
        x -= width_of(line, font, size) if right else 0
        self.canvas.setFillColor(HexColor(colour))
        drawn = self.canvas.beginText(x, self.height - y)
        for part, name in runs(line, font):
            drawn.setFont(name, size)
            drawn.textOut(part)
        self.canvas.drawText(drawn)

    def paragraphs(
        self, x: float, y: float, texts: Sequence[str], width: float, size: float, most: int = 2
    ) -> float:
        """Draw texts below each other, each in at most `most` lines; return y below them."""
        for text in texts:
            self.box(x, y - size * 0.55, 2, 2, FAINT)
            for line in wrapped(text, REGULAR, size, width - 8, most):
                self.text(x + 8, y, line, size)
                y += size * 1.35
            y += size * 0.2
        return y

    def heading(self, x: float, y: float, text: str, width: float) -> float:
        """Draw the heading of a section over a rule; return y below them."""
        self.text(x, y, text, 9, BOLD, width=width)
        self.rule(x, y + 4, width)
        return y + 16

    def rule(self, x: float, y: float, width: float, colour: str = RULE) -> None:
        """Draw a horizontal line."""
        self.line(x, y, x + width, y, colour)

    def line(
        self, x: float, y: float, x_end: float, y_end: float, colour: str, dashed: bool = False
    ) -> None:
        """Draw a line half a point wide."""
        self.canvas.setStrokeColor(HexColor(colour))
        self.canvas.setLineWidth(0.5)
        self.canvas.setDash([2, 2] if dashed else [])
        self.canvas.line(x, self.height - y, x_end, self.height - y_end)
        self.canvas.setDash([])

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, alpha: float = 1
    ) -> None:
        """Draw a filled rectangle whose top left corner is (x, y)."""
        self.canvas.setFillColor(HexColor(colour))
        self.canvas.setFillAlpha(alpha)
        self.canvas.rect(x, self.height - y - height, width, height, stroke=0, fill=1)
        self.canvas.setFillAlpha(1)

    def table(
        self,
        x: float,
        y: float,
        columns: Sequence[Column],
        rows: Sequence[tuple[Sequence[str], bool]],
        size: float = 7.5,
    ) -> float:
        """Draw a table; return y below it.

        Args:
            x: left edge.
            y: baseline of the headings.
            columns: headings and widths.
            rows: cells and whether the row is bold; a cell is cut to its column.
            size: of the text, points.
        """
        heads = [column.heading for column in columns]
        self._row(x, y, columns, heads, REGULAR, size - 0.5, FAINT)
        for cells, bold in rows:
            y += size * 1.55
            self._row(x, y, columns, cells, BOLD if bold else REGULAR, size, INK)
        return y + size * 1.55

    def _row(
        self,
        x: float,
        y: float,
        columns: Sequence[Column],
        cells: Sequence[str],
        font: str,
        size: float,
        colour: str,
    ) -> None:
        for column, cell in zip(columns, cells, strict=True):
            place = x + column.width if column.right else x
            room = column.width - 4
            self.text(place, y, cell, size, font, colour, room, right=column.right)
            x += column.width
