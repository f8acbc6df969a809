"""Records in the reference: their fields with the comments that stand beside them in the code.

The house writes unit, range and shape of a field in a trailing comment; autodoc shows docstrings
alone. This adds a list of the fields and drops the signature that repeats them.
"""

import ast
import inspect
import io
import re
import textwrap
import tokenize
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

_ARRAYS = {  # how signatures name the arrays
    r"numpy\.": "",
    r"ndarray\[tuple\[Any, \.\.\.\], dtype\[(\w+?)\]\]": r"NDArray[\1]",
    r"NDArray\[float64\]": "Floats",
    r"collections\.abc\.": "",
    r"mediagym(?:\.\w+)+\.(\w+)": r"\1",
}


def fields_of(record: type) -> list[tuple[str, str, str]]:
    """Return name, type and comment of a record's fields, in the order of the code."""
    try:
        source = textwrap.dedent(inspect.getsource(record))
    except (OSError, TypeError):
        return []
    (tree,) = ast.parse(source).body
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    return [
        (
            node.target.id,
            ast.unparse(node.annotation),
            _comment(comments, node),
        )
        for node in getattr(tree, "body", [])
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not node.target.id.startswith("_")
        and "ClassVar" not in ast.unparse(node.annotation)
    ]


def _comment(comments: dict[int, str], node: ast.AnnAssign) -> str:
    """Return the first comment on the lines of a field."""
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    texts = [comments[line] for line in lines if line in comments]
    return texts[0] if texts and not texts[0].startswith("noqa") else ""


def add_fields(
    app: Sphinx, what: str, name: str, record: Any, options: Any, lines: list[str]
) -> None:
    """Append the list of a record's fields to its docstring."""
    if what != "class" or not inspect.isclass(record):
        return
    fields = fields_of(record)
    if fields:
        lines += ["", ".. rubric:: Fields", ""]
    for field, kind, comment in fields:
        text = re.sub(r"([*|_`\\])", r"\\\1", comment)
        lines.append(f"- ``{field}``: ``{kind}``" + (f", {text}" if text else ""))
    lines.append("")


def shorten(
    app: Sphinx,
    what: str,
    name: str,
    record: Any,
    options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Return a signature with short names of arrays; none for a record, whose fields are listed."""
    if what == "class" and inspect.isclass(record) and fields_of(record):
        return "", None
    return _short(signature), _short(returns)


def skip(app: Sphinx, what: str, name: str, member: Any, is_skipped: bool, options: Any) -> Any:
    """Leave out the members that a named tuple or a settings record makes by itself."""
    text = getattr(member, "__doc__", None) or ""
    made = text.startswith("Alias for field number") or name in ("model_config", "model_post_init")
    return True if made else None


def _short(text: str | None) -> str | None:
    for long, short in _ARRAYS.items():
        text = text and re.sub(long, short, text)
    return text


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to autodoc."""
    app.connect("autodoc-process-docstring", add_fields)
    app.connect("autodoc-process-signature", shorten)
    app.connect("autodoc-skip-member", skip)
    return {"parallel_read_safe": True}
