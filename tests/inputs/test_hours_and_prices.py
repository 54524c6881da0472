"""Tariffs to hourly prices, demand charges, and the days they hold for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.inputs.hours import hour_shares
from optimizer.inputs.tariff import mean_price
from optimizer.inputs.typical_days import DAYS_IN_MONTH
from tests.inputs.small_case import HOURS, MONTHS, Cells, SmallCase, flat_tariff, row

MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def _twelve_days(case: SmallCase, temperatures: list[float] | None = None) -> None:
    """Give the case one typical day for each month, and each site its temperatures."""
    case.tables["times"] = [
        row("times", typical_day=f"m{month:02}", hour=hour, month=month, weight_days=days)
        for month, days in zip(MONTHS, MONTH_DAYS, strict=True)
        for hour in HOURS
    ]
    celsius = temperatures or [10.0] * 12
    case.tables["climate"] = [
        row("climate", site=site, month=month, mean_temperature_c=celsius[month - 1])
        for site in ("coast", "plateau")
        for month in MONTHS
    ]


def _bands(region: str, bands: dict[str, tuple[str, float]], **cells: object) -> list[Cells]:
    return [
        row(
            "tariffs",
            tariff_region=region,
            month=month,
            band=band,
            hours=hours,
            price_yuan_per_kwh=price,
            **cells,
        )
        for month in MONTHS
        for band, (hours, price) in bands.items()
    ]


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("0-24", dict.fromkeys(range(24), 1.0)),
        ("8-10", {8: 1.0, 9: 1.0}),
        ("22-24; 0-1", {22: 1.0, 23: 1.0, 0: 1.0}),
        ("11.5-14", {11: 0.5, 12: 1.0, 13: 1.0}),
        ("10-11.25", {10: 1.0, 11: 0.25}),
        ("6.25-6.75", {6: 0.5}),
        ("8-9;8.5-9", {8: 1.5}),
    ],
)
def test_share_of_each_hour(text: str, covered: dict[int, float]) -> None:
    assert hour_shares(text).tolist() == [covered.get(hour, 0.0) for hour in range(24)]


@pytest.mark.parametrize(
    "text", ["", "8", "8:00-10:00", "10-8", "8-8", "20-25", "8-10;", "8–10", "-1-4", "8-10,12-14"]
)
def test_what_is_no_list_of_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        hour_shares(text)


@settings(deadline=None)
@given(st.sets(st.integers(1, 95), max_size=10))
def test_bands_that_split_the_day_cover_each_hour_once(cuts: set[int]) -> None:
    # Cuts in quarters of an hour make spans that meet end to end.
    ends = [0, *sorted(cuts), 96]
    spans = [f"{start / 4:g}-{end / 4:g}" for start, end in itertools.pairwise(ends)]
    one, other = spans[::2], spans[1::2]
    shares = hour_shares(";".join(one))
    if other:
        shares = shares + hour_shares(";".join(other))
    np.testing.assert_allclose(shares, np.ones(24), rtol=0, atol=1e-12)


def test_half_hours_mix_the_prices_of_both_bands() -> None:
    case = SmallCase()
    bands = {"peak": ("8-11.5;18-22", 1.0), "valley": ("0-8;11.5-18;22-24", 0.25)}
    case.tables["tariffs"] = [*_bands("EA", bands), *flat_tariff("WE", 0.5)]
    prices = case.case().derived.prices.energy
    by_hour = [0.25] * 8 + [1.0] * 3 + [0.625] + [0.25] * 6 + [1.0] * 4 + [0.25] * 2
    assert prices.shape == (2, 1, 24)
    assert prices[0, 0].tolist() == by_hour
    assert prices[1, 0].tolist() == [0.5] * 24
    # 7.5 hours of peak: the mean of the day is the mean over the bands' lengths.
    assert prices[0, 0].mean() == pytest.approx((7.5 * 1.0 + 16.5 * 0.25) / 24, rel=1e-12)


def test_each_typical_day_has_the_prices_of_its_month() -> None:
    case = SmallCase()
    _twelve_days(case)
    case.tables["tariffs"] = [
        row("tariffs", tariff_region=region, month=month, price_yuan_per_kwh=month / 100)
        for region in ("EA", "WE")
        for month in MONTHS
    ]
    read = case.case()
    prices = read.derived.prices.energy
    assert prices.shape == (2, 12, 24)
    assert prices[:, :, 5].tolist() == [[month / 100 for month in MONTHS]] * 2
    mean = sum(days * month for days, month in zip(MONTH_DAYS, MONTHS, strict=True)) / 36500
    assert mean_price(read.frame("tariffs"), "EA", "110") == pytest.approx(mean, rel=1e-12)
    weighted = (prices[0] * read.derived.calendar.hour_weight).sum() / 8760
    assert weighted == pytest.approx(mean, rel=1e-12)


def test_a_site_pays_the_tariff_of_its_voltage() -> None:
    case = SmallCase()
    case.set("sites", {"site": "plateau"}, tariff_region="EA", voltage_kv="220")
    case.tables["tariffs"] = [
        *flat_tariff("EA", 0.6, voltage_kv="110", demand_charge_yuan_per_kw_month=40),
        *flat_tariff("EA", 0.5, voltage_kv="220", demand_charge_yuan_per_kw_month=30),
    ]
    prices = case.case().derived.prices
    assert prices.energy[:, 0, 0].tolist() == [0.6, 0.5]
    assert prices.demand.tolist() == pytest.approx([0.48, 0.36], rel=1e-12)


@pytest.mark.parametrize(
    ("basis", "kva_per_kw", "million_yuan_per_mw"),
    [
        # 12 months * 40 yuan/kW = 480 yuan/kW a year = 0.48 million yuan/MW
        ("demand", 2.0, 0.48),
        # 12 months * 25 yuan/kVA * kVA/kW
        ("capacity", 2.0, 0.6),
        ("capacity", 1.25, 0.375),
    ],
)
def test_charge_of_a_megawatt(basis: str, kva_per_kw: float, million_yuan_per_mw: float) -> None:
    case = SmallCase()
    charges = {
        "demand_charge_yuan_per_kw_month": 40,
        "capacity_charge_yuan_per_kva_month": 25,
        "basis": basis,
    }
    # Three bands: the charge of a month is paid once, not once for each band.
    bands = {"peak": ("8-12", 0.9), "flat": ("12-20", 0.6), "valley": ("0-8;20-24", 0.3)}
    case.tables["tariffs"] = [*_bands("EA", bands, **charges), *flat_tariff("WE", 0.5)]
    case.set("parameters", {"parameter": "kva_per_kw"}, value=kva_per_kw)
    charge = case.case().derived.prices.demand
    assert charge.tolist() == pytest.approx([million_yuan_per_mw, 0.0], rel=1e-12)


def test_charges_that_differ_by_month_add_up() -> None:
    case = SmallCase()
    for cells in case.tables["tariffs"]:
        if cells["tariff_region"] == "WE":
            cells["demand_charge_yuan_per_kw_month"] = cells["month"]
    # 1 + 2 + ... + 12 = 78 yuan/kW a year
    assert case.case().derived.prices.demand[1] == pytest.approx(0.078, rel=1e-12)


def test_one_typical_day_stands_for_all_months() -> None:
    calendar = SmallCase().case().derived.calendar
    assert calendar.days == ("year",)
    assert calendar.weight.tolist() == [365.0]
    assert calendar.hour_weight.shape == (1, 24)
    assert calendar.hour_weight.sum() == 8760.0
    assert calendar.month_share[0].tolist() == [days / 365 for days in MONTH_DAYS]
    assert DAYS_IN_MONTH.tolist() == MONTH_DAYS


def test_twelve_typical_days_weigh_a_year() -> None:
    case = SmallCase()
    _twelve_days(case)
    calendar = case.case().derived.calendar
    assert calendar.month.tolist() == list(MONTHS)
    assert calendar.weight.tolist() == MONTH_DAYS
    assert calendar.weight.sum() == 365.0
    assert calendar.hour_weight.sum() == 8760.0
    assert calendar.month_share.tolist() == np.eye(12).tolist()


def test_pue_follows_the_month_and_the_design_day() -> None:
    case = SmallCase()
    celsius = [-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 24.0, 18.0, 12.0, 4.0, -2.0]
    _twelve_days(case, celsius)
    case.set("sites", {"site": "coast"}, design_temperature_c=35)
    case.set(
        "modules", {"module": "hall"}, pue_base=1.15, pue_slope_per_c=0.004, pue_threshold_c=12
    )
    cooling = case.case().derived.cooling
    # Modules are sorted by name: existing, hall.
    assert cooling.pue.shape == (2, 2, 12)
    expected = [1.15 + 0.004 * max(0.0, month - 12.0) for month in celsius]
    np.testing.assert_allclose(cooling.pue[0, 1], expected, rtol=1e-15)
    assert cooling.pue[0, 1].min() == 1.15
    assert cooling.pue[0, 1].max() == pytest.approx(1.15 + 0.004 * 13, rel=1e-15)
    assert cooling.design_pue[0].tolist() == pytest.approx([1.0, 1.15 + 0.004 * 23], rel=1e-15)
    mean = sum(days * pue for days, pue in zip(MONTH_DAYS, expected, strict=True)) / 365
    assert cooling.annual_pue[0, 1] == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize(
    ("site_class", "cluster", "metro"),
    [("any", True, True), ("cluster", True, False), ("metro", False, True)],
)
def test_modules_stand_where_their_class_allows(
    site_class: str, cluster: bool, metro: bool
) -> None:
    case = SmallCase()
    case.set("sites", {"site": "plateau"}, is_cluster=False)
    case.set("modules", {"module": "hall"}, site_class=site_class)
    allowed = case.case().derived.cooling.allowed
    assert allowed[:, 1].tolist() == [cluster, metro]
    assert allowed[:, 0].tolist() == [True, True]


def test_a_month_without_a_day_is_represented_by_the_nearest_earlier_one() -> None:
    case = SmallCase()
    weights = {"m02": (2, 89), "m05": (5, 123), "m09": (9, 153)}
    case.tables["times"] = [
        row("times", typical_day=name, hour=hour, month=month, weight_days=weight)
        for name, (month, weight) in weights.items()
        for hour in HOURS
    ]
    case.tables["climate"] = [
        row("climate", site=site, month=month)
        for site in ("coast", "plateau")
        for month in (2, 5, 9)
    ]
    case.tables["tariffs"] = [
        row(
            "tariffs",
            tariff_region=region,
            month=month,
            price_yuan_per_kwh=month / 100,
            demand_charge_yuan_per_kw_month=month,
        )
        for region in ("EA", "WE")
        for month in MONTHS
    ]
    case.add("parameters", parameter="demand_peak_factor", value=1)
    derived = case.case().derived
    calendar = derived.calendar
    assert calendar.month.tolist() == [2, 5, 9]
    # January comes after September to December of the year before.
    represented = [[2, 3, 4], [5, 6, 7, 8], [1, 9, 10, 11, 12]]
    for day, months in enumerate(represented):
        days = sum(MONTH_DAYS[month - 1] for month in months)
        assert days == calendar.weight[day]
        expected = [MONTH_DAYS[at] / days if at + 1 in months else 0.0 for at in range(12)]
        assert calendar.month_share[day].tolist() == pytest.approx(expected, rel=1e-12)
        # Prices are those of the day's own month; every month is billed its own demand.
        assert derived.prices.energy[0, day].tolist() == [calendar.month[day] / 100] * 24
        assert derived.prices.metered[0, day] == pytest.approx(sum(months) / 1e3, rel=1e-12)
    assert derived.prices.demand.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("months", [[4], list(MONTHS)])
def test_one_day_or_twelve_share_the_months_as_ever(months: list[int]) -> None:
    case = SmallCase()
    if len(months) == 12:
        _twelve_days(case)
    share = case.case().derived.calendar.month_share
    expected = np.eye(12) if len(months) == 12 else np.array([MONTH_DAYS]) / 365
    assert np.array_equal(share, expected)
