"""Searches that give no sign end, and are begun again with what they found."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from pulp import constants

from optimizer.model.assembly import LinearModel
from optimizer.model.build import serving_everything
from optimizer.solve import highs, persistent
from optimizer.solve.coarse import searched_bound
from optimizer.solve.options import SolveOptions
from optimizer.solve.persistent import run_persistently, silence_allowed
from optimizer.solve.solvers import NO_TUNING, SolverAnswer, run_solver
from tests.solve.edited_cases import NAMES, model_of

GAP = 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_a_search_that_gives_signs_is_not_changed(name: str) -> None:
    model = serving_everything(model_of(name))
    plain = run_solver(model, SolveOptions(), GAP)
    watched = run_solver(model, SolveOptions(), GAP, silent_seconds=600.0)
    assert plain.values is not None
    assert watched.values is not None
    assert plain.values.tobytes() == watched.values.tobytes()
    assert (watched.bound, watched.nodes, watched.stopped) == (plain.bound, plain.nodes, "")


@pytest.mark.parametrize("name", NAMES)
def test_a_search_that_gives_no_sign_is_ended(name: str) -> None:
    """No sign can come within no time at all; the same limit in the user's name is one of time."""
    model = serving_everything(model_of(name))
    silent = run_solver(model, SolveOptions(), GAP, silent_seconds=0.0)
    assert (silent.stopped, silent.nodes) == ("silent", 0)
    late = run_solver(model, SolveOptions(time_limit=0.0), GAP, silent_seconds=600.0)
    assert late.stopped == "time"
    assert late.status is constants.LpSolveStatus.TimeLimit


@pytest.mark.parametrize("limit", [None, 100.0])
def test_the_limit_of_the_solver_moves_ahead_with_the_signs(
    monkeypatch: pytest.MonkeyPatch, limit: float | None
) -> None:
    """Signs at 5, 60 and 150 s with 70 s of silence allowed: the third comes too late."""
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    given: list[float] = []
    interrupted: list[float] = []

    class Solver:
        def setOptionValue(self, name: str, value: float) -> None:  # noqa: N802
            assert name == "time_limit"
            given.append(value)

    class Event:
        def interrupt(self) -> None:
            interrupted.append(clock[0])

    model = model_of("tiny")
    solver = highs.ArrayHiGHS(model, SolveOptions(time_limit=limit), GAP, silent_seconds=70.0)
    sign = vars(highs.ArrayHiGHS)["_waits_for_signs"](solver, Solver(), 0.0)
    for clock[0] in (0.5, 5.0, 60.0, 150.0):
        sign(Event())
    longest = np.inf if limit is None else limit
    assert given == [min(longest, heard + 70.0) for heard in (0.0, 5.0, 60.0)]
    assert interrupted == [150.0]
    assert solver.stopped == "silent"


def answered(
    values: NDArray[np.float64] | None, bound: float, nodes: int, stopped: str
) -> SolverAnswer:
    status = constants.LpSolveStatus.Interrupted
    return SolverAnswer(status, values, bound, None, None, nodes, stopped, 0.0)


FIRST, SECOND = np.array([3.0]), np.array([2.0])


@pytest.mark.parametrize(
    ("answers", "expected", "starts"),
    [
        (
            [answered(FIRST, 1.0, 5, "")],
            (FIRST, 1.0, 5, "", False),
            [None],
        ),
        (
            [answered(FIRST, 1.5, 5, "silent"), answered(None, 1.0, 4, "")],
            (FIRST, 1.5, 9, "", True),
            [None, FIRST],
        ),
        (
            [
                answered(None, 1.0, 1, "silent"),
                answered(FIRST, 1.1, 2, "silent"),
                answered(SECOND, 1.2, 3, "silent"),
            ],
            (SECOND, 1.2, 6, "silent", True),
            [None, None, FIRST],
        ),
        (
            [answered(FIRST, 1.0, 1, "silent"), answered(FIRST, 1.0, 1, "interrupt")],
            (FIRST, 1.0, 2, "interrupt", True),
            [None, FIRST],
        ),
    ],
    ids=["heard", "helped", "never", "stopped"],
)
def test_what_was_found_before_is_kept(
    monkeypatch: pytest.MonkeyPatch,
    answers: list[SolverAnswer],
    expected: tuple[NDArray[np.float64] | None, float, int, str, bool],
    starts: list[NDArray[np.float64] | None],
) -> None:
    asked: list[tuple[int, float | None, NDArray[np.float64] | None]] = []

    def scripted(
        _model: LinearModel,
        options: SolveOptions,
        gap_abs: float,
        *,
        start: NDArray[np.float64] | None,
        silent_seconds: float,
        **_named: object,
    ) -> SolverAnswer:
        assert (gap_abs, silent_seconds) == (GAP, 90.0)
        asked.append((options.seed, options.time_limit, start))
        return answers[len(asked) - 1]

    monkeypatch.setattr(persistent, "run_solver", scripted)
    options = SolveOptions(seed=7, time_limit=300.0)
    found = run_persistently(model_of("hand"), options, GAP, 90.0, tuning=NO_TUNING)
    told = (found.values, found.bound, found.nodes, found.stopped, found.begun_again)
    assert told == expected
    assert [seed for seed, _limit, _start in asked] == [7 + each for each in range(len(answers))]
    assert [start for _seed, _limit, start in asked] == starts
    limits = [limit for _seed, limit, _start in asked if limit is not None]
    assert len(limits) == len(asked)
    assert max(limits) <= 300.0
    assert limits == sorted(limits, reverse=True)


def test_silence_allowed_grows_with_the_relaxation() -> None:
    assert silence_allowed(0.0) == silence_allowed(6.0) == 60.0
    assert silence_allowed(60.0) == 600.0


@pytest.mark.parametrize("name", NAMES)
def test_a_bound_holds_where_its_search_gave_no_sign(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    model = serving_everything(model_of(name))
    best = run_solver(model, SolveOptions(), GAP)
    lp = run_solver(model, dataclasses.replace(SolveOptions(), relaxed=True), 0.0)
    heard = searched_bound(model, SolveOptions(), GAP, 500)
    monkeypatch.setattr(persistent, "LEAST_SILENCE_SECONDS", 0.0)
    monkeypatch.setattr(persistent, "SILENT_LPS", 0.0)
    unheard = searched_bound(model, SolveOptions(), GAP, 500)
    assert lp.bound <= unheard + 1e-9
    assert unheard <= heard + 1e-9
    assert heard <= best.bound + 2.0 * GAP
