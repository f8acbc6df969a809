"""Names that look like markup, formulas, paths or controls, on every surface where people read.

Nothing fails, nothing is interpreted, and what is shown is the name itself.
"""

from pathlib import Path

import markdown as markdown_package
import pytest
from helpers.subjects.hostile_names import NAMES, Elements, texts_of
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.display import (
    MAX_MESSAGE,
    file_name,
    markdown_text,
    shortened,
    terminal,
    terminal_lines,
    visible,
)
from mediagym.data.plotting import blank, in_legend, png_of
from mediagym.scripts.cli import print_line, print_notes, progress

# --- the functions of the surfaces


@given(st.text())
def test_a_file_name_is_one_name_inside_its_folder(text: str) -> None:
    name = file_name(text)
    assert Path("folder", name).parent == Path("folder")
    assert name.isascii()
    assert name not in (".", "..")
    assert 1 <= len(name) <= 64
    assert not set(name) & set('/\\:*?"<>| \0')


@pytest.mark.parametrize("name", ["ppo", "static_cvar", "PPO-2_seed.1"])
def test_a_plain_name_is_its_own_file_name(name: str) -> None:
    assert file_name(name) == name


def test_other_names_have_file_names_of_their_own() -> None:
    names = [*NAMES, "a/b", "a_b", "con", "NUL.txt", ".hidden", "end.", "-rf", "x" * 65]
    assert len({file_name(name) for name in names}) == len(names)


@given(st.text())
def test_what_is_shown_is_printable_and_bounded(text: str) -> None:
    line = visible(text)
    assert len(line) == len(text)
    assert all(c.isprintable() or c in "\u200c\u200d" for c in line)
    assert len(shortened(text, 9)) <= 9
    assert terminal(text).plain == shortened(text)


@given(st.text())
def test_markdown_reads_a_name_back_as_text(text: str) -> None:
    page = Elements(markdown_package.markdown(f"x{markdown_text(text)}x"))
    assert page.elements == [("p", ())]
    assert page.text == f"x{shortened(text, 256)}x"


def test_a_figure_draws_dollar_signs_as_they_are() -> None:
    figure = blank(4, 3)
    axes = figure.subplots()
    axes.set_title(r"$\frac{x$ $")
    axes.plot([1, 2], label=in_legend("_$a$ $"))
    axes.legend()
    axes.set_xticks([0, 1], ["$^$", "\U0001f9ff"])
    texts = texts_of(figure)
    for text in (r"$\frac{x$ $", " _$a$ $", "$^$"):
        assert text in texts
    assert png_of(figure).startswith(b"\x89PNG")


# --- the commands


def test_the_terminal_shows_notes_lines_and_progress_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in NAMES:
        print_notes([name])
        print_line(f"{name}: [bold]done[/]")
        with progress(name) as show:
            show(name)
    text = capsys.readouterr().out
    assert not {"\x1b", "\u202e", "\x07"} & set(text)
    assert "[/b]: [bold]done[/]" in text
    assert "! [red]x" in text
    assert "! :smile:" in text
    assert max(map(len, text.splitlines())) < 6_000


def test_messages_are_bounded_line_by_line() -> None:
    lines = terminal_lines("1. \x1b[2J\n2. " + "x" * 100_000).splitlines()
    assert lines[0] == "1. \ufffd[2J"
    assert len(lines) == 2
    assert len(lines[1]) == MAX_MESSAGE
