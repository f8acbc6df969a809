"""Does the API answer any request as it says?

- `server`: a server of its own, with an advertiser, exports and jobs
- `cases`: requests that the description allows or forbids, and what was answered
- `run`: all cases, and their counts
- `fuzz`: the command
"""

from .cases import Answer, Known, answers_of, is_sent
from .run import FuzzRequestsCommand, answers_table, fuzz_requests
from .server import known_of, served

__all__ = [
    "Answer",
    "FuzzRequestsCommand",
    "Known",
    "answers_of",
    "answers_table",
    "fuzz_requests",
    "is_sent",
    "known_of",
    "served",
]
