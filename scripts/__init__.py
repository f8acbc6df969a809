"""Run it: one thin file per command, over `cli` (what commands share) and `benchmarks`."""
