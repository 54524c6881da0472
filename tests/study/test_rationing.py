"""What more accelerators are worth while tiers are held back, and how the summary says it."""

from __future__ import annotations

import pandas as pd
import pytest

from optimizer.labels import Language
from optimizer.model.build import build_model
from optimizer.plan.run import Run
from optimizer.report.release import release_lines, release_rows
from optimizer.report.summary import as_markdown, summary_of
from optimizer.solve.options import SolveOptions
from optimizer.study.rationing import accelerator_values
from optimizer.study.runner import solve_case
from tests.inputs.small_case import SmallCase
from tests.model.release_cases import MILLION_YUAN, STAGED, Tier, scarce_case
from tests.plan.solved_cases import solve

EXACT = SolveOptions(gap_location=1e-7)


def values_of(case: SmallCase) -> dict[str, float]:
    found = solve(case.case(), EXACT)
    frame = accelerator_values(found.case, found.model, found.point, found.plan.tables["releases"])
    return dict(zip(frame["accelerator"], frame["value_million_yuan"], strict=True))


def thousandfold(cards: int, *tiers: Tier) -> SmallCase:
    """Return the case a thousand times as large, so that a thousand cards are the least step."""
    case = scarce_case(cards * 1000, tiers or STAGED)
    case.set("services", {"service": "chat"}, requests_per_s=1_000_000)
    for site in ("coast", "plateau"):
        case.set("sites", {"site": site}, ceiling_mw=2000, build_limit_mw=2000)
    return case


@pytest.mark.parametrize(
    ("cards", "yuan"),
    [
        (180, 9.0),  # the first tier is served in part
        (430, 9.0),  # the second is at its least, so the first takes the next ones
        (450, 4.0),
        (199.5, 0.5 * 9.0),  # half of the thousand fill the tier; the next is not released
        (600, 0.0),  # the third tier is not released: more cards alone serve nobody
        (860, 4.0),  # all three are released, the second is served in part
        (900, 1.0),
    ],
)
def test_a_thousand_more_serve_the_dearest_that_is_released(cards: float, yuan: float) -> None:
    case = thousandfold(1)
    case.set("accelerator_supply", {"accelerator": "card"}, supply=int(cards * 1000))
    expected = {"card": yuan * 1000 * MILLION_YUAN} if yuan else {}
    assert values_of(case) == pytest.approx(expected, rel=1e-6)


def test_accelerators_that_cannot_run_the_service_are_worth_nothing() -> None:
    case = thousandfold(430)
    case.add("accelerators", accelerator="other")
    case.add("accelerator_supply", accelerator="other")
    assert set(values_of(case)) == {"card"}


def test_faster_accelerators_are_worth_more() -> None:
    case = thousandfold(180)
    case.add("accelerators", accelerator="fast")
    case.add("accelerator_supply", accelerator="fast", supply=1000)
    case.add("service_rates", service="chat", accelerator="fast", requests_per_s=3)
    found = values_of(case)
    assert found["fast"] == pytest.approx(3.0 * found["card"], rel=1e-6)


def test_accelerators_without_power_are_worth_nothing() -> None:
    case = thousandfold(430)
    for site in ("coast", "plateau"):
        case.set("sites", {"site": site}, build_limit_mw=200)  # 200,000 cards of 1 kW at each
    assert values_of(case) == {}


def test_nothing_is_said_where_everybody_is_served() -> None:
    assert values_of(thousandfold(1100)) == {}
    case = thousandfold(100)
    case.tables["tiers"].clear()
    assert values_of(case) == {}


def test_the_model_is_left_as_it_was() -> None:
    found = solve(thousandfold(430).case(), EXACT)
    upper = found.model.row_upper.copy()
    accelerator_values(found.case, found.model, found.point, found.plan.tables["releases"])
    assert (found.model.row_upper == upper).all()
    assert (build_model(found.case)[0].row_upper == upper).all()


@pytest.fixture(scope="module")
def run() -> Run:
    case = thousandfold(450)
    # something has a cost, as in any real plan
    case.set("accelerators", {"accelerator": "card"}, price_yuan=1000)
    return solve_case(case.case())


SAID: dict[Language, str] = {
    "en": "not every user tier is served in full; a thousand more of one accelerator would "
    "serve work worth, in million yuan a year: Name 126,144.0",
    "zh": "部分用户层级未获全部服务；每增加一千张加速卡，每年可多满足的价值（百万元）："
    "名称 126,144.0",
}


@pytest.mark.parametrize(("language", "line"), list(SAID.items()))
def test_the_summary_says_what_more_would_serve(run: Run, language: Language, line: str) -> None:
    assert release_lines(run, language, valued=True) == [line]
    summary = summary_of(run, language)
    assert line in summary.lines
    assert line in as_markdown(summary)


def test_the_summary_lists_the_tiers(run: Run) -> None:
    rows = release_rows(run, "en")
    assert [row[1] for row in rows] == ["yes", "yes", "no"]
    assert [row[2] for row in rows] == ["17,280.0", "25,920.0", "43,200.0"]
    assert [row[3] for row in rows] == ["100.0%", "83.3%", "0.0%"]
    assert [row[1] for row in release_rows(run, "zh")] == ["是", "是", "否"]
    (table,) = [table for table in summary_of(run, "en").tables if "tier" in table.title]
    assert table.title == "Release by user tier"
    assert [list(row) for row in table.rows] == rows


def test_a_tier_that_no_accelerator_helps_is_said_so(run: Run) -> None:
    empty = {
        **run.findings,
        "accelerator_values": pd.DataFrame({"accelerator": [], "value_million_yuan": []}),
    }
    without = Run(run.case, run.plan, empty, run.record)
    (line,) = release_lines(without, "en", valued=True)
    assert line.endswith("a thousand more of any accelerator would not change that")
    assert release_lines(without, "zh", valued=True)[0].endswith("也无法改变")
