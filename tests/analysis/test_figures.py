"""Expectations: what counts as rising, falling and staying, given the gaps of two runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.analysis.figures import Figures, margin, outcome
from optimizer.errors import InputError
from optimizer.inputs.expectation import FIGURES, Direction, Expectation, Figure
from optimizer.inputs.scenario import read_scenario


def figures(gap: float = 0.0, **values: float) -> Figures:
    whole: dict[Figure, float] = {name: values.get(name, 0.0) for name in FIGURES}
    return Figures("a", whole, {"new_it_mw": {"coast": values.get("coast", 0.0)}}, gap, gap / 1000)


@pytest.mark.parametrize(
    ("direction", "after", "gap", "verdict"),
    [
        ("rises", 1010.0, 4.9, "holds"),
        ("rises", 1010.0, 5.1, "not distinguishable"),
        ("rises", 990.0, 4.9, "fails"),
        ("rises", 1000.0, 0.0, "fails"),
        ("falls", 990.0, 4.9, "holds"),
        ("falls", 1010.0, 4.9, "fails"),
        ("falls", 990.0, 5.1, "not distinguishable"),
        ("not_lower", 990.1, 5.0, "holds"),
        ("not_lower", 989.9, 5.0, "fails"),
        ("not_higher", 1009.9, 5.0, "holds"),
        ("not_higher", 1010.1, 5.0, "fails"),
        ("unchanged", 1009.0, 5.0, "holds"),
        ("unchanged", 1011.0, 5.0, "fails"),
    ],
)
def test_costs_are_told_apart_by_both_gaps(
    direction: Direction, after: float, gap: float, verdict: str
) -> None:
    found = outcome(
        Expectation(figure="total_cost", direction=direction),
        figures(gap, total_cost=1000.0),
        figures(gap, total_cost=after),
    )
    assert found.verdict == verdict
    assert found.margin == max(2.0 * gap, 1e-6 * max(1000.0, after))


def test_about_has_a_range_of_its_own() -> None:
    asked = Expectation(figure="west_share", direction="about", within=0.02)
    for after, verdict in ((0.509, "holds"), (0.511, "fails"), (0.491, "holds"), (0.489, "fails")):
        found = outcome(asked, figures(west_share=0.5), figures(west_share=after))
        assert found.verdict == verdict


def test_other_figures_are_told_apart_by_the_relative_gaps() -> None:
    runs = (figures(5.0), figures(5.0))
    assert margin("location_kt", 200.0, 100.0, runs) == pytest.approx(0.01 * 200.0, rel=1e-12)


def test_figures_of_one_site() -> None:
    asked = Expectation(figure="new_it_mw", direction="rises", site="coast")
    assert outcome(asked, figures(coast=1.0), figures(coast=2.0)).verdict == "holds"
    assert outcome(asked, figures(coast=2.0), figures(coast=1.0)).verdict == "fails"


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        ("{figure: total_cost, direction: about}", "within"),
        ("{figure: total_cost, direction: rises, within: 0.1}", "within"),
        ("{figure: total_cost, direction: rises, site: coast}", "figures of one site"),
        ("{figure: cost, direction: rises}", ""),
        ("{figure: total_cost, direction: up}", ""),
    ],
)
def test_a_wrong_expectation_is_a_fault_with_its_line(
    expectation: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "what-if.yaml"
    path.write_text(
        f"name: a\ntitle_en: A\ntitle_zh: 甲\nexpects:\n  - {expectation}\noverrides:\n"
        "  - {table: sites, set: {ceiling_mw: 1}}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    (fault,) = caught.value.faults
    assert fault.file == "what-if.yaml"
    assert fault.row == 5
    assert said in fault.problem.en
