"""How to solve: one set of names for every solver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from optimizer.labels import OBJECTIVE_UNITS, Text

if TYPE_CHECKING:
    from optimizer.model.assembly import LinearModel
    from optimizer.solve.solvers import SolverAnswer

DEFAULT_SOLVER: Final = "HiGHS"


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of progress of a search.

    Parameters
    ----------
    phase
        What is being done.
    seconds
        Since the solve began.
    incumbent, bound
        Best plan and proved bound so far; infinite while there is none.
    unit
        Unit of the two.
    """

    phase: str
    seconds: float
    incumbent: float
    bound: float
    unit: Text = OBJECTIVE_UNITS["cost"]


class Relaxer(Protocol):
    """Solves LP relaxations in its own way."""

    def relax(self, model: LinearModel, options: SolveOptions, /) -> SolverAnswer:
        """Return the LP relaxation of a program."""


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """Options of a solve.

    Parameters
    ----------
    gap_location
        Asked gap relative to the location-dependent cost of the plan (energy, build, network);
        of an objective that is no cost, relative to its own value.
    time_limit
        Seconds for the whole search, or ``None``.
    solver
        Name of a PuLP solver.
    threads
        Threads of the solver; more than one gives up nothing but the second core.
    seed
        Seed of the solver.
    relaxed
        Solve the LP relaxation only; its objective is a lower bound of a plan that leaves the same
        work undone, not a plan's cost.
    whole
        Hand the model to the solver as one, even where the hours of sites follow from the plan.
    open_share
        Part of the objective that an LP in parts may leave open; its bound stays proved.
    objective
        Names of the objectives of :data:`optimizer.model.objectives.OBJECTIVES`, first to last.
        Each is minimised while those before it are held.
    hold_tolerance
        How far above the value found, as a part of it, an objective may lie while those after
        it are minimised.
    boundary
        ``it``: cost counts accelerators. ``facility``: purchases by type are those of the plan of
        least cost, and the cost of everything else is minimised.
    progress
        Called with each line of progress, or ``None``.
    hot
        What solves LP relaxations from the basis of another program, or ``None``.
    first_point_by
        Time of :func:`time.perf_counter` at which a search by HiGHS that has found no point yet
        ends as if its limit were reached, or ``None``. Searches of what is left over from a found
        point do not look at it.
    """

    gap_location: float = 1e-3
    time_limit: float | None = None
    solver: str = DEFAULT_SOLVER
    threads: int = 1
    seed: int = 0
    relaxed: bool = False
    whole: bool = False
    open_share: float = 0.0
    objective: tuple[str, ...] = ("cost",)
    hold_tolerance: float = 1e-3
    boundary: str = "it"
    progress: Callable[[Progress], None] | None = None
    hot: Relaxer | None = None
    first_point_by: float | None = None

    def recorded(self) -> dict[str, float | int | str]:
        """Return the options that shape the result, for the run's record and its hash."""
        shaped: dict[str, float | int | str] = {}
        if self.objective != ("cost",):
            shaped["objective"] = ",".join(self.objective)
        if len(self.objective) > 1:
            shaped["hold_tolerance"] = self.hold_tolerance
        if self.boundary != "it":
            shaped["boundary"] = self.boundary
        return {
            "gap_location": self.gap_location,
            "time_limit": "none" if self.time_limit is None else self.time_limit,
            "solver": self.solver,
            "threads": self.threads,
            "seed": self.seed,
            "relaxed": int(self.relaxed),
            "whole": int(self.whole),
            **shaped,
        }
