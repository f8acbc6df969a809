"""One Hydra main a job; no logic."""
