"""Flights of vector environments under given actions."""

import numpy as np

ENVS = 4


def actions_of(env, days, seed=0):
    """Actions (days, envs, size); those of an env do not depend on how many there are."""
    shape = (days, 16, env.single_action_space.shape[0])
    actions = np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)
    return actions[:, : env.num_envs]


def roll(env, actions, seed=3):
    """Observations, rewards and ends of a vector environment under actions."""
    observations = [env.reset(seed=seed)[0]]
    rewards, ends = [], []
    for action in actions:
        observed, reward, over, _, _ = env.step(action)
        observations.append(observed)
        rewards.append(reward)
        ends.append(over)
    return np.stack(observations), np.stack(rewards), np.stack(ends)
