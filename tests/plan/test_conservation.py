"""Nothing appears or vanishes between the tables of a plan: work, power, flows and claims."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tests.plan import raw_numbers as raw
from tests.plan.solved_cases import SolvedCase


def test_every_request_is_served_or_said_to_be_unserved(solved: SolvedCase) -> None:
    tables = solved.plan.tables
    wanted = raw.demand(solved.case)
    keys = ["region", "service"]
    placed = tables["placements"].groupby(keys)[["share", "requests_million_per_day"]].sum()
    left = tables["unserved"].set_index(keys)[["share", "requests_million_per_day"]]
    total = placed.add(left, fill_value=0.0).reindex(wanted.index)
    assert np.abs(total["share"] - 1.0).max() < 1e-8
    pd.testing.assert_series_equal(
        total["requests_million_per_day"], wanted["requests"], check_names=False, rtol=1e-8
    )


def test_what_is_said_to_be_unserved_is_real(solved: SolvedCase) -> None:
    """A tolerance of the solver is no demand of anybody."""
    assert (solved.plan.tables["unserved"]["share"] > 1e-6).all()
    assert (solved.plan.tables["unplaced"]["runs"] > 1e-6).all()


def test_placements_carry_their_share_of_the_demand(solved: SolvedCase) -> None:
    wanted = raw.demand(solved.case)
    placed = solved.plan.tables["placements"].set_index(["region", "service"])
    part = wanted.reindex(placed.index)
    for column, of in (("requests_million_per_day", "requests"), ("peak_gbps", "gbps")):
        np.testing.assert_allclose(placed[column], placed["share"] * part[of], rtol=1e-9)


def test_accelerators_do_what_is_placed_where_it_is_placed(solved: SolvedCase) -> None:
    tables = solved.plan.tables
    keys = ["service", "site"]
    placed = tables["placements"].groupby(keys)["requests_million_per_day"].sum()
    working = tables["service_accelerators"]
    each = raw.seconds(solved.case)
    taken = [
        each[service, card]
        for service, card in zip(working["service"], working["accelerator"], strict=True)
    ]
    done = working["busy_accelerators"] * 86_400.0 / np.array(taken) / 1e6
    np.testing.assert_allclose(working["requests_million_per_day"], done, rtol=1e-9)
    by_place = done.groupby([working["service"], working["site"]]).sum().reindex(placed.index)
    np.testing.assert_allclose(by_place, placed, rtol=1e-6)
    assert working["requests_million_per_day"].sum() == pytest.approx(placed.sum(), rel=1e-9)


def test_every_run_is_placed_or_said_to_be_left_out(solved: SolvedCase) -> None:
    tables = solved.plan.tables
    wanted = raw.series(solved.case, "jobs", "job", "count").astype(float)
    counted = pd.concat([tables["runs"], tables["split_runs"]], ignore_index=True)
    placed = counted.groupby("job")["runs"].sum()
    left = tables["unplaced"].set_index("job")["runs"]
    total = placed.add(left, fill_value=0.0).reindex(wanted.index)
    np.testing.assert_allclose(total, wanted, rtol=1e-9)
    assert (counted["runs"] == counted["runs"].round()).all()


def test_gangs_and_services_fit_on_the_accelerators_in_every_hour(solved: SolvedCase) -> None:
    case, tables = solved.case, solved.plan.tables
    shape = raw.profiles(case)
    profile = case.tables["services"].frame.set_index("service")["profile"]
    availability = raw.series(case, "accelerators", "accelerator", "availability")
    supply = raw.supply(case)
    cards = tables["accelerators"]
    for row in cards.to_dict("records"):
        site, card = row["site"], row["accelerator"]
        working = tables["service_accelerators"].query("site == @site and accelerator == @card")
        by_hour = np.zeros(24)
        for work in working.to_dict("records"):
            by_hour += work["busy_accelerators"] * shape.loc[profile[work["service"]]].to_numpy()
        by_month = np.zeros(12)
        trained = 0.0
        for run in raw.gangs(solved.plan):
            if (run["site"], run["accelerator"]) != (site, card):
                continue
            shares = raw.month_shares(run["start_month"], run["duration_days"])
            by_month += np.ceil(shares) * run["runs"] * run["gang"]
            trained += run["runs"] * run["gang"] * run["duration_days"] / 365.0
        ready = availability[card] * (row["fleet"] + row["bought"])
        assert by_hour.max() + by_month.max() <= ready * (1.0 + 1e-6) + 1e-6, (site, card)
        assert row["services_peak"] == pytest.approx(by_hour.max(), rel=1e-9, abs=1e-9)
        assert row["gangs_peak"] == pytest.approx(by_month.max(), rel=1e-9, abs=1e-9)
        busy = working["busy_accelerators"].sum() + trained
        assert row["busy_mean"] == pytest.approx(busy, rel=1e-9, abs=1e-9)
        installed = row["fleet"] + row["bought"]
        assert row["utilisation"] == pytest.approx(busy / installed, rel=1e-9)
    bought = cards.groupby("accelerator")["bought"].sum()
    assert all(bought[card] <= supply.get(card, 0.0) * (1.0 + 1e-9) for card in bought.index)


def test_installed_accelerators_are_the_fleet_and_what_is_bought(solved: SolvedCase) -> None:
    case, cards = solved.case, solved.plan.tables["accelerators"]
    keys = ["site", "accelerator"]
    fleet = case.tables["fleet"].frame.groupby(keys)["installed"].sum()
    written = cards.set_index(keys)["fleet"]
    assert set(fleet[fleet > 0].index) <= set(written.index)
    np.testing.assert_allclose(written, fleet.reindex(written.index, fill_value=0.0))


def test_nameplate_power_is_in_the_modules(solved: SolvedCase) -> None:
    case, tables = solved.case, solved.plan.tables
    maximum = raw.power_kw(case, "maximum")
    cards = tables["accelerators"]
    power = (cards["fleet"] + cards["bought"]) * [maximum[card] for card in cards["accelerator"]]
    nameplate = (power / 1e3).groupby(cards["site"]).sum()
    used = tables["builds"].groupby("site")["used_mw"].sum()
    pd.testing.assert_series_equal(used, nameplate, check_names=False, rtol=1e-7)
    builds = tables["builds"]
    assert (builds["used_mw"] <= builds["it_mw"] + 1e-6).all()
    size = raw.series(case, "modules", "module", "it_mw")
    new = builds[builds["kind"] == "new"]
    np.testing.assert_allclose(
        new["it_mw"], new["modules"] * [size[module] for module in new["module"]], rtol=1e-9
    )


def loads_by_profile(solved: SolvedCase) -> pd.Series[float]:
    """Return what the work of every site draws, in MW by site and profile of the load."""
    case, tables = solved.case, solved.plan.tables
    idle = raw.idle_kw(case)
    extra = raw.power_kw(case, "sustained") - idle
    profile = raw.counted_profile(case)
    parts: list[tuple[str, str, float]] = []
    for row in tables["service_accelerators"].to_dict("records"):
        power = row["busy_accelerators"] * extra[row["accelerator"]] / 1e3
        parts.append((row["site"], profile[row["service"]], power))
    for row in tables["accelerators"].to_dict("records"):
        installed = row["fleet"] + row["bought"]
        parts.append((row["site"], "idle", installed * idle[row["accelerator"]] / 1e3))
    days = raw.days(case)
    for gang in raw.gangs(solved.plan):
        shares = raw.month_shares(gang["start_month"], gang["duration_days"])
        power = gang["runs"] * gang["gang"] * extra[gang["accelerator"]] / 1e3
        for day, month in days["month"].items():
            months = raw.months_of(solved.case, int(month))
            lengths = [raw.MONTH_DAYS[number - 1] for number in months]
            active = float(np.average([shares[number - 1] for number in months], weights=lengths))
            if active > 0.0:
                parts.append((gang["site"], f"training_{day}", power * active))
    frame = pd.DataFrame(parts, columns=["site", "profile", "mw"])
    return frame.groupby(["site", "profile"])["mw"].sum()


def test_loads_are_what_the_work_draws(solved: SolvedCase) -> None:
    drawn = loads_by_profile(solved)
    carried = solved.plan.tables["loads"].groupby(["site", "profile"])["mean_mw"].sum()
    assert set(carried.index) == set(drawn.index)
    np.testing.assert_allclose(carried.reindex(drawn.index), drawn, rtol=1e-6, atol=1e-9)


@pytest.fixture(scope="module")
def hours(solved: SolvedCase) -> pd.DataFrame:
    """Return IT and metered load in MW of every site, module type, typical day and hour."""
    case = solved.case
    shape, days = raw.profiles(case), raw.days(case)
    parts = []
    for row in solved.plan.tables["loads"].to_dict("records"):
        for day, month, weight in days.reset_index().itertuples(index=False):
            if row["profile"] in shape.index:
                relative = shape.loc[row["profile"]].to_numpy()
            else:
                relative = np.full(24, float(row["profile"] in {"idle", f"training_{day}"}))
            celsius = raw.mean_temperature(case, row["site"], int(month))
            factor = raw.pue(case, row["module"], celsius)
            parts.append(
                pd.DataFrame(
                    {
                        "site": row["site"],
                        "module": row["module"],
                        "typical_day": day,
                        "hour": range(24),
                        "it_mw": row["mean_mw"] * relative,
                        "meter_mw": row["mean_mw"] * relative * factor,
                        "weight": float(weight),
                    }
                )
            )
    keys = ["site", "module", "typical_day", "hour"]
    shifts = solved.plan.tables["shifts"]
    moved = shifts["later_mw"] - shifts["earlier_mw"]
    factors = [
        raw.pue(case, module, raw.mean_temperature(case, site, int(days["month"][day])))
        for site, module, day in shifts[keys[:3]].itertuples(index=False)
    ]
    weights = [float(days["weight_days"][day]) for day in shifts["typical_day"]]
    parts.append(
        shifts[keys].assign(
            it_mw=moved, meter_mw=moved * np.array(factors, dtype=float), weight=weights
        )
    )
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    rules = {"it_mw": "sum", "meter_mw": "sum", "weight": "first"}
    return frame.groupby(keys, as_index=False).agg(rules)


def test_hours_are_the_loads_spread_over_the_day(solved: SolvedCase, hours: pd.DataFrame) -> None:
    keys = ["site", "typical_day", "hour"]
    by_hour = hours.groupby(keys)[["it_mw", "meter_mw"]].sum()
    written = solved.plan.tables["energy_by_hour"].set_index(keys)
    assert set(written.index) == set(by_hour.index)
    for column in ("it_mw", "meter_mw"):
        np.testing.assert_allclose(
            written[column], by_hour[column].reindex(written.index), rtol=1e-9, atol=1e-9
        )


def test_hourly_prices_are_those_of_the_bands(solved: SolvedCase) -> None:
    written = solved.plan.tables["energy_by_hour"]
    month = raw.days(solved.case)["month"].to_dict()
    for (site, day), rows in written.groupby(["site", "typical_day"]):
        expected = raw.hourly_price(solved.case, str(site), int(month[day]))
        np.testing.assert_allclose(rows.sort_values("hour")["price_yuan_per_kwh"], expected)


def test_module_loads_stay_below_what_stands_in_the_modules(
    solved: SolvedCase, hours: pd.DataFrame
) -> None:
    used = solved.plan.tables["builds"].set_index(["site", "module"])["used_mw"]
    room = [used[key] for key in zip(hours["site"], hours["module"], strict=True)]
    assert (hours["it_mw"] <= np.array(room) + 1e-6).all()


def test_energy_of_the_hours_is_that_of_the_ledgers(solved: SolvedCase) -> None:
    weight = raw.days(solved.case)["weight_days"]
    assert weight.sum() == 365.0
    written = solved.plan.tables["energy_by_hour"]
    days = np.array([weight[day] for day in written["typical_day"]])
    ledgers = solved.plan.tables["ledgers"].set_index("site")
    for column, of in (("it_mw", "it_gwh"), ("meter_mw", "meter_gwh")):
        energy = (written[column] * days / 1e3).groupby(written["site"]).sum()
        expected = ledgers[of].reindex(energy.index)
        np.testing.assert_allclose(energy, expected, rtol=1e-9)
        assert ledgers[of].sum() == pytest.approx(energy.sum(), rel=1e-9)


def test_effective_pue_of_a_build_is_metered_over_it_energy(
    solved: SolvedCase, hours: pd.DataFrame
) -> None:
    energy = hours[["it_mw", "meter_mw"]].mul(hours["weight"], axis=0)
    by_module = energy.groupby([hours["site"], hours["module"]]).sum()
    for row in solved.plan.tables["builds"].to_dict("records"):
        assert row["design_pue"] == pytest.approx(
            raw.design_pue(solved.case, row["site"], row["module"]), rel=1e-12
        )
        if (row["site"], row["module"]) in by_module.index:
            it, meter = by_module.loc[(row["site"], row["module"])]
            assert row["annual_pue"] == pytest.approx(meter / it, rel=1e-6)


def test_link_flows_are_the_sum_of_the_paths(solved: SolvedCase) -> None:
    case, tables = solved.case, solved.plan.tables
    site_province = case.tables["sites"].frame.set_index("site")["province"]
    regions = case.tables["regions"].frame.set_index("region")
    jobs = case.tables["jobs"].frame.set_index("job")
    costs = case.tables["link_costs"].frame
    priced = set(zip(costs["region"], costs["site"], strict=True))
    flow = dict.fromkeys(case.tables["links"].frame["link"], 0.0)
    rate = raw.demand(case)["gbps"]
    for row in tables["placements"].to_dict("records"):
        region, site = row["region"], row["site"]
        if regions["province"][region] == site_province[site] or (region, site) in priced:
            continue
        for link in raw.shortest_links(case, regions["node"][region], site):
            flow[link] += row["share"] * rate[region, row["service"]]
    window = raw.value(case, "parameters", "dataset_window_days") * 86_400.0
    for gang in raw.gangs(solved.plan):
        home = jobs["dataset_site"][gang["job"]]
        each = jobs["dataset_tb"][gang["job"]] * 8e12 / window / 1e9 * gang["share"]
        assert gang["dataset_gbps"] == pytest.approx(gang["runs"] * each, rel=1e-9)
        if site_province[home] != site_province[gang["site"]]:
            for link in raw.shortest_links(case, home, gang["site"]):
                flow[link] += gang["runs"] * each
    for row in tables["split_runs"].to_dict("records"):
        sites = row["sites"].split("+")
        assert len(sites) == 2  # there and back over the one path
        for link in raw.shortest_links(case, *sites):
            flow[link] += 2.0 * row["runs"] * row["bandwidth_tbps"] * 1e3
    links = tables["links"].set_index("link")
    raws = case.tables["links"].frame.set_index("link")
    assert set(links.index) == set(flow)
    for link, gbps in flow.items():
        assert links["flow_gbps"][link] == pytest.approx(gbps, rel=1e-9, abs=1e-12), link
        spare = raws["capacity_gbps"][link] * (1.0 - raws["used_share"][link])
        assert links["spare_gbps"][link] == pytest.approx(spare, rel=1e-12)
        assert -1e-9 <= links["leased_gbps"][link] <= spare * (1.0 + 1e-6)
        room = links["leased_gbps"][link] + (
            links["upgrades"][link] * raws["upgrade_step_gbps"][link]
        )
        assert gbps <= room + 1e-6, link


def test_ledgers_add_up(solved: SolvedCase, hours: pd.DataFrame) -> None:
    case, tables = solved.case, solved.plan.tables
    ledgers = tables["ledgers"].set_index("site")
    assert list(ledgers.index) == sorted(case.tables["sites"].frame["site"])
    claimed = tables["contracts"].groupby("site")["energy_gwh"].sum()
    claimed = claimed.reindex(ledgers.index, fill_value=0.0)
    np.testing.assert_allclose(ledgers["claimed_gwh"], claimed, rtol=1e-12)
    assert (claimed + ledgers["own_gwh"] <= ledgers["meter_gwh"] + 1e-6).all()
    kind = case.tables["modules"].frame.set_index("module")["kind"]
    wue = raw.series(case, "modules", "module", "wue_l_per_kwh")
    it = hours["it_mw"] * hours["weight"] / 1e3
    meter = hours["meter_mw"] * hours["weight"] / 1e3
    is_new = np.array([kind[module] == "new" for module in hours["module"]])
    litres = np.array([wue[module] for module in hours["module"]])

    def by_site(values: pd.Series[float]) -> pd.Series[float]:
        return values.groupby(hours["site"]).sum().reindex(ledgers.index, fill_value=0.0)

    np.testing.assert_allclose(ledgers["it_gwh"], by_site(it), rtol=1e-9)
    np.testing.assert_allclose(ledgers["meter_gwh"], by_site(meter), rtol=1e-9)
    np.testing.assert_allclose(
        ledgers["new_meter_gwh"], by_site(meter.where(is_new, 0.0)), rtol=1e-9
    )
    # GWh times litres for each kWh: a million litres is a thousand cubic metres.
    np.testing.assert_allclose(ledgers["water_m3"], by_site(it * litres) * 1e3, rtol=1e-9)
    location = raw.grid(case, "location_kgco2_per_kwh").reindex(ledgers.index)
    residual = raw.grid(case, "residual_kgco2_per_kwh").reindex(ledgers.index)
    meters, own, taken = ledgers["meter_gwh"], ledgers["own_gwh"], ledgers["import_gwh"]
    np.testing.assert_allclose(ledgers["location_kt"], location * taken, rtol=1e-9)
    market = residual * (taken - claimed)
    np.testing.assert_allclose(ledgers["market_kt"], market, rtol=1e-9, atol=1e-12)
    written = tables["energy_by_hour"]
    weight = raw.days(case)["weight_days"]
    days = np.array([weight[day] for day in written["typical_day"]])
    for column, of in (("import_mw", taken), ("own_mw", own)):
        gwh = (written[column] * days / 1e3).groupby(written["site"]).sum()
        expected = gwh.reindex(ledgers.index, fill_value=0.0)
        np.testing.assert_allclose(of, expected, rtol=1e-9, atol=1e-12)
    lines = tables["lines"].groupby("site")[["self_use_gwh", "export_gwh"]].sum()
    lines = lines.reindex(ledgers.index, fill_value=0.0)
    np.testing.assert_allclose(own, lines["self_use_gwh"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ledgers["export_gwh"], lines["export_gwh"], rtol=1e-12)
    green = raw.grid(case, "green_share").reindex(ledgers.index)
    np.testing.assert_allclose(ledgers["physical_green_share"], green, rtol=1e-12)
    share = [
        part / used if used > 0.0 else 0.0 for part, used in zip(claimed + own, meters, strict=True)
    ]
    np.testing.assert_allclose(ledgers["contractual_green_share"], share, rtol=1e-9)


def test_round_trips_stay_within_their_budgets(solved: SolvedCase) -> None:
    services = solved.case.tables["services"].frame.set_index("service")
    access = raw.series(solved.case, "regions", "region", "access_rtt_p99_ms")
    nearest = raw.series(solved.case, "regions", "region", "access_rtt_min_ms")
    for row in solved.plan.tables["placements"].to_dict("records"):
        wanted = services.loc[row["service"]]
        if math.isnan(wanted["target_ms"]):
            assert math.isnan(row["budget_ms"])
            continue
        budget = (wanted["target_ms"] - wanted["compute_p99_ms"]) / wanted["round_trips"]
        assert row["budget_ms"] == pytest.approx(budget, rel=1e-12)
        if row["rtt_p99_ms"] > budget:  # some users are near enough: their share, by area
            region = row["region"]
            path = row["rtt_p99_ms"] - access[region]
            inside = (budget - path - nearest[region]) / (access[region] - nearest[region])
            assert 0.0 < row["share"] <= 0.99 * inside**2 + 1e-9
