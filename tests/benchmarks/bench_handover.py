"""Seconds from tables to a solver that holds the matrix.

Run from the top folder, without other load on the machine::

    python -m tests.benchmarks.bench_handover

*national*: the model of the national case is built, filled into PuLP and handed to HiGHS.
*synthetic*: half a million columns and 3.5 million coefficients, once through PuLP as the
package does and once straight to HiGHS, from the same numpy assembly. Nothing is solved. The
best of several runs counts. The exit code is 1 if a target is missed.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np

from optimizer.inputs.case import read_case
from optimizer.model.assembly import Assembly, Floats, Integers, LinearModel
from optimizer.model.build import build_model
from optimizer.model.problem import pulp_problem
from optimizer.solve.highs import pass_arrays

RUNS: Final = 9

NATIONAL_SECONDS_PER_MILLION: Final = 0.5
NATIONAL_SECONDS_BESIDES: Final = 0.1
SYNTHETIC_RATIO: Final = 2.5

COLUMNS: Final = 500_000
ROWS_IN_BLOCK: Final = 10_000
ROW_STEPS: Final = (1, 3, 7, 9, 11, 13, 17)
"""For each block of rows, the step by which columns walk through it; all rows are met."""


@dataclass(frozen=True)
class Timing:
    """Seconds of the steps of one route, and the size of what was handed over."""

    build: float
    fill: float
    hand_over: float
    columns: int
    rows: int
    coefficients: int

    @property
    def total(self) -> float:
        """All steps together."""
        return self.build + self.fill + self.hand_over


@dataclass(frozen=True)
class Figures:
    """The numbers of the synthetic model, drawn before any clock runs."""

    upper: Floats
    cost: Floats
    row: Integers
    value: Floats


def drawn_figures() -> Figures:
    """Return random bounds, costs and coefficients, the same in every run."""
    random = np.random.default_rng(1)
    own_limit = random.random(COLUMNS) < 0.1
    every = np.arange(COLUMNS)
    return Figures(
        upper=np.where(own_limit, random.uniform(0.1, 1.0, COLUMNS), 1.0),
        cost=random.uniform(1.0, 2.0, COLUMNS),
        row=np.stack([(every * step) % ROWS_IN_BLOCK for step in ROW_STEPS]),
        value=random.uniform(0.5, 1.5, (len(ROW_STEPS), COLUMNS)),
    )


def synthetic_model(figures: Figures) -> LinearModel:
    """Assemble a model of half a million columns, each in one row of seven blocks.

    A tenth of the columns has a limit of its own, and one block of ten is integer.
    """
    assembly = Assembly()
    for number, part in enumerate(np.array_split(np.arange(COLUMNS), 10)):
        block = assembly.add_columns(
            f"block_{number}",
            {"site": part},
            "1",
            upper=figures.upper[part],
            integer=number == 0,
        )
        assembly.charge("energy", block.ids, figures.cost[part])
    every = np.arange(COLUMNS)
    for number in range(len(ROW_STEPS)):
        rows = assembly.add_rows(
            f"rows_{number}", {"site": np.arange(ROWS_IN_BLOCK)}, "1", upper=100.0
        )
        assembly.put(rows.start + figures.row[number], every, figures.value[number])
    return assembly.finish()


def through_pulp(build: Callable[[], LinearModel]) -> Timing:
    """Time building, filling PuLP and handing over."""
    began = time.perf_counter()
    model = build()
    built = time.perf_counter()
    problem = pulp_problem(model, "benchmark")
    filled = time.perf_counter()
    passed = _hand_over(model)
    assert problem.numVariables() == model.shape[1]
    assert problem.numConstraints() == model.shape[0]
    return Timing(
        built - began,
        filled - built,
        passed,
        model.shape[1],
        model.shape[0],
        len(model.value),
    )


def straight(build: Callable[[], LinearModel]) -> Timing:
    """Time building and handing over without PuLP."""
    began = time.perf_counter()
    model = build()
    built = time.perf_counter()
    passed = _hand_over(model)
    return Timing(built - began, 0.0, passed, model.shape[1], model.shape[0], len(model.value))


def _hand_over(model: LinearModel) -> float:
    """Hand a model to a new solver, check that it arrived, and return the seconds it took."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    began = time.perf_counter()
    pass_arrays(solver, model, integer=True)
    seconds = time.perf_counter() - began
    assert solver.getNumNz() == len(model.value)
    return seconds


def best(
    route: Callable[[Callable[[], LinearModel]], Timing], build: Callable[[], LinearModel]
) -> Timing:
    """Return the fastest of several runs."""
    timings = []
    for _run in range(RUNS):
        gc.collect()
        timings.append(route(build))
    return min(timings, key=lambda timing: timing.total)


def national() -> bool:
    """Print the national case's seconds and return whether they are within the target."""
    case = read_case()
    timing = best(through_pulp, lambda: build_model(case)[0])
    million = timing.coefficients / 1e6
    allowed = NATIONAL_SECONDS_PER_MILLION * million + NATIONAL_SECONDS_BESIDES
    _show("national, through PuLP", timing)
    _say(
        f"  {timing.total / million:.3f} s a million coefficients; "
        f"{timing.total:.3f} s of {allowed:.3f} s allowed"
    )
    return timing.total <= allowed


def synthetic() -> bool:
    """Print the synthetic model's seconds by both routes and return whether the ratio holds."""
    figures = drawn_figures()

    def build() -> LinearModel:
        return synthetic_model(figures)

    own, direct = best(through_pulp, build), best(straight, build)
    assert own.columns >= COLUMNS
    assert own.coefficients == len(ROW_STEPS) * COLUMNS
    _show("synthetic, through PuLP", own)
    _show("synthetic, straight to HiGHS", direct)
    ratio = own.total / direct.total
    _say(f"  passModel alone {direct.hand_over:.3f} s")
    _say(f"  ratio {ratio:.2f} of {SYNTHETIC_RATIO:.2f} allowed")
    return ratio <= SYNTHETIC_RATIO


def _show(name: str, timing: Timing) -> None:
    _say(
        f"{name}: {timing.columns:,} columns, {timing.rows:,} rows, "
        f"{timing.coefficients:,} coefficients\n"
        f"  build {timing.build:.3f} s, fill {timing.fill:.3f} s, hand over "
        f"{timing.hand_over:.3f} s, together {timing.total:.3f} s"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main() -> int:
    """Run both benchmarks and return 1 if a target is missed."""
    within = [national(), synthetic()]
    return 0 if all(within) else 1


if __name__ == "__main__":
    raise SystemExit(main())
