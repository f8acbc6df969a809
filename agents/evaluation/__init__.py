"""Which policy is better, and how surely?"""

from .compare import compare, document_of, scored, write_comparison
from .suite_results import as_markdown, league
from .tables import policy_table

__all__ = [
    "as_markdown",
    "compare",
    "document_of",
    "league",
    "policy_table",
    "scored",
    "write_comparison",
]
