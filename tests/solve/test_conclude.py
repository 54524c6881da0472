"""Linear programs that end without an answer are solved again, and no wrong objective counts."""

from __future__ import annotations

from typing import Any

import highspy
import pytest

from optimizer.model.build import serving_everything
from optimizer.solve import conclude
from optimizer.solve.conclude import UNSETTLED, concluded
from optimizer.solve.highs import pass_arrays
from optimizer.solve.hot import HotStart
from optimizer.solve.options import SolveOptions
from optimizer.solve.solvers import run_solver
from tests.solve.edited_cases import model_of

OPTIMAL = highspy.HighsModelStatus.kOptimal
OPTIONS = SolveOptions(relaxed=True, whole=True)


class Stub:
    """Solves ``x >= 1`` at cost 1 and ends each run with the next of some statuses.

    Every name of ``told`` is the objective that it tells after the run of that number.
    """

    def __init__(
        self, statuses: list[highspy.HighsModelStatus], told: dict[int, float] | None = None
    ) -> None:
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._highs.setOptionValue("output_flag", False)
        self._highs.addVar(1.0, 2.0)
        self._highs.changeColCost(0, 1.0)
        self.statuses = statuses
        self.told = told or {}
        self.settings: list[tuple[Any, ...]] = []

    def run(self) -> None:
        names = ("presolve", "user_objective_scale", "solver")
        self.settings.append(tuple(self._highs.getOptionValue(name)[1] for name in names))
        self._highs.run()

    def getModelStatus(self) -> highspy.HighsModelStatus:  # noqa: N802
        return self.statuses[len(self.settings) - 1]

    def getInfo(self) -> Any:  # noqa: ANN401, N802
        info = self._highs.getInfo()
        if len(self.settings) in self.told:
            info.objective_function_value = self.told[len(self.settings)]
        return info

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._highs, name)


def test_what_ends_with_an_answer_is_run_once() -> None:
    for status in set(highspy.HighsModelStatus.__members__.values()) - UNSETTLED:
        stub = Stub([status])
        assert concluded(stub) == status
        assert len(stub.settings) == 1


@pytest.mark.parametrize("status", sorted(UNSETTLED, key=str))
def test_settings_are_tried_in_turn_and_put_back(status: highspy.HighsModelStatus) -> None:
    stub = Stub([status, status, status, OPTIMAL])
    assert concluded(stub) == OPTIMAL
    usual = ("choose", 0, "choose")
    assert stub.settings == [
        usual,
        ("off", 0, "choose"),
        ("choose", -10, "choose"),
        (*usual[:2], "ipm"),
    ]
    stub.run()
    assert stub.settings[-1] == usual


def test_none_of_them_may_help() -> None:
    failed = highspy.HighsModelStatus.kSolveError
    assert concluded(Stub([failed] * 4)) == failed


def test_an_objective_that_is_not_the_points_is_no_answer() -> None:
    failed = highspy.HighsModelStatus.kNotset
    stub = Stub([failed, OPTIMAL, OPTIMAL], told={2: 1.0 / 1024.0})
    assert concluded(stub) == OPTIMAL
    assert len(stub.settings) == 3
    wrong = Stub([failed, *[OPTIMAL] * 3], told=dict.fromkeys((2, 3, 4), 2.0))
    assert concluded(wrong) == highspy.HighsModelStatus.kUnknown


@pytest.mark.parametrize("relaxer", ["one", "hot"])
def test_both_ways_to_solve_a_relaxation_try_again(
    monkeypatch: pytest.MonkeyPatch, relaxer: str
) -> None:
    """The first setting solves; before it no iteration is allowed."""
    model = serving_everything(model_of("tiny"))
    usual = run_solver(model, OPTIONS, 0.0)
    unlimited = {"simplex_iteration_limit": 2**31 - 1}
    monkeypatch.setattr(conclude, "AGAIN", ({"presolve": "off", **unlimited},))
    passed: list[Any] = []

    def stopped(solver: Any, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        pass_arrays(solver, *arguments, **named)
        solver.setOptionValue("presolve", "off")
        solver.setOptionValue("simplex_iteration_limit", 0)
        passed.append(solver)

    monkeypatch.setattr(
        f"optimizer.solve.{'hot' if relaxer == 'hot' else 'highs'}.pass_arrays", stopped
    )
    if relaxer == "hot":
        answer = HotStart().relax(model, OPTIONS)
    else:
        answer = run_solver(model, OPTIONS, 0.0)
    assert len(passed) == 1
    assert answer.bound == pytest.approx(usual.bound, rel=1e-9)
