"""One-cell changes of a plan by the hour, and the rules they must break."""

from __future__ import annotations

from tests.plan.broken import Change, plus, times, to

PLAIN = (("line", "plain"),)
ROOF = (("line", "roof"),)
COAST = (("line", "coast"),)
WIND = (("contract", "plain_wind"),)
EAST = (("site", "east_cluster"),)

LINES = (
    Change("lines", "available_gwh", "in MWh", times(1e3), ("available energy",), PLAIN),
    Change("lines", "self_use_gwh", "all of it", times(1.3), ("self-use of a line",), PLAIN),
    Change("lines", "export_gwh", "none", to(0.0), ("export of a line",), PLAIN),
    Change("lines", "direct", "on site", to(False), ("kind of the line",), PLAIN),
    Change("lines", "built", "not built", to(False), ("generation needs its line",), PLAIN),
    Change("lines", "built", "for nothing", to(True), ("line is built for generation",), COAST),
    Change(
        "lines",
        "line",
        "of another site",
        to("roof"),
        ("every line is listed", "line is offered"),
        PLAIN,
        national=True,
    ),
    Change(
        "generation",
        "capacity_mw",
        "beyond the offer",
        to(1e3),
        ("generation within the offer", "available energy", "cost generation"),
    ),
    Change("generation", "capacity_mw", "below nothing", to(-1.0), ("generation is not negative",)),
    Change(
        "generation",
        "capacity_mw",
        "one per cent less",
        times(0.99),
        ("output within generation", "available energy", "cost generation"),
        WIND,
    ),
    Change(
        "generation",
        "contract",
        "one that nobody offers",
        to("sea_wind"),
        ("generation is offered", "output within generation"),
        WIND,
    ),
    Change(
        "line_hours",
        "self_mw",
        "below nothing",
        to(-200.0),
        ("self-use is not negative", "import within the ceiling"),
    ),
    Change(
        "line_hours",
        "self_mw",
        "more than there is",
        plus(50.0),
        ("output within generation", "import is not negative", "own power in the hour"),
    ),
    Change(
        "line_hours",
        "self_mw",
        "one per cent more",
        times(1.01),
        ("self-use of a line", "import in the hour", "ledger own_gwh", "cost own_power"),
    ),
    Change("line_hours", "export_mw", "below nothing", to(-1.0), ("export is not negative",)),
    Change("line_hours", "export_mw", "where none may", to(0.5), ("export is allowed",), ROOF),
    Change(
        "line_hours",
        "export_mw",
        "one per cent more",
        times(1.01),
        ("export of a line", "ledger export_gwh", "cost exports"),
    ),
    Change(
        "line_hours",
        "line",
        "of another site",
        to("roof"),
        ("line is offered", "hours of a line"),
        PLAIN,
    ),
)

BATTERIES = (
    Change("batteries", "power_mw", "beyond the offer", to(9.0), ("battery power",)),
    Change(
        "batteries", "energy_mwh", "in kWh", times(1e3), ("battery energy", "cost batteries"), EAST
    ),
    Change("batteries", "power_mw", "below nothing", to(-1.0), ("battery is not negative",)),
    Change(
        "batteries",
        "power_mw",
        "one per cent less",
        times(0.99),
        ("charge within power", "discharge within power", "cost batteries"),
        EAST,
    ),
    Change(
        "batteries",
        "energy_mwh",
        "one per cent less",
        times(0.99),
        ("stored within energy", "cost batteries"),
        EAST,
    ),
    Change(
        "batteries",
        "site",
        "where none is offered",
        to("east_metro"),
        ("battery is offered", "hours of a battery"),
        EAST,
    ),
    Change(
        "battery_hours",
        "charge_mw",
        "one per cent less",
        times(0.99),
        ("state of charge", "charge in the hour", "import in the hour"),
    ),
    Change(
        "battery_hours",
        "discharge_mw",
        "one per cent more",
        times(1.01),
        ("state of charge", "discharge in the hour", "import in the hour"),
    ),
    Change("battery_hours", "stored_mwh", "one per cent more", times(1.01), ("state of charge",)),
    Change(
        "battery_hours", "charge_mw", "below nothing", to(-1.0), ("battery hour is not negative",)
    ),
    Change(
        "battery_hours",
        "discharge_mw",
        "and charge",
        plus(1e-3),
        ("charge and discharge at once", "state of charge"),
        # At noon in August the battery takes what the sun gives.
        (("site", "west_cluster"), ("typical_day", "jul"), ("hour", 12)),
    ),
)

SHIFTS = (
    Change(
        "shifts",
        "later_mw",
        "one per cent more",
        times(1.01),
        ("moved load stays in its day", "IT load in the hour", "meter in the hour"),
    ),
    Change("shifts", "later_mw", "below nothing", to(-0.1), ("moved load is not negative",)),
    Change(
        "shifts",
        "later_mw",
        "more than is free",
        to(5.0),
        ("load moved to free accelerators", "load in a module"),
    ),
    Change(
        "shifts",
        "earlier_mw",
        "more than may move",
        times(1.5),
        ("load moved out of a module", "moved load stays in its day"),
    ),
    Change(
        "shifts",
        "earlier_mw",
        "of all work",
        to(2.0),
        ("load moved out of the site", "load moved out of a module"),
    ),
    Change("shifts", "site", "in a city", to("east_metro"), ("load moves at clusters only",)),
)

METER = (
    Change("metered_demand", "peak_mw", "mean for peak", times(0.9), ("metered peak",)),
    Change("metered_demand", "million_yuan", "of a year", times(12.0), ("charge of the peak",)),
    Change(
        "metered_demand",
        "typical_day",
        "of a month on the capacity basis",
        to("oct"),
        ("demand is metered", "metered peak"),
        (("site", "west_cluster"),),
    ),
    *(
        Change("energy_by_hour", column, "one per cent more", times(1.01), (rule,))
        for column, rule in (
            ("it_mw", "IT load in the hour"),
            ("meter_mw", "meter in the hour"),
            ("own_mw", "own power in the hour"),
            ("charge_mw", "charge in the hour"),
            ("discharge_mw", "discharge in the hour"),
            ("import_mw", "import in the hour"),
            ("price_yuan_per_kwh", "price in the hour"),
        )
    ),
    Change(
        "contracts",
        "energy_gwh",
        "for own power too",
        to(59.0),
        ("claims within energy",),
        (("contract", "green_trade"), *EAST),
    ),
    Change(
        "contracts",
        "contract",
        "expired",
        to("old_certificate"),
        ("contract is offered",),
        (("contract", "certificate"), *EAST),
    ),
)

LEDGERS = tuple(
    Change("ledgers", column, "one per cent more", times(1.01), (f"ledger {column}",))
    for column in (
        "meter_gwh",
        "import_gwh",
        "own_gwh",
        "export_gwh",
        "claimed_gwh",
        "matched_gwh",
        "location_kt",
        "market_kt",
        "hourly_kt",
        "hourly_green_share",
        "hourly_green_share_with_grid",
        "contractual_green_share",
    )
)

COST_TERMS = ("batteries", "exports", "generation", "own_power")
COSTS = tuple(
    Change(
        "costs",
        "million_yuan",
        f"{term} one per cent less",
        times(0.99),
        (f"cost {term}",),
        (("term", term),),
        national=True,
    )
    for term in (*COST_TERMS, "demand_charge", "energy", "green_contracts")
)

POLICIES = ("direct_export", "direct_load", "direct_self_use", "green_80", "green_hourly")
RULES = tuple(
    Change(
        "policies",
        column,
        f"{policy} changed",
        change,
        (f"policy {policy} {column}",),
        (("policy", policy),),
        national=True,
    )
    for policy in POLICIES
    for column, change in (
        ("activity", times(1.01)),
        ("limit", times(1.01)),
        ("slack", plus(1.0)),
        ("unit", to("MWh")),
        ("binding", lambda binding: not binding),
    )
)

HOUR_CHANGES = (*LINES, *BATTERIES, *SHIFTS, *METER, *LEDGERS, *COSTS, *RULES)
