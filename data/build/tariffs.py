"""Electricity tariffs by region, voltage, month and band.

Energy price of a band::

    flat(1-10 kV)  = flat price of the agency purchase of March 2026
    flat(110 kV)   = flat(1-10 kV) - (T(1-10 kV) - T(110 kV))
    price(band)    = flat(voltage) * ratio(band, month)

with ``T`` the two-part transmission price of the fourth period (from August 2026), and the
ratio from the region's own notice where one names the month, otherwise that of March. Bands
without a price of March take peak or valley times the factor of the choices table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from data.build.assumptions import assumed, is_assumed
from data.build.bands import (
    HALF_HOURS,
    MONTHS,
    Day,
    choice,
    hours_text,
    months_of,
    regions_with_choice,
    schedule,
    schedule_source,
)
from data.build.cells import DERIVATION, Basis, Cell, Grade, Source, Value, assume, combined
from data.build.raw import RawRow, where
from data.build.writer import Pack

LOW_VOLTAGE: Final = "1-10"
HIGH_VOLTAGE: Final = "110"
VOLTAGES: Final = (LOW_VOLTAGE, HIGH_VOLTAGE)
PRICE_MONTH: Final = 3
PRICE_DATE: Final = "2026-03"

BANDS_BY_PRICE: Final = ("super_peak", "peak", "flat", "valley", "deep_valley")

MEAN_REGION: Final = "YRD_demo"
"""Zone that spans three tariff areas; its price is their mean hour by hour."""

MEAN_OF: Final = ("SH", "JS", "ZJ")

_TRANSMISSION_REGION: Final = {"GD_prd5": "GD", "GD_north": "GD"}
"""Zones add the same amount at every voltage, so the provincial difference holds."""

_TIERS: Final = {LOW_VOLTAGE: ("1-10(20)",), HIGH_VOLTAGE: ("110", "110(66)", "35-110")}


@dataclass(frozen=True, slots=True)
class Price:
    """Price of one band in one month.

    Parameters
    ----------
    value
        yuan/kWh.
    basis
        Grade, sources and method.
    low, high
        Range of an assumption.
    """

    value: float
    basis: Basis
    low: float | None = None
    high: float | None = None


@cache
def transmission_row(region: str, voltage: str) -> RawRow:
    """Return the transmission tariff of the fourth period at a voltage."""
    code = _TRANSMISSION_REGION.get(region, region)
    rows = [
        row
        for tier in _TIERS[voltage]
        for row in where(
            "transmission_prices", tariff_region_id=code, record="tariff", voltage_kv=tier
        )
    ]
    (row,) = rows
    return row


def transmission_price(region: str, voltage: str) -> float:
    """Return the two-part transmission price in yuan/kWh."""
    return transmission_row(region, voltage).number("two_part_energy_yuan_per_kwh")


@cache
def _band_rows(region: str, record: str) -> tuple[RawRow, ...]:
    return where("tou_tariffs", record_type=record, region_id=region)


@cache
def _march_prices(region: str) -> dict[str, RawRow]:
    return {row.text("band"): row for row in _band_rows(region, "band_price")}


def _own_ratios(region: str, month: int) -> dict[str, tuple[float, RawRow]]:
    """Return price over flat by band from a notice at 110 kV that names the month."""
    rows = [
        row
        for row in _band_rows(region, "band_price_110kv")
        if month in months_of(row.text("months"))
    ]
    flat = {
        row.text("months"): row.number("price_yuan_per_kwh")
        for row in rows
        if row.text("band") == "flat"
    }
    return {
        row.text("band"): (row.number("price_yuan_per_kwh") / flat[row.text("months")], row)
        for row in rows
    }


def _ratio(region: str, month: int, band: str) -> tuple[float, tuple[Source, ...], str]:
    """Return price over flat of a band, its sources and how it was filled, if it was."""
    own = _own_ratios(region, month)
    if band in own:
        ratio, row = own[band]
        return ratio, (row.source,), f"ratio of the notice that names month {month}"
    march = _march_prices(region)
    flat = march["flat"]
    if band in march:
        row = march[band]
        ratio = row.number("price_yuan_per_kwh") / flat.number("price_yuan_per_kwh")
        return ratio, (row.source,), ""
    for filled in choice(region, "price"):
        if filled.text("band") == band and month in months_of(filled.text("months")):
            factor = filled.number("factor")
            base, sources, _ = _ratio(region, month, filled.text("choice"))
            note = f"{filled.text('choice')} times {factor:g}: {filled.text('reason')}"
            return base * factor, sources, note
    raise LookupError(f"{region}: no price of {band} in month {month}")


def _assumed_price(region: str, band: str, voltage: str) -> Price:
    """Return a price of the two areas without an agency price."""
    part = assumed("tariffs", region, "generation_price_yuan_per_kwh")
    transmission = transmission_row(region, voltage)
    base = transmission.number("two_part_energy_yuan_per_kwh")
    factor, sources = 1.0, combined((transmission.source,), part.anchors)
    if band != "flat":
        # The notice applies its ratios to the purchase price, not to transmission.
        notice = next(
            row for row in where("tou_hours", tariff_region_id=region) if row.text("band") == band
        )
        factor = notice.number("ratio_to_flat")
        sources = combined(sources, (notice.source,))
    cell = assume(
        base + factor * part.value,
        base + factor * part.low,
        base + factor * part.high,
        f"transmission {base:g} and {factor:g} times {part.value:g} yuan/kWh; {part.reason}",
        sources,
    )
    return Price(cell.number, cell.basis, cell.low, cell.high)


@cache
def band_price(region: str, month: int, band: str, voltage: str) -> Price:
    """Return the price of a band."""
    if is_assumed("tariffs", region, "generation_price_yuan_per_kwh"):
        return _assumed_price(region, band, voltage)
    flat = _march_prices(region)["flat"]
    ratio, sources, filled = _ratio(region, month, band)
    price = flat.number("price_yuan_per_kwh")
    sources = combined(sources, (flat.source,), _schedule_sources(region))
    notes = [filled] if filled else []
    grade: Grade = "estimate" if filled else flat.grade
    if voltage == HIGH_VOLTAGE:
        step = transmission_price(region, LOW_VOLTAGE) - transmission_price(region, HIGH_VOLTAGE)
        price -= step
        sources = combined(sources, (transmission_row(region, LOW_VOLTAGE).source,))
        notes.insert(0, f"flat price of March 2026 at 1-10 kV less {step:.4f} for the voltage")
        grade = "estimate"
    if grade == "estimate":
        sources = combined(sources, (DERIVATION,))
    else:
        notes.append("agency purchase of March 2026, two-part tariff")
    return Price(price * ratio, Basis(grade, sources, PRICE_DATE, "; ".join(notes)))


@cache
def _schedule_sources(region: str) -> tuple[Source, ...]:
    file, code = schedule_source(region)
    if file == "tou_tariffs":
        rows = where(file, record_type="period", region_id=code)
    elif file == "tou_hours":
        rows = where(file, tariff_region_id=code)
    else:
        rows = ()
    return combined(row.source for row in rows)


def mean_price_24h(region: str, month: int = PRICE_MONTH, voltage: str = LOW_VOLTAGE) -> float:
    """Return the price of a constant load over a day in yuan/kWh.

    Parameters
    ----------
    region
        Tariff region.
    month
        1 to 12.
    voltage
        ``1-10`` or ``110``.
    """
    return sum(hourly_prices(region, month, voltage)) / HALF_HOURS


@cache
def hourly_prices(region: str, month: int, voltage: str) -> tuple[float, ...]:
    """Return the price of every half hour in yuan/kWh."""
    if region == MEAN_REGION:
        parts = [hourly_prices(part, month, voltage) for part in MEAN_OF]
        return tuple(sum(prices) / len(parts) for prices in zip(*parts, strict=True))
    return tuple(band_price(region, month, band, voltage).value for band in schedule(region)[month])


def levels(prices: tuple[float, ...]) -> Day:
    """Return a band for each distinct price of a day, dearest first.

    Parameters
    ----------
    prices
        Price of each half hour.

    Returns
    -------
    tuple of str
        Band of each half hour, ``level_01`` and so on.
    """
    rank = {price: number for number, price in enumerate(sorted(set(prices), reverse=True), 1)}
    return tuple(f"level_{rank[price]:02d}" for price in prices)


def charges(region: str, voltage: str) -> tuple[Cell, Cell]:
    """Return the demand charge (yuan/kW/month) and the capacity charge (yuan/kVA/month)."""
    columns = ("demand_charge_yuan_per_kw_month", "capacity_charge_yuan_per_kva_month")
    if is_assumed("tariffs", region, columns[0]):
        demand, capacity = (assumed("tariffs", region, column).cell() for column in columns)
        return demand, capacity
    parts = MEAN_OF if region == MEAN_REGION else (region,)
    rows = [transmission_row(part, voltage) for part in parts]
    basis = rows[0].basis(rows[0].text("valid_from"))
    demand, capacity = (
        Cell(round(sum(row.number(column) for row in rows) / len(rows), 2), basis)
        for column in columns
    )
    return demand, capacity


def add_tariffs(pack: Pack) -> None:
    """Add the table ``tariffs``."""
    kva_per_kw = assumed("parameters", "kva_per_kw", "value").value
    for region in regions_with_choice():
        for voltage in VOLTAGES:
            demand, capacity = charges(region, voltage)
            cheaper = "demand" if demand.number <= capacity.number * kva_per_kw else "capacity"
            for month in MONTHS:
                for band, hours, price, basis in _bands(region, month, voltage):
                    row_basis = replace(
                        basis, sources=combined(basis.sources, _charge_sources(demand))
                    )
                    pack.add(
                        "tariffs",
                        {
                            "tariff_region": region,
                            "voltage_kv": voltage,
                            "month": month,
                            "band": band,
                            "hours": hours,
                            "price_yuan_per_kwh": price,
                            "demand_charge_yuan_per_kw_month": _graded_by_row(demand),
                            "capacity_charge_yuan_per_kva_month": _graded_by_row(capacity),
                            "basis": cheaper,
                        },
                        row_basis,
                    )


def _graded_by_row(charge: Cell) -> Value:
    """Return a charge that the grade of its row covers, or the assumption as it is."""
    return charge if charge.low is not None else charge.number


def _charge_sources(charge: Cell) -> tuple[Source, ...]:
    return () if charge.low is not None else charge.basis.sources


def _bands(region: str, month: int, voltage: str) -> Iterable[tuple[str, str, Value, Basis]]:
    """Return band, hours, price and grade of the bands of one month."""
    if region == MEAN_REGION:
        prices = hourly_prices(region, month, voltage)
        day = levels(prices)
        sources = combined(
            *(
                band_price(part, month, band, voltage).basis.sources
                for part in MEAN_OF
                for band in set(schedule(part)[month])
            ),
            (DERIVATION,),
        )
        basis = Basis(
            "estimate",
            sources,
            PRICE_DATE,
            "mean of Shanghai, Jiangsu and Zhejiang hour by hour; one band for each price",
        )
        for band, slots in _slots(day):
            mean = sum(prices[slot] for slot in slots) / len(slots)
            yield band, hours_text(slots), round(mean, 6), basis
        return
    for band, slots in _slots(schedule(region)[month]):
        price = band_price(region, month, band, voltage)
        value: Value = round(price.value, 6)
        basis = price.basis
        if price.low is not None:
            value = Cell(round(price.value, 6), price.basis, price.low, price.high)
            # The hours and charges of the row are facts even where the price is assumed.
            row = transmission_row(region, voltage)
            basis = row.basis(row.text("valid_from"), "the energy price is an assumption")
        yield band, hours_text(slots), value, basis


def _slots(day: Day) -> Iterable[tuple[str, tuple[int, ...]]]:
    ranked: list[str] = [band for band in BANDS_BY_PRICE if band in day]
    for band in ranked or sorted(set(day)):
        yield band, tuple(slot for slot, name in enumerate(day) if name == band)
