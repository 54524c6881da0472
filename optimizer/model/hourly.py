"""Block: supply by the hour, at sites where something couples the hours.

Columns of the plan
    ``line[n]``            whether direct line n is built, 0 or 1
    ``generation_mw[g]``   capacity of generation g, MW
    ``self_use_gwh[n]``    energy of line n used for the load of its site, claimed, GWh a year
    ``export_gwh[n]``      room for energy of line n sent to the grid, GWh a year
    ``import_gwh[s]``      room for energy taken from the grid, GWh a year
    ``credit_gwh[s]``      load matched with green power in its own hour, claimed, GWh a year

Columns of each hour (d, h), which follow from the plan site by site
    ``import_mw[s,d,h]``   power taken from the grid
    ``self_mw[n,d,h]``, ``export_mw[n,d,h]``   output of a line used and sent out
    ``charge_mw``, ``discharge_mw``, ``stored_mwh[b,d,h]``   of battery b
    ``battery_mw[b]``, ``battery_mwh[b]``   size of battery b
    ``later_mw``, ``earlier_mw[s,k,d,h]``   load shifted into and out of the hour in module k
    ``peak_mw[s,d]``       highest hour of the months that day d stands for
    ``credit_mw[s,d,h]``   load matched with green power (only where a policy asks for it)

Rows, with w[d] the weight of a day and M the meter load of the block energy
    hour_balance[s,d,h]    import + sum_n self + sum_b (discharge - charge)
                           = sum_{p,k} shape[p,d,h] * PUE[s,k,d] * load[s,p,k]
                             + sum_k PUE[s,k,d] * (later - earlier)
    generation[n,d,h]      self + export <= sum_{g in n} factor[g,d,h] * generation_mw[g]
    line_built[g]          generation_mw[g] <= capacity_mw[g] * line[n]         (direct lines)
    self_total[n]          sum w * self / 1000 >= self_use_gwh[n]
    export_total[n]        sum w * export / 1000 <= export_gwh[n]
    import_total[s]        sum w * import / 1000 <= import_gwh[s]
    import_least[s]        import_gwh[s] >= sum_k energy[s,k]
                           - sum_{g at s} yield[g] * generation_mw[g]
    self_use_most[n]       self_use_gwh[n] <= sum_{g in n} yield[g] * generation_mw[g]
    stored[b,d,h]          stored[h+1] = stored[h] + charge_efficiency * charge
                           - discharge / discharge_efficiency   (the day closes on itself)
    charge_size, discharge_size[b,d,h]   charge, discharge <= battery_mw[b]
    stored_size[b,d,h]     stored <= battery_mwh[b]
    peak[s,d,h]            import[s,d,h] <= peak_mw[s,d]                        (metered demand)
    credit_green[s,d,h]    credit <= sum_n self + sum_c shape[c,d,h] * contracted[c]
    credit_load[s,d,h]     credit <= sum_{p,k} shape * PUE * load + sum_k PUE * (later - earlier)
                           (excess is not counted)
    credit_total[s]        sum w * credit / 1000 >= credit_gwh[s]

The two rows on yearly sums follow from the hours, with yield = sum w * factor / 1000; they say of
the plan alone what its hours can do at most.

Cost in million yuan: import at the hour's price, own power at the charges kept on it less what
exports earn, sizes at their yearly cost, the peak at the demand charge. A battery that is not
offered has no columns: it must not become free storage. Sites without generation, battery or
flexible load have none of this; their hours collapse into one price for each load
(:mod:`optimizer.model.energy`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly, Block
from optimizer.model.index import Sets
from optimizer.units import HOURS_PER_DAY

Integers = NDArray[np.int64]


def add_hourly(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the block to the assembly."""
    sites = np.flatnonzero(sets.hourly)
    if not len(sites):
        return
    calendar = case.derived.calendar
    hours = _Hours(len(calendar.days), np.repeat(calendar.weight, HOURS_PER_DAY))
    balance = _import(assembly, case, hours, sites)
    _lines(assembly, case, hours, balance)
    _batteries(assembly, case, hours, balance)
    _loads(assembly, case, sets, hours, balance)
    _yearly_sums(assembly, case, sites)
    _metered_peak(assembly, case, hours, sites)


class _Hours:
    """The hours of all typical days in one row: how many, and how often each stands."""

    def __init__(self, days: int, weight: NDArray[np.float64]) -> None:
        self.days = days
        self.weight = weight
        self.count = len(weight)

    def index(self, name: str, entries: Integers) -> dict[str, Integers]:
        """Return the index of a block with one entry for each of some things and each hour."""
        hour = np.tile(np.arange(self.count, dtype=np.int64), len(entries))
        return {
            name: np.repeat(entries, self.count),
            "day": hour // HOURS_PER_DAY,
            "hour": hour % HOURS_PER_DAY,
        }

    def per(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(X, D, 24)`` as one row of numbers in the order of :meth:`index`."""
        return values.reshape(-1)


def _rows_of(count: int, members: Integers) -> Integers:
    """Return the position of each member in a list of numbers, -1 for the others."""
    row_of = np.full(count, -1, dtype=np.int64)
    row_of[members] = np.arange(len(members))
    return row_of


def _import(assembly: Assembly, case: Case, hours: _Hours, sites: Integers) -> Block:
    """Add what sites take from the grid, and the balance of every hour."""
    index = hours.index("site", sites)
    frame = case.tables["sites"].frame
    existing = int(np.flatnonzero(case.tables["modules"].frame["kind"] == "existing")[0])
    room = frame["ceiling_mw"].to_numpy(dtype=float) - case.derived.cooling.design_pue[
        :, existing
    ] * frame["occupied_it_mw"].to_numpy(dtype=float)
    taken = assembly.add_columns(
        "import_mw", index, "MW", upper=room[index["site"]], group=index["site"]
    )
    weight = np.tile(hours.weight, len(sites))
    price = case.derived.prices.energy[sites].reshape(-1)
    # yuan/kWh times MWh is thousand yuan, hence / 1e3 for million yuan
    assembly.charge("energy", taken.ids, price * weight / 1e3)
    yearly = assembly.add_columns("import_gwh", {"site": sites}, "GWh")
    rows = assembly.add_rows("import_total", {"site": sites}, "GWh", upper=0.0)
    assembly.put(np.repeat(rows.ids, hours.count), taken.ids, weight / 1e3)
    assembly.put(rows.ids, yearly.ids, -1.0)
    balance = assembly.add_rows("hour_balance", index, "MW", lower=0.0, upper=0.0)
    assembly.put(balance.ids, taken.ids, 1.0)
    return balance


def balance_rows(balance: Block, hours_count: int, site: Integers) -> Integers:
    """Return ``(len(site), hours)`` the balance rows of sites."""
    first = np.full(int(balance.index["site"].max()) + 1, -1, dtype=np.int64)
    sites = balance.index["site"][::hours_count]
    first[sites] = balance.start + np.arange(len(sites)) * hours_count
    return first[site][:, None] + np.arange(hours_count)


def _lines(assembly: Assembly, case: Case, hours: _Hours, balance: Block) -> None:
    """Add direct lines and on-site generation."""
    offers = case.derived.supply.generation
    lines = np.arange(len(offers.line_site), dtype=np.int64)
    if not len(lines):
        return
    direct = np.flatnonzero(offers.line_is_direct)
    built = assembly.add_columns(
        "line",
        {"line": direct, "site": offers.line_site[direct]},
        "1",
        upper=1.0,
        integer=True,
    )
    every = np.arange(len(offers.site), dtype=np.int64)
    size = assembly.add_columns(
        "generation_mw",
        {"offer": every, "site": offers.site},
        "MW",
        upper=offers.capacity_mw,
    )
    assembly.charge("generation", size.ids, offers.yearly_cost)
    at_line = np.flatnonzero(offers.line_is_direct[offers.line])
    rows = assembly.add_rows("line_built", {"offer": at_line}, "MW", upper=0.0)
    assembly.put(rows.ids, size.ids[at_line], 1.0)
    line_row = _rows_of(len(lines), direct)
    assembly.put(
        rows.ids,
        built.start + line_row[offers.line[at_line]],
        -offers.capacity_mw[at_line],
    )

    index = hours.index("line", lines)
    site = np.repeat(offers.line_site, hours.count)
    weight = np.tile(hours.weight, len(lines))
    may_export = np.isfinite(offers.export_price)[np.unique(offers.line, return_index=True)[1]]
    used = assembly.add_columns("self_mw", {**index, "site": site}, "MW", group=site)
    sent = assembly.add_columns(
        "export_mw",
        {**index, "site": site},
        "MW",
        upper=np.where(np.repeat(may_export, hours.count), np.inf, 0.0),
        group=site,
    )
    first = np.unique(offers.line, return_index=True)[1]
    earned = np.nan_to_num(offers.export_price[first])
    assembly.charge(
        "own_power", used.ids, np.repeat(offers.price[first], hours.count) * weight / 1e3
    )
    assembly.charge("exports", sent.ids, -np.repeat(earned, hours.count) * weight / 1e3)
    assembly.put(balance_rows(balance, hours.count, offers.line_site).ravel(), used.ids, 1.0)
    rows = assembly.add_rows("generation", {**index, "site": site}, "MW", upper=0.0)
    assembly.put(rows.ids, used.ids, 1.0)
    assembly.put(rows.ids, sent.ids, 1.0)
    assembly.put(
        (rows.start + offers.line[:, None] * hours.count + np.arange(hours.count)).ravel(),
        np.repeat(size.ids, hours.count),
        -offers.factor.reshape(-1),
    )
    for name, unit_block, column, sign in (
        ("self_total", used, "self_use_gwh", -1.0),
        ("export_total", sent, "export_gwh", 1.0),
    ):
        yearly = assembly.add_columns(column, {"line": lines, "site": offers.line_site}, "GWh")
        rows = assembly.add_rows(name, {"line": lines, "site": offers.line_site}, "GWh", upper=0.0)
        assembly.put(np.repeat(rows.ids, hours.count), unit_block.ids, sign * weight / 1e3)
        assembly.put(rows.ids, yearly.ids, -sign)


def _batteries(assembly: Assembly, case: Case, hours: _Hours, balance: Block) -> None:
    """Add batteries; the state of charge closes every typical day."""
    offers = case.derived.supply.batteries
    every = np.arange(len(offers.site), dtype=np.int64)
    if not len(every):
        return
    of_battery = {"battery": every, "site": offers.site}
    power = assembly.add_columns(
        "battery_mw", of_battery, "MW", upper=offers.power_mw, group=offers.site
    )
    energy = assembly.add_columns(
        "battery_mwh", of_battery, "MWh", upper=offers.energy_mwh, group=offers.site
    )
    assembly.charge("batteries", power.ids, offers.power_cost)
    assembly.charge("batteries", energy.ids, offers.energy_cost)
    index = hours.index("battery", every)
    site = np.repeat(offers.site, hours.count)
    index = {**index, "site": site}
    charge = assembly.add_columns("charge_mw", index, "MW", group=site)
    discharge = assembly.add_columns("discharge_mw", index, "MW", group=site)
    stored = assembly.add_columns("stored_mwh", index, "MWh", group=site)
    at_site = balance_rows(balance, hours.count, offers.site).ravel()
    assembly.put(at_site, charge.ids, -1.0)
    assembly.put(at_site, discharge.ids, 1.0)
    rows = assembly.add_rows("stored", index, "MWh", lower=0.0, upper=0.0)
    number = np.arange(charge.count)
    after = number - number % HOURS_PER_DAY + (number + 1) % HOURS_PER_DAY
    assembly.put(rows.ids, stored.start + after, 1.0)
    assembly.put(rows.ids, stored.ids, -1.0)
    assembly.put(rows.ids, charge.ids, -np.repeat(offers.charge_efficiency, hours.count))
    assembly.put(rows.ids, discharge.ids, np.repeat(1.0 / offers.discharge_efficiency, hours.count))
    for name, column, size, unit in (
        ("charge_size", charge, power, "MW"),
        ("discharge_size", discharge, power, "MW"),
        ("stored_size", stored, energy, "MWh"),
    ):
        rows = assembly.add_rows(name, index, unit, upper=0.0)
        assembly.put(rows.ids, column.ids, 1.0)
        assembly.put(rows.ids, np.repeat(size.ids, hours.count), -1.0)


def _loads(assembly: Assembly, case: Case, sets: Sets, hours: _Hours, balance: Block) -> None:
    """Draw the loads of the block energy in every hour."""
    load = assembly.columns["load"]
    here = np.flatnonzero(sets.hourly[load.index["site"]])
    site, profile, module = (load.index[name][here] for name in ("site", "profile", "module"))
    shape = case.derived.profiles.shape[profile]  # (L, D, 24)
    drawn = shape * case.derived.cooling.pue[site, module][:, :, None]
    assembly.put(
        balance_rows(balance, hours.count, site).ravel(),
        np.repeat(load.ids[here], hours.count),
        -drawn.reshape(-1),
    )


def _yearly_sums(assembly: Assembly, case: Case, sites: Integers) -> None:
    """Add what the yearly sums of the hours can be at most, in terms of the plan."""
    offers = case.derived.supply.generation
    weight = case.derived.calendar.weight
    gwh = (offers.factor * weight[:, None]).sum(axis=(1, 2)) / 1e3
    taken, energy = assembly.columns["import_gwh"], assembly.columns["energy"]
    row_of = _rows_of(len(case.derived.prices.energy), sites)
    rows = assembly.add_rows("import_least", {"site": sites}, "GWh", upper=0.0)
    assembly.put(rows.ids, taken.ids, -1.0)
    here = np.flatnonzero(row_of[energy.index["site"]] >= 0)
    assembly.put(rows.start + row_of[energy.index["site"][here]], energy.ids[here], 1.0)
    if not len(offers.site):
        return
    size, own = assembly.columns["generation_mw"], assembly.columns["self_use_gwh"]
    assembly.put(rows.start + row_of[offers.site], size.ids, -gwh)
    rows = assembly.add_rows("self_use_most", dict(own.index), "GWh", upper=0.0)
    assembly.put(rows.ids, own.ids, 1.0)
    assembly.put(rows.start + offers.line, size.ids, -gwh)


def add_matching(assembly: Assembly, case: Case, sets: Sets) -> None:
    """Add the green power that meets the load of its own hour, where a policy asks for it.

    Stands after the block green, whose claims it takes part of.
    """
    sites = np.flatnonzero(sets.matched)
    if not len(sites):
        return
    calendar, supply = case.derived.calendar, case.derived.supply
    hours = _Hours(len(calendar.days), np.repeat(calendar.weight, HOURS_PER_DAY))
    index = hours.index("site", sites)
    row_of = _rows_of(len(case.derived.prices.energy), sites)
    every_hour = np.arange(hours.count)
    credit = assembly.add_columns("credit_mw", index, "MW", group=index["site"])
    yearly = assembly.add_columns("credit_gwh", {"site": sites}, "GWh")

    rows = assembly.add_rows("credit_green", index, "MW", upper=0.0)
    assembly.put(rows.ids, credit.ids, 1.0)
    if "self_mw" in assembly.columns:
        own = assembly.columns["self_mw"]
        here = np.flatnonzero(row_of[own.index["site"]] >= 0)
        at = row_of[own.index["site"][here]] * hours.count
        hour = own.index["day"][here] * HOURS_PER_DAY + own.index["hour"][here]
        assembly.put(rows.start + at + hour, own.ids[here], -1.0)
    claims = assembly.columns["contracted"]
    here = np.flatnonzero((row_of[claims.index["site"]] >= 0) & supply.claim_shape.any(axis=(1, 2)))
    at = row_of[claims.index["site"][here]] * hours.count
    assembly.put(
        (rows.start + at[:, None] + every_hour).ravel(),
        np.repeat(claims.ids[here], hours.count),
        -supply.claim_shape[here].reshape(-1),
    )

    rows = assembly.add_rows("credit_load", index, "MW", upper=0.0)
    assembly.put(rows.ids, credit.ids, 1.0)
    load = assembly.columns["load"]
    here = np.flatnonzero(row_of[load.index["site"]] >= 0)
    site, profile, module = (load.index[name][here] for name in ("site", "profile", "module"))
    drawn = (
        case.derived.profiles.shape[profile] * case.derived.cooling.pue[site, module][:, :, None]
    )
    assembly.put(
        (rows.start + row_of[site][:, None] * hours.count + every_hour).ravel(),
        np.repeat(load.ids[here], hours.count),
        -drawn.reshape(-1),
    )
    for name, sign in (("later_mw", -1.0), ("earlier_mw", 1.0)):
        if name in assembly.columns:
            moved = assembly.columns[name]
            here = np.flatnonzero(row_of[moved.index["site"]] >= 0)
            site, module, day = (moved.index[key][here] for key in ("site", "module", "day"))
            at = row_of[site] * hours.count + day * HOURS_PER_DAY + moved.index["hour"][here]
            pue = case.derived.cooling.pue[site, module, day]
            assembly.put(rows.start + at, moved.ids[here], sign * pue)
    rows = assembly.add_rows("credit_total", {"site": sites}, "GWh", upper=0.0)
    weight = np.tile(hours.weight, len(sites))
    assembly.put(np.repeat(rows.ids, hours.count), credit.ids, -weight / 1e3)
    assembly.put(rows.ids, yearly.ids, 1.0)


def _metered_peak(assembly: Assembly, case: Case, hours: _Hours, sites: Integers) -> None:
    """Charge the highest hour of each month at sites whose demand is metered."""
    charge = case.derived.prices.metered
    billed = sites[charge[sites].any(axis=1)]
    if not len(billed):
        return
    site, day = np.repeat(billed, hours.days), np.tile(np.arange(hours.days), len(billed))
    peak = assembly.add_columns("peak_mw", {"site": site, "day": day}, "MW", group=site)
    assembly.charge("demand_charge", peak.ids, charge[site, day])
    taken = assembly.columns["import_mw"]
    of_peak = np.full(charge.shape, -1, dtype=np.int64)
    of_peak[site, day] = peak.ids
    here = np.flatnonzero(of_peak[taken.index["site"], taken.index["day"]] >= 0)
    index = {name: entries[here] for name, entries in taken.index.items()}
    rows = assembly.add_rows("peak", index, "MW", upper=0.0)
    assembly.put(rows.ids, taken.ids[here], 1.0)
    assembly.put(rows.ids, of_peak[index["site"], index["day"]], -1.0)
