"""The coarse-to-fine search ends where the direct search does, and its bound is a true one."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from optimizer.model.assembly import LinearModel
from optimizer.model.build import serving_everything
from optimizer.plan.raw_solution import Status
from optimizer.solve import coarse, persistent
from optimizer.solve.options import Progress, SolveOptions
from optimizer.solve.run import solve_model
from optimizer.solve.solvers import SolverAnswer, run_solver
from optimizer.solve.stage import Solved, location_cost
from tests.solve.edited_cases import NAMES, edited, model_of, scaled, solved

COARSE = 2
"""Solves before the coarse one: the relaxation, and the search near it."""


def solves_by(monkeypatch: pytest.MonkeyPatch, solve: Callable[..., SolverAnswer]) -> None:
    """Let every stage of a search solve in another way."""
    for module in (coarse, persistent):
        monkeypatch.setattr(module, "run_solver", solve)


@pytest.fixture
def always_in_stages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make every search go through the stages; the list counts the integers of each solve."""
    counts: list[int] = []

    def counted(model: LinearModel, *arguments: object, **named: object) -> SolverAnswer:
        counts.append(int(model.integer.sum()))
        return run_solver(model, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(coarse, "FEW_INTEGERS", 0)
    solves_by(monkeypatch, counted)
    return counts


def direct(name: str) -> Solved:
    return solve_model(model_of(name), SolveOptions(gap_location=1e-9))


@pytest.mark.parametrize("name", NAMES)
def test_cases_have_coarse_and_fine_integers(name: str) -> None:
    model = model_of(name)
    assert (model.coarse & ~model.integer).sum() == 0
    assert model.coarse.sum() >= 5
    assert (model.integer & ~model.coarse).sum() >= 5
    for block in ("built", "opening"):
        assert model.coarse[model.columns[block].slice].all()
    assert not model.coarse[model.columns["upgrades"].slice].any()


@pytest.mark.parametrize("gap", [0.05, 0.01, 1e-3, 1e-6])
@pytest.mark.parametrize("name", NAMES)
def test_answer_is_within_the_gap_of_the_direct_search(
    always_in_stages: list[int], name: str, gap: float
) -> None:
    staged = solve_model(model_of(name), SolveOptions(gap_location=gap))
    best = run_solver(serving_everything(model_of(name)), SolveOptions(), 1e-7)
    assert best.values is not None
    optimum = float(model_of(name).cost @ best.values)
    assert len(always_in_stages) >= 3
    # First the coarse integers alone, a relaxation of the whole.
    assert always_in_stages[0] == int(model_of(name).coarse.sum())
    assert staged.solution.status is Status.OPTIMAL
    assert staged.values is not None
    asked = gap * location_cost(staged.model, staged.values)
    assert staged.solution.objective - optimum <= asked
    assert staged.solution.objective >= optimum - 1e-6 * optimum
    assert staged.solution.bound <= optimum + 1e-6 * optimum
    whole = staged.values[staged.model.integer]
    assert np.array_equal(whole, np.round(whole))


@pytest.mark.parametrize("name", NAMES)
def test_bound_of_the_coarse_stage_holds_for_the_whole(name: str) -> None:
    model = serving_everything(model_of(name))
    only_coarse = dataclasses.replace(model, integer=model.coarse)
    relaxation = run_solver(only_coarse, SolveOptions(), 1e-7)
    optimum = direct(name).solution.objective
    assert relaxation.bound <= optimum + 1e-6 * optimum


@pytest.mark.parametrize("factor", [0.7, 0.9, 1.15, 1.3])
def test_stages_hold_for_other_demands_too(always_in_stages: list[int], factor: float) -> None:
    change = {"services": scaled({"requests_per_s": factor})}
    case = edited("tiny", change)
    staged = solved(case, SolveOptions(gap_location=1e-3))
    assert always_in_stages
    always_in_stages.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coarse, "FEW_INTEGERS", 1000)
        best = solved(case, SolveOptions(gap_location=1e-9))
    assert set(always_in_stages) == {int(best.model.integer.sum())}
    assert staged.solution.unserved_value == pytest.approx(
        best.solution.unserved_value, rel=1e-6, abs=1e-6
    )
    assert staged.values is not None
    asked = 1e-3 * location_cost(staged.model, staged.values)
    assert staged.solution.objective <= best.solution.objective + asked + 1e-6
    assert staged.solution.bound <= best.solution.objective * (1.0 + 1e-6)


def test_same_bytes_in_stages(always_in_stages: list[int]) -> None:
    runs = [solve_model(model_of("tiny"), SolveOptions(gap_location=1e-6)) for _run in range(2)]
    assert always_in_stages
    assert runs[0].values is not None
    assert runs[1].values is not None
    assert runs[0].values.tobytes() == runs[1].values.tobytes()
    assert runs[0].solution.nodes == runs[1].solution.nodes


def test_progress_of_the_fine_stage_is_told_against_the_bound_of_the_whole(
    always_in_stages: list[int],
) -> None:
    told: list[Progress] = []
    options = SolveOptions(gap_location=1e-3, progress=told.append)
    staged = solve_model(model_of("tiny"), options)
    assert always_in_stages
    finite = [item.bound for item in told if np.isfinite(item.bound)]
    assert finite
    assert max(finite) <= staged.solution.objective * (1.0 + 1e-6)


def test_plan_that_rests_on_a_stage_out_of_time_is_not_deterministic(
    always_in_stages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: Callable[..., SolverAnswer] = vars(coarse)["run_solver"]
    stopped: list[str] = []

    def coarse_out_of_time(model: LinearModel, *arguments: object, **named: object) -> SolverAnswer:
        answer = counted(model, *arguments, **named)
        if len(stopped) == COARSE:
            answer = dataclasses.replace(answer, stopped="time", bound=answer.bound - 10.0)
        stopped.append(answer.stopped)
        return answer

    solves_by(monkeypatch, coarse_out_of_time)
    solution = solve_model(model_of("tiny"), SolveOptions(gap_location=1e-6)).solution
    # Near the relaxation, coarse, LP, fine, and then the whole problem, which proves the gap.
    assert always_in_stages[-1] == int(model_of("tiny").integer.sum())
    assert stopped[COARSE] == "time"
    assert solution.status is Status.OPTIMAL
    assert not solution.deterministic


def test_a_case_of_few_integers_is_searched_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    solves: list[int] = []

    def counted(model: LinearModel, *arguments: object, **named: object) -> SolverAnswer:
        solves.append(int(model.integer.sum()))
        return run_solver(model, *arguments, **named)  # type: ignore[arg-type]

    solves_by(monkeypatch, counted)
    model = model_of("tiny")
    solve_model(model, SolveOptions())
    assert solves == [int(model.integer.sum())]


@pytest.mark.parametrize("lost", ["all", "good"])
def test_fine_stage_that_lost_good_points_is_tried_as_the_problem_is(
    always_in_stages: list[int], monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """The reductions are made to cut off everything, or all but a point that is too dear."""
    counted: Callable[..., SolverAnswer] = vars(coarse)["run_solver"]
    presolves: list[object] = []
    gap = 1e-6

    def losing(model: LinearModel, *arguments: object, **named: object) -> SolverAnswer:
        answer = counted(model, *arguments, **named)
        tuning = named.get("tuning")
        assert tuning is None or isinstance(tuning, dict)
        if tuning is None or "objective_target" not in tuning:
            return answer
        presolves.append(tuning.get("presolve", "on"))
        if presolves[-1] == "off" or lost == "good":
            return answer
        return dataclasses.replace(answer, values=None, bound=np.inf)

    solves_by(monkeypatch, losing)
    if lost == "good":
        gap = 1e-12  # no point is good enough
    solution = solve_model(model_of("tiny"), SolveOptions(gap_location=gap)).solution
    assert always_in_stages
    assert presolves[:2] == ["on", "off"]
    optimum = direct("tiny").solution.objective
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx(optimum, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_first_solve_has_to_find_a_point_in_time(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    deadlines: list[float | None] = []

    def noted(
        model: LinearModel, options: SolveOptions, gap_abs: float, **named: object
    ) -> SolverAnswer:
        deadlines.append(options.first_point_by)
        return run_solver(model, options, gap_abs, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(coarse, "FEW_INTEGERS", 0)
    solves_by(monkeypatch, noted)
    model = serving_everything(model_of(name))
    late = coarse.search(model, SolveOptions(first_point_by=0.0), 1e-3)
    upto = COARSE + 1
    assert (late.values, late.stopped, deadlines) == (None, "time", [0.0] * upto)
    in_time = time.perf_counter() + 600.0
    found = coarse.search(model, SolveOptions(first_point_by=in_time), 1e-3)
    assert found.values is not None
    assert deadlines[upto : 2 * upto] == [in_time] * upto
    assert set(deadlines[2 * upto :]) == {None}


@pytest.mark.parametrize("name", NAMES)
def test_a_coarse_search_that_finds_nothing_leaves_the_point_near_the_relaxation(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Sites and modules are those of the relaxation, rounded; the bound is that of the search."""
    answers: list[SolverAnswer] = []

    def without_end(
        model: LinearModel,
        options: SolveOptions,
        gap_abs: float,
        *,
        start: NDArray[np.float64] | None = None,
        **named: object,
    ) -> SolverAnswer:
        answer = run_solver(model, options, gap_abs, start=start, **named)  # type: ignore[arg-type]
        if len(answers) == COARSE:
            answer = dataclasses.replace(answer, values=start, stopped="time")
        answers.append(answer)
        return answer

    monkeypatch.setattr(coarse, "FEW_INTEGERS", 0)
    solves_by(monkeypatch, without_end)
    model = serving_everything(model_of(name))
    found = coarse.search(model, SolveOptions(time_limit=600.0), 1e-3)
    relaxed, near, large = answers[: COARSE + 1]
    assert relaxed.values is not None
    assert near.values is not None
    assert found.values is not None
    built = model.ids_of("built")
    assert (np.abs(near.values[built] - relaxed.values[built]) < 1.0).all()
    cost = float(model.cost @ found.values)
    assert relaxed.bound <= large.bound + 1e-6 <= cost + 1e-3
    assert found.stopped == "time"
    # What stands is that of the point, until the whole problem is searched.
    best = run_solver(model, SolveOptions(), 1e-7)
    assert best.bound <= cost + 1e-6
    assert found.bound <= best.bound + 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_a_search_begun_again_is_no_less_sure_but_depends_on_the_clock(
    always_in_stages: list[int], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    counted: Callable[..., SolverAnswer] = vars(coarse)["run_solver"]
    seeds: list[int] = []

    def silent_once(
        model: LinearModel, options: SolveOptions, gap_abs: float, **named: object
    ) -> SolverAnswer:
        answer = counted(model, options, gap_abs, **named)
        seeds.append(options.seed)
        return dataclasses.replace(answer, stopped="silent") if len(seeds) == COARSE + 1 else answer

    solves_by(monkeypatch, silent_once)
    solution = solve_model(model_of(name), SolveOptions(gap_location=1e-6)).solution
    assert seeds[: COARSE + 2] == [0, 0, 0, 1]
    assert set(seeds[COARSE + 2 :]) == {0}
    assert solution.status is Status.OPTIMAL
    assert (solution.stopped, solution.deterministic) == ("", False)
    assert solution.objective == pytest.approx(direct(name).solution.objective, rel=1e-6)
    assert always_in_stages
