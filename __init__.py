"""MediaGym: plan a media budget with reinforcement learning, honestly."""

from gymnasium import register, registry

from .envs.suite.task import every_task, former_ids

__version__ = "0.1.0"

if "mediagym/Calibrated-v1" not in registry:  # a test runner may import this file twice
    register(
        id="mediagym/Calibrated-v1",
        entry_point="mediagym.envs.environment.calibrated:make_env",
        vector_entry_point="mediagym.envs.environment.calibrated:make_vector_env",
    )
    for key, version in every_task():
        register(
            id=f"mediagym/{key}-{version}",
            entry_point="mediagym.envs.suite.env:make_env",
            vector_entry_point="mediagym.envs.suite.env:make_vector_env",
            kwargs={"task": key},
        )
    renamed = {"mediagym/Calibrated-v0": "mediagym/Calibrated-v1", **former_ids()}
    for former, current in renamed.items():
        register(
            id=former,
            entry_point="mediagym.envs.suite.env:refuse_former",
            vector_entry_point="mediagym.envs.suite.env:refuse_former",
            kwargs={"former": former, "current": current},
        )
