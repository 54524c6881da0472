"""The gallery shows the shipped case: its numbers agree, and a fresh run gives them again."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from optimizer.inputs.case import checked_case, read_case
from optimizer.inputs.claim_file import read_claims
from optimizer.plan.store import inputs_sha256
from optimizer.study.claim_runs import Runner
from optimizer.tables.pack import claims_file

GALLERY: Final = Path(__file__).resolve().parents[2] / "reports" / "gallery"
MAKE: Final = GALLERY / "make.py"
STEPS: Final = ("plan", "comparison", "frontier")


def record(name: str, folder: Path = GALLERY) -> Any:  # noqa: ANN401 - what the file holds
    return json.loads((folder / name).read_text(encoding="utf-8"))


def million(plan: dict[str, Any], name: str) -> float:
    return float(plan[f"{name}_yuan"]) / 1e6


def test_it_is_of_the_shipped_case() -> None:
    """Whoever changes the case makes the gallery anew: uv run python reports/gallery/make.py."""
    plan = record("national-2026.json")
    assert plan["inputs_sha256"] == inputs_sha256(read_case("national-2026"))
    assert record("frontier.json")["case"] == plan["case"] == "national-2026"


def test_the_plan_is_proved_and_verified() -> None:
    plan = record("national-2026.json")
    assert plan["verified"] is True
    assert plan["verification"]["violations"] == 0
    assert plan["gap_yuan"] == pytest.approx(plan["objective_yuan"] - plan["bound_yuan"])
    assert 0.0 <= plan["gap_location"] <= 1e-3
    metrics = plan["metrics"]
    assert metrics["total_cost"] == pytest.approx(million(plan, "objective"), rel=1e-9)
    assert metrics["total_cost"] == pytest.approx(
        metrics["location_cost"] + metrics["accelerator_cost"], rel=1e-12
    )


def test_summaries_and_comparison_tell_the_same_cost() -> None:
    plan = record("national-2026.json")
    said = f"{plan['metrics']['total_cost']:,.0f}"
    for language in ("en", "zh"):
        assert said in (GALLERY / f"national-2026_{language}.md").read_text(encoding="utf-8")
        for name in (f"comparison_{language}.txt", f"comparison_{language}.png"):
            assert (GALLERY / name).stat().st_size > 0
    (compared,) = record("comparison.json")
    (cost,) = [each for each in compared["figures"] if each["figure"] == "total_cost"]
    assert cost["before"] == pytest.approx(plan["metrics"]["total_cost"], rel=1e-12)


def test_the_front_is_monotone_and_begins_below_the_plan() -> None:
    points = record("frontier.json")["points"]
    assert len(points) == 7
    assert all(point["relaxed"] for point in points)
    plan = record("national-2026.json")
    # Its first point has no limit yet: the relaxation of the plan, within the search's small share.
    assert 0.99 * million(plan, "bound") <= points[0]["cost_million_yuan"]
    assert points[0]["cost_million_yuan"] <= million(plan, "objective")
    for looser, tighter in pairwise(points):
        assert looser["limit"] > tighter["limit"]
        assert tighter["verified"]
        assert looser["bound_million_yuan"] <= tighter["cost_million_yuan"]
        assert looser["cost_million_yuan"] <= tighter["cost_million_yuan"]


def test_the_claims_are_answered_as_their_numbers_say() -> None:
    told = record("claims.json", GALLERY / "claims")
    file = read_claims(claims_file())
    assert told["case"] == file.base
    assert told["runs"] >= 15
    assert [each["name"] for each in told["claims"]] == [claim.name for claim in file.claims]
    assert len(file.claims) >= 20
    for claim, each in zip(file.claims, told["claims"], strict=True):
        assert min(each["checks_first"], each["checks_second"]) > 1000
        assert each["changed_first"] != each["changed_second"]
        if each["difference"] is not None and not claim.over:
            assert each["difference"] == pytest.approx(each["second"] - each["first"], abs=1e-9)
        if each["verdict"] != "depends":
            holds = claim.confirmed.holds(each["difference"])
            assert holds == (each["verdict"] == "confirmed"), claim.name
        for language in ("en", "zh"):
            page = (GALLERY / "claims" / f"claims_{language}.md").read_text(encoding="utf-8")
            assert each[f"claim_{language}"] in page


def test_the_claims_are_of_the_shipped_data() -> None:
    """The first runs that change nothing are runs of the base as it is shipped."""
    file = read_claims(claims_file())
    base = inputs_sha256(checked_case(Runner(file)._base))
    told = {each["name"]: each for each in record("claims.json", GALLERY / "claims")["claims"]}
    plain = [claim.name for claim in file.claims if not claim.first.overrides]
    assert len(plain) > 5
    for name in plain:
        assert told[name]["inputs_sha256_first"] == base, name


@pytest.mark.long
def test_a_fresh_run_gives_the_same_numbers(tmp_path: Path) -> None:
    """Two plans of one program lie no farther apart than the gap of either."""
    subprocess.run([sys.executable, str(MAKE), *STEPS, "--out", str(tmp_path)], check=True)
    kept, fresh = record("national-2026.json"), record("national-2026.json", tmp_path)
    within = million(kept, "gap") + million(fresh, "gap")
    assert abs(million(kept, "objective") - million(fresh, "objective")) <= within
    if fresh["versions"] == kept["versions"]:
        assert fresh["metrics"] == pytest.approx(kept["metrics"], rel=1e-9)
    front, again = record("frontier.json"), record("frontier.json", tmp_path)
    for before, after in zip(front["points"], again["points"], strict=True):
        gap = before["gap_million_yuan"] + after["gap_million_yuan"]
        assert abs(before["cost_million_yuan"] - after["cost_million_yuan"]) <= gap + 1e-6
    (compared,), (anew,) = record("comparison.json"), record("comparison.json", tmp_path)
    costs = [
        next(figure["after"] for figure in each["figures"] if figure["figure"] == "total_cost")
        for each in (compared, anew)
    ]
    gaps = [each["gaps_million_yuan"][1] for each in (compared, anew)]
    assert abs(costs[0] - costs[1]) <= sum(gaps)
