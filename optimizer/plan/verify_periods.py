"""Verification of what holds between the periods of a plan, from the raw tables alone.

An order of period b serves from the first period whose year its lead time has reached, over its
life. It is paid for in each year in which it serves; a period pays the part of its discounted
years that this makes up. Sites once opened, lines and generation once built and tiers once
released stay, and what was taken out of the installed fleet stays out.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from optimizer.plan.recompute import Recomputed
from optimizer.plan.verify_money import opened_by
from optimizer.plan.verify_shape import FORMS, Form, check_numbers
from optimizer.plan.verify_written import Purchases, Row, Written
from optimizer.plan.violation import Checker
from optimizer.tables.frames import TypedTable, records

ASSETS_FORM: Final = Form(("period", "kind", "place", "item"), ("standing", "ordered", "retired"))
"""The table of assets. Stated here again, so that the verifier does not follow its writer."""

Asset = tuple[str, str, str]
"""Kind, place and item."""

ALL: Final = "all periods"


@dataclass(frozen=True, slots=True)
class Horizon:
    """The years of a case.

    Parameters
    ----------
    years
        First year of each period.
    end
        First year after the last period.
    rate
        Discount rate.
    """

    years: tuple[int, ...]
    end: int
    rate: float

    def span(self, year: int) -> range:
        """Return the years of a period."""
        later = [other for other in self.years if other > year]
        return range(year, min(later, default=self.end))

    def factor(self, year: int) -> float:
        """Return what a yuan paid in a year counts for."""
        return 1.0 / (1.0 + self.rate) ** (year - self.years[0])

    def weight(self, year: int) -> float:
        """Return what a yuan paid in each year of a period counts for."""
        return sum(self.factor(each) for each in self.span(year))

    def begins(self, ordered: int, lead: float) -> float:
        """Return the year from which an order serves; infinite if after the last period."""
        return min((year for year in self.years if year >= ordered + lead), default=float("inf"))

    def serves(self, ordered: int, year: int, life: float, lead: float) -> bool:
        """Return whether an order serves in a period."""
        begin = self.begins(ordered, lead)
        return begin <= year < begin + life

    def paid(self, ordered: int, year: int, life: float, lead: float) -> float:
        """Return the part of a period's discounted years in which an order serves."""
        begin = self.begins(ordered, lead)
        years = [each for each in self.span(year) if begin <= each < begin + life]
        return sum(self.factor(each) for each in years) / self.weight(year)


def horizon_of(tables: Mapping[str, TypedTable]) -> Horizon:
    """Return the years of raw tables."""
    years = tuple(sorted({int(row["period"]) for row in records(tables["times"].frame)}))
    finance = {row["parameter"]: row["value"] for row in records(tables["finance"].frame)}
    last = int(finance.get("last_period_years", 1))
    return Horizon(years, years[-1] + last, float(finance["discount_rate"]))


def check_periods_shape(checker: Checker, facts: Mapping[int, Recomputed], plan: Written) -> bool:
    """Check that every table tells its periods apart, and the form of the table of assets."""
    before = len(checker.violations)
    for table in (*FORMS, "assets"):
        wanted = {"period"} if table in FORMS else {*ASSETS_FORM.key, *ASSETS_FORM.numbers}
        checker.none("column is there", table, wanted - plan.columns.get(table, frozenset()))
    if len(checker.violations) > before:
        return False
    for table in (*FORMS, "assets"):
        odd = {str(row["period"]) for row in plan.rows[table] if row["period"] not in facts}
        checker.none("code is known", f"{table}.period", odd)
    known = _known(next(iter(facts.values())))
    rows = [
        ("|".join(("assets", *(str(row[c]) for c in ASSETS_FORM.key))), row)
        for row in plan.rows["assets"]
    ]
    unknown = [
        place for place, row in rows if (row["kind"], row["place"], row["item"]) not in known
    ]
    checker.none("code is known", "assets", unknown)
    counts = Counter(place for place, _row in rows)
    twice = [place for place, count in counts.items() if count > 1]
    checker.none("row stands once", "assets", twice)
    check_numbers(checker, "assets", ASSETS_FORM, rows)
    return len(checker.violations) == before


def _known(facts: Recomputed) -> set[Asset]:
    """Return all assets that can be ordered anywhere."""
    return {
        *(
            ("module", site, module)
            for site in facts.sites
            for module, row in facts.modules.items()
            if row["kind"] == "new"
        ),
        *(("accelerator", site, card) for site in facts.sites for card in facts.cards),
        *(("upgrade", link, link) for link in facts.links),
    }


def _life_and_lead(facts: Recomputed, asset: Asset) -> tuple[float, float]:
    kind, place, item = asset
    if kind == "module":
        lead = float(facts.sites[place]["lead_time_years"])
        return float(facts.modules[item]["life_years"]), lead
    if kind == "accelerator":
        return float(facts.cards[item]["life_years"]), 0.0
    return float(facts.finance["link_life_years"]), 0.0


def check_assets(
    checker: Checker,
    horizon: Horizon,
    facts: Mapping[int, Recomputed],
    plan: Written,
    periods: Mapping[int, Written],
) -> dict[int, Written]:
    """Check the table of assets and return each period with its purchases."""
    rows: dict[int, dict[Asset, Row]] = {year: {} for year in horizon.years}
    for row in plan.rows["assets"]:
        rows[row["period"]][row["kind"], row["place"], row["item"]] = row
    first = facts[horizon.years[0]]
    orders: dict[Asset, dict[int, float]] = defaultdict(dict)
    for year, by_asset in rows.items():
        for asset, row in by_asset.items():
            orders[asset][year] = row["ordered"]
            _one_order(checker, horizon, first, (year, asset), row, relaxed=plan.relaxed)
    _totals(checker, horizon, first, orders)
    _fleet(checker, horizon, facts, rows)
    result: dict[int, Written] = {}
    opened: dict[str, float] = {}
    for year in horizon.years:
        paid: dict[Asset, float] = {}
        serving: dict[Asset, float] = {}
        for asset, by_year in orders.items():
            life, lead = _life_and_lead(first, asset)
            there = {b: n for b, n in by_year.items() if horizon.serves(b, year, life, lead)}
            standing = sum(number for b, number in there.items() if b < year)
            row = rows[year].get(asset, {"standing": 0.0})
            place = f"{year}|{'|'.join(asset)}"
            checker.equal("standing", place, row["standing"], standing, "1")
            serving[asset] = sum(there.values())
            paid[asset] = sum(
                number * horizon.paid(b, year, life, lead)
                for b, number in by_year.items()
                if b <= year
            )
        ordered = {asset: row["ordered"] for asset, row in rows[year].items()}
        now = periods[year]
        _serving(checker, year, facts[year], now, serving)
        new = _as_rows(first, ordered, [])
        for site, share in opened_by(first, new["builds"], len(horizon.span(year))).items():
            opened[site] = max(opened.get(site, 0.0), share)
        result[year] = dataclasses.replace(
            now,
            purchases=Purchases(
                ordered=new,
                paid=_as_rows(first, paid, now.rows["links"]),
                opened=dict(opened),
                retired={
                    (place, item): row["retired"]
                    for (kind, place, item), row in rows[year].items()
                    if kind == "accelerator"
                },
            ),
        )
    return result


def _one_order(
    checker: Checker,
    horizon: Horizon,
    facts: Recomputed,
    key: tuple[int, Asset],
    row: Row,
    *,
    relaxed: bool,
) -> None:
    year, asset = key
    kind, site, item = asset
    place = f"{year}|{'|'.join(asset)}"
    checker.at_least("orders are not negative", place, row["ordered"], 0.0, "1")
    checker.at_least("retired is not negative", place, row["retired"], 0.0, "1")
    if kind != "accelerator":
        checker.equal("only accelerators are taken out", place, row["retired"], 0.0, "1")
        if not relaxed:
            checker.whole("whole orders", place, row["ordered"], "1")
    if row["ordered"] > 0.0:
        _life, lead = _life_and_lead(facts, asset)
        serves = horizon.begins(year, lead) < float("inf")
        checker.holds("order serves within the horizon", place, fact=serves)
        if kind == "module":
            checker.holds("module allowed at the site", place, fact=facts.may_have(site, item))


def _totals(
    checker: Checker,
    horizon: Horizon,
    facts: Recomputed,
    orders: Mapping[Asset, Mapping[int, float]],
) -> None:
    """Check orders of all periods against what a site or link takes, and yearly room."""
    power: dict[tuple[int, str], float] = defaultdict(float)
    for asset, by_year in orders.items():
        kind, place, item = asset
        total = sum(by_year.values())
        if kind == "module":
            row = facts.modules[item]
            name = f"{place}|{item}"
            checker.at_most("most modules", name, total, row["maximum_per_site"], "modules")
            for year, number in by_year.items():
                power[year, place] += number * row["it_mw"]
        elif kind == "upgrade":
            most = facts.links[place]["upgrade_maximum_steps"]
            checker.at_most("most upgrades", place, total, most, "upgrades")
    for (year, site), built in power.items():
        limit = facts.sites[site]["build_limit_mw"] * len(horizon.span(year))
        checker.at_most("build limit", f"{year}|{site}", built, limit, "MW")
    first = horizon.years[0]
    for module, row in facts.modules.items():
        if row["minimum_per_site"] > 0:
            for site in facts.sites:
                if facts.may_have(site, module):
                    built = orders.get(("module", site, module), {}).get(first, 0.0)
                    checker.at_least(
                        "fewest modules",
                        f"{site}|{module}",
                        built,
                        row["minimum_per_site"],
                        "modules",
                    )


def _fleet(
    checker: Checker,
    horizon: Horizon,
    facts: Mapping[int, Recomputed],
    rows: Mapping[int, Mapping[Asset, Row]],
) -> None:
    """Check what is taken out of the installed fleet, and that it stays out."""
    share: dict[Asset, float] = {}
    for year in horizon.years:
        now: dict[Asset, float] = {}
        for site in facts[year].sites:
            for card in facts[year].cards:
                asset = ("accelerator", site, card)
                retired = rows[year].get(asset, {"retired": 0.0})["retired"]
                left = facts[year].fleet(site, card)
                place = f"{year}|{site}|{card}"
                if year == horizon.years[0]:
                    checker.equal("none taken out at first", place, retired, 0.0, "1")
                checker.at_most("taken out of the fleet", place, retired, left, "1")
                if left > 0.0:
                    now[asset] = retired / left
                    # Compared in accelerators: a share of a small fleet is soon rounding.
                    least = share.get(asset, 0.0) * left
                    checker.at_least("what is out stays out", place, retired, least, "1")
        share = now


def _serving(
    checker: Checker,
    year: int,
    facts: Recomputed,
    plan: Written,
    serving: Mapping[Asset, float],
) -> None:
    """Check that the tables of a period hold what serves in it."""
    for kind, written in (
        (
            "accelerator",
            {(row["site"], row["accelerator"]): row["bought"] for row in plan.rows["accelerators"]},
        ),
        (
            "module",
            {
                (row["site"], row["module"]): row["modules"]
                for row in plan.rows["builds"]
                if facts.modules[row["module"]]["kind"] == "new"
            },
        ),
        ("upgrade", {(row["link"], row["link"]): row["upgrades"] for row in plan.rows["links"]}),
    ):
        expected = {asset[1:]: number for asset, number in serving.items() if asset[0] == kind}
        for key in sorted({*written, *expected}):
            checker.equal(
                f"{kind} serving",
                f"{year}|{'|'.join(key)}",
                written.get(key, 0.0),
                expected.get(key, 0.0),
                "1",
            )


def of_year(plan: Written, year: int) -> Written:
    """Return the rows of one period; what it states as its cost is the sum of its rows."""
    rows = {
        name: [
            {column: value for column, value in row.items() if column != "period"}
            for row in table
            if row["period"] == year
        ]
        for name, table in plan.rows.items()
    }
    cost = sum(row["million_yuan"] for row in rows["costs"])
    return dataclasses.replace(
        plan, rows=rows, objective_million_yuan=cost, bound_million_yuan=cost, objectives=()
    )


def _as_rows(
    facts: Recomputed, numbers: Mapping[Asset, float], links: list[Row]
) -> dict[str, list[Row]]:
    """Return purchases as rows of the tables of purchases; links keep what they lease."""
    leased = {row["link"]: row["leased_gbps"] for row in links}
    upgrades = {place: number for (kind, place, _), number in numbers.items() if kind == "upgrade"}
    return {
        "accelerators": [
            {"site": site, "accelerator": card, "bought": number}
            for (kind, site, card), number in numbers.items()
            if kind == "accelerator"
        ],
        "builds": [
            {
                "site": site,
                "module": module,
                "kind": "new",
                "modules": number,
                "it_mw": number * facts.modules[module]["it_mw"],
                "used_mw": 0.0,
            }
            for (kind, site, module), number in numbers.items()
            if kind == "module"
        ],
        "links": [
            {
                "link": link,
                "leased_gbps": leased.get(link, 0.0),
                "upgrades": upgrades.get(link, 0.0),
            }
            for link in facts.links
        ],
    }


def check_stays(checker: Checker, horizon: Horizon, plans: Mapping[int, Written]) -> None:
    """Check that what is built or released in a period is there in the next."""
    for before, after in pairwise(horizon.years):
        for rule, place, then, now, unit in _lasting(plans[before], plans[after]):
            checker.at_least(rule, f"{after}|{place}", now, then, unit)


def _lasting(before: Written, after: Written) -> Iterator[tuple[str, str, float, float, str]]:
    for rule, table, key, column, unit in (
        ("generation stays", "generation", ("contract", "site"), "capacity_mw", "MW"),
        ("line stays", "lines", ("site", "line"), "built", "1"),
        ("released tier stays", "releases", ("service", "tier"), "released", "1"),
    ):
        now = {tuple(row[part] for part in key): row[column] for row in after.rows[table]}
        for row in before.rows[table]:
            name = tuple(row[part] for part in key)
            place = "|".join(str(part) for part in name)
            yield rule, place, float(row[column]), float(now.get(name, 0.0)), unit
