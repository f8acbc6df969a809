"""Commands: one thin file each, over `cli` (what they share), `fuzzing` and `benchmarks`."""
