"""Which policy is better, and how surely?

- ``compare``: entry point; from candidates to the files of a comparison
- ``evaluate``: rollouts of candidates, their percent of the clairvoyant, and their regret by day
  (the percent itself is computed by ``percent_of`` in ``agents/rollout.py``)
- ``statistics``: means, tails, paired differences and profiles of those percents
- ``bootstrap``: how sure they are, by resampled markets and training seeds
- ``single``: one policy on one task, from Python
- ``suite_results``: baselines on a task of the benchmark
- ``tables``: a comparison as a table, in the terminal and in Markdown
- ``figures``: pictures of a comparison
- ``tensorboard``: event files of a comparison
"""

from .bootstrap import Resamples, interval
from .compare import clairvoyant_ahead, compare, document_of, scored, write_comparison
from .single import Score, describe_task, evaluate_policy
from .suite_results import suite_markdown, suite_results
from .tables import policy_table

__all__ = [
    "Resamples",
    "Score",
    "clairvoyant_ahead",
    "compare",
    "describe_task",
    "document_of",
    "evaluate_policy",
    "interval",
    "policy_table",
    "scored",
    "suite_markdown",
    "suite_results",
    "write_comparison",
]
