"""Seconds, columns by block and peak memory of planning a case.

Run ``python -m tests.benchmarks.bench_plan [CASE ...]`` from the root (the national case if none is
named). Prints one line for each step and block; nothing is asserted, for machines differ.
"""

from __future__ import annotations

import resource
import sys
import time

from optimizer import read_case
from optimizer.cli.plan import GAP, GAP_OF_SEVERAL_PERIODS
from optimizer.model.build import build_model
from optimizer.model.problem import pulp_problem
from optimizer.plan.plan import make_plan
from optimizer.plan.verify import verify_plan
from optimizer.solve.options import Progress, SolveOptions
from optimizer.solve.run import solve_model


def say(line: str) -> None:
    """Write a line."""
    sys.stdout.write(line + "\n")


def curve_line(progress: Progress) -> str:
    """Return one point of the curve of bound and incumbent."""
    return (
        f"    {progress.phase:12} {progress.seconds:7.1f} s  incumbent {progress.incumbent:14.3f}  "
        f"bound {progress.bound:14.3f}"
    )


def bench(name: str) -> None:
    """Print what planning one case takes."""
    say(f"{name}")
    began = time.perf_counter()
    case = read_case(name)
    say(f"  read      {time.perf_counter() - began:8.2f} s")
    began = time.perf_counter()
    model, _sets = build_model(case)
    say(f"  build     {time.perf_counter() - began:8.2f} s")
    began = time.perf_counter()
    pulp_problem(model, "bench")
    say(f"  hand-over {time.perf_counter() - began:8.2f} s (the whole model into PuLP)")
    rows, columns = model.shape
    say(f"  {rows:,} rows, {columns:,} columns, {len(model.value):,} non-zeros")
    for block in model.columns.values():
        if block.count:
            whole = int(model.integer[block.slice].sum())
            say(f"    {block.name:16} {block.count:8,} columns, {whole:6,} integer")
    lines: list[str] = []
    began = time.perf_counter()
    asked = GAP_OF_SEVERAL_PERIODS if case.later else GAP
    options = SolveOptions(
        gap_location=asked, progress=lambda progress: lines.append(curve_line(progress))
    )
    solved = solve_model(model, options)
    say(f"  solve     {time.perf_counter() - began:8.2f} s")
    say("\n".join(lines))
    gap = solved.solution.objective - solved.solution.bound
    say(f"  objective {solved.solution.objective:.3f}, gap {gap:.3f} million yuan")
    plan = make_plan(case, solved.solution)
    began = time.perf_counter()
    verification = verify_plan(case, plan)
    say(f"  verify    {time.perf_counter() - began:8.2f} s, {verification.checks:,} checks")
    say(f"  failed    {len(verification.violations)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    say(f"  peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or ["national-2026"]:
        bench(chosen)
