"""Ten clusters, one hall each: the search is held against all 1,024 subsets of open sites."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimizer.inputs.case import read_case
from optimizer.model.build import build_model, serving_everything
from optimizer.plan.raw_solution import Status
from optimizer.solve.living import LivingModel
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from tests.oracle.case_writer import CaseRows, change, neutral_case, row, write_case
from tests.oracle.exact import optimum

CLUSTERS = tuple(f"cluster_{letter}" for letter in "abcdefghij")


def ten_clusters(seed: int) -> CaseRows:
    """Return ten clusters, eight regions, two cards, one service that is and one that is not free.

    There are no jobs, and of modules only one hall at each site, so that the one choice left
    in whole numbers is which sites are open.
    """
    random = np.random.default_rng(seed)

    def between(low: float, high: float) -> float:
        return float(f"{random.uniform(low, high):.4g}")

    rows = neutral_case({cluster: f"P{number}" for number, cluster in enumerate(CLUSTERS)})
    rows["regions"] = rows["regions"][:8]
    for region in rows["regions"]:
        region.update(population=between(10, 60), online_share=0.125, access_rtt_p99_ms=5)
    for site in rows["sites"]:
        site.update(
            build_limit_mw=12,
            capex_yuan_per_kw=between(10_000, 30_000),
            fixed_cost_million_yuan_per_year=between(5, 15),
            ceiling_mw=between(9, 13),
        )
    for link in rows["links"]:
        link.update(fibre_km=between(300, 700), lease_yuan_per_gbps_year=between(1e5, 4e5))
    for tariff in rows["tariffs"]:
        number = int(str(tariff["tariff_region"])[1:])
        tariff["price_yuan_per_kwh"] = 0.3 + 0.04 * ((number * 7) % 10)
    rows["accelerators"] = [
        row(
            "accelerators",
            accelerator="large",
            server_maximum_kw=2,
            server_sustained_kw=1.6,
            idle_share=0.25,
            price_yuan=150_000,
            life_years=5,
        ),
        row(
            "accelerators",
            accelerator="small",
            server_sustained_kw=0.8,
            idle_share=0.25,
            price_yuan=90_000,
            life_years=5,
        ),
    ]
    rows["accelerator_supply"] = [
        row("accelerator_supply", accelerator="large", supply=15_000),
        row("accelerator_supply", accelerator="small", supply=15_000),
    ]
    rows["training_rates"] = []
    rows["modules"].append(
        row("modules", module="hall", it_mw=10, maximum_per_site=1, pue_base=1.1, life_years=15)
    )
    rows["services"] = [
        row(
            "services",
            service="near",
            kind="interactive",
            target_ms=19,
            target_kind="end_to_end",
            compute_p99_ms=8,
            requests_per_s=6000,
            bytes_out_per_request=100_000,
        ),
        row("services", service="far", requests_per_s=9000, bytes_in_per_request=40_000),
    ]
    rows["service_rates"] = [
        row("service_rates", service=service, accelerator=card, requests_per_s=rate)
        for service in ("near", "far")
        for card, rate in (("large", 1.0), ("small", 0.45))
    ]
    change(rows, "parameters", "route_factor_public", value=1.3)
    return rows


@pytest.mark.parametrize("seed", [1, 2])
def test_search_finds_the_best_of_all_subsets(tmp_path: Path, seed: int) -> None:
    folder = write_case(tmp_path / "ten", ten_clusters(seed))
    case = read_case(folder)
    assert not len(case.frame("jobs"))
    model, _sets = build_model(case)
    assert set(np.unique(model.columns["built"].index["site"])) == set(range(10))
    solution = solve_model(model, SolveOptions(gap_location=1e-9)).solution
    best = optimum(folder)
    assert best is not None
    assert best.choices[0] == 1024
    assert best.left_out == 0.0
    assert solution.status is Status.OPTIMAL
    assert solution.unserved_value == 0.0
    assert solution.objective == pytest.approx(best.cost, rel=1e-6)
    built = solution.columns["built"].values
    assert {CLUSTERS[site] for site in np.flatnonzero(built > 0.5)} == {
        key[1] for key, value in best.plan.items() if key[0] == "built" and value == 1.0
    }
    # Neither all sites nor one, and the relaxation alone would have been wrong.
    assert 1 < built.sum() < 10
    relaxed = LivingModel(serving_everything(model)).solve()
    assert relaxed is not None
    assert relaxed.objective < best.cost * 0.999
