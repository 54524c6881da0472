"""The shipped claims: complete, testable, and each of their runs a case."""

from __future__ import annotations

from functools import cache

import pytest

from optimizer.analysis.claim_figures import FIGURES
from optimizer.inputs.assemble import AssembledTables, assemble, case_folder
from optimizer.inputs.case import checked_case
from optimizer.inputs.claim_file import ClaimFile, read_claims
from optimizer.inputs.scenario import Scenario, ScenarioFile, apply_scenarios
from optimizer.study.claims import check_figures
from optimizer.tables.pack import claims_file

NAMES = [claim.name for claim in read_claims(claims_file()).claims]


@cache
def claims() -> ClaimFile:
    return read_claims(claims_file())


@cache
def tables() -> AssembledTables:
    return assemble(case_folder(claims().base))


def test_enough_claims_with_every_word() -> None:
    assert len(NAMES) >= 20
    check_figures(claims(), "claims.yaml")
    for claim in claims().claims:
        words = (claim.author, claim.medium, claim.date, claim.claim_en, claim.claim_zh)
        assert all(word.strip() for word in (*words, claim.test_en, claim.test_zh))
        assert any("\u4e00" <= character <= "\u9fff" for character in claim.claim_zh)
        # The two runs differ, or there would be nothing to measure.
        assert claim.first.overrides != claim.second.overrides
        assert claim.figure in FIGURES


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_run_is_a_case(name: str) -> None:
    claim = next(claim for claim in claims().claims if claim.name == name)
    for run in (claim.first, claim.second):
        override = claim.flip.override(float(claim.flip.today))
        content = ScenarioFile(
            name="claim",
            title_en=name,
            title_zh="观点",
            overrides=[*claims().overrides, *run.overrides, override],
        )
        case = checked_case(apply_scenarios(tables(), [Scenario(content, name, name)]))
        assert case.frame("batteries").empty
