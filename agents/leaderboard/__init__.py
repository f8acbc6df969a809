"""Who is best on the published test markets?

- ``submission``: a policy's results on tasks as a file that anybody can send
- ``checks``: submissions of a folder, each held against the published markets
- ``standings``: means and paired differences of all policies, with intervals
- ``page``: the standings in Markdown and in HTML
"""

from .checks import checked_submissions, percents
from .standings import LeaderboardCommand, Standings, standings
from .submission import SHIPPED, Submission, TaskResult, submission_of, write_submission

__all__ = [
    "SHIPPED",
    "LeaderboardCommand",
    "Standings",
    "Submission",
    "TaskResult",
    "checked_submissions",
    "percents",
    "standings",
    "submission_of",
    "write_submission",
]
