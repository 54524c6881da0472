"""Building modules, and the PUE they have at a site."""

from __future__ import annotations

from typing import Final

from data.build.assumptions import assumed
from data.build.cells import ASSUMPTION, RESEARCH_DATE, Basis, Cell
from data.build.climate import design_temperature, monthly_means
from data.build.places import Place
from data.build.writer import Pack

MODULES: Final = (
    ("cluster_air", "集群风冷模块", "air-cooled hall, cluster", "new", "cluster", "air"),
    ("cluster_liquid", "集群液冷模块", "liquid-cooled hall, cluster", "new", "cluster", "liquid"),
    ("existing", "已有机房", "existing power", "existing", "any", "air"),
    ("metro_air", "城市风冷模块", "air-cooled room, city", "new", "metro", "air"),
)
"""Module, Chinese name, English name, kind, class of sites, cooling."""

_COEFFICIENTS: Final = (
    "it_mw",
    "pue_base",
    "pue_slope_per_c",
    "pue_threshold_c",
    "wue_l_per_kwh",
    "capex_factor",
    "maximum_per_site",
    "minimum_per_site",
    "life_years",
)


def pue(module: str, temperature_c: float) -> float:
    """Return the PUE of a module at an outdoor temperature in degC."""
    base = assumed("modules", module, "pue_base").value
    slope = assumed("modules", module, "pue_slope_per_c").value
    threshold = assumed("modules", module, "pue_threshold_c").value
    return base + slope * max(0.0, temperature_c - threshold)


def design_pue(module: str, site: Place) -> float:
    """Return the PUE of a module on the design day of a site."""
    return pue(module, design_temperature(site).number)


def annual_pue(module: str, site: Place) -> float:
    """Return the mean PUE of a module over the twelve months at a site."""
    months = monthly_means(site)
    return sum(pue(module, temperature) for temperature in months) / len(months)


def _coefficients(module: str, kind: str, years: int) -> dict[str, Cell]:
    cells = {column: assumed("modules", module, column).cell() for column in _COEFFICIENTS}
    if kind == "new" and years > 1:
        cells["maximum_per_site"] = assumed("modules", module, "maximum_per_site").cell(
            factor=years, note=f"in each of {years} years"
        )
    return cells


def add_modules(pack: Pack, *, years: int = 1) -> None:
    """Add the table ``modules``.

    Parameters
    ----------
    pack
        Pack to add to.
    years
        How many years a site may be built on in.
    """
    for module, name_zh, name_en, kind, site_class, cooling in MODULES:
        pack.add(
            "modules",
            {
                "module": module,
                "name_zh": name_zh,
                "name_en": name_en,
                "kind": kind,
                "site_class": site_class,
                "cooling": cooling,
                **_coefficients(module, kind, years),
            },
            Basis("assumption", (ASSUMPTION,), RESEARCH_DATE, "ranges in provenance"),
        )
