"""Power, PUE and tariffs of the shipped tables."""

from __future__ import annotations

import pytest

from data.build.assumptions import assumed, is_assumed
from data.build.bands import half_hours, regions_with_choice, schedule_source, spans
from data.build.fleet import cluster_pflops
from data.build.raw import one, where
from data.build.tariffs import mean_price_24h
from tests.data.pack_tables import CLUSTERS, number, records, text_table

HOURS_CHANGED = {"NM_west": 0.445, "HE_north": 0.617}
"""Regions whose hours are other than those behind the derived means of the raw figures."""

HOURS_WITHOUT_PUBLISHED_MEAN = {
    "CQ": 0.7146,
    "GX": 0.6619,
    "HE_south": 0.6396,
    "JX": 0.6330,
    "LN": 0.4990,
    "SC": 0.6373,
    "XJ": 0.5314,
    "XZ": 0.6736,
    "YN": 0.4958,
    "YRD_demo": 0.6880,
}


# --- power --------------------------------------------------------------------------------------


def fleet_mw() -> dict[str, float]:
    values = {row["parameter"]: float(row["value"]) for row in records("parameters")}
    overhead = values["network_storage_power_factor"]
    power_kw = {
        row["accelerator"]: float(row["server_maximum_kw"])
        / float(row["accelerators_per_server"])
        * overhead
        for row in records("accelerators")
    }
    fleet = dict.fromkeys((row["site"] for row in records("sites")), 0.0)
    for row in records("fleet"):
        fleet[row["site"]] += int(row["installed"]) * power_kw[row["accelerator"]] / 1000
    return fleet


def test_fleet_fits_ready_power_and_ready_power_fits_free_power() -> None:
    fleet = fleet_mw()
    for row in records("sites"):
        ready = float(row["ai_ready_it_mw"])
        free = float(row["existing_it_mw"]) - float(row["occupied_it_mw"])
        assert fleet[row["site"]] <= ready + 1e-9, row["site"]
        assert ready <= free + 1e-9, row["site"]
        assert free <= float(row["existing_it_mw"])


def test_racks_agree_with_the_published_totals() -> None:
    racks = {
        kind: sum(
            float(row["existing_it_mw"]) / 0.0025
            for row in records("sites")
            if row["is_cluster"] == kind
        )
        for kind in ("true", "false")
    }
    assert sum(racks.values()) == pytest.approx(10_850_000, rel=1e-4)
    assert 1_200_000 < racks["true"] < 1_950_000


# Clusters whose power carries less than their published compute.
CUT_FLEETS = {"qingyang", "zhongwei"}


def server_pflops(row: dict[str, str]) -> float:
    return int(row["accelerators_per_server"]) * float(row["bf16_dense_tflops"]) / 1000


def served_share(cluster: str, needed_mw: float) -> float:
    """Return the share of a fleet that the power left by general load carries."""
    existing = number("sites", "existing_it_mw", site=cluster)
    key = cluster if is_assumed("sites", cluster, "utilisation") else "cluster"
    used = existing * assumed("sites", key, "utilisation").value
    least = used * assumed("sites", "cluster", "general_share").value
    return min(1.0, (existing - least) / needed_mw)


def test_fleet_is_in_whole_servers_and_follows_from_the_national_total() -> None:
    # 0.8 of the 788 EFLOPS installed serve the work planned, less what the power of two
    # clusters does not carry; whole servers add or take at most one a site and type.
    national = one("demand", scope="national", metric="intelligent_compute").number("value") * 1e3
    serving = assumed("fleet", "any", "serving_share").value
    assert (national, serving) == (788_000, 0.8)
    cards = {row["accelerator"]: row for row in records("accelerators")}
    overhead = number("parameters", "value", parameter="network_storage_power_factor")
    mw_per_pflops = sum(
        assumed("fleet", code, "mix_share").value
        / server_pflops(card)
        * float(card["server_maximum_kw"])
        * overhead
        / 1e3
        for code, card in cards.items()
    )
    lost = 0.0
    for cluster in sorted(CLUSTERS):
        wanted = cluster_pflops(cluster).number * serving
        share = served_share(cluster, wanted * mw_per_pflops)
        assert (share < 1) == (cluster in CUT_FLEETS), cluster
        lost += wanted * (1 - share)
    installed = rounding = 0.0
    for row in records("fleet"):
        card = cards[row["accelerator"]]
        servers, rest = divmod(int(row["installed"]), int(card["accelerators_per_server"]))
        assert rest == 0
        installed += servers * server_pflops(card)
        rounding += server_pflops(card) * (1.0 if row["site"] in CUT_FLEETS else 0.5)
    assert abs(installed - (serving * national - lost)) <= rounding


def annual_pue(module: str, site: str) -> float:
    coefficient = {
        column: number("modules", column, module=module)
        for column in ("pue_base", "pue_slope_per_c", "pue_threshold_c")
    }
    months = [float(row["mean_temperature_c"]) for row in records("climate") if row["site"] == site]
    excess = [max(0.0, month - coefficient["pue_threshold_c"]) for month in months]
    mean_excess = sum(excess) / len(months)
    return coefficient["pue_base"] + coefficient["pue_slope_per_c"] * mean_excess


def test_pue_brackets_the_published_figures() -> None:
    existing = [annual_pue("existing", site) for site in sorted(CLUSTERS)]
    assert 1.25 < sum(existing) / len(existing) < 1.40
    assert min(annual_pue("cluster_liquid", site) for site in CLUSTERS) < 1.10
    stated = one("hub_facts", metric="abc_phase3_pue").number("value_low")
    assert annual_pue("cluster_air", "horinger") == pytest.approx(stated, abs=0.03)
    limit = number("policies", "value", policy="pue_clusters")
    for site in CLUSTERS:
        assert annual_pue("cluster_air", site) < limit
        assert annual_pue("cluster_liquid", site) < annual_pue("cluster_air", site)


# --- electricity --------------------------------------------------------------------------------


def test_days_of_the_year() -> None:
    weights = {row["typical_day"]: float(row["weight_days"]) for row in records("times")}
    assert sum(weights.values()) == 365
    assert len(text_table("times")) == 12 * 24


def test_bands_cover_every_day_once() -> None:
    covered: dict[tuple[str, str, str], list[int]] = {}
    for row in records("tariffs"):
        key = row["tariff_region"], row["voltage_kv"], row["month"]
        covered.setdefault(key, []).extend(half_hours(row["hours"]))
    assert len(covered) == 34 * 2 * 12
    for key, slots in covered.items():
        assert sorted(slots) == list(range(48)), key


def test_dearer_bands_cost_more() -> None:
    order = {band: rank for rank, band in enumerate(("super_peak", "peak", "flat"))}
    months: dict[tuple[str, str, str], dict[str, float]] = {}
    for row in records("tariffs"):
        key = row["tariff_region"], row["voltage_kv"], row["month"]
        months.setdefault(key, {})[row["band"]] = float(row["price_yuan_per_kwh"])
    for key, prices in months.items():
        if key[0] in {"NX", "YRD_demo"}:
            # Ningxia's peak is cheaper than its flat price in the published table; the bands of
            # the Yangtze zone are price levels.
            continue
        ranked = sorted(prices, key=lambda band: -prices[band])
        upper = [band for band in ranked if band in order]
        assert upper == sorted(upper, key=order.__getitem__), key
        lower = [band for band in ranked if band not in order]
        assert lower == sorted(lower, key=["valley", "deep_valley"].index), key


def test_yangtze_zone_is_the_mean_of_three_tariffs_in_every_hour() -> None:
    prices: dict[tuple[str, str, str], list[float]] = {}
    for row in records("tariffs"):
        day = prices.setdefault((row["tariff_region"], row["voltage_kv"], row["month"]), [0.0] * 48)
        for slot in half_hours(row["hours"]):
            day[slot] = float(row["price_yuan_per_kwh"])
    for month in range(1, 13):
        for voltage in ("1-10", "110"):
            parts = [prices[region, voltage, str(month)] for region in ("SH", "JS", "ZJ")]
            mean = [sum(slots) / 3 for slots in zip(*parts, strict=True)]
            zone = prices["YRD_demo", voltage, str(month)]
            assert zone == pytest.approx(mean, abs=2e-6)


def test_prices_of_a_constant_load_are_the_published_ones() -> None:
    published = {
        row.text("region_id"): row.number("price_mid_yuan_per_kwh")
        for row in where(
            "electricity_prices", price_type="agency_purchase_two_part_24h_average_derived"
        )
    }
    assert HOURS_CHANGED.keys() <= published.keys()
    wanted = published | HOURS_CHANGED | HOURS_WITHOUT_PUBLISHED_MEAN
    assert wanted.keys() == set(regions_with_choice())
    for region, price in wanted.items():
        assert mean_price_24h(region) == pytest.approx(price, abs=0.0006), region


def test_shipped_prices_give_the_same_mean() -> None:
    for region in ("GZ", "NX", "YRD_demo"):
        total = sum(
            len(half_hours(row["hours"])) * float(row["price_yuan_per_kwh"])
            for row in records("tariffs")
            if (row["tariff_region"], row["voltage_kv"], row["month"]) == (region, "1-10", "3")
        )
        assert total / 48 == pytest.approx(mean_price_24h(region), abs=2e-6)


def covers_every_day_once(region: str) -> bool:
    for month in range(1, 13):
        base, overlay = [0] * 48, set()
        for span_month, band, hours in spans("tou_tariffs", region):
            if span_month == month:
                for slot in half_hours(hours):
                    if band in {"super_peak", "deep_valley"}:
                        overlay.add(slot)
                    else:
                        base[slot] += 1
        if any(
            count > 1 or (count == 0 and slot not in overlay) for slot, count in enumerate(base)
        ):
            return False
    return True


def test_hours_come_from_the_price_notices_where_these_are_clean() -> None:
    by_hand = {"JX", "HI"}
    for region in regions_with_choice():
        file, _ = schedule_source(region)
        if file == "tou_tariffs":
            assert covers_every_day_once(region) or region in by_hand
        elif file == "tou_hours" and spans("tou_tariffs", region):
            assert not covers_every_day_once(region) or region == "NM_west"


def test_high_voltage_is_cheaper_by_the_difference_in_transmission() -> None:
    step = 0.0787 - 0.0520
    low = number(
        "tariffs", "price_yuan_per_kwh", tariff_region="NM_west", voltage_kv="1-10", month="3",
        band="flat",
    )  # fmt: skip
    high = number(
        "tariffs", "price_yuan_per_kwh", tariff_region="NM_west", voltage_kv="110", month="3",
        band="flat",
    )  # fmt: skip
    assert low == 0.4524
    assert low - high == pytest.approx(step, abs=1e-6)
