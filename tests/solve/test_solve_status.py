"""What a solve says of itself: status, gap, limits, and the same bytes twice."""

from __future__ import annotations

import dataclasses
import itertools
import os
import signal
import threading
import time

import numpy as np
import pytest
from pulp import constants

from optimizer.model.assembly import Assembly, LinearModel
from optimizer.model.build import build_model, serving_everything
from optimizer.plan.raw_solution import Status
from optimizer.solve import parts, stage, undone
from optimizer.solve.coarse import search
from optimizer.solve.explain import Easing, smallest_easing
from optimizer.solve.living import LivingModel
from optimizer.solve.options import Progress, SolveOptions
from optimizer.solve.parts import with_integers_fixed
from optimizer.solve.run import solve_model
from optimizer.solve.solvers import SolverAnswer
from optimizer.solve.stage import location_cost
from optimizer.solve.status import status_of
from tests.solve.edited_cases import NAMES, edited, model_of, solved, with_cells

LpStatus = constants.LpSolveStatus


def hard_problem(slack: str) -> LinearModel:
    """Return a problem whose bound stays far from any plan for longer than tests last.

    Six sums of fifty whole numbers must each hit half their total. Such splits keep branch and
    bound busy for hours. With slack in ``cost`` or in ``unserved`` they are to be hit as nearly
    as possible; in the latter case some work is left out whatever is done. Without, exactly.
    """
    random = np.random.default_rng(5)
    weights = random.integers(1, 100, size=(6, 50)).astype(float)
    half = np.floor(weights.sum(axis=1) / 2)
    none = np.zeros(0, dtype=np.int64)
    assembly = Assembly()
    left = np.arange(13) if slack == "unserved" else none
    unserved = assembly.add_columns("unserved", {"region": left}, "1")
    assembly.add_columns("unplaced", {"job": none}, "1")
    taken = assembly.add_columns("built", {"site": np.arange(50)}, "1", upper=1.0, integer=True)
    assembly.add_columns("opening", {"site": none}, "1", upper=1.0, integer=True)
    rows = assembly.add_rows("split", {"site": np.arange(6)}, "1", lower=half, upper=half)
    assembly.put(np.repeat(rows.ids, 50), np.tile(taken.ids, 6), weights.ravel())
    assembly.charge("build", taken.ids[:1], 1e-3)
    if slack == "cost":
        off = assembly.add_columns("off", {"site": np.arange(12)}, "1").ids
        assembly.charge("energy", off, 1.0)
    elif slack == "unserved":
        off = unserved.ids[:12]
        missing = assembly.add_rows("missing", {"region": np.arange(1)}, "1", lower=1.0)
        assembly.put(missing.ids, unserved.ids[12:], 1.0)
        assembly.value_unserved(unserved.ids, 1.0)
    else:
        return assembly.finish()
    assembly.put(rows.ids, off[:6], -1.0)
    assembly.put(rows.ids, off[6:], 1.0)
    return assembly.finish()


def infeasible(cap_kt: float) -> LinearModel:
    """Return the hand case with a cap on location-based emissions that no plan meets."""
    change = with_cells("policy == 'cap'", ledger="location", value=cap_kt)
    return build_model(edited("hand", {"policies": change}))[0]


@pytest.mark.parametrize("name", NAMES)
def test_gap_is_measured_on_the_cost_that_depends_on_places(name: str) -> None:
    for gap in (0.05, 1e-3, 1e-7):
        done = solve_model(model_of(name), SolveOptions(gap_location=gap))
        assert done.solution.status is Status.OPTIMAL
        assert done.values is not None
        terms = {term: float(cost @ done.values) for term, cost in done.model.cost_terms.items()}
        of_places = sum(cost for term, cost in terms.items() if term != "accelerators")
        assert location_cost(done.model, done.values) == pytest.approx(of_places, rel=1e-9)
        assert terms["accelerators"] > 0.3 * done.solution.objective
        assert 0.0 <= done.solution.objective - done.solution.bound <= gap * of_places + 1e-9
        assert done.solution.objective == pytest.approx(sum(terms.values()), rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_looser_gap_gives_a_plan_within_it(name: str) -> None:
    loose = solve_model(model_of(name), SolveOptions(gap_location=0.05))
    exact = solve_model(model_of(name), SolveOptions(gap_location=1e-8))
    assert loose.values is not None
    asked = 0.05 * location_cost(loose.model, loose.values)
    assert loose.solution.objective - exact.solution.objective <= asked
    assert loose.solution.bound <= exact.solution.objective * (1.0 + 1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_plan_is_an_exact_vertex(name: str) -> None:
    done = solve_model(model_of(name), SolveOptions())
    assert done.values is not None
    whole = done.values[done.model.integer]
    assert np.array_equal(whole, np.round(whole))
    activity = done.model.activity(done.values)
    assert (activity <= done.model.row_upper + 1e-6).all()
    assert (activity >= done.model.row_lower - 1e-6).all()
    assert (done.values >= done.model.lower - 1e-7).all()
    assert (done.values <= done.model.upper + 1e-7).all()
    rest = LivingModel(with_integers_fixed(done.model, done.values)).solve()
    assert rest is not None
    assert rest.objective == pytest.approx(done.solution.objective, rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_second_run_gives_the_same_bytes(name: str) -> None:
    first, second = (solve_model(model_of(name), SolveOptions()) for _run in range(2))
    assert first.values is not None
    assert second.values is not None
    assert first.values.tobytes() == second.values.tobytes()
    assert first.solution.objective == second.solution.objective
    assert first.solution.bound == second.solution.bound
    assert first.solution.nodes == second.solution.nodes
    assert first.solution.deterministic
    for block, column in first.solution.columns.items():
        assert column.values.tobytes() == second.solution.columns[block].values.tobytes()


def test_plan_of_a_time_limit_is_feasible_not_optimal() -> None:
    model = hard_problem("cost")
    solution = solve_model(model, SolveOptions(time_limit=0.5)).solution
    assert solution.status is Status.FEASIBLE
    assert solution.stopped == "time"
    assert not solution.deterministic
    assert solution.seconds < 5.0
    # The bound is far below, and says so.
    assert solution.bound < 0.5
    assert solution.objective >= 1.0
    values = np.concatenate([column.values for column in solution.columns.values()])
    assert np.abs(model.activity(values) - model.row_lower).max() <= 1e-6
    assert float(model.cost @ values) == pytest.approx(solution.objective)


def test_time_limit_without_a_plan_says_there_is_none() -> None:
    solution = solve_model(hard_problem(""), SolveOptions(time_limit=0.5)).solution
    assert solution.status is Status.NO_SOLUTION
    assert solution.stopped == "time"
    assert solution.objective == np.inf
    assert solution.columns == {}
    assert not solution.deterministic


def test_time_limit_while_work_is_left_out_keeps_the_plan_found() -> None:
    # The first stage finds plans at once; whatever is left of the time, one of them is returned.
    model = hard_problem("unserved")
    solution = solve_model(model, SolveOptions(time_limit=0.5)).solution
    assert solution.status is Status.FEASIBLE
    assert solution.stopped == "time"
    assert not solution.deterministic
    values = np.concatenate([column.values for column in solution.columns.values()])
    assert (model.activity(values) >= model.row_lower - 1e-6).all()
    left_out = float(model.unserved_value @ values)
    assert 1.0 <= left_out <= solution.unserved_value * (1.0 + 1e-6) + 1e-6


def test_plan_is_not_optimal_if_the_least_work_left_out_is_unproved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stages: list[LinearModel] = []

    def out_of_time_at_first(
        model: LinearModel, options: SolveOptions, gap_abs: float, log_file: str = ""
    ) -> SolverAnswer:
        stages.append(model)
        answer = search(model, options, gap_abs, log_file)
        if len(stages) > 1:
            return answer
        return dataclasses.replace(
            answer, status=LpStatus.TimeLimit, stopped="time", bound=0.5 * answer.bound
        )

    monkeypatch.setattr(stage, "search", out_of_time_at_first)
    change = with_cells("accelerator == 'new'", supply=5000)
    solution = solved(edited("hand", {"accelerator_supply": change}), SolveOptions()).solution
    # The first stage, then the cost with its result held.
    assert stages[0].cost is stages[0].unserved_value
    assert "unserved_held" in stages[-1].rows
    assert solution.status is Status.FEASIBLE
    assert not solution.deterministic


@pytest.mark.parametrize("name", ["tiny", "hand"])
def test_a_clock_that_ends_before_any_plan_leaves_time_for_less_work(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The search of a large program that serves everything may find nothing in its time."""
    calls: list[LinearModel] = []

    def nothing_at_first(
        model: LinearModel, options: SolveOptions, gap_abs: float, log_file: str = ""
    ) -> SolverAnswer:
        calls.append(model)
        deadlines.append(options.first_point_by)
        answer = search(model, options, gap_abs, log_file)
        if len(calls) > 1:
            return answer
        return dataclasses.replace(
            answer, status=LpStatus.TimeLimit, stopped="time", values=None, bound=-np.inf
        )

    deadlines: list[float | None] = []
    served = solve_model(model_of(name), SolveOptions(gap_location=1e-3)).solution
    monkeypatch.setattr(stage, "search", nothing_at_first)
    monkeypatch.setattr(undone, "LARGE", 1)
    began = time.perf_counter()
    found = solve_model(model_of(name), SolveOptions(gap_location=1e-3, time_limit=600)).solution
    assert not served.unserved_value
    asked = 1e-3 * (served.objective + 1.0)
    assert 0.0 <= found.unserved_bound <= found.unserved_value <= asked
    # What is left undone within the asked gap costs no less than nothing and no more than all.
    assert 0.0 < found.objective <= served.objective * (1.0 + 1e-3)
    assert found.bound <= found.objective
    assert (found.deterministic, found.stopped) == (False, "time")
    assert len(calls) > 1
    # Half of the time is kept for a plan that leaves work undone.
    assert deadlines[0] is not None
    assert 300.0 <= deadlines[0] - began <= 330.0
    assert set(deadlines[1:]) == {None}


def test_the_least_work_left_undone_of_a_large_program_is_proved_within_the_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change = with_cells("accelerator == 'new'", supply=5000)
    case = edited("hand", {"accelerator_supply": change})
    exact = solved(case, SolveOptions()).solution
    assert exact.unserved_bound == pytest.approx(exact.unserved_value, rel=1e-6)
    monkeypatch.setattr(undone, "LARGE", 1)
    near = solve_model(build_model(case)[0], SolveOptions(gap_location=0.01)).solution
    assert near.unserved_bound <= exact.unserved_value * (1.0 + 1e-6)
    assert near.unserved_value - near.unserved_bound <= 0.01 * near.unserved_value
    assert exact.unserved_value <= near.unserved_value * (1.0 + 1e-6)


@pytest.mark.parametrize(("name", "supply", "tries"), [("hand", 5000, 0), ("hand", None, 1)])
def test_a_large_program_that_cannot_do_all_work_does_not_try_to(
    monkeypatch: pytest.MonkeyPatch, name: str, supply: int | None, tries: int
) -> None:
    table = "accelerator_supply"
    changes = {} if supply is None else {table: with_cells("accelerator == 'new'", supply=supply)}
    model = build_model(edited(name, changes))[0]
    tried: list[LinearModel] = []

    def noted(model: LinearModel) -> LinearModel:
        tried.append(model)
        return serving_everything(model)

    monkeypatch.setattr(undone, "serving_everything", noted)
    monkeypatch.setattr(undone, "LARGE", 1)
    found = solve_model(model, SolveOptions(gap_location=1e-3)).solution
    assert len(tried) == tries
    assert (found.unserved_value > 0.0) == (tries == 0)
    assert found.status is Status.OPTIMAL


def test_a_time_that_is_up_leaves_a_large_program_without_a_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A point found in the last moment serves the most and costs anything: it is no plan."""
    change = with_cells("accelerator == 'new'", supply=5000)
    model = build_model(edited("hand", {"accelerator_supply": change}))[0]
    monkeypatch.setattr(undone, "LARGE", 1)
    found = solve_model(model, SolveOptions(time_limit=1e-9))
    assert found.values is None
    assert found.solution.status is Status.NO_SOLUTION
    assert not found.solution.columns


def test_the_point_of_an_earlier_stage_is_made_the_best_of_its_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the second stage finds nothing, the integers of the first one are kept."""
    stages: list[LinearModel] = []

    def nothing_at_last(
        model: LinearModel, options: SolveOptions, gap_abs: float, log_file: str = ""
    ) -> SolverAnswer:
        stages.append(model)
        answer = search(model, options, gap_abs, log_file)
        if "unserved_held" not in model.rows:
            return answer
        return dataclasses.replace(
            answer, status=LpStatus.TimeLimit, stopped="time", values=None, bound=-np.inf
        )

    change = with_cells("accelerator == 'new'", supply=5000)
    case = edited("hand", {"accelerator_supply": change})
    best = solved(case, SolveOptions()).solution
    monkeypatch.setattr(stage, "search", nothing_at_last)
    kept = solve_model(build_model(case)[0], SolveOptions(time_limit=600))
    assert kept.values is not None
    assert kept.solution.status is Status.FEASIBLE
    assert kept.solution.bound <= best.objective * (1.0 + 1e-9)
    assert best.bound <= kept.solution.objective <= best.objective * 1.05
    polished = LivingModel(with_integers_fixed(kept.model, kept.values)).solve()
    assert polished is not None
    assert kept.solution.objective == pytest.approx(polished.objective, rel=1e-6)


@pytest.mark.parametrize(("supply", "solves"), [(5000, 2), (None, 2)])
def test_a_relaxation_solved_at_once_looks_first_at_what_is_left_undone(
    monkeypatch: pytest.MonkeyPatch, supply: int | None, solves: int
) -> None:
    """The answer is that of asking for everything first, without the LP that has no point."""
    name = "accelerator_supply"
    changes = {} if supply is None else {name: with_cells("accelerator == 'new'", supply=supply)}
    model = build_model(edited("hand", changes))[0]
    solved_models: list[LinearModel] = []
    relax = parts.relax

    def counted(each: LinearModel, options: SolveOptions, share: float = 0.0) -> SolverAnswer:
        solved_models.append(each)
        return relax(each, options, share)

    for module in (stage, undone):
        monkeypatch.setattr(module, "relax", counted)
    found = solve_model(model, SolveOptions(relaxed=True)).solution
    assert len(solved_models) == solves
    assert solved_models[0].cost is solved_models[0].unserved_value
    monkeypatch.setattr(undone, "_looked_ahead", lambda *_arguments: None)
    asked = solve_model(model, SolveOptions(relaxed=True)).solution
    assert found.unserved_value == pytest.approx(asked.unserved_value, rel=1e-9)
    assert (found.unserved_value > 1.0) == (supply is not None)
    assert found.objective == pytest.approx(asked.objective, rel=1e-9)
    assert found.bound == pytest.approx(asked.bound, rel=1e-9)


def test_a_relaxation_without_a_last_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first stage's point has any cost: it is no relaxation of the cost."""
    relax = parts.relax

    def nothing_at_last(
        model: LinearModel, options: SolveOptions, share: float = 0.0
    ) -> SolverAnswer:
        answer = relax(model, options, share)
        if "unserved_held" in model.rows:
            return dataclasses.replace(answer, status=LpStatus.Undefined, values=None)
        return answer

    for module in (stage, undone):
        monkeypatch.setattr(module, "relax", nothing_at_last)
    change = with_cells("accelerator == 'new'", supply=5000)
    case = edited("hand", {"accelerator_supply": change})
    found = solved(case, SolveOptions(relaxed=True))
    assert found.values is None
    assert found.solution.status is Status.NO_SOLUTION


def test_interrupt_keeps_the_best_plan() -> None:
    began: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        if progress.phase == "search" and np.isfinite(progress.incumbent) and not began:
            began.append(progress)
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()

    before = signal.getsignal(signal.SIGINT)
    options = SolveOptions(time_limit=20.0, progress=interrupt)
    solution = solve_model(hard_problem("cost"), options).solution
    assert began
    assert solution.status is Status.FEASIBLE
    assert solution.stopped == "interrupt"
    assert not solution.deterministic
    assert solution.objective <= began[0].incumbent + 1e-6
    assert solution.seconds < 10.0
    assert signal.getsignal(signal.SIGINT) is before


def test_progress_tells_of_a_rising_bound_and_a_falling_plan() -> None:
    told: list[Progress] = []
    options = SolveOptions(time_limit=1.0, progress=told.append)
    solve_model(hard_problem("cost"), options)
    assert next(item.phase for item in told) == "relaxation"
    assert [item.phase for item in told][-1] == "polish"
    search = [item for item in told if item.phase == "search"]
    assert len(search) >= 2
    for one, next_one in itertools.pairwise(search):
        assert next_one.incumbent <= one.incumbent
        assert next_one.bound >= one.bound
        assert next_one.seconds >= one.seconds


def test_no_plan_at_all_is_infeasible() -> None:
    solution = solve_model(infeasible(1.0), SolveOptions()).solution
    assert solution.status is Status.INFEASIBLE
    assert solution.objective == np.inf
    assert solution.columns == {}
    assert solution.deterministic


def test_smallest_easing_says_which_limits_and_how_far() -> None:
    model = infeasible(1.0)
    easings = smallest_easing(model)
    assert easings is not None
    # Less chat pinned to the coast, and the cap raised by what stands there anyway.
    assert [easing.block for easing in easings] == ["pinned_service", "policy_cap"]
    pinned, cap = easings
    assert (pinned.limit, pinned.unit) == (0.2, "1")
    assert -0.2 - 1e-9 <= pinned.change < 0.0
    assert (cap.limit, cap.unit) == (1.0, "kt CO2")
    assert cap.change > 1.0
    assert LivingModel(_eased(model, easings, 1.0 + 1e-6)).solve() is not None
    assert LivingModel(_eased(model, easings, 0.999)).solve() is None
    assert LivingModel(_eased(model, easings[:1], 1.0)).solve() is None


def _eased(model: LinearModel, easings: list[Easing], part: float) -> LinearModel:
    lower, upper = model.row_lower.copy(), model.row_upper.copy()
    for easing in easings:
        row = model.rows[easing.block].start
        if easing.change > 0.0:
            upper[row] += part * easing.change
        else:
            lower[row] += part * easing.change
    return dataclasses.replace(model, row_lower=lower, row_upper=upper)


def test_a_case_with_a_plan_needs_no_easing() -> None:
    assert smallest_easing(model_of("hand")) == []


def test_relaxed_solve_is_a_lower_bound() -> None:
    for name in NAMES:
        relaxed = solve_model(model_of(name), SolveOptions(relaxed=True)).solution
        point = LivingModel(serving_everything(model_of(name))).solve()
        assert point is not None
        assert relaxed.objective == pytest.approx(point.objective, rel=1e-9)
        whole = solve_model(model_of(name), SolveOptions(gap_location=1e-8)).solution
        assert relaxed.objective < whole.objective
        assert relaxed.options["relaxed"] == 1


def test_work_that_cannot_be_served_is_least_before_cost() -> None:
    # Too few new cards for chat: the plan serves as much value as any plan could.
    change = with_cells("accelerator == 'new'", supply=5000)
    case = edited("hand", {"accelerator_supply": change})
    done = solved(case, SolveOptions(gap_location=1e-7))
    assert done.solution.status is Status.OPTIMAL
    assert done.solution.unserved_value > 1.0
    values = done.values
    assert values is not None
    left_out = float(done.model.unserved_value @ values)
    assert left_out == pytest.approx(done.solution.unserved_value, rel=1e-6)
    # No plan at any cost leaves less out.
    least = dataclasses.replace(done.model, cost=done.model.unserved_value)
    again = solve_model(least, SolveOptions(gap_location=1e-9)).solution
    assert left_out == pytest.approx(again.objective, rel=1e-6)


@pytest.mark.parametrize(
    ("said", "has_point", "gap", "status"),
    [
        (LpStatus.Optimal, True, 0.5, Status.OPTIMAL),
        (LpStatus.Optimal, True, 1.0, Status.OPTIMAL),
        (LpStatus.Optimal, True, 1.1, Status.FEASIBLE),
        (LpStatus.Optimal, True, np.inf, Status.FEASIBLE),
        (LpStatus.TimeLimit, True, 0.5, Status.OPTIMAL),
        (LpStatus.TimeLimit, True, 2.0, Status.FEASIBLE),
        (LpStatus.TimeLimit, False, np.inf, Status.NO_SOLUTION),
        (LpStatus.Interrupted, False, np.inf, Status.NO_SOLUTION),
        (LpStatus.Infeasible, False, np.inf, Status.INFEASIBLE),
        (LpStatus.Unbounded, False, np.inf, Status.UNBOUNDED),
        (LpStatus.Optimal, False, np.inf, Status.FAILED),
        (LpStatus.NumericalError, False, np.inf, Status.FAILED),
        (LpStatus.Undefined, False, np.inf, Status.NO_SOLUTION),
    ],
)
def test_status_rests_on_the_gap_and_the_point(
    said: LpStatus, has_point: bool, gap: float, status: Status
) -> None:
    assert status_of(said, has_point=has_point, gap=gap, asked_gap=1.0) is status


def test_options_that_shape_the_result_are_recorded() -> None:
    options = SolveOptions(gap_location=0.02, time_limit=7.0, seed=3, threads=2)
    assert options.recorded() == {
        "gap_location": 0.02,
        "time_limit": 7.0,
        "solver": "HiGHS",
        "threads": 2,
        "seed": 3,
        "relaxed": 0,
        "whole": 0,
    }
    assert SolveOptions().recorded()["time_limit"] == "none"
