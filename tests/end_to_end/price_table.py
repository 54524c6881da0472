"""The README's table of mean energy prices: ``python -m tests.end_to_end.price_table``."""

from __future__ import annotations

import sys

import numpy as np

from optimizer.inputs.case import read_case


def price_table() -> str:
    """Return the mean energy price of every tariff region of the pack as Markdown."""
    case = read_case()
    sites = case.tables["sites"].frame
    weight = case.derived.calendar.weight
    mean = np.einsum("sdh,d->s", case.derived.prices.energy, weight) / (24.0 * weight.sum())
    by_tariff: dict[tuple[str, str], float] = {}
    for region, voltage, price in zip(
        sites["tariff_region"], sites["voltage_kv"], mean, strict=True
    ):
        by_tariff[str(region), str(voltage)] = float(price)
    ordered = sorted(by_tariff.items(), key=lambda item: (item[1], item[0]))
    lines = ["| tariff region | voltage, kV | yuan/kWh |", "|---|---:|---:|"]
    lines += [f"| {region} | {voltage} | {price:.3f} |" for (region, voltage), price in ordered]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(price_table())
