"""Hydra configuration: the only home of defaults."""
