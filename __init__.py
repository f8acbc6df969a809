"""MediaGym: plan a media budget with reinforcement learning, honestly."""

from gymnasium import register

__version__ = "0.1.0"

register(
    id="mediagym/Calibrated-v0",
    entry_point="mediagym.envs.calibrated:make_env",
    vector_entry_point="mediagym.envs.calibrated:make_vector_env",
)
