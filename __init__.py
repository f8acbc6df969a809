"""MediaGym: plan a media budget with reinforcement learning, honestly."""

from gymnasium import register, registry

__version__ = "0.1.0"

if "mediagym/Calibrated-v0" not in registry:  # a test runner may import this file twice
    register(
        id="mediagym/Calibrated-v0",
        entry_point="mediagym.envs.calibrated:make_env",
        vector_entry_point="mediagym.envs.calibrated:make_vector_env",
    )
