"""What is published about the benchmark?

- ``clairvoyant``: static plans, hashes and clairvoyant values of the tasks, `data/tasks`
- ``suite``: the baselines on every task, and a page per task, `docs/suite.md` and `docs/tasks`
- ``advertisers``: policies at random advertisers, `docs/advertisers.md`
"""

__all__ = ()
