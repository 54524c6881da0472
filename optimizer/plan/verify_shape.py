"""Verification of the form of a plan, before any number in it is compared.

Every table must be there with its columns. No row may stand twice, every code must be one of the
case, every place that a table lists must be listed, and every number must be one. The rules that
follow rely on that, so a plan that fails here is not looked at further.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Final, TypeGuard

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a result table.

    Parameters
    ----------
    key
        Columns that name a row.
    numbers
        Columns that hold a number in every row.
    optional
        Columns that hold a number or nothing.
    others
        Words and flags, which the rules compare as they stand.
    """

    key: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


FORMS: Final[Mapping[str, Form]] = {
    "placements": Form(
        ("region", "service", "site"),
        ("share", "requests_million_per_day", "rtt_p99_ms", "peak_gbps"),
        ("budget_ms",),
    ),
    "unserved": Form(
        ("region", "service"), ("share", "requests_million_per_day", "value_million_yuan")
    ),
    "served_tiers": Form(
        ("region", "service", "tier"),
        ("demand_share", "served_share", "requests_million_per_day", "value_million_yuan"),
    ),
    "releases": Form(
        ("service", "tier"),
        ("released", "requests_million_per_day", "served_share", "value_million_yuan"),
    ),
    "service_accelerators": Form(
        ("service", "site", "accelerator"), ("busy_accelerators", "requests_million_per_day")
    ),
    "runs": Form(
        ("job", "site", "accelerator", "start_month", "gang"),
        ("runs", "duration_days", "goodput", "it_mw", "dataset_gbps"),
    ),
    "split_runs": Form(
        ("job", "configuration", "accelerator", "start_month", "gang"),
        (
            "bandwidth_tbps",
            "ring_km",
            "compute_s",
            "step_s",
            "efficiency",
            "duration_days",
            "goodput",
            "runs",
        ),
        others=("sites",),
    ),
    "split_parts": Form(("job", "configuration", "site"), ("gang", "it_mw", "dataset_gbps")),
    "unplaced": Form(("job",), ("runs", "value_million_yuan")),
    "accelerators": Form(
        ("site", "accelerator"),
        ("fleet", "bought", "services_peak", "gangs_peak", "busy_mean", "utilisation"),
    ),
    "pools": Form(
        ("site", "pool", "line"),
        ("opened", "load_replicas", "reserve_replicas", "servers", "exact_servers"),
    ),
    "pool_reserves": Form(
        ("site", "pool", "accelerator"), ("reserve_accelerators", "reserve_replicas")
    ),
    "backups": Form(
        ("region", "service", "site", "backup_site"), ("share", "rtt_p99_ms"), ("budget_ms",)
    ),
    "backup_accelerators": Form(
        ("failure", "service", "site", "accelerator"),
        ("busy_accelerators", "requests_million_per_day"),
    ),
    "failures": Form(
        ("failure", "site", "accelerator"), ("needed", "available"), others=("binding",)
    ),
    "builds": Form(
        ("site", "module"),
        ("modules", "it_mw", "used_mw", "design_pue", "annual_pue"),
        others=("kind",),
    ),
    "loads": Form(("site", "profile", "module"), ("mean_mw",)),
    "energy_by_hour": Form(
        ("site", "typical_day", "hour"),
        (
            "it_mw",
            "meter_mw",
            "own_mw",
            "charge_mw",
            "discharge_mw",
            "import_mw",
            "price_yuan_per_kwh",
        ),
    ),
    "paths": Form(
        ("node", "site", "protection", "path"),
        (
            "fibre_km",
            "one_way_mean_ms_optical",
            "one_way_mean_ms_ip_private",
            "one_way_mean_ms_public",
            "rtt_p99_ms_optical",
            "rtt_p99_ms_ip_private",
            "rtt_p99_ms_public",
            "flow_gbps",
        ),
        others=("links",),
    ),
    "links": Form(("link",), ("flow_gbps", "spare_gbps", "leased_gbps", "upgrades")),
    "contracts": Form(("contract", "site"), ("energy_gwh",)),
    "ledgers": Form(
        ("site",),
        (
            "it_gwh",
            "meter_gwh",
            "new_meter_gwh",
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
            "physical_green_share",
            "water_m3",
        ),
    ),
    "costs": Form(("term", "place"), ("million_yuan",)),
    "sites": Form(
        ("site",),
        (
            "training_mw",
            "inference_mw",
            "batch_mw",
            "idle_mw",
            "nameplate_mw",
            "new_it_mw",
            "rack_utilisation",
            "meter_gwh",
            "cost_million_yuan",
            "location_kt",
            "contractual_green_share",
        ),
        (
            "new_rack_utilisation",
            "accelerator_utilisation",
            "load_factor",
            "mean_price_yuan_per_kwh",
        ),
    ),
    "policies": Form(("policy", "row"), ("activity", "limit", "slack"), others=("unit", "binding")),
    "lines": Form(
        ("site", "line"),
        ("available_gwh", "self_use_gwh", "export_gwh"),
        others=("direct", "built"),
    ),
    "generation": Form(("contract", "site"), ("capacity_mw",)),
    "line_hours": Form(("site", "line", "typical_day", "hour"), ("self_mw", "export_mw")),
    "batteries": Form(("battery", "site"), ("power_mw", "energy_mwh")),
    "battery_hours": Form(
        ("battery", "site", "typical_day", "hour"), ("charge_mw", "discharge_mw", "stored_mwh")
    ),
    "shifts": Form(("site", "module", "typical_day", "hour"), ("later_mw", "earlier_mw")),
    "metered_demand": Form(("site", "typical_day"), ("peak_mw", "million_yuan")),
}
"""The tables of a plan. Stated here again, so that the verifier does not follow their writer."""

COST_TERMS: Final = frozenset(
    {
        "accelerators",
        "batteries",
        "build",
        "carbon",
        "demand_charge",
        "energy",
        "exports",
        "generation",
        "green_contracts",
        "local_supply",
        "moving",
        "network_lease",
        "network_upgrade",
        "own_power",
        "policy_penalties",
        "pue_surcharge",
        "service_links",
        "site_opening",
        "subsidies",
    }
)

LISTED: Final = {"ledgers": "site", "sites": "site", "links": "link"}
"""Tables with a row for each code of their key, used or not."""


WHOLE: Final = {"gang": 1, "start_month": 0, "path": 1}
"""Key columns that count, and the least that can be reckoned with.

Whether a run may start in its month is a rule of its own.
"""


def check_shape(checker: Checker, facts: Recomputed, plan: Written) -> bool:
    """Check the form of every table and return whether the rules can be checked."""
    before = len(checker.violations)
    for table, form in FORMS.items():
        wanted = {*form.key, *form.numbers, *form.optional, *form.others}
        missing = wanted - plan.columns.get(table, frozenset())
        checker.none("column is there", table, missing)
    if len(checker.violations) > before:
        return False
    codes = _codes(facts)
    for table, form in FORMS.items():
        rows = [
            ("|".join((table, *(str(row[column]) for column in form.key))), row)
            for row in plan.rows[table]
        ]
        _keys(checker, codes, table, form, rows)
        check_numbers(checker, table, form, rows)
    for table, column in LISTED.items():
        listed = {row[column] for row in plan.rows[table]}
        missing = {str(code) for code in codes[column] if code not in listed}
        checker.none("row is there", table, missing)
    return len(checker.violations) == before


def _codes(facts: Recomputed) -> dict[str, Collection[object]]:
    """Return what may stand in each key column of codes, or in that of one table.

    Contracts and the rows of policies are missing: rules of their own say which there are.
    """
    return {
        "region": facts.regions,
        "service": facts.services,
        "site": facts.sites,
        "tier": {row["tier"] for row in facts.rows["tiers"]},
        "backup_site": facts.sites,
        "failure": {row["grid_area"] for row in facts.rows["sites"]},
        "accelerator": facts.cards,
        "pool": {row["pool"] for row in facts.services.values()} - {""},
        "line": ("large", "small"),
        "module": facts.modules,
        "job": facts.jobs,
        "link": facts.links,
        "node": facts.sites,
        "protection": {"none", "1+1"},
        "profile": {
            "idle",
            *(f"training_{day}" for day in facts.days),
            *facts.service_shapes,
        },
        "lines.line": {line for _site, line in facts.lines},
        "line_hours.line": {line for _site, line in facts.lines},
        "battery": {battery for battery, _site in facts.batteries},
        "typical_day": facts.days,
        "hour": range(24),
        "term": COST_TERMS,
        "place": {"national", *facts.sites, *facts.links},
        "policy": {row["policy"] for row in facts.rows["policies"]},
    }


def _keys(
    checker: Checker,
    codes: Mapping[str, Collection[object]],
    table: str,
    form: Form,
    rows: list[tuple[str, Row]],
) -> None:
    """Check that no key stands twice and that its parts exist."""
    seen, twice = set(), []
    for place, row in rows:
        key = tuple(row[column] for column in form.key)
        if key in seen:
            twice.append(place)
        seen.add(key)
    checker.none("row stands once", table, twice)
    for column in form.key:
        known = codes.get(f"{table}.{column}", codes.get(column))
        if known is not None:
            unknown = [place for place, row in rows if row[column] not in known]
            checker.none("code is known", f"{table}.{column}", unknown)
        elif column in WHOLE:
            odd = [place for place, row in rows if not _counts(row[column], WHOLE[column])]
            checker.none("count is a whole number", f"{table}.{column}", odd)


def check_numbers(checker: Checker, table: str, form: Form, rows: list[tuple[str, Row]]) -> None:
    """Check that there is a number where one must be."""
    for column in (*form.numbers, *form.optional):
        empty = [
            place
            for place, row in rows
            if not _is_number(row[column])
            and not (column in form.optional and _is_empty(row[column]))
        ]
        checker.none("number is one", f"{table}.{column}", empty)


def _counts(value: object, least: int) -> bool:
    return _is_number(value) and value >= least and value % 1 == 0


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_empty(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
