"""Which band each half hour of each month is in, by tariff region.

``data/raw/band_hours_choices.csv`` names one source for every region: the hours of the price
notices (``tou_tariffs``) where they cover every day exactly once, otherwise the hours of the
notices on time-of-use pricing (``tou_hours``). Sharp and deep-valley hours lie over peak and
valley. A few hours that neither source settles are set there by hand, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from data.build.raw import RawRow, raw_rows, where

HALF_HOURS: Final = 48
MONTHS: Final = range(1, 13)

_BAND_NAMES: Final = {
    "sharp": "super_peak",
    "sharp_overlay": "super_peak",
    "deep_valley_overlay": "deep_valley",
}
_BASE_BANDS: Final = ("peak", "flat", "valley")

Day = tuple[str, ...]
"""Band of each half hour."""


def choice(region: str, item: str) -> tuple[RawRow, ...]:
    """Return the rows of the choices table for a region: ``schedule``, ``hours`` or ``price``."""
    return where("band_hours_choices", tariff_region=region, item=item)


def months_of(text: str) -> tuple[int, ...]:
    """Return the months of a text such as ``1,2,12``."""
    return tuple(int(month) for month in text.split(","))


def half_hours(hours: str) -> tuple[int, ...]:
    """Return the half hours that spans such as ``22-24;0-1.5`` cover; they may pass midnight.

    Examples
    --------
    >>> half_hours("23-1")
    (46, 47, 0, 1)
    """
    slots: list[int] = []
    for span in hours.split(";"):
        start, end = (round(float(part) * 2) for part in span.split("-"))
        if end <= start:
            end += HALF_HOURS
        slots += [slot % HALF_HOURS for slot in range(start, end)]
    return tuple(slots)


def hours_text(slots: Iterable[int]) -> str:
    """Return half hours as spans.

    Examples
    --------
    >>> hours_text([46, 47, 0, 1, 3])
    '0-1;1.5-2;23-24'
    """
    spans: list[list[int]] = []
    for slot in sorted(slots):
        if spans and spans[-1][1] == slot:
            spans[-1][1] = slot + 1
        else:
            spans.append([slot, slot + 1])
    return ";".join(f"{start / 2:g}-{end / 2:g}" for start, end in spans)


def _clock(text: str) -> float:
    hour, minute = text.split(":")
    return int(hour) + int(minute) / 60


def _price_notice_spans(region: str) -> Iterable[tuple[int, str, str]]:
    for row in where("tou_tariffs", record_type="period", region_id=region):
        span = f"{_clock(row.text('start_time')):g}-{_clock(row.text('end_time')):g}"
        for month in months_of(row.text("months")):
            yield month, row.text("band"), span


def _hour_notice_spans(region: str) -> Iterable[tuple[int, str, str]]:
    for row in where("tou_hours", tariff_region_id=region):
        band = _BAND_NAMES.get(row.text("band"), row.text("band"))
        for month in months_of(row.text("months")):
            yield month, band, row.text("hours")


def schedule_source(region: str) -> tuple[str, str]:
    """Return the raw file and the region in it that give the hours of a region."""
    (row,) = choice(region, "schedule")
    file, _, code = row.text("choice").partition(":")
    return file, code


def spans(file: str, region: str) -> tuple[tuple[int, str, str], ...]:
    """Return (month, band, hours) of a region in one of the two raw files."""
    reader = _price_notice_spans if file == "tou_tariffs" else _hour_notice_spans
    return tuple(reader(region))


@cache
def schedule(region: str) -> dict[int, Day]:
    """Return the band of every half hour by month.

    Raises
    ------
    ValueError
        If a half hour has no band, or two of peak, flat and valley.
    """
    file, code = schedule_source(region)
    if file == "uniform":
        return dict.fromkeys(MONTHS, ("flat",) * HALF_HOURS)
    settled = {
        (month, slot): row.text("band")
        for row in choice(region, "hours")
        for month in months_of(row.text("months"))
        for slot in half_hours(row.text("hours"))
    }
    return {
        month: _day(
            [(band, hours) for span_month, band, hours in spans(file, code) if span_month == month],
            {slot: band for (other, slot), band in settled.items() if other == month},
            f"{region} month {month}",
        )
        for month in MONTHS
    }


def _day(parts: list[tuple[str, str]], settled: dict[int, str], where_text: str) -> Day:
    day: list[str] = [""] * HALF_HOURS
    for band, hours in parts:
        if band not in _BASE_BANDS:
            continue
        for slot in half_hours(hours):
            if day[slot] not in {"", band} and slot not in settled:
                raise ValueError(f"{where_text}: {slot / 2:g} h is {day[slot]} and {band}")
            day[slot] = band
    for band, hours in parts:
        if band in _BASE_BANDS:
            continue
        for slot in half_hours(hours):
            day[slot] = band
    for slot, band in settled.items():
        day[slot] = band
    if "" in day:
        raise ValueError(f"{where_text}: {day.index('') / 2:g} h has no band")
    return tuple(day)


def regions_with_choice() -> tuple[str, ...]:
    """Return every tariff region of the choices table."""
    rows = raw_rows("band_hours_choices")
    return tuple(sorted({row.text("tariff_region") for row in rows}))
