"""What do people see?

- `environment`: templates, and the words for numbers, dates and jobs that they share
- `templates`: one per page on `base.html.j2`; `macros.html.j2` holds the parts that pages share
- `static`: styles and scripts; `vendor` holds those of others with `vendor.json`, their register
"""

from .environment import environment

__all__ = ["environment"]
