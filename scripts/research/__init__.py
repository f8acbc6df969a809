"""What is published about the benchmark?

- ``clairvoyant``: static plans, hashes and clairvoyant values of the tasks, `data/tasks`
- ``black_box``: training in flights without a gradient, in worlds that are not ours,
  `docs/black_box.md`
- ``suite``: the baselines on every task, and a page per task, `docs/suite.md` and `docs/tasks`
"""

__all__ = ()
