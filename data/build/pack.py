"""Builds all tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.build.accelerators import add_accelerators
from data.build.case_2030 import CASE, add_later_years
from data.build.climate import add_climate
from data.build.cooling import add_modules
from data.build.direct_supply import add_batteries, add_generation
from data.build.finance import add_finance, add_times
from data.build.fleet import add_fleet
from data.build.grid import add_grid
from data.build.jobs import add_jobs, add_training_rates
from data.build.network import add_latency, add_links
from data.build.policies import add_policies
from data.build.profiles import add_profiles
from data.build.provinces import add_provinces
from data.build.rates import add_service_rates, reference_seconds
from data.build.regions import add_regions
from data.build.renewables import add_green_contracts, add_renewable_profiles
from data.build.services import add_services
from data.build.sites import add_sites
from data.build.tariffs import add_tariffs
from data.build.writer import Pack
from optimizer.labels import Text
from optimizer.tables.datapackage import write_data_package
from optimizer.tables.pack import NATIONAL_CASE

TITLE: Final = Text(
    "Eastwest: computing hubs of China, 2026", "Eastwest：全国一体化算力网数据，2026 年"
)
"""Title of the data package."""


def national_pack() -> Pack:
    """Return every table of the national case, not yet written."""
    pack = Pack()
    add_provinces(pack)
    add_sites(pack)
    add_climate(pack)
    add_regions(pack)
    add_links(pack)
    add_latency(pack)
    add_services(pack, reference_seconds())
    add_service_rates(pack)
    add_profiles(pack)
    add_jobs(pack)
    add_training_rates(pack)
    add_accelerators(pack)
    add_fleet(pack)
    add_times(pack)
    add_modules(pack)
    add_tariffs(pack)
    add_grid(pack)
    add_green_contracts(pack)
    add_generation(pack)
    add_batteries(pack)
    add_renewable_profiles(pack)
    add_policies(pack)
    add_finance(pack)
    return pack


def build_all(destination: Path) -> None:
    """Derive every table of the pack and write it, with the descriptor of the data package.

    Parameters
    ----------
    destination
        Existing folder for ``<table>.csv`` and ``datapackage.json``.
    """
    national_pack().write(destination)
    write_data_package(destination, NATIONAL_CASE, TITLE)


def build_later_years(destination: Path) -> None:
    """Derive the tables that the case ``national-2030`` adds, and write them.

    Parameters
    ----------
    destination
        Existing folder of the case; its ``case.yaml`` is written by hand.
    """
    base, case = national_pack(), Pack()
    add_later_years(case, base)
    case.write(destination, base, CASE)
