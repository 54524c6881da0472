"""Periods of a case: what each counts for, and its tables.

A period stands for its year and those up to the next period; the last for ``last_period_years``
(one if the finance parameter is not given). With the discount rate ``r``, year ``y`` counts

``(1 + r) ** -(y - first year)``,

and a period the sum over its years. One period counts as one year, whatever it stands for.

Demand and training runs grow by their yearly factors from the first year on (runs are rounded);
the installed fleet, of mixed age, leaves by an equal part every year of its life.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from optimizer.tables.frames import TypedTable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Period:
    """One period.

    Parameters
    ----------
    number, year
        Which one.
    years
        How many years it stands for.
    weight
        Sum of the discount factors of its years.
    year_weights
        Discount factor of each year from the period's first to the last of the horizon.
    later
        Years of the periods after it.
    several
        Whether the case has more than one period.
    """

    number: int = 0
    year: int = 0
    years: int = 1
    weight: float = 1.0
    year_weights: tuple[float, ...] = (1.0,)
    later: tuple[int, ...] = ()
    several: bool = False

    def asset_weight(self, life_years: ArrayLike, lead_years: ArrayLike = 0.0) -> Floats:
        """Return how often the yearly cost of an asset bought in the period counts.

        It is paid from the year in which it serves over its life, cut at the horizon. It serves
        from the first period whose year its lead time has reached.

        Examples
        --------
        >>> first = Period(0, 2026, 2, 2.0, (1.0, 1.0, 1.0, 1.0, 1.0), (2028, 2030), True)
        >>> first.asset_weight([5.0, 15.0, 3.0], [0.0, 1.5, 0.0]).tolist()
        [5.0, 3.0, 3.0]
        """
        life, lead = np.broadcast_arrays(
            np.asarray(life_years, dtype=float), np.asarray(lead_years, dtype=float)
        )
        if not self.several:
            return np.ones(life.shape)
        serves = self.serves_from(lead) - self.year
        year = np.arange(len(self.year_weights))
        paid = (year >= serves[..., None]) & (year < (serves + life)[..., None])
        total: Floats = (paid * np.array(self.year_weights)).sum(axis=-1)
        return total

    def paid_share(
        self, other: Period, life_years: ArrayLike, lead_years: ArrayLike = 0.0
    ) -> Floats:
        """Return the share of another period's discounted years that an asset is paid in.

        The asset is bought in this period. Over all periods, these shares with the weights of the
        periods sum to :meth:`asset_weight`.

        Examples
        --------
        >>> first, second = periods([2026, 2028], {"discount_rate": 0.0, "last_period_years": 2.0})
        >>> first.paid_share(second, [3.0, 15.0]).tolist()
        [0.5, 1.0]
        """
        life, lead = np.broadcast_arrays(
            np.asarray(life_years, dtype=float), np.asarray(lead_years, dtype=float)
        )
        if not self.several:
            return np.ones(life.shape)
        if other.number < self.number:
            return np.zeros(life.shape)
        serves = self.serves_from(lead)
        year = np.arange(other.year, other.year + other.years)
        paid = (year >= serves[..., None]) & (year < (serves + life)[..., None])
        weights = np.array(other.year_weights[: other.years])
        share: Floats = (paid * weights).sum(axis=-1) / other.weight
        return share

    def serving(self, other: Period, life_years: ArrayLike, lead_years: ArrayLike = 0.0) -> Bools:
        """Return whether an asset bought in this period serves in another.

        Examples
        --------
        >>> first, second = periods([2026, 2028], {"discount_rate": 0.0})
        >>> first.serving(second, [2.0, 15.0, 15.0], [0.0, 2.0, 3.0]).tolist()
        [False, True, False]
        """
        life, lead = np.broadcast_arrays(
            np.asarray(life_years, dtype=float), np.asarray(lead_years, dtype=float)
        )
        if not self.several:
            return np.ones(life.shape, dtype=bool)
        begins = self.serves_from(lead)
        serves: Bools = (begins <= other.year) & (other.year < begins + life)
        return serves

    def serves_from(self, lead_years: ArrayLike) -> Floats:
        """Return the year from which what is ordered in the period serves; infinite if never.

        The only period of a case takes what is ordered at once: it is a snapshot.
        """
        lead = np.asarray(lead_years, dtype=float)
        if not self.several:
            return np.full(lead.shape, float(self.year))
        years = np.array([self.year, *self.later], dtype=float)
        reached = years >= (self.year + lead)[..., None]
        first: Floats = np.where(reached, years, np.inf).min(axis=-1)
        return first


ONE_PERIOD = Period()


def periods(years: list[int], finance: Mapping[str, float]) -> list[Period]:
    """Return the periods of a case from their years, rising.

    Examples
    --------
    >>> [period.years for period in periods([2026, 2028, 2030], {"discount_rate": 0.0})]
    [2, 2, 1]
    """
    if len(years) == 1:
        return [Period(year=years[0])]
    end = years[-1] + int(finance.get("last_period_years", 1.0))
    rate = finance["discount_rate"]
    factor = [(1.0 + rate) ** -(year - years[0]) for year in range(years[0], end)]
    result = []
    for number, (year, following) in enumerate(zip(years, [*years[1:], end], strict=True)):
        here = factor[year - years[0] : following - years[0]]
        result.append(
            Period(
                number=number,
                year=year,
                years=following - year,
                weight=sum(here),
                year_weights=tuple(factor[year - years[0] :]),
                later=tuple(years[number + 1 :]),
                several=True,
            )
        )
    return result


def period_tables(
    tables: Mapping[str, TypedTable], year: int, first_year: int
) -> dict[str, TypedTable]:
    """Return the tables of one period: its typical days, its demand, its runs, what is left.

    Parameters
    ----------
    tables
        Checked, sorted tables of the case.
    year, first_year
        Of the period and of the case.
    """
    result = dict(tables)
    times = tables["times"]
    result["times"] = times.take((times.frame["period"] == year).to_numpy())
    passed = year - first_year
    if not passed:
        return result
    services = tables["services"].frame
    grown = services["requests_per_s"] * services["growth_per_year"] ** passed
    result["services"] = _with(tables["services"], requests_per_s=grown)
    jobs = tables["jobs"].frame
    runs = jobs["count"] * jobs["growth_per_year"].fillna(1.0) ** passed
    result["jobs"] = _with(tables["jobs"], count=runs.round().clip(lower=1).astype("int64"))
    life = tables["accelerators"].frame.set_index("accelerator")["life_years"]
    fleet = tables["fleet"].frame
    left = (1.0 - passed / fleet["accelerator"].map(life).astype(float)).clip(lower=0.0)
    result["fleet"] = _with(
        tables["fleet"], installed=(fleet["installed"] * left).round().astype("int64")
    )
    return result


def _with(table: TypedTable, **columns: pd.Series) -> TypedTable:
    return replace(table, frame=table.frame.assign(**columns))
