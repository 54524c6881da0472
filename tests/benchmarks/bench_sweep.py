"""Time of a sweep of relaxations over that of one cold LP solve, and whether both agree.

Run ``python -m tests.benchmarks.bench_sweep [SWEEP [COLD [FOLDER]]]`` from the root: a sweep on two
processes (``national-prices`` if none is named), then cold solves of so many of its points (5),
spread evenly. The sweep goes to a folder that is thrown away unless one is named. A sweep of 200
points should take at most 40 cold solves; every point must be verified and its objective that of
the cold solve within 1e-9.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from optimizer.inputs.assemble import AssembledTables
from optimizer.inputs.case import checked_case
from optimizer.inputs.scenario import apply_scenarios
from optimizer.inputs.sweep_file import read_sweep
from optimizer.inputs.sweep_points import SweepPoint, sweep_points
from optimizer.model.build import build_model
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.sweep import SweepOptions, SweepProgress, run_sweep, sweep_tables

MOST_COLD_SOLVES: Final = 40.0
POINTS: Final = 200
SAME: Final = 1e-9


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def cold(base: AssembledTables, point: SweepPoint) -> tuple[float, float, float]:
    """Return objective, seconds and processor seconds of one point solved as one matrix."""
    model = build_model(checked_case(apply_scenarios(base, [point.scenario])))[0]
    began, cpu = time.perf_counter(), time.process_time()
    found = solve_model(model, SolveOptions(relaxed=True, whole=True)).solution.objective
    return found, time.perf_counter() - began, time.process_time() - cpu


def tell(progress: SweepProgress) -> None:
    """Write every tenth line of progress."""
    if progress.done % 10 == 0:
        left = "" if progress.seconds_left is None else f", {progress.seconds_left:.0f} s left"
        say(f"  {progress.done} of {progress.total}, {progress.failed} failed{left}")


def bench(name: str, samples: int, folder: Path) -> bool:
    """Print what a sweep takes and return whether it keeps what is asked."""
    sweep = read_sweep(name)
    base = sweep_tables(sweep)
    points = sweep_points(sweep, base)
    began = time.perf_counter()
    result = run_sweep(
        sweep, folder, SweepOptions(workers=2, say=lambda text: say(f"  {text.en}"), progress=tell)
    )
    seconds = time.perf_counter() - began
    table = pd.read_parquet(result.data_set)
    good = bool(table["verified"].all() and table["relaxed"].all())
    records = pd.DataFrame(list(result.records.values()))
    say(f"{name}: {len(points)} points in {seconds:.0f} s, {result.solved} solved now")
    say(f"  verified {int(table['verified'].sum())}, relaxed {int(table['relaxed'].sum())}")
    for column in ("seconds", "cpu_seconds", "solve_cpu_seconds", "simplex_iterations", "peak_mb"):
        low, middle, high = records[column].quantile([0.0, 0.5, 1.0])
        total = records[column].sum()
        say(f"  {column:20} {low:10.1f} {middle:10.1f} {high:10.1f}  sum {total:.0f}")
    times, cpu_times = [], []
    for number in np.linspace(0, len(points) - 1, samples).round().astype(int).tolist():
        objective, wall, cpu = cold(base, points[number])
        difference = abs(table["objective_million_yuan"].iloc[number] / objective - 1.0)
        good &= difference <= SAME
        times.append(wall)
        cpu_times.append(cpu)
        solve = f"{wall:.1f} s ({cpu:.1f} s cpu)"
        say(f"  cold solve of point {number}: {solve}, off by {difference:.1e}")
    ratio = seconds / float(np.mean(times))
    cpu_ratio = float(records["cpu_seconds"].sum()) / 2.0 / float(np.mean(cpu_times))
    say(f"  sweep over cold solve: {ratio:.1f} by the clock, {cpu_ratio:.1f} by processor time")
    return good and (len(points) > POINTS or ratio <= MOST_COLD_SOLVES)


def main() -> None:
    """Run the benchmark and leave with 1 if what is asked is not kept."""
    name = sys.argv[1] if len(sys.argv) > 1 else "national-prices"
    samples = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(scratch)
        sys.exit(0 if bench(name, samples, folder) else 1)


if __name__ == "__main__":
    main()
