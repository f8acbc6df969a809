"""MediaGym: plan a media budget with reinforcement learning, honestly."""

__version__ = "0.1.0"
