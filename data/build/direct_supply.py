"""Direct supply and on-site generation of the clusters, and their batteries.

Wind and sun of a cluster share one line. Capital cost of wind, from two projects that supply data
centres::

    (total - storage - sun * its cost) / wind

Charges kept on a MWh used from the line, with the two-part prices of the fourth period::

    share * (transmission energy price, at least 0) + share * government funds + system operation

The capacity factors of the table ``renewable_profiles`` are those of the province. Where a
modelled profile gives the shape only, ``yield_factor`` brings it to the published hours.
"""

from __future__ import annotations

import calendar
from typing import Final

from data.build.assumptions import Assumption, assumed, is_assumed
from data.build.cells import ASSUMPTION, RESEARCH_DATE, Basis, Cell, assume, combined
from data.build.places import Place, clusters
from data.build.raw import RawRow, one, where
from data.build.renewables import profile_scale
from data.build.tariffs import transmission_row
from data.build.writer import Pack
from optimizer.units import HOURS_PER_DAY

LINE: Final = "direct"
"""The line that the wind and the sun of a cluster share."""

_TERRAIN: Final = {
    "guian": "mountain",
    "horinger": "plain",
    "qingyang": "hills",
    "shaoguan": "mountain",
    "wuhu": "mountain",
    "zhangjiakou": "hills",
    "zhongwei": "plain",
}
"""Clusters with wind and sun within reach of a line, and the ground it stands on. The plain of
Chengdu and the Yangtze delta have no free land, Chongqing has little sun and its wind far off."""

_NORTH: Final = ("GS", "HE", "NM", "NX")
_FUNDS_FROM: Final = {"HE_north": "HE_south"}
"""Grids whose annex leaves the funds empty: those of the province's other grid."""

_YEAR: Final = 2026
_NAMES: Final = {
    "direct_wind": ("绿电直连（风电）", "direct supply, wind"),
    "direct_solar": ("绿电直连（光伏）", "direct supply, solar"),
    "on_site_solar": ("自发自用光伏", "on-site solar"),
}
_BASIS: Final = Basis("assumption", (ASSUMPTION,), RESEARCH_DATE, "ranges in provenance")


# --- yield --------------------------------------------------------------------------------------


def _profile_rows(province: str, technology: str) -> tuple[RawRow, ...]:
    return where("renewable_profiles", province_code=province, technology=technology)


def modelled_hours(province: str, technology: str) -> float:
    """Return the full-load hours of the table ``renewable_profiles``."""
    total = 0.0
    for row in _profile_rows(province, technology):
        days = calendar.monthrange(_YEAR, int(row.text("month")))[1]
        day = sum(row.number(f"cf_h{hour:02d}") for hour in range(HOURS_PER_DAY))
        total += days * day * profile_scale(row)[0]
    return total


def _project(place: str, metric: str) -> RawRow:
    return one("direct_supply", place=place, metric=metric)


def _wind_yield(site: Place) -> Cell:
    province = site.province.code
    row = _profile_rows(province, "onshore_wind")[0]
    scale = profile_scale(row)[0]
    if is_assumed("green_contracts", site.code, "wind_yield"):
        expected = _project(site.code, "yearly_generation").number("value") * 1e3
        expected -= _project(site.code, "solar").number("value") * modelled_hours(province, "solar")
        hours = expected / _project(site.code, "wind").number("value")
        modelled = modelled_hours(province, "onshore_wind")
        return assumed("green_contracts", site.code, "wind_yield").cell(
            factor=hours / modelled,
            note=f"{hours:,.0f} full-load hours of the project's wind over {modelled:,.0f} of "
            "the profile",
            digits=3,
        )
    factor = row.number("scale_to_published") / scale
    hours = modelled_hours(province, "onshore_wind") * factor
    note = f"published hours over those of the profile, {hours:,.0f} full-load hours"
    return assumed("green_contracts", "any", "wind_yield").cell(factor=factor, note=note, digits=3)


# --- cost ---------------------------------------------------------------------------------------


def storage_prices() -> tuple[float, float]:
    """Return the mean bid prices of storage in yuan/kW and yuan/kWh, split by duration."""
    two, four = (
        _project("CN", f"storage_system_{hours}h").number("value") * hours for hours in (2, 4)
    )
    energy = (four - two) / 2.0
    return two - 2.0 * energy, energy


def wind_cost(place: str) -> tuple[float, str]:
    """Return what a project for data centres spends on wind in yuan/kW, and how it follows."""
    solar = assumed("green_contracts", "direct_solar", "capex_yuan_per_kw").value
    left = _project(place, "investment").number("value") * 1e3
    left -= _project(place, "solar").number("value") * solar
    how = f"less solar at {solar:,.0f} yuan/kW"
    for row in where("direct_supply", place=place, metric="storage_energy"):
        change = _project("CN", "storage_system_4h_change").number("value") / 100.0
        price = _project("CN", "storage_system_4h").number("value") / (1.0 + change)
        price *= assumed("batteries", "any", "installation_factor").value
        left -= row.number("value") * price
        how += f" and storage at {price:,.0f} yuan/kWh, a price of 2024"
    return left / _project(place, "wind").number("value"), how


def _wind_capex(site: Place) -> Cell:
    terrain = _TERRAIN[site.code]
    cost, how = wind_cost("qingyang" if terrain == "hills" else "horinger")
    note = f"total of the project {how}: {cost:,.0f} yuan/kW"
    if terrain == "mountain":
        ratio = _project("CN", "wind_cost_mountain").number("value")
        ratio /= _project("CN", "wind_cost_plain").number("value")
        cost, note = cost * ratio, f"{note}, times {ratio:.2f}"
    cell = assumed("green_contracts", terrain, "wind_capex_factor").cell(factor=cost, note=note)
    # Two figures are all that the projects carry.
    value, low, high = (
        round(figure, -2) for figure in (cell.number, cell.low, cell.high) if figure
    )
    return assume(value, low, high, cell.basis.note, cell.basis.sources)


def _charges(site: Place) -> Cell:
    """Return the charges kept on a MWh used from the line."""
    region = site.tariff_region
    price = transmission_row(region, site.voltage_kv)
    sources = [price.source]
    energy = price.number("two_part_energy_yuan_per_kwh")
    for adder in where("transmission_prices", tariff_region_id=region, record="zone_adder"):
        energy += adder.number("zone_adder_yuan_per_kwh")
        sources.append(adder.source)
    energy = max(0.0, energy) * 1e3
    funds_row = transmission_row(_FUNDS_FROM.get(region, region), site.voltage_kv)
    funds = funds_row.number("government_funds_yuan_per_kwh") * 1e3
    parts = [
        (energy, assumed("green_contracts", "direct_supply", "transmission_share")),
        (funds, assumed("green_contracts", "direct_supply", "funds_share")),
        (1.0, assumed("green_contracts", "direct_supply", "system_operation_yuan_per_mwh")),
    ]
    return assume(
        sum(size * part.value for size, part in parts),
        sum(size * part.low for size, part in parts),
        sum(size * part.high for size, part in parts),
        f"transmission {energy:.1f} and funds {funds:.1f} yuan/MWh; "
        + "; ".join(part.reason for _size, part in parts),
        combined(sources, [funds_row.source], *(part.anchors for _size, part in parts)),
        digits=4,
    )


# --- tables -------------------------------------------------------------------------------------


def _figure(key: str, column: str) -> Assumption:
    return assumed("green_contracts", key, column)


def _add(pack: Pack, contract: str, site: Place, cells: dict[str, Cell | str]) -> None:
    name_zh, name_en = _NAMES[contract]
    kind = "on_site" if contract == "on_site_solar" else "direct_supply"
    pack.add(
        "green_contracts",
        {
            "contract": contract,
            "site": site.code,
            "name_zh": name_zh,
            "name_en": name_en,
            "kind": kind,
            "additional": True,
            **cells,
        },
        _BASIS,
    )


def _capacity(site: Place, column: str, *, later: bool) -> Cell:
    """Return the power on offer; later the high end of what is on offer first."""
    power = _figure(site.code, column)
    if not later:
        return power.cell()
    return assume(
        power.high,
        power.value,
        2.0 * power.high,
        f"what can be on direct lines by 2030, the high end for 2026; {power.reason}",
        power.anchors,
    )


def add_generation(pack: Pack, *, later: bool = False) -> None:
    """Add direct supply and on-site generation to the table ``green_contracts``.

    Parameters
    ----------
    pack
        Pack to add to.
    later
        Whether the power is that of 2030.
    """
    upkeep: dict[str, dict[str, Cell | str]] = {
        name: {
            "life_years": _figure(name, "life_years").cell(),
            "upkeep_share_per_year": _figure(name, "upkeep_share_per_year").cell(),
        }
        for name in ("wind", "solar")
    }
    solar_yield = _figure("any", "solar_yield").cell()
    for site in clusters():
        if site.code in _TERRAIN:
            side = "north" if site.province.code in _NORTH else "south"
            common: dict[str, Cell | str] = {
                "line": LINE,
                "price_yuan_per_mwh": _charges(site),
                "export_price_yuan_per_mwh": _figure(side, "export_price_yuan_per_mwh").cell(),
            }
            wind: dict[str, Cell | str] = {
                "technology": "onshore_wind",
                "capacity_mw": _capacity(site, "wind_mw", later=later),
                "capex_yuan_per_kw": _wind_capex(site),
                "yield_factor": _wind_yield(site),
            }
            sun: dict[str, Cell | str] = {
                "technology": "solar",
                "capacity_mw": _capacity(site, "solar_mw", later=later),
                "capex_yuan_per_kw": _figure("direct_solar", "capex_yuan_per_kw").cell(),
                "yield_factor": solar_yield,
            }
            _add(pack, "direct_wind", site, common | wind | upkeep["wind"])
            _add(pack, "direct_solar", site, common | sun | upkeep["solar"])
        roof: dict[str, Cell | str] = {
            "technology": "solar",
            "yield_factor": solar_yield,
            **{
                column: _figure("on_site_solar", column).cell()
                for column in ("price_yuan_per_mwh", "capacity_mw", "capex_yuan_per_kw")
            },
        }
        _add(pack, "on_site_solar", site, roof | upkeep["solar"])


def add_batteries(pack: Pack) -> None:
    """Add the table ``batteries``: one offer at each cluster, at the mean bid price of 2025."""
    works = assumed("batteries", "any", "installation_factor")
    per_kw, per_kwh = storage_prices()
    bids = [_project("CN", f"storage_system_{hours}h").source for hours in (2, 4)]
    costs = {
        column: assume(
            price * works.value,
            price * works.low,
            price * works.high,
            f"{price:,.0f} yuan from the mean bids for two and four hours, times {works.value:g}; "
            f"{works.reason}",
            bids,
        )
        for column, price in (("capex_yuan_per_kw", per_kw), ("capex_yuan_per_kwh", per_kwh))
    }
    columns = (
        "power_mw",
        "energy_mwh",
        "life_years",
        "upkeep_share_per_year",
        "charge_efficiency",
        "discharge_efficiency",
    )
    cells = {column: assumed("batteries", "any", column).cell() for column in columns}
    for site in clusters():
        pack.add(
            "batteries",
            {
                "battery": "lfp",
                "site": site.code,
                "name_zh": "磷酸铁锂储能",
                "name_en": "lithium iron phosphate battery",
                **cells,
                **costs,
            },
            _BASIS,
        )
