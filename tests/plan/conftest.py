from __future__ import annotations

import pytest

from tests.plan.solved_cases import CASES, SolvedCase, solved_case


@pytest.fixture(scope="module", params=sorted(CASES))
def solved(request: pytest.FixtureRequest) -> SolvedCase:
    """Return each of the cases, solved."""
    return solved_case(str(request.param))


@pytest.fixture(scope="module")
def every_block() -> SolvedCase:
    """Return the case in which every block acts, solved."""
    return solved_case("every_block")
