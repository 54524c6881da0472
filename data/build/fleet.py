"""IT power and installed accelerators of the sites.

Clusters: built racks of 2.5 kW, or an assumption. What is in use is ``utilisation * existing``;
the fleet takes its part of it and general load keeps the rest, at least ``general_share``.
Metro sites share the remaining racks of the country, and the remaining compute, by GDP.

Fleet of a type = published PFLOPS * share of the type / TFLOPS, in whole servers. Where the
power that general load leaves is less than the fleet needs, the fleet is cut to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final

from data.build.accelerators import ACCELERATORS, maximum_kw, per_server, tflops
from data.build.assumptions import Assumption, assumed, is_assumed
from data.build.cells import Basis, Cell, Source, assume, combined, estimate
from data.build.places import Place, clusters, metros, place, places
from data.build.provinces import gdp
from data.build.raw import RawRow, one
from data.build.writer import Pack
from optimizer.units import STANDARD_RACK_MW

FLEET_YEAR: Final = 2025

_BUILT_RACKS: Final = ("chongqing", "horinger", "zhangjiakou", "zhongwei")
_PUBLISHED_PFLOPS: Final = {
    "guian": ("total_compute", 1000.0),
    "qingyang": ("total_compute", 1.0),
    "wuhu": ("platform_intelligent_compute", 1.0),
    "zhangjiakou": ("intelligent_compute", 1.0),
    "zhongwei": ("total_compute", 1.0),
}
"""Metric of the published compute and its factor to PFLOPS."""


@dataclass(frozen=True, slots=True)
class SitePower:
    """IT power of a site in MW, and its fleet.

    Parameters
    ----------
    existing, occupied, ai_ready
        Cells of the table ``sites``.
    pflops
        Compute the fleet is derived from, before any cut.
    fleet
        Accelerators by type.
    cut
        Share of the derived fleet that the free power allows.
    """

    existing: Cell
    occupied: Cell
    ai_ready: Cell
    pflops: Cell
    fleet: dict[str, int]
    cut: float

    @property
    def fleet_mw(self) -> float:
        """Sizing power of the fleet in MW."""
        return power_mw(self.fleet)


def power_mw(fleet: dict[str, int]) -> float:
    """Return the sizing power of a fleet in MW."""
    return sum(count * maximum_kw(code) for code, count in fleet.items()) / 1000


def _fact(cluster: str, metric: str, **cells: str) -> RawRow:
    return one("hub_facts", cluster_id=cluster, metric=metric, **cells)


def _assumption(table: str, site: Place, column: str) -> Assumption:
    """Return the assumption of a site, or of its class."""
    if is_assumed(table, site.code, column):
        return assumed(table, site.code, column)
    return assumed(table, "cluster" if site.is_cluster else "metro", column)


def national_racks() -> RawRow:
    """Return the raw row of the standard racks of the country."""
    return one("demand", scope="national", metric="standard_racks_in_use")


def national_pflops() -> RawRow:
    """Return the raw row of the installed compute of the country, in EFLOPS."""
    return one("demand", scope="national", metric="intelligent_compute")


@cache
def gdp_share(province: str) -> float:
    """Return the share of a province in the GDP of the 31."""
    total = sum(gdp(metro.province.code).number for metro in metros())
    return gdp(province).number / total


@cache
def cluster_existing_mw(cluster: str) -> Cell:
    """Return the existing IT power of a cluster."""
    if is_assumed("sites", cluster, "existing_it_mw"):
        return assumed("sites", cluster, "existing_it_mw").cell()
    if cluster == "qingyang":
        racks = _fact(cluster, "standard_racks")
        then = _fact(cluster, "total_compute", as_of="2025-01")
        now = _fact(cluster, "total_compute", as_of="2025-08")
        growth = now.number("value_low") / then.number("value_low")
        return estimate(
            round(racks.number("value_low") * STANDARD_RACK_MW * growth, 1),
            (racks.source, then.source, now.source),
            now.text("as_of"),
            "31,000 racks of January 2025, grown with compute from 50,000 to 66,000 PFLOPS",
        )
    row = _fact(cluster, "standard_racks")
    racks_text = f"{row.number('value_low'):,.0f}"
    return estimate(
        round(row.number("value_low") * STANDARD_RACK_MW, 1),
        (row.source,),
        row.text("as_of"),
        f"{racks_text} racks of 2.5 kW",
    )


@cache
def _existing(site: Place) -> Cell:
    if site.is_cluster:
        return cluster_existing_mw(site.code)
    racks = national_racks()
    parts = [cluster_existing_mw(cluster.code) for cluster in clusters()]
    rest = racks.number("value") * STANDARD_RACK_MW - sum(part.number for part in parts)
    return estimate(
        round(rest * gdp_share(site.province.code), 1),
        combined((racks.source,), gdp(site.province.code).basis.sources),
        racks.text("as_of"),
        f"national racks of 2.5 kW less the ten clusters ({rest:,.0f} MW), split by GDP",
    )


@cache
def cluster_pflops(cluster: str) -> Cell:
    """Return the compute of a cluster in PFLOPS: published, or assumed."""
    if cluster not in _PUBLISHED_PFLOPS:
        return assumed("fleet", cluster, "pflops").cell()
    metric, factor = _PUBLISHED_PFLOPS[cluster]
    row = (
        _fact(cluster, metric, as_of="2025-08") if cluster == "qingyang" else _fact(cluster, metric)
    )
    return estimate(
        row.number("value_low") * factor, (row.source,), row.text("as_of"), "published compute"
    )


@cache
def _pflops(site: Place) -> Cell:
    if site.is_cluster:
        return cluster_pflops(site.code)
    row = national_pflops()
    rest = row.number("value") * 1000 - sum(
        cluster_pflops(cluster.code).number for cluster in clusters()
    )
    return estimate(
        rest * gdp_share(site.province.code),
        combined((row.source,), gdp(site.province.code).basis.sources),
        row.text("as_of"),
        f"national compute less the ten clusters ({rest / 1000:,.1f} EFLOPS), split by GDP",
    )


def _whole_servers(pflops: float, factor: float) -> dict[str, int]:
    """Return the fleet of a compute, scaled by a factor, in whole servers."""
    fleet = {}
    for accelerator in ACCELERATORS:
        code = accelerator.code
        share = assumed("fleet", code, "mix_share").value
        number = pflops * factor * share * 1000 / tflops(code)
        servers = (
            math.floor(number / per_server(code))
            if factor < 1
            else round(number / per_server(code))
        )
        if servers:
            fleet[code] = servers * per_server(code)
    return fleet


def _floor(value: float) -> float:
    return math.floor(value * 10 + 1e-9) / 10


def _ceil(value: float) -> float:
    return math.ceil(value * 10 - 1e-9) / 10


@cache
def site_power(site_code: str) -> SitePower:
    """Return power and fleet of a site."""
    site = place(site_code)
    existing, pflops = _existing(site), _pflops(site)
    use = _assumption("sites", site, "utilisation")
    used = existing.number * use.value
    serving = assumed("fleet", "any", "serving_share").value * pflops.number
    fleet = _whole_servers(serving, 1.0)
    cut = 1.0
    if site.is_cluster:
        general = assumed("sites", "cluster", "general_share")
        least = general.value * used
        free = existing.number - least
        needed = power_mw(fleet)
        if needed > free:
            cut = free / needed
            fleet = _whole_servers(serving, cut)
        occupied = assume(
            _floor(max(used - power_mw(fleet), least)),
            _floor(existing.number * use.low * general.low),
            _floor(existing.number * use.high),
            f"{use.value:g} of the existing power is in use, less the fleet's "
            f"{power_mw(fleet):.1f} MW, at least {general.value:g} of it; {use.reason}",
            use.anchors,
        )
    else:
        occupied = assume(
            _floor(used),
            _floor(existing.number * use.low),
            _floor(existing.number * use.high),
            f"{use.value:g} of the existing power; {use.reason}",
            use.anchors,
        )
    return SitePower(
        existing, occupied, _ai_ready(site, existing, occupied, fleet), pflops, fleet, cut
    )


def _ai_ready(site: Place, existing: Cell, occupied: Cell, fleet: dict[str, int]) -> Cell:
    empty = _assumption("sites", site, "empty_ai_share")
    needed = power_mw(fleet)
    # Differences of figures with one decimal carry noise that a floor would turn into 0.1 MW.
    free = _floor(round(existing.number - occupied.number, 6))
    least = min(_ceil(needed), free)

    def with_shell(share: float) -> float:
        return max(least, min(_floor(needed * (1 + share)), free))

    return assume(
        with_shell(empty.value),
        with_shell(empty.low),
        with_shell(empty.high),
        f"the fleet's {needed:.1f} MW and {empty.value:g} of it empty, at most the free power; "
        f"{empty.reason}",
    )


def add_fleet(pack: Pack) -> None:
    """Add the table ``fleet``."""
    for site in places():
        power = site_power(site.code)
        sources: tuple[Source, ...] = power.pflops.basis.sources
        cut_note = (
            f"; cut to {power.cut:.0%}, which is what the power at the site carries"
            if power.cut < 1
            else ""
        )
        for code, count in power.fleet.items():
            share = assumed("fleet", code, "mix_share")
            serving = assumed("fleet", "any", "serving_share")
            method = (
                f"{power.pflops.number:,.0f} PFLOPS ({power.pflops.basis.note}), of which "
                f"{serving.value:g} serve the work planned and {share.value:g} of that is on this "
                f"type, in whole servers{cut_note}"
            )
            installed: Cell | int = count
            basis = Basis("estimate", sources, power.pflops.basis.as_of, method)
            if power.pflops.low is not None and power.pflops.high is not None:
                scale = count / power.pflops.number
                installed = assume(
                    count,
                    math.floor(power.pflops.low * scale),
                    math.ceil(power.pflops.high * scale),
                    method,
                    sources,
                )
            pack.add(
                "fleet",
                {
                    "site": site.code,
                    "accelerator": code,
                    "installed": installed,
                    "year": FLEET_YEAR,
                },
                basis,
            )
