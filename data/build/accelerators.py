"""Accelerator types: published specification, power, price, failures; supply in 2026."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.build.assumptions import assumed, assumed_keys, is_assumed
from data.build.cells import Basis, Cell, combined, estimate
from data.build.raw import RawRow, one
from data.build.writer import Pack

SUPPLY_YEAR: Final = 2026


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One type of the pack.

    Parameters
    ----------
    code
        Code of the type.
    name_zh, name_en
        Names.
    export_status
        Whether China can buy it.
    sibling
        Published type of the same silicon, for figures the type itself lacks.
    """

    code: str
    name_zh: str
    name_en: str
    export_status: str
    sibling: str = ""

    @property
    def is_ascend(self) -> bool:
        """Whether it is an Ascend."""
        return self.code.startswith("ascend")


ACCELERATORS: Final = (
    Accelerator("a800", "英伟达 A800", "NVIDIA A800 80GB", "barred", "a100"),
    Accelerator("ascend_910b", "昇腾 910B", "Huawei Ascend 910B", "domestic"),
    Accelerator("ascend_910c", "昇腾 910C", "Huawei Ascend 910C", "domestic"),
    Accelerator("h20", "英伟达 H20", "NVIDIA H20 96GB", "licensed"),
    Accelerator("h200", "英伟达 H200", "NVIDIA H200 141GB", "restricted", "h100"),
    Accelerator("h800", "英伟达 H800", "NVIDIA H800 80GB", "barred", "h100"),
)

_RAW_COLUMN: Final = {
    "bf16_dense_tflops": "bf16_dense_tflops",
    "memory_gb": "memory_gb",
    "memory_bandwidth_tb_per_s": "memory_bandwidth_tb_per_s",
    "server_maximum_kw": "server_max_power_kw",
    "server_sustained_kw": "server_sustained_power_kw",
}


def raw_accelerator(code: str) -> RawRow:
    """Return the published row of a type."""
    return one("accelerators", code=code)


def specification(accelerator: Accelerator, column: str) -> Cell:
    """Return a figure of a type: published, of its sibling, or assumed, in this order."""
    row = raw_accelerator(accelerator.code)
    raw_column = _RAW_COLUMN[column]
    as_of = row.source.date
    if row.has(raw_column):
        return row.cell(raw_column, as_of)
    if is_assumed("accelerators", accelerator.code, column):
        return assumed("accelerators", accelerator.code, column).cell()
    sibling = raw_accelerator(accelerator.sibling)
    return estimate(
        sibling.number(raw_column),
        (row.source, sibling.source),
        sibling.source.date,
        f"figure of the {sibling.text('accelerator')}, which has the same silicon",
    )


def by_code(code: str) -> Accelerator:
    """Return a type by code."""
    return next(item for item in ACCELERATORS if item.code == code)


def tflops(code: str) -> float:
    """Return the dense bf16 rate in TFLOPS."""
    return specification(by_code(code), "bf16_dense_tflops").number


def bandwidth_tb_per_s(code: str) -> float:
    """Return the memory bandwidth in TB/s."""
    return specification(by_code(code), "memory_bandwidth_tb_per_s").number


def per_server(code: str) -> int:
    """Return the accelerators of a server."""
    return int(raw_accelerator(code).number("accelerators_per_server"))


def maximum_kw(code: str) -> float:
    """Return the sizing power of one accelerator in kW, with its share of network and storage."""
    factor = assumed("parameters", "network_storage_power_factor", "value").value
    return specification(by_code(code), "server_maximum_kw").number / per_server(code) * factor


def sustained_kw(code: str) -> float:
    """Return the power of one working accelerator with its share of the server, in kW."""
    return specification(by_code(code), "server_sustained_kw").number / per_server(code)


def _idle_share() -> Cell:
    population = "gpu_server_seren_ipmi_whole_server"
    low = one("measured_server_power", population=population, statistic="p10")
    high = one("measured_server_power", population=population, statistic="p95")
    return estimate(
        low.number("power_w") / high.number("power_w"),
        (low.source, high.source),
        low.source.date,
        "10th over 95th percentile of the measured power of whole 8-card servers",
        digits=3,
    )


def _price(accelerator: Accelerator) -> Cell:
    row = raw_accelerator(accelerator.code)
    code, date = accelerator.code, row.text("price_date") or row.source.date
    if code == "ascend_910c":
        rate = assumed("finance", "exchange_rate_yuan_per_usd", "value")
        return estimate(
            row.number("price_per_system_usd") * rate.value / per_server(code),
            (row.source,),
            date,
            f"system of {per_server(code)} at 8 million USD and {rate.value} yuan/USD",
        )
    if code == "h20":
        quotes = row.number("price_per_server_cny"), row.number("price_per_server_cny_later")
        return estimate(
            sum(quotes) / 2 / per_server(code),
            (row.source,),
            date,
            "middle of the quotes of February and July 2024 for a server, by card",
        )
    if code == "h800":
        return estimate(
            row.number("price_per_server_cny") / per_server(code),
            (row.source,),
            date,
            "price of a server at launch by card; no longer sold, for the record",
        )
    if code == "a800":
        return assumed("accelerators", code, "price_yuan").cell()
    share = assumed("accelerators", code, "server_share_yuan")
    if code == "ascend_910b":
        card = row.number("price_per_card_cny")
    else:
        card = row.number("price_per_module_cny") / per_server(code)
    cell = share.cell(note="quoted price of the card or module and a share of the server")
    return Cell(
        round(card + share.value),
        cell.basis,
        round(card + share.low),
        round(card + share.high),
    )


def _failures(accelerator: Accelerator) -> Cell:
    row = one("reliability", system="Llama 3 405B pre-training")
    rate = row.number("failures_per_gpu_day")
    if accelerator.is_ascend:
        return assumed("accelerators", "ascend", "failure_factor").cell(factor=rate)
    return estimate(
        rate, (row.source,), row.source.date, "unexpected failures of the Llama 3 405B run on H100"
    )


def add_accelerators(pack: Pack) -> None:
    """Add the tables ``accelerators`` and ``accelerator_supply``."""
    for accelerator in ACCELERATORS:
        row = raw_accelerator(accelerator.code)
        embodied = (
            accelerator.code
            if is_assumed("accelerators", accelerator.code, "embodied_kgco2")
            else "any"
        )
        pack.add(
            "accelerators",
            {
                "accelerator": accelerator.code,
                "name_zh": accelerator.name_zh,
                "name_en": accelerator.name_en,
                "vendor": row.text("vendor"),
                **{column: specification(accelerator, column) for column in _RAW_COLUMN},
                "accelerators_per_server": per_server(accelerator.code),
                "idle_share": _idle_share(),
                "availability": assumed("accelerators", "any", "availability").cell(),
                "price_yuan": _price(accelerator),
                "life_years": assumed("accelerators", "any", "life_years").cell(),
                "embodied_kgco2": assumed("accelerators", embodied, "embodied_kgco2").cell(),
                "failures_per_accelerator_day": _failures(accelerator),
                "export_status": accelerator.export_status,
            },
            row.basis(row.source.date, "specification as published; other figures see provenance"),
        )
    for code in assumed_keys("accelerator_supply", "supply"):
        supply = assumed("accelerator_supply", code, "supply").cell()
        pack.add(
            "accelerator_supply",
            {"accelerator": code, "year": SUPPLY_YEAR, "supply": supply},
            Basis("assumption", combined(supply.basis.sources), supply.basis.as_of),
        )
