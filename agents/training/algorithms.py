"""Learners by name: each one's settings and the Stable-Baselines3 algorithm that they configure.

The keys of ``conf/agent`` are Stable-Baselines3's own keyword arguments wherever it has one, and
``LearnerSpec.build`` hands them over unchanged: ``CONSTRUCTOR`` lists the arguments of the
algorithm, ``POLICY`` those of its ``policy_kwargs``. The others are set here:

- ``n_steps`` and ``train_freq``: the episode's length, so that one iteration is one episode of
  every environment; ``batch_size`` of PPO: the key, but at most the size of such a rollout
  (``Learner.rollout_arguments``)
- ``ent_coef``: 0 for PPO (``OnPolicy.rollout_arguments`` says why); Stable-Baselines3's default,
  learnt during training, for SAC and TQC
- ``learning_rate``: a linear schedule from the key down to 0
- ``seed``: the seed of the run; ``device``: always the CPU
"""

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field

from ...data.errors import ConfigError
from ...data.settings import Settings, given_text
from ...envs.environment import EnvSettings, WidthName
from ..networks import Layers, Units

if TYPE_CHECKING:
    from .vecenv import SB3Envs

MAX_ITERATIONS = 1_000_000  # of backpropagation
MAX_FLIGHTS = 65_536  # flights in lockstep
MAX_STEPS = 10**12  # environment days of a training
MAX_BATCH = 2**24  # rows of a minibatch
MAX_BUFFER = 10**7  # days that an off-policy learner remembers
MAX_ROUNDS = 100_000  # epochs, gradient steps or checks
MAX_RATE = 10.0  # learning rate
LOG_STD = (-20.0, 5.0)  # log standard deviation of the exploration
Positive = Annotated[int, Field(ge=1, le=MAX_ROUNDS)]
Rate = Annotated[float, Field(gt=0, le=MAX_RATE)]
LogStd = Annotated[float, Field(ge=LOG_STD[0], le=LOG_STD[1])]
Share = Annotated[float, Field(gt=0, le=1)]

CONSTRUCTOR = (  # keys that are arguments of the algorithm
    "batch_size",
    "n_epochs",
    "gamma",
    "gae_lambda",
    "clip_range",
    "buffer_size",
    "learning_starts",
    "gradient_steps",
    "tau",
)
POLICY = ("net_arch", "log_std_init", "lstm_hidden_size")  # keys that are arguments of its policy


class WarmStart(Settings):
    """Extent of the training by backpropagation; see ``conf/agent/learner.yaml``."""

    iterations: Annotated[int, Field(ge=0, le=MAX_ITERATIONS)]
    flights: Annotated[int, Field(ge=1, le=MAX_FLIGHTS)]
    learning_rate: Rate


class NetworkSettings(Settings):
    """Kind and sizes of a network; see ``conf/agent/learner.yaml``."""

    kind: Literal["flat", "campaigns"]
    width: Units
    memory: Units


class Learner(Settings):
    """Keys that every learner of the group ``agent`` has; see ``conf/agent/learner.yaml``."""

    name: str
    warm: WarmStart
    total_timesteps: Annotated[int, Field(ge=0, le=MAX_STEPS)]
    n_envs: Annotated[int, Field(ge=1, le=MAX_FLIGHTS)]
    batch_size: Annotated[int, Field(ge=1, le=MAX_BATCH)]
    learning_rate: Rate
    net_arch: Layers
    network: NetworkSettings
    start: str | None
    markets: WidthName
    risk: Share
    gamma: Share
    validation: Positive
    checks: Positive
    early_stop: Positive | None
    checkpoint: Annotated[float, Field(ge=0, le=MAX_STEPS)]

    def rollout_arguments(self, days: int) -> dict[str, Any]:
        """Return the arguments that make one iteration one episode of every environment."""
        raise NotImplementedError

    def environment(self, env: EnvSettings) -> EnvSettings:
        """Return the environment that it learns in; the configured one."""
        return env


class OnPolicy(Learner):
    """Keys of PPO; see ``conf/agent/ppo.yaml``."""

    name: Literal["apg", "ppo", "ppo_scratch", "finetune"]
    n_epochs: Positive
    log_std_init: LogStd
    log_std_final: LogStd | None
    gae_lambda: Share
    clip_range: Share

    def rollout_arguments(self, days: int) -> dict[str, Any]:
        """Return the rollout's length and minibatches that are no larger than the rollout."""
        return {
            "n_steps": days,
            "batch_size": min(self.batch_size, self.n_envs * days),
            # No entropy bonus: adding one number to the tilts of all campaigns does not change the
            # spend, so a bonus would be earned by widening the exploration in that direction alone.
            "ent_coef": 0.0,
        }


class Recurrent(OnPolicy):
    """Keys of recurrent PPO; see ``conf/agent/ppo_recurrent.yaml``."""

    name: Literal["ppo_recurrent"]  # type: ignore[assignment]
    lstm_hidden_size: Units


class Offline(OnPolicy):
    """Keys of offline learning; see ``conf/agent/offline.yaml``."""

    name: Literal["offline"]  # type: ignore[assignment]
    dither: Annotated[float, Field(gt=0, le=1)]
    temperature: Annotated[float, Field(gt=0, le=100)]

    def environment(self, env: EnvSettings) -> EnvSettings:
        """Return the environment of the log, in which an action of 0 is the static plan."""
        return env.model_copy(update={"action": env.action.model_copy(update={"follow": 0.0})})


class OffPolicy(Learner):
    """Keys of SAC and TQC; see ``conf/agent/sac.yaml``."""

    name: Literal["sac", "tqc"]
    buffer_size: Annotated[int, Field(ge=1, le=MAX_BUFFER)]
    gradient_steps: Positive
    tau: Share
    learning_starts: Annotated[int, Field(ge=0, le=MAX_STEPS)]

    def rollout_arguments(self, days: int) -> dict[str, Any]:
        """Return the environment steps between two rounds of gradient steps."""
        return {"train_freq": (days, "step")}


class LearnerSpec(NamedTuple):
    """A Stable-Baselines3 algorithm, its policy's name and its settings."""

    algorithm: str  # class of Stable-Baselines3 or sb3-contrib, imported when it is built
    policy: str  # "MlpPolicy" or "MlpLstmPolicy"
    settings: type[Learner]

    def build(self, envs: "SB3Envs", settings: Learner, seed: int) -> Any:
        """Return the untrained algorithm; its learning rate is annealed to 0 linearly.

        A campaign-wise network has a memory, so its algorithm is the recurrent PPO.

        Args:
            envs: the environments that it acts in.
            settings: settings of this learner.
            seed: seed of the network's weights, the exploration and the episodes.
        """
        keys = settings.model_dump()
        arguments = {key: keys[key] for key in CONSTRUCTOR if key in keys}
        problem = envs.problem
        arguments |= settings.rollout_arguments(problem.days)
        algorithm = self.algorithm
        policy: Any = self.policy
        policy_kwargs = {key: keys[key] for key in POLICY if key in keys}
        if settings.network.kind == "campaigns":
            from ..networks import CampaignInputs, CampaignPolicy  # brings torch

            algorithm, policy = _RECURRENT, CampaignPolicy
            policy_kwargs = {
                "inputs": CampaignInputs(problem),
                "width": settings.network.width,
                "memory": settings.network.memory,
                "log_std_init": keys["log_std_init"],
            }
        return resolve_name(algorithm)(
            policy,
            envs,
            learning_rate=_linear_schedule(settings.learning_rate),
            policy_kwargs=policy_kwargs,
            seed=seed,
            device="cpu",
            **arguments,
        )


_PPO, _RECURRENT = "stable_baselines3:PPO", "sb3_contrib:RecurrentPPO"
LEARNERS = {
    "apg": LearnerSpec(_PPO, "MlpPolicy", OnPolicy),
    "ppo": LearnerSpec(_PPO, "MlpPolicy", OnPolicy),
    "ppo_scratch": LearnerSpec(_PPO, "MlpPolicy", OnPolicy),
    "finetune": LearnerSpec(_PPO, "MlpPolicy", OnPolicy),
    "ppo_recurrent": LearnerSpec(_RECURRENT, "MlpLstmPolicy", Recurrent),
    "offline": LearnerSpec(_PPO, "MlpPolicy", Offline),
    "sac": LearnerSpec("stable_baselines3:SAC", "MlpPolicy", OffPolicy),
    "tqc": LearnerSpec("sb3_contrib:TQC", "MlpPolicy", OffPolicy),
}


def learner_of(group: Mapping[str, Any]) -> Learner:
    """Return the settings of the learner that the group ``agent`` names.

    Raises:
        ConfigError: naming the key that is unknown, missing or not allowed.
    """
    name = group.get("name")
    if not isinstance(name, str) or name not in LEARNERS:
        got = "null" if name is None else given_text(name)
        raise ConfigError(
            f"agent.name: {got} is not a learner; allowed: {', '.join(LEARNERS)}. "
            "Choose one with agent=NAME."
        )
    learner = LEARNERS[name].settings.of(group, "agent")
    if learner.network.kind == "campaigns" and type(learner) is not OnPolicy:
        able = ", ".join(known for known, spec in LEARNERS.items() if spec.settings is OnPolicy)
        raise ConfigError(
            f"agent.network.kind: campaigns was given; {name} trains flat networks only. Allowed "
            f"with campaigns: {able}. To fix: give agent.network.kind=flat, or another agent."
        )
    return learner


def default_ppo(make: Callable[[], Any], settings: Learner, seed: int) -> Any:
    """Return PPO with Stable-Baselines3's usual settings, the baseline of the benchmarks.

    8 environments stepped one by one, 240 steps each per rollout, minibatches of 64, and the
    library's defaults for every argument that is not named. Only ``scripts/benchmarks`` use it, to
    measure what the batched environment and this project's settings gain.

    Args:
        make: makes an environment.
        settings: settings of a learner with PPO; gives only network, epochs and discount.
        seed: seed of the network's weights, the exploration and the episodes.
    """
    from .vecenv import dummy_vec_env

    assert isinstance(settings, OnPolicy)  # noqa: S101  # the caller chooses the learner
    return resolve_name(_PPO)(
        "MlpPolicy",
        dummy_vec_env(make, 8),
        n_steps=240,
        batch_size=64,
        n_epochs=settings.n_epochs,
        gamma=settings.gamma,
        seed=seed,
        device="cpu",
        policy_kwargs={"net_arch": list(settings.net_arch)},
    )


def _linear_schedule(initial: float) -> Callable[[float], float]:
    """Return a learning rate as a function of the share of training that remains."""

    def learning_rate(remaining: float) -> float:
        return initial * max(remaining, 0.0)

    return learning_rate
