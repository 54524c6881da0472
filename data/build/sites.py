"""The table of candidate sites."""

from __future__ import annotations

from data.build.assumptions import Assumption, assumed, is_assumed
from data.build.cells import RESEARCH_DATE, Cell, assume, estimate
from data.build.climate import design_temperature
from data.build.cooling import design_pue
from data.build.fleet import site_power
from data.build.places import Place, places
from data.build.raw import one
from data.build.writer import Pack
from optimizer.units import STANDARD_RACK_MW


def _assumption(site: Place, column: str) -> Assumption:
    if is_assumed("sites", site.code, column):
        return assumed("sites", site.code, column)
    return assumed("sites", "cluster" if site.is_cluster else "metro", column)


def _capital_cost(site: Place) -> Cell:
    if site.code == "zhongwei":
        row = one("idc_costs", cost_item="capex_per_it_kw_derived")
        note = "total of one announced project over its IT power"
        return row.cell("value_low", row.text("as_of"), note)
    if site.is_cluster:
        kind = f"{site.side}_cluster"
    else:
        kind = "first_tier_metro" if site.is_first_tier else "metro"
    row = one("idc_costs", cost_item="capex_per_it_mw")
    per_kw = row.number("value_low") * 1e6 / 1e3
    factor = assumed("sites", kind, "capex_factor")
    return factor.cell(factor=per_kw, note=f"{per_kw:,.0f} yuan/kW times {factor.value:g}")


def _ceiling(site: Place, existing: Cell, build_limit: Cell) -> Cell:
    factor = _assumption(site, "ceiling_factor")
    total = existing.number + build_limit.number
    if site.is_cluster:
        note = f"{factor.value:g} times {total:g} MW"
    else:
        pue = design_pue("existing", site)
        total *= pue
        note = f"{factor.value:g} times {total / pue:g} MW at the design-day PUE of {pue:.2f}"
    return assume(
        round(total * factor.value),
        round(total * factor.low),
        round(total * factor.high),
        f"{note}; {factor.reason}",
        factor.anchors,
    )


def _under_construction(site: Place) -> tuple[Cell, Cell | None]:
    """Return the power under construction in MW and the year from which it serves."""
    if site.code == "wuhu":
        huawei = one("hub_facts", metric="huawei_jiangbei_phase1_cabinets")
        zhonglian = one("hub_facts", metric="zhonglian_phase1_cabinets")
        cabinet_kw = (huawei.number("cabinet_kw_low") + huawei.number("cabinet_kw_high")) / 2
        power = (
            huawei.number("value_low") * cabinet_kw
            + zhonglian.number("value_low") * zhonglian.number("cabinet_kw_low")
        ) / 1000
        cell = estimate(
            power,
            (huawei.source, zhonglian.source),
            zhonglian.text("as_of"),
            f"10,000 cabinets of 8 to 22 kW, {cabinet_kw:g} kW taken, and 8,500 of 18 kW",
        )
        return cell, assumed("sites", "wuhu", "under_construction_year").cell()
    if site.code == "qingyang":
        row = one("hub_facts", metric="china_mobile_phase1_racks")
        cell = estimate(
            row.number("value_low") * STANDARD_RACK_MW,
            (row.source,),
            row.text("as_of"),
            "first phase of one operator, 30,000 standard racks of 2.5 kW",
        )
        year = int(row.number("complete_year"))
        note = "first phase complete at the end of the year"
        return cell, Cell(year, row.basis(row.text("as_of"), note))
    method = "no project under construction with a size in the sources"
    return estimate(0, (), RESEARCH_DATE, method), None


def add_sites(pack: Pack) -> None:
    """Add the table ``sites``."""
    for site in places():
        power = site_power(site.code)
        under_construction, year = _under_construction(site)
        build_limit = _assumption(site, "build_limit_mw").cell()
        pack.add(
            "sites",
            {
                "site": site.code,
                "name_zh": site.name_zh,
                "name_en": site.name_en,
                "hub": site.hub,
                "is_cluster": site.is_cluster,
                "province": site.province.code,
                "side": site.side,
                "lon": site.lon,
                "lat": site.lat,
                "tariff_region": site.tariff_region,
                "voltage_kv": site.voltage_kv,
                "grid_area": site.grid_area,
                "existing_it_mw": power.existing,
                "occupied_it_mw": power.occupied,
                "ai_ready_it_mw": power.ai_ready,
                "under_construction_it_mw": under_construction,
                "under_construction_year": year,
                "ceiling_mw": _ceiling(site, power.existing, build_limit),
                "build_limit_mw": build_limit,
                "capex_yuan_per_kw": _capital_cost(site),
                "fixed_cost_million_yuan_per_year": _assumption(
                    site, "fixed_cost_million_yuan_per_year"
                ).cell(),
                "lead_time_years": _assumption(site, "lead_time_years").cell(),
                "design_temperature_c": design_temperature(site),
                "largest_gang": _assumption(site, "largest_gang").cell(),
            },
            site.basis,
        )
