"""Block: policies that are a price, in million yuan a year on columns of other blocks.

    carbon_price     v yuan/t     on the column of its ledger                    (kt CO2)
    pue_surcharge    v yuan/kWh   on energy[s,k] * (1 - threshold / PUE[s,k])    (GWh)
                     in scope, where the yearly PUE of k at s exceeds the threshold
    build_subsidy   -v yuan/kW    once, on it_mw[k] * built[s,k] in scope, as a yearly payment
                     over the life of the module
    compute_voucher -v yuan/MWh   on the IT energy in scope

The part of a meter's energy above a PUE of p is 1 - p / PUE of it: the energy that the same
work would not have needed at p.
"""

from __future__ import annotations

import numpy as np

from optimizer.inputs.case import Case
from optimizer.inputs.money import annuity_factor
from optimizer.inputs.policy_rows import PolicyRow
from optimizer.model.assembly import Assembly
from optimizer.model.policy_limits import it_gwh_weights


def charge_price(assembly: Assembly, case: Case, policy: PolicyRow) -> None:
    """Charge the columns that a policy puts a price on."""
    if policy.kind == "carbon_price":
        ledger = assembly.columns[f"{policy.ledger}_kt"]
        # yuan/t times kt is thousand yuan, hence / 1e3 for million yuan
        assembly.charge("carbon", ledger.ids, policy.value / 1e3)
    elif policy.kind == "pue_surcharge":
        _surcharge(assembly, case, policy)
    elif policy.kind == "build_subsidy":
        _build_subsidy(assembly, case, policy)
    else:
        assert policy.kind == "compute_voucher"
        load = assembly.columns["load"]
        here = np.flatnonzero(policy.sites[load.index["site"]])
        it_gwh = it_gwh_weights(case)[load.index["profile"][here]]
        assembly.charge("subsidies", load.ids[here], -policy.value / 1e3 * it_gwh)


def _surcharge(assembly: Assembly, case: Case, policy: PolicyRow) -> None:
    energy = assembly.columns["energy"]
    site = energy.index["site"]
    above = 1.0 - policy.threshold / case.derived.cooling.annual_pue[site, energy.index["module"]]
    here = np.flatnonzero(policy.sites[site] & (above > 0.0))
    # yuan/kWh times GWh is million yuan
    assembly.charge("pue_surcharge", energy.ids[here], policy.value * above[here])


def _build_subsidy(assembly: Assembly, case: Case, policy: PolicyRow) -> None:
    modules, built = case.tables["modules"].frame, assembly.columns["built"]
    rate = case.parameter("finance", "discount_rate")
    yearly = np.array([annuity_factor(rate, life) for life in modules["life_years"]])
    # yuan/kW times MW is thousand yuan
    each = policy.value * modules["it_mw"].to_numpy(dtype=float) * yearly / 1e3
    here = np.flatnonzero(policy.sites[built.index["site"]])
    site, module = built.index["site"][here], built.index["module"][here]
    assembly.charge_asset(
        "subsidies",
        built.ids[here],
        -each[module],
        modules["life_years"].to_numpy(dtype=float)[module],
        case.tables["sites"].frame["lead_time_years"].to_numpy(dtype=float)[site],
    )
