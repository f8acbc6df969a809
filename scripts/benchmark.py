"""Measure speed, memory and quality beside their targets.

``OMP_NUM_THREADS=1 python scripts/benchmark.py [all] [NAME ...] [page=FILE]``
"""

from mediagym.scripts.benchmarks import run

if __name__ == "__main__":
    run()
