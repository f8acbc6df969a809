"""Which policy is better, and how surely?"""

from .compare import compare, document_of, scored, write_comparison
from .suite_results import suite_markdown, suite_results
from .tables import policy_table

__all__ = [
    "compare",
    "document_of",
    "policy_table",
    "scored",
    "suite_markdown",
    "suite_results",
    "write_comparison",
]
