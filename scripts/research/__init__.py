"""What is published about the benchmark?

- ``clairvoyant``: static plans, hashes and clairvoyant values of the tasks, `data/tasks`
- ``informed``: what a policy earns on them that knows the market but not the future
- ``leaderboard``: submissions checked and ranked, `docs/leaderboard.md`
- ``replanner_grid``: the re-planner's settings, chosen on validation markets
- ``latents``: what each unknown of a task costs, and how fast reports tell, `docs/latents.md`
- ``black_box``: training in flights without a gradient, in worlds that are not ours,
  `docs/black_box.md`
- ``suite``: the baselines on every task, and a page per task, `docs/suite.md` and `docs/tasks`
- ``ablate``: what each part of a learner contributes, `docs/training.md`
- ``advertisers``: policies at random advertisers, `docs/advertisers.md`
"""

__all__ = ()
