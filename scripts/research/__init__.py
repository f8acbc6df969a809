"""What is published about the benchmark?

- ``clairvoyant``: static plans, hashes and clairvoyant values of the tasks, `data/tasks`
- ``leaderboard``: submissions checked and ranked, `docs/leaderboard.md`
- ``suite``: the baselines on every task, and a page per task, `docs/suite.md` and `docs/tasks`
"""

__all__ = ()
