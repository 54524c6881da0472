"""Rows by the hour on a case in round numbers, worked out by hand.

The coast has PUE 1.2 and collapses, the plateau has 1.3 and does not; a card draws 0.2 kW idle
and 0.8 kW more when busy. A typical day stands for 365.
"""

from __future__ import annotations

import pytest

from tests.model.named_rows import Named, check, hours_model

HOURS = range(24)


@pytest.fixture
def hours() -> Named:
    return hours_model()


def test_an_hour_takes_from_the_grid_what_nothing_else_gives(hours: Named) -> None:
    for hour, talk in ((0, 0.5), (13, 1.5)):
        at = f"0,{hour}"
        check(
            hours,
            f"hour_balance[plateau,{at}]",
            {
                f"import_mw[plateau,{at}]": 1.0,
                f"self_mw[wire,{at},plateau]": 1.0,
                f"self_mw[roof,{at},plateau]": 1.0,
                f"discharge_mw[cells,{at},plateau]": 1.0,
                f"charge_mw[cells,{at},plateau]": -1.0,
                f"later_mw[plateau,hall,{at}]": -1.3,
                f"earlier_mw[plateau,hall,{at}]": 1.3,
                "load[plateau,day,hall]": -1.3 * talk,
                "load[plateau,flat_flexible,hall]": -1.3,
                "load[plateau,idle,hall]": -1.3,
            },
            lower=0,
            upper=0,
        )
    # 80 MW come in at most, and the afternoon's price is 0.2 yuan: 0.073 million yuan a MW.
    assert hours.bounds("import_mw[plateau,0,13]") == (0.0, 80.0)
    assert hours.cost("import_mw[plateau,0,13]") == pytest.approx(0.2 * 365 / 1e3)
    assert hours.cost("import_mw[plateau,0,0]") == pytest.approx(0.8 * 365 / 1e3)
    assert hours.cost("load[plateau,day,hall]") == 0.0
    assert hours.named("hour_balance") == {f"hour_balance[plateau,0,{hour}]" for hour in HOURS}


def test_a_line_yields_what_its_generation_does(hours: Named) -> None:
    check(
        hours,
        "generation[wire,0,8,plateau]",
        {
            "self_mw[wire,0,8,plateau]": 1.0,
            "export_mw[wire,0,8,plateau]": 1.0,
            "generation_mw[solar,plateau]": -0.5,
            "generation_mw[onshore_wind,plateau]": -0.25,
        },
        upper=0,
    )
    # The roof yields 0.8 of what the province's sun does, and may send nothing out.
    check(
        hours,
        "generation[roof,0,8,plateau]",
        {
            "self_mw[roof,0,8,plateau]": 1.0,
            "export_mw[roof,0,8,plateau]": 1.0,
            "generation_mw[roof,plateau]": -0.4,
        },
        upper=0,
    )
    assert hours.bounds("export_mw[roof,0,8,plateau]") == (0.0, 0.0)
    assert hours.bounds("export_mw[wire,0,8,plateau]") == (0.0, float("inf"))
    check(
        hours,
        "line_built[solar]",
        {"generation_mw[solar,plateau]": 1.0, "line[wire,plateau]": -10.0},
        upper=0,
    )
    assert hours.named("line_built") == {"line_built[solar]", "line_built[onshore_wind]"}
    assert hours.integer("line[wire,plateau]")
    assert hours.bounds("line[wire,plateau]") == (0.0, 1.0)
    assert hours.bounds("generation_mw[onshore_wind,plateau]") == (0.0, 20.0)
    # 4,000 yuan/kW over 20 years without interest; 100 yuan/MWh kept, 50 earned
    assert hours.cost("generation_mw[onshore_wind,plateau]") == pytest.approx(0.2)
    assert hours.cost("self_mw[wire,0,8,plateau]") == pytest.approx(0.1 * 0.365)
    assert hours.cost("export_mw[wire,0,8,plateau]") == pytest.approx(-0.05 * 0.365)
    assert hours.cost("self_mw[roof,0,8,plateau]") == 0.0


def test_yearly_sums_hold_in_the_plan_what_the_hours_can_do(hours: Named) -> None:
    check(
        hours,
        "self_total[wire,plateau]",
        {
            **{f"self_mw[wire,0,{hour},plateau]": -0.365 for hour in HOURS},
            "self_use_gwh[wire,plateau]": 1.0,
        },
        upper=0,
    )
    check(
        hours,
        "export_total[wire,plateau]",
        {
            **{f"export_mw[wire,0,{hour},plateau]": 0.365 for hour in HOURS},
            "export_gwh[wire,plateau]": -1.0,
        },
        upper=0,
    )
    check(
        hours,
        "import_total[plateau]",
        {
            **{f"import_mw[plateau,0,{hour}]": 0.365 for hour in HOURS},
            "import_gwh[plateau]": -1.0,
        },
        upper=0,
    )
    # Half power for twelve hours and a quarter all day are both 2.19 GWh a MW.
    check(
        hours,
        "import_least[plateau]",
        {
            "energy[plateau,hall]": 1.0,
            "import_gwh[plateau]": -1.0,
            "generation_mw[solar,plateau]": -2.19,
            "generation_mw[onshore_wind,plateau]": -2.19,
            "generation_mw[roof,plateau]": -0.8 * 2.19,
        },
        upper=0,
    )
    check(
        hours,
        "self_use_most[wire,plateau]",
        {
            "self_use_gwh[wire,plateau]": 1.0,
            "generation_mw[solar,plateau]": -2.19,
            "generation_mw[onshore_wind,plateau]": -2.19,
        },
        upper=0,
    )


def test_a_battery_keeps_its_books_and_closes_the_day(hours: Named) -> None:
    for hour, after in ((7, 8), (23, 0)):
        check(
            hours,
            f"stored[cells,0,{hour},plateau]",
            {
                f"stored_mwh[cells,0,{after},plateau]": 1.0,
                f"stored_mwh[cells,0,{hour},plateau]": -1.0,
                f"charge_mw[cells,0,{hour},plateau]": -0.9,
                f"discharge_mw[cells,0,{hour},plateau]": 1.25,
            },
            lower=0,
            upper=0,
        )
    for row, column, size in (
        ("charge_size", "charge_mw", "battery_mw"),
        ("discharge_size", "discharge_mw", "battery_mw"),
        ("stored_size", "stored_mwh", "battery_mwh"),
    ):
        check(
            hours,
            f"{row}[cells,0,5,plateau]",
            {f"{column}[cells,0,5,plateau]": 1.0, f"{size}[cells,plateau]": -1.0},
            upper=0,
        )
    assert hours.bounds("battery_mw[cells,plateau]") == (0.0, 2.0)
    assert hours.bounds("battery_mwh[cells,plateau]") == (0.0, 8.0)
    # A tenth of the capital a year and two hundredths of upkeep
    assert hours.cost("battery_mw[cells,plateau]") == pytest.approx(300 * 0.12 / 1e3)
    assert hours.cost("battery_mwh[cells,plateau]") == pytest.approx(600 * 0.12 / 1e3)


def test_demand_is_billed_by_the_hour_where_hours_stand(hours: Named) -> None:
    check(
        hours, "peak[plateau,0,5]", {"import_mw[plateau,0,5]": 1.0, "peak_mw[plateau,0]": -1.0},
        upper=0,
    )  # fmt: skip
    assert hours.cost("peak_mw[plateau,0]") == pytest.approx(30 * 12 * 1.1 / 1e3)
    assert len(hours.named("peak")) == 24
    # Elsewhere by the hour that is the highest of all: every afternoon hour is alike.
    check(
        hours,
        "site_hour[coast,0,12]",
        {
            "load[coast,day,hall]": 1.2 * 1.5,
            "load[coast,flat_flexible,hall]": 1.2,
            "load[coast,idle,hall]": 1.2,
            "site_peak[coast,0]": -1.0,
        },
        upper=0,
    )
    assert hours.named("site_hour") == {"site_hour[coast,0,12]"}
    assert hours.cost("site_peak[coast,0]") == pytest.approx(40 * 12 * 1.1 / 1e3)


def test_green_power_is_matched_in_its_hour(hours: Named) -> None:
    # A GWh of trade with the sun is 1 / (12 * 0.365) MW from six to eighteen o'clock.
    check(
        hours,
        "credit_green[plateau,0,8]",
        {
            "credit_mw[plateau,0,8]": 1.0,
            "self_mw[wire,0,8,plateau]": -1.0,
            "self_mw[roof,0,8,plateau]": -1.0,
            "contracted[trade,plateau]": -1.0 / (12 * 0.365),
        },
        upper=0,
    )
    assert "contracted[trade,plateau]" not in hours.terms("credit_green[plateau,0,3]")
    check(
        hours,
        "credit_load[plateau,0,13]",
        {
            "credit_mw[plateau,0,13]": 1.0,
            "later_mw[plateau,hall,0,13]": -1.3,
            "earlier_mw[plateau,hall,0,13]": 1.3,
            "load[plateau,day,hall]": -1.3 * 1.5,
            "load[plateau,flat_flexible,hall]": -1.3,
            "load[plateau,idle,hall]": -1.3,
        },
        upper=0,
    )
    check(
        hours,
        "credit_total[plateau]",
        {
            **{f"credit_mw[plateau,0,{hour}]": -0.365 for hour in HOURS},
            "credit_gwh[plateau]": 1.0,
        },
        upper=0,
    )
    # The grid's 30 % counts for what is not matched: 0.3 - 0.6 and 1 - 0.3.
    check(
        hours,
        "policy_green_share_hourly_min[green_share_hourly_min]",
        {"energy[plateau,hall]": -0.3, "credit_gwh[plateau]": 0.7},
        lower=0,
    )


def test_batch_work_moves_where_cards_are_free(hours: Named) -> None:
    check(
        hours,
        "spare_hour[plateau,card,13]",
        {
            "spare_cards[plateau,card,13]": 1.0,
            "busy[chat,plateau,card]": 1.0,
            "busy[talk,plateau,card]": 1.5,
            "busy_peak[plateau,card]": -1.0,
        },
        upper=0,
    )
    check(
        hours,
        "spare_share[plateau,card,13]",
        {"spare_cards[plateau,card,13]": 1.0, "busy[chat,plateau,card]": -0.25},
        upper=0,
    )
    check(
        hours,
        "spare_power[plateau,13]",
        {"spare_mw[plateau,hall,13]": 1.0, "spare_cards[plateau,card,13]": -0.8},
        lower=0,
        upper=0,
    )
    check(
        hours,
        "spare_load[plateau,hall,13]",
        {
            "spare_mw[plateau,hall,13]": 1.0,
            "load[plateau,day,hall]": 1.5,
            "load[plateau,flat_flexible,hall]": 1.0,
            "load[plateau,idle,hall]": 1.0,
            "load_peak[plateau,hall]": -1.0,
        },
        upper=0,
    )
    check(
        hours,
        "later_room[plateau,hall,0,13]",
        {"later_mw[plateau,hall,0,13]": 1.0, "spare_mw[plateau,hall,13]": -1.0},
        upper=0,
    )
    check(
        hours,
        "earlier_room[plateau,hall,0,13]",
        {"earlier_mw[plateau,hall,0,13]": 1.0, "load[plateau,flat_flexible,hall]": -0.25},
        upper=0,
    )
    check(
        hours,
        "shift_day[plateau,hall,0]",
        {
            **{f"later_mw[plateau,hall,0,{hour}]": 1.0 for hour in HOURS},
            **{f"earlier_mw[plateau,hall,0,{hour}]": -1.0 for hour in HOURS},
        },
        lower=0,
        upper=0,
    )


def test_policies_of_a_line(hours: Named) -> None:
    yields = {"generation_mw[solar,plateau]": 2.19, "generation_mw[onshore_wind,plateau]": 2.19}
    used = "self_use_gwh[wire,plateau]"
    check(
        hours,
        "policy_direct_self_use_min[direct_self_use_min,wire]",
        {used: 1.0, **{name: -0.6 * gwh for name, gwh in yields.items()}},
        lower=0,
    )
    check(
        hours,
        "policy_direct_export_max[direct_export_max,wire]",
        {"export_gwh[wire,plateau]": 1.0, **{name: -0.2 * gwh for name, gwh in yields.items()}},
        upper=0,
    )
    # 80 MW all year are 700.8 GWh.
    check(
        hours,
        "policy_direct_load_share_min[direct_load_share_min,wire]",
        {used: 1.0, "energy[plateau,hall]": -0.3, "line[wire,plateau]": -0.3 * 700.8},
        lower=-0.3 * 700.8,
    )


def test_own_power_stands_in_every_account_once(hours: Named) -> None:
    own = {"self_use_gwh[wire,plateau]": 1.0, "self_use_gwh[roof,plateau]": 1.0}
    bought, energy = "contracted[trade,plateau]", "energy[plateau,hall]"
    check(hours, "claims[plateau]", {**own, bought: 1.0, energy: -1.0}, upper=0)
    taken = {f"import_mw[plateau,0,{hour}]": -0.365 for hour in HOURS}
    check(hours, "claims_on_grid[plateau]", {bought: 1.0, **taken}, upper=0)
    assert hours.named("claims_on_grid") == {"claims_on_grid[plateau]"}
    check(
        hours,
        "policy_green_share_contractual_min[green_share_contractual_min,plateau]",
        {**own, bought: 1.0, energy: -0.5},
        lower=0,
    )
    check(
        hours,
        "policy_green_share_physical_min[green_share_physical_min]",
        {
            **dict.fromkeys(own, 0.7),
            "energy[coast,hall]": 0.3 - 0.4,
            energy: 0.3 - 0.4,
        },
        lower=0,
    )
    # Ledgers count what the grid delivers: own power has left them already.
    check(
        hours,
        "market_ledger[0]",
        {
            "market_kt[0]": 1.0,
            "energy[coast,hall]": -0.6,
            "import_gwh[plateau]": -0.6,
            bought: 0.6,
            "contracted[paper,coast]": 0.6,
        },
        lower=0,
        upper=0,
    )
