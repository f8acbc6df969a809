"""`finetune`: a trained network goes on learning in a world by PPO, which needs no gradient of it.

The network that flies best in flights set aside is kept, the one that it started from included.
"""

from dataclasses import replace

from stable_baselines3.common.callbacks import BaseCallback

from ...envs.environment import EnvSettings
from ...envs.flight import Problem
from ..networks import LearnedPolicy, Network
from ..training import OnPolicy, SB3Learner, actor_of, record_of, start_from
from .fly import fly
from .vecenv import WorldEnvs, world_seed
from .world import World


def finetune(
    problem: Problem, world: World, env: EnvSettings, settings: OnPolicy, seed: int
) -> Network:
    """Train a network in a world with PPO; its flights are none of a seed below 2^31.

    Args:
        problem: what is known before the flights.
        world: delivers, and reports.
        env: settings of the environment; ``reward`` says what is seen of a day, in training and
            where the network is chosen. Its actions have to be those of the network.
        settings: settings of PPO, with the network to start from; backpropagation (``warm``) is
            not done, as a world has no gradient.
        seed: seed of the exploration, the minibatches and the flights.

    Returns:
        The best network on ``settings.validation`` flights of the world.

    Raises:
        ConfigError: if there is no such network to start from, or its layers are others.
    """
    envs = WorldEnvs(problem, world, env, settings.n_envs)
    learner = SB3Learner(envs, settings, seed)
    actor = actor_of(learner.model.policy)
    origin = start_from(settings.start, actor, env.action) or "new weights"
    record = record_of(problem, settings, seed)
    network = Network(actor, env.action, record, settings.name, origin)
    choice = _Choice(learner, network, problem, world, env.reward == "counted")
    choice.check()
    learner.learn(choice)
    if learner.steps:
        choice.check()
    return choice.best


class _Choice(BaseCallback):
    """Scores the network between episodes, and keeps the best one."""

    def __init__(
        self,
        learner: SB3Learner,
        network: Network,
        problem: Problem,
        world: World,
        reports: bool,
    ) -> None:
        super().__init__()
        self._learner, self._network, self._reports = learner, network, reports
        self._problem, self._world = problem, world
        self.best, self.scores = network, list[float]()

    def check(self) -> None:
        """Fly the network through the flights set aside; keep it if none was better."""
        learner, network = self._learner, self._network
        policy = LearnedPolicy(network.name, network, self._problem)
        seed = world_seed("validation", learner.seed)
        flights = fly(self._problem, policy, self._world, seed, learner.settings.validation)
        score = float((flights.claimed if self._reports else flights.value).sum((0, 2)).mean())
        if not self.scores or score > max(self.scores):
            steps = learner.steps
            origin = f"{network.origin}; {network.name}, {steps:,} steps in a world"
            record = network.training.model_copy(update={"steps": steps})
            self.best = replace(network, actor=network.actor.copy(), training=record, origin=origin)
        self.scores.append(score)

    def _on_rollout_start(self) -> None:
        if self._learner.validation_due():
            self.check()
        self._learner.anneal_exploration()

    def _on_step(self) -> bool:
        return True
