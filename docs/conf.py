"""Configuration of Sphinx: `make docs` builds the site from ``docs`` and from the code itself.

Reference pages are generated on every build into ``docs/reference``, which git ignores. Nothing is
fetched: formulas become MathML, fonts are the reader's, and there is no inventory of other sites.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS / "_ext"))  # as Sphinx expects extensions of a site

from links import rewritten  # noqa: E402
from reference import write_reference  # noqa: E402

import mediagym  # noqa: E402

project = "MediaGym"
author = "The MediaGym authors"
copyright = author  # noqa: A001  # a name that Sphinx reads
release = version = mediagym.__version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "mathml",
    "records",
]
exclude_patterns = ["_ext"]
suppress_warnings = [
    "ref.python",  # two sub-packages may have records of one name
]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_dmath_allow_space = myst_dmath_allow_digits = False  # pages are full of prices in dollars
myst_heading_anchors = 4
nb_execution_mode = "auto"  # a notebook is committed without outputs, so it is executed
nb_execution_raise_on_error = True
nb_execution_timeout = 300  # seconds per cell
nb_execution_in_temp = True  # nothing is written beside the notebooks
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80

html_theme = "furo"
html_title = f"MediaGym {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
highlight_language = "none"  # of blocks that name none: commands and files
pygments_style = "tango"


def setup(app: Sphinx) -> None:
    """Generate the reference and let links to the repository's files lead to pages."""
    write_reference(DOCS / "reference")
    app.connect("source-read", _with_links)


def _with_links(app: Sphinx, docname: str, source: list[str]) -> None:
    path = Path(app.env.doc2path(docname))
    if path.suffix == ".md" and "reference" not in path.relative_to(DOCS).parts:
        source[0] = rewritten(source[0], path.parent)
