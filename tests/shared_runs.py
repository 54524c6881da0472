"""Verified runs that several test modules read; each is made once in a test process."""

from __future__ import annotations

import functools

from optimizer.inputs.case import read_case
from optimizer.plan.run import Run
from optimizer.study.runner import solve_case
from tests.plan.solved_cases import CASES


@functools.cache
def run_of(name: str) -> Run:
    """Return the run of one of the cases of :data:`tests.plan.solved_cases.CASES`."""
    return solve_case(read_case(CASES[name]))
